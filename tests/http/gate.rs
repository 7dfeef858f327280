//! What is let in, what is not, and in which order that is decided.

use std::fs;

use serde_json::json;

use crate::{
    common::{Era, HttpServer, KEY, Place, UNLIMITED},
    log::counted,
    wire::{Ask, HELLO, LIST, address, eventually},
};

/// R-002, and the look-alikes of H1.
const FOREIGN: [&str; 22] = [
    "null",
    "",
    "*",
    "https://evil.example",
    "http://evil.example/http://localhost",
    "http://localhost:80.evil.example",
    "http://localhost.evil.example:8080",
    "http://localhost@evil.example",
    "http://evil.example@localhost.evil",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1:8080 http://evil.example",
    "http://xlocalhost",
    "https://localhost",
    "https://app.example.com.evil.example",
    "https://xapp.example.com",
    "https://app.example.com:8443",
    "http://app.example.com",
    "https://app.example.com/",
    "file://",
    "chrome-extension://abc",
    "http://[::1",
    "http://localhost:99999",
];

const ROUTES: [&str; 6] = ["/mcp", "/health", "/ready", "/security/events", "/metrics", "/nothing"];

#[test]
fn a_foreign_origin_is_refused_on_every_route_with_every_method() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED, ("TRUSTED_ORIGINS", "https://app.example.com")]);
    let mut sent = 0;
    for origin in FOREIGN {
        for route in ROUTES {
            for method in ["POST", "GET", "OPTIONS", "DELETE"] {
                let reply = Ask::post(&server, HELLO)
                    .target(route)
                    .method(method)
                    .set("Origin", origin)
                    .send(&server);
                assert_eq!(reply.status, 403, "{method} {route} from {origin:?}: {reply:?}");
                assert_eq!(reply.header("access-control-allow-origin"), None, "{origin:?}");
                assert_eq!(reply.header("vary"), Some("Origin"));
                if method != "HEAD" {
                    assert_eq!(reply.json()["error"], "untrusted_origin");
                    assert!(reply.text().contains("http.origins"), "{}", reply.text());
                    assert!(!reply.text().contains("evil"), "{}", reply.text());
                }
                sent += 1;
            }
        }
    }
    for (listed, status) in [
        ("https://app.example.com", 200),
        ("https://app.example.com:443", 200),
        ("HTTPS://APP.example.com", 200),
        ("http://localhost:5173", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:1", 200),
    ] {
        let reply = Ask::post(&server, HELLO).set("Origin", listed).send(&server);
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, Some(listed)));
    }
    let two =
        Ask::post(&server, HELLO).add("Origin", "http://localhost").add("Origin", "http://evil.example");
    two.send(&server).is(400);
    eventually("one event for each", || counted(&place, "untrusted_origin_blocked") == sent);
    assert_eq!(counted(&place, "tool_called"), 6, "the listed ones alone");
}

#[test]
fn a_foreign_origin_is_written_down_escaped_and_cut() {
    let place = Place::new();
    let server = place.http(&[]);
    for origin in ["https://evil.example", &format!("http://{}.example", "x".repeat(500))] {
        Ask::post(&server, HELLO).set("Origin", origin).send(&server).is(403);
    }
    let events = place.await_events("untrusted_origin_blocked", 2);
    assert_eq!(events[0]["details"]["origin"], "https://evil.example");
    assert_eq!(events[1]["details"]["origin"].as_str().unwrap().len(), 128);
    for event in &events {
        assert_eq!(event["details"]["url"], "/mcp");
        assert_eq!(event["details"]["method"], "POST");
        assert_eq!(event["code"], "untrusted_origin");
        assert_eq!(event["peer"], "127.0.0.1");
    }
}

#[test]
fn only_this_machine_can_connect_unless_asked_otherwise() {
    let place = Place::new();
    let mut server = place.http(&[]);
    let pid = server.process().pid();
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|fd| fs::read_link(fd.unwrap().path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut listening = Vec::new();
    for table in ["tcp", "tcp6"] {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for row in table.lines().skip(1) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            if cells[3] == "0A" && sockets.iter().any(|inode| inode == cells[9]) {
                listening.push(cells[1].to_owned());
            }
        }
    }
    assert_eq!(listening, [format!("0100007F:{:04X}", server.addr().port())]);
}

#[test]
fn every_route_but_health_and_readiness_needs_a_key() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    for route in ROUTES {
        for method in ["POST", "GET", "DELETE", "PUT"] {
            let from = address(usize::from(route.as_bytes()[1]) + usize::from(method.as_bytes()[0]) * 256);
            let ask = Ask::post(&server, HELLO).without("Authorization").target(route).method(method);
            let status = ask.send_from(&server, from).status;
            let expected = match (route, method) {
                ("/health" | "/ready", "GET") => 200,
                ("/health" | "/ready", _) => 405,
                ("/nothing", _) => 404,
                _ => 401,
            };
            assert_eq!(status, expected, "{method} {route}");
        }
    }
    assert_eq!(counted(&place, "tool_called"), 0);
}

#[test]
fn a_key_in_the_query_is_no_key_and_stands_in_no_log() {
    let place = Place::new();
    let mut server = place.http(&[]);
    let target = format!("/mcp?access_token={KEY}&key={KEY}");
    let ask = Ask::post(&server, HELLO).without("Authorization").target(&target);
    ask.send(&server).is(401);
    Ask::get(&server, &format!("/{KEY}%2f?{KEY}")).send(&server).is(404);
    assert!(server.stop().success());
    assert_eq!(place.events_named("authentication_failed").len(), 1);
    let no_route = place.events_named("http_error");
    assert!(no_route[0]["details"]["url"].as_str().unwrap().starts_with('/'));
    let mut texts = vec![server.process().stderr()];
    texts.extend(place.events_named("authentication_failed").iter().map(ToString::to_string));
    assert!(texts.iter().all(|text| !text.contains(KEY)), "{texts:?}");
}

#[test]
fn a_host_that_is_not_listed_is_refused() {
    let place = Place::new();
    let server = HttpServer::start(
        &place,
        &[],
        &[UNLIMITED, ("MCP_SERVER_HTTP_HOSTS", "mcp.example.com,10.0.0.5:8443")],
    );
    let port = server.addr().port();
    for host in [
        "localhost",
        "LocalHost",
        "127.0.0.1",
        &format!("127.0.0.1:{port}"),
        "[::1]:80",
        "mcp.example.com",
        "MCP.Example.com:443",
        "10.0.0.5:8443",
    ] {
        Ask::post(&server, HELLO).set("Host", host).send(&server).is(200);
    }
    let refused = [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil@127.0.0.1",
        &format!("127.0.0.1:{port}@evil.example"),
        "mcp.example.com.",
        "mcp.example.com.evil.example",
        "xmcp.example.com",
        "10.0.0.5",
        "10.0.0.5:8444",
        "0x7f.0.0.1",
        "2130706433",
        "127.1",
        "[::ffff:127.0.0.1]",
        "127.0.0.1:+80",
        "",
        "http://127.0.0.1",
        "localhost,evil.example",
    ];
    for host in refused {
        let reply = Ask::post(&server, HELLO).set("Host", host).send(&server);
        assert_eq!(reply.status, 403, "{host:?}: {reply:?}");
        assert!(reply.text().contains("http.hosts"), "{host:?}: {}", reply.text());
    }
    Ask::post(&server, HELLO).without("Host").send(&server).is(400);
    Ask::post(&server, HELLO).add("Host", "localhost").send(&server).is(400);
    // Whoever watches the server asks by address.
    Ask::get(&server, "/health").set("Host", "10.1.2.3").send(&server).is(200);
    eventually("one event for each", || counted(&place, "untrusted_origin_blocked") == refused.len());
}

#[test]
fn only_the_exact_target_is_served() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let absolute = format!("http://{}/mcp", server.addr());
    for (target, status) in [
        ("/", 405),
        ("//mcp", 404),
        ("/mcp/", 404),
        ("/MCP", 404),
        ("/%6Dcp", 404),
        ("/%6dcp", 404),
        ("/x/../mcp", 404),
        ("/./mcp", 404),
        ("/mcp;x", 404),
        ("/mcp%00", 404),
        ("/mcp%3F", 404),
        ("/mcp%0d%0aX:y", 404),
        ("*", 400),
        (absolute.as_str(), 400),
        ("http://evil.example/mcp", 400),
        ("evil.example:80", 400),
        ("/mcp?x=1", 200),
    ] {
        let reply = Ask::post(&server, HELLO).target(target).send(&server);
        assert_eq!(reply.status, status, "{target}: {reply:?}");
    }
    let open = Ask::get(&server, &format!("http://{}/health", server.addr())).send(&server);
    assert_eq!(open.status, 400, "an open route has one spelling too");
}

#[test]
fn other_methods_are_told_which_there_are() {
    let place = Place::new();
    let server = place.http(&[]);
    for version in [Era::Handshake, Era::PerRequest] {
        for method in ["GET", "DELETE", "PUT", "HEAD", "PATCH", "TRACE", "BREW"] {
            let reply = Ask::get(&server, "/mcp")
                .method(method)
                .with_key()
                .add("Accept", "text/event-stream")
                .add("MCP-Protocol-Version", version.version())
                .add("Mcp-Session-Id", "abc")
                .add("Last-Event-ID", "7")
                .send(&server);
            assert_eq!((reply.status, reply.header("allow")), (405, Some("POST, OPTIONS")), "{method}");
            assert_eq!(reply.header("mcp-session-id"), None);
            assert!(!reply.text().contains('<'), "{}", reply.text());
        }
    }
}

#[test]
fn sessions_are_ignored_and_never_echoed() {
    let place = Place::new();
    let server = place.http(&[]);
    for era in Era::ALL {
        let message = era.call(1, "hello_world", json!({}));
        let ask = Ask::message(&server, era, &message);
        let reply = ask.add("Mcp-Session-Id", "abc").add("Last-Event-ID", "7").send(&server);
        reply.is(200);
        assert!(!format!("{reply:?}").contains("abc"), "{reply:?}");
        assert_eq!(reply.header("mcp-session-id"), None);
    }
}

#[test]
fn one_message_a_post_and_it_is_a_request_or_a_notification() {
    let place = Place::new();
    let server = place.http(&[]);
    for body in [
        format!("[{HELLO}]"),
        format!("[{HELLO},{HELLO}]"),
        "[]".to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#.to_owned(),
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#.to_owned(),
        format!("{HELLO}{HELLO}"),
    ] {
        let reply = Ask::post(&server, body.as_str()).send(&server);
        reply.is(400);
        let code = reply.json()["error"]["code"].as_i64().unwrap();
        assert!(code == -32600 || (code == -32700 && body.starts_with(HELLO)), "{body}: {code}");
    }
    for body in ["", "{", "nonsense", "\u{feff}{}"] {
        let reply = Ask::post(&server, body).send(&server);
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32700)), "{body:?}");
    }
    eventually("an event for each", || counted(&place, "message_refused") == 11);
    assert_eq!(counted(&place, "tool_called"), 0);
}

#[test]
fn a_notification_is_accepted_without_a_word() {
    let place = Place::new();
    let server = place.http(&[]);
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"hello_world"}}"#,
    ] {
        let reply = Ask::post(&server, body).send(&server);
        assert_eq!((reply.status, reply.text().as_str()), (202, ""), "{body}");
    }
    eventually("a request without an id is an event, and no call", || {
        counted(&place, "message_refused") == 1 && counted(&place, "request_served") == 2
    });
    assert_eq!(counted(&place, "tool_called"), 0);
}

#[test]
fn what_is_answered_is_json_or_an_event_stream() {
    let place = Place::new();
    let server = place.http(&[]);
    for era in Era::ALL {
        let message = era.call(1, "hello_world", json!({}));
        let json = Ask::message(&server, era, &message).send(&server);
        assert_eq!(json.header("content-type"), Some("application/json"));
        let events = Ask::message(&server, era, &message).set("Accept", "text/event-stream").send(&server);
        assert_eq!(events.header("content-type"), Some("text/event-stream"));
        assert_eq!(events.header("x-accel-buffering"), Some("no"));
        assert_eq!(json.answer(), events.answer());
    }
}

#[test]
fn an_accept_with_wildcards_or_none_takes_json() {
    let place = Place::new();
    let server = place.http(&[]);
    for accept in
        ["*/*", "application/*", "application/*, text/*", "APPLICATION/JSON;q=0.9, Text/Event-Stream"]
    {
        let reply = Ask::post(&server, HELLO).set("Accept", accept).send(&server);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{accept}");
    }
    Ask::post(&server, HELLO).without("Accept").send(&server).is(200);
    for accept in ["text/html", "application/json;q=0", ""] {
        let reply = Ask::post(&server, HELLO).set("Accept", accept).send(&server);
        assert_eq!(reply.status, 406, "{accept}");
        let says = reply.text();
        assert!(says.contains("application/json") && says.contains("text/event-stream"), "{says}");
    }
}

#[test]
fn a_body_is_json_by_its_media_type() {
    let place = Place::new();
    let server = place.http(&[]);
    for good in [
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "Application/JSON",
        "application/json;",
    ] {
        Ask::post(&server, HELLO).set("Content-Type", good).send(&server).is(200);
    }
    let before = counted(&place, "tool_called");
    for bad in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "text/plain; x=application/json",
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/json, text/plain",
        "",
    ] {
        Ask::post(&server, HELLO).set("Content-Type", bad).send(&server).is(415);
    }
    Ask::post(&server, HELLO).without("Content-Type").send(&server).is(415);
    for coding in ["gzip", "br", "identity, gzip", "x"] {
        Ask::post(&server, HELLO).set("Content-Encoding", coding).send(&server).is(415);
    }
    Ask::post(&server, HELLO).set("Content-Encoding", "identity").send(&server).is(200);
    assert_eq!(counted(&place, "tool_called"), before + 1);
}

#[test]
fn header_and_body_must_name_the_same_version() {
    let place = Place::new();
    let server = place.http(&[]);
    let new = Era::PerRequest.call(1, "hello_world", json!({}));
    let ask = || Ask::message(&server, Era::PerRequest, &new);
    ask().send(&server).is(200);
    for (ask, status, code) in [
        (ask().without("MCP-Protocol-Version"), 400, -32020),
        (ask().set("MCP-Protocol-Version", "2025-11-25"), 400, -32020),
        (ask().without("Mcp-Method"), 400, -32020),
        (ask().set("Mcp-Method", "tools/list"), 400, -32020),
        (ask().set("Mcp-Method", "TOOLS/CALL"), 400, -32020),
        (ask().without("Mcp-Name"), 400, -32020),
        (ask().set("Mcp-Name", "other"), 400, -32020),
        (ask().set("Mcp-Name", "=?base64?aGVsbG9fd29ybG?="), 400, -32020),
        (ask().set("Mcp-Name", "=?base64?aGVsbG9fd29ybGQ="), 400, -32020),
    ] {
        let reply = ask.send(&server);
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (status, &json!(code)), "{reply:?}");
        assert_eq!(reply.json()["id"], 1);
    }
    ask().set("Mcp-Name", "=?base64?aGVsbG9fd29ybGQ=?=").send(&server).is(200);
    for twice in ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"] {
        ask().add(twice, "2026-07-28").send(&server).is(400);
    }
}

#[test]
fn a_version_nobody_speaks_is_refused_naming_those_that_are() {
    let place = Place::new();
    let server = place.http(&[]);
    for version in ["1999-01-01", "2026-07-29", "latest", ""] {
        let reply = Ask::post(&server, HELLO).add("MCP-Protocol-Version", version).send(&server);
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (400, &json!(-32022)), "{version:?}");
        let supported = reply.json()["error"]["data"]["supported"].clone();
        for spoken in ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
            assert!(supported.as_array().unwrap().contains(&json!(spoken)), "{supported}");
            if spoken != "2026-07-28" {
                Ask::post(&server, HELLO).add("MCP-Protocol-Version", spoken).send(&server).is(200);
            }
        }
    }
    // Plain curl names none, and is served as 2025-03-26.
    Ask::post(&server, HELLO).send(&server).is(200);
}

#[test]
fn an_unknown_method_is_404_where_the_version_wants_that() {
    let place = Place::new();
    let server = place.http(&[]);
    for (era, status) in [(Era::PerRequest, 404), (Era::Handshake, 200)] {
        let message = era.request(9, "foo/bar", json!({}));
        let reply = Ask::message(&server, era, &message).send(&server);
        reply.is(status).answer().is_error(-32601).has_id(9);
    }
}

/// Each request has two faults; the one that is checked first is named.
#[test]
fn the_checks_come_in_their_order() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[("MCP_SERVER_LIMITS_ADDRESS", "100/min")]);
    let bad = || {
        Ask::post(&server, "{")
            .target("/nothing")
            .method("DELETE")
            .set("Host", "evil.example")
            .set("Origin", "https://evil.example")
            .set("Authorization", "Bearer wrong")
            .set("Content-Type", "text/plain")
    };
    let steps: [(&str, Ask); 8] = [
        ("bad_request", bad().add("Host", "second")),
        ("untrusted_host", bad()),
        ("untrusted_origin", bad().set("Host", "localhost")),
        ("no_route", bad().set("Host", "localhost").without("Origin")),
        ("unknown_key", bad().set("Host", "localhost").without("Origin").target("/mcp")),
        ("method_not_allowed", bad().set("Host", "localhost").without("Origin").target("/mcp").with_key()),
        (
            "media_type",
            bad().set("Host", "localhost").without("Origin").target("/mcp").with_key().method("POST"),
        ),
        ("", Ask::post(&server, "{")),
    ];
    for (code, ask) in &steps {
        let reply = ask.send_from(&server, address(0));
        let said = reply.json();
        let said = said["error"].as_str().or_else(|| said["error"]["data"]["error"].as_str());
        assert_eq!(said.unwrap_or_default(), *code, "{reply:?}");
    }
    // The limit stands before all of that.
    let mut last = 0;
    for _ in 0..101 {
        last = bad().send_from(&server, address(1)).status;
    }
    assert_eq!(last, 429);
}

#[test]
fn the_guides_check_of_authentication_is_a_401() {
    let place = Place::new();
    let server = place.http(&[]);
    let reply =
        Ask::post(&server, LIST).set("Authorization", "Bearer invalid-key").without("Accept").send(&server);
    reply.is(401);
    assert_eq!(
        reply.header("www-authenticate"),
        Some("Bearer realm=\"mcp-server\", error=\"invalid_token\"")
    );
    let event = &place.await_events("authentication_failed", 1)[0];
    assert_eq!(event["severity"], "high");
    assert_eq!(event["identifier"], "127.0.0.1");
    assert_eq!(event["details"]["url"], "/mcp");
    assert_eq!(event["details"]["reason"], "invalid_token");
    assert!(!event.to_string().contains("invalid-key"));
}

#[test]
fn the_guides_check_of_input_is_a_refusal_that_names_the_argument() {
    let place = Place::new();
    let server = HttpServer::start_without_key(&place, &["--no-auth"], &[]);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "hello_world", "arguments": { "name": "$(rm -rf /)" } } });
    let reply = Ask::post(&server, body.to_string()).without("Authorization").without("Accept").send(&server);
    reply.is(200).answer().fails_with("name").never_mentions("rm -rf");
    let event = &place.await_events("input_validation_failed", 1)[0];
    assert_eq!((&event["severity"], &event["code"]), (&json!("medium"), &json!("not_a_name")));
    assert!(!event.to_string().contains("rm -rf"));
}
