//! Lines that come in, and the end of them.

use std::{
    io::{Read, Write},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{Answer, Place, initialize},
    host::{ANY_END, ERA, IDLE_END, MEMORY_KIB_MAX, answers, conversation, files_beneath, fixture, spawn},
};

// --- the end of the input ---------------------------------------------------

#[test]
fn requests_already_read_are_answered_when_the_input_ends() {
    let place = Place::new();
    let root = place.write("notes/a.txt", "hi\n").parent().unwrap().to_owned();
    for round in 0..20 {
        for count in [1, 5, 20] {
            let calls: Vec<_> =
                (1..=count).map(|id| ERA.call(id, "read_text_file", json!({ "path": "a.txt" }))).collect();
            let mut server = place.stdio(&["--root", root.to_str().unwrap()]);
            server.send_bytes(&conversation(&calls));
            let since = Instant::now();
            let (status, answers) = server.finish();
            assert!(status.success() && since.elapsed() < ANY_END, "{status} after {:?}", since.elapsed());
            assert_eq!(answers.len(), count + 1, "round {round}: {answers:#?}");
            let mut ids: Vec<_> = answers.iter().map(|answer| answer["id"].clone()).collect();
            assert_eq!(ids.remove(0), "hs");
            ids.sort_by_key(Value::as_u64);
            assert_eq!(ids, (1..=count).map(Value::from).collect::<Vec<_>>());
            assert!(answers[1..].iter().all(|answer| answer["result"]["content"][0]["text"] == "hi\n"));
        }
    }
}

#[test]
fn an_idle_server_goes_with_its_input() {
    let place = Place::with_fixture_tools();
    // Before a word, after the handshake, in the middle of a line.
    for said in [&b""[..], &conversation(&[]), br#"{"jsonrpc":"2.0","id":1,"#] {
        let mut server = place.stdio(&[]);
        server.send_bytes(said);
        if said.ends_with(b"\n") {
            server.answer_to("hs");
        }
        server.close();
        let status = server.process().wait_within(IDLE_END);
        assert!(status.success());
        let (_, rest) = server.finish();
        if !said.is_empty() && !said.ends_with(b"\n") {
            Answer(rest[0].clone()).is_error(-32700).has_id(1);
        }
    }
}

#[test]
fn the_last_message_needs_no_newline() {
    let place = Place::with_fixture_tools();
    let mut server = place.stdio(&[]);
    server.send_bytes(conversation(&[ERA.call(1, "echo", json!({ "text": "last" }))]).trim_ascii_end());
    let (status, rest) = server.finish();
    assert!(status.success());
    Answer(rest[1].clone()).has_id(1).says("last");
}

#[test]
fn a_hundred_hanging_calls_do_not_hold_up_the_end_and_are_answered_and_recorded() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for id in 0..100 {
        server.send(&ERA.call(id, "hang", json!({})));
    }
    server.close();
    let status = server.process().wait_within(ANY_END);
    assert!(status.success());
    let (_, rest) = server.finish();
    assert_eq!(answers(rest).len(), 100);
    assert_eq!(place.events_named("tool_abandoned").len(), 100);
    assert_eq!(place.events().last().unwrap()["event"], "server_stopped");
}

#[test]
fn tools_that_no_one_can_stop_do_not_hold_up_the_end() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for id in 0..3 {
        server.send(&ERA.call(id, "spin", json!({ "millis": 60_000 })));
        server.send(&ERA.call(10 + id, "block", json!({ "millis": 60_000 })));
    }
    server.close();
    assert!(server.process().wait_within(ANY_END).success());
    assert_eq!(answers(server.finish().1).len(), 6);
}

#[test]
fn a_large_last_reply_arrives_whole_however_late_it_is_read() {
    let place = Place::new();
    let line = format!("{}\n", "x".repeat(199));
    let root = place.write("notes/big.txt", line.repeat(2_000)).parent().unwrap().to_owned();
    let mut child = spawn(place.command(&["serve", "--root", root.to_str().unwrap()]));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&conversation(&[ERA.call(1, "read_text_file", json!({ "path": "big.txt" }))])).unwrap();
    drop(stdin);
    thread::sleep(Duration::from_secs(2));
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success());
    let last = Answer(serde_json::from_str(said.lines().last().unwrap()).unwrap());
    // Cut where every result is, with a note that says how to go on.
    let text = last.has_id(1).text();
    assert!(text.len() > 100_000 && text.lines().all(|line| line.len() == 199), "{}", text.len());
    assert!(last.0["result"]["content"][1]["text"].as_str().unwrap().contains("offset"));
}

// --- lines ------------------------------------------------------------------

#[test]
fn a_malformed_line_gets_an_answer_and_costs_nothing_else() {
    let place = Place::new();
    let mut server = place.stdio(&[]).open(ERA);
    server.send_bytes(
        br#"{"jsonrpc":"2.0","id":1,"method":"ping"
hello there
{"jsonrpc":"2.0","id":2,"method":"ping"}
[{"jsonrpc":"2.0","id":3,"method":"ping"}]
{"jsonrpc":"2.0","id":4,"method":"ping"}
"#,
    );
    let said: Vec<_> = (0..5).map(|_| server.receive()).collect();
    let codes: Vec<_> =
        said.iter().map(|one| (one["error"]["code"].as_i64(), one.get("id").cloned())).collect();
    assert_eq!(
        codes,
        [
            (Some(-32700), Some(json!(1))),
            (Some(-32700), None),
            (None, Some(json!(2))),
            (Some(-32600), None),
            (None, Some(json!(4))),
        ]
    );
    let (status, rest) = server.finish();
    assert!(status.success() && rest.is_empty());
    assert_eq!(place.events_named("message_refused").len(), 3);
}

#[test]
fn a_byte_order_mark_before_the_first_message_is_read_past() {
    let place = Place::new();
    let mut server = place.stdio(&[]);
    server.send_bytes(format!("\u{feff}{}\n", initialize(1)).as_bytes());
    let first = server.receive_within(Duration::from_secs(10)).unwrap();
    Answer(first).has_id(1).result();
}

#[test]
fn lines_may_end_in_any_way_and_arrive_in_any_pieces() {
    let place = Place::with_fixture_tools();
    for end in ["\n", "\r\n", "\r", "\n\n\r\n \t \n"] {
        let mut server = fixture(&place);
        for id in 0..3 {
            for byte in format!("{}{end}", ERA.request(id, "ping", Value::Null)).bytes() {
                server.send_bytes(&[byte]);
                thread::sleep(Duration::from_micros(200));
            }
            server.answer_to(id).result();
        }
        assert!(server.finish().0.success());
    }
    let mut server = fixture(&place);
    server.send_bytes(&b"\n".repeat(1_000_000));
    server.call(ERA, "echo", json!({ "text": "after a million blank lines" })).text();
}

#[test]
fn ten_thousand_messages_in_one_write_are_all_answered() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    let all: String = (0..10_000).map(|id| format!("{}\n", ERA.request(id, "ping", Value::Null))).collect();
    server.send_bytes(all.as_bytes());
    let (status, rest) = server.finish();
    assert!(status.success());
    assert_eq!(rest.len(), 10_000);
    assert!(rest.iter().enumerate().all(|(at, answer)| answer["id"] == at));
}

#[test]
fn a_flood_of_noise_is_survived_and_costs_one_aggregated_event_a_second() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    let mut noise = Vec::with_capacity(1 << 20);
    let mut state = 88_172_645_463_325_252_u64;
    while noise.len() < 1 << 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    let since = Instant::now();
    for _ in 0..if std::env::var_os("FULL").is_some() { 100 } else { 8 } {
        server.send_bytes(&noise);
    }
    server.send_bytes(b"\n");
    server.call(ERA, "echo", json!({ "text": "alive" })).says("alive");
    let seconds = usize::try_from(since.elapsed().as_secs()).unwrap() + 2;
    assert!(server.process().status("VmHWM") < MEMORY_KIB_MAX);
    let (status, rest) = server.finish();
    assert!(status.success());
    assert!(rest.len() <= 10 * seconds, "{} answers in {seconds} s", rest.len());
    let written: u64 = files_beneath(&place.events_dir()).iter().map(|(_, bytes, _)| bytes).sum();
    assert!(written < 1 << 20, "{written} bytes of events");
    let folded: u64 = place
        .events_named("refusals_folded")
        .iter()
        .filter_map(|event| event["details"]["count"].as_u64())
        .sum();
    assert!(folded > 1_000, "{folded}: {:#?}", place.events_named("refusals_folded").first());
}
