//! What a request has to be, on its headers and in its body.

use super::*;

#[tokio::test]
async fn a_call_is_answered_in_both_eras() {
    let server = Server::start();
    let old = server.ask(HELLO, &[]).await;
    assert_eq!((old.status, old.header("content-type")), (200, Some("application/json")));
    assert_eq!(old.json()["result"]["content"][0]["text"], "Hello, World!");
    let body = new_era("tools/call", json!({ "name": "hello_world", "arguments": { "name": "Ada" } }));
    let lines = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: hello_world"];
    let new = server.ask(&body, &lines).await;
    assert_eq!(new.status, 200, "{new:?}");
    assert_eq!(
        (&new.json()["id"], &new.json()["result"]["content"][0]["text"]),
        (&json!(7), &json!("Hello, Ada!"))
    );
    let bare = server.ask(LIST, &["-Accept", "-MCP-Protocol-Version"]).await;
    assert_eq!(bare.json()["result"]["tools"][0]["name"], "hello_world");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start();
    let answers = [
        server.ask(HELLO, &[]).await,
        server.ask(HELLO, &["-Authorization"]).await,
        server.ask(HELLO, &["Origin: https://evil.example"]).await,
        server.ask("{", &[]).await,
        server.get("/health", &[]).await,
        server.get("/nothing", &[]).await,
    ];
    for answer in answers {
        for (name, value) in [
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-frame-options", "deny"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
            ("vary", "origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
        assert!(!answer.head.contains("access-control-allow-credentials"));
        assert!(!answer.head.contains("strict-transport-security"));
    }
}

#[tokio::test]
async fn what_the_headers_forbid_never_reaches_a_tool() {
    let server = Server::start();
    let rows: &[(&[&str], u16)] = &[
        (&["Content-Type: text/plain"], 415),
        (&["Content-Type: application/x-www-form-urlencoded"], 415),
        (&["Content-Type: application/jsonp"], 415),
        (&["Content-Type: text/plain; x=application/json"], 415),
        (&["Content-Type: application/json; charset=utf-7"], 415),
        (&["-Content-Type"], 415),
        (&["Content-Encoding: gzip"], 415),
        (&["Accept: text/html"], 406),
        (&["Origin: https://evil.example"], 403),
        (&["Origin: null"], 403),
        (&["Origin:"], 403),
        (&["Host: evil.example"], 403),
        (&["Host: evil@127.0.0.1"], 403),
        (&["-Host"], 400),
        (&["-Authorization"], 401),
        (&["Authorization: Basic x"], 401),
        (&["Authorization: Bearer"], 401),
        (&["+Host: 127.0.0.1"], 400),
        (&["+Origin: http://localhost", "+Origin: http://evil.example"], 400),
        (&["+Authorization: Bearer x"], 400),
        (&["+Content-Type: text/plain"], 400),
        (&["+MCP-Protocol-Version: 2025-06-18"], 400),
        (&["MCP-Protocol-Version: 1999-01-01"], 400),
        (&["MCP-Protocol-Version: 2026-07-28"], 400),
    ];
    for (lines, status) in rows {
        let answer = server.ask(HELLO, lines).await;
        assert_eq!(answer.status, *status, "{lines:?}: {answer:?}");
        assert!(!answer.body.contains("Hello"), "{answer:?}");
        assert!(!answer.body.contains("evil"), "{answer:?}");
    }
    let log = server.events("untrusted_origin_blocked").await;
    assert!(!log.contains("tool_called"), "{log}");
    assert!(log.contains("https://evil.example"), "{log}");
}

#[tokio::test]
async fn what_the_headers_allow_is_served() {
    let server = Server::start();
    let key = server.key.clone();
    for lines in [
        vec!["Content-Type: application/json; charset=utf-8".to_owned()],
        vec!["Content-Type: Application/JSON".to_owned()],
        vec!["Content-Encoding: identity".to_owned()],
        vec!["Accept: */*".to_owned()],
        vec!["Accept: APPLICATION/JSON;q=0.9, Text/Event-Stream".to_owned()],
        vec!["Host: localhost:1".to_owned()],
        vec!["Origin: http://localhost:3000".to_owned()],
        vec![format!("authorization: bearer {key}")],
        vec![format!("Authorization: BEARER  {key}")],
        vec!["Mcp-Session-Id: x".to_owned(), "Last-Event-ID: 1".to_owned()],
    ] {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let answer = server.ask(HELLO, &lines).await;
        assert_eq!(answer.status, 200, "{lines:?}: {answer:?}");
        assert!(!answer.head.contains("mcp-session-id"));
    }
}

#[tokio::test]
async fn a_401_and_a_403_say_what_to_do() {
    let server = Server::start();
    let none = server.ask(HELLO, &["-Authorization"]).await;
    assert_eq!(none.header("www-authenticate"), Some("bearer realm=\"mcp-server\""));
    assert_eq!(none.json()["error"], "no_key");
    let wrong = server.ask(HELLO, &["Authorization: Bearer invalid-key"]).await;
    assert_eq!(
        wrong.header("www-authenticate"),
        Some("bearer realm=\"mcp-server\", error=\"invalid_token\"")
    );
    let origin = server.ask(HELLO, &["Origin: https://evil.example"]).await;
    assert!(origin.body.contains("http.origins"), "{origin:?}");
    let host = server.ask(HELLO, &["Host: evil.example"]).await;
    assert!(host.body.contains("http.hosts"), "{host:?}");
    let log = server.events("invalid_token").await;
    assert!(log.contains(r#""url":"/mcp""#) && log.contains("authentication_failed"), "{log}");
    assert!(!log.contains("invalid-key"), "{log}");
}

#[tokio::test]
async fn only_exact_targets_in_origin_form_are_served() {
    let server = Server::start();
    for target in ["//", "//mcp", "/mcp/", "/MCP", "/%6Dcp", "/x/../mcp", "/mcp%00", "*", "http://x/mcp"] {
        let request = server.post(HELLO, &[]).replacen("/mcp", target, 1);
        let answer = Answer::parse(&server.raw(request).await);
        assert!(matches!(answer.status, 400 | 404), "{target}: {answer:?}");
    }
    let address = server.address;
    let absolute = server.post(HELLO, &[]).replacen("/mcp", &format!("http://{address}/mcp"), 1);
    assert_eq!(Answer::parse(&server.raw(absolute).await).status, 400);
    let connect = server
        .raw(format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
        .await;
    assert!(Answer::parse(&connect).status >= 400);
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let server = Server::start();
    for method in ["GET", "DELETE", "PUT", "HEAD", "PATCH", "TRACE", "BREW"] {
        let request = server.post("", &[]).replacen("POST", method, 1);
        let answer = Answer::parse(&server.raw(request).await);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("post, options")), "{method}");
        assert!(!answer.body.contains('<'));
    }
    let posted = server.post("", &[]).replacen("/mcp", "/health", 1);
    assert_eq!(Answer::parse(&server.raw(posted).await).header("allow"), Some("get, head, options"));
}

#[tokio::test]
async fn framing_is_never_a_matter_of_opinion() {
    let server = Server::start();
    let chunked = |tail: &str| server.post("", &["-Content-Length", "Transfer-Encoding: chunked"]) + tail;
    let (length, key) = (HELLO.len(), server.bearer());
    let whole = format!("{length:x}\r\n{HELLO}\r\n0\r\n\r\n");
    let ok = Answer::parse(&server.raw(chunked(&whole)).await);
    assert_eq!(ok.status, 200, "{ok:?}");
    for (request, status) in [
        (chunked("zz\r\nx\r\n0\r\n\r\n"), 400),
        (chunked(&format!("{length:x};a=b\n{HELLO}\r\n0\r\n\r\n")), 400),
        (chunked("ffffffffffffffffff\r\nx\r\n"), 400),
        (server.post(HELLO, &["Content-Length: +3"]), 400),
        (server.post(HELLO, &["Content-Length: 3, 3"]), 400),
        (server.post(HELLO, &["Content-Length: 3", "+Content-Length: 4"]), 400),
        (server.post(HELLO, &["-Content-Length", "Transfer-Encoding: xchunked"]), 400),
        (server.post(HELLO, &["X-Odd: a\0b"]), 400),
        (server.post(HELLO, &["X-Odd: a\r\n folded"]), 400),
        (server.post(HELLO, &["X Odd: a"]), 400),
        (server.post("", &["Content-Length: 5000000000"]), 413),
        (server.post("", &["Content-Length: 1048577"]), 413),
        (chunked(&format!("{:x}\r\n{}\r\n", 2 << 20, "x".repeat(2 << 20))), 413),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 0),
        ("\u{16}\u{3}\u{1}".to_owned() + &"x".repeat(64) + "\r\n\r\n", 400),
    ] {
        let text = server.raw(&request).await;
        let answered = if text.is_empty() { 0 } else { Answer::parse(&text).status };
        assert!(answered == status || (status == 0 && answered >= 400), "{request:?}: {text:?}");
        assert!(!text.contains("Hello"), "{request:?}");
    }
    // hyper reads the chunked body, closes, and serves nothing after it.
    let smuggled = server.post("", &["-Connection", "Content-Length: 4", "Transfer-Encoding: chunked"])
        + &whole
        + &format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{key}\r\n\r\n");
    let text = server.raw(smuggled).await;
    assert_eq!(text.matches("HTTP/1.1").count(), 1, "{text}");
    assert!(text.contains("Hello, World!"), "{text}");
    let twice =
        server.post(HELLO, &["-Content-Length", "Transfer-Encoding: chunked", "+Transfer-Encoding: chunked"]);
    assert_eq!(Answer::parse(&server.raw(twice).await).status, 400);
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused() {
    let server = Server::start();
    let many: String =
        (0..101).map(|n| n.to_string()).flat_map(|n| ["X-".to_owned(), n, ": y\r\n".to_owned()]).collect();
    let head = format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{many}\r\n");
    assert_eq!(Answer::parse(&server.raw(head).await).status, 431);
    let long = format!(
        "GET /health HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "y".repeat(70 << 10)
    );
    assert_eq!(Answer::parse(&server.raw(long).await).status, 431);
    let target = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "y".repeat(70_000));
    assert!(matches!(Answer::parse(&server.raw(target).await).status, 414 | 431));
}

#[tokio::test]
async fn a_body_is_asked_for_only_from_who_may_send_it() {
    let server = Server::start();
    let length = format!("Content-Length: {}", HELLO.len());
    let refused = server.post("", &["-Authorization", "Expect: 100-continue", &length]);
    let text = server.raw(refused).await;
    assert!(!text.contains("100 Continue") && text.starts_with("HTTP/1.1 401"), "{text}");
    let mut stream = server.connect().await;
    let asking = server.post("", &["Expect: 100-continue", &length]);
    stream.write_all(asking.as_bytes()).await.expect("sent");
    read_until(&mut stream, "100 Continue").await;
    stream.write_all(HELLO.as_bytes()).await.expect("sent");
    read_until(&mut stream, "Hello, World!").await;
}

#[tokio::test]
async fn a_refusal_arrives_although_the_body_is_still_being_sent() {
    let server = Server::start();
    for _ in 0..20 {
        let request = server.post(&"x".repeat(60 << 10), &["Authorization: Bearer wrong-but-long"]);
        let text = server.raw(request).await;
        assert!(text.starts_with("HTTP/1.1 4"), "{text:?}");
    }
}

#[tokio::test]
async fn messages_that_are_none_get_their_error() {
    let server = Server::start();
    for (body, status, code) in [
        ("{", 400, -32700),
        ("[]", 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"foo/bar"}"#, 200, -32601),
    ] {
        let answer = server.ask(body, &[]).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (status, &json!(code)),
            "{body}: {answer:?}"
        );
    }
    let unknown = new_era("foo/bar", json!({}));
    let lines = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: foo/bar"];
    let answer = server.ask(&unknown, &lines).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!(-32601)));
    let mismatch = server.ask(&new_era("tools/list", json!({})), &["MCP-Protocol-Version: 2026-07-28"]).await;
    assert_eq!((mismatch.status, &mismatch.json()["error"]["code"]), (400, &json!(-32020)));
    let bare = server.ask(LIST, &["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/list"]).await;
    assert_eq!((bare.status, &bare.json()["error"]["code"]), (400, &json!(-32602)));
    let old = server.ask(LIST, &["MCP-Protocol-Version: 1999-01-01"]).await;
    assert_eq!((old.status, &old.json()["error"]["code"]), (400, &json!(-32022)));
}

#[tokio::test]
async fn a_notification_is_accepted_without_a_word() {
    let server = Server::start();
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"hello_world"}}"#,
    ] {
        let answer = server.ask(body, &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{body}");
    }
    assert!(!server.events("missing_id").await.contains("tool_called"));
}
