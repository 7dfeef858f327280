//! Pipes that are closed, full, or never read.

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    common::{Answer, Place, UNLIMITED},
    host::{ANY_END, ERA, MEMORY_KIB_MAX, conversation, ends, spawn},
};

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
fn a_host_that_reads_nothing_and_closes_stdin_leaves_no_server_behind() {
    let place = Place::with_fixture_tools();
    let mut command = place.command(&["serve"]);
    command.env(UNLIMITED.0, UNLIMITED.1);
    let mut child = spawn(command);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&conversation(&[])).unwrap();
    rustix::fs::fcntl_setfl(&stdin, rustix::fs::OFlags::NONBLOCK).unwrap();
    // Until the pipe stays full: the server reads no more, and cannot see it end.
    let text = "x".repeat(500_000);
    let calls: Vec<_> = (0..100).map(|id| ERA.call(id, "echo", json!({ "text": text }))).collect();
    let calls = calls.iter().fold(String::new(), |all, call| all + &call.to_string() + "\n");
    let (mut rest, mut refused) = (calls.as_bytes(), 0);
    while refused < 20 {
        match stdin.write(rest) {
            Ok(written) => (rest, refused) = (&rest[written..], 0),
            Err(_) => refused += 1,
        }
        thread::sleep(Duration::from_millis(if refused > 0 { 100 } else { 0 }));
    }
    assert!(!rest.is_empty(), "all was read though nothing was taken");
    drop(stdin);
    assert!(ends(&mut child, Duration::from_secs(100)).code().is_some());
    assert_eq!(place.events().last().unwrap()["event"], "server_stopped");
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
