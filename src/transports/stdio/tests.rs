//! The whole door, over real pipes.
#![allow(clippy::disallowed_methods, reason = "a test's own threads")]

mod life;
mod messages;

use std::{
    io::{BufRead, BufReader, PipeReader, PipeWriter, Write, pipe},
    sync::{atomic::Ordering, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::*;
use crate::{
    limits,
    protocol::fixture::{self, Hanging, Log},
};

/// A server on its own runtime, and its host's ends of the pipes.
struct Host {
    stdin: Option<PipeWriter>,
    lines: mpsc::Receiver<(Instant, String)>,
    server: thread::JoinHandle<Summary>,
    hanging: Hanging,
    tasks: Tasks,
    log: Log,
}

/// The two ends a test keeps of a server it talks to by hand.
struct Ends {
    stdin: PipeWriter,
    stdout: PipeReader,
    server: thread::JoinHandle<Summary>,
    hanging: Hanging,
    tasks: Tasks,
    log: Log,
}

fn start() -> Ends {
    let (theirs_in, stdin) = pipe().unwrap();
    let (stdout, theirs_out) = pipe().unwrap();
    let fixture = fixture::full();
    let (protocol, hanging, tasks) =
        (fixture.protocol.clone(), fixture.hanging.clone(), fixture.tasks.clone());
    let own = tasks.clone();
    let server = thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let events = protocol.dispatcher.events.clone();
        runtime.block_on(async {
            let summary = serve(protocol, theirs_in, theirs_out, &own).await.unwrap();
            events.stop().await;
            summary
        })
    });
    Ends { stdin, stdout, server, hanging, tasks, log: fixture.log() }
}

fn read_lines(stdout: PipeReader) -> mpsc::Receiver<(Instant, String)> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send((Instant::now(), line)).is_err() {
                break;
            }
        }
    });
    lines
}

impl Host {
    fn new() -> Self {
        let Ends { stdin, stdout, server, hanging, tasks, log } = start();
        Self { stdin: Some(stdin), lines: read_lines(stdout), server, hanging, tasks, log }
    }

    /// A host that has done the handshake of 2025-11-25.
    fn greeted() -> Self {
        let mut host = Self::new();
        host.say(&hello("2025-11-25"));
        host.send(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        assert_eq!(host.hear()["id"], "hs");
        host
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    fn send(&mut self, line: &[u8]) {
        self.write(line);
        self.write(b"\n");
    }

    fn say(&mut self, message: &Value) {
        self.send(message.to_string().as_bytes());
    }

    fn call(&mut self, id: impl Into<Value>, tool: &str, arguments: Value) {
        self.say(&call(id, tool, arguments));
    }

    #[track_caller]
    fn hear(&self) -> Value {
        let (_, line) = self.lines.recv_timeout(Duration::from_secs(10)).expect("silence");
        serde_json::from_str(&line).expect("not JSON")
    }

    #[track_caller]
    fn hears_nothing_for(&self, wait: Duration) {
        assert!(self.lines.recv_timeout(wait).is_err());
    }

    /// Closes stdin; what is said until the end, and how it ended.
    fn end(self) -> (Vec<Value>, Summary, Duration) {
        let (rest, summary, took, _) = self.end_and_read();
        (rest, summary, took)
    }

    /// The same, and what was recorded.
    fn end_and_read(mut self) -> (Vec<Value>, Summary, Duration, Vec<String>) {
        let since = Instant::now();
        self.stdin = None;
        let summary = self.server.join().unwrap();
        let took = since.elapsed();
        let rest =
            self.lines.iter().map(|(_, line)| serde_json::from_str(&line).expect("not JSON")).collect();
        (rest, summary, took, self.log.read())
    }
}

fn hello(version: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": "hs", "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "probe", "version": "1" } } })
}

#[allow(clippy::needless_pass_by_value, reason = "`json!` reads best in place")]
fn call(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    let id: Value = id.into();
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

fn ping(id: impl Into<Value>) -> Value {
    let id: Value = id.into();
    json!({ "jsonrpc": "2.0", "id": id, "method": "ping" })
}

fn modern(id: impl Into<Value>, method: &str, mut params: Value) -> Value {
    let id: Value = id.into();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// How long something that takes no time may take while other tests run.
const LOADED: Duration = Duration::from_secs(1);

fn eventually(holds: impl Fn() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if holds() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}
