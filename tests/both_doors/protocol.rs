//! What the protocol asks of a server, the same through either door.

use std::{
    io::{Read, Write},
    thread,
};

use serde_json::{Value, json};

use crate::{
    common::{Answer, Era, HttpServer, KEY, Place, UNLIMITED},
    row::{Unlimited, is_full},
};

// --- B5 to B9 ---------------------------------------------------------------

#[test]
fn a_tool_that_needs_what_the_client_did_not_declare_says_so() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    let reply = http.post(Era::PerRequest, &Era::PerRequest.call(1, "ask_user", json!({})));
    for answer in [reply.is(400).answer(), stdio.call(Era::PerRequest, "ask_user", json!({}))] {
        answer.is_error(-32021);
        assert_eq!(answer.0["error"]["data"]["requiredCapabilities"], json!({ "elicitation": {} }));
    }
    let mut able = Era::PerRequest.call(7, "ask_user", json!({}));
    able["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
    stdio.send(&able);
    for answer in [http.post(Era::PerRequest, &able).is(200).answer(), stdio.answer_to(7)] {
        answer.says("the client can ask");
    }
}

#[test]
fn a_panic_while_arguments_are_read_ends_that_call_alone_and_is_told_as_one() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    let touchy = json!({ "text": "boo" });
    let reply = http.post(Era::PerRequest, &Era::PerRequest.call(1, "touchy", touchy.clone()));
    for answer in [reply.is(200).answer(), stdio.call(Era::PerRequest, "touchy", touchy)] {
        answer.fails_with("the tool failed unexpectedly (panicked");
        answer.never_mentions("operator");
    }
    http.call(Era::PerRequest, "hello_world", json!({})).says("Hello, World!");
    stdio.call(Era::PerRequest, "hello_world", json!({})).says("Hello, World!");
    let failed = place.await_events("tool_execution_failed", 2);
    assert!(failed.iter().all(|event| event["code"] == "panicked" && event["severity"] == "high"));
}

#[test]
fn no_request_depends_on_one_before_it() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let requests: Vec<Value> = (0..40)
        .map(|n| match n % 4 {
            0 => Era::PerRequest.call(n, "echo", json!({ "text": "a", "integer": n })),
            1 => Era::PerRequest.request(n, "tools/list", Value::Null),
            2 => Era::PerRequest.call(n, "echo", json!({ "integer": "x" })),
            _ => Era::PerRequest.call(n, "no_such_tool", json!({})),
        })
        .collect();
    // An id of an event is new each time; nothing else is.
    let answers: Vec<Value> = requests.iter().map(|one| http.post(Era::PerRequest, one).answer().0).collect();
    let rounds = if is_full() { 250 } else { 5 };
    thread::scope(|scope| {
        for worker in 0..8 {
            let (requests, answers, http) = (&requests, &answers, &http);
            scope.spawn(move || {
                for step in 0..requests.len() * rounds / 8 {
                    let at = (step * 17 + worker * 5) % requests.len();
                    assert_eq!(http.post(Era::PerRequest, &requests[at]).answer().0, answers[at]);
                }
            });
        }
    });
    // On stdio each of them may be the first.
    for (request, answer) in requests.iter().zip(&answers).take(8) {
        let mut stdio = place.stdio(&[]);
        stdio.send(request);
        assert_eq!(stdio.receive(), *answer);
    }
}

#[test]
fn who_a_client_says_it_is_changes_nothing() {
    let place = Place::with_fixture_tools();
    let http = HttpServer::start(&place, &["--read-only"], &[UNLIMITED]);
    let mut stdio = place.stdio(&["--read-only"]).open(Era::PerRequest);
    for (name, version) in
        [("tests", "1"), ("admin", "1"), ("mcp-server", "0.1.0"), ("claude-ai", "99"), ("", "")]
    {
        let mut message = Era::PerRequest.call(7, "slow_write", json!({ "millis": 0 }));
        message["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] =
            json!({ "name": name, "version": version, "role": "admin" });
        stdio.send(&message);
        stdio.answer_to(7).is_error(-32602);
        http.post(Era::PerRequest, &message).answer().is_error(-32602);
    }
}

#[test]
fn no_schema_refers_to_anything_that_would_have_to_be_fetched() {
    let place = Place::with_fixture_tools();
    let list = place.http_unlimited().ask(Era::PerRequest, "tools/list", Value::Null);
    let text = list.result().to_string();
    for word in ["$ref", "$dynamicRef", "http://", "\"$id\""] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn discovery_answers_through_either_door_and_before_anything_else() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]);
    let answers = [
        stdio.ask(Era::PerRequest, "server/discover", Value::Null),
        http.ask(Era::PerRequest, "server/discover", Value::Null),
    ];
    assert_eq!(answers[0].result(), answers[1].result());
    let said = answers[0].result();
    for version in ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        assert!(said["supportedVersions"].as_array().unwrap().contains(&json!(version)), "{version}: {said}");
    }
    assert!(said["_meta"]["mcp-server/tools_sha256"].as_str().unwrap().len() == 64);
    // The handshake of an older version may still follow.
    stdio.open(Era::Handshake).call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
}

// --- T: tools, lists, notices -----------------------------------------------

#[test]
fn a_client_is_greeted_in_either_era() {
    let place = Place::new();
    let mut http = place.http(&[]);
    for era in Era::ALL {
        let mut stdio = place.stdio(&[]).open(era);
        stdio.call(era, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
        http.call(era, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
        let (status, rest) = stdio.finish();
        assert!(status.success() && rest.is_empty(), "{era:?}: {status} {rest:?}");
    }
    assert!(http.stop().success());
}

#[test]
fn a_tool_that_is_not_there_is_a_protocol_error() {
    let place = Place::new();
    let http = place.http(&[]);
    for era in Era::ALL {
        let mut stdio = place.stdio(&[]).open(era);
        stdio.call(era, "no_such_tool", json!({})).is_error(-32602);
        http.call(era, "no_such_tool", json!({})).is_error(-32602);
    }
    assert_eq!(place.events_named("tool_denied").len(), 4);
}

#[test]
fn the_list_of_tools_is_the_same_every_time_and_for_everyone() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let first = http.ask(Era::PerRequest, "tools/list", Value::Null).result()["tools"].clone();
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    for _ in 0..if is_full() { 1_000 } else { 100 } {
        assert_eq!(stdio.ask(Era::PerRequest, "tools/list", Value::Null).result()["tools"], first);
    }
    assert_eq!(
        place.stdio(&[]).open(Era::Handshake).ask(Era::Handshake, "tools/list", Value::Null).result()["tools"],
        first
    );
    for tool in first.as_array().unwrap() {
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{tool}");
        }
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert!(tool.get("outputSchema").is_none());
    }
}

#[test]
fn a_cursor_that_was_never_given_out_is_refused() {
    let place = Place::with_fixture_tools();
    let root = place.dir("notes");
    let root = root.to_str().unwrap();
    let http = HttpServer::start(&place, &["--root", root], &[UNLIMITED]);
    let mut stdio = place.stdio(&["--root", root]).open(Era::PerRequest);
    for method in ["tools/list", "resources/list", "resources/templates/list"] {
        for cursor in [json!(""), json!("0"), json!("eyJvIjoxfQ=="), json!("../x")] {
            let params = json!({ "cursor": cursor });
            stdio.ask(Era::PerRequest, method, params.clone()).is_error(-32602);
            http.ask(Era::PerRequest, method, params).is_error(-32602);
        }
    }
}

#[test]
fn a_resource_that_is_not_there_is_an_error_and_never_empty() {
    let place = Place::with_fixture_tools();
    let root = place.dir("notes");
    let root = root.to_str().unwrap();
    let http = HttpServer::start(&place, &["--root", root], &[UNLIMITED]);
    let mut stdio = place.stdio(&["--root", root]).open(Era::Handshake);
    for uri in [
        "root://notes/none",
        "root://other/",
        "root://notes/../../etc/passwd",
        "file:///etc/passwd",
        "http://x/",
        "",
        "nonsense",
    ] {
        for answer in [
            stdio.ask(Era::Handshake, "resources/read", json!({ "uri": uri })),
            http.ask(Era::Handshake, "resources/read", json!({ "uri": uri })),
        ] {
            answer.is_error(-32602).never_mentions(root);
        }
    }
}

#[test]
fn progress_and_log_messages_go_to_those_who_asked() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    let mut asked = Era::PerRequest.call(7, "progress", json!({ "steps": 3, "millis": 10 }));
    let plain = asked.clone();
    asked["params"]["_meta"]["progressToken"] = "token".into();
    asked["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = "info".into();
    let methods = |messages: &[Value]| {
        let mut methods: Vec<_> =
            messages.iter().filter_map(|one| one["method"].as_str().map(str::to_owned)).collect();
        methods.sort();
        methods
    };
    let all = [["notifications/message"; 3], ["notifications/progress"; 3]].concat();
    for (message, expected) in [(&plain, Vec::new()), (&asked, all)] {
        let over_http = http.post(Era::PerRequest, message).messages();
        stdio.send(message);
        let mut on_stdio = Vec::new();
        while on_stdio.last().is_none_or(|last: &Value| last["id"] != 7) {
            on_stdio.push(stdio.receive());
        }
        for said in [over_http, on_stdio] {
            assert_eq!(methods(&said), expected, "{said:#?}");
            let last = Answer(said.last().unwrap().clone());
            last.has_id(7).says("done");
        }
    }
}

#[test]
fn a_subscription_is_acknowledged_before_anything_else_and_accepts_nothing() {
    let place = Place::with_fixture_tools();
    let mut http = place.http_unlimited();
    let listen = Era::PerRequest.request(
        7,
        "subscriptions/listen",
        json!({ "notifications": { "toolsListChanged": true } }),
    );
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    stdio.send(&listen);
    let first = stdio.receive();
    let acknowledged = |first: &Value| {
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
        assert_eq!(first["params"]["notifications"], json!({}), "{first}");
    };
    acknowledged(&first);
    let (_, rest) = stdio.finish();
    assert_eq!((rest.len(), &rest[0]["id"]), (1, &json!(7)));

    let mut stream = http.connect();
    let of_era: String =
        Era::PerRequest.headers(&listen).iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (body, host) = (listen.to_string(), http.addr());
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n{of_era}Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut said = String::new();
    while !said.contains("\n\n") {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).unwrap();
        assert_ne!(count, 0, "{said}");
        said += std::str::from_utf8(&piece[..count]).unwrap();
    }
    let first = said.split("data:").nth(1).and_then(|data| data.lines().next()).unwrap();
    acknowledged(&serde_json::from_str(first).unwrap());
    assert!(http.stop().success());
}
