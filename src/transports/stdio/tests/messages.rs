//! Lines and messages, good and bad.

use super::*;

#[test]
fn each_older_version_shakes_hands() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut host = Host::new();
        host.say(&hello(version));
        assert_eq!(host.hear()["result"]["protocolVersion"], version);
        host.call(1, "hello_world", json!({}));
        assert_eq!(host.hear()["result"]["content"][0]["text"], "Hello, World!");
    }
}

#[test]
fn a_client_of_2026_needs_no_handshake() {
    let mut host = Host::new();
    host.say(&modern(1, "tools/list", json!({})));
    assert_eq!(host.hear()["result"]["resultType"], "complete");
    host.say(&modern(2, "server/discover", json!({})));
    assert_eq!(host.hear()["id"], 2);
    host.say(&modern(3, "tools/call", json!({ "name": "hello_world", "arguments": { "name": "Ada" } })));
    assert_eq!(host.hear()["result"]["content"][0]["text"], "Hello, Ada!");
}

#[test]
fn whatever_comes_first_the_connection_goes_on() {
    let mut host = Host::new();
    host.send(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    host.send(br#"{"jsonrpc":"2.0","id":9,"result":{}}"#);
    host.say(&ping(1));
    assert_eq!(host.hear(), json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    host.say(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
    assert_eq!(host.hear()["error"]["code"], -32602);
    host.say(&modern(3, "server/discover", json!({})));
    assert_eq!(host.hear()["id"], 3);
    host.say(&hello("2025-06-18"));
    assert_eq!(host.hear()["result"]["protocolVersion"], "2025-06-18");
    host.say(&json!({ "jsonrpc": "2.0", "id": 4, "method": "tools/list" }));
    assert!(host.hear()["result"].get("resultType").is_none());
    // A request that names its version is served in that, handshake or not.
    host.say(&modern(5, "tools/list", json!({})));
    assert_eq!(host.hear()["result"]["resultType"], "complete");
}

#[test]
fn requests_already_read_are_answered_when_the_input_ends() {
    for calls in [1_u64, 5, 20] {
        for _ in 0..20 {
            let mut host = Host::new();
            let mut all = hello("2025-11-25").to_string();
            for id in 1..=calls {
                all += "\n";
                all += &call(id, "hello_world", json!({})).to_string();
            }
            host.write(all.as_bytes()); // and no newline at the end
            let (said, summary, took) = host.end();
            let mut ids: Vec<Value> = said.into_iter().map(|line| line["id"].clone()).collect();
            assert_eq!(ids.remove(0), "hs");
            ids.sort_by_key(Value::as_u64);
            assert_eq!(ids, (1..=calls).map(Value::from).collect::<Vec<_>>());
            assert_eq!((summary.ended, summary.delivery), (Ended::Input, Delivery::Whole));
            assert_eq!(summary.counts, Counts { requests: calls + 1, refused: 0 });
            assert!(took < Duration::from_secs(3));
        }
    }
}

#[test]
fn a_malformed_line_gets_an_answer_and_costs_nothing_else() {
    let mut host = Host::greeted();
    host.send(br#"{"jsonrpc":"2.0","id":1,"method":"ping""#);
    host.send(b"hello there");
    host.say(&ping(2));
    host.send(br#"[{"jsonrpc":"2.0","id":3,"method":"ping"}]"#);
    host.say(&ping(4));
    let heard: Vec<(Value, Value)> =
        (0..5).map(|_| host.hear()).map(|line| (line["error"]["code"].clone(), line["id"].clone())).collect();
    assert_eq!(
        heard,
        [
            (json!(-32700), json!(1)),
            (json!(-32700), Value::Null),
            (Value::Null, json!(2)),
            (json!(-32600), Value::Null),
            (Value::Null, json!(4)),
        ]
    );
    let (rest, summary, _, log) = host.end_and_read();
    assert!(rest.is_empty());
    assert_eq!(summary.counts.refused, 3);
    assert_eq!(log, ["message_refused not_json", "message_refused not_json", "message_refused batch"]);
}

#[test]
fn a_byte_order_mark_before_the_first_message_is_read_past() {
    let mut host = Host::new();
    host.write(b"\xEF\xBB\xBF");
    host.say(&hello("2025-11-25"));
    assert_eq!(host.hear()["id"], "hs");
    host.write(b"\xEF\xBB\xBF");
    host.say(&ping(1));
    assert_eq!(host.hear()["error"]["code"], -32700);
}

#[test]
fn every_line_ending_and_every_split_is_understood() {
    let mut host = Host::greeted();
    let mut all = Vec::new();
    for (id, end) in [(1, "\n"), (2, "\r\n"), (3, "\r"), (4, "\n\n \r\n")] {
        all.extend_from_slice(ping(id).to_string().as_bytes());
        all.extend_from_slice(end.as_bytes());
    }
    for byte in &all {
        host.write(&[*byte]);
    }
    for id in 1..=4 {
        assert_eq!(host.hear()["id"], id);
    }
    host.write(&b"\n".repeat(1_000_000));
    host.say(&ping(5));
    assert_eq!(host.hear()["id"], 5);
}

#[test]
fn ten_thousand_messages_in_one_write_are_all_answered() {
    let mut host = Host::greeted();
    let all: String = (0..10_000).map(|id| ping(id).to_string() + "\n").collect();
    let mut stdin = host.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        stdin.write_all(all.as_bytes()).unwrap();
        stdin
    });
    for id in 0..10_000 {
        assert_eq!(host.hear()["id"], id);
    }
    host.stdin = Some(writer.join().unwrap());
    assert!(host.end().2 < LOADED);
}

#[test]
fn a_message_over_the_bound_is_refused_with_its_id_and_the_next_is_answered() {
    let mut host = Host::greeted();
    let text = "x".repeat(3 * limits::MESSAGE_BYTES_MAX);
    host.call("big", "hello_world", json!({ "name": text }));
    let heard = host.hear();
    assert_eq!((&heard["error"]["code"], &heard["id"]), (&json!(-32600), &json!("big")));
    host.say(&ping(1));
    assert_eq!(host.hear()["id"], 1);
}

#[test]
fn noise_is_answered_ten_times_a_second_at_most() {
    let mut host = Host::greeted();
    let since = Instant::now();
    let mut noise = Vec::new();
    let mut state = 1_u64;
    while noise.len() < 8 << 20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.extend_from_slice(&state.to_be_bytes());
    }
    host.write(&noise);
    host.write(b"\n");
    host.say(&ping(1));
    let mut errors = 0;
    while host.hear()["id"] != 1 {
        errors += 1;
    }
    let seconds = usize::try_from(since.elapsed().as_secs()).unwrap() + 1;
    assert!((1..=10 * seconds).contains(&errors), "{errors} errors in {seconds} s");
    let (_, summary, _, log) = host.end_and_read();
    assert!(summary.counts.refused > 1_000);
    assert!(log.len() <= 25 * seconds, "{} events", log.len());
}
