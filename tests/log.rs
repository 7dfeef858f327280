//! The security log while things go wrong around it: killed servers, full
//! disks, directories that go away.
//!
//! What was answered is on record, what cannot be recorded is refused in
//! words, and nothing is written where a link leads. The readers are in
//! `log_readers.rs`. `FULL=1` kills 200 servers rather than 20.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failed step of a test is a panic, brevity counts, and a test looks at files"
)]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufReader, Write},
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use common::{
    Answer, Door, Era, HttpServer, Log, NOBODY, Place, Server, SmallDisk, StdioServer, is_root,
    place_of_an_ordinary_user, read_reply,
};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Ten times what a start or a recovery may take.
const GUARD: Duration = Duration::from_secs(10);

// --- killed servers -----------------------------------------------------------

/// The calls of one round: every second one has a name of its own, so that its event can be told
/// from all others.
fn call(round: usize, at: usize) -> (String, Value) {
    if at.is_multiple_of(2) {
        (format!("gone_{round}_{at}"), json!({}))
    } else {
        ("hello_world".into(), json!({}))
    }
}

/// Calls about 500 times a second for `time`, then kills the server. Gives the numbers of the
/// calls that were answered.
fn killed_on_stdio(server: &mut StdioServer, round: usize, time: Duration) -> Vec<usize> {
    let begun = Instant::now();
    let mut at = 0;
    while begun.elapsed() < time {
        for _ in 0..10 {
            at += 1;
            let (tool, arguments) = call(round, at);
            server.send(&Era::PerRequest.call(at, &tool, arguments));
        }
        thread::sleep(Duration::from_millis(20));
    }
    server.process().signal(Signal::KILL);
    let came = server.what_came();
    came.iter().filter_map(|message| Some(usize::try_from(message["id"].as_u64()?).unwrap())).collect()
}

/// The same over four connections at once, each as fast as it is answered.
fn killed_over_http(server: &HttpServer, round: usize, time: Duration) -> Vec<usize> {
    let next = AtomicUsize::new(1);
    let (next, client) = (&next, server);
    thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(move || {
                    let mut connection = BufReader::new(client.connect());
                    let mut answered = Vec::new();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let (tool, arguments) = call(round, at);
                        let request =
                            client.kept_post(Era::Handshake, &Era::Handshake.call(at, &tool, arguments));
                        if connection.get_mut().write_all(&request).is_err() {
                            return answered;
                        }
                        let Ok(reply) = read_reply(&mut connection) else { return answered };
                        assert_eq!(reply.json()["id"], at);
                        answered.push(at);
                        if reply.header("connection") == Some("close") {
                            connection = BufReader::new(client.connect());
                        }
                    }
                })
            })
            .collect();
        thread::sleep(time);
        client.kill();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    })
}

#[test]
fn a_killed_server_loses_no_call_that_was_answered() {
    let rounds = if std::env::var_os("FULL").is_some() { 200 } else { 20 };
    let place = Place::new();
    let (mut answered, mut slowest) = (BTreeMap::new(), Duration::ZERO);
    for round in 0..rounds {
        let begun = Instant::now();
        let mut server = Server::start(&place, Door::ALL[round % 2], &[], &[]);
        server.call("hello_world", json!({})).says("Hello, World!");
        slowest = slowest.max(begun.elapsed());
        let time = Duration::from_millis(60 + u64::try_from(round * 37 % 200).unwrap());
        let numbers = match &mut server {
            Server::Stdio(server) => killed_on_stdio(server, round, time),
            Server::Http(server) => killed_over_http(server, round, time),
        };
        drop(server);
        answered.insert(round, numbers);
        reads_cleanly(&place, &["events", "tail", "-n", "5", "--json"], 5);
    }
    assert!(slowest < GUARD, "the next start took {slowest:?}");
    let mut last = Server::start(&place, Door::Stdio, &[], &[]);
    last.call("hello_world", json!({}));
    last.stop();

    let log = place.log();
    log.endings();
    assert_eq!(log.runs.len(), rounds + 1);
    assert!(log.torn.len() <= rounds);
    let count = |events: &[Value], event: &str| events.iter().filter(|one| one["event"] == event).count();
    for (round, numbers) in &answered {
        let own = format!("gone_{round}_");
        let is_own = |event: &Value| event["tool"].as_str().is_some_and(|tool| tool.starts_with(&own));
        let run = log.runs.values().find(|events| events.iter().any(is_own)).expect("the run of this round");
        for at in numbers.iter().filter(|at| *at % 2 == 0) {
            let tool = format!("{own}{at}");
            assert!(run.iter().any(|event| event["tool"] == *tool), "{tool} was answered and has no event");
        }
        let greeted = 1 + numbers.iter().filter(|at| *at % 2 == 1).count();
        let (recorded, stopped) = (count(run, "tool_called"), count(run, "server_stopped"));
        assert!(recorded >= greeted, "round {round}: {recorded} events of {greeted} answers");
        assert_eq!(stopped, 0);
    }
    // each was noted once, by the next to start
    let noted: Vec<_> = log.named("events_recovered");
    let mut files: Vec<_> = noted.iter().map(|event| event["details"]["file"].as_str().unwrap()).collect();
    files.sort_unstable();
    files.dedup();
    assert_eq!((log.marks, noted.len(), files.len()), (rounds, rounds, rounds));
    reads_cleanly(&place, &["events", "list", "--json"], log.events().count());
    let verified = place.run(&["events", "verify", "--json"]);
    let found: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!((verified.status.code(), &found["verdict"]), (Some(0), &json!("intact")), "{found:#}");
    let is_killed = |run: &&Value| run["end"] == "killed";
    assert_eq!(found["runs"].as_array().unwrap().iter().filter(is_killed).count(), rounds);
    let total: usize = answered.values().map(Vec::len).sum();
    println!(
        "{rounds} rounds: {total} calls answered, none without its event; {} torn lines; slowest start {slowest:?}",
        log.torn.len()
    );
}

/// Prints so many events, each a line of JSON, and complains about nothing but torn ends.
#[track_caller]
fn reads_cleanly(place: &Place, args: &[&str], count: usize) {
    let out = place.run(args);
    let (stdout, stderr) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert!(out.status.success(), "{args:?}: {stderr}");
    let events: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), count, "{args:?}: {stderr}");
    assert!(stderr.lines().all(|line| line.contains("the last line has no end")), "{args:?}: {stderr}");
}

// --- nothing is lost ----------------------------------------------------------------

#[test]
fn every_call_of_a_mixed_load_is_accounted_for() {
    for door in Door::ALL {
        let place = Place::with_fixture_tools();
        let mut server = Server::start(&place, door, &[], &[]);
        let mix = [
            ("hello_world", json!({})),
            ("gone", json!({})),
            ("echo", json!({ "integer": 5_000 })),
            ("panic", json!({ "mode": "async" })),
            ("slow_write", json!({ "millis": 1 })),
            ("huge", json!({ "shape": "blocks", "count": 1_001 })),
        ];
        let mut answers = Vec::new();
        for round in 0..4 {
            let hanging = cancelled_later(&mut server, round, 5);
            let calls: Vec<_> = mix.iter().cycle().take(120).cloned().collect();
            answers.extend(server.call_all(&calls));
            hanging(&mut server);
        }
        place.await_events("tool_abandoned", 20);
        server.stop();
        let log = place.log();
        log.accounts_for(&answers, 20);
        let count = |event: &str| log.named(event).len();
        assert_eq!((count("tool_denied"), count("input_validation_failed")), (80, 80));
        assert_eq!((count("tool_execution_failed"), count("tool_started")), (80, 80));
        assert_eq!((count("tool_called"), count("output_withheld")), (240, 80));
    }
}

/// Begins so many calls that hang. What is given back cancels them, as a client does at this door.
fn cancelled_later(server: &mut Server, round: usize, count: usize) -> Box<dyn FnOnce(&mut Server)> {
    let era = server.door().era();
    let hang = |at: usize| era.call(format!("hang {round} {at}"), "hang", json!({}));
    match server {
        Server::Stdio(server) => {
            (0..count).for_each(|at| server.send(&hang(at)));
            Box::new(move |server| {
                let Server::Stdio(server) = server else { return };
                for at in 0..count {
                    let params = json!({ "requestId": format!("hang {round} {at}") });
                    let cancel =
                        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
                    server.send(&cancel);
                }
            })
        }
        Server::Http(server) => {
            let connections: Vec<_> = (0..count)
                .map(|at| {
                    let mut connection = server.connect();
                    connection.write_all(&server.kept_post(era, &hang(at))).unwrap();
                    connection
                })
                .collect();
            Box::new(move |_| drop(connections))
        }
    }
}

// --- several servers ------------------------------------------------------------

#[test]
fn several_servers_share_a_directory_and_nobody_cuts_the_lines_of_another() {
    let place = Place::new();
    let calls: Vec<_> =
        (0..100).map(|at| (if at % 3 == 0 { "gone" } else { "hello_world" }, json!({}))).collect();
    let answers: Vec<Answer> = thread::scope(|scope| {
        let servers: Vec<_> = (0..8)
            .map(|at| {
                let (place, calls) = (&place, &calls);
                scope.spawn(move || {
                    let mut server = Server::start(place, Door::ALL[at % 2], &[], &[]);
                    let answers = server.call_all(calls);
                    server.stop();
                    answers
                })
            })
            .collect();
        servers.into_iter().flat_map(|server| server.join().unwrap()).collect()
    });
    let log = place.log();
    log.accounts_for(&answers, 0);
    assert_eq!((log.runs.len(), log.marks), (8, 0));
    for events in log.runs.values() {
        assert_eq!(events.first().unwrap()["event"], "server_started");
        assert_eq!(events.last().unwrap()["event"], "server_stopped");
    }
}

#[test]
fn a_run_on_stdio_without_a_call_or_a_refusal_leaves_no_file() {
    let place = Place::new();
    let (status, _) = place.stdio(&[]).finish();
    assert!(status.success());
    let mut server = place.stdio(&[]).open(Era::Handshake);
    server.ask(Era::Handshake, "tools/list", Value::Null).result();
    server.ask(Era::Handshake, "ping", Value::Null).result();
    assert!(server.finish().0.success());
    let mut killed = place.stdio(&[]);
    killed.process().signal(Signal::KILL);
    killed.what_came();
    assert_eq!(place.log().runs.len(), 0);

    let mut refused = place.stdio(&[]);
    refused.send_bytes(b"what is this\n");
    assert!(refused.finish().0.success());
    let log = place.log();
    assert_eq!((log.runs.len(), log.named("message_refused").len()), (1, 1));
}

// --- no space -------------------------------------------------------------------

const NOT_RECORDED: &str = "the security log cannot be written, so the call was refused";

/// While nothing can be written: every call is refused in words, what changes something does not
/// run, and whoever watches the server is told.
#[track_caller]
fn refuses_everything(server: &mut Server, canary: &Path) {
    let ran = fs::read(canary).unwrap_or_default().len();
    for _ in 0..5 {
        server.call("hello_world", json!({})).fails_with(NOT_RECORDED);
        server.call("slow_write", json!({ "millis": 0 })).fails_with(NOT_RECORDED);
        server.call("no_such_tool", json!({})).fails_with(NOT_RECORDED);
    }
    assert_eq!(fs::read(canary).unwrap_or_default().len(), ran, "what could not be recorded ran");
    if let Server::Http(server) = server {
        let ready = server.request("GET", "/ready", &[], b"");
        assert_eq!((ready.status, ready.json()["status"].as_str()), (503, Some("events_failing")));
        server.request("GET", "/health", &[], b"").is(200);
    }
}

/// Recovers by itself once there is no reason left. Gives how long that took.
#[track_caller]
fn recovers(server: &mut Server) -> Duration {
    let begun = Instant::now();
    loop {
        let ready = match server {
            Server::Http(server) => server.request("GET", "/ready", &[], b"").status == 200,
            Server::Stdio(_) => server.call("hello_world", json!({})).is_well(),
        };
        if ready {
            break;
        }
        assert!(begun.elapsed() < GUARD, "does not recover");
        thread::sleep(Duration::from_millis(20));
    }
    let took = begun.elapsed();
    server.call("slow_write", json!({ "millis": 0 })).says("written");
    took
}

/// Calls until the first refusal for want of a record. Gives how many calls ended well.
#[track_caller]
fn until_refused(server: &mut Server) -> usize {
    for well in 0..5_000 {
        let answer = server.call("hello_world", json!({}));
        if !answer.is_well() {
            answer.fails_with(NOT_RECORDED);
            return well;
        }
    }
    panic!("nothing is ever refused")
}

#[test]
fn a_full_disk_refuses_calls_in_words_runs_nothing_and_is_over_by_itself() {
    for door in Door::ALL {
        let place = Place::with_fixture_tools();
        let canary = place.path().join("canary");
        let Some(disk) = SmallDisk::of(3 << 20, place.dir("disk")) else { return };
        let dir = disk.path().join("events");
        let env =
            [("MCP_SERVER_EVENTS_DIR", dir.to_str().unwrap()), ("FIXTURE_CANARY", canary.to_str().unwrap())];
        let mut server = Server::start(&place, door, &[], &env);
        server.call("slow_write", json!({ "millis": 0 })).says("written");
        disk.fill("filler");
        until_refused(&mut server);
        refuses_everything(&mut server, &canary);
        // also when the space is gone that was set aside for saying so
        disk.fill("more");
        refuses_everything(&mut server, &canary);

        fs::remove_file(disk.path().join("filler")).unwrap();
        fs::remove_file(disk.path().join("more")).unwrap();
        let took = recovers(&mut server);
        server.stop();
        let log = Log::read(&dir);
        log.endings();
        assert_eq!(log.torn, [""; 0]);
        assert!(!log.named("events_missing").is_empty(), "that events are missing is on record");
        println!("{door:?}: recovered {took:?} after there was space again");
    }
}

#[test]
fn a_file_that_must_not_grow_refuses_calls_and_is_over_by_itself() {
    for door in Door::ALL {
        let place = Place::with_fixture_tools();
        let canary = place.path().join("canary");
        let serve: &[&str] = if door == Door::Http { &["serve", "--http=127.0.0.1:0"] } else { &["serve"] };
        let mut command = place.command_after("trap '' XFSZ; ulimit -S -f 16", serve);
        command.env(common::UNLIMITED.0, common::UNLIMITED.1).env("FIXTURE_CANARY", &canary);
        let mut server = Server::spawn(door, command);
        assert!(until_refused(&mut server) > 5);
        refuses_everything(&mut server, &canary);

        let pid = rustix::process::Pid::from_raw(server.process().pid().cast_signed());
        let endless = rustix::process::Rlimit { current: None, maximum: None };
        rustix::process::prlimit(pid, rustix::process::Resource::Fsize, endless).unwrap();
        let took = recovers(&mut server);
        server.stop();
        let log = place.log();
        log.endings();
        assert!(!log.named("events_missing").is_empty(), "that events are missing is on record");
        println!("{door:?}: recovered {took:?} after files may grow again");
    }
}

// --- the directory ----------------------------------------------------------------

/// The one file there is.
#[track_caller]
fn only_file(dir: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// A server that has answered once and is about to lose its log.
fn with_a_log(door: Door) -> (Place, Server, PathBuf) {
    let place = Place::with_fixture_tools();
    let canary = place.path().join("canary");
    let mut server = Server::start(&place, door, &[], &[("FIXTURE_CANARY", canary.to_str().unwrap())]);
    server.call("hello_world", json!({})).says("Hello, World!");
    (place, server, canary)
}

#[test]
fn a_directory_that_is_taken_away_refuses_calls_until_it_is_back() {
    for door in Door::ALL {
        let (place, mut server, canary) = with_a_log(door);
        let (dir, away) = (place.events_dir(), place.path().join("away"));
        let gone = |dir: &Path| fs::rename(dir, &away).unwrap();

        gone(&dir);
        refuses_everything(&mut server, &canary);
        assert!(!dir.exists(), "a server makes its directory when it starts, and not again");

        // another one in its place is not the one that was opened
        fs::create_dir(&dir).unwrap();
        refuses_everything(&mut server, &canary);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        fs::remove_dir(&dir).unwrap();

        // and a link is not followed
        let elsewhere = place.dir("elsewhere");
        symlink(&elsewhere, &dir).unwrap();
        refuses_everything(&mut server, &canary);
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        fs::remove_file(&dir).unwrap();

        fs::rename(&away, &dir).unwrap();
        recovers(&mut server);
        server.stop();
        place.log().endings();
    }
}

#[test]
fn a_directory_that_is_removed_refuses_calls_and_says_what_to_do() {
    for door in Door::ALL {
        let (place, mut server, canary) = with_a_log(door);
        fs::remove_dir_all(place.events_dir()).unwrap();
        refuses_everything(&mut server, &canary);
        let said = server.process().stderr();
        assert!(said.contains("put it back, or restart the server"), "{said}");
        server.stop();
        assert!(!place.events_dir().exists());
    }
}

#[test]
fn a_file_that_is_removed_replaced_or_cut_is_left_and_the_next_part_begins() {
    type Harm = fn(&Path, &Path);
    let harms: [(&str, Harm); 5] = [
        ("removed", |file, _| fs::remove_file(file).unwrap()),
        ("renamed", |file, other| fs::rename(file, other.with_file_name("moved")).unwrap()),
        ("cut", |file, _| drop(fs::File::create(file).unwrap())),
        ("replaced by a link", |file, other| {
            fs::remove_file(file).unwrap();
            symlink(other, file).unwrap();
        }),
        ("replaced by another file", |file, other| {
            fs::remove_file(file).unwrap();
            fs::copy(other, file).unwrap();
        }),
    ];
    for door in Door::ALL {
        for (what, harm) in harms {
            let (place, mut server, _) = with_a_log(door);
            let other = place.write("other", "somebody's file\n");
            let file = only_file(&place.events_dir());
            harm(&file, &other);
            server.call("hello_world", json!({})).says("Hello, World!");
            server.call("slow_write", json!({ "millis": 0 })).says("written");
            server.stop();
            assert_eq!(fs::read_to_string(&other).unwrap(), "somebody's file\n", "{what}");
            // what stands there now is not ours
            if fs::read(&file).is_ok_and(|bytes| !bytes.is_empty()) {
                assert_eq!(fs::read_to_string(&file).unwrap(), "somebody's file\n", "{what}");
                fs::remove_file(&file).unwrap();
            }
            let log = place.log();
            assert_eq!(log.endings().len(), 2, "{what}");
            let missing = log.named("events_missing");
            assert_eq!(missing.len(), 1, "{what}: {missing:?}");
            assert_eq!(missing[0]["details"]["file"], file.file_name().unwrap().to_str().unwrap(), "{what}");
        }
    }
}

#[test]
fn a_directory_that_becomes_unwritable_refuses_calls_until_it_is_writable() {
    for door in Door::ALL {
        let (place, prefix) = place_of_an_ordinary_user();
        let dir = place.path().join("parent/events");
        let canary = place.path().join("parent/canary");
        let serve: &[&str] = if door == Door::Http { &["serve", "--http=127.0.0.1:0"] } else { &["serve"] };
        let mut command = place.command_after(&prefix, serve);
        command.env(common::UNLIMITED.0, common::UNLIMITED.1);
        command.env("MCP_SERVER_EVENTS_DIR", &dir).env("FIXTURE_CANARY", &canary);
        let mut server = Server::spawn(door, command);
        server.call("hello_world", json!({})).says("Hello, World!");
        let mode = |mode| fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();

        // the file that is open can still be written; the next part cannot be made
        mode(0o500);
        server.call("slow_write", json!({ "millis": 0 })).says("written");
        fs::remove_file(only_file(&dir))
            .or_else(|_| {
                mode(0o700);
                fs::remove_file(only_file(&dir)).inspect(|()| mode(0o500))
            })
            .unwrap();
        refuses_everything(&mut server, &canary);
        mode(0o700);
        recovers(&mut server);
        server.stop();
        Log::read(&dir).endings();
    }
}

#[test]
fn a_server_whose_log_has_no_place_does_not_start_and_says_where_why_and_what_to_do() {
    let (place, prefix) = place_of_an_ordinary_user();
    let at = |name: &str| place.path().join("parent").join(name);
    fs::create_dir(at("real")).unwrap();
    symlink(at("real"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    fs::write(at("file"), "").unwrap();
    fs::create_dir(at("loose")).unwrap();
    fs::set_permissions(at("loose"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::create_dir(at("readonly")).unwrap();
    fs::set_permissions(at("readonly"), fs::Permissions::from_mode(0o555)).unwrap();
    fs::create_dir(at("closed")).unwrap();
    fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    for (name, why) in [
        ("link", "it is a link or not a directory"),
        ("dangling", "it is a link or not a directory"),
        ("file", "it is a link or not a directory"),
        ("file/below", "cannot be created"),
        ("loose", "others may write to it (mode 0777)"),
        ("readonly", "it cannot be written to"),
        ("readonly/below", "cannot be created"),
        ("closed", "it cannot be opened"),
    ] {
        let dir = at(name);
        for serve in [&["serve"][..], &["serve", "--http=127.0.0.1:0"]] {
            let mut command = place.command_after(&prefix, serve);
            command.env("MCP_SERVER_EVENTS_DIR", &dir).env("API_KEY", common::KEY);
            if serve.len() == 1 {
                let mut server = StdioServer::spawn(command);
                server.send(&common::initialize(7));
                let answer = server.answer_to(7);
                let told = answer.0["error"]["message"].as_str().unwrap().to_owned();
                assert!(told.contains(why) && told.contains("hint:"), "{name}: {told}");
                let status = server.process().wait_within(GUARD);
                let ended = Instant::now();
                while !server.process().stderr().contains("hint: ") && ended.elapsed() < GUARD {
                    thread::sleep(Duration::from_millis(5)); // what it said last may still be on its way
                }
                judge_refused_start(&server.process().stderr(), status.code(), &dir, why);
            } else {
                let out = command.output().unwrap();
                judge_refused_start(&String::from_utf8(out.stderr).unwrap(), out.status.code(), &dir, why);
            }
        }
    }
}

/// Whoever owns a directory can put another file in the place of any in it.
#[test]
fn a_directory_of_another_user_is_refused() {
    if !is_root() {
        println!("skipped: only root can give a directory away");
        return;
    }
    let (place, prefix) = place_of_an_ordinary_user();
    let dir = place.path().join("parent/events");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    for (owner, prefix) in [(1_000, ""), (NOBODY, ""), (1_000, prefix.as_str())] {
        chown(&dir, Some(owner), Some(owner)).unwrap();
        let why = if prefix.is_empty() {
            format!("it belongs to another user (uid {owner})")
        } else {
            "it cannot be opened".to_owned() // it is closed to everybody else as well
        };
        let mut command = place.command_after(prefix, &["serve", "--http=127.0.0.1:0"]);
        let out = command.env("MCP_SERVER_EVENTS_DIR", &dir).env("API_KEY", common::KEY).output().unwrap();
        judge_refused_start(&String::from_utf8(out.stderr).unwrap(), out.status.code(), &dir, &why);
    }
    // open to all for reading, and still not ours
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = place.command_after(&prefix, &["serve", "--http=127.0.0.1:0"]);
    let out = command.env("MCP_SERVER_EVENTS_DIR", &dir).env("API_KEY", common::KEY).output().unwrap();
    let why = "it belongs to another user (uid 1000)";
    judge_refused_start(&String::from_utf8(out.stderr).unwrap(), out.status.code(), &dir, why);
}

#[track_caller]
fn judge_refused_start(stderr: &str, code: Option<i32>, dir: &Path, why: &str) {
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    for part in [dir.to_str().unwrap(), why, "hint: "] {
        assert!(stderr.contains(part), "{part:?} is not in {stderr}");
    }
}

// --- an end that was cut off -------------------------------------------------------

#[test]
fn a_log_whose_end_was_cut_off_is_noted_by_the_next_server() {
    let place = Place::new();
    let dir = place.events_dir();
    let mut server = Server::start(&place, Door::Stdio, &[], &[]);
    for at in 0..20 {
        server.call(&format!("gone_{at}"), json!({}));
    }
    server.stop();
    let file = only_file(&dir);
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = whole.split_inclusive('\n').collect();
    let without_three = lines[..lines.len() - 3].concat();
    let within_a_line = &whole[..whole.len() - 20];
    for (text, last_seq, torn) in
        [(&*whole, None, 0), (&without_three, Some(19), 0), (within_a_line, Some(21), lines[21].len() - 20)]
    {
        fs::write(&file, text).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let mut next = Server::start(&place, Door::Stdio, &[], &[]);
        next.call("hello_world", json!({}));
        next.stop();
        // the next run's own file goes before the next round, and the mark with it
        let log = Log::read(&dir);
        let noted = log.named("events_recovered");
        let seq = noted.first().map(|event| event["details"]["last_seq"].as_u64().unwrap());
        assert_eq!((noted.len(), seq), (usize::from(last_seq.is_some()), last_seq));
        if let Some(event) = noted.first() {
            assert_eq!(event["details"]["file"], name);
            assert_eq!(event["details"]["torn_bytes"], torn);
        }
        for entry in fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()) {
            if entry != file {
                fs::remove_file(entry).unwrap();
            }
        }
    }
}
