//! A collector as far as a server sees one: it takes protobuf over HTTP, and
//! does with it what a test wants.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse},
        trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    },
    common::v1::{KeyValue, any_value},
    logs::v1::LogRecord,
    trace::v1::Span,
};
use prost::Message;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::oneshot,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
};

use crate::common::PATIENCE;

/// What it does with what it is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Takes it.
    Good,
    /// Takes the connection, reads, and never answers.
    Silent,
    /// Answers with this status, and perhaps a header.
    Status(u16, Option<(&'static str, String)>),
    /// Says that all is well, in these words.
    Says(&'static str),
    /// Says that all is well, without end.
    Endless,
    /// Takes all but so many records.
    Rejects(i64),
}

/// What it took.
#[derive(Debug, Default)]
pub struct Got {
    pub logs: Vec<LogRecord>,
    pub spans: Vec<Span>,
    pub resources: Vec<HashMap<String, String>>,
    /// Path, content type, and whether it was taken.
    pub requests: Vec<(String, String)>,
}

struct Shared {
    mode: Mutex<Mode>,
    got: Mutex<Got>,
}

/// A collector that runs until it is dropped.
pub struct Collector {
    addr: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// A port of loopback that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Collector {
    pub fn start(mode: Mode) -> Self {
        Self::on(0, mode)
    }

    pub fn on(port: u16, mode: Mode) -> Self {
        Self::run(port, mode, None)
    }

    /// One that speaks TLS, as `localhost`, with a certificate of [`authority`].
    pub fn secure() -> Self {
        let certificate = include_bytes!("tls/localhost.der").to_vec().into();
        let key = include_bytes!("tls/localhost.key.der").to_vec().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::run(0, Mode::Good, Some(Arc::new(config).into()))
    }

    fn run(port: u16, mode: Mode, tls: Option<TlsAcceptor>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { mode: Mutex::new(mode), got: Mutex::default() });
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, served, tls) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { addr, scheme, shared, stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        self.url_by("127.0.0.1")
    }

    /// The same by another name.
    pub fn url_by(&self, name: &str) -> String {
        format!("{}://{name}:{}", self.scheme, self.addr.port())
    }

    pub fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    pub fn got(&self) -> MutexGuard<'_, Got> {
        self.shared.got.lock().unwrap()
    }

    /// Waits until what was taken is so.
    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn(&Got) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(&self.got()) {
            assert!(Instant::now() < deadline, "{what}: {:?}", self.got().requests);
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Who signed what a secure collector shows, as PEM.
pub fn authority() -> String {
    let der = BASE64_STANDARD.encode(include_bytes!("tls/authority.der"));
    format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, tls: Option<TlsAcceptor>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                None => talk(stream, shared).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(stream, shared).await;
                    }
                }
            }
        });
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
    let _broken = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

fn full(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).boxed_unsync()
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, hyper::Error> {
    let path = request.uri().path().to_owned();
    let kind = request.headers()["content-type"].to_str().unwrap().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    shared.got.lock().unwrap().requests.push((path.clone(), kind));
    let mode = shared.mode.lock().unwrap().clone();
    let rejects = match mode {
        Mode::Silent => std::future::pending().await,
        Mode::Status(status, header) => {
            let mut response = Response::builder().status(status);
            if let Some((name, value)) = header {
                response = response.header(name, value);
            }
            return Ok(response.body(full(Vec::new())).unwrap());
        }
        Mode::Says(words) => return Ok(Response::new(full(words.into()))),
        Mode::Endless => {
            let chunks = stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&[0; 4096]))));
            return Ok(Response::new(StreamBody::new(chunks).boxed_unsync()));
        }
        Mode::Rejects(count) => count,
        Mode::Good => 0,
    };
    Ok(Response::new(full(take(&path, body, rejects, &mut shared.got.lock().unwrap()))))
}

/// Takes a request but for its first records, and says so.
fn take(path: &str, body: Bytes, rejects: i64, got: &mut Got) -> Vec<u8> {
    match path {
        "/v1/logs" => {
            let message = ExportLogsServiceRequest::decode(body).unwrap();
            for resource in message.resource_logs {
                got.resources.push(texts(&resource.resource.unwrap().attributes));
                let records = resource.scope_logs.into_iter().flat_map(|scope| scope.log_records);
                got.logs.extend(records.skip(usize::try_from(rejects).unwrap()));
            }
            let partial = ExportLogsPartialSuccess {
                rejected_log_records: rejects,
                error_message: "too\u{1b}[2J many".into(),
            };
            let partial_success = (rejects > 0).then_some(partial);
            ExportLogsServiceResponse { partial_success }.encode_to_vec()
        }
        "/v1/traces" => {
            let message = ExportTraceServiceRequest::decode(body).unwrap();
            for resource in message.resource_spans {
                got.spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
            ExportTraceServiceResponse::default().encode_to_vec()
        }
        other => panic!("posted to {other}"),
    }
}

/// The attributes that are text.
pub fn texts(attributes: &[KeyValue]) -> HashMap<String, String> {
    let text = |one: &KeyValue| match one.value.clone()?.value? {
        any_value::Value::StringValue(text) => Some((one.key.clone(), text)),
        _ => None,
    };
    attributes.iter().filter_map(text).collect()
}
