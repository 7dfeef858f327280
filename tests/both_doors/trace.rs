//! Whose trace a call belongs to: W3C `traceparent`, in `_meta` or as a header.

use serde_json::{Value, json};

use crate::common::{Era, HttpServer, KEY, Log, Place, StdioServer};

const META: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// One call of the tool that is always there, with this in its `_meta`.
fn call(era: Era, meta: &Value) -> Value {
    let meta = json!({ "traceparent": meta, "tracestate": "vendor=1", "baggage": "who=me" });
    era.request(1, "tools/call", json!({ "name": "hello_world", "arguments": {}, "_meta": meta }))
}

#[track_caller]
fn over_stdio(era: Era, meta: &Value) -> Value {
    let place = Place::new();
    let mut server = StdioServer::start(&place, &[], &[]).open(era);
    server.send(&call(era, meta));
    server.answer_to(1).says("Hello, World!");
    assert!(server.finish().0.success());
    the_call(&place)
}

#[track_caller]
fn over_http(era: Era, meta: &Value, headers: &[(&str, &str)]) -> Value {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[]);
    let message = call(era, meta);
    let bearer = format!("Bearer {KEY}");
    let of_era = era.headers(&message);
    let mut all = vec![
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
    ];
    all.extend(of_era.iter().map(|(name, value)| (*name, value.as_str())));
    all.extend(headers);
    let reply = server.request("POST", "/mcp", &all, message.to_string().as_bytes());
    reply.answer().says("Hello, World!");
    assert!(server.stop().success());
    the_call(&place)
}

#[track_caller]
fn the_call(place: &Place) -> Value {
    let log = Log::read(&place.events_dir());
    let [ending] = log.endings()[..] else { panic!("one call: {log:?}") };
    ending["traceparent"].clone()
}

#[test]
fn a_call_is_on_record_with_the_trace_it_belongs_to() {
    for era in Era::ALL {
        assert_eq!(over_stdio(era, &json!(META)), META, "{era:?}");
        assert_eq!(over_http(era, &json!(META), &[]), META, "{era:?}");
        assert_eq!(over_http(era, &Value::Null, &[("traceparent", HEADER)]), HEADER, "{era:?}");
        // the header is of the request that carried the message, `_meta` of the message
        assert_eq!(over_http(era, &json!(META), &[("Traceparent", HEADER)]), META, "{era:?}");
        // and what is no traceparent is as if it were not there
        assert_eq!(over_http(era, &json!("nonsense"), &[("traceparent", HEADER)]), HEADER, "{era:?}");
    }
}

#[test]
fn without_one_nothing_is_made_up() {
    for era in Era::ALL {
        assert_eq!(over_stdio(era, &Value::Null), Value::Null);
        assert_eq!(over_http(era, &Value::Null, &[]), Value::Null);
    }
}

#[test]
fn what_is_no_traceparent_is_ignored_and_never_kept() {
    let zero = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
    let later = META.replacen("00", "fe", 1);
    for (hostile, kept) in [
        (json!(META.to_uppercase()), Value::Null),
        (json!(zero), Value::Null),
        (json!(META.replacen("00", "ff", 1)), Value::Null),
        (json!(format!("{META}-\n{{\"event\":\"server_stopped\"}}")), Value::Null),
        (json!(format!("{META}\u{202e}")), Value::Null),
        (json!("a".repeat(100_000)), Value::Null),
        (json!(7), Value::Null),
        (json!([META]), Value::Null),
        (json!({ "traceparent": META }), Value::Null),
        // of a later version what is known is kept, and nothing that came behind it
        (json!(format!("{later}-\u{1b}[2Jx")), json!(META)),
    ] {
        assert_eq!(over_stdio(Era::PerRequest, &hostile), kept, "{hostile}");
    }
    let twice = [("traceparent", META), ("traceparent", HEADER)];
    for headers in [&twice[..], &[("traceparent", "x")], &[("traceparent", "")]] {
        assert_eq!(over_http(Era::PerRequest, &Value::Null, headers), Value::Null, "{headers:?}");
    }
}

#[test]
fn all_events_of_one_call_carry_it_and_full_shows_it() {
    let place = Place::new();
    let mut server = StdioServer::start(&place, &[], &[]).open(Era::PerRequest);
    let meta = json!({ "traceparent": META });
    server.send(&Era::PerRequest.request(1, "tools/call", json!({ "name": "no_such_tool", "_meta": meta })));
    server.answer_to(1).is_error(-32602);
    assert!(server.finish().0.success());
    let log = Log::read(&place.events_dir());
    assert_eq!(log.named("tool_denied")[0]["traceparent"], META);
    assert_eq!(log.named("server_started")[0]["traceparent"], Value::Null);

    let output = place.command(&["events", "list", "-o", "full"]).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains(&format!("traceparent {META}")), "{shown}");
}
