//! What the log holds of what happened at the door.

use std::{fs, io::Write};

use serde_json::{Value, json};

use crate::{
    common::{Era, HttpServer, Place, UNLIMITED},
    wire::{Ask, HELLO, LIST, address, eventually, replies, tally},
};

/// Events of this word, those included that were folded into a count.
#[track_caller]
pub fn counted(place: &Place, word: &str) -> usize {
    let single = place.events_named(word).len();
    let folded = place.events_named("refusals_folded");
    let of_word = |event: &Value| event["details"]["events"][word].as_u64().unwrap_or_default();
    single + usize::try_from(folded.iter().map(of_word).sum::<u64>()).unwrap()
}

/// Each row is one request, and the one event that it leaves.
#[test]
fn one_refusal_is_one_event() {
    let place = Place::new();
    let mut server = place.http(&[]);
    let post = |body: &str| Ask::post(&server, body);
    let broken = Ask::post(&server, "").without("Content-Length").add("Transfer-Encoding", "chunked");
    let rows: Vec<(Vec<u8>, &str, &str)> = vec![
        (post(HELLO).without("Authorization").bytes(), "authentication_failed", "no_key"),
        (post(HELLO).set("Authorization", "Bearer x").bytes(), "authentication_failed", "unknown_key"),
        (
            post(HELLO).set("Origin", "https://evil.example").bytes(),
            "untrusted_origin_blocked",
            "untrusted_origin",
        ),
        (post(HELLO).set("Host", "evil.example").bytes(), "untrusted_origin_blocked", "untrusted_host"),
        (post(HELLO).without("Host").bytes(), "http_error", "bad_request"),
        (post(HELLO).target("/x").bytes(), "http_error", "no_route"),
        (post(HELLO).method("PUT").bytes(), "http_error", "method_not_allowed"),
        (post(HELLO).set("Content-Type", "text/plain").bytes(), "http_error", "media_type"),
        (post(HELLO).set("Accept", "text/html").bytes(), "http_error", "not_acceptable"),
        (post(HELLO).set("Content-Length", 2_000_000).bytes(), "message_refused", "message_too_large"),
        ([broken.bytes(), b"zz\r\n".to_vec()].concat(), "http_error", "bad_request"),
        (b"GET /health HTTP/1.1\r\nX Odd: a\r\n\r\n".to_vec(), "http_error", "bad_request"),
        (post("{").bytes(), "message_refused", "not_json"),
        (post(&format!("[{HELLO}]")).bytes(), "message_refused", "batch"),
        (post(&LIST.replace("tools/list", "x")).bytes(), "message_refused", "unknown_method"),
        (post(&HELLO.replace("hello_world", "x")).bytes(), "tool_denied", "unknown_tool"),
        (post(&HELLO.replace("{}", "{\"x\":1}")).bytes(), "input_validation_failed", "unknown_argument"),
    ];
    for (bytes, event, code) in &rows {
        let before: usize = tally(&place).values().sum();
        server.raw(bytes);
        eventually(&format!("an event for {code}"), || tally(&place).values().sum::<usize>() > before);
        let last = place.events().pop().unwrap();
        assert_eq!((&last["event"], &last["code"]), (&json!(event), &json!(code)));
        assert_eq!(last["transport"], "http");
    }
    assert!(server.stop().success());
    assert_eq!(tally(&place).values().sum::<usize>(), rows.len(), "{:#?}", tally(&place));
}

#[test]
fn a_request_that_is_no_call_is_written_down_once_and_a_healthy_server_is_not() {
    let place = Place::new();
    let mut server = place.http(&[]);
    server.ask(Era::Handshake, "tools/list", Value::Null).result();
    server.ask(Era::Handshake, "ping", Value::Null).result();
    Ask::post(&server, "").method("OPTIONS").send(&server).is(204);
    for path in ["/health", "/ready"] {
        Ask::get(&server, path).send(&server).is(200);
        server.get(path).is(200);
    }
    server.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    server.get("/security/events?limit=1").is(200);
    assert!(server.stop().success());
    let methods: Vec<_> =
        place.events_named("request_served").iter().map(|event| event["method"].clone()).collect();
    assert_eq!(methods, ["tools/list", "ping", "OPTIONS"]);
    let list = &place.events_named("request_served")[0];
    assert_eq!((&list["details"]["status"], &list["severity"]), (&json!(200), &json!("low")));
    assert!(list["duration_us"].is_u64() && list["identifier"] == "key:env", "{list}");
    assert_eq!(place.events_named("tool_called").len(), 1);
    assert_eq!(place.events_named("events_read").len(), 1);
    assert_eq!(tally(&place).values().sum::<usize>(), 5);
}

#[test]
fn requests_that_are_no_calls_are_not_written_down_where_the_owner_wants_none() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[("ENABLE_REQUEST_LOGGING", "false")]);
    server.ask(Era::Handshake, "tools/list", Value::Null).result();
    server.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    assert!(server.stop().success());
    assert_eq!(tally(&place).into_iter().collect::<Vec<_>>(), [("tool_called".to_owned(), 1)]);
}

#[test]
fn a_thousand_wrong_keys_are_a_few_lines_that_add_up() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let wrong = Ask::post(&server, HELLO).set("Authorization", "Bearer wrong").keep_alive();
    let last = wrong.clone().set("Connection", "close");
    let mut tries = 0;
    for n in 0..4 {
        let mut stream = crate::wire::connect_from(&server, address(n));
        let all = [wrong.bytes().repeat(249), last.bytes()].concat();
        stream.write_all(&all).unwrap();
        let replies = replies(&crate::wire::read_to_end(&mut stream));
        assert_eq!(replies.len(), 250);
        assert!(replies.iter().all(|reply| matches!(reply.status, 401 | 429)));
        let before = replies.iter().filter(|reply| reply.status == 401).count();
        assert!((3..=4).contains(&before), "{before} before the penalty");
        tries += before;
    }
    assert!(server.stop().success());
    assert_eq!(counted(&place, "authentication_failed"), tries);
    assert_eq!(counted(&place, "rate_limit_exceeded"), 1_000 - tries);
    let lines = place.events().len();
    assert!(lines < 150, "{lines} lines");
    for folded in place.events_named("refusals_folded") {
        let sources = folded["details"]["sources"].as_array().unwrap();
        assert!((1..=10).contains(&sources.len()));
        let named: u64 = sources.iter().map(|source| source["count"].as_u64().unwrap()).sum();
        assert_eq!(folded["details"]["count"], named + folded["details"]["elsewhere"].as_u64().unwrap());
    }
}

/// what a client sends stays in its line, and moves no cursor.
#[test]
fn nobody_writes_a_second_line_into_the_log() {
    let place = Place::new();
    let mut server = HttpServer::start(
        &place,
        &[],
        &[UNLIMITED, ("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1"), ("MCP_SERVER_HTTP_PLAINTEXT", "true")],
    );
    let forged = "x\n{\"v\":1,\"event\":\"server_stopped\"}";
    for name in [
        forged,
        "x\r\n",
        "x\u{85}",
        "x\u{2028}x\u{2029}",
        "x\u{1b}[2J\u{1b}[1;1H",
        "\u{9b}31m",
        "\u{202e}",
        "\0",
        "\u{7f}",
    ] {
        server.ask(Era::Handshake, "tools/call", json!({ "name": name })).is_error(-32602);
        server.call(Era::Handshake, "hello_world", json!({ "name": name })).failure();
        server.call(Era::Handshake, "hello_world", json!({ name: 1 })).failure();
    }
    let post = |lines: &[(&str, &str)]| {
        let ask = lines.iter().fold(Ask::post(&server, HELLO), |ask, (name, value)| ask.set(name, value));
        ask.send(&server).status
    };
    assert_eq!(post(&[("Origin", "http://a%0d%0aX: y")]), 403);
    assert_eq!(post(&[("Origin", "http://a\u{85}\u{9b}31m\u{2028}\u{202e}")]), 403);
    assert_eq!(post(&[("Host", "a\u{9b}31m\u{2028}")]), 403);
    assert_eq!(post(&[("User-Agent", "\u{1b}]0;title\u{7}")]), 400);
    assert_eq!(post(&[("X-Forwarded-For", "1.2.3.4\u{b}\"}{")]), 400);
    assert_eq!(post(&[("X-Forwarded-For", "1.2.3.4\"}{")]), 200);
    assert_eq!(post(&[("X-Forwarded-For", "1.2.3.4\t\"}{\u{9b}")]), 200);
    Ask::get(&server, "/a%0Ab%1b%5d").send(&server).is(404);
    Ask::get(&server, "/a\u{9b}31m\u{202e}").send(&server);
    assert!(server.process().stderr().is_ascii());
    assert!(place.events_named("server_stopped").is_empty());
    let told = place.run(&["events", "tail", "-n", "all", "--color", "never"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(server.stop().success());
    assert_eq!(place.events_named("server_stopped").len(), 1);
    let files = fs::read_dir(place.events_dir()).unwrap();
    let mut text = told;
    for file in files {
        text += &fs::read_to_string(file.unwrap().path()).unwrap();
    }
    let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
    assert_eq!(text.chars().find(|c| bad(*c)), None);
}
