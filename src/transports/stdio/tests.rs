//! The whole door, over real pipes.
#![allow(clippy::disallowed_methods, reason = "a test's own threads")]

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

#[test]
fn each_older_version_shakes_hands() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut host = Host::new();
        host.say(&hello(version));
        assert_eq!(host.hear()["result"]["protocolVersion"], version);
        host.call(1, "hello_world", json!({}));
        assert_eq!(host.hear()["result"]["content"][0]["text"], "Hello, World!");
    }
}

#[test]
fn a_client_of_2026_needs_no_handshake() {
    let mut host = Host::new();
    host.say(&modern(1, "tools/list", json!({})));
    assert_eq!(host.hear()["result"]["resultType"], "complete");
    host.say(&modern(2, "server/discover", json!({})));
    assert_eq!(host.hear()["id"], 2);
    host.say(&modern(3, "tools/call", json!({ "name": "hello_world", "arguments": { "name": "Ada" } })));
    assert_eq!(host.hear()["result"]["content"][0]["text"], "Hello, Ada!");
}

#[test]
fn whatever_comes_first_the_connection_goes_on() {
    let mut host = Host::new();
    host.send(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    host.send(br#"{"jsonrpc":"2.0","id":9,"result":{}}"#);
    host.say(&ping(1));
    assert_eq!(host.hear(), json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    host.say(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
    assert_eq!(host.hear()["error"]["code"], -32602);
    host.say(&modern(3, "server/discover", json!({})));
    assert_eq!(host.hear()["id"], 3);
    host.say(&hello("2025-06-18"));
    assert_eq!(host.hear()["result"]["protocolVersion"], "2025-06-18");
    host.say(&json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/list" }));
    assert!(host.hear()["result"].get("resultType").is_none());
    // A request that names its version is served in that, handshake or not.
    host.say(&modern(5, "tools/list", json!({})));
    assert_eq!(host.hear()["result"]["resultType"], "complete");
}

#[test]
fn requests_already_read_are_answered_when_the_input_ends() {
    for calls in [1_u64, 5, 20] {
        for _ in 0..20 {
            let mut host = Host::new();
            let mut all = hello("2025-11-25").to_string();
            for id in 1..=calls {
                all += "\n";
                all += &call(id, "hello_world", json!({})).to_string();
            }
            host.write(all.as_bytes()); // and no newline at the end
            let (said, summary, took) = host.end();
            let mut ids: Vec<Value> = said.into_iter().map(|line| line["id"].clone()).collect();
            assert_eq!(ids.remove(0), "hs");
            ids.sort_by_key(Value::as_u64);
            assert_eq!(ids, (1..=calls).map(Value::from).collect::<Vec<_>>());
            assert_eq!((summary.ended, summary.delivery), (Ended::Input, Delivery::Whole));
            assert_eq!(summary.counts, Counts { requests: calls + 1, refused: 0 });
            assert!(took < Duration::from_secs(3));
        }
    }
}

#[test]
fn a_malformed_line_gets_an_answer_and_costs_nothing_else() {
    let mut host = Host::greeted();
    host.send(br#"{"jsonrpc":"2.0","id":1,"method":"ping""#);
    host.send(b"hello there");
    host.say(&ping(2));
    host.send(br#"[{"jsonrpc":"2.0","id":3,"method":"ping"}]"#);
    host.say(&ping(4));
    let heard: Vec<(Value, Value)> =
        (0..5).map(|_| host.hear()).map(|line| (line["error"]["code"].clone(), line["id"].clone())).collect();
    assert_eq!(
        heard,
        [
            (json!(-32700), json!(1)),
            (json!(-32700), Value::Null),
            (Value::Null, json!(2)),
            (json!(-32600), Value::Null),
            (Value::Null, json!(4)),
        ]
    );
    let (rest, summary, _, log) = host.end_and_read();
    assert!(rest.is_empty());
    assert_eq!(summary.counts.refused, 3);
    assert_eq!(log, ["message_refused not_json", "message_refused not_json", "message_refused batch"]);
}

#[test]
fn a_byte_order_mark_before_the_first_message_is_read_past() {
    let mut host = Host::new();
    host.write(b"\xEF\xBB\xBF");
    host.say(&hello("2025-11-25"));
    assert_eq!(host.hear()["id"], "hs");
    host.write(b"\xEF\xBB\xBF");
    host.say(&ping(1));
    assert_eq!(host.hear()["error"]["code"], -32700);
}

#[test]
fn every_line_ending_and_every_split_is_understood() {
    let mut host = Host::greeted();
    let mut all = Vec::new();
    for (id, end) in [(1, "\n"), (2, "\r\n"), (3, "\r"), (4, "\n\n \r\n")] {
        all.extend_from_slice(ping(id).to_string().as_bytes());
        all.extend_from_slice(end.as_bytes());
    }
    for byte in &all {
        host.write(&[*byte]);
    }
    for id in 1..=4 {
        assert_eq!(host.hear()["id"], id);
    }
    host.write(&b"\n".repeat(1_000_000));
    host.say(&ping(5));
    assert_eq!(host.hear()["id"], 5);
}

#[test]
fn ten_thousand_messages_in_one_write_are_all_answered() {
    let mut host = Host::greeted();
    let all: String = (0..10_000).map(|id| ping(id).to_string() + "\n").collect();
    let mut stdin = host.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        stdin.write_all(all.as_bytes()).unwrap();
        stdin
    });
    for id in 0..10_000 {
        assert_eq!(host.hear()["id"], id);
    }
    host.stdin = Some(writer.join().unwrap());
    assert!(host.end().2 < LOADED);
}

#[test]
fn a_message_over_the_bound_is_refused_with_its_id_and_the_next_is_answered() {
    let mut host = Host::greeted();
    let text = "x".repeat(3 * limits::MESSAGE_BYTES_MAX);
    host.call("big", "hello_world", json!({ "name": text }));
    let heard = host.hear();
    assert_eq!((&heard["error"]["code"], &heard["id"]), (&json!(-32600), &json!("big")));
    host.say(&ping(1));
    assert_eq!(host.hear()["id"], 1);
}

#[test]
fn noise_is_answered_ten_times_a_second_at_most() {
    let mut host = Host::greeted();
    let since = Instant::now();
    let mut noise = Vec::new();
    let mut state = 1_u64;
    while noise.len() < 8 << 20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.extend_from_slice(&state.to_be_bytes());
    }
    host.write(&noise);
    host.write(b"\n");
    host.say(&ping(1));
    let mut errors = 0;
    while host.hear()["id"] != 1 {
        errors += 1;
    }
    let seconds = usize::try_from(since.elapsed().as_secs()).unwrap() + 1;
    assert!((1..=10 * seconds).contains(&errors), "{errors} errors in {seconds} s");
    let (_, summary, _, log) = host.end_and_read();
    assert!(summary.counts.refused > 1_000);
    assert!(log.len() <= 25 * seconds, "{} events", log.len());
}

#[test]
fn a_cancelled_call_is_over_within_100_ms_and_nothing_more_is_said_of_it() {
    let mut host = Host::greeted();
    let mut took = Vec::new();
    for id in ["a", "b"] {
        // The id may be used again afterwards.
        for _ in 0..3 {
            host.call(id, "hang", json!({}));
            assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 1));
            let since = Instant::now();
            host.say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
            assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 0));
            took.push(since.elapsed());
            host.hears_nothing_for(Duration::from_millis(20));
        }
    }
    took.sort_unstable();
    assert!(took[0] < limits::CANCEL_GRACE && took[took.len() - 1] < LOADED, "{took:?}");
    host.call("a", "hello_world", json!({}));
    assert_eq!(host.hear()["id"], "a");
    let (rest, _, took) = host.end();
    assert!(rest.is_empty() && took < LOADED);
}

#[test]
fn an_id_in_flight_is_not_taken_twice_and_free_after_its_answer() {
    let mut host = Host::greeted();
    host.call(1, "hang", json!({}));
    assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 1));
    host.call(1, "hello_world", json!({}));
    let refused = host.hear();
    assert_eq!((&refused["error"]["code"], refused.get("id")), (&json!(-32600), None));
    // Nor does a broken message with that id get an answer that could be mistaken for the call's.
    host.send(br#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#);
    let refused = host.hear();
    assert_eq!((&refused["error"]["code"], refused.get("id")), (&json!(-32601), None));
    host.call("1", "hello_world", json!({})); // another id
    assert_eq!(host.hear()["id"], "1");
    for _ in 0..100 {
        host.call(2, "hello_world", json!({}));
        assert_eq!(host.hear()["id"], 2);
    }
    assert_eq!(host.hanging.ever.load(Ordering::SeqCst), 1);
}

#[test]
fn a_hundred_hanging_calls_do_not_hold_the_end_for_3_s_and_are_answered() {
    let mut host = Host::greeted();
    for id in 0..100 {
        host.call(id, "hang", json!({}));
    }
    assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == limits::CALLS_PER_CALLER_MAX));
    host.say(&ping("still"));
    assert_eq!(host.hear()["id"], "still");
    let (rest, summary, took, log) = host.end_and_read();
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(log, vec!["tool_abandoned abandoned"; 100]);
    assert_eq!(rest.len(), 100);
    assert!(rest.iter().all(|line| line["result"]["isError"] == true));
    assert_eq!(summary.delivery, Delivery::Whole);
}

#[test]
fn an_idle_server_is_gone_with_its_input() {
    let host = Host::greeted();
    let (_, _, took) = host.end();
    assert!(took < LOADED, "{took:?}");
    let mut unfinished = Host::greeted();
    unfinished.write(br#"{"jsonrpc":"2.0","id":1,"#);
    let (rest, _, took) = unfinished.end();
    assert!(took < LOADED, "{took:?}");
    assert_eq!(rest[0]["error"]["code"], -32700);
}

#[test]
fn a_stop_ends_the_connection_though_the_input_stays_open() {
    let mut host = Host::greeted();
    host.call(1, "hang", json!({}));
    assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 1));
    host.tasks.stop();
    let since = Instant::now();
    let summary = host.server.join().unwrap();
    assert!(since.elapsed() < Duration::from_secs(3));
    assert_eq!(summary.ended, Ended::Stop);
}

#[test]
fn notices_come_before_their_answer_and_only_to_those_who_asked() {
    let mut host = Host::greeted();
    let mut asked = call(1, "steps", json!({}));
    asked["params"]["_meta"] = json!({ "progressToken": "p" });
    host.say(&asked);
    let mut heard = Vec::new();
    loop {
        let line = host.hear();
        if line["id"] == 1 {
            break;
        }
        heard.push(line["method"].as_str().unwrap().to_owned());
    }
    heard.sort();
    assert_eq!(heard, [["notifications/message"; 3], ["notifications/progress"; 3]].concat());
    host.say(
        &json!({ "jsonrpc": "2.0", "id": 2, "method": "logging/setLevel", "params": { "level": "error" } }),
    );
    assert_eq!(host.hear()["id"], 2);
    host.call(3, "steps", json!({}));
    assert_eq!(host.hear()["id"], 3);
    host.say(&modern(4, "tools/call", json!({ "name": "steps" })));
    assert_eq!(host.hear()["id"], 4);
}

#[test]
fn a_panic_ends_one_call_alone() {
    let mut host = Host::greeted();
    for id in 0..50 {
        host.call(id, "panics", json!({}));
        let said = host.hear();
        assert_eq!((&said["id"], &said["result"]["isError"]), (&json!(id), &json!(true)));
    }
    host.say(&ping("alive"));
    assert_eq!(host.hear()["id"], "alive");
}

#[test]
fn a_subscription_is_acknowledged_stays_open_and_is_completed() {
    let mut host = Host::new();
    let listen = |id: u64| {
        modern(id, "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }))
    };
    for id in 0..8 {
        host.say(&listen(id));
        let said = host.hear();
        assert_eq!(said["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(said["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
        assert_eq!(said["params"]["notifications"], json!({}));
    }
    host.say(&listen(8));
    assert_eq!(host.hear()["error"]["code"], -32600);
    host.say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 0 } }));
    host.hears_nothing_for(Duration::from_millis(50));
    host.say(&listen(9));
    assert_eq!(host.hear()["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 9);
    let (rest, _, took) = host.end();
    assert!(took < LOADED, "{took:?}");
    assert_eq!(rest.len(), 8);
    assert!(rest.iter().all(|line| line["result"]["resultType"] == "complete"));
}

#[test]
fn a_large_last_reply_arrives_whole_however_late_it_is_read() {
    let Ends { mut stdin, stdout, server, log: _log, .. } = start();
    writeln!(stdin, "{}", hello("2025-11-25")).unwrap();
    writeln!(stdin, "{}", call(1, "big", json!({ "bytes": 400_000 }))).unwrap();
    drop(stdin);
    thread::sleep(Duration::from_secs(2));
    let lines: Vec<String> = BufReader::new(stdout).lines().map(Result::unwrap).collect();
    let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(last["result"]["content"][0]["text"].as_str().unwrap().len(), 400_000);
    assert_eq!(server.join().unwrap().delivery, Delivery::Whole);
}

#[test]
fn an_unread_stdout_stops_the_reading_of_stdin_and_loses_nothing() {
    let Ends { mut stdin, stdout, server, log: _log, .. } = start();
    writeln!(stdin, "{}", hello("2025-11-25")).unwrap();
    let (sent, progress) = mpsc::channel();
    let writer = thread::spawn(move || {
        for id in 0..40_u64 {
            if id == 10 {
                thread::sleep(Duration::from_secs(3)); // until the first answers fill what waits
            }
            writeln!(stdin, "{}", call(id, "big", json!({ "bytes": 1_000_000 }))).unwrap();
            // So much that the pipe alone could not hold it.
            writeln!(stdin, "{}", " ".repeat(60_000)).unwrap();
            sent.send(id).unwrap();
        }
    });
    thread::sleep(Duration::from_millis(4_500));
    let read = progress.try_iter().count();
    assert!(read < 40, "all was read though nothing was taken");
    let mut ids: Vec<u64> = BufReader::new(stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
        .filter_map(|line| line["id"].as_u64())
        .collect();
    writer.join().unwrap();
    ids.sort_unstable();
    assert_eq!(ids, (0..40).collect::<Vec<_>>());
    assert_eq!(server.join().unwrap().delivery, Delivery::Whole);
}

#[test]
fn a_closed_stdout_ends_the_server_within_3_s_even_when_idle() {
    for is_busy in [false, true] {
        let Ends { mut stdin, stdout, server, log: _log, .. } = start();
        writeln!(stdin, "{}", hello("2025-11-25")).unwrap();
        if is_busy {
            writeln!(stdin, "{}", call(1, "hang", json!({}))).unwrap();
        }
        thread::sleep(Duration::from_millis(100));
        drop(stdout);
        let since = Instant::now();
        let summary = server.join().unwrap();
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
        assert_eq!((summary.ended, summary.delivery), (Ended::Output, Delivery::Closed));
    }
}

#[test]
fn a_start_error_is_the_answer_to_the_first_request() {
    let answered = |input: &str| {
        let (stdin, mut ours) = pipe().unwrap();
        ours.write_all(input.as_bytes()).unwrap();
        drop(ours);
        let mut out = Vec::new();
        answer_first_request(stdin, &mut out, "it does not start; hint: do this").unwrap();
        String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .collect::<Vec<_>>()
    };
    let notified = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let all = answered(&format!("noise\n{notified}\n{}\n{}\n", hello("2025-11-25"), ping(2)));
    assert_eq!(
        all,
        [
            json!({ "jsonrpc": "2.0", "id": "hs", "error": { "code": -32603, "message": "it does not start; hint: do this" } })
        ]
    );
    let probed = answered(&format!("{}\n{}", modern(1, "server/discover", json!({})), hello("2025-11-25")));
    assert_eq!(probed.len(), 2);
    assert!(answered("").is_empty());
}

#[test]
fn what_has_no_id_is_recorded_and_neither_run_nor_answered() {
    let mut host = Host::greeted();
    host.send(br#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"hang"}}"#);
    host.say(&ping(1));
    assert_eq!(host.hear()["id"], 1);
    assert_eq!(host.hanging.ever.load(Ordering::SeqCst), 0);
    assert_eq!(host.end_and_read().3, ["message_refused missing_id"]);
}

#[test]
fn a_host_that_only_looks_leaves_no_file() {
    let host = Host::greeted();
    assert!(host.end_and_read().3.is_empty());
}
