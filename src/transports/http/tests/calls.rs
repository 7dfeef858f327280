//! Calls under way: streams, clients that go away, and a stop.

use super::*;

fn slow(millis: u64, steps: u32) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "slow", "arguments": { "millis": millis, "steps": steps }, "_meta": { "progressToken": "t" },
    }})
    .to_string()
}

#[tokio::test]
async fn a_call_that_reports_progress_is_a_stream_for_who_reads_streams() {
    let server = Server::start();
    let answer = server.ask(&slow(10, 3), &[]).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let messages: Vec<Value> = answer
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    assert_eq!(messages.len(), 4, "{answer:?}");
    for (message, done) in messages.iter().zip([1.0, 2.0, 3.0]) {
        assert_eq!(message["method"], "notifications/progress");
        assert_eq!(
            (&message["params"]["progressToken"], &message["params"]["progress"]),
            (&json!("t"), &json!(done))
        );
    }
    assert_eq!(messages[3]["result"]["content"][0]["text"], "done");
    let json_only = server.ask(&slow(10, 3), &["Accept: application/json"]).await;
    assert_eq!(json_only.json()["result"]["content"][0]["text"], "done");
    let silent = server.ask(&slow(10, 0), &[]).await;
    assert_eq!(silent.header("content-type"), Some("application/json"));
    let stream_only = server.ask(HELLO, &["Accept: text/event-stream"]).await;
    assert!(stream_only.body.contains("data: {") && stream_only.body.contains("Hello, World!"));
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_call() {
    let server = Server::start();
    for (body, begun) in [(slow(60_000, 1), Some("notifications/progress")), (slow(60_000, 0), None)] {
        let before = server.cancelled.load(Ordering::SeqCst);
        let mut stream = server.connect().await;
        stream.write_all(server.post(&body, &[]).as_bytes()).await.expect("sent");
        match begun {
            Some(begun) => drop(read_until(&mut stream, begun).await),
            None => sleep(Duration::from_millis(100)).await,
        }
        drop(stream);
        let gone = Instant::now();
        while server.cancelled.load(Ordering::SeqCst) == before {
            assert!(gone.elapsed() < Duration::from_secs(1), "{body} still runs");
            sleep(Duration::from_millis(5)).await;
        }
    }
    server.events("tool_abandoned").await;
}

#[tokio::test]
async fn a_client_that_breaks_off_anywhere_leaves_nothing_behind() {
    let server = Server::start();
    let request = server.post(HELLO, &[]);
    for cut in 0..=request.len() {
        let mut stream = server.connect().await;
        stream.write_all(&request.as_bytes()[..cut]).await.expect("sent");
        if cut % 16 == 0 {
            sleep(Duration::from_millis(2)).await; // or the cap on connections answers instead
        }
    }
    for _ in 0..100 {
        let health = server.get("/health", &[&server.bearer()]).await.json();
        if (&health["connections"], &health["callsInFlight"]) == (&json!(1), &json!(0)) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("something is left");
}

#[tokio::test]
async fn a_subscription_is_acknowledged_and_ends_with_the_server() {
    let server = Server::start();
    let body = new_era("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
    let lines = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: subscriptions/listen"];
    let mut stream = server.connect().await;
    stream.write_all(server.post(&body, &lines).as_bytes()).await.expect("sent");
    read_until(&mut stream, "notifications/subscriptions/acknowledged").await;
    let refused = server.ask(&body, &[&lines[..], &["Accept: application/json"]].concat()).await;
    assert_eq!(refused.status, 406);
    let stopped = server.stop();
    let (rest, stopped) = tokio::join!(read_all(&mut stream), stopped);
    assert!(rest.contains(r#""id":7"#) && rest.ends_with("0\r\n\r\n"), "{rest:?}");
    assert_eq!(stopped, Stopped::default());
}

#[tokio::test]
async fn calls_in_flight_are_answered_when_the_server_stops() {
    let server = Server::start();
    let mut stream = server.connect().await;
    stream.write_all(server.post(&slow(400, 0), &["-Connection"]).as_bytes()).await.expect("sent");
    let _idle = server.connect().await;
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    let (text, stopped) = tokio::join!(read_all(&mut stream), server.stop());
    assert!(text.contains("done"), "{text}");
    assert_eq!(stopped, Stopped { finished: 1, abandoned: 0 });
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_client_that_sends_half_a_request_does_not_hold_up_a_stop() {
    let server = Server::start();
    let mut stream = server.connect().await;
    stream.write_all(b"POST /mcp HTTP/1.1\r\nHost:").await.expect("sent");
    sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    assert_eq!(server.stop().await, Stopped::default());
    assert!(begun.elapsed() < Duration::from_secs(3));
}
