//! The stdio door as hosts and systems use it, and misuse it.
//!
//! What is sent is in `tests/both_doors.rs`; here it is how: pipes that are cut,
//! full or never read, descriptors that are closed, tools that hang, panic or
//! print. Each test waits for the end with a guard of ten times what the end
//! may take on a quiet machine. `FULL=1` sends 100 MB of noise instead of 8.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failed step of a test is a panic, brevity counts, and a test looks at files"
)]

mod common;

use std::{
    collections::HashSet,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::{Answer, Era, PATIENCE, Place, StdioServer, UNLIMITED, initialize};
use serde_json::{Value, json};

const ERA: Era = Era::Handshake;

/// The end of an idle server: ten times 200 ms.
const IDLE_END: Duration = Duration::from_secs(2);
/// Ten times the 3 s within which every end comes is longer than anybody waits.
const ANY_END: Duration = Duration::from_secs(10);
/// What a server may use, whatever is done to it, in KiB.
const MEMORY_KIB_MAX: u64 = 64 << 10;

fn fixture(place: &Place) -> StdioServer {
    StdioServer::start(place, &[], &[UNLIMITED]).open(ERA)
}

/// Everything that one client says, to be written at once.
fn conversation(messages: &[Value]) -> Vec<u8> {
    let lines = [initialize("hs")].into_iter().chain(messages.iter().cloned());
    lines.map(|message| format!("{message}\n")).collect::<String>().into_bytes()
}

/// Waits until `count` calls have told that they are under way.
#[track_caller]
fn await_running(server: &mut StdioServer, count: usize) {
    for _ in 0..count {
        let message = server.receive();
        assert_eq!(message["params"]["data"], "begun", "{message}");
    }
}

/// The answers among messages.
fn answers(messages: Vec<Value>) -> Vec<Value> {
    messages.into_iter().filter(|message| message["method"].is_null()).collect()
}

fn cancel(server: &mut StdioServer, id: impl Into<Value>) {
    let params = json!({ "requestId": id.into() });
    server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
}

// --- what reaches stdout ----------------------------------------------------

#[test]
fn nothing_but_json_rpc_reaches_stdout_whatever_is_logged_printed_or_broken() {
    for verbosity in [&["-vv"][..], &["-q"], &[]] {
        let place = Place::with_fixture_tools();
        let variables = [UNLIMITED, ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
        let mut server = StdioServer::start(&place, verbosity, &variables).open(ERA);
        server.call(ERA, "print", json!({})).says("printed");
        for mode in ["async", "blocking", "in_drop", "locked"] {
            server.call(ERA, "panic", json!({ "mode": mode })).fails_with("the tool failed unexpectedly");
        }
        server.send_bytes(b"noise\n[]\n{\"jsonrpc\":\"2.0\"}\n");
        server.call(ERA, "echo", json!({ "path": "../x" })).fails_with("`path`");
        server.call(ERA, "progress", json!({ "steps": 5, "millis": 0 })).says("done");
        server.ask(ERA, "tools/list", Value::Null).result();
        let said = server.process().stderr();
        assert!(said.contains("printed by println") && said.contains("printed to descriptor 1"), "{said}");
        // What is left are the three errors and the log messages; every line was JSON, or the harness had failed.
        let (status, rest) = server.finish();
        assert!(status.success());
        for message in rest {
            assert_eq!(message["jsonrpc"], "2.0", "{message}");
            assert!(message["error"].is_object() || message["method"].is_string(), "{message}");
            assert!(
                message["method"].is_null() || message.get("id").is_none(),
                "a server never asks: {message}"
            );
        }
    }
}

#[test]
fn a_result_is_one_line_whatever_line_breaks_it_holds() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for text in
        ["a\nb", "a\rb", "a\r\nb", "\u{2028}\u{2029}\u{85}\u{b}\u{c}", "\n\n\n", "\0\u{1b}[2J\u{7f}\u{feff}"]
    {
        server.call(ERA, "echo", json!({ "text": text })).says(text);
    }
    let (status, rest) = server.finish();
    assert!(status.success() && rest.is_empty());
}

#[test]
fn the_causes_of_a_panic_are_for_the_operator_alone() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    server.call(ERA, "panic", json!({ "mode": "async" })).never_mentions("secret").never_mentions(".rs");
    let events = place.events_named("tool_execution_failed");
    assert_eq!((events.len(), &events[0]["code"]), (1, &json!("panicked")));
}

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
    for _ in 0..if env::var_os("FULL").is_some() { 100 } else { 8 } {
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

// --- calls that hang, panic or hand in too much ------------------------------

#[test]
fn a_cancelled_call_is_over_and_nothing_more_is_said_of_it() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for (tool, arguments) in [
        ("hang", json!({})),
        ("panic", json!({ "mode": "when_cancelled" })),
        ("slow_write", json!({ "millis": 60_000 })),
    ] {
        for round in 0..3 {
            let before = place.events_named("tool_abandoned").len();
            server.send(&ERA.call("cancelled", tool, arguments.clone()));
            await_running(&mut server, 1);
            let since = Instant::now();
            cancel(&mut server, "cancelled");
            assert_eq!(place.await_events("tool_abandoned", before + 1).len(), before + 1);
            assert!(since.elapsed() < Duration::from_secs(1), "{tool} {round}: {:?}", since.elapsed());
            // The id is free again, and the answer to it is that of the new call.
            server.send(&ERA.call("cancelled", "echo", json!({ "text": "new" })));
            server.answer_to("cancelled").says("new");
        }
    }
    assert_eq!(place.events_named("tool_started").len(), 3, "one for each write that began");
    let (status, rest) = server.finish();
    assert!(status.success() && rest.is_empty(), "{rest:?}");
}

#[test]
fn a_thousand_panics_in_a_row_end_one_call_each_and_leave_nothing_behind() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    let panic = |server: &mut StdioServer, count: usize| {
        for mode in ["async", "blocking", "in_drop", "locked"].into_iter().cycle().take(count) {
            server
                .call(ERA, "panic", json!({ "mode": mode }))
                .fails_with("the tool failed unexpectedly (panicked, call ");
        }
    };
    panic(&mut server, 200);
    let before = (server.process().status("VmRSS"), descriptors(server.process().pid()).len());
    panic(&mut server, 800);
    let after = (server.process().status("VmRSS"), descriptors(server.process().pid()).len());
    assert!(after.0 < before.0 + (8 << 10) && after.1 == before.1, "{before:?} {after:?}");
    assert!(server.process().status("Threads") < 64);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert_eq!(place.events_named("tool_execution_failed").len(), 1_000);
}

#[test]
fn a_panic_inside_a_panic_ends_the_process_and_the_next_one_starts_clean() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    server.send(&ERA.call("twice", "panic", json!({ "mode": "twice" })));
    assert!(!server.process().wait_within(ANY_END).success());
    let mut server = fixture(&place);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
    assert_eq!(place.events_named("tool_called").len(), 2);
    assert_eq!(place.events_named("events_recovered").len(), 1);
}

/// The one test that waits for the deadline; it does so for all kinds of hanging at once.
#[test]
fn a_call_that_hangs_is_ended_after_30_s_and_the_others_do_not_notice() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    let since = Instant::now();
    let hanging = [
        ("hang", "hang", json!({})),
        ("spin", "spin", json!({ "millis": 40_000 })),
        ("block", "block", json!({ "millis": 40_000 })),
    ];
    for (id, tool, arguments) in &hanging {
        server.send(&ERA.call(*id, tool, arguments.clone()));
    }
    // Progress holds the deadline off.
    server.send(&ERA.call("progress", "progress", json!({ "steps": 35, "millis": 1_000 })));
    while since.elapsed() < Duration::from_secs(28) {
        let asked = Instant::now();
        server.call(ERA, "hello_world", json!({})).says("Hello, World!");
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        thread::sleep(Duration::from_millis(500));
    }
    for (id, ..) in &hanging {
        server.answer_to(*id).fails_with("the tool took longer than 30 s and was stopped");
        assert!(since.elapsed() >= Duration::from_secs(30));
    }
    server.answer_to("progress").says("done");
    let ended = place.events_named("tool_execution_failed");
    assert_eq!(ended.len(), 3);
    assert!(ended.iter().all(|event| event["code"] == "deadline"));
    server.close();
    assert!(server.process().wait_within(ANY_END).success());
}

#[test]
fn a_tool_whose_runs_do_not_end_is_switched_off_and_the_others_work_on() {
    for (tool, other) in [("spin", "block"), ("block", "spin")] {
        let place = Place::with_fixture_tools();
        let mut server = fixture(&place);
        for id in 0..8 {
            server.send(&ERA.call(format!("runs {id}"), tool, json!({ "millis": 8_000 })));
        }
        await_running(&mut server, 8);
        server.call(ERA, "hello_world", json!({})).says("Hello, World!");
        for id in 0..8 {
            cancel(&mut server, format!("runs {id}"));
        }
        place.await_events("tool_abandoned", 8);
        // Those that still run are counted a moment after their calls are over.
        let deadline = Instant::now() + PATIENCE;
        let refused = loop {
            let answer = server.call(ERA, tool, json!({ "millis": 0 }));
            if answer.0["result"]["isError"] == true {
                break answer;
            }
            assert!(Instant::now() < deadline, "{tool} is still on");
        };
        refused.fails_with("this tool is switched off").fails_with("(tool_disabled)");
        server.call(ERA, other, json!({ "millis": 0 })).text();
        server.call(ERA, "hello_world", json!({})).says("Hello, World!");
        let failed = place.events_named("tool_execution_failed");
        assert!(failed.iter().all(|event| event["code"] == "tool_disabled"), "{failed:#?}");
        server.close();
        assert!(server.process().wait_within(ANY_END).success());
    }
}

#[test]
fn sixteen_calls_run_the_others_wait_5_s_and_pings_and_cancels_pass_them() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    let since = Instant::now();
    for id in 0..16 {
        server.send(&ERA.call(format!("hangs {id}"), "hang", json!({})));
    }
    await_running(&mut server, 16);
    // More than may be in flight at all: what is read beyond it waits in the pipe.
    for id in 0..284 {
        server.send(&ERA.call(format!("waits {id}"), "canary", json!({})));
    }
    for id in 0..184 {
        server
            .answer_to(format!("waits {id}"))
            .fails_with("too many calls at once")
            .fails_with("(too_many_calls)");
        assert!(since.elapsed() > Duration::from_secs(4), "not without having waited");
    }
    cancel(&mut server, "hangs 0");
    server.call(ERA, "echo", json!({ "text": "a seat came free" })).says("a seat came free");
    let refused = place.events_named("rate_limit_exceeded");
    assert!(refused.len() >= 184 && refused.iter().all(|event| event["code"] == "too_many_calls"));
    server.close();
    assert!(server.process().wait_within(ANY_END).success());
}

#[test]
fn a_waiting_call_can_be_cancelled_and_a_ping_is_answered_at_once() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for id in 0..16 {
        server.send(&ERA.call(format!("hangs {id}"), "hang", json!({})));
    }
    await_running(&mut server, 16);
    server.send(&ERA.call("waits", "canary", json!({})));
    let since = Instant::now();
    server.ask(ERA, "ping", Value::Null).result();
    cancel(&mut server, "waits");
    place.await_events("tool_abandoned", 1);
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    cancel(&mut server, "hangs 3");
    place.await_events("tool_abandoned", 2);
    server.call(ERA, "canary", json!({})).says("1");
}

#[test]
fn a_huge_result_is_cut_and_costs_no_memory() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for (shape, count) in [
        ("text", 1_000_000_000),
        ("blocks", 1_000_000),
        ("notes", 1_000_000),
        ("images", 100),
        ("link", 1_000_000_000),
    ] {
        let since = Instant::now();
        let answer = server.call(ERA, "huge", json!({ "shape": shape, "count": count }));
        assert!(since.elapsed() < Duration::from_secs(10), "{shape}: {:?}", since.elapsed());
        let blocks = answer.result()["content"].as_array().unwrap();
        let note = blocks.last().unwrap()["text"].as_str().unwrap();
        assert!(note.contains("[truncated: ") && note.len() < 20_000, "{shape}: {note}");
        let text: usize = blocks.iter().filter_map(|block| block["text"].as_str()).map(str::len).sum();
        assert!(
            blocks.len() <= 1_001 && text < (1 << 20) + 20_000,
            "{shape}: {} blocks, {text} bytes",
            blocks.len()
        );
    }
    let memory = server.process().status("VmHWM");
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB");
    assert_eq!(place.events_named("output_withheld").len(), 5);
}

// --- pipes ------------------------------------------------------------------

#[test]
fn a_closed_stdout_ends_the_server_whether_it_is_idle_or_busy() {
    for said in [conversation(&[]), conversation(&[ERA.call(1, "hang", json!({}))])] {
        let place = Place::with_fixture_tools();
        let mut child = spawn(place.command(&["serve"]));
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&said).unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        drop(stdout);
        let status = ends(&mut child, ANY_END);
        assert!(status.code().is_some(), "killed by a signal: {status}");
        if place.events().iter().any(|event| event["event"] == "server_started") {
            assert_eq!(place.events().last().unwrap()["event"], "server_stopped");
        }
        drop(stdin);
    }
}

#[test]
fn an_unread_stdout_costs_a_bounded_amount_of_memory_and_loses_nothing() {
    let place = Place::with_fixture_tools();
    let mut command = place.command(&["serve"]);
    command.env(UNLIMITED.0, UNLIMITED.1);
    let mut child = spawn(command);
    let mut stdin = child.stdin.take().unwrap();
    let text = "x".repeat(500_000);
    let count = 200;
    let writer = thread::spawn(move || {
        stdin.write_all(&conversation(&[])).unwrap();
        for id in 0..count {
            writeln!(stdin, "{}", ERA.call(id, "echo", json!({ "text": text }))).unwrap();
        }
    });
    thread::sleep(Duration::from_secs(3));
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap()
        .trim()
        .split(' ')
        .next()
        .unwrap();
    assert!(!writer.is_finished(), "all was read though nothing was taken");
    assert!(peak.parse::<u64>().unwrap() < MEMORY_KIB_MAX, "{peak} KiB");
    let mut ids = HashSet::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let answer: Value = serde_json::from_str(&line.unwrap()).unwrap();
        ids.extend(answer["id"].as_u64());
    }
    writer.join().unwrap();
    assert_eq!(ids.len(), count);
    assert!(ends(&mut child, ANY_END).success());
}

#[test]
fn a_reader_of_single_bytes_gets_all_of_them() {
    let place = Place::with_fixture_tools();
    let mut child = spawn(place.command(&["serve"]));
    let mut stdin = child.stdin.take().unwrap();
    let text = "x".repeat(100_000);
    stdin.write_all(&conversation(&[ERA.call(1, "echo", json!({ "text": text }))])).unwrap();
    drop(stdin);
    let mut stdout = child.stdout.take().unwrap();
    let (mut all, mut byte) = (Vec::new(), [0]);
    while stdout.read(&mut byte).unwrap() == 1 {
        all.push(byte[0]);
    }
    let last = all.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap();
    Answer(serde_json::from_slice(last).unwrap()).says(&text);
    assert!(ends(&mut child, ANY_END).success());
}

#[test]
fn a_server_whose_stderr_is_closed_full_or_gone_works_all_the_same() {
    let place = Place::with_fixture_tools();
    for preparation in ["exec 2>&-", "exec 2>/dev/full", "exec 2> >(exec sleep 0)", ""] {
        let mut command = place.command_after(preparation, &["serve", "-vv"]);
        command.env(UNLIMITED.0, UNLIMITED.1).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Without a preparation: a pipe that nobody reads.
        command.stderr(if preparation.is_empty() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let calls: Vec<_> = (0..1_000).map(|id| ERA.call(id, "print", json!({}))).collect();
        let writer = thread::spawn(move || stdin.write_all(&conversation(&calls)).unwrap());
        let answers = BufReader::new(child.stdout.take().unwrap()).lines().count();
        writer.join().unwrap();
        assert_eq!(answers, 1_001, "{preparation}");
        assert!(ends(&mut child, ANY_END).success(), "{preparation}");
    }
}

// --- how it is started ------------------------------------------------------

#[test]
fn a_closed_descriptor_is_a_start_error_or_none_at_all() {
    for closed in ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-", "2>&-"] {
        let place = Place::new();
        let mut command = place.command_after(&format!("exec {closed}"), &["serve"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It may have ended already.
        let _ = stdin.write_all(&conversation(&[ERA.call(1, "hello_world", json!({}))]));
        drop(stdin);
        let status = ends(&mut child, ANY_END);
        assert!(status.code().is_some(), "{closed}: {status}");
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        if closed == "2>&-" {
            assert_eq!(said.lines().count(), 2, "{said}");
        } else {
            assert!(said.is_empty(), "{closed}: {said}");
        }
        // Nothing of the protocol, and no event, went into a file that happened to get its number.
        for (path, ..) in files_beneath(place.path()) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("\"jsonrpc\""), "{closed}: {path}: {text}");
        }
    }
}

#[test]
fn a_thousand_inherited_descriptors_do_no_harm() {
    let place = Place::new();
    let open = "ulimit -n 4096; for n in $(seq 10 1010); do eval \"exec $n</dev/null\"; done";
    let mut server = StdioServer::spawn(place.command_after(open, &["serve"])).open(ERA);
    assert!(descriptors(server.process().pid()).len() > 1_000);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
}

#[test]
fn without_a_home_or_any_environment_it_serves_or_says_what_to_set() {
    for variables in [&[][..], &["PATH"], &["PATH", "MCP_SERVER_EVENTS_DIR"]] {
        let place = Place::new();
        let mut command = place.command(&["serve"]);
        // The account this runs under may have a home: nothing may be left there.
        let events = command
            .get_envs()
            .find(|(name, _)| *name == "MCP_SERVER_EVENTS_DIR")
            .unwrap()
            .1
            .unwrap()
            .to_owned();
        let state = place.dir("account");
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in variables {
            match *name {
                "PATH" => command.env("PATH", "/usr/bin:/bin"),
                _ => command.env("MCP_SERVER_EVENTS_DIR", &events),
            };
        }
        if variables.len() < 2 {
            // Nothing is recorded without a call, so nothing is written either.
            command.current_dir(&state);
        }
        let mut server = StdioServer::spawn(command);
        server.send(&initialize("hs"));
        let answer = server.answer_to("hs");
        if let Some(says) = answer.0["error"]["message"].as_str() {
            assert!(says.contains("hint"), "{says}");
        } else {
            server.ask(ERA, "tools/list", Value::Null).result();
        }
        assert!(files_beneath(&state).is_empty());
    }
}

#[test]
fn an_argument_that_is_no_text_is_refused_or_taken_and_never_a_crash() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--root"]);
    command.arg(std::ffi::OsStr::from_bytes(b"/tmp/\xFF\xFE")).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 2)), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn a_working_directory_that_is_gone_does_not_matter() {
    let place = Place::new();
    let gone = place.dir("gone");
    let leave = format!("cd {0}; rmdir {0}", gone.display());
    let mut server = StdioServer::spawn(place.command_after(&leave, &["serve"])).open(ERA);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
}

#[test]
fn whatever_it_writes_is_the_owners_alone_under_any_umask() {
    let place = Place::new();
    let mut server = StdioServer::spawn(place.command_after("umask 000", &["serve", "-vv"])).open(ERA);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
    let mut seen = 0;
    for dir in [place.events_dir(), place.path().join("state")] {
        for (path, _, mode) in files_beneath(&dir) {
            assert_eq!(mode & 0o777, 0o600, "{path}");
            let parent = fs::metadata(Path::new(&path).parent().unwrap()).unwrap().permissions().mode();
            assert_eq!(parent & 0o777, 0o700, "{path}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "the log and the diagnostics: {seen}");
}

#[test]
fn a_start_refusal_is_the_answer_to_the_first_request_and_exit_2() {
    let place = Place::new();
    let file = place.write("config/mcp-server/config.toml", "[limits]\nkeyy = \"1/min\"\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    for first in [initialize(1), Era::PerRequest.request(1, "tools/list", Value::Null)] {
        let mut server = place.stdio(&[]);
        server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        server.send(&first);
        let refused = server.answer_to(1);
        refused.is_error(-32603);
        let says = refused.0["error"]["message"].as_str().unwrap().to_owned();
        assert!(says.contains("keyy") && says.contains("did you mean `key`?"), "{says}");
        let status = server.process().wait_within(ANY_END);
        assert_eq!(status.code(), Some(2));
        assert!(server.process().stderr().contains("keyy"));
    }
    // Whoever only closes gets the exit code.
    let (status, rest) = place.stdio(&[]).finish();
    assert_eq!((status.code(), rest.len()), (Some(2), 0));
}

#[test]
fn a_root_that_is_missing_is_a_warning_and_the_others_serve() {
    let place = Place::new();
    let there = place.write("there/a.txt", "hi\n").parent().unwrap().to_owned();
    let missing = place.path().join("not-there");
    let mut server =
        place.stdio(&["--root", there.to_str().unwrap(), "--root", missing.to_str().unwrap()]).open(ERA);
    server.call(ERA, "read_text_file", json!({ "path": "there:/a.txt" })).says("hi\n");
    let listed = server.call(ERA, "list_allowed_directories", json!({}));
    assert!(listed.text().contains("there:/") && listed.text().contains("not-there"), "{listed:?}");
    listed.never_mentions(missing.to_str().unwrap());
    assert!(server.process().stderr().contains("not-there"), "{}", server.process().stderr());
    assert_eq!(place.events_named("server_started")[0]["details"]["missing_roots"], 1);
    assert!(server.finish().0.success());
}

#[test]
fn two_at_once_each_have_a_log_of_their_own() {
    let place = Place::new();
    let (mut one, mut two) = (place.stdio(&[]).open(ERA), place.stdio(&[]).open(ERA));
    for _ in 0..20 {
        one.call(ERA, "hello_world", json!({})).says("Hello, World!");
        two.call(ERA, "hello_world", json!({})).says("Hello, World!");
    }
    assert!(one.finish().0.success() && two.finish().0.success());
    assert_eq!(place.events_named("tool_called").len(), 40);
    assert_eq!(
        files_beneath(&place.events_dir()).iter().filter(|(path, ..)| path.ends_with(".jsonl")).count(),
        2
    );
}

#[test]
fn a_probe_that_is_killed_does_not_disturb_the_next_start() {
    let place = Place::new();
    for has_called in [false, true] {
        let mut probe = place.stdio(&[]).open(ERA);
        if has_called {
            probe.call(ERA, "hello_world", json!({})).says("Hello, World!");
        }
        probe.process().signal(rustix::process::Signal::KILL);
        probe.process().wait_within(ANY_END);
        let mut next = place.stdio(&[]).open(ERA);
        next.call(ERA, "hello_world", json!({})).says("Hello, World!");
        assert!(next.finish().0.success());
    }
    assert_eq!(place.events_named("tool_called").len(), 3);
    let tail = place.run(&["events", "tail", "-n", "100", "--json"]);
    assert!(tail.status.success(), "{tail:?}");
}

#[test]
fn a_signal_ends_it_like_the_end_of_the_input() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let place = Place::with_fixture_tools();
        let mut server = fixture(&place);
        server.send(&ERA.call(1, "hang", json!({})));
        await_running(&mut server, 1);
        server.process().signal(signal);
        assert!(server.process().wait_within(ANY_END).success(), "{signal:?}");
        server.answer_to(1).failure();
        assert_eq!(place.events().last().unwrap()["event"], "server_stopped");
    }
}

#[test]
fn it_listens_nowhere_and_starts_no_program() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    server.call(ERA, "block", json!({ "millis": 0 })).text();
    let pid = server.process().pid();
    let sockets: HashSet<String> = descriptors(pid)
        .iter()
        .filter_map(|target| Some(target.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let Ok(text) = fs::read_to_string(format!("/proc/{pid}/net/{table}")) else { continue };
        for line in text.lines().skip(1) {
            let inode = line.split_whitespace().nth(9).unwrap();
            assert!(!sockets.contains(inode), "{table}: {line}");
        }
    }
    // Of Unix sockets only the runtime's own pair for signals may be there, and none listens (flag 0x10000).
    for line in fs::read_to_string(format!("/proc/{pid}/net/unix")).unwrap().lines().skip(1) {
        let fields: Vec<_> = line.split_whitespace().collect();
        assert!(!sockets.contains(fields[6]) || fields[3] == "00000000", "{line}");
    }
    for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let children = fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        assert!(children.trim().is_empty(), "{children}");
    }
}

#[test]
fn a_secret_in_the_environment_is_in_nothing_that_it_says_or_writes() {
    const SECRET: &str = "canary-0123456789abcdefghijklmnopqrstuvwxyz";
    let place = Place::with_fixture_tools();
    let variables = [("API_KEY", SECRET), ("AWS_SECRET_ACCESS_KEY", SECRET), ("MCP_TOKEN", SECRET)];
    let mut server = StdioServer::start(&place, &["-vv"], &variables).open(ERA);
    server.call(ERA, "print", json!({})).says("printed");
    server.call(ERA, "panic", json!({ "mode": "async" })).never_mentions(SECRET);
    server.ask(ERA, "tools/list", Value::Null).never_mentions(SECRET);
    assert!(!server.process().stderr().contains(SECRET));
    assert!(server.finish().0.success());
    for (path, ..) in files_beneath(place.path()) {
        assert!(!fs::read_to_string(&path).unwrap().contains(SECRET), "{path}");
    }
}

// --- helpers ----------------------------------------------------------------

#[track_caller]
fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[track_caller]
fn ends(child: &mut Child, limit: Duration) -> std::process::ExitStatus {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("still running after {limit:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// What the descriptors of a process point to.
fn descriptors(pid: u32) -> Vec<String> {
    let all = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    all.filter_map(|one| Some(fs::read_link(one.ok()?.path()).ok()?.to_string_lossy().into_owned())).collect()
}

/// Every file beneath `dir`: path, size and mode.
fn files_beneath(dir: &Path) -> Vec<(String, u64, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let entry = entry.unwrap();
        let facts = entry.metadata().unwrap();
        if facts.is_dir() {
            found.extend(files_beneath(&entry.path()));
        } else {
            found.push((entry.path().display().to_string(), facts.len(), facts.permissions().mode()));
        }
    }
    found
}
