//! Calls under way, and how a connection ends.

use super::*;

#[test]
fn a_cancelled_call_is_over_within_100_ms_and_nothing_more_is_said_of_it() {
    let mut host = Host::greeted();
    let mut took = Vec::new();
    for id in ["a", "b"] {
        // The id may be used again afterwards.
        for _ in 0..3 {
            host.call(id, "hang", json!({}));
            assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 1));
            let since = Instant::now();
            host.say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
            assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 0));
            took.push(since.elapsed());
            host.hears_nothing_for(Duration::from_millis(20));
        }
    }
    took.sort_unstable();
    assert!(took[0] < limits::CANCEL_GRACE && took[took.len() - 1] < LOADED, "{took:?}");
    host.call("a", "hello_world", json!({}));
    assert_eq!(host.hear()["id"], "a");
    let (rest, _, took) = host.end();
    assert!(rest.is_empty() && took < LOADED);
}

#[test]
fn an_id_in_flight_is_not_taken_twice_and_free_after_its_answer() {
    let mut host = Host::greeted();
    host.call(1, "hang", json!({}));
    assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 1));
    host.call(1, "hello_world", json!({}));
    let refused = host.hear();
    assert_eq!((&refused["error"]["code"], refused.get("id")), (&json!(-32600), None));
    // Nor does a broken message with that id get an answer that could be mistaken for the call's.
    host.send(br#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#);
    let refused = host.hear();
    assert_eq!((&refused["error"]["code"], refused.get("id")), (&json!(-32601), None));
    host.call("1", "hello_world", json!({})); // another id
    assert_eq!(host.hear()["id"], "1");
    for _ in 0..100 {
        host.call(2, "hello_world", json!({}));
        assert_eq!(host.hear()["id"], 2);
    }
    assert_eq!(host.hanging.ever.load(Ordering::SeqCst), 1);
}

#[test]
fn a_hundred_hanging_calls_do_not_hold_the_end_for_3_s_and_are_answered() {
    let mut host = Host::greeted();
    for id in 0..100 {
        host.call(id, "hang", json!({}));
    }
    assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == limits::CALLS_PER_CALLER_MAX));
    host.say(&ping("still"));
    assert_eq!(host.hear()["id"], "still");
    let (rest, summary, took, log) = host.end_and_read();
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(log, vec!["tool_abandoned abandoned"; 100]);
    assert_eq!(rest.len(), 100);
    assert!(rest.iter().all(|line| line["result"]["isError"] == true));
    assert_eq!(summary.delivery, Delivery::Whole);
}

#[test]
fn an_idle_server_is_gone_with_its_input() {
    let host = Host::greeted();
    let (_, _, took) = host.end();
    assert!(took < LOADED, "{took:?}");
    let mut unfinished = Host::greeted();
    unfinished.write(br#"{"jsonrpc":"2.0","id":1,"#);
    let (rest, _, took) = unfinished.end();
    assert!(took < LOADED, "{took:?}");
    assert_eq!(rest[0]["error"]["code"], -32700);
}

#[test]
fn a_stop_ends_the_connection_though_the_input_stays_open() {
    let mut host = Host::greeted();
    host.call(1, "hang", json!({}));
    assert!(eventually(|| host.hanging.now.load(Ordering::SeqCst) == 1));
    host.tasks.stop();
    let since = Instant::now();
    let summary = host.server.join().unwrap();
    assert!(since.elapsed() < Duration::from_secs(3));
    assert_eq!(summary.ended, Ended::Stop);
}

#[test]
fn notices_come_before_their_answer_and_only_to_those_who_asked() {
    let mut host = Host::greeted();
    let mut asked = call(1, "steps", json!({}));
    asked["params"]["_meta"] = json!({ "progressToken": "p" });
    host.say(&asked);
    let mut heard = Vec::new();
    loop {
        let line = host.hear();
        if line["id"] == 1 {
            break;
        }
        heard.push(line["method"].as_str().unwrap().to_owned());
    }
    heard.sort();
    assert_eq!(heard, [["notifications/message"; 3], ["notifications/progress"; 3]].concat());
    host.say(
        &json!({ "jsonrpc": "2.0", "id": 2, "method": "logging/setLevel", "params": { "level": "error" } }),
    );
    assert_eq!(host.hear()["id"], 2);
    host.call(3, "steps", json!({}));
    assert_eq!(host.hear()["id"], 3);
    host.say(&modern(4, "tools/call", json!({ "name": "steps" })));
    assert_eq!(host.hear()["id"], 4);
}

#[test]
fn a_panic_ends_one_call_alone() {
    let mut host = Host::greeted();
    for id in 0..50 {
        host.call(id, "panics", json!({}));
        let said = host.hear();
        assert_eq!((&said["id"], &said["result"]["isError"]), (&json!(id), &json!(true)));
    }
    host.say(&ping("alive"));
    assert_eq!(host.hear()["id"], "alive");
}

#[test]
fn a_subscription_is_acknowledged_stays_open_and_is_completed() {
    let mut host = Host::new();
    let listen = |id: u64| {
        modern(id, "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }))
    };
    for id in 0..8 {
        host.say(&listen(id));
        let said = host.hear();
        assert_eq!(said["method"], "notifications/subscriptions/acknowledged");
        assert_eq!(said["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
        assert_eq!(said["params"]["notifications"], json!({}));
    }
    host.say(&listen(8));
    assert_eq!(host.hear()["error"]["code"], -32600);
    host.say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 0 } }));
    host.hears_nothing_for(Duration::from_millis(50));
    host.say(&listen(9));
    assert_eq!(host.hear()["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 9);
    let (rest, _, took) = host.end();
    assert!(took < LOADED, "{took:?}");
    assert_eq!(rest.len(), 8);
    assert!(rest.iter().all(|line| line["result"]["resultType"] == "complete"));
}

#[test]
fn a_large_last_reply_arrives_whole_however_late_it_is_read() {
    let Ends { mut stdin, stdout, server, log: _log, .. } = start();
    writeln!(stdin, "{}", hello("2025-11-25")).unwrap();
    writeln!(stdin, "{}", call(1, "big", json!({ "bytes": 400_000 }))).unwrap();
    drop(stdin);
    thread::sleep(Duration::from_secs(2));
    let lines: Vec<String> = BufReader::new(stdout).lines().map(Result::unwrap).collect();
    let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!(last["result"]["content"][0]["text"].as_str().unwrap().len(), 400_000);
    assert_eq!(server.join().unwrap().delivery, Delivery::Whole);
}

#[test]
fn an_unread_stdout_stops_the_reading_of_stdin_and_loses_nothing() {
    let Ends { mut stdin, stdout, server, log: _log, .. } = start();
    writeln!(stdin, "{}", hello("2025-11-25")).unwrap();
    let (sent, progress) = mpsc::channel();
    let writer = thread::spawn(move || {
        for id in 0..40_u64 {
            if id == 10 {
                thread::sleep(Duration::from_secs(3)); // until the first answers fill what waits
            }
            writeln!(stdin, "{}", call(id, "big", json!({ "bytes": 1_000_000 }))).unwrap();
            // So much that the pipe alone could not hold it.
            writeln!(stdin, "{}", " ".repeat(60_000)).unwrap();
            sent.send(id).unwrap();
        }
    });
    thread::sleep(Duration::from_millis(4_500));
    let read = progress.try_iter().count();
    assert!(read < 40, "all was read though nothing was taken");
    let mut ids: Vec<u64> = BufReader::new(stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
        .filter_map(|line| line["id"].as_u64())
        .collect();
    writer.join().unwrap();
    ids.sort_unstable();
    assert_eq!(ids, (0..40).collect::<Vec<_>>());
    assert_eq!(server.join().unwrap().delivery, Delivery::Whole);
}

#[test]
fn a_closed_stdout_ends_the_server_within_3_s_even_when_idle() {
    for is_busy in [false, true] {
        let Ends { mut stdin, stdout, server, log: _log, .. } = start();
        writeln!(stdin, "{}", hello("2025-11-25")).unwrap();
        if is_busy {
            writeln!(stdin, "{}", call(1, "hang", json!({}))).unwrap();
        }
        thread::sleep(Duration::from_millis(100));
        drop(stdout);
        let since = Instant::now();
        let summary = server.join().unwrap();
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
        assert_eq!((summary.ended, summary.delivery), (Ended::Output, Delivery::Closed));
    }
}

#[test]
fn a_start_error_is_the_answer_to_the_first_request() {
    let answered = |input: &str| {
        let (stdin, mut ours) = pipe().unwrap();
        ours.write_all(input.as_bytes()).unwrap();
        drop(ours);
        let mut out = Vec::new();
        answer_first_request(stdin, &mut out, "it does not start; hint: do this").unwrap();
        String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .collect::<Vec<_>>()
    };
    let notified = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let all = answered(&format!("noise\n{notified}\n{}\n{}\n", hello("2025-11-25"), ping(2)));
    assert_eq!(
        all,
        [
            json!({ "jsonrpc": "2.0", "id": "hs", "error": { "code": -32603, "message": "it does not start; hint: do this" } })
        ]
    );
    let probed = answered(&format!("{}\n{}", modern(1, "server/discover", json!({})), hello("2025-11-25")));
    assert_eq!(probed.len(), 2);
    assert!(answered("").is_empty());
}

#[test]
fn what_has_no_id_is_recorded_and_neither_run_nor_answered() {
    let mut host = Host::greeted();
    host.send(br#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"hang"}}"#);
    host.say(&ping(1));
    assert_eq!(host.hear()["id"], 1);
    assert_eq!(host.hanging.ever.load(Ordering::SeqCst), 0);
    assert_eq!(host.end_and_read().3, ["message_refused missing_id"]);
}

#[test]
fn a_host_that_only_looks_leaves_no_file() {
    let host = Host::greeted();
    assert!(host.end_and_read().3.is_empty());
}
