//! Calls that hang, panic, or hand in too much.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{Answer, Place, StdioServer},
    host::{ANY_END, ERA, MEMORY_KIB_MAX, await_running, cancel, descriptors, fixture},
};

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
            // A moment after its event the id is free again, and the answer to it is that of the new call.
            let answer = loop {
                server.send(&ERA.call("cancelled", "echo", json!({ "text": "new" })));
                let answer = Answer(server.receive());
                if answer.0["error"].is_null() {
                    break answer;
                }
                answer.is_error(-32600);
                assert!(since.elapsed() < Duration::from_secs(2), "{tool} {round}: still in flight");
            };
            answer.has_id("cancelled").says("new");
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
    // Nothing else wakes this one.
    let mut alone = place.stdio(&[]).open(ERA);
    alone.send(&ERA.call("alone", "spin", json!({ "millis": 40_000 })));
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
    alone.answer_to("alone").fails_with("the tool took longer than 30 s and was stopped");
    assert!(since.elapsed() < Duration::from_secs(40));
    let ended = place.events_named("tool_execution_failed");
    assert_eq!(ended.len(), 4);
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
        let off = place.await_events("tool_disabled", 1);
        assert_eq!((&off[0]["tool"], &off[0]["severity"]), (&json!(tool), &json!("medium")));
        let refused = server.call(ERA, tool, json!({ "millis": 0 }));
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
fn runs_that_never_yield_leave_threads_for_the_others_and_for_the_end() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for id in 0..15 {
        server.send(&ERA.call(format!("runs {id}"), "spin", json!({ "millis": 60_000 })));
    }
    await_running(&mut server, 8); // so many of one tool are on a thread at once
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    server.send(&ERA.request("list", "tools/list", Value::Null));
    assert!(server.answer_to("list").0["result"]["tools"].is_array());
    server.close();
    assert!(server.process().wait_within(ANY_END).success());
    place.await_events("tool_abandoned", 15);
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
