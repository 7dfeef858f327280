//! The envelope and its versions.

use super::*;

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
