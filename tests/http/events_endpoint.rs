//! `/security/events`: the same answer as the command line's for the same
//! question, pages that neither repeat nor skip whatever happens to the files
//! meanwhile, and following that goes on where it was left.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{Era, HttpServer, KEY, PATIENCE, Place, Reply, UNLIMITED},
    keys::{secret, section},
    wire::{Ask, HELLO, configured, eventually, read_until},
};

#[track_caller]
fn get(server: &HttpServer, query: &str) -> Reply {
    server.get(&format!("/security/events{query}"))
}

/// The lines of a page, and its cursors.
#[track_caller]
fn page(server: &HttpServer, query: &str) -> (Vec<Value>, Option<String>, Option<String>) {
    let page = get(server, query).is(200).json();
    let text = |name: &str| page[name].as_str().map(str::to_owned);
    assert_eq!(page["totalEvents"], page["events"].as_array().unwrap().len());
    (page["events"].as_array().unwrap().clone(), text("next"), text("live"))
}

/// All pages, one behind the other; `between` is done before each but the first.
#[track_caller]
fn pages(server: &HttpServer, query: &str, mut between: impl FnMut(usize)) -> Vec<Value> {
    let (mut all, mut next, _) = page(server, query);
    for turn in 1.. {
        let Some(cursor) = next else { break };
        between(turn);
        let (events, further, live) = page(server, &format!("{query}&cursor={cursor}"));
        assert!(!events.is_empty() && live.is_none(), "a cursor that leads nowhere");
        all.extend(events);
        next = further;
    }
    all
}

/// A line as a server would write it, but for its chain.
fn line(run: &str, seq: usize, at: &str, tool: &str) -> String {
    json!({
        "v": 1, "timestamp": at, "event": "tool_called", "severity": "low", "identifier": "parent", "details": {},
        "outcome": "ok", "tool": tool, "run": run, "seq": seq, "prev": "",
    })
    .to_string()
        + "\n"
}

fn write(place: &Place, name: &str, lines: &str) -> PathBuf {
    place.meddles();
    place.write(&format!("events/{name}"), lines)
}

fn append(path: &PathBuf, lines: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(lines.as_bytes()).unwrap();
}

fn which(event: &Value) -> (String, u64) {
    (event["run"].as_str().unwrap().to_owned(), event["seq"].as_u64().unwrap())
}

// --- filters ------------------------------------------------------------------------

#[test]
fn each_filter_answers_as_the_command_line_does() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    for name in ["Ada", "Grace"] {
        server.call(Era::PerRequest, "hello_world", json!({ "name": name })).text();
    }
    server.call(Era::Handshake, "hello_world", json!({ "nme": 1 })).failure();
    server.ask(Era::Handshake, "tools/call", json!({ "name": "gibt_es_nicht" }));
    server.ask(Era::Handshake, "tools/list", Value::Null).result();
    Ask::post(&server, HELLO).without("Authorization").send(&server).is(401);
    Ask::post(&server, HELLO).set("Origin", "https://evil.example").send(&server).is(403);
    eventually("all is written", || place.events_named("untrusted_origin_blocked").len() == 1);
    let last = place.events().pop().unwrap()["timestamp"].as_str().unwrap().to_owned();
    let first = place.events()[2]["timestamp"].as_str().unwrap().to_owned();
    thread::sleep(Duration::from_millis(5)); // what reading leaves is later
    let mut seen = BTreeSet::new();
    for (filters, some) in [
        (&[][..], true),
        (&[("since", first.as_str())], true),
        (&[("since", "10m")], true),
        (&[("since", "yesterday"), ("severity", "medium")], true),
        (&[("severity", "low")], true),
        (&[("severity", "medium")], true),
        (&[("severity", "high")], true),
        (&[("event", "tool_called")], true),
        (&[("event", "tool_called,tool_denied")], true),
        (&[("event", "events_pruned")], false),
        (&[("outcome", "ok")], true),
        (&[("outcome", "refused,denied")], true),
        (&[("code", "no_key")], true),
        (&[("code", "unknown_argument,untrusted_origin")], true),
        (&[("tool", "hello_world")], true),
        (&[("tool", "hello_world"), ("outcome", "refused")], true),
        (&[("tool", "hello")], false),
        (&[("who", "key:env")], true),
        (&[("who", "127.0.0.1,server")], true),
        (&[("peer", "127.0.0.1")], true),
        (&[("peer", "::1")], false),
        (&[("client", "tests")], true),
        (&[("client", "te,other")], true),
        (&[("grep", "gibt_es")], true),
        (&[("grep", "GIBT")], false),
        (&[("grep", "^\\{.*evil\\.ex.mple")], true),
        (&[("grep", "\"seq\":[24],")], true),
    ] {
        let mut args =
            vec!["events".to_owned(), "list".into(), "--reverse".into(), "--json".into(), "--utc".into()];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in filters.iter().chain(&[("until", last.as_str())]) {
            args.push(format!("--{name}={value}"));
            query.append_pair(name, value);
        }
        let told = place.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(told.status.success(), "{args:?}: {}", String::from_utf8_lossy(&told.stderr));
        let told = String::from_utf8(told.stdout).unwrap();
        let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (answered, next, _) = page(&server, &format!("?{}", query.finish()));
        assert_eq!(answered, told, "{filters:?}");
        assert_eq!((next, !told.is_empty()), (None, some), "{filters:?}");
        seen.insert(told.len());
    }
    assert!(seen.len() > 4, "the filters let through different numbers of events: {seen:?}");
}

#[test]
fn what_makes_no_sense_is_answered_with_what_does() {
    let place = Place::new();
    let server = place.http(&[]);
    for (query, says) in [
        ("?evnt=tool_called", "did you mean `event`?"),
        ("?order=asc", "the query takes limit, cursor, since, until, severity, event"),
        ("?event=tool_caled", "did you mean `tool_called`?"),
        ("?outcome=good", "ok, refused, failed, denied, abandoned"),
        ("?severity=grave", "low, medium, high"),
        ("?code=path_leave_root", "did you mean `path_leaves_root`?"),
        ("?since=soon", "`10m`"),
        ("?since=1h&until=2h", "later than"),
        ("?grep=(", "does not compile"),
        ("?limit=0", "from 1 to 1000"),
        ("?limit=1&limit=2", "stands twice"),
        ("?cursor=x", "begin anew"),
        ("?cursor=", "begin anew"),
        ("?cursor=AQAAAAAAAAAA", "begin anew"),
        ("?cursor=%00%ff", "begin anew"),
        ("?%1b%5d=1", "\\u{1b}"),
    ] {
        let reply = get(&server, query);
        let said = reply.is(400).json();
        assert_eq!(said["error"], "bad_query", "{query}");
        assert!(said["hint"].as_str().unwrap().contains(says), "{query}: {said}");
    }
    for long in ["A".repeat(20_000), "%41".repeat(9_000)] {
        get(&server, &format!("?cursor={long}")).is(400);
        get(&server, &format!("?grep={long}")).is(400);
    }
    let (_, _, live) = page(&server, "?limit=1");
    let says = get(&server, &format!("?cursor={}", live.unwrap())).is(400).json();
    assert!(says["hint"].as_str().unwrap().contains("goes on to what is newer"), "{says}");
}

// --- paging -------------------------------------------------------------------------

/// Two servers write as fast as they can; whoever pages through meanwhile has,
/// of each run, every event up to one of them, each once.
#[test]
fn pages_neither_repeat_nor_skip_while_two_servers_write() {
    const CALLS: usize = 600;
    let place = Place::new();
    let servers = [(); 2].map(|()| HttpServer::start(&place, &[], &[UNLIMITED]));
    let calls: Vec<Value> = (0..CALLS).map(|n| Era::Handshake.call(n, "hello_world", json!({}))).collect();
    for server in &servers {
        server.ask_all(Era::Handshake, &calls);
    }
    let mut rounds = 0;
    thread::scope(|scope| {
        let writers: Vec<_> = servers
            .iter()
            .map(|server| scope.spawn(|| (0..3).for_each(|_| drop(server.ask_all(Era::Handshake, &calls)))))
            .collect();
        while rounds < 3 || !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            let limit = [97, 250, 1_000][rounds % 3];
            let all = pages(&servers[rounds % 2], &format!("?limit={limit}"), |_| {});
            let mut runs = BTreeMap::<String, Vec<u64>>::new();
            for event in &all {
                let (run, seq) = which(event);
                runs.entry(run).or_default().push(seq);
            }
            assert_eq!(runs.len(), 2);
            for (run, seqs) in runs {
                let newest = seqs[0];
                assert!(newest > CALLS as u64, "{run}");
                assert!(
                    seqs.iter().copied().eq((1..=newest).rev()),
                    "{run}: a gap or a repetition in {seqs:?}"
                );
            }
            let times: Vec<_> = all.iter().map(|event| event["timestamp"].as_str().unwrap()).collect();
            assert!(times.is_sorted_by(|newer, older| newer >= older));
            rounds += 1;
        }
    });
}

/// Files by hand, with ties, a clock that goes back, and lines that are no events.
fn odd_files(place: &Place) -> Vec<(String, u64)> {
    let at = |minute: u32, second: u32| format!("2026-01-01T10:{minute:02}:{second:02}.500Z");
    let mut all = Vec::new();
    for (name, run, times) in [
        ("20260101T095959Z-aaaa0001.jsonl", "aaaa0001", vec![(0, 1), (0, 2), (0, 2), (0, 9)]),
        // set back by eight minutes, then on again; a second part
        (
            "20260101T100000Z-aaaa0002.jsonl",
            "aaaa0002",
            vec![(0, 2), (9, 0), (1, 0), (1, 1), (9, 30), (9, 30)],
        ),
        ("20260101T100000Z-aaaa0002.jsonl.2", "aaaa0002", vec![(9, 31), (2, 0), (9, 31)]),
        ("20260101T100001Z-bbbb0001.jsonl", "bbbb0001", vec![(0, 2), (0, 9), (9, 0), (9, 31)]),
    ] {
        let (mut text, mut latest) = (String::new(), String::new());
        for (at_line, (minute, second)) in times.into_iter().enumerate() {
            let seq = at_line + 1 + 10 * usize::from(name.ends_with(".2"));
            latest = latest.max(at(minute, second));
            all.push((latest.clone(), name, text.len(), (run.to_owned(), seq as u64)));
            text += &line(run, seq, &at(minute, second), "odd");
            if at_line == 1 {
                text += "no event\n\u{0}\n{\"v\":2}\n";
                text += &"x".repeat(700_000);
                text += "\n";
            }
        }
        text += "{\"v\":1,\"timestamp\":\"2026-01-01T10:59"; // torn
        write(place, name, &text);
    }
    all.sort();
    all.into_iter().rev().map(|(_, _, _, which)| which).collect()
}

#[test]
fn ties_and_clocks_that_went_back_are_in_one_order_for_pages_of_any_size() {
    let place = Place::new();
    let expected = odd_files(&place);
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    for limit in [1, 2, 3, 5, 16, 17, 1_000] {
        let all = pages(&server, &format!("?limit={limit}&tool=odd"), |_| {
            server.call(Era::Handshake, "hello_world", json!({})).text();
        });
        assert_eq!(all.iter().map(which).collect::<Vec<_>>(), expected, "{limit} at once");
    }
}

#[test]
fn what_is_pruned_between_two_pages_is_gone_and_nothing_else() {
    let place = Place::new();
    let expected = odd_files(&place);
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let all = pages(&server, "?limit=4&tool=odd", |turn| {
        if turn == 1 {
            fs::remove_file(place.events_dir().join("20260101T100000Z-aaaa0002.jsonl")).unwrap();
        }
    });
    let (before, behind) = expected.split_at(4);
    let kept = behind.iter().filter(|(run, seq)| run != "aaaa0002" || *seq > 10);
    let kept: Vec<_> = before.iter().chain(kept).cloned().collect();
    assert_eq!(all.iter().map(which).collect::<Vec<_>>(), kept);
}

// --- following ----------------------------------------------------------------------

/// Somebody who follows.
struct Follower {
    stream: TcpStream,
    seen: String,
    last_id: Option<String>,
}

/// One message of the stream.
#[derive(Debug)]
struct Message {
    event: Option<String>,
    data: Value,
}

impl Follower {
    #[track_caller]
    fn start(server: &HttpServer, query: &str, last_id: Option<&str>) -> Self {
        Self::start_with(server, query, last_id, KEY)
    }

    #[track_caller]
    fn start_with(server: &HttpServer, query: &str, last_id: Option<&str>, key: &str) -> Self {
        let ask = Ask::get(server, &format!("/security/events{query}"))
            .set("Authorization", format!("Bearer {key}"))
            .add("Accept", "text/event-stream");
        let ask = last_id.into_iter().fold(ask, |ask, id| ask.add("Last-Event-ID", id));
        let mut stream = server.connect();
        stream.write_all(&ask.bytes()).unwrap();
        let head = read_until(&mut stream, ": following");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
        assert!(
            head.contains("x-accel-buffering: no\r\n") && head.contains("cache-control: no-store\r\n"),
            "{head}"
        );
        let from = head.find(": following").unwrap();
        Self { stream, seen: unframed(&head[from..]), last_id: last_id.map(str::to_owned) }
    }

    /// The next message; `None` at the end of the stream.
    #[track_caller]
    fn next(&mut self) -> Option<Message> {
        loop {
            while let Some((block, rest)) = self.seen.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.seen = rest;
                let field =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                self.last_id = field("id: ").or(self.last_id.take());
                if let Some(data) = field("data: ") {
                    return Some(Message {
                        event: field("event: "),
                        data: serde_json::from_str(&data).unwrap(),
                    });
                }
            }
            let mut piece = vec![0; 64 << 10];
            match self.stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(count) => self.seen += &unframed(std::str::from_utf8(&piece[..count]).unwrap()),
                Err(error) => panic!("{error} after {:?}", self.seen),
            }
        }
    }

    /// The next event of this word.
    #[track_caller]
    fn next_named(&mut self, event: &str) -> Value {
        loop {
            let message = self.next().expect("an event");
            if message.data["event"] == event {
                return message.data;
            }
        }
    }

    /// What it ends with.
    #[track_caller]
    fn end(&mut self) -> Value {
        loop {
            let message = self.next().expect("a reason");
            if message.event.as_deref() == Some("end") {
                assert!(self.next().is_none(), "something behind the end");
                return message.data;
            }
        }
    }
}

/// Without the frames of chunks: no line of ours holds a carriage return, and none is such a number alone.
fn unframed(text: &str) -> String {
    let mut plain = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_suffix("\r\n") {
            Some(size) if size.bytes().all(|byte| byte.is_ascii_hexdigit()) => {}
            _ => plain.push_str(line),
        }
    }
    plain
}

#[test]
fn whoever_follows_sees_an_event_of_any_server_as_it_is_written_and_makes_no_more() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let mut follower = Follower::start(&server, "", None);
    let began = follower.next_named("events_read");
    assert_eq!((&began["details"]["mode"], &began["details"]["state"]), (&json!("live"), &json!("began")));
    let other = HttpServer::start(&place, &[], &[UNLIMITED]);
    let mut narrow = Follower::start(&other, "?tool=hello_world&outcome=ok", None);
    for (turn, server) in [&server, &other, &server].into_iter().enumerate() {
        let asked = Instant::now();
        server.call(Era::Handshake, "hello_world", json!({})).text();
        let seen = follower.next_named("tool_called");
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?} in turn {turn}", asked.elapsed());
        assert_eq!(narrow.next().unwrap().data, seen);
    }
    server.call(Era::Handshake, "hello_world", json!({ "x": 1 })).failure();
    server.call(Era::Handshake, "hello_world", json!({})).text();
    assert_eq!(narrow.next().unwrap().data["outcome"], "ok");
    thread::sleep(Duration::from_millis(500));
    assert_eq!(place.events_named("events_read").len(), 2, "one for each who began, whatever they were sent");
    drop(narrow);
    let reads = place.await_events("events_read", 3);
    let ended = reads.into_iter().find(|read| read["details"]["state"] == "ended").expect("an end");
    assert_eq!((&ended["details"]["count"], &ended["details"]["why"]), (&json!(4), &json!("client_gone")));
    assert_eq!(ended["details"]["parameters"], json!(["tool", "outcome"]));
    assert!(ended["duration_us"].is_u64() && ended["identifier"] == "key:env", "{ended}");
    let told = follower.next_named("events_read");
    let told = if told["details"]["state"] == "ended" { told } else { follower.next_named("events_read") };
    assert_eq!(told, ended, "who still follows is told");
}

/// Cut off again and again, with rotation, a restart, and other runs that come and go between.
#[test]
fn whoever_comes_back_gets_each_event_once() {
    let place = Place::new();
    let first = write(&place, "20260101T100000Z-cccc0001.jsonl", "");
    let mut server = Some(HttpServer::start(&place, &[], &[UNLIMITED]));
    let at = |seq: usize| format!("2026-01-01T10:{:02}:{:02}.000Z", seq / 60, seq % 60);
    let (mut path, mut seq, mut given, mut id) = (first, 0, Vec::new(), None::<String>);
    let mut put = |path: &PathBuf, count: usize| {
        for _ in 0..count {
            seq += 1;
            append(path, &line("cccc0001", seq, &at(seq), "mine"));
        }
        seq
    };
    for turn in 0..12 {
        put(&path, 3);
        let mut follower = Follower::start(server.as_ref().unwrap(), "?tool=mine", id.as_deref());
        if id.is_some() {
            put(&path, 2);
        }
        match turn {
            3 | 7 => {
                // the part ends while somebody follows
                path = write(&place, &format!("20260101T100000Z-cccc0001.jsonl.{}", turn / 3 + 1), "");
            }
            5 => {
                write(&place, "20260101T090000Z-dddd0001.jsonl", &line("dddd0001", 1, &at(0), "mine"));
            }
            _ => {}
        }
        let written = put(&path, 4);
        let whole = 1 + usize::from(turn == 0) * 2;
        // some are left for next time, and some of those that were sent are not read
        let stop_at = if turn % 2 == 0 || turn == 11 { written } else { written - whole };
        while given.last() != Some(&("cccc0001".to_owned(), stop_at as u64)) {
            given.push(which(&follower.next().expect("an event").data));
            id.clone_from(&follower.last_id);
        }
        drop(follower);
        if turn == 4 || turn == 8 {
            server.take().unwrap().stop();
            put(&path, 5);
            if turn == 8 {
                fs::remove_file(place.events_dir().join("20260101T100000Z-cccc0001.jsonl")).unwrap();
            }
            server = Some(HttpServer::start(&place, &[], &[UNLIMITED]));
        }
    }
    let extra = given.iter().filter(|(run, _)| run == "dddd0001").count();
    assert_eq!(extra, 1, "a run that began while somebody was away, with an old time");
    given.retain(|(run, _)| run == "cccc0001");
    // the first three were written before anybody followed
    let expected: Vec<_> = (4..=given.last().unwrap().1).map(|seq| ("cccc0001".to_owned(), seq)).collect();
    assert_eq!(given, expected);
}

#[test]
fn a_page_and_what_follows_it_meet_without_a_gap() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let calls: Vec<Value> = (0..200).map(|n| Era::Handshake.call(n, "hello_world", json!({}))).collect();
    let (page, live) = thread::scope(|scope| {
        let writer = scope.spawn(|| server.ask_all(Era::Handshake, &calls));
        thread::sleep(Duration::from_millis(30));
        let (events, _, live) = page(&server, "?limit=1000&event=tool_called");
        writer.join().unwrap();
        (events, live.unwrap())
    });
    let mut follower = Follower::start(&server, &format!("?event=tool_called&cursor={live}"), None);
    let mut calls: Vec<_> = page.iter().rev().map(which).collect();
    while calls.len() < 200 {
        calls.push(which(&follower.next().unwrap().data));
    }
    assert!(calls.is_sorted() && calls.iter().collect::<BTreeSet<_>>().len() == 200, "{calls:?}");
}

#[test]
fn following_ends_with_the_key_and_with_the_server_and_says_why() {
    let place = Place::new();
    // good for as long as the leeway that a date has, less what has passed of it
    let passed = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(25);
    let config = section("short", &format!("events = true\nexpires = {passed:.0}"))
        + &section("long", "events = true")
        + &section("worker", "");
    let mut server = configured(&place, &config, &[]);
    let mut short = Follower::start_with(&server, "", None, &secret("short"));
    let mut long = Follower::start_with(&server, "?event=tool_called", None, &secret("long"));
    let end = short.end();
    assert_eq!(end["error"], "expired_key");
    let over = jiff::Timestamp::now().duration_since(passed).as_secs() - 30;
    // the date was cut to its second
    assert!((-1..10).contains(&over), "ended {over} s after the key did");
    assert!(end["message"].is_string() && end["hint"].is_string(), "{end}");
    for (key, status) in [(secret("worker"), 403), (secret("nobody"), 401)] {
        let ask = Ask::get(&server, "/security/events").add("Accept", "text/event-stream");
        ask.set("Authorization", format!("Bearer {key}")).send(&server).is(status);
    }
    server.process().signal(rustix::process::Signal::TERM);
    let asked = Instant::now();
    assert_eq!(long.end()["error"], "stopping");
    assert!(server.process().wait_within(PATIENCE).success());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    let reads = place.events_named("events_read");
    let whys: BTreeSet<_> = reads.iter().filter_map(|read| read["details"]["why"].as_str()).collect();
    assert_eq!(whys, BTreeSet::from(["expired_key", "stopping"]));
    let open = HttpServer::start_without_key(&Place::new(), &["--no-auth"], &[]);
    Ask::get(&open, "/security/events").add("Accept", "text/event-stream").send(&open).is(403);
}

#[test]
fn followers_are_counted_each_has_half_of_the_places_at_most_and_they_come_back() {
    let place = Place::new();
    let keys = section("one", "events = true") + &section("other", "events = true");
    let config = place.write("config.toml", keys);
    let server = HttpServer::start(&place, &["--config", config.to_str().unwrap()], &[UNLIMITED]);
    let follow = |name: &str| Follower::start_with(&server, "?event=clock_jump", None, &secret(name));
    let ask = |name: &str| {
        let ask = Ask::get(&server, "/security/events").add("Accept", "text/event-stream");
        ask.set("Authorization", format!("Bearer {}", secret(name)))
    };
    let mut followers: Vec<_> = (0..16).map(|_| follow("one")).collect();
    assert_eq!(ask("one").send(&server).is(503).json()["error"], "too_many_followers");
    followers.extend((0..16).map(|_| follow("other")));
    let ask = ask("other");
    assert_eq!(ask.send(&server).is(503).json()["error"], "too_many_followers");
    get(&server, "?limit=1").is(200);
    let head = ask.clone().method("HEAD").send(&server);
    assert_eq!(head.is(200).header("content-type"), Some("text/event-stream"));
    drop(followers);
    eventually("a place is free", || {
        let mut stream = server.connect();
        stream.write_all(&ask.clone().keep_alive().bytes()).unwrap();
        read_until(&mut stream, "\r\n\r\n").starts_with("HTTP/1.1 200")
    });
}

#[test]
fn a_thousand_followers_that_came_and_went_leave_nothing_behind() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let descriptors = |server: &mut HttpServer| {
        fs::read_dir(format!("/proc/{}/fd", server.process().pid())).unwrap().count()
    };
    let ask =
        Ask::get(&server, "/security/events?event=tool_called").with_key().add("Accept", "text/event-stream");
    let ask = ask.keep_alive().bytes();
    let come_and_go = |server: &HttpServer, times: usize| {
        let mut followed = 0;
        while followed < times {
            let mut stream = server.connect();
            stream.write_all(&ask).unwrap();
            // those who left a moment ago may still have their places
            followed += usize::from(read_until(&mut stream, "\r\n\r\n").starts_with("HTTP/1.1 200"));
        }
    };
    let settled = |server: &mut HttpServer, count: usize| {
        eventually("all have ended", || {
            let ended = |event: &&Value| event["details"]["state"] == "ended";
            place.events_named("events_read").iter().filter(ended).count() == count
        });
        (server.process().status("Threads"), descriptors(server))
    };
    come_and_go(&server, 50);
    let (threads, files) = settled(&mut server, 50);
    come_and_go(&server, 1_000);
    eventually("nothing is left", || {
        let (threads_now, files_now) = settled(&mut server, 1_050);
        threads_now <= threads + 2 && files_now <= files + 2
    });
}

#[test]
fn a_client_that_does_not_read_is_sent_away_with_a_reason_and_holds_no_memory() {
    let place = Place::new();
    let path = write(&place, "20260101T100000Z-eeee0001.jsonl", "");
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let mut follower = Follower::start(&server, "?tool=much", None);
    let lines: String =
        (1..=150_000).map(|seq| line("eeee0001", seq, "2026-01-01T10:00:00Z", "much")).collect();
    let before = server.process().status("VmRSS");
    append(&path, &lines);
    eventually("it is sent away", || {
        let files = fs::read_dir(place.events_dir()).unwrap().map(|file| file.unwrap().path());
        let mut own = files.filter(|file| *file != path);
        own.any(|file| fs::read_to_string(file).unwrap().contains("\"why\":\"too_slow\""))
    });
    let grown = server.process().status("VmHWM").saturating_sub(before);
    assert!(grown < lines.len() as u64 / 1_024, "{grown} KiB for a log of {} bytes", lines.len());
    assert_eq!(follower.end()["error"], "too_slow");
    // and comes back for the rest
    let mut again = Follower::start(&server, "?tool=much", follower.last_id.as_deref());
    let next = again.next().unwrap().data["seq"].as_u64().unwrap();
    assert!(next > 1, "not from the beginning");
    let last = (next + 1..=150_000).all(|seq| again.next().unwrap().data["seq"] == seq);
    assert!(last, "each of the rest, in order");
}
