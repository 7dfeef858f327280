//! The door as a client on a raw socket sees it.
#![allow(clippy::disallowed_methods, reason = "the tests read the log and start what they measure")]

mod callers;
mod calls;
mod requests;

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
            guard: Guard::default(),
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
