//! Events on their way to a collector, through the program and over sockets.
//!
//! What a collector has is what the log has, line by line; what it has not is
//! counted, to the event. And whatever a collector does, calls are answered
//! and a stop is a stop.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failed step of a test is a panic, brevity counts, and a test looks at files and spawns"
)]

mod collector;
#[path = "../common/mod.rs"]
mod common;

use std::{
    collections::{BTreeSet, HashMap},
    fs, thread,
    time::{Duration, Instant},
};

use collector::{Collector, Mode, authority, free_port, texts};
use common::{Answer, Door, Era, HttpServer, Log, PATIENCE, Place, Server, StdioServer, UNLIMITED};
use opentelemetry_proto::tonic::{
    common::v1::any_value,
    logs::v1::LogRecord,
    trace::v1::{span::SpanKind, status::StatusCode},
};
use serde_json::{Value, json};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// Ten times what a stop may take for the sake of a collector.
const STOP_MAX: Duration = Duration::from_secs(20);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn body(record: &LogRecord) -> String {
    match record.body.clone().unwrap().value.unwrap() {
        any_value::Value::StringValue(text) => text,
        other => panic!("{other:?}"),
    }
}

/// Every line of the log.
fn lines(place: &Place) -> BTreeSet<String> {
    let _checked = Log::read(&place.events_dir());
    let files = fs::read_dir(place.events_dir()).unwrap().map(|entry| entry.unwrap().path());
    files
        .flat_map(|path| fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// Each line that the collector has, once.
#[track_caller]
fn taken(collector: &Collector) -> BTreeSet<String> {
    let got = collector.got();
    let bodies: BTreeSet<_> = got.logs.iter().map(body).collect();
    assert_eq!(bodies.len(), got.logs.len(), "a line came twice");
    bodies
}

/// How many events the server says at its end that it did not export, of how many.
fn said_missed(stderr: &str) -> (u64, u64) {
    let Some(line) = stderr.lines().find(|line| line.ends_with("events were not exported")) else {
        return (0, 0);
    };
    let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// Stops it, and gives what it said on stderr.
#[track_caller]
fn stop(mut server: Server) -> String {
    let begun = Instant::now();
    match &mut server {
        Server::Stdio(server) => server.close(),
        Server::Http(server) => server.process().signal(rustix::process::Signal::TERM),
    }
    assert!(server.process().wait_within(STOP_MAX).success());
    assert!(begun.elapsed() < STOP_MAX);
    thread::sleep(Duration::from_millis(50)); // the last of stderr
    server.process().stderr()
}

fn start(place: &Place, door: Door, url: &str) -> Server {
    Server::start(place, door, &[], &[("MCP_SERVER_EVENTS_OTLP", url)])
}

/// Calls, all of which are answered.
#[track_caller]
fn call(server: &mut Server, count: usize) -> Vec<Answer> {
    let calls = vec![("hello_world", json!({})); count];
    let answers = server.call_all(&calls);
    for answer in &answers {
        answer.says("Hello, World!");
    }
    answers
}

/// The events that say that others were not exported.
fn not_exported(place: &Place) -> Vec<Value> {
    Log::read(&place.events_dir()).named("events_not_exported").into_iter().cloned().collect()
}

#[track_caller]
fn until_said(place: &Place, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let said = not_exported(place);
        if holds(&said) {
            return said;
        }
        assert!(Instant::now() < deadline, "{said:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_collector_has_what_the_log_has_and_one_span_a_call() {
    for door in Door::ALL {
        let (place, collector) = (Place::new(), Collector::start(Mode::Good));
        let mut server = start(&place, door, &collector.url());
        call(&mut server, 20);
        server.call("hello_world", json!({ "name": "$(x)" })).failure();
        server.call("no such\u{202e} tool", json!({}));
        let stderr = stop(server);
        assert_eq!(said_missed(&stderr), (0, 0), "{stderr}");
        assert_eq!(taken(&collector), lines(&place), "{door:?}");

        let log = Log::read(&place.events_dir());
        let got = collector.got();
        for resource in &got.resources {
            assert_eq!(resource["service.name"], "mcp-server");
            assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
            assert_eq!(
                resource["service.instance.id"],
                log.events().next().unwrap()["run"].as_str().unwrap()
            );
        }
        assert!(got.requests.iter().all(|(_, kind)| kind == "application/x-protobuf"));
        let names = got.spans.iter().fold(HashMap::new(), |mut names, span| {
            *names.entry(span.name.as_str()).or_insert(0) += 1;
            names
        });
        assert_eq!(names, HashMap::from([("tools/call hello_world", 21), ("tools/call", 1)]), "{door:?}");
        assert_eq!(got.spans.len(), log.endings().len());
    }
}

#[test]
fn a_record_says_what_its_line_says() {
    let (place, collector) = (Place::new(), Collector::start(Mode::Good));
    let mut server = start(&place, Door::Http, &collector.url());
    server.call("hello_world", json!({ "name": "$(x)" })).failure();
    if let Server::Http(server) = &server {
        assert_eq!(server.request("GET", "/security/events", &[], b"").status, 401);
    }
    stop(server);

    let got = collector.got();
    let mut severities = BTreeSet::new();
    for record in &got.logs {
        let line: Value = serde_json::from_str(&body(record)).unwrap();
        let at: jiff::Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
        assert_eq!(i128::from(record.time_unix_nano), at.as_nanosecond());
        assert_eq!(record.event_name, format!("mcp_server.{}", line["event"].as_str().unwrap()));
        let severity = line["severity"].as_str().unwrap();
        let expected =
            HashMap::from([("low", (9, "INFO")), ("medium", (13, "WARN")), ("high", (17, "ERROR"))]);
        assert_eq!((record.severity_number, record.severity_text.as_str()), expected[severity]);
        severities.insert(severity.to_owned());
        let attributes = texts(&record.attributes);
        for (name, field) in [
            ("mcp_server.identifier", "identifier"),
            ("mcp_server.outcome", "outcome"),
            ("mcp_server.code", "code"),
            ("mcp_server.call", "call"),
            ("gen_ai.tool.name", "tool"),
            ("client.address", "peer"),
            ("log.record.uid", "id"),
        ] {
            assert_eq!(attributes.get(name).map(String::as_str), line[field].as_str(), "{name} of {line}");
        }
        assert_eq!(record.trace_id.is_empty(), line["call"].is_null(), "{line}");
    }
    assert_eq!(severities.len(), 3, "one of each: {severities:?}");
}

#[test]
fn spans_and_records_of_a_call_belong_to_its_trace() {
    for (era, flags) in Era::ALL.into_iter().zip(["01", "00"]) {
        let (place, collector) = (Place::new(), Collector::start(Mode::Good));
        let mut server =
            StdioServer::start(&place, &[], &[("MCP_SERVER_EVENTS_OTLP", &collector.url())]).open(era);
        let meta = json!({ "traceparent": format!("00-{TRACE}-{PARENT}-{flags}") });
        let params = json!({ "name": "hello_world", "arguments": { "name": "$(x)" }, "_meta": meta });
        server.send(&era.request(1, "tools/call", params));
        server.answer_to(1).failure();
        server.call(era, "hello_world", json!({})).says("Hello, World!");
        stop(Server::Stdio(server));

        let got = collector.got();
        let ending = |span_id: &[u8]| {
            let of_span = got.logs.iter().filter(|record| record.span_id == span_id).collect::<Vec<_>>();
            let [record] = of_span[..] else { panic!("{of_span:?}") };
            (record, serde_json::from_str::<Value>(&body(record)).unwrap())
        };
        assert_eq!(got.spans.len(), 2);
        for span in &got.spans {
            let (record, line) = ending(&span.span_id);
            let call = line["call"].as_str().unwrap().replace('-', "");
            assert_eq!(hex(&span.span_id), call[16..]);
            assert_eq!(span.trace_id, record.trace_id);
            assert_eq!(span.kind, SpanKind::Server as i32);
            assert_eq!(span.end_time_unix_nano, record.time_unix_nano);
            let took = line["duration_us"].as_u64().unwrap() * 1_000;
            assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, took);
            let status = span.status.clone().unwrap();
            if line["traceparent"].is_null() {
                assert_eq!((hex(&span.trace_id), span.parent_span_id.len()), (call, 0));
                assert_eq!((status.code, status.message.as_str()), (StatusCode::Unset as i32, ""));
            } else {
                assert_eq!((hex(&span.trace_id), hex(&span.parent_span_id)), (TRACE.into(), PARENT.into()));
                assert_eq!((status.code, status.message.as_str()), (StatusCode::Error as i32, "not_a_name"));
                assert_eq!(format!("{:02x}", span.flags & 0xff), flags);
                assert_eq!(record.flags, span.flags & 0xff);
                assert_eq!(texts(&span.attributes)["error.type"], "not_a_name");
            }
        }
    }
}

#[test]
fn what_a_collector_that_is_down_does_not_get_is_counted_and_said() {
    let place = Place::new();
    let port = free_port();
    let mut server = start(&place, Door::Http, &format!("http://127.0.0.1:{port}"));
    let mut answers = call(&mut server, 6_000);
    let said = until_said(&place, |said| !said.is_empty());
    assert_eq!(
        (said[0]["severity"].as_str(), said[0]["details"]["over"].as_bool()),
        (Some("medium"), Some(false))
    );
    assert!(said[0]["details"]["count"].as_u64().unwrap() > 0);
    assert!(said[0]["details"]["reason"].as_str().unwrap().contains("refused"), "{said:?}");

    // it comes back, and gets what is left
    let collector = Collector::on(port, Mode::Good);
    let said = until_said(&place, |said| said.iter().any(|one| one["details"]["over"] == true));
    answers.extend(call(&mut server, 10));
    let (missed, given) = said_missed(&stop(server));
    Log::read(&place.events_dir()).accounts_for(&answers, 0);
    let (lines, taken) = (lines(&place), taken(&collector));
    assert!(taken.is_subset(&lines), "exported what was not logged");
    assert_eq!(given, lines.len() as u64);
    assert_eq!(taken.len() as u64 + missed, given, "exported and not exported");
    let counted: u64 = said.iter().map(|one| one["details"]["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, missed, "{said:?}");
    assert_eq!(not_exported(&place).len(), said.len(), "nothing is said twice");
}

#[test]
fn a_restart_of_a_collector_loses_nothing() {
    let place = Place::new();
    let port = free_port();
    let mut server = start(&place, Door::Stdio, &format!("http://127.0.0.1:{port}"));
    call(&mut server, 100);
    let deadline = Instant::now() + PATIENCE;
    while !server.process().stderr().contains("events are not exported") {
        assert!(Instant::now() < deadline, "it never tried");
        thread::sleep(Duration::from_millis(5));
    }
    let collector = Collector::on(port, Mode::Status(503, Some(("Retry-After", "1".into()))));
    collector.until("asks it for patience", |got| got.requests.len() > 1);
    collector.set(Mode::Good);
    collector.until("is ready", |got| got.logs.len() > 100);
    let stderr = stop(server);
    assert!(stderr.contains("events are exported again"), "{stderr}");
    assert_eq!(taken(&collector), lines(&place));
    assert_eq!((said_missed(&stderr), not_exported(&place).len()), ((0, 0), 0), "{stderr}");
}

#[test]
fn a_collector_that_lies_gets_nothing_for_granted() {
    let elsewhere = Collector::start(Mode::Good);
    let modes = [
        Mode::Status(400, None),
        Mode::Status(404, None),
        Mode::Status(307, Some(("Location", format!("{}/v1/logs", elsewhere.url())))),
        Mode::Says("<html>Welcome to nginx!</html>"),
        Mode::Says("\u{1b}[2J{\"partialSuccess\":{}}"),
        Mode::Endless,
    ];
    thread::scope(|scope| {
        for mode in &modes {
            scope.spawn(|| lied_to(mode));
        }
    });
    assert_eq!(elsewhere.got().requests, [], "a redirect was followed");
}

fn lied_to(mode: &Mode) {
    let (place, collector) = (Place::new(), Collector::start(mode.clone()));
    let mut server = start(&place, Door::Stdio, &collector.url());
    let mut answers = call(&mut server, 50);
    let said = until_said(&place, |said| !said.is_empty());
    assert!(said[0]["details"]["spans"].as_u64().unwrap() > 0, "{mode:?}: {said:?}");
    answers.extend(call(&mut server, 50));
    let (missed, given) = said_missed(&stop(server));
    assert_eq!((missed, given), (given, lines(&place).len() as u64), "{mode:?}");
    Log::read(&place.events_dir()).accounts_for(&answers, 0);
    assert!(not_exported(&place).len() < 3, "{mode:?}: {said:?}");
}

#[test]
fn what_a_collector_rejects_of_a_batch_is_counted() {
    let (place, collector) = (Place::new(), Collector::start(Mode::Rejects(2)));
    let mut server = start(&place, Door::Stdio, &collector.url());
    call(&mut server, 20);
    let said = until_said(&place, |said| !said.is_empty());
    let reason = said[0]["details"]["reason"].as_str().unwrap();
    assert!(reason.contains("it rejected some: too") && reason.contains("many"), "{reason}");
    assert!(!reason.contains('\u{1b}'), "{reason}");
    collector.set(Mode::Good);
    call(&mut server, 20);
    let (missed, given) = said_missed(&stop(server));
    assert_eq!((missed + taken(&collector).len() as u64, given), (given, lines(&place).len() as u64));
    assert!(missed > 0 && missed.is_multiple_of(2), "{missed}");
}

#[test]
fn a_collector_that_never_answers_delays_neither_calls_nor_a_stop() {
    let silent = Collector::start(Mode::Silent);
    for door in Door::ALL {
        // as many calls as without a collector end, none later than the slowest may
        let place = Place::new();
        let mut server = start(&place, door, &silent.url());
        let before = silent.got().requests.len();
        let mut answers = call(&mut server, 1);
        silent.until("is asked", |got| got.requests.len() > before);
        answers.extend(call(&mut server, 1_000));
        let (missed, given) = said_missed(&stop(server));
        assert_eq!((missed, given), (given, lines(&place).len() as u64), "{door:?}");
        Log::read(&place.events_dir()).accounts_for(&answers, 0);
    }
}

#[test]
fn by_https_a_collector_must_be_who_its_certificate_names() {
    let collector = Collector::secure();
    let serve = |url: &str| {
        let place = Place::new();
        let authority = place.write("authority.pem", authority());
        let trust = ("SSL_CERT_FILE", authority.to_str().unwrap());
        let mut server = Server::start(&place, Door::Stdio, &[], &[("MCP_SERVER_EVENTS_OTLP", url), trust]);
        call(&mut server, 3);
        let stderr = stop(server);
        (lines(&place), stderr)
    };
    let (lines, stderr) = serve(&collector.url_by("127.0.0.1"));
    assert_eq!(said_missed(&stderr).0, lines.len() as u64, "{stderr}");
    assert!(stderr.contains("certificate"), "{stderr}");
    assert_eq!(collector.got().requests, []);

    let (lines, stderr) = serve(&collector.url_by("localhost"));
    assert_eq!(said_missed(&stderr), (0, 0), "{stderr}");
    assert_eq!(taken(&collector), lines);
}

#[test]
fn without_anyone_to_trust_https_is_a_start_error() {
    let place = Place::new();
    let none = place.write("authority.pem", "");
    let mut command = place.command(&["tools", "call", "hello_world"]);
    command.env("MCP_SERVER_EVENTS_OTLP", "https://localhost:1").env("SSL_CERT_FILE", none);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("no certificates to trust"), "{said}");
}

#[test]
fn the_console_exports_too() {
    let (place, collector) = (Place::new(), Collector::start(Mode::Good));
    let mut command = place.command(&["tools", "call", "hello_world"]);
    let output = command.env("MCP_SERVER_EVENTS_OTLP", collector.url()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(taken(&collector), lines(&place));
    assert_eq!(collector.got().spans.len(), 1);
}

#[test]
fn where_events_go_is_on_record_and_the_key_is_judged() {
    let (place, collector) = (Place::new(), Collector::start(Mode::Good));
    let mut server =
        HttpServer::start(&place, &[], &[UNLIMITED, ("MCP_SERVER_EVENTS_OTLP", &collector.url())]);
    assert!(server.stop().success());
    let log = Log::read(&place.events_dir());
    assert_eq!(log.named("server_started")[0]["details"]["otlp"], collector.url());

    let check = |url: &str| {
        let mut command = place.command(&["config", "check"]);
        let output = command.env("MCP_SERVER_EVENTS_OTLP", url).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    assert_eq!(check("http://127.0.0.1:4318").0, Some(0));
    let (code, said) = check("http://collector.example.com:4318");
    assert!(code == Some(0) && said.contains("by plain http"), "{said}");
    let (code, said) = check("http://me:secret@127.0.0.1:4318");
    assert!(code != Some(0) && !said.contains("secret"), "{said}");
}
