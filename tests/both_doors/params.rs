//! Rows about what a message holds: parameters, arguments, `_meta`, and what is costly to read.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{Era, KEY, Place, Reply},
    row::{Gets, Post, Row, Unlimited, call, hold, ok, ping, seven},
};

// --- N10: parameters and arguments ------------------------------------------

#[test]
fn parameters_that_are_not_the_methods_are_refused() {
    let mut rows = Vec::new();
    for params in [
        "[]",
        r#"["canary"]"#,
        "null",
        r#""canary""#,
        "1",
        "{}",
        r#"{"name":1}"#,
        r#"{"name":null}"#,
        r#"{"arguments":{}}"#,
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#);
        rows.push(Row::refused(format!("params {params}"), message, -32602, seven(), "bad_params"));
    }
    rows.push(Row::refused(
        "no params",
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call"}"#,
        -32602,
        seven(),
        "bad_params",
    ));
    for arguments in ["[]", r#"["a"]"#, r#""text""#, "1", "true"] {
        rows.push(Row::refused(
            format!("arguments {arguments}"),
            call("canary", arguments),
            -32602,
            seven(),
            "bad_params",
        ));
    }
    // JSON that no number of ours can hold.
    for number in ["1e400", "-1e400"] {
        rows.push(Row::refused(
            number,
            call("canary", format!(r#"{{"number":{number}}}"#)),
            -32602,
            seven(),
            "bad_params",
        ));
    }
    for word in ["NaN", "Infinity", "-Infinity", "+1", "01", ".5", "1.", "0x10", "1_000", "undefined"] {
        let bytes = call("canary", format!(r#"{{"number":{word}}}"#));
        rows.push(Row::refused(word, bytes, -32700, seven(), "not_json"));
    }
    hold(&rows);
}

#[test]
fn an_argument_that_breaks_its_rule_is_named_with_the_rule_and_never_the_value() {
    let keys: String = (0..10_000).map(|n| format!("\"k{n}\":0,")).collect();
    let (long, text) = ("k".repeat(1_000_000), "x".repeat(1_001));
    let longer = "x".repeat(65_537);
    let rows = [
        Row::echo("null for what may be left out", r#"{"text":null,"line":"a"}"#, Gets::Says("a".into())),
        Row::echo("arguments null", "null", ok(7)),
        Row::broken(
            "an unknown key",
            r#"{"colour":"red"}"#,
            "`colour` is unknown; use text, line",
            "unknown_argument",
        ),
        Row::broken("a key in another case", r#"{"Text":"a"}"#, "`Text` is unknown", "unknown_argument"),
        Row::broken("__proto__", r#"{"__proto__":{}}"#, "`__proto__` is unknown", "unknown_argument"),
        Row::broken(
            "10,000 keys",
            format!("{{{}}}", &keys[..keys.len() - 1]),
            "`k0` is unknown",
            "unknown_argument",
        ),
        Row::broken("a key of 1 MB", format!(r#"{{"{long}":0}}"#), "is unknown", "unknown_argument"),
        Row::broken("a number for a text", r#"{"text":1}"#, "`text` must be a string", "wrong_type"),
        Row::broken("a list for a text", r#"{"text":["a"]}"#, "`text` must be a string", "wrong_type"),
        Row::broken(
            "a text for a number",
            r#"{"integer":"1"}"#,
            "`integer` must be an integer from -1000 to 1000",
            "wrong_type",
        ),
        Row::broken("1.0 for an integer", r#"{"integer":1.0}"#, "`integer` must be an integer", "wrong_type"),
        Row::broken("1e2 for an integer", r#"{"integer":1e2}"#, "`integer` must be an integer", "wrong_type"),
        Row::broken(
            "-0.0 for an integer",
            r#"{"integer":-0.0}"#,
            "`integer` must be an integer",
            "wrong_type",
        ),
        Row::broken(
            "2^63",
            r#"{"integer":9223372036854775808}"#,
            "`integer` must be an integer",
            "out_of_range",
        ),
        Row::broken(
            "2^64",
            r#"{"integer":18446744073709551616}"#,
            "`integer` must be an integer",
            "wrong_type",
        ),
        Row::broken(
            "-2^63-1",
            r#"{"integer":-9223372036854775809}"#,
            "`integer` must be an integer",
            "wrong_type",
        ),
        Row::broken(
            "1001",
            r#"{"integer":1001}"#,
            "`integer` must be an integer from -1000 to 1000",
            "out_of_range",
        ),
        Row::echo("-0.0 for a number", r#"{"number":-0.0}"#, Gets::Says("-0".into())),
        Row::broken(
            "a text for a boolean",
            r#"{"boolean":"true"}"#,
            "`boolean` must be true or false",
            "wrong_type",
        ),
        Row::broken("0 for a boolean", r#"{"boolean":0}"#, "`boolean` must be true or false", "wrong_type"),
        Row::broken(
            "a fourth choice",
            r#"{"choice":"pink"}"#,
            "`choice` must be one of red, green, blue",
            "out_of_range",
        ),
        Row::broken(
            "a choice in another case",
            r#"{"choice":"Red"}"#,
            "`choice` must be one of",
            "out_of_range",
        ),
        Row::broken("a text for a list", r#"{"list":"a"}"#, "`list` must be a list", "wrong_type"),
        Row::broken("a number in a list", r#"{"list":["a",1]}"#, "`list[1]` must be a string", "wrong_type"),
        Row::broken(
            "an element too long",
            format!(r#"{{"list":["a","{longer}"]}}"#),
            "`list[1]` must be at most 65536 bytes",
            "too_long",
        ),
        Row::broken(
            "a line too long",
            format!(r#"{{"line":"{text}"}}"#),
            "`line` must be at most 1000 bytes",
            "too_long",
        ),
        Row::broken("a name that is markup", r#"{"name":"<b>SECRET</b>"}"#, "`name`", "not_a_name"),
        Row::broken(
            "a path that leaves",
            r#"{"path":"../SECRET"}"#,
            "`path` must stay inside its root",
            "path_leaves_root",
        ),
        Row::broken("a glob that is none", r#"{"glob":"[SECRET"}"#, "`glob`", "bad_glob"),
    ];
    hold(&rows);
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]).open(Era::Handshake);
    for row in rows.iter().filter(|row| row.bytes.windows(6).any(|six| six == b"SECRET")) {
        stdio.send_bytes(&[row.bytes.as_slice(), b"\n"].concat());
        stdio.answer_to(7).never_mentions("SECRET");
        http.send(&row.bytes).answer().never_mentions("SECRET");
    }
    drop(stdio);
    assert!(!json!(place.events()).to_string().contains("SECRET"));
}

// --- N11, B4: _meta ---------------------------------------------------------

#[test]
fn what_stands_in_meta_is_used_or_ignored_and_breaks_nothing() {
    let long = "x".repeat(1_000_000);
    let ping =
        |meta: &str| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"ping","params":{{"_meta":{meta}}}}}"#);
    let mut rows = Vec::new();
    for meta in ["{}", "null", r#"{"a":1}"#, r#"{"io.example/x":{"y":[]}}"#, r#"{"":0}"#] {
        rows.push(Row::new(format!("_meta {meta}"), ping(meta), ok(7)));
    }
    for meta in ["[]", "1", r#""x""#, "true"] {
        rows.push(Row::refused(format!("_meta {meta}"), ping(meta), -32602, seven(), "bad_params"));
    }
    for token in [
        "1",
        r#""a""#,
        r#""""#,
        "0",
        "-1",
        "1.5",
        "null",
        "true",
        "{}",
        "[]",
        "1e400",
        &format!("\"{long}\""),
    ] {
        let message = ping(&format!(r#"{{"progressToken":{token}}}"#));
        let name = format!("progressToken {}", &token[..token.len().min(20)]);
        rows.push(match token {
            "1e400" => Row::refused(name, message, -32602, seven(), "bad_params"),
            _ => Row::new(name, message, ok(7)),
        });
    }
    for (key, value) in [
        ("traceparent", format!("\"{long}\"")),
        ("traceparent", "1".to_owned()),
        ("tracestate", "{}".to_owned()),
        ("io.modelcontextprotocol/clientInfo", "1".to_owned()),
        ("io.modelcontextprotocol/clientInfo", r#"{"name":1}"#.to_owned()),
        ("io.modelcontextprotocol/clientCapabilities", "[]".to_owned()),
        ("io.modelcontextprotocol/logLevel", r#""loud""#.to_owned()),
    ] {
        rows.push(Row::new(
            format!("{key} {}", &value[..value.len().min(20)]),
            ping(&format!(r#"{{"{key}":{value}}}"#)),
            ok(7),
        ));
    }
    hold(&rows);
}

#[test]
fn a_request_of_2026_without_what_it_must_say_of_itself_is_refused() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let prefix = "io.modelcontextprotocol/";
    let whole = Era::PerRequest.call(7, "canary", json!({}));
    for (field, wrong) in [
        ("protocolVersion", [Value::Null, json!(1), json!({})]),
        ("clientCapabilities", [Value::Null, json!(1), json!([])]),
    ] {
        for wrong in [None].into_iter().chain(wrong.map(Some)) {
            let mut message = whole.clone();
            let meta = message["params"]["_meta"].as_object_mut().unwrap();
            match wrong {
                None => meta.remove(&format!("{prefix}{field}")),
                Some(wrong) => meta.insert(format!("{prefix}{field}"), wrong),
            };
            http.post(Era::PerRequest, &message).is(400).answer().is_error(-32602).has_id(7);
            let mut stdio = place.stdio(&[]).open(Era::PerRequest);
            stdio.send(&message);
            stdio.answer_to(7).is_error(-32602);
            let (status, _) = stdio.finish();
            assert!(status.success());
        }
    }
    let mut unknown = whole.clone();
    unknown["params"]["_meta"][format!("{prefix}protocolVersion")] = "1999-01-01".into();
    let mut stdio = place.stdio(&[]);
    stdio.send(&unknown);
    let refused = stdio.answer_to(7);
    refused.is_error(-32022);
    assert!(refused.0["error"]["data"]["supported"].as_array().unwrap().contains(&json!("2026-07-28")));
    stdio.call(Era::PerRequest, "canary", json!({ "silent": true })).says("0");
}

// --- N12, N13: costly messages ----------------------------------------------

#[test]
fn messages_made_to_be_costly_are_not() {
    let digits = "9".repeat(100_000);
    let escapes = r"\n".repeat(500_000);
    let objects =
        |one: &str, count: usize| format!(r#"{{"list":[{}{one}]}}"#, format!("{one},").repeat(count - 1));
    let keys = |prefix: &str, count: usize| {
        let all: Vec<_> = (0..count).map(|n| format!("\"{prefix}{n:07}\":0")).collect();
        format!("{{{}}}", all.join(","))
    };
    let broken = |name: &str, arguments: String, says: &str, code| Row::broken(name, arguments, says, code);
    let complex = |name: &str, arguments: String| {
        Row::refused(name, call("echo", arguments), -32600, seven(), "message_too_complex")
    };
    let rows = [
        Row::refused(
            "a number beyond all bounds",
            call("echo", format!(r#"{{"integer":{digits}}}"#)),
            -32602,
            seven(),
            "bad_params",
        ),
        broken(
            "a fraction of 100,000 digits",
            format!(r#"{{"integer":0.{digits}}}"#),
            "`integer`",
            "wrong_type",
        ),
        Row::echo("500,000 escapes", format!(r#"{{"text":"{escapes}"}}"#), Gets::Says("\n".repeat(500_000))),
        broken("49,000 empty objects", objects("{}", 49_000), "`list[0]`", "wrong_type"),
        broken("24,000 objects of one key", objects(r#"{"":0}"#, 24_000), "`list[0]`", "wrong_type"),
        broken(
            "900 keys of 1,000 bytes that are nearly the same",
            keys(&"k".repeat(1_000), 900),
            "is unknown",
            "unknown_argument",
        ),
        broken("49,000 keys", keys("", 49_000), "is unknown", "unknown_argument"),
        complex("300,000 empty objects", objects("{}", 300_000)),
        complex("100,000 objects of one key", objects(r#"{"":0}"#, 100_000)),
        complex("80,000 keys", keys("", 80_000)),
        complex("500,000 numbers", objects("0", 500_000)),
    ];
    let since = Instant::now();
    hold(&rows);
    // 200 ms each on a quiet machine, through both doors; ten times that here.
    assert!(
        since.elapsed() < Duration::from_secs(2) * 2 * u32::try_from(rows.len()).unwrap(),
        "{:?}",
        since.elapsed()
    );
}

// --- N14 over HTTP (for stdio see tests/stdio.rs) ----------------------------

#[test]
fn a_body_is_the_same_however_it_is_cut_and_laid_out() {
    let place = Place::with_fixture_tools();
    let server = place.http_unlimited();
    let message = ping(7).to_string();
    for laid_out in [
        format!("{message}\r\n"),
        format!("\r\n \t{message}\n\n"),
        format!("{:#}", ping(7)).replace('\n', "\r\n"),
    ] {
        server.send(laid_out).is(200).answer().has_id(7);
    }
    let chunks: String = message.chars().map(|char| format!("1\r\n{char}\r\n")).collect();
    let head = format!(
        "Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
    );
    let whole = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\n{head}\r\nConnection: close\r\n\r\n{chunks}0\r\n\r\n",
        server.addr()
    );
    let mut stream = server.connect();
    for byte in whole.as_bytes() {
        stream.write_all(&[*byte]).unwrap();
    }
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    Reply::parse(&said).is(200).answer().has_id(7);
    for bad in ["", " ", "\r\n\r\n", "\u{a0}"] {
        server.send(bad).is(400).answer().is_error(-32700);
    }
}
