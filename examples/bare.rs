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

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http_body_util::{BodyExt, Full};
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
use warp::{Filter, http, hyper::body::Bytes};

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

/// Hands every request to rmcp, whole, and its answer back, whole. That is
/// cheaper than streaming both, and enough where no answer is endless.
fn rmcp_route() -> impl Filter<Extract = (http::Response<Bytes>,), Error = warp::Rejection> + Clone {
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service: Service = StreamableHttpService::new(|| Ok(Bare), Arc::default(), config);
    warp::path("mcp")
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(warp::body::bytes())
        .and(warp::any().map(move || service.clone()))
        .and_then(answer)
}

async fn answer(
    method: http::Method,
    headers: http::HeaderMap,
    body: Bytes,
    service: Service,
) -> Result<http::Response<Bytes>, warp::Rejection> {
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    let (parts, body) = service.handle(request).await.into_parts();
    let body = body.collect().await.unwrap_or_else(|never: Infallible| match never {}).to_bytes();
    Ok(http::Response::from_parts(parts, body))
}
