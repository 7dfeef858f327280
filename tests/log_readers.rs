//! The security log as a person reads it: `events tail|list|stats|path`, on logs of
//! honest servers, of servers that were lied to, and of nobody's.
//!
//! Nothing that a client sent moves a cursor or fakes a line, an event is seen
//! when it happens, and no file is so strange that the others are not read.
//! How the log is written is proven in `log.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failed step of a test is a panic, brevity counts, and a test looks at files"
)]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Child, Output, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use common::{Answer, Door, Era, HttpServer, KEY, PATIENCE, Place, Server, StdioServer, moves};
use serde_json::{Value, json};

const FORMATS: [&str; 4] = ["short", "wide", "full", "json"];

#[track_caller]
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// The lines that a command prints; it ends well.
#[track_caller]
fn lines(place: &Place, args: &[&str]) -> Vec<String> {
    let out = place.run(args);
    assert!(out.status.success(), "{args:?}: {}", text(out.stderr));
    text(out.stdout).lines().map(str::to_owned).collect()
}

/// The events that a command prints as JSON.
#[track_caller]
fn read(place: &Place, args: &[&str]) -> Vec<Value> {
    lines(place, &[args, &["--json"]].concat())
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

// --- nobody writes a second line ----------------------------------------------------

/// What would forge an entry, hide one, move the cursor or set a title.
const HOSTILE: [&str; 9] = [
    "x\n{\"v\":1,\"event\":\"server_stopped\"}",
    "x\r{\"v\":1,\"event\":\"server_stopped\"}",
    "x\u{85}{\"v\":1}",
    "x\u{2028}{\"v\":1}\u{2029}",
    "x\u{1b}[2J\u{1b}[1;1H",
    "x\u{9b}31m\u{90}q\u{9d}0;title\u{9c}",
    "x\u{1b}]0;title\u{7}\u{1b}]8;;http://example.com\u{1b}\\",
    "x\u{202e}\u{2066}\u{200b}\u{e0041}\u{feff}",
    "x\0\u{8}\u{7f}\t",
];

const FORGED_PATH: &str = "a\r\n{\"v\":1,\"event\":\"tool_called\",\"outcome\":\"ok\"}";

/// Sends it all, wherever a client may put a text of its own. Gives the number of calls.
fn lie_on_stdio(place: &Place, root: &str) -> usize {
    let mut calls = 0;
    for hostile in HOSTILE {
        let mut server = place.stdio(&["--root", root]);
        let mut greeting = common::initialize(1);
        greeting["params"]["clientInfo"] = json!({ "name": hostile, "version": hostile });
        server.send(&greeting);
        server.answer_to(1).result();
        for (tool, arguments) in lies(hostile) {
            server.call(Era::Handshake, &tool, arguments);
            calls += 1;
        }
        server.ask(Era::Handshake, "resources/read", json!({ "uri": format!("root://root/{hostile}") }));
        server.ask(Era::Handshake, hostile, json!({}));
        calls += 1;
        server.finish();
    }
    calls
}

fn lies(hostile: &str) -> Vec<(String, Value)> {
    vec![
        (hostile.to_owned(), json!({})),
        ("read_text_file".into(), json!({ "path": FORGED_PATH })),
        ("read_text_file".into(), json!({ "path": hostile })),
        ("search_files".into(), json!({ "path": ".", "pattern": hostile })),
        ("hello_world".into(), json!({ "name": hostile })),
        ("hello_world".into(), json!({ hostile: hostile })),
    ]
}

fn lie_over_http(server: &HttpServer) -> usize {
    let mut calls = 0;
    for hostile in HOSTILE {
        for (tool, arguments) in lies(hostile) {
            let mut message = Era::Handshake.call(1, &tool, arguments);
            message["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] =
                json!({ "name": hostile, "version": hostile });
            server.post(Era::Handshake, &message);
            calls += 1;
        }
        server.post(Era::Handshake, &Era::Handshake.request(2, hostile, json!({})));
    }
    let hello =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hello_world","arguments":{}}}"#;
    let heads: [&[u8]; 7] = [
        b"POST /mcp HTTP/1.1\r\nOrigin: http://a%0d%0aX: y\r\n",
        b"POST /mcp HTTP/1.1\r\nUser-Agent: \x1b]0;title\x07\r\n",
        b"POST /mcp HTTP/1.1\r\nUser-Agent: \xc2\x9b31m\xe2\x80\xae\r\n",
        b"POST /mcp HTTP/1.1\r\nX-Forwarded-For: 1.2.3.4\x0b\"}{\r\n",
        b"POST /mcp HTTP/1.1\r\nX-Forwarded-For: 1.2.3.4\"}{\xe2\x80\xa8\r\n",
        b"POST /a%0Ab%1b[2J HTTP/1.1\r\n",
        b"POST /\xc2\x9b31m HTTP/1.1\r\n",
    ];
    for head in heads {
        let rest = format!(
            "Host: {}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{hello}",
            server.addr(),
            hello.len()
        );
        server.raw([head, rest.as_bytes()].concat());
    }
    for host in ["a\u{9b}b", "a%0ab", "a\u{202e}b"] {
        server.request("GET", "/health", &[("Host", host)], b"");
        server.request("POST", "/mcp", &[("Authorization", &format!("Bearer {host}"))], b"{}");
    }
    calls
}

/// `text` without what colours it.
fn without_colour(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let code = &rest[at + 2..];
        let end = code.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(code.len());
        plain.push_str(&rest[..at]);
        if code[end..].starts_with('m') {
            rest = &code[end + 1..];
        } else {
            plain.push('\u{1b}');
            rest = &rest[at + 1..];
        }
    }
    plain + rest
}

#[track_caller]
fn is_quiet(printed: &str, format: &str, events: usize) {
    for line in printed.lines() {
        assert!(!line.contains(moves), "{format}: {line:?}");
    }
    let count = |is_one: fn(&str) -> bool| printed.lines().filter(|line| is_one(line)).count();
    let found = match format {
        "json" => count(|line| serde_json::from_str::<Value>(line).is_ok()),
        "full" => count(|line| !line.starts_with("  ")),
        "short" => count(|line| !line.starts_with("-- ")),
        _ => count(|_| true),
    };
    assert_eq!(found, events, "{format}: {printed}");
}

/// What a terminal is given, with its line ends as ours.
#[track_caller]
fn on_a_terminal(place: &Place, args: &[&str]) -> String {
    let words: Vec<_> =
        [place.program().to_str().unwrap()].iter().chain(args).map(|word| format!("'{word}'")).collect();
    let command = format!("stty cols 100 rows 40; {}", words.join(" "));
    let mut script = place.command_after(r#"exec script -qec "$1" /dev/null"#, &[&command]);
    let out = script.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").output().unwrap();
    assert!(out.status.success(), "{args:?}: {out:?}");
    text(out.stdout).replace("\r\n", "\n")
}

#[test]
fn nothing_that_a_client_sent_moves_a_cursor_or_fakes_a_line() {
    let place = Place::new();
    let root = format!("root={}", place.dir("root").display());
    let calls = lie_on_stdio(&place, &root);
    let env = [common::UNLIMITED, ("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1")];
    let mut server = HttpServer::start(&place, &["--root", &root], &env);
    let calls = calls + lie_over_http(&server);
    thread::sleep(Duration::from_millis(1_200)); // what folds is written once a second

    // while it runs, and nobody else does
    let log = place.log();
    let hellos = log
        .endings()
        .iter()
        .filter(|event| event["tool"] == "hello_world" && event["outcome"] == "ok")
        .count();
    assert!(hellos <= 7 && log.endings().len() >= calls, "{hellos} and {}", log.endings().len());
    let run = log.runs.values().find(|events| events[0]["transport"] == "http").unwrap();
    assert_eq!(run.iter().filter(|event| event["event"] == "server_stopped").count(), 0);
    let well = log.named("tool_called");
    let is_known = |event: &&&Value| event["tool"] == "hello_world" || event["tool"] == "search_files";
    assert_eq!(well.iter().filter(is_known).count(), well.len(), "none was made up");

    assert!(server.stop().success());
    let events = place.log().events().count();
    for format in FORMATS {
        for more in
            [&["-n", "all"][..], &["-n", "all", "--color", "never"], &["-n", "all", "--color", "always"]]
        {
            let args = [&["events", "tail", "-o", format][..], more].concat();
            let piped = text(place.run(&args).stdout);
            let is_coloured = more.last() == Some(&"always") && format != "json";
            assert_eq!(piped.contains('\u{1b}'), is_coloured, "{args:?}");
            is_quiet(&without_colour(&piped), format, events);
            let shown = on_a_terminal(&place, &args);
            is_quiet(&without_colour(&shown), format, events);
            assert!(more.len() == 2 || shown.contains('\u{1b}') == is_coloured, "{args:?}");
        }
    }
    // and what was sent can still be told
    let tools = read(&place, &["events", "list"]);
    for hostile in HOSTILE {
        let sent = |event: &Value| event["tool"] == hostile && event["event"] == "tool_denied";
        assert_eq!(tools.iter().filter(|event| sent(event)).count(), 2, "{hostile:?}");
    }
}

/// Every text of the corpus as the name of a tool, as an argument and as the name of a client.
fn send_corpus(server: &HttpServer) -> usize {
    let corpus = include_str!("corpus/unicode.txt");
    let texts = corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let texts: Vec<String> =
        texts.map(|line| serde_json::from_str(line.split('\t').nth(2).unwrap()).unwrap()).collect();
    for text in &texts {
        for (tool, arguments) in [
            (text.as_str(), json!({})),
            ("hello_world", json!({ "name": text })),
            ("gone", json!({ text: 1 })),
        ] {
            let mut message = Era::Handshake.call(1, tool, arguments);
            message["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] =
                json!({ "name": text, "version": text });
            server.post(Era::Handshake, &message);
        }
    }
    texts.len()
}

const BY: [&str; 9] = ["code", "event", "tool", "who", "peer", "client", "outcome", "hour", "day"];

#[test]
fn no_text_of_the_corpus_moves_a_cursor_at_any_format_or_in_any_count() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[common::UNLIMITED]);
    let texts = send_corpus(&server);
    assert!(server.stop().success());
    let events = place.log().events().count();
    assert!(events > 3 * texts, "{events}");
    for format in FORMATS {
        let args = ["events", "list", "-o", format];
        is_quiet(&text(place.run(&args).stdout), format, events);
        is_quiet(&without_colour(&on_a_terminal(&place, &args)), format, events);
    }
    for by in BY {
        let args = ["events", "stats", "--by", by];
        let (piped, shown) = (text(place.run(&args).stdout), without_colour(&on_a_terminal(&place, &args)));
        let rows = count_of(&place, &args)["rows"].as_array().unwrap().len();
        assert!(rows >= texts / 2 || !matches!(by, "tool" | "client"), "{by}: {rows}");
        for printed in [&piped, &shown] {
            assert!(!printed.lines().any(|line| line.contains(moves)), "{by}: {printed:?}");
            assert_eq!(printed.lines().count(), rows + 1, "{by}: {printed}");
        }
        assert!(shown.contains(['█', '▏']) && !piped.contains(['█', '▏']), "bars are for terminals");
    }
}

/// What `events stats` counts, as JSON.
#[track_caller]
fn count_of(place: &Place, args: &[&str]) -> Value {
    let lines = lines(place, &[args, &["--json"]].concat());
    assert_eq!(lines.len(), 1, "one object");
    serde_json::from_str(&lines[0]).unwrap()
}

// --- as it happens --------------------------------------------------------------------

/// `events tail -f` in a process of its own.
struct Tail {
    child: Child,
    lines: Receiver<(Instant, String)>,
    notes: Receiver<(Instant, String)>,
}

fn told(pipe: impl Read + Send + 'static) -> Receiver<(Instant, String)> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send((Instant::now(), line)).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Tail {
    fn start(place: &Place, more: &[&str]) -> Self {
        let mut command = place.command(&["events", "tail", "-f", "-n", "0"]);
        let mut child = command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (lines, notes) = (told(child.stdout.take().unwrap()), told(child.stderr.take().unwrap()));
        Self { child, lines, notes }
    }

    #[track_caller]
    fn next(&self) -> (Instant, String) {
        self.lines.recv_timeout(PATIENCE).expect("an event is told when it happens")
    }

    /// The next event with this word, and when it was seen.
    #[track_caller]
    fn next_named(&self, event: &str) -> (Instant, Value) {
        loop {
            let (at, line) = self.next();
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["event"] == event {
                return (at, value);
            }
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_event_is_seen_as_it_happens_from_servers_that_start_later() {
    let place = Place::new();
    let tail = Tail::start(&place, &["--json"]);
    let (_, note) = tail.notes.recv_timeout(PATIENCE).unwrap();
    assert!(note.contains("not there yet"), "{note}");
    let mut late = Vec::new();
    for round in 0..3 {
        let mut servers = Door::ALL.map(|door| Server::start(&place, door, &[], &[]));
        for at in 0..10 {
            let server = &mut servers[at % 2];
            let tool = format!("gone_{round}_{at}");
            server.call(&tool, json!({}));
            let answered = Instant::now();
            let (seen, event) = tail.next_named("tool_denied");
            assert_eq!(event["tool"], *tool);
            late.push(seen.saturating_duration_since(answered));
        }
        // one is stopped, one is killed
        let [stdio, http] = servers;
        stdio.stop();
        drop(http);
    }
    late.sort();
    println!("an event is seen {:?} after its answer at most", late[late.len() - 1]);
    assert!(tail.notes.try_recv().is_err(), "it says once that there is nothing yet, and no more");
}

#[test]
fn following_loses_nothing_where_one_part_ends_and_the_next_begins() {
    let small = [("MCP_SERVER_EVENTS_MAX_BYTES", "1MiB"), ("MCP_SERVER_EVENTS_REQUESTS", "false")];
    for door in Door::ALL {
        let place = Place::new();
        let tail = Tail::start(&place, &["--json"]);
        tail.notes.recv_timeout(PATIENCE).expect("it says that there is no log yet");
        let mut server = Server::start(&place, door, &[], &small);
        let calls: Vec<_> = (0..800).map(|_| ("hello_world", json!({}))).collect();
        let answers = server.call_all(&calls);
        assert!(answers.iter().all(Answer::is_well));
        server.stop();
        let mut seen = Vec::new();
        loop {
            let event: Value = serde_json::from_str(&tail.next().1).unwrap();
            let is_last = event["event"] == "server_stopped";
            seen.push(event);
            if is_last {
                break;
            }
        }
        let log = place.log();
        let run = log.runs.values().next().unwrap();
        let numbers = |events: &[Value]| events.iter().map(|event| event["seq"].as_u64()).collect::<Vec<_>>();
        assert_eq!(numbers(&seen), numbers(run), "each once, in the order in which they were written");
        assert!(seen.iter().filter(|event| event["event"] == "events_rotated").count() >= 2);
        assert!(log.bytes < 1 << 20);
    }
}

#[test]
fn a_small_log_stays_small_and_says_what_it_let_go() {
    let place = Place::new();
    let small = [("MCP_SERVER_EVENTS_MAX_BYTES", "256KiB"), ("MCP_SERVER_EVENTS_REQUESTS", "false")];
    let mut answers = 0;
    for door in Door::ALL {
        let mut server = Server::start(&place, door, &[], &small);
        for _ in 0..3 {
            let calls: Vec<_> = (0..400).map(|_| ("hello_world", json!({}))).collect();
            let answered = server.call_all(&calls);
            answers += answered.iter().filter(|answer| answer.is_well()).count();
            assert!(place.log().bytes <= 256 << 10, "{} bytes", place.log().bytes);
        }
        server.stop();
    }
    let log = place.log();
    assert!(!log.named("events_pruned").is_empty());
    assert!((400..answers).contains(&log.endings().len()), "the oldest went, the newest did not");
    assert!(log.bytes <= 256 << 10);
}

// --- little courtesies -------------------------------------------------------------------

/// A log with an event of every kind that a client can cause. Stopped.
fn a_log() -> Place {
    let place = Place::new();
    let root = format!("root={}", place.dir("root").display());
    let mut http = HttpServer::start(&place, &["--root", &root], &[("MCP_SERVER_EVENTS_REQUESTS", "true")]);
    let mut stdio = place.stdio(&["--root", &root]).open(Era::Handshake);
    for era in Era::ALL {
        http.call(era, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
        http.call(era, "read_text_file", json!({ "path": "../x" })).failure();
        http.ask(era, "tools/list", Value::Null).result();
    }
    http.request("POST", "/mcp", &[], b"{}").is(401);
    stdio.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    stdio.call(Era::Handshake, "gone", json!({})).is_error(-32602);
    stdio.call(Era::Handshake, "read_text_file", json!({ "path": "none" })).failure();
    stdio.finish();
    assert!(http.stop().success());
    place
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let mut server = Server::start(&place, Door::Http, &[], &[]);
    let calls: Vec<_> = (0..1_000).map(|_| ("hello_world", json!({}))).collect();
    server.call_all(&calls);
    for args in [
        &["events", "tail", "-n", "all"][..],
        &["events", "tail", "-n", "all", "-f"],
        &["events", "list", "--json"],
        &["events", "list", "-r", "-o", "full"],
        &["events", "stats", "--by", "tool"],
        &["events", "path"],
    ] {
        let mut command = place.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "{args:?}");
        let out = ends(child, &mut server);
        assert!(out.status.success() && out.stderr.is_empty(), "{args:?}: {out:?}");
    }
    // as a shell has it
    let shell =
        place.command_after(r#"set -o pipefail; "$0" events tail | head -1; exit"#, &[]).output().unwrap();
    assert!(shell.status.success() && shell.stderr.is_empty(), "{shell:?}");
    assert_eq!(text(shell.stdout).lines().count(), 1);
}

/// Waits for the end, while something happens now and then: who follows hears only then that
/// nobody listens.
#[track_caller]
fn ends(mut child: Child, server: &mut Server) -> Output {
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "still running");
        server.call("hello_world", json!({}));
        thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

#[test]
fn nothing_found_is_success_and_a_no_to_who_asks_quietly() {
    let place = a_log();
    for none in [&["--code", "deadline"][..], &["-t", "none"], &["-S", "2026-01-01", "-U", "2026-01-02"]] {
        for command in ["tail", "list"] {
            let args = [&["events", command][..], none].concat();
            let out = place.run(&args);
            assert!(
                out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(),
                "{args:?}: {out:?}"
            );
            let out = place.run(&[&args[..], &["-q"]].concat());
            assert_eq!((out.status.code(), out.stdout.len(), out.stderr.len()), (Some(1), 0, 0), "{args:?}");
        }
    }
    assert_eq!(place.run(&["events", "list", "-q", "-t", "gone"]).status.code(), Some(0));
    let empty = Place::new();
    assert_eq!(empty.run(&["events", "tail"]).status.code(), Some(0));
    assert_eq!(empty.run(&["events", "tail", "-q"]).status.code(), Some(1));
}

type Wanted<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

#[test]
fn filters_let_through_what_they_say_and_nothing_else() {
    let place = a_log();
    let all = read(&place, &["events", "list"]);
    let middle = all[all.len() / 2]["timestamp"].as_str().unwrap().to_owned();
    let (since, until) = (["-S", &*middle], ["-U", &*middle]);
    let is = |field: &'static str, value: &'static str| move |event: &Value| event[field] == value;
    let cases: Vec<(&[&str], Wanted<'_>)> = vec![
        (&[], Box::new(|_| true)),
        (&["--outcome", "denied"], Box::new(is("outcome", "denied"))),
        (
            &["--outcome", "denied,refused"],
            Box::new(|e| e["outcome"] == "denied" || e["outcome"] == "refused"),
        ),
        (&["--code", "path_leaves_root"], Box::new(is("code", "path_leaves_root"))),
        (&["--event", "tool_called"], Box::new(is("event", "tool_called"))),
        (&["-t", "gone"], Box::new(is("tool", "gone"))),
        (&["-w", "key:env"], Box::new(is("identifier", "key:env"))),
        (&["-w", "parent"], Box::new(is("identifier", "parent"))),
        (&["--peer", "127.0.0.1"], Box::new(is("peer", "127.0.0.1"))),
        (&["--client", "tests"], Box::new(|e| e["client"].as_str().is_some_and(|c| c.starts_with("tests")))),
        (&["-p", "medium"], Box::new(|e| e["severity"] != "low")),
        (&["-p", "high"], Box::new(is("severity", "high"))),
        (&["-g", "HELLO"], Box::new(|_| false)),
        (&["-g", "hello.world"], Box::new(is("tool", "hello_world"))),
        (&["-S", "1h"], Box::new(|_| true)),
        (&["-S", "today", "-U", "1h"], Box::new(|_| false)),
        (&since, Box::new(|e| e["timestamp"].as_str() >= Some(&*middle))),
        (&until, Box::new(|e| e["timestamp"].as_str() <= Some(&*middle))),
        (
            &["-t", "hello_world", "-w", "parent", "--outcome", "ok"],
            Box::new(|e| e["tool"] == "hello_world" && e["identifier"] == "parent"),
        ),
    ];
    for (args, wanted) in cases {
        if args.contains(&"today") && all[0]["timestamp"].as_str().unwrap()[11..13] == *"00" {
            continue; // an hour ago it was yesterday
        }
        let wanted: Vec<_> = all.iter().filter(|event| wanted(event)).cloned().collect();
        assert_eq!(read(&place, &[&["events", "list"], args].concat()), wanted, "{args:?}");
        assert_eq!(read(&place, &[&["events", "tail", "-n", "all"], args].concat()), wanted, "{args:?}");
        let newest = wanted[wanted.len().saturating_sub(2)..].to_vec();
        assert_eq!(read(&place, &[&["events", "tail", "-n", "2"], args].concat()), newest, "{args:?}");
        let reversed: Vec<_> = wanted.into_iter().rev().collect();
        assert_eq!(read(&place, &[&["events", "list", "-r"], args].concat()), reversed, "{args:?}");
    }
    for kind in [
        "tool_called",
        "input_validation_failed",
        "tool_execution_failed",
        "tool_denied",
        "authentication_failed",
        "request_served",
        "server_started",
        "server_stopped",
    ] {
        assert!(all.iter().any(|event| event["event"] == kind), "{kind}");
    }
    for format in FORMATS {
        let shown = lines(&place, &["events", "list", "-t", "gone", "--utc", "-o", format]).join("\n");
        assert!(shown.contains("unknown_tool") && shown.contains("parent"), "{shown}");
    }
}

#[test]
fn counts_are_those_of_the_events_that_are_asked_for() {
    let place = a_log();
    let which: [&[&str]; 4] = [&[], &["--outcome", "ok"], &["-w", "parent"], &["-g", "hello", "-p", "low"]];
    for (by, which) in BY.iter().flat_map(|by| which.map(|which| (*by, which))) {
        let key = |event: &Value| {
            let at = event["timestamp"].as_str().unwrap();
            match by {
                "who" => event["identifier"].clone(),
                "code" if event["code"].is_null() => event["outcome"].clone(),
                "hour" => json!(format!("{}:00:00+00:00", &at[..13])),
                "day" => json!(at[..10]),
                field => event[field].clone(),
            }
        };
        let events = read(&place, &[&["events", "list"], which].concat());
        let mut expected = BTreeMap::new();
        for event in &events {
            *expected.entry(key(event).to_string()).or_insert(0) += 1;
        }
        let args = [&["events", "stats", "--utc", "--by", by], which].concat();
        let counted = count_of(&place, &args);
        let rows = counted["rows"].as_array().unwrap();
        let found: BTreeMap<_, _> =
            rows.iter().map(|row| (row["key"].to_string(), row["count"].as_u64().unwrap())).collect();
        assert_eq!(found, expected, "{args:?}");
        assert_eq!((&counted["v"], &counted["by"]), (&json!(1), &json!(by)));
        assert_eq!(counted["events"], events.len());
        let time = |event: Option<&Value>| event.map(|event| at(&event["timestamp"]));
        assert_eq!(Some(at(&counted["first"])), time(events.first()), "{args:?}");
        assert_eq!(Some(at(&counted["last"])), time(events.last()), "{args:?}");
        if !matches!(by, "hour" | "day") {
            assert!(rows.is_sorted_by_key(|row| u64::MAX - row["count"].as_u64().unwrap()), "{args:?}");
        }
    }
    let shown = lines(&place, &["events", "stats", "--by", "code"]);
    let row = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert!(shown.iter().any(|line| row(line) == ["path_leaves_root", "2"]), "{shown:?}");
    assert!(shown.last().unwrap().contains(" codes, "), "{shown:?}");
}

fn at(time: &Value) -> jiff::Timestamp {
    time.as_str().unwrap().parse().unwrap()
}

#[test]
fn to_count_none_is_an_answer() {
    let (place, empty) = (a_log(), Place::new());
    for (place, more) in [(&place, &["--code", "deadline"][..]), (&empty, &[])] {
        for quiet in [&[][..], &["-q"]] {
            let args = [&["events", "stats"], more, quiet].concat();
            let out = place.run(&args);
            assert!(out.status.success() && out.stdout.is_empty() && out.stderr.is_empty(), "{out:?}");
            let counted = count_of(place, &args);
            assert_eq!((&counted["events"], &counted["rows"]), (&json!(0), &json!([])));
            assert!(counted["first"].is_null() && counted["last"].is_null());
        }
    }
    assert_eq!(place.run(&["events", "stats", "--by", "colour"]).status.code(), Some(2));
}

#[test]
fn the_place_of_the_log_and_the_files_of_those_who_write_are_told() {
    let place = Place::new();
    let dir = place.events_dir();
    assert_eq!(lines(&place, &["events", "path"]), [dir.to_str().unwrap()]);
    let nobody = place.run(&["events", "path", "--current"]);
    assert_ne!(nobody.status.code(), Some(0));
    assert!(text(nobody.stderr).contains("no server writes events there"));

    let mut servers = Door::ALL.map(|door| Server::start(&place, door, &[], &[]));
    for server in &mut servers {
        server.call("hello_world", json!({}));
    }
    let current = lines(&place, &["events", "path", "--current"]);
    assert_eq!(current.len(), 2);
    assert!(current.iter().all(|file| Path::new(file).is_file()));
    let [stdio, _http] = servers;
    stdio.stop();
    assert_eq!(lines(&place, &["events", "path", "--current"]).len(), 1);
}

#[test]
fn the_log_is_where_the_state_of_the_user_is_unless_the_owner_says_otherwise() {
    let place = Place::new();
    let mut command = place.command(&["serve"]);
    command.env_remove("MCP_SERVER_EVENTS_DIR");
    let mut server = StdioServer::spawn(command);
    server.call(Era::PerRequest, "hello_world", json!({})).says("Hello, World!");
    server.finish();
    let dir = place.path().join("state/mcp-server/events");
    assert_eq!(common::Log::read(&dir).endings().len(), 1);
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o7777, 0o700);
    let out = place.command(&["events", "path"]).env_remove("MCP_SERVER_EVENTS_DIR").output().unwrap();
    assert_eq!(text(out.stdout).trim_end(), dir.to_str().unwrap());
}

// --- strange files --------------------------------------------------------------------------

fn line(seq: usize, version: usize) -> String {
    let event = json!({
        "v": version, "timestamp": format!("2026-11-22T10:00:{seq:02}.000Z"), "event": "tool_called",
        "severity": "low", "identifier": "parent", "details": {}, "outcome": "ok", "tool": format!("tool{seq}"),
        "run": "aaaa0000", "seq": seq, "prev": "0".repeat(64),
    });
    format!("{event}\n")
}

/// A directory of files that nobody would want, with three good events among them.
fn strange_files(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    let torn = line(1, 1) + line(9, 1).trim_end().split_at(60).0;
    put("20261122T100000Z-aaaa0000.jsonl", torn.as_bytes());
    put("20261122T100001Z-bbbb0000.jsonl", &vec![0xfe; 300_000]);
    put("20261122T100002Z-cccc0000.jsonl", b"");
    put(
        "20261122T100003Z-dddd0000.jsonl",
        (line(4, 2) + &line(2, 1) + "not json\n[]\n{\"v\":1}\n").as_bytes(),
    );
    let mut long = line(3, 1).into_bytes();
    long.extend(vec![b'x'; 1 << 20]);
    put("20261122T100004Z-eeee0000.jsonl", &long);
    fs::File::options()
        .write(true)
        .open(dir.join("20261122T100004Z-eeee0000.jsonl"))
        .and_then(|file| file.set_len(100 << 20))
        .unwrap();
    put("20261122T100005Z-ffff0000.jsonl", line(5, 1).as_bytes());
    fs::set_permissions(dir.join("20261122T100005Z-ffff0000.jsonl"), fs::Permissions::from_mode(0o000))
        .unwrap();
    // what is no file of ours is let be
    fs::create_dir(dir.join("20261122T100006Z-abcd0000.jsonl")).unwrap();
    symlink("/etc/passwd", dir.join("20261122T100007Z-abcd0000.jsonl")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        dir.join("20261122T100008Z-abcd0000.jsonl"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    put("notes.txt", b"mine\n");
}

/// Runs a reader as an ordinary user with 400 MB of address space.
#[track_caller]
fn bounded(place: &Place, program: &Path, args: &[&str]) -> Output {
    let user = if rustix::process::geteuid().is_root() {
        "setpriv --reuid 65534 --regid 65534 --clear-groups --"
    } else {
        ""
    };
    let prefix = format!("ulimit -v 400000; exec {user} {} \"$@\"", program.display());
    let begun = Instant::now();
    let out = place.command_after(&prefix, args).output().unwrap();
    assert!(begun.elapsed() < PATIENCE, "{args:?} took {:?}", begun.elapsed());
    out
}

#[track_caller]
fn tells_what_was_skipped(args: &[&str], said: &str) {
    for (run, why) in [
        ("aaaa0000", "the last line has no end"),
        ("bbbb0000", "the last line has no end"),
        ("dddd0000", "a line is not an event"),
        ("dddd0000", "a line was written by a newer version"),
        ("eeee0000", "the last line has no end"),
        ("ffff0000", "the file cannot be read"),
    ] {
        assert!(said.lines().any(|line| line.contains(run) && line.contains(why)), "{args:?}: {why}: {said}");
    }
    assert!(!said.contains("cccc0000") && !said.contains("abcd0000"), "{said}");
}

#[test]
fn strange_files_are_stepped_over_in_words_and_the_others_are_read() {
    let place = Place::new();
    place.meddles();
    let dir = place.events_dir();
    strange_files(&dir);
    let program = place.path().join("program");
    fs::copy(place.program(), &program).unwrap();
    for open in [place.path(), &dir] {
        fs::set_permissions(open, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let readable = ["aaaa0000", "bbbb0000", "cccc0000", "dddd0000", "eeee0000"];
    for entry in fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()) {
        if readable.iter().any(|run| entry.to_str().unwrap().contains(run)) {
            fs::set_permissions(entry, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
    for args in [
        &["events", "list", "--json"][..],
        &["events", "list", "-r", "--json"],
        &["events", "tail", "-n", "all", "--json"],
        &["events", "tail", "-n", "100", "--json"],
    ] {
        let out = bounded(&place, &program, args);
        assert!(out.status.success(), "{args:?}: {out:?}");
        let mut tools: Vec<_> = text(out.stdout)
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["tool"].as_str().unwrap().to_owned())
            .collect();
        tools.sort();
        assert_eq!(tools, ["tool1", "tool2", "tool3"], "{args:?}");
        tells_what_was_skipped(args, &text(out.stderr));
    }
    let args = ["events", "stats", "--by", "tool", "--json"];
    let out = bounded(&place, &program, &args);
    assert!(out.status.success(), "{out:?}");
    let counted: Value = serde_json::from_str(&text(out.stdout)).unwrap();
    let keys: Vec<_> = counted["rows"].as_array().unwrap().iter().map(|row| &row["key"]).collect();
    assert_eq!(keys, ["tool1", "tool2", "tool3"]);
    tells_what_was_skipped(&args, &text(out.stderr));

    // whoever follows is told of what is new, whatever stands there
    let tail = Tail::start(&place, &["--json"]);
    let mut server = Server::start(&place, Door::Stdio, &[], &[]);
    // It says nothing when it begins, and what is older is not told.
    let begun = Instant::now();
    loop {
        server.call("gone", json!({}));
        let heard = tail.lines.recv_timeout(Duration::from_millis(100));
        if heard.is_ok_and(|(_, line)| line.contains(r#""event":"tool_denied""#)) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "an event is told when it happens");
    }
    server.stop();

    // and a server that starts there leaves them as they are
    let mut file = fs::File::open(dir.join("20261122T100003Z-dddd0000.jsonl")).unwrap();
    let mut kept = String::new();
    file.read_to_string(&mut kept).unwrap();
    assert_eq!(kept, line(4, 2) + &line(2, 1) + "not json\n[]\n{\"v\":1}\n");
    assert_eq!(fs::read_to_string(dir.join("notes.txt")).unwrap(), "mine\n");
}

#[test]
fn a_log_that_may_not_be_read_is_said_with_its_place_and_what_to_do() {
    let place = Place::new();
    let file = place.write("file", "");
    for command in ["tail", "list", "stats"] {
        let mut command = place.command(&["events", command]);
        let out = command.env("MCP_SERVER_EVENTS_DIR", &file).output().unwrap();
        let said = text(out.stderr);
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(said.contains(file.to_str().unwrap()) && said.contains("hint: "), "{said}");
    }
}
