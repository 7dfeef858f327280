//! A disk that hangs, and an owner who would rather serve.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{Door, Place, Server, StdioServer},
    outside::{Hold, Where},
};

/// Ten times what a refusal of a call that changes something may take: both of its events wait.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);
const ACK: (&str, &str) = ("MCP_SERVER_EVENTS_ACK", "250ms");
const NOT_RECORDED: &str = "the security log cannot be written, so the call was refused";

fn started(door: Door, ack: &str, more: &[(&str, &str)]) -> (Place, Server) {
    let place = Place::with_fixture_tools();
    let canary = place.path().join("canary");
    let env = [&[(ACK.0, ack), ("FIXTURE_CANARY", canary.to_str().unwrap())], more].concat();
    let mut server = Server::start(&place, door, &[], &env);
    server.call("slow_write", json!({ "millis": 0 })).says("written");
    (place, server)
}

fn changes(place: &Place) -> usize {
    fs::read(place.path().join("canary")).unwrap_or_default().len()
}

fn missing(place: &Place) -> u64 {
    let said = place.events_named("events_missing");
    said.iter().filter_map(|event| event["details"]["missing"].as_u64()).sum()
}

#[track_caller]
fn readiness(server: &Server) -> Option<(u16, Value)> {
    let Server::Http(server) = server else { return None };
    let begun = Instant::now();
    let ready = server.request("GET", "/ready", &[], b"");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    Some((ready.status, ready.json()))
}

#[test]
fn a_writer_that_is_stopped_refuses_calls_in_time_and_goes_on_when_it_can() {
    for door in Door::ALL {
        let (place, mut server) = started(door, ACK.1, &[]);
        let before = changes(&place);
        let Some(hold) = Hold::events_thread(server.process().pid(), Where::Now) else { return };
        for tool in ["hello_world", "no_such_tool", "slow_write"] {
            let begun = Instant::now();
            let arguments = if tool == "slow_write" { json!({ "millis": 0 }) } else { json!({}) };
            server.call(tool, arguments).fails_with(NOT_RECORDED);
            assert!(begun.elapsed() < REFUSED_WITHIN, "{tool}: {:?}", begun.elapsed());
        }
        assert_eq!(changes(&place), before, "what could not be recorded ran");
        if let Some((status, ready)) = readiness(&server) {
            assert_eq!((status, &ready["status"]), (503, &json!("events_failing")));
        }
        let said = server.process().stderr();
        assert!(said.contains("not written within 250 ms (`events.ack`)"), "{said}");

        hold.let_go();
        server.call("hello_world", json!({})).says("Hello, World!");
        server.call("slow_write", json!({ "millis": 0 })).says("written");
        if let Some((status, _)) = readiness(&server) {
            assert_eq!(status, 200);
        }
        server.stop();
        // none of the refused ones was taken, so all of them were withdrawn, and that is counted
        let log = place.log();
        assert_eq!((log.endings().len(), log.named("tool_started").len(), missing(&place)), (3, 2, 4));
    }
}

#[test]
fn a_write_that_hangs_refuses_its_call_and_stands_and_what_waits_behind_it_is_withdrawn() {
    for door in Door::ALL {
        let (place, mut server) = started(door, ACK.1, &[]);
        let Some(mut hold) = Hold::events_thread(server.process().pid(), Where::AtWrite) else { return };
        server.call("taken", json!({})).fails_with(NOT_RECORDED);
        hold.await_held();
        server.call("withdrawn", json!({})).fails_with(NOT_RECORDED);
        thread::sleep(Duration::from_secs(2)); // longer than two clocks may differ
        hold.let_go();
        for _ in 0..2 {
            server.call("hello_world", json!({})).says("Hello, World!");
        }
        server.stop();
        assert_eq!(place.events_named("clock_jump"), [json!(null); 0]);
        let tools: Vec<_> = place.log().endings().iter().map(|end| end["tool"].clone()).collect();
        assert_eq!(tools, ["slow_write", "taken", "hello_world", "hello_world"]);
        assert_eq!(missing(&place), 1);
    }
}

/// The two promises, seen from outside: while the write hangs, there is no answer, and nothing has
/// changed.
#[test]
fn no_answer_and_no_change_comes_before_its_event_is_written() {
    nothing_comes_before("kernel", Where::AtWrite);
}

/// With `events.durability = "disk"`, what is written has to be on the disk, too.
#[test]
fn where_the_owner_wants_it_nothing_comes_before_its_event_is_on_the_disk() {
    nothing_comes_before("disk", Where::AtWrite);
    nothing_comes_before("disk", Where::AtSync);
}

#[track_caller]
fn nothing_comes_before(durability: &str, at: Where) {
    let (place, server) = started(Door::Stdio, "20s", &[("MCP_SERVER_EVENTS_DURABILITY", durability)]);
    let Server::Stdio(mut server) = server else { return };
    let before = changes(&place);
    for (id, tool) in [("answer", "hello_world"), ("change", "slow_write")] {
        let Some(mut hold) = Hold::events_thread(server.process().pid(), at) else { return };
        let arguments = if tool == "slow_write" { json!({ "millis": 0 }) } else { json!({}) };
        server.send(&Door::Stdio.era().call(id, tool, arguments));
        hold.await_held();
        assert_eq!(server.receive_within(Duration::from_millis(300)), None);
        assert_eq!(changes(&place), before);
        hold.let_go();
        server.answer_to(id).text();
    }
    assert_eq!(changes(&place), before + 1);
    assert!(server.finish().0.success());
}

#[test]
fn a_change_that_was_cut_off_by_a_kill_leaves_its_trace() {
    for door in Door::ALL {
        let place = Place::with_fixture_tools();
        let mut server = Server::start(&place, door, &[], &[]);
        match &mut server {
            Server::Stdio(server) => {
                server.send(&door.era().call(1, "slow_write", json!({ "millis": 600_000 })));
            }
            Server::Http(server) => {
                use std::io::Write as _;
                let call = door.era().call(1, "slow_write", json!({ "millis": 600_000 }));
                let mut connection = server.connect();
                connection.write_all(&server.kept_post(door.era(), &call)).unwrap();
                std::mem::forget(connection); // the call must not be abandoned
            }
        }
        place.await_events("tool_started", 1);
        server.process().signal(rustix::process::Signal::KILL);
        drop(server);
        let log = place.log();
        assert_eq!((log.named("tool_started").len(), log.endings().len()), (1, 0));
        assert_eq!(log.named("tool_started")[0]["tool"], "slow_write");
    }
}

/// The tool ran, and only how it ended could not be written down: that is said, and no lie.
#[test]
fn a_change_whose_end_cannot_be_recorded_is_not_called_refused() {
    for door in Door::ALL {
        let (place, mut server) = started(door, ACK.1, &[]);
        let before = changes(&place);
        let pid = server.process().pid();
        let answer = thread::scope(|scope| {
            let server = &mut server;
            let called = scope.spawn(move || server.call("slow_write", json!({ "millis": 1_500 })));
            place.await_events("tool_started", 2);
            let hold = Hold::events_thread(pid, Where::Now);
            let answer = called.join().unwrap();
            hold.map(|hold| {
                hold.let_go();
                answer
            })
        });
        let Some(answer) = answer else { return };
        answer.fails_with("the tool has run and what it changed stands");
        assert_eq!(changes(&place), before + 1);
        server.call("hello_world", json!({})).says("Hello, World!");
        server.stop();
        assert_eq!(missing(&place), 1);
    }
}

#[test]
fn an_owner_who_would_rather_serve_is_served_and_told_what_is_missing() {
    for door in Door::ALL {
        let (place, mut server) = started(door, ACK.1, &[("MCP_SERVER_EVENTS_ON_FAILURE", "serve")]);
        let before = changes(&place);
        let Some(hold) = Hold::events_thread(server.process().pid(), Where::Now) else { return };
        server.call("hello_world", json!({})).says("Hello, World!");
        server.call("slow_write", json!({ "millis": 0 })).says("written");
        assert_eq!(changes(&place), before + 1);
        if let Some((status, ready)) = readiness(&server) {
            let expected = json!({ "status": "ready", "warning": "events_failing", "unrecorded": 3 });
            assert_eq!((status, ready), (200, expected));
        }
        hold.let_go();
        server.call("hello_world", json!({})).says("Hello, World!");
        if let Some((status, ready)) = readiness(&server) {
            let expected = json!({ "status": "ready", "warning": "events_unrecorded", "unrecorded": 3 });
            assert_eq!((status, ready), (200, expected));
        }
        server.stop();
        assert_eq!((missing(&place), place.log().endings().len()), (3, 2));
        let stopped = place.events_named("server_stopped");
        assert_eq!(stopped[0]["details"]["failed"], 3);
    }
}

/// A server whose log hangs can still be stopped.
#[test]
fn a_writer_that_is_stopped_does_not_hold_up_the_end() {
    let (_place, server) = started(Door::Stdio, ACK.1, &[]);
    let Server::Stdio(mut server) = server else { return };
    let Some(hold) = Hold::events_thread(server.process().pid(), Where::Now) else { return };
    let begun = Instant::now();
    StdioServer::close(&mut server);
    // Who holds a thread has to let go of it before the process can be gone altogether.
    let pid = server.process().pid();
    let is_over = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().starts_with('Z')
    };
    while !is_over() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.process().stderr());
        thread::sleep(Duration::from_millis(10));
    }
    drop(hold);
    let status = server.process().wait_within(Duration::from_secs(20));
    assert!(status.code().is_some(), "{status}");
}
