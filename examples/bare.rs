//! What the benches compare with: rmcp as it comes, and a fixed answer.
//!
//! ```text
//! bare [ADDR]            rmcp's own HTTP service on `warp::serve`: stateless, JSON answers
//! bare --fixed [ADDR]    warp alone, saying the same JSON to whoever asks
//! bare --stdio           rmcp's own stdio service
//! ```
//!
//! Nothing is checked, limited or written down here, and nothing of
//! `mcp_server` is used: this is the floor the real server is measured from.

use std::{net::SocketAddr, sync::Arc};

use futures_util::{Stream, TryStreamExt};
use http_body_util::{BodyDataStream, StreamBody};
use rmcp::{
    ServerHandler, ServiceExt,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_handler, tool_router,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde::Deserialize;
use tokio::net::TcpListener;
use warp::{
    Buf, Filter, Reply, http,
    hyper::body::{Body as _, Bytes, Frame},
    reply::Response,
};

/// The answer of `--fixed`: as long as the real one, the same for every request.
const FIXED: &[u8] = br#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Hello, World!"}],"isError":false}}"#;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Service = StreamableHttpService<Bare, NeverSessionManager>;

/// The arguments of `hello_world`.
#[derive(Debug, Deserialize, JsonSchema)]
struct HelloArgs {
    /// Whom to greet.
    name: Option<String>,
}

/// A server with one tool.
#[derive(Clone, Debug)]
struct Bare;

#[tool_router]
impl Bare {
    #[tool(description = "Greet someone by name. Use it to check that the server answers.")]
    fn hello_world(Parameters(args): Parameters<HelloArgs>) -> String {
        format!("Hello, {}!", args.name.as_deref().unwrap_or("World"))
    }
}

#[tool_handler]
impl ServerHandler for Bare {}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1).peekable();
    let mode = args.next_if(|arg| arg.starts_with("--"));
    let addr: SocketAddr = args.next().as_deref().unwrap_or("127.0.0.1:8080").parse()?;
    match mode.as_deref() {
        None => warp::serve(rmcp_route()).incoming(listen(addr).await?).run().await,
        Some("--fixed") => warp::serve(fixed_route()).incoming(listen(addr).await?).run().await,
        Some("--stdio") => {
            Bare.serve(rmcp::transport::io::stdio_pipes()).await?.waiting().await?;
        }
        Some(other) => return Err(format!("no such mode: {other}").into()),
    }
    Ok(())
}

/// Listens, and says where on stderr, in the words of the real server.
#[allow(clippy::print_stderr, reason = "an example without a printer; stdout stays empty")]
async fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(addr).await?;
    eprintln!("listening on http://{}/mcp", listener.local_addr()?);
    Ok(listener)
}

/// Says [`FIXED`] to every POST, having read its body.
fn fixed_route() -> impl Filter<Extract = (http::Response<Bytes>,), Error = warp::Rejection> + Clone {
    warp::post().and(warp::path("mcp")).and(warp::body::bytes()).map(|_: Bytes| {
        let mut answer = http::Response::new(Bytes::from_static(FIXED));
        answer
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        answer
    })
}

/// Hands every request to rmcp and its answer back as they stream, both ways:
/// an answer of rmcp's may be a stream of events without an end, and its own
/// bound on bodies acts only on what it reads itself.
fn rmcp_route() -> impl Filter<Extract = (Response,), Error = warp::Rejection> + Clone {
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service: Service = StreamableHttpService::new(|| Ok(Bare), Arc::default(), config);
    warp::path("mcp")
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .and(warp::any().map(move || service.clone()))
        .then(answer)
}

async fn answer<S, B>(method: http::Method, headers: http::HeaderMap, body: S, service: Service) -> Response
where
    S: Stream<Item = Result<B, warp::Error>> + Send + Sync + 'static,
    B: Buf + Send,
{
    let frames = body.map_ok(|mut chunk| Frame::data(chunk.copy_to_bytes(chunk.remaining())));
    let mut request = http::Request::new(StreamBody::new(frames));
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    let (parts, body) = service.handle(request).await.into_parts();
    let length = body.size_hint().exact();
    let mut answer = warp::reply::stream(BodyDataStream::new(body)).into_response();
    *answer.status_mut() = parts.status;
    *answer.headers_mut() = parts.headers;
    if let Some(length) = length {
        answer.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
    }
    answer
}
