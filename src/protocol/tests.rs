//! What a client sees of the protocol, whichever door it comes through.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    fixture::{self, Fixture},
    *,
};
use crate::{
    caller::{Caller, Client},
    refusal::Code,
    tools::{
        LogLevel,
        context::{Notice, Notices},
    },
};

const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "probe", "version": "1" },
    })
}

#[track_caller]
fn fault(message: impl AsRef<[u8]>) -> (i32, Value, Code) {
    let fault = decode(message.as_ref()).expect_err("it was taken");
    let reply: Value = serde_json::from_slice(&fault.encode()).unwrap();
    (fault.error.code.0, reply.get("id").cloned().unwrap_or(Value::Null), fault.code)
}

#[track_caller]
fn request(message: &Value) -> Request {
    match decode(message.to_string().as_bytes()) {
        Ok(Incoming::Request(request)) => *request,
        other => panic!("no request: {other:?}"),
    }
}

/// Answers as a door would that has agreed on `version`.
async fn ask(fixture: &Fixture, version: &str, message: &Value) -> Value {
    let request = request(message);
    let id = request.id.clone();
    let spoken: ProtocolVersion = serde_json::from_value(json!(version)).unwrap();
    let ask = Ask {
        caller: Arc::new(Caller::console()),
        version: spoken.clone(),
        client: Client::default(),
        declared: request.declared().unwrap_or_default(),
        trace: None,
        notices: Notices::default(),
        cancel: CancellationToken::new(),
    };
    let answer = fixture.protocol.answer(request, ask).await;
    if let Err(error) = &answer {
        let allowed = [-32600, -32601, -32602, -32603, -32021, -32022];
        assert!(allowed.contains(&error.code.0), "{error:?}");
    }
    serde_json::from_slice(&encode(&id, &answer)).unwrap()
}

async fn modern(fixture: &Fixture, method: &str, mut params: Value) -> Value {
    params["_meta"] = meta();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    ask(fixture, "2026-07-28", &message).await
}

async fn legacy(fixture: &Fixture, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    ask(fixture, "2025-11-25", &message).await
}

#[test]
fn an_id_is_a_short_string_or_an_integer_as_written_and_comes_back_as_it_was() {
    let long = format!("{:?}", "x".repeat(256));
    for id in [r#""""#, r#""1""#, "0", "-1", "1", "9007199254740993", "9223372036854775807", &long] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"nothing/here"}}"#);
        let reply = decode(message.as_bytes()).expect_err("unknown").encode();
        assert!(String::from_utf8_lossy(&reply).contains(&format!(r#""id":{id},"#)), "{id}");
    }
    let longer = format!("{:?}", "x".repeat(257));
    for id in [
        "null",
        "true",
        "1.0",
        "1.5",
        "1e2",
        "-0",
        "9223372036854775808",
        "18446744073709551616",
        "{}",
        "[]",
        "[1]",
        &longer,
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let (number, id, _) = fault(&message);
        assert_eq!((number, id), (-32600, Value::Null), "{message}");
    }
}

#[test]
fn the_envelope_is_json_rpc_2_0_or_refused_with_its_id() {
    for (message, number, code) in [
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, -32600, Code::BadMessage),
        (r#"{"jsonrpc":2.0,"id":7,"method":"ping"}"#, -32600, Code::BadMessage),
        (r#"{"id":7,"method":"ping"}"#, -32600, Code::BadMessage),
        (r#"{"jsonrpc":"2.0","id":7}"#, -32600, Code::BadMessage),
        (r#"{"jsonrpc":"2.0","id":7,"method":1}"#, -32600, Code::BadMessage),
        (r#"{"jsonrpc":"2.0","id":7,"method":null}"#, -32600, Code::BadMessage),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#, -32600, Code::BadMessage),
        (r#"{"jsonrpc":"2.0","id":7,"method":""}"#, -32601, Code::UnknownMethod),
        (r#"{"jsonrpc":"2.0","id":7,"method":"Ping"}"#, -32601, Code::UnknownMethod),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping\u0000"}"#, -32601, Code::UnknownMethod),
        (r#"{"jsonrpc":"2.0","id":7,"method":"rpc.discover"}"#, -32601, Code::UnknownMethod),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"prompts/get","params":{"name":"greet","arguments":{"who":1}}}"#,
            -32602,
            Code::BadParams,
        ),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"resources/subscribe","params":{"uri":"a:b"}}"#,
            -32601,
            Code::UnknownMethod,
        ),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping""#, -32700, Code::NotJson),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":1,"\u0061":2}}"#,
            -32600,
            Code::DuplicateKey,
        ),
    ] {
        assert_eq!(fault(message), (number, json!(7), code), "{message}");
    }
    assert_eq!(fault(r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#), (-32600, Value::Null, Code::Batch));
    assert_eq!(fault("[]").0, -32600);
    assert_eq!(fault("hello there"), (-32700, Value::Null, Code::NotJson));
    let endless = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{}"}}"#, "m".repeat(64 << 10));
    assert_eq!(fault(endless), (-32601, json!(7), Code::UnknownMethod));
}

#[test]
fn parameters_that_do_not_fit_are_refused_in_fixed_words() {
    for params in [
        "[]",
        "null",
        r#""x""#,
        "1",
        "{}",
        r#"{"name":1}"#,
        r#"{"name":"a","arguments":[]}"#,
        r#"{"name":"a","arguments":"secret"}"#,
        r#"{"name":"a","_meta":"secret"}"#,
        r#"["a"]"#,
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#);
        assert_eq!(fault(&message), (-32602, json!(7), Code::BadParams), "{message}");
        let words = decode(message.as_bytes()).unwrap_err().error.message;
        assert_eq!(words, "the parameters are not those of this method");
    }
    let message =
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","arguments":{"n":1e400}}}"#;
    assert!(matches!(fault(message).0, -32602 | -32700));
}

#[test]
fn what_has_no_id_is_never_a_request() {
    let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}"#;
    let Ok(Incoming::Notification(Notification::Cancelled(id))) = decode(cancelled.as_bytes()) else {
        panic!("not understood")
    };
    assert_eq!(id, RequestId::String("a".into()));
    for other in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1.5}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
    ] {
        let read = decode(other.as_bytes());
        assert!(matches!(read, Ok(Incoming::Notification(Notification::Other))), "{other}");
    }
    let orphan = r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"hello_world"}}"#;
    assert!(matches!(decode(orphan.as_bytes()), Ok(Incoming::MissingId)));
    for response in [
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#,
    ] {
        assert!(matches!(decode(response.as_bytes()), Ok(Incoming::Response)));
    }
}

#[tokio::test]
async fn every_older_version_is_agreed_on_and_anything_else_becomes_the_newest_of_them() {
    let fixture = fixture::full();
    for (wanted, agreed) in
        LEGACY.into_iter().zip(LEGACY).chain([("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25")])
    {
        let hello = json!({ "jsonrpc": "2.0", "id": "hs", "method": "initialize", "params": {
            "protocolVersion": wanted, "capabilities": {}, "clientInfo": { "name": "probe", "version": "1" } } });
        let said = ask(&fixture, "2025-03-26", &hello).await;
        assert_eq!(said["result"]["protocolVersion"], agreed);
        assert_eq!(said["id"], "hs");
        assert_eq!(said["result"]["serverInfo"]["name"], "mcp-server");
        assert_eq!(said["result"]["instructions"], "Be kind.");
        assert_eq!(said["result"]["_meta"]["mcp-server/tools_sha256"], fixture.protocol.digest());
        assert!(said["result"].get("resultType").is_none());
    }
}

#[tokio::test]
async fn discover_tells_every_version_who_we_are_and_the_digest() {
    let fixture = fixture::full();
    let said = modern(&fixture, "server/discover", json!({})).await;
    let result = &said["result"];
    assert_eq!(
        result["supportedVersions"],
        json!(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"])
    );
    assert_eq!(
        result["_meta"]["io.modelcontextprotocol/serverInfo"],
        json!({ "name": "mcp-server", "version": "0.0.0" })
    );
    assert_eq!(result["_meta"]["mcp-server/tools_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(result["resultType"], "complete");
}

#[tokio::test]
async fn only_what_is_there_is_advertised() {
    let offered = |said: &Value| {
        let mut names: Vec<String> =
            said["result"]["capabilities"].as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let bare = modern(&fixture::bare(), "server/discover", json!({})).await;
    assert_eq!(offered(&bare), ["logging", "tools"]);
    let full = modern(&fixture::full(), "server/discover", json!({})).await;
    assert_eq!(offered(&full), ["completions", "logging", "prompts", "resources", "tools"]);
    assert_eq!(full["result"]["capabilities"]["tools"], json!({}));
}

#[tokio::test]
async fn each_version_has_its_own_methods() {
    let fixture = fixture::full();
    for (method, params) in [
        ("ping", json!({})),
        ("logging/setLevel", json!({ "level": "info" })),
        (
            "initialize",
            json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "a", "version": "1" } }),
        ),
    ] {
        assert_eq!(modern(&fixture, method, params.clone()).await["error"]["code"], -32601, "{method}");
        assert!(legacy(&fixture, method, params).await.get("result").is_some(), "{method}");
    }
    for method in ["initialize", "logging/setLevel"] {
        // Gone is gone, whatever the parameters.
        let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": { "_meta": meta() } });
        assert_eq!(fault(message.to_string()), (-32601, json!(7), Code::UnknownMethod), "{method}");
    }
    let listen = json!({ "notifications": { "toolsListChanged": true } });
    assert_eq!(legacy(&fixture, "subscriptions/listen", listen.clone()).await["error"]["code"], -32601);
    assert_eq!(
        modern(&fixture, "subscriptions/listen", listen).await["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
        1
    );
}

#[tokio::test]
async fn a_request_of_2026_says_its_version_and_what_its_client_can_do() {
    let fixture = fixture::full();
    for field in ["protocolVersion", "clientCapabilities"] {
        let field = format!("io.modelcontextprotocol/{field}");
        for broken in [None, Some(json!(5))] {
            let mut meta = meta();
            match broken {
                None => drop(meta.as_object_mut().unwrap().remove(&field)),
                Some(broken) => meta[&field] = broken,
            }
            let message =
                json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
            let said = ask(&fixture, "2026-07-28", &message).await;
            assert_eq!(said["error"]["code"], -32602, "{message}");
            assert_eq!(said["error"]["data"]["missing"], json!([field]));
            let error: ErrorData = serde_json::from_value(said["error"].clone()).unwrap();
            assert_eq!(http_status(&error, &ProtocolVersion::V_2026_07_28), 400);
        }
    }
    let mut strange = meta();
    strange["io.modelcontextprotocol/protocolVersion"] = json!("1999-01-01");
    let message =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": strange } });
    let error = ask(&fixture, "2026-07-28", &message).await["error"].clone();
    assert_eq!((&error["code"], &error["data"]["requested"]), (&json!(-32022), &json!("1999-01-01")));
    assert_eq!(error["data"]["supported"].as_array().unwrap().len(), 5);
    // The client's name is not required, and decides nothing.
    let mut nameless = meta();
    nameless.as_object_mut().unwrap().remove("io.modelcontextprotocol/clientInfo");
    let message =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": nameless } });
    assert!(ask(&fixture, "2026-07-28", &message).await.get("result").is_some());
}

#[test]
fn without_a_handshake_a_request_must_carry_what_2026_requires() {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let fault = served(&request(&message), None).unwrap_err();
    assert_eq!((fault.error.code.0, fault.code), (-32602, Code::MissingMeta));
    assert!(fault.error.message.contains("`initialize` first"));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert!(served(&request(&ping), None).is_ok());
    let modern = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta() } });
    assert_eq!(served(&request(&modern), None).unwrap(), ProtocolVersion::V_2026_07_28);
}

#[tokio::test]
async fn lists_are_whole_in_order_and_know_no_cursor() {
    let fixture = fixture::full();
    let first = modern(&fixture, "tools/list", json!({})).await;
    let names: Vec<&str> = first["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["hello_world", "hang", "panics", "prints", "steps", "big", "asks", "fails"]);
    assert_eq!(
        first["result"]["tools"][0]["annotations"],
        json!({ "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false })
    );
    assert_eq!((&first["result"]["ttlMs"], &first["result"]["cacheScope"]), (&json!(0), &json!("private")));
    assert_eq!(modern(&fixture, "tools/list", json!({})).await, first);
    for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
        let refused = modern(&fixture, method, json!({ "cursor": "" })).await;
        assert_eq!(refused["error"]["code"], -32602, "{method}");
        let said = legacy(&fixture, method, json!({})).await;
        assert!(
            said["result"].get("resultType").is_none() && said["result"].get("ttlMs").is_none(),
            "{method}"
        );
    }
    assert_eq!(
        modern(&fixture, "prompts/list", json!({})).await["result"]["prompts"][0]["arguments"][0]["required"],
        true
    );
    assert_eq!(
        modern(&fixture, "resources/list", json!({})).await["result"]["resources"][0]["uri"],
        "test://note"
    );
}

#[tokio::test]
async fn the_digest_is_over_the_tools_list_array() {
    use sha2::{Digest, Sha256};
    let fixture = fixture::full();
    let said = legacy(&fixture, "tools/list", json!({})).await;
    let json = serde_json::to_vec(&said["result"]["tools"]).unwrap();
    let hex = Sha256::digest(json).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(fixture.protocol.digest(), hex);
    assert_ne!(fixture::bare().protocol.digest(), hex);
}

#[tokio::test]
async fn a_tool_answers_in_one_text_block_without_structured_content() {
    let fixture = fixture::full();
    let call = json!({ "name": "hello_world", "arguments": { "name": "Ada" } });
    let said = modern(&fixture, "tools/call", call.clone()).await;
    assert_eq!(
        said["result"],
        json!({ "resultType": "complete", "content": [{ "type": "text", "text": "Hello, Ada!" }], "isError": false })
    );
    let said = legacy(&fixture, "tools/call", call).await;
    assert_eq!(
        said["result"],
        json!({ "content": [{ "type": "text", "text": "Hello, Ada!" }], "isError": false })
    );
}

#[tokio::test]
async fn a_refusal_is_a_result_that_names_argument_and_rule_and_never_the_value() {
    let fixture = fixture::full();
    let said =
        legacy(&fixture, "tools/call", json!({ "name": "hello_world", "arguments": { "name": "a`secret" } }))
            .await;
    let text = said["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(said["result"]["isError"], true);
    assert!(text.starts_with("`name` ") && text.ends_with("(not_a_name)"), "{text}");
    assert!(!text.contains("secret"));
    let said = legacy(&fixture, "tools/call", json!({ "name": "fails" })).await;
    assert_eq!(said["result"]["content"][0]["text"], "there is nothing to do here (tool_refused)");
    let said = legacy(&fixture, "tools/call", json!({ "name": "panics" })).await;
    let text = said["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("the tool failed unexpectedly (panicked, call "), "{text}");
    assert!(!said.to_string().contains("secret"));
}

#[tokio::test]
async fn what_does_not_exist_is_an_error_of_json_rpc() {
    let fixture = fixture::full();
    let said = modern(&fixture, "tools/call", json!({ "name": "secret_tool" })).await;
    assert_eq!(said["error"], json!({ "code": -32602, "message": "unknown tool" }));
    let said = modern(&fixture, "resources/read", json!({ "uri": "test://nothing" })).await;
    assert_eq!(
        (&said["error"]["code"], &said["error"]["data"]["uri"]),
        (&json!(-32602), &json!("test://nothing"))
    );
    for (method, params) in [
        ("prompts/get", json!({ "name": "nothing" })),
        ("prompts/get", json!({ "name": "greet" })),
        (
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "nothing" }, "argument": { "name": "a", "value": "" } }),
        ),
    ] {
        assert_eq!(
            modern(&fixture, method, params.clone()).await["error"]["code"],
            -32602,
            "{method} {params}"
        );
    }
}

#[tokio::test]
async fn a_capability_that_was_not_declared_is_named() {
    let fixture = fixture::full();
    let said = modern(&fixture, "tools/call", json!({ "name": "asks" })).await;
    assert_eq!(said["error"]["code"], -32021);
    assert_eq!(said["error"]["data"], json!({ "requiredCapabilities": { "sampling": {} } }));
    let mut meta = meta();
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({ "sampling": {} });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "asks", "_meta": meta } });
    assert_eq!(ask(&fixture, "2026-07-28", &message).await["result"]["content"][0]["text"], "asked");
}

#[tokio::test]
async fn prompts_resources_and_completions_answer() {
    let fixture = fixture::full();
    let said = modern(&fixture, "resources/read", json!({ "uri": "test://note" })).await;
    assert_eq!(
        said["result"]["contents"],
        json!([{ "uri": "test://note", "mimeType": "text/plain", "text": "noted" }])
    );
    assert_eq!(said["result"]["cacheScope"], "private");
    let said =
        modern(&fixture, "prompts/get", json!({ "name": "greet", "arguments": { "who": "Ada" } })).await;
    assert_eq!(
        said["result"]["messages"],
        json!([{ "role": "user", "content": { "type": "text", "text": "Say hello to Ada." } }])
    );
    let asked = json!({ "ref": { "type": "ref/prompt", "name": "greet" }, "argument": { "name": "who", "value": "a" } });
    let completion = modern(&fixture, "completion/complete", asked).await["result"]["completion"].clone();
    assert_eq!(completion["values"].as_array().unwrap().len(), 100);
    assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(150), &json!(true)));
    let template =
        json!({ "ref": { "type": "ref/resource", "uri": "a:b" }, "argument": { "name": "a", "value": "" } });
    let said = modern(&fixture, "completion/complete", template).await;
    assert_eq!(said["error"]["code"], -32602, "no such template");
}

#[test]
fn notices_are_sent_only_to_those_who_asked() {
    let progress = Notice::Progress { done: 1.0, total: Some(2.0), message: Some("half".into()) };
    assert!(encode_notice(&progress, None).is_none());
    let token = ProgressToken(RequestId::Number(5));
    let said: Value = serde_json::from_slice(&encode_notice(&progress, Some(&token)).unwrap()).unwrap();
    assert_eq!(
        said,
        json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                "params": { "progressToken": 5, "progress": 1.0, "total": 2.0, "message": "half" } })
    );
    let endless = Notice::Progress { done: f64::NAN, total: None, message: None };
    assert!(encode_notice(&endless, Some(&token)).is_none());
    let log = Notice::Log { level: LogLevel::Warning, text: "a word".into() };
    let said: Value = serde_json::from_slice(&encode_notice(&log, None).unwrap()).unwrap();
    assert_eq!(said["params"], json!({ "level": "warning", "data": "a word" }));

    let plain = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "a", "_meta": meta() } });
    let wanted = notices(&request(&plain), &ProtocolVersion::V_2026_07_28, None, None);
    assert_eq!((wanted.progress, wanted.log), (false, None));
    let mut loud = plain;
    loud["params"]["_meta"]["progressToken"] = json!("p");
    loud["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = json!("error");
    let wanted = notices(&request(&loud), &ProtocolVersion::V_2026_07_28, None, None);
    assert_eq!((wanted.progress, wanted.log), (true, Some(LogLevel::Error)));
    let wanted = notices(&request(&loud), &ProtocolVersion::V_2025_11_25, Some(LogLevel::Debug), None);
    assert_eq!(wanted.log, Some(LogLevel::Debug));
}

#[test]
fn an_acknowledgement_accepts_nothing_and_carries_its_id() {
    let said: Value =
        serde_json::from_slice(&encode_notification(&acknowledged(&RequestId::String("s".into())))).unwrap();
    assert_eq!(said["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(said["params"]["notifications"], json!({}));
    assert_eq!(said["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "s");
}

#[test]
fn an_answer_is_one_line() {
    let result =
        Ok(convert::result(crate::guard::Guard.release(crate::guard::Draft::text("a\nb\r\u{2028}c"))).into());
    let line = encode(&RequestId::Number(1), &result);
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
}

#[test]
fn what_a_client_says_of_itself_is_kept_short() {
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": "2025-11-25",
        "capabilities": { "roots": {} }, "clientInfo": { "name": "ä".repeat(1_000), "version": "1" } } });
    let request = request(&hello);
    assert!(request.client().unwrap().name.len() <= 64);
    assert_eq!(request.declared().unwrap().0, [crate::refusal::Capability::Roots]);
}
