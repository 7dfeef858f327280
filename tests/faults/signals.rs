//! Signals at any moment: before it listens, while calls run, twice, while the next part of the
//! log is begun. `FULL=1` goes 500 rounds rather than 24.

use std::{
    io::Write,
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::json;

use crate::{
    common::{Door, KEY, Place, Running, Server, StdioServer, UNLIMITED},
    full,
};

/// What an end may take: ten seconds for a call that does not end by itself, one after a second signal.
const END: Duration = Duration::from_secs(30);

fn rounds() -> usize {
    if full() { 500 } else { 24 }
}

/// A different one each time, and the same in each run.
fn moment(round: usize, below: u64) -> Duration {
    Duration::from_micros(u64::try_from(round * 7_919).unwrap() % (below * 1_000))
}

/// Each of the two in turn. What is started behind an `&` is born deaf to SIGINT, and so would
/// be the server until it listens: then it is the other in each turn.
fn signal(round: usize) -> Signal {
    static IS_DEAF: LazyLock<bool> = LazyLock::new(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = u64::from_str_radix(ignored.unwrap_or("0").trim(), 16).unwrap();
        ignored & 1 << (Signal::INT.as_raw() - 1) != 0
    });
    if round.is_multiple_of(2) || *IS_DEAF { Signal::TERM } else { Signal::INT }
}

#[track_caller]
fn ends(process: &mut Running, what: &str) {
    let begun = Instant::now();
    let status = process.wait_within(END);
    assert!(status.success(), "{what}: {status}; {}", process.stderr());
    assert!(begun.elapsed() < END, "{what}");
}

/// What was answered has its event, and the log its last line.
#[test]
fn a_signal_in_the_middle_of_calls_and_parts_loses_nothing_that_was_answered() {
    // Parts of 64 KiB: the next one is begun every 100 calls or so.
    let env = [UNLIMITED, ("MCP_SERVER_EVENTS_MAX_BYTES", "512KiB")];
    let mut parts = 0;
    for round in 0..rounds() {
        let place = Place::with_fixture_tools();
        let mut server = StdioServer::start(&place, &[], &env);
        server.call(Door::Stdio.era(), "hello_world", json!({})).says("Hello, World!");
        if round % 8 == 0 {
            server.send(&Door::Stdio.era().call("hang", "hang", json!({}))); // holds up the end for 3 s
        }
        let pad = "x".repeat(900);
        let begun = Instant::now();
        let mut at = 0;
        // No more than fit below the cap.
        while at < 600 && (begun.elapsed() < moment(round, 300) || at == 0) {
            for _ in 0..20 {
                at += 1;
                let tool = format!("gone_{at}_{pad}");
                server.send(&Door::Stdio.era().call(at, &tool, json!({})));
            }
            // not faster than it answers, or the pipe would be what is tested
            while server.early_answers() + 200 < at && server.look(Duration::from_millis(200)) {}
        }
        server.process().signal(signal(round));
        if round % 3 == 0 {
            thread::sleep(moment(round, 20));
            // It may have ended already.
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(server.process().pid().cast_signed()).unwrap(),
                signal(round + 1),
            );
        }
        ends(server.process(), &format!("round {round}"));
        let answered = server.what_came().iter().filter(|answer| answer["id"].is_u64()).count();
        let log = place.log();
        assert!(log.torn.is_empty());
        assert!(log.endings().len() >= answered, "{} events, {answered} answers", log.endings().len());
        assert_eq!(log.events().last().unwrap()["event"], "server_stopped", "round {round}");
        parts += log.named("events_rotated").len();
    }
    println!("{} rounds, {parts} parts begun", rounds());
    assert!(parts > 0, "no part was begun in the whole test");
}

/// Before its handlers are there, a signal ends it as the system does; after, it stops in order.
#[test]
fn a_signal_during_the_start_leaves_a_log_that_is_whole() {
    let (mut early, mut orderly) = (0, 0);
    for round in 0..rounds() {
        let place = Place::new();
        let door = Door::ALL[round / 2 % 2];
        let args: &[&str] = if door == Door::Http { &["serve", "--http=127.0.0.1:0"] } else { &["serve"] };
        let mut command = place.command(args);
        let stdin =
            if door == Door::Http { std::process::Stdio::null() } else { std::process::Stdio::piped() };
        command.env("API_KEY", KEY).stdin(stdin);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().map(|mut stdin| {
            // It may have ended already.
            let _ = stdin.write_all(format!("{}\n", door.era().call(1, "hello_world", json!({}))).as_bytes());
            stdin
        });
        let mut process = Running::of(child);
        thread::sleep(moment(round, 60));
        process.signal(signal(round));
        let status = process.wait_within(END);
        match status.code() {
            Some(0) => orderly += 1,
            Some(code) => panic!("exit {code}: {}", process.stderr()),
            None => early += 1,
        }
        drop(stdin);
        if status.success() {
            assert!(place.events().last().is_none_or(|last| last["event"] == "server_stopped"));
        }
        // and the next start is none the worse for it
        let mut next = Server::start(&place, door, &[], &[]);
        next.call("hello_world", json!({})).says("Hello, World!");
        next.stop();
    }
    println!("{early} ended before they could know, {orderly} in order");
}
