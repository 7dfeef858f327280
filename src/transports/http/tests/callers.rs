//! Who asks, from where, and how often.

use super::*;

#[tokio::test]
async fn one_refusal_is_one_event() {
    let server = Server::start();
    server.raw(server.post("zz\r\n", &["-Content-Length", "Transfer-Encoding: chunked"])).await;
    server.raw("GET /health HTTP/1.1\r\nX Odd: a\r\n\r\n").await;
    server.ask(HELLO, &["Content-Type: text/plain"]).await;
    server.ask("{", &[]).await;
    sleep(Duration::from_millis(100)).await;
    let log = server.events("not_json").await;
    for (code, count) in [("bad_request", 2), ("media_type", 1), ("not_json", 1)] {
        assert_eq!(log.matches(&format!("\"code\":\"{code}\"")).count(), count, "{code}: {log}");
    }
    assert!(!log.contains("request_served"), "{log}");
}

#[tokio::test]
async fn health_and_readiness_are_told_to_anyone_and_details_to_who_holds_a_key() {
    let server = Server::start();
    for lines in [&["Host: 10.0.0.7"][..], &["Authorization: Bearer wrong"], &[]] {
        let health = server.get("/health", lines).await;
        assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));
        let ready = server.get("/ready", lines).await;
        assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"status":"ready"}"#));
    }
    let detail = server.get("/health", &[&server.bearer()]).await.json();
    for field in
        ["memoryBytes", "connections", "callsInFlight", "uptimeSeconds", "eventsWritten", "eventsFailed"]
    {
        assert!(detail[field].is_u64(), "{field}: {detail}");
    }
    assert_eq!(server.get("/health", &["Origin: https://evil.example"]).await.status, 403);
    let log = server.events("authentication_failed").await;
    assert!(!log.contains("request_served"), "{log}");
}

#[tokio::test]
async fn the_log_is_read_with_a_key_that_may() {
    let server = Server::start();
    server.ask(HELLO, &["Authorization: Bearer wrong"]).await;
    server.events("authentication_failed").await;
    assert_eq!(server.get("/security/events", &[]).await.status, 401);
    let page = server.get("/security/events?limit=5", &[&server.bearer()]).await.json();
    let events = page["events"].as_array().expect("events");
    assert!(page["totalEvents"].is_u64() && page.get("next").is_some(), "{page}");
    let failed =
        events.iter().find(|event| event["details"]["reason"] == "invalid_token").expect("the event");
    assert_eq!((&failed["details"]["url"], &failed["severity"]), (&json!("/mcp"), &json!("high")));
    assert_eq!(server.get("/security/events?limit=0", &[&server.bearer()]).await.status, 400);
    server.events("events_read").await;
}

#[tokio::test]
async fn a_listed_page_may_ask_first_without_a_key() {
    let server =
        Server::with(|settings| settings.origins.push("https://app.example.com".into()), Quota::default());
    let ask = |origin: &str| {
        format!(
            "OPTIONS /mcp HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nConnection: close\r\n\
             Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n",
            server.address
        )
    };
    let yes = Answer::parse(&server.raw(ask("https://app.example.com")).await);
    assert_eq!((yes.status, yes.header("access-control-max-age")), (204, Some("7200")));
    assert_eq!(yes.header("access-control-allow-origin"), Some("https://app.example.com"));
    let no = Answer::parse(&server.raw(ask("https://app.example.com.evil.example")).await);
    assert_eq!((no.status, no.header("access-control-allow-origin")), (403, None));
    let refused = server.ask(HELLO, &["-Authorization", "Origin: https://app.example.com"]).await;
    assert_eq!(
        (refused.status, refused.header("access-control-allow-origin")),
        (401, Some("https://app.example.com"))
    );
}

#[tokio::test]
async fn a_proxy_is_believed_only_if_it_is_trusted() {
    let server = Server::with(
        |settings| settings.trusted_proxies.push("127.0.0.1/32".parse().expect("a network")),
        Quota::default(),
    );
    let plain = server.ask(HELLO, &["X-Forwarded-Proto: http", "X-Forwarded-For: 203.0.113.9"]).await;
    assert_eq!((plain.status, &plain.json()["error"]), (403, &json!("https_required")));
    let https =
        server.ask(HELLO, &["X-Forwarded-Proto: https", "X-Forwarded-For: 9.9.9.9, 203.0.113.9"]).await;
    assert_eq!(https.header("strict-transport-security"), Some("max-age=31536000"));
    let log = server.events("tool_called").await;
    assert!(log.contains(r#""peer":"203.0.113.9""#) && !log.contains("9.9.9.9"), "{log}");
    let untrusting = Server::start();
    let forged = untrusting.ask(HELLO, &["X-Forwarded-Proto: http", "X-Forwarded-For: 203.0.113.9"]).await;
    assert_eq!(forged.status, 200);
    assert!(!untrusting.events("tool_called").await.contains("203.0.113.9"));
}

#[tokio::test]
async fn beyond_the_limit_there_is_a_429_and_a_key_has_its_own_bucket() {
    let settings = crate::policy::quota::Settings::default();
    let server = Server::with(|_| (), Quota::new(&settings, Authentication::Required));
    let mut refused = 0;
    for _ in 0..150 {
        let health = server.get("/health", &[]).await;
        if health.status == 429 {
            assert!(health.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok()));
            refused += 1;
        }
    }
    assert!((40..=50).contains(&refused), "{refused}");
    assert_eq!(server.ask(HELLO, &[]).await.status, 200);
    server.events("rate_limit_exceeded").await;
}

#[tokio::test]
async fn who_guesses_keys_is_slowed_and_a_valid_key_is_not() {
    let server = Server::start();
    let mut last = 0;
    for _ in 0..20 {
        last = server.ask(HELLO, &["Authorization: Bearer wrong"]).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(server.ask(HELLO, &[]).await.status, 200);
}

#[tokio::test]
async fn one_address_has_its_share_of_connections() {
    let server = Server::start();
    let mut open = Vec::new();
    for _ in 0..limits::CONNECTIONS_PER_ADDRESS_MAX {
        open.push(server.connect().await);
    }
    sleep(Duration::from_millis(200)).await;
    let over = Answer::parse(&server.raw(server.post(HELLO, &[])).await);
    assert_eq!((over.status, over.header("retry-after")), (503, Some("1")));
    assert_eq!(over.header("x-content-type-options"), Some("nosniff"));
    drop(open);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(server.ask(HELLO, &[]).await.status, 200);
    server.events("too_many_connections").await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start();
    let mut requests = String::new();
    for id in 1..=50 {
        let last: &[&str] = if id == 50 { &[] } else { &["-Connection"] };
        requests += &server.post(&LIST.replacen(":1", &format!(":{id}"), 1), last);
    }
    let text = server.raw(requests).await;
    let ids: Vec<_> =
        text.match_indices("\"id\":").filter_map(|(at, _)| text[at + 5..].split(',').next()).collect();
    assert_eq!(ids, (1..=50).map(|id| id.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_body_that_does_not_come_is_cut_after_five_seconds() {
    let server = Server::start();
    let begun = Instant::now();
    let answer = Answer::parse(&server.raw(server.post("{", &["Content-Length: 1000"])).await);
    assert_eq!(answer.status, 408);
    assert!((4..8).contains(&begun.elapsed().as_secs()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_of_the_rust_sdk_is_served_in_both_eras() {
    let server = Server::start();
    for mode in [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ] {
        let config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", server.address))
            .auth_header(server.key.as_str());
        let transport = StreamableHttpClientTransport::from_config(config);
        let client = ().serve_with_lifecycle(transport, mode).await.expect("an agreement");
        let tools = client.list_all_tools().await.expect("tools");
        assert_eq!(tools.len(), 2);
        let hello = client.call_tool(CallToolRequestParams::new("hello_world")).await.expect("an answer");
        assert!(format!("{hello:?}").contains("Hello, World!"), "{hello:?}");
        let unknown = client.call_tool(CallToolRequestParams::new("nothing")).await;
        assert!(format!("{unknown:?}").contains("-32602"), "{unknown:?}");
        client.cancel().await.expect("an end");
    }
}

#[tokio::test]
async fn without_authentication_anyone_here_may_call() {
    let server = Server::with(|settings| settings.auth = false, Quota::default());
    for lines in [&["-Authorization"][..], &["Authorization: Bearer invalid-key"]] {
        assert_eq!(server.ask(HELLO, lines).await.status, 200);
    }
    assert_eq!(server.get("/security/events", &[]).await.status, 403, "the log takes a key even then");
}
