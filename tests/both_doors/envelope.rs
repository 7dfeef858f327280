//! Rows about the message itself: its size, depth, keys, characters, id, method.

use std::{
    io::{Read, Write},
    thread,
};

use serde_json::{Value, json};

use crate::{
    common::{Era, KEY, Place, Reply, StdioServer, UNLIMITED},
    row::{
        Door, Gets, MEMORY_KIB_MAX, MESSAGE_BYTES_MAX, Post, Row, Unlimited, call, hold, is_full, ok, ping,
        seven,
    },
};

// --- N1: size ---------------------------------------------------------------

#[test]
fn a_message_over_1_mib_is_refused_with_its_id_where_that_can_be_read() {
    let mut rows = vec![Row::new(
        "exactly 1 MiB",
        {
            let mut bytes = ping(7).to_string().into_bytes();
            bytes.resize(MESSAGE_BYTES_MAX, b' ');
            bytes
        },
        ok(7),
    )];
    let sizes: &[usize] = if is_full() { &[1, 4, 16, 64] } else { &[1, 4] };
    for mib in sizes {
        let long = "x".repeat(mib << 20);
        let whole = |head: &str, tail: &str| format!("{head}{long}{tail}");
        let head = r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"canary","#;
        let variants = [
            (
                "id first",
                whole(r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":{"x":""#, r#""}}"#),
                Some(json!("a")),
            ),
            ("id last", whole(&format!(r#"{head}"x":""#), r#""},"id":-5}"#), Some(json!(-5))),
            ("id as escapes", whole(r#"{"\u0069\u0064":8,"x":""#, r#""}"#), Some(json!(8))),
            ("no id", whole(&format!(r#"{head}"x":""#), r#""}}"#), None),
            ("id further in", whole(&format!(r#"{head}"id":1,"x":""#), r#""}}"#), None),
            ("id twice", whole(r#"{"id":1,"x":""#, r#"","id":2}"#), None),
            ("id null", whole(r#"{"id":null,"x":""#, r#""}"#), None),
            ("id too long", whole(r#"{"id":""#, r#""}"#), None),
            ("a batch", whole(r#"[{"id":1,"x":""#, r#""}]"#), None),
            ("no JSON", whole(r#"{"x":nonsense,"id":1,"x":""#, r#""}"#), None),
        ];
        rows.extend(variants.into_iter().map(|(name, bytes, id)| {
            Row::refused(format!("{mib} MiB, {name}"), bytes, -32600, id, "message_too_large")
        }));
    }
    hold(&rows);
}

#[test]
fn a_line_of_64_mib_costs_no_memory() {
    let place = Place::with_fixture_tools();
    let mut server = StdioServer::start(&place, &[], &[]).open(Era::Handshake);
    server
        .send_bytes(br#"{"jsonrpc":"2.0","id":"big","method":"tools/call","params":{"name":"canary","x":""#);
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..if is_full() { 1024 } else { 64 } {
        server.send_bytes(&piece);
    }
    server.send_bytes(b"\"}}\n");
    server.answer_to("big").is_error(-32600);
    server.call(Era::Handshake, "canary", json!({ "silent": true })).says("0");
    assert!(server.process().status("VmHWM") < MEMORY_KIB_MAX);
}

#[test]
fn a_body_without_a_length_is_cut_at_1_mib() {
    let place = Place::with_fixture_tools();
    let server = place.http_unlimited();
    let mut stream = server.connect();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.addr()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 1 << 16], b"\r\n"].concat();
    // One chunk more than fits, and no end.
    for _ in 0..17 {
        stream.write_all(&chunk).unwrap();
    }
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    Reply::parse(&said).is(413);
    assert_eq!(place.await_events("message_refused", 1)[0]["code"], "message_too_large");
}

// --- N2: depth --------------------------------------------------------------

#[test]
fn a_message_may_nest_64_levels_and_no_more() {
    let nested = |open: &str, close: &str, levels: usize| {
        // Three levels are there before the first of these.
        let levels = levels - 3;
        let (inside, id) = (format!("{}1{}", open.repeat(levels), close.repeat(levels)), r#""id":7"#);
        format!(r#"{{"jsonrpc":"2.0",{id},"method":"ping","params":{{"_meta":{{"x":{inside}}}}}}}"#)
    };
    let mut rows = Vec::new();
    for (kind, open, close) in [("lists", "[", "]"), ("objects", r#"{"a":"#, "}")] {
        rows.push(Row::new(format!("64 {kind}"), nested(open, close, 64), ok(7)));
        for levels in [65, 127, 128, 1_000, 100_000] {
            let name = format!("{levels} {kind}");
            rows.push(Row::refused(name, nested(open, close, levels), -32600, seven(), "message_too_deep"));
        }
        let unclosed =
            |levels: usize| format!(r#"{{"jsonrpc":"2.0","id":7,"params":{}"#, open.repeat(levels));
        rows.push(Row::refused(format!("60 {kind}, open"), unclosed(60), -32700, seven(), "not_json"));
        rows.push(Row::refused(
            format!("100,000 {kind}, open"),
            unclosed(100_000),
            -32600,
            seven(),
            "message_too_deep",
        ));
    }
    rows.push(Row::refused("64 brackets", "[".repeat(64), -32700, None, "not_json"));
    rows.push(Row::refused(
        "a list of lists",
        format!("{}{}", "[".repeat(64), "]".repeat(64)),
        -32600,
        None,
        "batch",
    ));
    rows.push(Row::refused("1,000,000 brackets", "[".repeat(1_000_000), -32600, None, "batch"));
    rows.push(Row::refused("10,000,000 brackets", "[".repeat(10_000_000), -32600, None, "message_too_large"));
    rows.push(Row::refused("an end without a start", "]}".repeat(1_000), -32700, None, "not_json"));
    hold(&rows);
}

// --- N6: batches ------------------------------------------------------------

#[test]
fn nothing_in_a_batch_is_carried_out() {
    let sing = String::from_utf8(call("canary", "{}")).unwrap();
    let many = |count: usize| format!("[{}]", vec![sing.as_str(); count].join(","));
    let rows = [
        ("empty", "[]".to_owned()),
        ("of one", many(1)),
        ("of 1,000", many(1_000)),
        ("in a batch", format!("[{}]", many(2))),
        (
            "mixed",
            format!(r#"[{},{sing},{{"jsonrpc":"2.0","method":"notifications/initialized"}}]"#, ping(1)),
        ),
        ("after white space", format!(" \t {}", many(1))),
        ("of null", "[null]".to_owned()),
        ("of an object", "[{}]".to_owned()),
        ("of numbers", "[1,2,3]".to_owned()),
        ("of a notification", r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#.to_owned()),
    ];
    hold(&rows.map(|(name, bytes)| Row::refused(name, bytes, -32600, None, "batch")));
}

// --- N7, B1, B2: ids --------------------------------------------------------

#[test]
fn an_id_is_a_short_string_or_an_integer_and_comes_back_as_it_was_written() {
    let longest = format!("\"{}\"", "x".repeat(256));
    let mut rows = Vec::new();
    for id in [
        "\"\"",
        "\"1\"",
        "1",
        "0",
        "-1",
        "9007199254740991",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "\"ü\\u0000\\n\"",
        "\"null\"",
        longest.as_str(),
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        rows.push(Row::new(format!("the id {id}"), message, ok(serde_json::from_str::<Value>(id).unwrap())));
    }
    let (longer, longest) = (format!("\"{}\"", "x".repeat(257)), format!("\"{}\"", "x".repeat(1_000_000)));
    for id in [
        "9223372036854775808",
        "18446744073709551616",
        "-9223372036854775809",
        "1e2",
        "1.0",
        "1.5",
        "-0",
        "null",
        "true",
        "false",
        "{}",
        "[]",
        "[1]",
        r#"{"a":1}"#,
        longer.as_str(),
        longest.as_str(),
    ] {
        let message = |id: &str| {
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"canary"}}}}"#)
        };
        rows.push(Row::refused(
            format!("the id {}", &id[..id.len().min(30)]),
            message(id),
            -32600,
            None,
            "bad_id",
        ));
    }
    let missing = r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"canary"}}"#;
    rows.push(Row::new("no id", missing, Gets::Silence).leaving("message_refused", "missing_id"));
    rows.push(Row::new(
        "a notification",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        Gets::Silence,
    ));
    hold(&rows);
}

#[test]
fn ids_that_look_alike_are_two_ids_and_their_bytes_come_back() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    for id in ["1", "\"1\"", "9007199254740993", "-1", r#""\u00fc""#] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let said = http.send(message).text();
        let plain = if id.contains('\\') { "\"ü\"" } else { id };
        assert!(said.contains(&format!("\"id\":{plain}")), "{said}");
    }
    let mut stdio = place.stdio(&[]).open(Era::Handshake);
    stdio.send(&Era::Handshake.call(1, "hang", json!({})));
    stdio.send(&Era::Handshake.call("1", "echo", json!({ "text": "the other" })));
    stdio.answer_to("1").says("the other");
}

#[test]
fn the_result_of_2026_says_what_it_is_and_those_before_do_not() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    for era in Era::ALL {
        let mut stdio = place.stdio(&[]).open(era);
        for method in ["tools/list", "server/discover"] {
            // `server/discover` is spoken before anything is agreed on.
            let asked = if method == "server/discover" { Era::PerRequest } else { era };
            for answer in [stdio.ask(asked, method, Value::Null), http.ask(asked, method, Value::Null)] {
                let expected = if asked == Era::PerRequest { json!("complete") } else { Value::Null };
                assert_eq!(answer.result()["resultType"], expected, "{era:?} {method}");
            }
        }
        for answer in [stdio.call(era, "echo", json!({})), http.call(era, "echo", json!({}))] {
            let expected = if era == Era::PerRequest { json!("complete") } else { Value::Null };
            assert_eq!(answer.result()["resultType"], expected, "{era:?}");
        }
    }
}

// --- N8: one id twice -------------------------------------------------------

#[test]
fn an_id_in_flight_is_refused_on_stdio_and_may_be_used_again_after_its_answer() {
    let place = Place::with_fixture_tools();
    let mut server = StdioServer::start(&place, &[], &[UNLIMITED]).open(Era::Handshake);
    server.send(&Era::Handshake.call("busy", "hang", json!({})));
    assert_eq!(server.receive()["params"]["data"], "begun");
    for _ in 0..9 {
        server.send(&Era::Handshake.call("busy", "canary", json!({})));
        let refused = server.receive();
        assert_eq!((&refused["error"]["code"], refused.get("id")), (&json!(-32600), None));
    }
    for count in 1..=100 {
        server.send(&Era::Handshake.call("free", "canary", json!({})));
        server.answer_to("free").says(&count.to_string());
    }
    let refused = place.events_named("message_refused");
    assert!(
        refused.len() == 9 && refused.iter().all(|event| event["code"] == "id_in_flight"),
        "{refused:#?}"
    );
}

#[test]
fn over_http_each_post_has_its_ids_to_itself() {
    let place = Place::with_fixture_tools();
    let server = place.http_unlimited();
    thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|n| {
                let server = &server;
                scope.spawn(move || server.call(Era::Handshake, "echo", json!({ "text": n.to_string() })))
            })
            .collect();
        for (n, answer) in all.into_iter().enumerate() {
            answer.join().unwrap().has_id(1).says(&n.to_string());
        }
    });
}

// --- N9: method and version of JSON-RPC --------------------------------------

#[test]
fn only_methods_that_exist_are_carried_out() {
    let long = "x".repeat(64 << 10);
    let mut rows = Vec::new();
    for method in [
        "",
        "Ping",
        "PING",
        "ping ",
        " ping",
        "ping\\u0000",
        "pinɡ",
        "rpc.ping",
        "rpc.discover",
        "tools/Call",
        "tools//call",
        "tools/call/",
        "../tools/call",
        "tools",
        "call",
        "$/cancelRequest",
        "initialized",
        "notifications/initialized",
        "tasks/list",
        "resources/subscribe",
        "sampling/createMessage",
        long.as_str(),
    ] {
        let message =
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{"name":"canary"}}}}"#);
        let name = format!("the method `{}`", &method[..method.len().min(30)]);
        rows.push(Row::refused(name, message, -32601, seven(), "unknown_method"));
    }
    for method in ["1", "null", "true", "{}", "[]", r#"["ping"]"#] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":7,"method":{method}}}"#);
        rows.push(Row::refused(format!("the method {method}"), message, -32600, seven(), "bad_message"));
    }
    rows.push(Row::refused("no method", r#"{"jsonrpc":"2.0","id":7}"#, -32600, seven(), "bad_message"));
    hold(&rows);
}

#[test]
fn only_json_rpc_2_0_is_spoken() {
    let mut rows = Vec::new();
    for version in
        [r#""1.0""#, "2.0", r#""2""#, "2", "null", r#""2.00""#, r#"" 2.0""#, "true", r#"["2.0"]"#, r#""""#]
    {
        let message = format!(r#"{{"jsonrpc":{version},"id":7,"method":"ping"}}"#);
        rows.push(Row::refused(format!("version {version}"), message, -32600, seven(), "bad_message"));
    }
    rows.push(Row::refused("no version", r#"{"id":7,"method":"ping"}"#, -32600, seven(), "bad_message"));
    rows.push(Row::new("an escaped version", r#"{"jsonrpc":"2\u002e0","id":7,"method":"\u0070ing"}"#, ok(7)));
    rows.push(Row::refused(
        "both a request and an answer",
        r#"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#,
        -32600,
        seven(),
        "bad_message",
    ));
    for (name, message) in [("null", "null"), ("a number", "1"), ("a string", r#""ping""#), ("true", "true")]
    {
        rows.push(Row::refused(name, message, -32600, None, "bad_message"));
    }
    rows.push(Row::refused("an empty object", "{}", -32600, None, "bad_message"));
    // We never ask, so nobody waits for an answer of a client's; over HTTP the specification wants it refused.
    let answer = r#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
    rows.push(Row::new("an answer", answer, Gets::Silence).only(Door::Stdio));
    rows.push(Row::refused("an answer", answer, -32600, None, "bad_message").only(Door::Http));
    hold(&rows);
}
