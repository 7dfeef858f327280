//! `/health`, `/ready` and `/security/events`: who is told what.

use std::time::Duration;

use serde_json::json;

use crate::{
    common::{Era, HttpServer, Place, UNLIMITED},
    wire::{Ask, HELLO, LIST},
};

#[test]
fn health_is_one_word_for_anyone_and_more_for_who_holds_a_key() {
    let place = Place::new();
    let server = place.http(&[]);
    for (path, word) in [("/health", "ok"), ("/ready", "ready")] {
        for ask in [
            Ask::get(&server, path),
            Ask::get(&server, path).set("Host", "10.0.0.7"),
            Ask::get(&server, path).set("Authorization", "Basic x"),
            Ask::get(&server, path).set("Authorization", "Bearer wrong"),
        ] {
            let reply = ask.send(&server);
            assert_eq!((reply.status, reply.text()), (200, format!("{{\"status\":\"{word}\"}}")));
            assert_eq!(reply.header("content-type"), Some("application/json"));
        }
        let head = Ask::get(&server, path).method("HEAD").send(&server);
        assert_eq!((head.status, head.text().as_str()), (200, ""));
        let posted = Ask::post(&server, "{}").target(path).send(&server);
        assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    }
    server.call(Era::Handshake, "hello_world", json!({})).text();
    let detail = server.get("/health").json();
    assert_eq!(detail["status"], "ok");
    for field in
        ["memoryBytes", "connections", "callsInFlight", "uptimeSeconds", "eventsWritten", "eventsFailed"]
    {
        assert!(detail[field].is_u64(), "{field}: {detail}");
    }
    assert_eq!((&detail["callsInFlight"], &detail["eventsFailed"]), (&json!(0), &json!(0)));
    // Connections that were closed just now are counted until the server has seen it.
    let is_alone = || server.get("/health").json()["connections"] == 1;
    assert!((0..100).any(|_| is_alone() || {
        std::thread::sleep(Duration::from_millis(50));
        false
    }));
    assert!(detail["memoryBytes"].as_u64().unwrap() > 1 << 20);
    assert!(detail["eventsWritten"].as_u64().unwrap() >= 2);
    assert_eq!(server.get("/ready").text(), r#"{"status":"ready"}"#);
}

#[test]
fn the_health_path_can_be_moved_and_the_old_one_is_gone() {
    let place = Place::new();
    let env = [("MCP_SERVER_HTTP_HEALTH_PATH", "/alive"), ("MCP_SERVER_HTTP_PATH", "/v1/mcp")];
    let server = HttpServer::start_on(&place, "127.0.0.1:0", &[], &env);
    Ask::get(&server, "/alive").send(&server).is(200);
    Ask::get(&server, "/health").send(&server).is(404);
    Ask::post(&server, HELLO).send(&server).is(404);
}

#[test]
fn the_log_is_shown_as_the_guide_shows_it() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    Ask::post(&server, LIST).set("Authorization", "Bearer invalid-key").send(&server).is(401);
    for n in 0..5 {
        server.call(Era::Handshake, "hello_world", json!({ "name": format!("Ada {n}") })).text();
    }
    let get = |query: &str| server.get(&format!("/security/events{query}")).is(200).json();
    let page = get("");
    let events = page["events"].as_array().unwrap();
    assert!(page["totalEvents"].is_u64() && page.as_object().unwrap().contains_key("next"), "{page}");
    assert_eq!(page["totalEvents"], events.len());
    for event in events {
        for field in ["timestamp", "event", "identifier", "severity"] {
            assert!(event[field].is_string(), "{field}: {event}");
        }
        assert!(event["details"].is_object(), "{event}");
    }
    let failed = events.iter().find(|event| event["event"] == "authentication_failed").unwrap();
    assert_eq!(failed["identifier"], "127.0.0.1");
    assert_eq!(failed["severity"], "high");
    assert_eq!(
        (&failed["details"]["url"], &failed["details"]["reason"]),
        (&json!("/mcp"), &json!("invalid_token"))
    );
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|newer, older| newer > older), "newest first: {seqs:?}");

    let two = get("?limit=2");
    assert_eq!(two["events"].as_array().unwrap().len(), 2);
    assert!(two["next"].is_string(), "{two}");
    let since = events.last().unwrap()["timestamp"].as_str().unwrap();
    assert!(get(&format!("?since={since}"))["events"].as_array().unwrap().len() >= events.len());
    assert_eq!(get("?since=2999-01-01T00:00:00Z")["events"], json!([]));
    for query in ["?limit=0", "?limit=1001", "?limit=x", "?since=soon", "?page=2", "?limit=1&x=y"] {
        let reply = server.get(&format!("/security/events{query}"));
        assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("bad_query")), "{query}");
    }
    let read = place.await_events("events_read", 4);
    assert_eq!(read[1]["details"]["count"], 2);
    for ask in [Ask::get(&server, "/security/events"), Ask::get(&server, "/security/events?limit=0")] {
        assert_eq!(ask.send(&server).status, 401);
    }
}

#[test]
fn without_authentication_calls_are_open_and_the_log_is_not() {
    let place = Place::new();
    let server = HttpServer::start_without_key(&place, &["--no-auth"], &[]);
    Ask::get(&server, "/security/events").send(&server).is(403);
    assert_eq!(Ask::get(&server, "/health").send(&server).text(), r#"{"status":"ok"}"#);
    Ask::post(&server, HELLO).without("Authorization").send(&server).is(200);
    Ask::post(&server, HELLO).set("Authorization", "Bearer invalid-key").send(&server).is(200);
    Ask::post(&server, HELLO).set("Origin", "https://evil.example").send(&server).is(403);
    Ask::post(&server, HELLO).set("Host", "evil.example").send(&server).is(403);
}
