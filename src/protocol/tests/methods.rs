//! What each method answers.

use super::*;

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
    let result = Ok(convert::result(
        crate::guard::Guard::default().release(crate::guard::Draft::text("a\nb\r\u{2028}c")),
    )
    .into());
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
