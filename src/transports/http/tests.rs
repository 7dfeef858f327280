//! The door as a client on a raw socket sees it.
#![allow(clippy::disallowed_methods, reason = "the tests read the log and start what they measure")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rmcp::{
    model::{CallToolRequestParams, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{Door, Parts, Settings, Stopped, serve};
use crate::{
    caller::Door as Through,
    dispatch::{Dispatcher, Offers},
    events::{self, Beginning, Recorder, StartFacts},
    guard::{Draft, Guard},
    limits,
    policy::{
        Effect, Policy,
        keys::{self, KeyRing},
        live::LiveKeys,
        quota::{Authentication, Quota},
        seats::Seats,
    },
    protocol::Protocol,
    refusal::Refusal,
    sandbox::World,
    shutdown::Tasks,
    tools::{CallContext, Catalog, HelloWorld, LogLevel, Tool},
};

/// Takes its time, says how far it is, and tells when it was cancelled.
struct Slow {
    cancelled: Arc<AtomicUsize>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SlowArgs {
    millis: u64,
    steps: u32,
}

impl Tool for Slow {
    const NAME: &'static str = "slow";
    const TITLE: &'static str = "Slow";
    const DESCRIPTION: &'static str = "Takes its time.";
    const EFFECT: Effect = Effect::Pure;
    type Args = SlowArgs;
    type Needs = ();

    async fn run(&self, args: SlowArgs, (): (), call: &CallContext) -> Result<Draft, Refusal> {
        let told = Told(Arc::clone(&self.cancelled));
        for step in 1..=args.steps {
            call.progress(f64::from(step), Some(f64::from(args.steps)), None);
            call.log(LogLevel::Debug, "a step");
        }
        sleep(Duration::from_millis(args.millis)).await;
        std::mem::forget(told);
        Ok(Draft::text("done"))
    }
}

/// Counts a run that was dropped before its end.
struct Told(Arc<AtomicUsize>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Server {
    address: SocketAddr,
    key: String,
    tasks: Tasks,
    cancelled: Arc<AtomicUsize>,
    log: tempfile::TempDir,
    serving: JoinHandle<Stopped>,
}

/// An answer, taken apart.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer in {text:?}"));
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON in {:?}", self.body))
    }
}

impl Server {
    fn start() -> Self {
        Self::with(|_| (), Quota::default())
    }

    fn with(change: impl FnOnce(&mut Settings), quota: Quota) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut settings = Settings { listen: address, ..Settings::default() };
        change(&mut settings);
        let log = tempfile::tempdir().expect("a directory");
        let facts = StartFacts { version: "0".into(), door: Through::Http, details: serde_json::Map::new() };
        let events_settings = events::Settings::in_dir(log.path().join("events"));
        let recorder = Recorder::start(events_settings, facts, Beginning::AtOnce).expect("a log");
        let (secret, sha256) = keys::generate().expect("chance");
        let (tasks, cancelled) = (Tasks::default(), Arc::new(AtomicUsize::new(0)));
        let mut tools = Catalog::default();
        tools.add(HelloWorld);
        tools.add(Slow { cancelled: Arc::clone(&cancelled) });
        let dispatcher = Dispatcher {
            offers: Offers { tools, ..Offers::default() },
            policy: Policy { quota, ..Policy::default() },
            seats: Seats::default(),
            turns: crate::dispatch::Turns::default(),
            world: World::default(),
            guard: Guard,
            events: recorder.clone(),
            tasks: tasks.clone(),
        };
        let door = Door::new(Parts {
            settings,
            protocol: Arc::new(Protocol::new(Arc::new(dispatcher), "mcp-server", "0")),
            keys: LiveKeys::new(
                KeyRing::new(vec![keys::Settings::everything("probe", sha256)]).expect("a key"),
            ),
            events: recorder,
            events_dir: log.path().join("events"),
            tasks: tasks.clone(),
            chosen: super::Chosen {
                limits: crate::policy::quota::Settings::default(),
                events: events::Settings::in_dir(log.path().join("events")),
            },
        })
        .expect("a door");
        let serving = tasks.spawn(async move { serve(listener, Arc::new(door)).await.expect("a listener") });
        Self { address, key: secret.expose_secret().to_owned(), tasks, cancelled, log, serving }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Sends bytes and reads until the server closes.
    async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.expect("sent");
        read_all(&mut stream).await
    }

    /// `POST /mcp` with these header lines besides the usual ones; `-name` leaves one out.
    fn post(&self, body: &str, lines: &[&str]) -> String {
        let usual = [
            format!("Host: {}", self.address),
            format!("Authorization: Bearer {}", self.key),
            "Accept: application/json, text/event-stream".to_owned(),
            "Content-Type: application/json".to_owned(),
            "MCP-Protocol-Version: 2025-11-25".to_owned(),
            "Connection: close".to_owned(),
            format!("Content-Length: {}", body.len()),
        ];
        let mut request = "POST /mcp HTTP/1.1\r\n".to_owned();
        for line in usual {
            let name = line.split(':').next().expect("a name").to_ascii_lowercase();
            let is_replaced = lines.iter().any(|other| {
                let other = other.trim_start_matches(['-', '+']).split(':').next().expect("a name");
                other.trim().eq_ignore_ascii_case(&name)
            });
            let is_kept = lines.iter().any(|other| other.starts_with('+')) || !is_replaced;
            if is_kept {
                request.extend([line.as_str(), "\r\n"]);
            }
        }
        for line in lines.iter().filter(|line| !line.starts_with('-')) {
            request.extend([line.trim_start_matches('+'), "\r\n"]);
        }
        request + "\r\n" + body
    }

    async fn ask(&self, body: &str, lines: &[&str]) -> Answer {
        Answer::parse(&self.raw(self.post(body, lines)).await)
    }

    async fn get(&self, target: &str, lines: &[&str]) -> Answer {
        let mut request = format!("GET {target} HTTP/1.1\r\nConnection: close\r\n");
        if !lines.iter().any(|line| line.starts_with("Host")) {
            request.extend(["Host: ", &self.address.to_string(), "\r\n"]);
        }
        for line in lines {
            request.extend([line, "\r\n"]);
        }
        Answer::parse(&self.raw(request + "\r\n").await)
    }

    fn bearer(&self) -> String {
        format!("Authorization: Bearer {}", self.key)
    }

    /// Every event so far, once `wanted` is among them.
    async fn events(&self, wanted: &str) -> String {
        for _ in 0..100 {
            let dir = std::fs::read_dir(self.log.path().join("events")).expect("the log");
            let all: String =
                dir.flatten().filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
            if all.contains(wanted) {
                return all;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("no {wanted} in the log");
    }

    async fn stop(self) -> Stopped {
        self.tasks.stop();
        self.serving.await.expect("served")
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut all)).await;
    let _reset = read.expect("the server closes in time");
    String::from_utf8_lossy(&all).into_owned()
}

async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut all = String::new();
    while !all.contains(wanted) {
        let mut buffer = [0; 4_096];
        let read = timeout(Duration::from_secs(5), stream.read(&mut buffer)).await;
        let read = read.unwrap_or_else(|_| panic!("no {wanted:?} in {all:?}")).expect("read");
        assert!(read > 0, "closed before {wanted:?} in {all:?}");
        all += &String::from_utf8_lossy(&buffer[..read]);
    }
    all
}

const HELLO: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hello_world","arguments":{}}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

fn new_era(method: &str, params: Value) -> String {
    let mut params = params;
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "probe", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }).to_string()
}

#[tokio::test]
async fn a_call_is_answered_in_both_eras() {
    let server = Server::start();
    let old = server.ask(HELLO, &[]).await;
    assert_eq!((old.status, old.header("content-type")), (200, Some("application/json")));
    assert_eq!(old.json()["result"]["content"][0]["text"], "Hello, World!");
    let body = new_era("tools/call", json!({ "name": "hello_world", "arguments": { "name": "Ada" } }));
    let lines = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: hello_world"];
    let new = server.ask(&body, &lines).await;
    assert_eq!(new.status, 200, "{new:?}");
    assert_eq!(
        (&new.json()["id"], &new.json()["result"]["content"][0]["text"]),
        (&json!(7), &json!("Hello, Ada!"))
    );
    let bare = server.ask(LIST, &["-Accept", "-MCP-Protocol-Version"]).await;
    assert_eq!(bare.json()["result"]["tools"][0]["name"], "hello_world");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start();
    let answers = [
        server.ask(HELLO, &[]).await,
        server.ask(HELLO, &["-Authorization"]).await,
        server.ask(HELLO, &["Origin: https://evil.example"]).await,
        server.ask("{", &[]).await,
        server.get("/health", &[]).await,
        server.get("/nothing", &[]).await,
    ];
    for answer in answers {
        for (name, value) in [
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-frame-options", "deny"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("vary", "origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
        assert!(!answer.head.contains("access-control-allow-credentials"));
        assert!(!answer.head.contains("strict-transport-security"));
    }
}

#[tokio::test]
async fn what_the_headers_forbid_never_reaches_a_tool() {
    let server = Server::start();
    let rows: &[(&[&str], u16)] = &[
        (&["Content-Type: text/plain"], 415),
        (&["Content-Type: application/x-www-form-urlencoded"], 415),
        (&["Content-Type: application/jsonp"], 415),
        (&["Content-Type: text/plain; x=application/json"], 415),
        (&["Content-Type: application/json; charset=utf-7"], 415),
        (&["-Content-Type"], 415),
        (&["Content-Encoding: gzip"], 415),
        (&["Accept: text/html"], 406),
        (&["Origin: https://evil.example"], 403),
        (&["Origin: null"], 403),
        (&["Origin:"], 403),
        (&["Host: evil.example"], 403),
        (&["Host: evil@127.0.0.1"], 403),
        (&["-Host"], 400),
        (&["-Authorization"], 401),
        (&["Authorization: Basic x"], 401),
        (&["Authorization: Bearer"], 401),
        (&["+Host: 127.0.0.1"], 400),
        (&["+Origin: http://localhost", "+Origin: http://evil.example"], 400),
        (&["+Authorization: Bearer x"], 400),
        (&["+Content-Type: text/plain"], 400),
        (&["+MCP-Protocol-Version: 2025-06-18"], 400),
        (&["MCP-Protocol-Version: 1999-01-01"], 400),
        (&["MCP-Protocol-Version: 2026-07-28"], 400),
    ];
    for (lines, status) in rows {
        let answer = server.ask(HELLO, lines).await;
        assert_eq!(answer.status, *status, "{lines:?}: {answer:?}");
        assert!(!answer.body.contains("Hello"), "{answer:?}");
        assert!(!answer.body.contains("evil"), "{answer:?}");
    }
    let log = server.events("untrusted_origin_blocked").await;
    assert!(!log.contains("tool_called"), "{log}");
    assert!(log.contains("https://evil.example"), "{log}");
}

#[tokio::test]
async fn what_the_headers_allow_is_served() {
    let server = Server::start();
    let key = server.key.clone();
    for lines in [
        vec!["Content-Type: application/json; charset=utf-8".to_owned()],
        vec!["Content-Type: Application/JSON".to_owned()],
        vec!["Content-Encoding: identity".to_owned()],
        vec!["Accept: */*".to_owned()],
        vec!["Accept: APPLICATION/JSON;q=0.9, Text/Event-Stream".to_owned()],
        vec!["Host: localhost:1".to_owned()],
        vec!["Origin: http://localhost:3000".to_owned()],
        vec![format!("authorization: bearer {key}")],
        vec![format!("Authorization: BEARER  {key}")],
        vec!["Mcp-Session-Id: x".to_owned(), "Last-Event-ID: 1".to_owned()],
    ] {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let answer = server.ask(HELLO, &lines).await;
        assert_eq!(answer.status, 200, "{lines:?}: {answer:?}");
        assert!(!answer.head.contains("mcp-session-id"));
    }
}

#[tokio::test]
async fn a_401_and_a_403_say_what_to_do() {
    let server = Server::start();
    let none = server.ask(HELLO, &["-Authorization"]).await;
    assert_eq!(none.header("www-authenticate"), Some("bearer realm=\"mcp-server\""));
    assert_eq!(none.json()["error"], "no_key");
    let wrong = server.ask(HELLO, &["Authorization: Bearer invalid-key"]).await;
    assert_eq!(
        wrong.header("www-authenticate"),
        Some("bearer realm=\"mcp-server\", error=\"invalid_token\"")
    );
    let origin = server.ask(HELLO, &["Origin: https://evil.example"]).await;
    assert!(origin.body.contains("http.origins"), "{origin:?}");
    let host = server.ask(HELLO, &["Host: evil.example"]).await;
    assert!(host.body.contains("http.hosts"), "{host:?}");
    let log = server.events("invalid_token").await;
    assert!(log.contains(r#""url":"/mcp""#) && log.contains("authentication_failed"), "{log}");
    assert!(!log.contains("invalid-key"), "{log}");
}

#[tokio::test]
async fn only_exact_targets_in_origin_form_are_served() {
    let server = Server::start();
    for target in ["//", "//mcp", "/mcp/", "/MCP", "/%6Dcp", "/x/../mcp", "/mcp%00", "*", "http://x/mcp"] {
        let request = server.post(HELLO, &[]).replacen("/mcp", target, 1);
        let answer = Answer::parse(&server.raw(request).await);
        assert!(matches!(answer.status, 400 | 404), "{target}: {answer:?}");
    }
    let address = server.address;
    let absolute = server.post(HELLO, &[]).replacen("/mcp", &format!("http://{address}/mcp"), 1);
    assert_eq!(Answer::parse(&server.raw(absolute).await).status, 400);
    let connect = server
        .raw(format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
        .await;
    assert!(Answer::parse(&connect).status >= 400);
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let server = Server::start();
    for method in ["GET", "DELETE", "PUT", "HEAD", "PATCH", "TRACE", "BREW"] {
        let request = server.post("", &[]).replacen("POST", method, 1);
        let answer = Answer::parse(&server.raw(request).await);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("post, options")), "{method}");
        assert!(!answer.body.contains('<'));
    }
    let posted = server.post("", &[]).replacen("/mcp", "/health", 1);
    assert_eq!(Answer::parse(&server.raw(posted).await).header("allow"), Some("get, head, options"));
}

#[tokio::test]
async fn framing_is_never_a_matter_of_opinion() {
    let server = Server::start();
    let chunked = |tail: &str| server.post("", &["-Content-Length", "Transfer-Encoding: chunked"]) + tail;
    let (length, key) = (HELLO.len(), server.bearer());
    let whole = format!("{length:x}\r\n{HELLO}\r\n0\r\n\r\n");
    let ok = Answer::parse(&server.raw(chunked(&whole)).await);
    assert_eq!(ok.status, 200, "{ok:?}");
    for (request, status) in [
        (chunked("zz\r\nx\r\n0\r\n\r\n"), 400),
        (chunked(&format!("{length:x};a=b\n{HELLO}\r\n0\r\n\r\n")), 400),
        (chunked("ffffffffffffffffff\r\nx\r\n"), 400),
        (server.post(HELLO, &["Content-Length: +3"]), 400),
        (server.post(HELLO, &["Content-Length: 3, 3"]), 400),
        (server.post(HELLO, &["Content-Length: 3", "+Content-Length: 4"]), 400),
        (server.post(HELLO, &["-Content-Length", "Transfer-Encoding: xchunked"]), 400),
        (server.post(HELLO, &["X-Odd: a\0b"]), 400),
        (server.post(HELLO, &["X-Odd: a\r\n folded"]), 400),
        (server.post(HELLO, &["X Odd: a"]), 400),
        (server.post("", &["Content-Length: 5000000000"]), 413),
        (server.post("", &["Content-Length: 1048577"]), 413),
        (chunked(&format!("{:x}\r\n{}\r\n", 2 << 20, "x".repeat(2 << 20))), 413),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 0),
        ("\u{16}\u{3}\u{1}".to_owned() + &"x".repeat(64) + "\r\n\r\n", 400),
    ] {
        let text = server.raw(&request).await;
        let answered = if text.is_empty() { 0 } else { Answer::parse(&text).status };
        assert!(answered == status || (status == 0 && answered >= 400), "{request:?}: {text:?}");
        assert!(!text.contains("Hello"), "{request:?}");
    }
    // hyper reads the chunked body, closes, and serves nothing after it.
    let smuggled = server.post("", &["-Connection", "Content-Length: 4", "Transfer-Encoding: chunked"])
        + &whole
        + &format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{key}\r\n\r\n");
    let text = server.raw(smuggled).await;
    assert_eq!(text.matches("HTTP/1.1").count(), 1, "{text}");
    assert!(text.contains("Hello, World!"), "{text}");
    let twice =
        server.post(HELLO, &["-Content-Length", "Transfer-Encoding: chunked", "+Transfer-Encoding: chunked"]);
    assert_eq!(Answer::parse(&server.raw(twice).await).status, 400);
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused() {
    let server = Server::start();
    let many: String =
        (0..101).map(|n| n.to_string()).flat_map(|n| ["X-".to_owned(), n, ": y\r\n".to_owned()]).collect();
    let head = format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{many}\r\n");
    assert_eq!(Answer::parse(&server.raw(head).await).status, 431);
    let long = format!(
        "GET /health HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "y".repeat(70 << 10)
    );
    assert_eq!(Answer::parse(&server.raw(long).await).status, 431);
    let target = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "y".repeat(70_000));
    assert!(matches!(Answer::parse(&server.raw(target).await).status, 414 | 431));
}

#[tokio::test]
async fn a_body_is_asked_for_only_from_who_may_send_it() {
    let server = Server::start();
    let length = format!("Content-Length: {}", HELLO.len());
    let refused = server.post("", &["-Authorization", "Expect: 100-continue", &length]);
    let text = server.raw(refused).await;
    assert!(!text.contains("100 Continue") && text.starts_with("HTTP/1.1 401"), "{text}");
    let mut stream = server.connect().await;
    let asking = server.post("", &["Expect: 100-continue", &length]);
    stream.write_all(asking.as_bytes()).await.expect("sent");
    read_until(&mut stream, "100 Continue").await;
    stream.write_all(HELLO.as_bytes()).await.expect("sent");
    read_until(&mut stream, "Hello, World!").await;
}

#[tokio::test]
async fn a_refusal_arrives_although_the_body_is_still_being_sent() {
    let server = Server::start();
    for _ in 0..20 {
        let request = server.post(&"x".repeat(60 << 10), &["Authorization: Bearer wrong-but-long"]);
        let text = server.raw(request).await;
        assert!(text.starts_with("HTTP/1.1 4"), "{text:?}");
    }
}

#[tokio::test]
async fn messages_that_are_none_get_their_error() {
    let server = Server::start();
    for (body, status, code) in [
        ("{", 400, -32700),
        ("[]", 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"foo/bar"}"#, 200, -32601),
    ] {
        let answer = server.ask(body, &[]).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (status, &json!(code)),
            "{body}: {answer:?}"
        );
    }
    let unknown = new_era("foo/bar", json!({}));
    let lines = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: foo/bar"];
    let answer = server.ask(&unknown, &lines).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!(-32601)));
    let mismatch = server.ask(&new_era("tools/list", json!({})), &["MCP-Protocol-Version: 2026-07-28"]).await;
    assert_eq!((mismatch.status, &mismatch.json()["error"]["code"]), (400, &json!(-32020)));
    let bare = server.ask(LIST, &["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/list"]).await;
    assert_eq!((bare.status, &bare.json()["error"]["code"]), (400, &json!(-32602)));
    let old = server.ask(LIST, &["MCP-Protocol-Version: 1999-01-01"]).await;
    assert_eq!((old.status, &old.json()["error"]["code"]), (400, &json!(-32022)));
}

#[tokio::test]
async fn a_notification_is_accepted_without_a_word() {
    let server = Server::start();
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"hello_world"}}"#,
    ] {
        let answer = server.ask(body, &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{body}");
    }
    assert!(!server.events("missing_id").await.contains("tool_called"));
}

fn slow(millis: u64, steps: u32) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "slow", "arguments": { "millis": millis, "steps": steps }, "_meta": { "progressToken": "t" },
    }})
    .to_string()
}

#[tokio::test]
async fn a_call_that_reports_progress_is_a_stream_for_who_reads_streams() {
    let server = Server::start();
    let answer = server.ask(&slow(10, 3), &[]).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let messages: Vec<Value> = answer
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    assert_eq!(messages.len(), 4, "{answer:?}");
    for (message, done) in messages.iter().zip([1.0, 2.0, 3.0]) {
        assert_eq!(message["method"], "notifications/progress");
        assert_eq!(
            (&message["params"]["progressToken"], &message["params"]["progress"]),
            (&json!("t"), &json!(done))
        );
    }
    assert_eq!(messages[3]["result"]["content"][0]["text"], "done");
    let json_only = server.ask(&slow(10, 3), &["Accept: application/json"]).await;
    assert_eq!(json_only.json()["result"]["content"][0]["text"], "done");
    let silent = server.ask(&slow(10, 0), &[]).await;
    assert_eq!(silent.header("content-type"), Some("application/json"));
    let stream_only = server.ask(HELLO, &["Accept: text/event-stream"]).await;
    assert!(stream_only.body.contains("data: {") && stream_only.body.contains("Hello, World!"));
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_call() {
    let server = Server::start();
    for (body, begun) in [(slow(60_000, 1), Some("notifications/progress")), (slow(60_000, 0), None)] {
        let before = server.cancelled.load(Ordering::SeqCst);
        let mut stream = server.connect().await;
        stream.write_all(server.post(&body, &[]).as_bytes()).await.expect("sent");
        match begun {
            Some(begun) => drop(read_until(&mut stream, begun).await),
            None => sleep(Duration::from_millis(100)).await,
        }
        drop(stream);
        let gone = Instant::now();
        while server.cancelled.load(Ordering::SeqCst) == before {
            assert!(gone.elapsed() < Duration::from_secs(1), "{body} still runs");
            sleep(Duration::from_millis(5)).await;
        }
    }
    server.events("tool_abandoned").await;
}

#[tokio::test]
async fn a_client_that_breaks_off_anywhere_leaves_nothing_behind() {
    let server = Server::start();
    let request = server.post(HELLO, &[]);
    for cut in 0..=request.len() {
        let mut stream = server.connect().await;
        stream.write_all(&request.as_bytes()[..cut]).await.expect("sent");
        if cut % 16 == 0 {
            sleep(Duration::from_millis(2)).await; // or the cap on connections answers instead
        }
    }
    for _ in 0..100 {
        let health = server.get("/health", &[&server.bearer()]).await.json();
        if (&health["connections"], &health["callsInFlight"]) == (&json!(1), &json!(0)) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("something is left");
}

#[tokio::test]
async fn a_subscription_is_acknowledged_and_ends_with_the_server() {
    let server = Server::start();
    let body = new_era("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
    let lines = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: subscriptions/listen"];
    let mut stream = server.connect().await;
    stream.write_all(server.post(&body, &lines).as_bytes()).await.expect("sent");
    read_until(&mut stream, "notifications/subscriptions/acknowledged").await;
    let refused = server.ask(&body, &[&lines[..], &["Accept: application/json"]].concat()).await;
    assert_eq!(refused.status, 406);
    let stopped = server.stop();
    let (rest, stopped) = tokio::join!(read_all(&mut stream), stopped);
    assert!(rest.contains(r#""id":7"#) && rest.ends_with("0\r\n\r\n"), "{rest:?}");
    assert_eq!(stopped, Stopped::default());
}

#[tokio::test]
async fn calls_in_flight_are_answered_when_the_server_stops() {
    let server = Server::start();
    let mut stream = server.connect().await;
    stream.write_all(server.post(&slow(400, 0), &["-Connection"]).as_bytes()).await.expect("sent");
    let _idle = server.connect().await;
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    let (text, stopped) = tokio::join!(read_all(&mut stream), server.stop());
    assert!(text.contains("done"), "{text}");
    assert_eq!(stopped, Stopped { finished: 1, abandoned: 0 });
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_client_that_sends_half_a_request_does_not_hold_up_a_stop() {
    let server = Server::start();
    let mut stream = server.connect().await;
    stream.write_all(b"POST /mcp HTTP/1.1\r\nHost:").await.expect("sent");
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    assert_eq!(server.stop().await, Stopped::default());
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn one_refusal_is_one_event() {
    let server = Server::start();
    server.raw(server.post("zz\r\n", &["-Content-Length", "Transfer-Encoding: chunked"])).await;
    server.raw("GET /health HTTP/1.1\r\nX Odd: a\r\n\r\n").await;
    server.ask(HELLO, &["Content-Type: text/plain"]).await;
    server.ask("{", &[]).await;
    sleep(Duration::from_millis(100)).await;
    let log = server.events("not_json").await;
    for (code, count) in [("bad_request", 2), ("media_type", 1), ("not_json", 1)] {
        assert_eq!(log.matches(&format!("\"code\":\"{code}\"")).count(), count, "{code}: {log}");
    }
    assert!(!log.contains("request_served"), "{log}");
}

#[tokio::test]
async fn health_and_readiness_are_told_to_anyone_and_details_to_who_holds_a_key() {
    let server = Server::start();
    for lines in [&["Host: 10.0.0.7"][..], &["Authorization: Bearer wrong"], &[]] {
        let health = server.get("/health", lines).await;
        assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
        let ready = server.get("/ready", lines).await;
        assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"status":"ready"}"#));
    }
    let detail = server.get("/health", &[&server.bearer()]).await.json();
    for field in
        ["memoryBytes", "connections", "callsInFlight", "uptimeSeconds", "eventsWritten", "eventsFailed"]
    {
        assert!(detail[field].is_u64(), "{field}: {detail}");
    }
    assert_eq!(server.get("/health", &["Origin: https://evil.example"]).await.status, 403);
    let log = server.events("authentication_failed").await;
    assert!(!log.contains("request_served"), "{log}");
}

#[tokio::test]
async fn the_log_is_read_with_a_key_that_may() {
    let server = Server::start();
    server.ask(HELLO, &["Authorization: Bearer wrong"]).await;
    server.events("authentication_failed").await;
    assert_eq!(server.get("/security/events", &[]).await.status, 401);
    let page = server.get("/security/events?limit=5", &[&server.bearer()]).await.json();
    let events = page["events"].as_array().expect("events");
    assert!(page["totalEvents"].is_u64() && page.get("next").is_some(), "{page}");
    let failed =
        events.iter().find(|event| event["details"]["reason"] == "invalid_token").expect("the event");
    assert_eq!((&failed["details"]["url"], &failed["severity"]), (&json!("/mcp"), &json!("high")));
    assert_eq!(server.get("/security/events?limit=0", &[&server.bearer()]).await.status, 400);
    server.events("events_read").await;
}

#[tokio::test]
async fn a_listed_page_may_ask_first_without_a_key() {
    let server =
        Server::with(|settings| settings.origins.push("https://app.example.com".into()), Quota::default());
    let ask = |origin: &str| {
        format!(
            "OPTIONS /mcp HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nConnection: close\r\n\
             Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n",
            server.address
        )
    };
    let yes = Answer::parse(&server.raw(ask("https://app.example.com")).await);
    assert_eq!((yes.status, yes.header("access-control-max-age")), (204, Some("7200")));
    assert_eq!(yes.header("access-control-allow-origin"), Some("https://app.example.com"));
    let no = Answer::parse(&server.raw(ask("https://app.example.com.evil.example")).await);
    assert_eq!((no.status, no.header("access-control-allow-origin")), (403, None));
    let refused = server.ask(HELLO, &["-Authorization", "Origin: https://app.example.com"]).await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (401, Some("https://app.example.com"))
    );
}

#[tokio::test]
async fn a_proxy_is_believed_only_if_it_is_trusted() {
    let server = Server::with(
        |settings| settings.trusted_proxies.push("127.0.0.1/32".parse().expect("a network")),
        Quota::default(),
    );
    let plain = server.ask(HELLO, &["X-Forwarded-Proto: http", "X-Forwarded-For: 203.0.113.9"]).await;
    assert_eq!((plain.status, &plain.json()["error"]), (403, &json!("https_required")));
    let https =
        server.ask(HELLO, &["X-Forwarded-Proto: https", "X-Forwarded-For: 9.9.9.9, 203.0.113.9"]).await;
    assert_eq!(https.header("strict-transport-security"), Some("max-age=31536000"));
    let log = server.events("tool_called").await;
    assert!(log.contains(r#""peer":"203.0.113.9""#) && !log.contains("9.9.9.9"), "{log}");
    let untrusting = Server::start();
    let forged = untrusting.ask(HELLO, &["X-Forwarded-Proto: http", "X-Forwarded-For: 203.0.113.9"]).await;
    assert_eq!(forged.status, 200);
    assert!(!untrusting.events("tool_called").await.contains("203.0.113.9"));
}

#[tokio::test]
async fn beyond_the_limit_there_is_a_429_and_a_key_has_its_own_bucket() {
    let settings = crate::policy::quota::Settings::default();
    let server = Server::with(|_| (), Quota::new(&settings, Authentication::Required));
    let mut refused = 0;
    for _ in 0..150 {
        let health = server.get("/health", &[]).await;
        if health.status == 429 {
            assert!(health.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok()));
            refused += 1;
        }
    }
    assert!((40..=50).contains(&refused), "{refused}");
    assert_eq!(server.ask(HELLO, &[]).await.status, 200);
    server.events("rate_limit_exceeded").await;
}

#[tokio::test]
async fn who_guesses_keys_is_slowed_and_a_valid_key_is_not() {
    let server = Server::start();
    let mut last = 0;
    for _ in 0..20 {
        last = server.ask(HELLO, &["Authorization: Bearer wrong"]).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(server.ask(HELLO, &[]).await.status, 200);
}

#[tokio::test]
async fn one_address_has_its_share_of_connections() {
    let server = Server::start();
    let mut open = Vec::new();
    for _ in 0..limits::CONNECTIONS_PER_ADDRESS_MAX {
        open.push(server.connect().await);
    }
    sleep(Duration::from_millis(200)).await;
    let over = Answer::parse(&server.raw(server.post(HELLO, &[])).await);
    assert_eq!((over.status, over.header("retry-after")), (503, Some("1")));
    assert_eq!(over.header("x-content-type-options"), Some("nosniff"));
    drop(open);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(server.ask(HELLO, &[]).await.status, 200);
    server.events("too_many_connections").await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start();
    let mut requests = String::new();
    for id in 1..=50 {
        let last: &[&str] = if id == 50 { &[] } else { &["-Connection"] };
        requests += &server.post(&LIST.replacen(":1", &format!(":{id}"), 1), last);
    }
    let text = server.raw(requests).await;
    let ids: Vec<_> =
        text.match_indices("\"id\":").filter_map(|(at, _)| text[at + 5..].split(',').next()).collect();
    assert_eq!(ids, (1..=50).map(|id| id.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_cut_after_five_seconds() {
    let server = Server::start();
    let begun = Instant::now();
    let answer = Answer::parse(&server.raw(server.post("{", &["Content-Length: 1000"])).await);
    assert_eq!(answer.status, 408);
    assert!((4..8).contains(&begun.elapsed().as_secs()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_of_the_rust_sdk_is_served_in_both_eras() {
    let server = Server::start();
    for mode in [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ] {
        let config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", server.address))
            .auth_header(server.key.as_str());
        let transport = StreamableHttpClientTransport::from_config(config);
        let client = ().serve_with_lifecycle(transport, mode).await.expect("an agreement");
        let tools = client.list_all_tools().await.expect("tools");
        assert_eq!(tools.len(), 2);
        let hello = client.call_tool(CallToolRequestParams::new("hello_world")).await.expect("an answer");
        assert!(format!("{hello:?}").contains("Hello, World!"), "{hello:?}");
        let unknown = client.call_tool(CallToolRequestParams::new("nothing")).await;
        assert!(format!("{unknown:?}").contains("-32602"), "{unknown:?}");
        client.cancel().await.expect("an end");
    }
}

#[tokio::test]
async fn without_authentication_anyone_here_may_call() {
    let server = Server::with(|settings| settings.auth = false, Quota::default());
    for lines in [&["-Authorization"][..], &["Authorization: Bearer invalid-key"]] {
        assert_eq!(server.ask(HELLO, lines).await.status, 200);
    }
    assert_eq!(server.get("/security/events", &[]).await.status, 403, "the log takes a key even then");
}
