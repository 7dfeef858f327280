//! How often, and for whom.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::{
    common::{Answer, Era, HttpServer, Place},
    log::counted,
    wire::{Ask, HELLO, LIST, address, eventually},
};

#[test]
fn the_guides_loop_of_150_curls_meets_a_429_that_says_when_to_come_back() {
    let place = Place::new();
    let server = place.http(&[]);
    let mut refused = 0;
    for _ in 0..150 {
        let reply = Ask::get(&server, "/health").send(&server);
        if reply.status == 429 {
            let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(reply.json()["error"], "limit_address");
            refused += 1;
        } else {
            reply.is(200);
        }
    }
    assert!((30..=50).contains(&refused), "{refused}");
    // Watching has a bucket of its own: calls without a key are still answered.
    Ask::post(&server, HELLO).without("Authorization").send(&server).is(401);
    Ask::post(&server, HELLO).send(&server).is(200);
    Ask::get(&server, "/health").send_from(&server, address(0)).is(200);
    Ask::get(&server, "/health").with_key().send(&server).is(200);
    eventually("one event for each", || counted(&place, "rate_limit_exceeded") == refused);
}

#[test]
fn an_agent_that_reads_two_hundred_files_is_never_slowed_through_either_door() {
    let place = Place::new();
    for n in 0..200 {
        place.write(&format!("notes/{n}.txt"), format!("file {n}"));
    }
    let root = format!("notes={}", place.path().join("notes").display());
    let args = ["--root", root.as_str()];
    let server = place.http(&args);
    let mut stdio = place.stdio(&args).open(Era::Handshake);
    for n in 0..200 {
        let arguments = json!({ "path": format!("{n}.txt") });
        let says = format!("file {n}");
        server.call(Era::Handshake, "read_text_file", arguments.clone()).says(&says);
        stdio.call(Era::Handshake, "read_text_file", arguments).says(&says);
    }
    assert_eq!(counted(&place, "rate_limit_exceeded"), 0);
}

#[test]
fn a_key_has_its_own_limit() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[("MCP_SERVER_LIMITS_KEY", "5/min")]);
    let statuses: Vec<u16> = (0..7).map(|_| Ask::post(&server, LIST).send(&server).status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
    let reply = Ask::post(&server, LIST).send_from(&server, address(3));
    reply.is(429);
    assert_eq!(reply.json()["error"], "limit_key");
    assert!(reply.text().contains("limits.key"), "{}", reply.text());
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    Ask::post(&server, LIST).without("Authorization").send(&server).is(401);
}

#[test]
fn who_has_no_valid_key_shares_the_limit_of_the_address() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[("MAX_REQUESTS_PER_MINUTE", "6")]);
    let asks = [
        Ask::post(&server, HELLO).without("Authorization"),
        Ask::post(&server, HELLO).set("Authorization", "Bearer wrong"),
        Ask::post(&server, HELLO).set("Host", "evil.example").without("Authorization"),
        Ask::get(&server, "/nothing"),
        Ask::post(&server, HELLO).method("OPTIONS"),
        Ask::post(&server, HELLO).add("Host", "x").without("Authorization"),
    ];
    // The fifth carries a valid key.
    let statuses: Vec<u16> = asks.iter().map(|ask| ask.send(&server).status).collect();
    assert_eq!(statuses, [401, 401, 403, 404, 204, 400]);
    let none = Ask::post(&server, HELLO).without("Authorization");
    assert_eq!([none.send(&server).status, none.send(&server).status], [401, 429]);
    none.send_from(&server, address(0)).is(401);
    for _ in 0..5 {
        Ask::post(&server, LIST).send(&server).is(200);
    }
    Ask::post(&server, LIST).send(&server).is(429);
}

#[track_caller]
fn says_when_to_come_back(answer: &Answer, code: &str) {
    let text = answer.failure();
    assert!(text.contains(code), "{text}");
    let wait = text.split("try again in ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!((1..=60).contains(&wait.parse::<u64>().unwrap()), "{text}");
}

#[test]
fn inside_the_line_a_limit_is_a_failure_that_a_model_can_read() {
    let place = Place::new();
    let root = place.dir("notes");
    let root = format!("notes={}", root.display());
    let env = [("MCP_SERVER_LIMITS_TOOL", "3/min"), ("MCP_SERVER_LIMITS_REPEAT", "2/10s")];
    let server = HttpServer::start(&place, &["--root", &root], &env);
    let era = Era::PerRequest;
    for n in 1..=5 {
        server.call(era, "no_such_tool", json!({ "n": n })).is_error(-32602);
    }
    let hello = |name: &str| server.call(era, "hello_world", json!({ "name": name }));
    hello("Ada").says("Hello, Ada!");
    hello("Ada").says("Hello, Ada!");
    says_when_to_come_back(&hello("Ada"), "limit_repeat");
    hello("Bob").says("Hello, Bob!");
    says_when_to_come_back(&hello("Cid"), "limit_tool");
    server.call(era, "list_allowed_directories", json!({})).text();
    // The order of members does not make another call of it.
    for arguments in [
        r#"{"path":"notes:/","pattern":"x"}"#,
        r#"{"pattern":"x", "path":"notes:/"}"#,
        r#"{"path":"notes:\u002f","pattern":"\u0078"}"#,
    ] {
        let body = HELLO.replace("hello_world", "search_files").replace("{}", arguments);
        let answer = Ask::post(&server, body).send(&server).answer();
        if arguments.contains("u002f") {
            says_when_to_come_back(&answer, "limit_repeat");
        } else {
            answer.text();
        }
    }
    let limited = place.events_named("rate_limit_exceeded");
    assert_eq!(limited.len(), 3);
    for event in &limited {
        assert_eq!((&event["identifier"], &event["severity"]), (&json!("key:env"), &json!("medium")));
        assert!(event["tool"].is_string() && event["call"].is_string(), "{event}");
    }
}

#[test]
fn the_same_call_over_and_over_is_stopped_and_other_calls_go_on() {
    let place = Place::new();
    let server = place.http(&[]);
    let mut stopped = None;
    for n in 0..90 {
        let answer = server.call(Era::Handshake, "hello_world", json!({}));
        if answer.result()["isError"] == true {
            stopped = Some((n, answer));
            break;
        }
    }
    let (count, answer) = stopped.expect("a loop is stopped");
    assert!((60..90).contains(&count), "{count}");
    says_when_to_come_back(&answer, "limit_repeat");
    server.call(Era::Handshake, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");

    let mut command = place.stdio(&[]).open(Era::Handshake);
    for _ in 0..90 {
        command.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    }
}

#[test]
fn limits_can_be_lifted_and_without_a_key_an_address_has_more() {
    let place = Place::new();
    let lifted = HttpServer::start(&place, &[], &[("ENABLE_RATE_LIMIT", "false")]);
    let open = HttpServer::start_without_key(&place, &["--no-auth"], &[]);
    for _ in 0..150 {
        Ask::get(&lifted, "/health").send(&lifted).is(200);
        Ask::post(&open, LIST).without("Authorization").send(&open).is(200);
    }
}

#[test]
fn a_limit_that_is_none_is_a_start_error() {
    let place = Place::new();
    let wrong = [
        "0/min",
        "-1/min",
        "NaN/min",
        "1.5/min",
        "1e3/min",
        "inf/min",
        "/min",
        "10",
        "10/",
        "10/0s",
        "10/-1s",
        "10/week",
        "10/NaN",
        "1000000001/min",
        "99999999999999999999/min",
        "10/48h",
        "1/2h",
        "10/min burst 0",
        "10/min burst -1",
        "10/min burst 99999999",
        "",
        "many",
    ];
    for key in ["ADDRESS", "KEY", "TOOL", "REPEAT"] {
        for text in wrong {
            let name = format!("MCP_SERVER_LIMITS_{key}");
            is_refused(&place, &name, text);
            if key != "ADDRESS" && text.len() > 3 {
                break; // one row shows that the others are read the same way
            }
        }
    }
    for text in ["0", "-1", "NaN", "1.5", "1e3", "1000000001", "99999999999999999999", "many"] {
        is_refused(&place, "MAX_REQUESTS_PER_MINUTE", text);
    }
    for good in ["1/min", "1000000000/min", "600/min burst 50", "60/10s"] {
        drop(HttpServer::start(&place, &[], &[("MCP_SERVER_LIMITS_ADDRESS", good)]));
    }
}

#[track_caller]
fn is_refused(place: &Place, name: &str, text: &str) {
    let output = place.command(&["serve", "--http=127.0.0.1:0", "--check"]).env(name, text).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{name}={text}: {said}");
    assert!(said.contains(name), "{name}={text}: {said}");
}

/// W14: whom a request counts for, with and without a trusted proxy.
#[test]
fn forwarded_addresses_are_believed_only_of_a_trusted_proxy() {
    let trusted = [("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")];
    let places = [Place::new(), Place::new()];
    let proxied = HttpServer::start(&places[0], &[], &trusted);
    let direct = HttpServer::start(&places[1], &[], &[]);
    let rows: &[(&[&str], &str)] = &[
        (&["203.0.113.9"], "203.0.113.9"),
        (&["9.9.9.9, 203.0.113.9"], "203.0.113.9"),
        (&["9.9.9.9", "203.0.113.9"], "203.0.113.9"),
        (&["203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        (&["203.0.113.9, 10.0.0.7, 10.1.2.3"], "203.0.113.9"),
        (&["203.0.113.9,10.0.0.7 ,\t10.0.0.8"], "203.0.113.9"),
        (&["2001:db8::9"], "2001:db8::9"),
        (&["::ffff:203.0.113.9"], "203.0.113.9"),
        (&["9.9.9.9, unknown"], "127.0.0.1"),
        (&["9.9.9.9, 203.0.113.9x"], "127.0.0.1"),
        (&[""], "127.0.0.1"),
        (&["10.0.0.7"], "10.0.0.7"),
        (&[], "127.0.0.1"),
    ];
    for (n, (lines, judged)) in rows.iter().enumerate() {
        let cases = [(&proxied, &places[0], *judged), (&direct, &places[1], "127.0.0.1")];
        for (server, place, expected) in cases {
            let ask =
                lines.iter().fold(Ask::post(server, HELLO).add("X-Forwarded-Proto", "https"), |ask, line| {
                    ask.add("X-Forwarded-For", line)
                });
            ask.send(server).is(200);
            let event = place.await_events("tool_called", n + 1).pop().unwrap();
            assert_eq!(event["peer"], expected, "{lines:?}");
        }
    }
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let place = Place::new();
    let env = [("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1"), ("MCP_SERVER_LIMITS_ADDRESS", "3/min")];
    let server = HttpServer::start(&place, &[], &env);
    let ask = |client: &str, from: Ipv4Addr| {
        let ask = Ask::post(&server, HELLO).without("Authorization").add("X-Forwarded-For", client);
        let ask = ask.add("X-Forwarded-Proto", "https");
        ask.send_from(&server, from).status
    };
    let proxy = Ipv4Addr::LOCALHOST;
    let statuses: Vec<_> = (0..4).map(|n| ask(&format!("{n}.9.9.9, 203.0.113.1"), proxy)).collect();
    assert_eq!(statuses, [401, 401, 401, 429], "what a client says of itself changes nothing");
    assert_eq!(ask("203.0.113.2", proxy), 401);
    let statuses: Vec<_> = (0..4).map(|n| ask(&format!("203.0.113.{n}"), address(0))).collect();
    assert_eq!(statuses, [401, 401, 401, 429], "nobody else is believed");
}
