//! The security log as its users meet it: what is recorded can be read, what
//! was acknowledged is there, and nothing that stands in a file breaks a reader.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test may panic, touch files and print"
)]

mod common;

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Log, SmallDisk};
use jiff::tz::TimeZone;
use mcp_server::{
    caller::{Caller, Client, Door},
    events::{
        Beginning, Ending, Facts, Recorder, Settings, Severity, StartFacts,
        filter::{Filter, grep},
        follow::Follow,
        query,
        reader::{self, Events, Order, Record, Unread},
        series::{Bucket, series},
        stats::{self, By, Key, Stats},
    },
    limits,
    refusal::{Broken, Code, Refusal},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::Map;

#[track_caller]
fn started(dir: &Path, door: Door) -> Recorder {
    let facts = StartFacts { version: "0.1.0".into(), door, details: Map::new() };
    let beginning = if door == Door::Http { Beginning::AtOnce } else { Beginning::WithFirstEvent };
    Recorder::start(Settings::in_dir(dir.to_owned()), facts, beginning).unwrap()
}

fn call(name: &str) -> Facts {
    Facts {
        caller: Arc::new(Caller::parent()),
        client: Client { name: "probe".into(), version: "1\u{202e}".into() },
        method: "tools/call",
        name: name.into(),
        bytes_in: 40,
        trace: None,
    }
}

#[track_caller]
fn all(dir: &Path) -> Vec<Record> {
    let mut events = query::read(dir, Filter::default(), Order::Oldest).unwrap();
    let records = events.by_ref().collect();
    assert_eq!(events.remarks(), []);
    records
}

fn kinds(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| &*record.fields.event).collect()
}

/// The checker of all tests, and exactly one ending event for every call.
#[track_caller]
fn accounted(dir: &Path, calls: usize) {
    let log = Log::read(dir);
    assert_eq!((log.endings().len(), log.torn.len()), (calls, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_leaves_exactly_one_ending_event_however_it_ends() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("state/events");
    let recorder = started(&dir, Door::Stdio);
    let mut running = Vec::new();
    for at in 0..400_usize {
        let recorder = recorder.clone();
        running.push(async move {
            let entry = recorder.begin(call("write_file"));
            match at % 4 {
                0 => entry.finish(Ending::ok(10, Map::new()).withholding(5, 1)).await.unwrap(),
                1 => {
                    let broken = Broken::new(Code::PathLeavesRoot, "must not contain `..`");
                    let refusal = Refusal::Argument { argument: "path".into(), broken };
                    entry.finish(Ending::refused(&refusal, Map::new())).await.unwrap();
                }
                2 => {
                    entry.announce().await.unwrap();
                    drop(entry);
                }
                _ => {
                    // the client goes away while the end is being written
                    let end = entry.finish(Ending::ok(1, Map::new()));
                    let _cut_off = tokio::time::timeout(Duration::ZERO, end).await;
                }
            }
        });
    }
    futures_util::future::join_all(running).await;
    assert_eq!(recorder.in_flight(), 0);
    recorder.stop().await;
    accounted(&dir, 400);
    let records = all(&dir);
    let count = |kind: &str| records.iter().filter(|record| record.fields.event == kind).count();
    assert_eq!(count("input_validation_failed"), 100);
    assert_eq!((count("tool_started"), count("output_withheld")), (100, 100));
    assert!(count("tool_abandoned") >= 100);
    assert_eq!((count("server_started"), count("server_stopped")), (1, 1));

    let refused = records.iter().find(|record| record.fields.event == "input_validation_failed").unwrap();
    assert_eq!(refused.fields.details["argument"], "path");
    assert_eq!(refused.fields.details["rule"], "path_leaves_root");
    assert_eq!(refused.fields.identifier, "parent");
    assert_eq!(refused.fields.client.as_deref(), Some("probe 1\u{202e}"));

    let refused = recorder.begin(call("x")).finish(Ending::ok(1, Map::new())).await;
    assert_eq!(refused, Err(Refusal::NotRecorded), "after the stop nothing is served");
}

#[tokio::test]
async fn files_are_private_and_a_name_that_forges_a_line_stays_a_name() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("events");
    let recorder = started(&dir, Door::Stdio);
    let evil = "x\n{\"v\":1,\"event\":\"server_stopped\"}\r\u{85}\u{2028}\u{1b}[2J\u{9b}31m\u{202e}\0";
    for _ in 0..10 {
        let entry = recorder.begin(call(evil));
        entry
            .finish(Ending::refused(
                &Refusal::Unknown { kind: mcp_server::refusal::Kind::Tool },
                [(evil.to_owned(), evil.into())].into_iter().collect(),
            ))
            .await
            .unwrap();
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&reader::files(&dir).unwrap()[0].path), 0o600);
    accounted(&dir, 10);
    let records = all(&dir);
    assert!(!kinds(&records).contains(&"server_stopped"));
    assert_eq!(records[1].fields.tool.as_deref(), Some(evil));
    assert_eq!(records[1].fields.code.as_deref(), Some("unknown_tool"));
}

#[test]
fn a_place_that_cannot_hold_events_is_refused_with_its_name_and_a_hint() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    fs::create_dir(at("real")).unwrap();
    symlink(at("real"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    fs::write(at("file"), "").unwrap();
    fs::create_dir(at("loose")).unwrap();
    fs::set_permissions(at("loose"), fs::Permissions::from_mode(0o777)).unwrap();
    for (name, why) in [
        ("link", "it is a link"),
        ("dangling", "it is a link"),
        ("file", "not a directory"),
        ("file/below", "cannot be created"),
        ("loose", "others may write to it (mode 0777)"),
    ] {
        let facts = StartFacts { version: "0".into(), door: Door::Stdio, details: Map::new() };
        let refused =
            Recorder::start(Settings::in_dir(at(name)), facts, Beginning::WithFirstEvent).unwrap_err();
        let says = refused.to_string();
        assert!(says.contains(&at(name).display().to_string()) && says.contains(why), "{says}");
        assert!(!refused.hint.is_empty());
    }
}

#[tokio::test]
async fn a_flood_at_the_door_costs_little_and_every_refusal_is_counted() {
    let home = tempfile::tempdir().unwrap();
    let recorder = started(home.path(), Door::Http);
    for at in 0..50_000_u32 {
        let source = format!("203.0.{}.{}", at % 7, at % 200);
        let source: std::net::IpAddr = source.parse().unwrap();
        recorder.refused_at_door(
            Code::UnknownKey,
            &mcp_server::caller::Identity::Address(source),
            Some(source),
            Door::Http,
            Map::new(),
        );
    }
    recorder.begin(call("hello_world")).finish(Ending::ok(1, Map::new())).await.unwrap();
    recorder.stop().await;
    accounted(home.path(), 1);
    let records = all(home.path());
    let single =
        records.iter().filter(|record| record.fields.event == "authentication_failed").count() as u64;
    let folded: u64 = records
        .iter()
        .filter(|record| record.fields.event == "refusals_folded")
        .map(|record| record.fields.details["events"]["authentication_failed"].as_u64().unwrap())
        .sum();
    assert_eq!(single + folded, 50_000);
    assert!(records.len() < 400, "{}", records.len());
    assert_eq!(records[1].fields.peer.as_deref(), Some("203.0.0.0"));
}

#[tokio::test]
async fn a_request_that_is_no_call_is_written_on_http_only() {
    for (door, expected) in [(Door::Http, 1), (Door::Stdio, 0)] {
        let home = tempfile::tempdir().unwrap();
        let recorder = started(home.path(), door);
        recorder.request_served(&Caller::parent(), "tools/list", 200, Duration::from_millis(1));
        recorder.begin(call("hello_world")).finish(Ending::ok(1, Map::new())).await.unwrap();
        recorder.stop().await;
        let served = all(home.path()).iter().filter(|r| r.fields.event == "request_served").count();
        assert_eq!(served, expected, "{door:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn following_shows_events_of_several_servers_across_parts_within_a_moment() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("not/there/yet");
    let mut follow = Follow::new(&dir, Filter::default(), &[]);
    assert_eq!(follow.read(), []);
    assert!(follow.notices()[0].contains("not there yet"));

    let servers = [started(&dir, Door::Http), started(&dir, Door::Http)];
    let (said, mut seen) = (100, Vec::new());
    let following = std::thread::spawn(move || {
        let until = Instant::now() + Duration::from_secs(20);
        while seen.len() < said && Instant::now() < until {
            let news = follow.read();
            let is_call = |record: &Record| record.fields.event == "tool_called";
            seen.extend(news.into_iter().filter(is_call).map(|record| (record, jiff::Timestamp::now())));
            follow.wait();
        }
        (seen, follow)
    });
    tokio::time::sleep(Duration::from_millis(600)).await; // it waits for the directory by looking
    for at in 0..said {
        let server = &servers[at % 2];
        if at % 25 == 0 {
            server.rotate();
        }
        server.begin(call(&format!("tool {at}"))).finish(Ending::ok(at, Map::new())).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let (seen, mut follow) = following.join().unwrap();
    let names: Vec<_> = seen.iter().filter_map(|(record, _)| record.fields.tool.clone()).collect();
    assert_eq!(names, (0..said).map(|at| format!("tool {at}")).collect::<Vec<_>>());
    let mut late: Vec<_> = seen.iter().map(|(record, at)| at.duration_since(record.at)).collect();
    late.sort();
    assert!(late[late.len() / 2].as_millis() < 100, "{late:?}");
    assert!(reader::files(&dir).unwrap().len() >= 4);

    // a file that is cut is read again from its beginning, and that is said
    let file = reader::files(&dir).unwrap().pop().unwrap();
    let text = fs::read_to_string(&file.path).unwrap();
    follow.read();
    fs::write(&file.path, text.split_inclusive('\n').next().unwrap()).unwrap();
    assert_eq!(follow.read().len(), 1);
    assert!(follow.notices().iter().any(|notice| notice.contains("was cut")));
}

#[tokio::test]
async fn following_begins_where_the_printed_events_ended() {
    let home = tempfile::tempdir().unwrap();
    let server = started(home.path(), Door::Http);
    server.begin(call("before")).finish(Ending::ok(1, Map::new())).await.unwrap();
    let known = reader::files(home.path()).unwrap();
    server.begin(call("between")).finish(Ending::ok(1, Map::new())).await.unwrap();
    let mut follow = Follow::new(home.path(), Filter::default(), &known);
    server.begin(call("after")).finish(Ending::ok(1, Map::new())).await.unwrap();
    let tools: Vec<_> = follow.read().into_iter().filter_map(|record| record.fields.tool).collect();
    assert_eq!(tools, ["between", "after"]);
}

fn line(seq: usize, at: &str, extra: &str) -> String {
    format!(
        "{{\"v\":1,\"timestamp\":\"{at}\",\"event\":\"tool_called\",\"severity\":\"low\",\
         \"identifier\":\"key:laptop\"{extra},\"run\":\"r\",\"seq\":{seq}}}\n"
    )
}

#[test]
fn a_file_that_ends_anywhere_loses_no_whole_line() {
    let home = tempfile::tempdir().unwrap();
    let whole: String = (0..3).map(|at| line(at, &format!("2026-11-22T10:00:0{at}Z"), "")).collect();
    let path = home.path().join("20261122T100000Z-aaaa0000.jsonl");
    for end in 0..=whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let expected = whole[..end].matches('\n').count();
        for order in [Order::Oldest, Order::Newest] {
            let mut events = query::read(home.path(), Filter::default(), order).unwrap();
            assert_eq!(events.by_ref().count(), expected);
            let is_torn = !whole[..end].is_empty() && !whole[..end].ends_with('\n');
            assert_eq!(
                events.remarks().iter().filter(|r| r.why == Unread::Torn).count(),
                usize::from(is_torn)
            );
        }
    }
}

#[test]
fn what_is_strange_is_skipped_and_said_with_its_place() {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(home.path().join(name), bytes).unwrap();
    put("20261122T100000Z-aaaa0000.jsonl", b"");
    put("20261122T100001Z-bbbb0000.jsonl", &vec![0xff; 300_000]);
    let mut bytes = line(1, "2026-11-22T10:00:03Z", "").into_bytes();
    bytes.extend(vec![b'x'; 1 << 20]);
    bytes.extend(b"\nnot json\n{\"v\":2,\"what\":\"else\"}\n\xff\xfe\n");
    bytes.extend(line(2, "2026-11-22T10:00:04Z", "").bytes());
    put("20261122T100002Z-cccc0000.jsonl", &bytes);
    put("notes.txt", b"mine");
    fs::create_dir(home.path().join("20261122T100003Z-dddd0000.jsonl")).unwrap();
    symlink("/etc/passwd", home.path().join("20261122T100004Z-eeee0000.jsonl")).unwrap();
    for order in [Order::Oldest, Order::Newest] {
        let mut events = query::read(home.path(), Filter::default(), order).unwrap();
        assert_eq!(events.by_ref().count(), 2);
        let remarks: Vec<_> = events.remarks().iter().map(|r| (r.file.clone(), r.why, r.count)).collect();
        let (b, c) = ("20261122T100001Z-bbbb0000.jsonl", "20261122T100002Z-cccc0000.jsonl");
        assert_eq!(
            remarks,
            [
                (b.to_owned(), Unread::Torn, 1),
                (c.to_owned(), Unread::TooLong, 1),
                (c.to_owned(), Unread::NotAnEvent, 2),
                (c.to_owned(), Unread::Newer, 1),
            ]
        );
    }
    assert!(query::read(&home.path().join("notes.txt"), Filter::default(), Order::Oldest).is_err());
}

#[test]
fn events_of_runs_that_overlap_come_in_the_order_of_time_from_both_ends() {
    let home = tempfile::tempdir().unwrap();
    // 60 runs that start one second apart and last two minutes each
    for run in 0..60 {
        let text: String = (0..12)
            .map(|at| {
                let second = run + at * 10;
                let time = format!("2026-11-22T10:{:02}:{:02}.{run:03}Z", second / 60, second % 60);
                line(at, &time, &format!(",\"code\":\"{}\"", if at == 7 { "deadline" } else { "io" }))
            })
            .collect();
        fs::write(home.path().join(format!("20261122T1000{run:02}Z-aaaa00{run:02}.jsonl")), text).unwrap();
    }
    let oldest = all(home.path());
    assert_eq!(oldest.len(), 720);
    assert!(oldest.is_sorted_by_key(|record| record.at));
    let newest: Vec<_> = query::read(home.path(), Filter::default(), Order::Newest).unwrap().collect();
    assert!(newest.iter().rev().map(|r| r.at).eq(oldest.iter().map(|r| r.at)));

    let filter = Filter { codes: vec!["deadline".into()], ..Filter::default() };
    let found: Vec<_> = query::read(home.path(), filter, Order::Newest).unwrap().take(3).collect();
    assert!(found.iter().all(|record| record.fields.code.as_deref() == Some("deadline")));
    assert_eq!(found[0].at.to_string(), "2026-11-22T10:02:09.059Z");
}

#[test]
fn filters_let_through_what_they_say() {
    let record = Record::parse(
        line(
            1,
            "2026-11-22T10:00:00Z",
            ",\"outcome\":\"ok\",\"tool\":\"fetch\",\"peer\":\"::1\",\"client\":\"Cursor 1.0\"",
        )
        .trim()
        .as_bytes(),
    )
    .unwrap();
    let word = |word: &str| vec![word.to_owned()];
    let at = |text: &str| Some(text.parse().unwrap());
    let cases: Vec<(Filter, bool)> = vec![
        (Filter::default(), true),
        (Filter { since: at("2026-11-22T10:00:00Z"), ..Filter::default() }, true),
        (Filter { since: at("2026-11-22T10:00:01Z"), ..Filter::default() }, false),
        (Filter { until: at("2026-11-22T09:59:59Z"), ..Filter::default() }, false),
        (Filter { severity: Some(mcp_server::events::Severity::Medium), ..Filter::default() }, false),
        (Filter { outcomes: word("ok"), ..Filter::default() }, true),
        (Filter { codes: word("io"), ..Filter::default() }, false),
        (Filter { tools: word("fetch"), who: word("key:laptop"), ..Filter::default() }, true),
        (Filter { peers: word("::2"), ..Filter::default() }, false),
        (Filter { clients: word("Cursor"), ..Filter::default() }, true),
        (Filter { grep: Some(grep("cursor").unwrap()), ..Filter::default() }, true),
        (Filter { grep: Some(grep("CURSOR").unwrap()), ..Filter::default() }, false),
    ];
    for (filter, expected) in cases {
        assert_eq!(filter.matches(&record), expected, "{filter:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_events_end_and_are_all_there() {
    let home = tempfile::tempdir().unwrap();
    let server = started(home.path(), Door::Http);
    let begun = Instant::now();
    let callers = (0..64).map(|_| {
        let server = server.clone();
        tokio::spawn(async move {
            for _ in 0..1_563 {
                server.begin(call("hello_world")).finish(Ending::ok(12, Map::new())).await.unwrap();
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    let took = begun.elapsed();
    server.stop().await;
    assert_eq!(server.written(), 64 * 1_563 + 2 + reader::files(home.path()).unwrap().len() as u64 - 1);
    println!("{} events a second", (64.0 * 1_563.0 / took.as_secs_f64()) as u64);
    accounted(home.path(), 64 * 1_563);
    let events = Events::new(reader::files(home.path()).unwrap(), Filter::default(), Order::Newest);
    assert_eq!(events.take(2).count(), 2);
}

#[tokio::test]
async fn a_full_disk_refuses_calls_says_so_and_recovers_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::of(3 << 20, home.path().to_owned()) else { return };
    let dir = disk.path().join("events");
    let recorder = started(&dir, Door::Http);
    let filler = disk.path().join("filler");
    let answered = |result: Result<(), Refusal>| u64::from(result.is_ok());
    let mut served = answered(recorder.begin(call("a")).finish(Ending::ok(1, Map::new())).await);
    assert_eq!(served, 1);
    // somebody else takes all the space there is
    let _full = fs::write(&filler, vec![0; 4 << 20]);
    let mut refused = 0;
    for _ in 0..200 {
        match recorder.begin(call("b")).finish(Ending::ok(1, Map::new())).await {
            Ok(()) => served += 1,
            Err(refusal) => {
                assert_eq!(refusal, Refusal::NotRecorded);
                refused += 1;
            }
        }
    }
    assert!(refused > 100 && recorder.is_failing(), "{refused}");
    assert!(recorder.why_failing().unwrap().to_lowercase().contains("space"));
    assert!(kinds(&all(&dir)).contains(&"events_missing"), "the reserve lets it be said");

    fs::remove_file(&filler).unwrap();
    let freed = Instant::now();
    while recorder.is_failing() {
        assert!(freed.elapsed() < Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    served += answered(recorder.begin(call("c")).finish(Ending::ok(1, Map::new())).await);
    recorder.stop().await;
    accounted(&dir, usize::try_from(served).unwrap());
    let records = all(&dir);
    let missing = records.iter().rfind(|record| record.fields.event == "events_missing").unwrap();
    assert_eq!(missing.fields.details["missing"], refused);
}

// --- what is stepped over without being read -----------------------------------------------

/// Words that fields hold and filters ask for; few, so that they meet.
const WORDS: [&str; 6] = ["ok", "io", "deadline", "a/b", "key:laptop", "Cursor 1.0"];

/// A word as somebody else might write it: some of its characters escaped.
fn escaped(word: &str, which: u32) -> String {
    let escape = |(at, c): (usize, char)| {
        if which >> (at % 16) & 1 == 1 { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }
    };
    word.chars().enumerate().map(escape).collect()
}

fn any_word() -> impl Strategy<Value = String> {
    (select(WORDS.to_vec()), prop_oneof![Just(0_u32), Just(0_u32), any::<u32>()])
        .prop_map(|(word, which)| escaped(word, which))
}

/// Lines of one run: events with any words, and what else may stand in a file.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let field = |name: &'static str| {
        (option::of(any_word()), select(vec!["", " "])).prop_map(move |(word, space)| {
            word.map_or_else(String::new, |word| format!(",\"{name}\":{space}\"{word}\""))
        })
    };
    let event = (
        (0_u32..3_000, select(vec!["low", "medium", "high", "grave"]), any_word(), any_word()),
        [field("outcome"), field("code"), field("tool"), field("peer"), field("client")],
        select(vec!["{}", "{\"code\":\"io\"}", "{\"n\":1e999}", "{\"t\":\"\\ud800\"}", "[]"]),
        prop_oneof![9 => Just(1_u32), 1 => Just(2)],
    )
        .prop_map(|((at, severity, event, who), fields, details, version)| {
            let at = format!("2026-11-22T10:{:02}:{:02}.{:03}Z", at / 600, at / 10 % 60, at % 10);
            format!(
                "{{\"v\":{version},\"timestamp\":\"{at}\",\"event\":\"{event}\",\"severity\":\"{severity}\",\
                 \"identifier\":\"{who}\",\"details\":{details}{},\"run\":\"r\",\"seq\":1}}",
                fields.concat()
            )
            .into_bytes()
        });
    prop_oneof![
        12 => event,
        1 => Just(b"\"ok\" \"io\" no event \xff".to_vec()),
        1 => (60_000_usize..70_000, any_word()).prop_map(|(length, word)| {
            [format!("\"{word}\"").as_bytes(), &vec![b' '; length]].concat()
        }),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let words =
        || prop_oneof![4 => Just(Vec::new()), 1 => vec(select(WORDS.map(String::from).to_vec()), 1..3)];
    let when = || option::weighted(0.1, select(vec!["2026-11-22T10:01:00Z", "2026-11-22T10:04:00Z"]));
    (
        (words(), words(), words(), words(), words(), words(), words()),
        (when(), when()),
        option::weighted(0.2, select(vec!["laptop", "cursor.1", "IO"])),
        option::weighted(0.1, select(vec![Severity::Medium, Severity::High])),
    )
        .prop_map(
            |((events, outcomes, codes, tools, who, peers, clients), (since, until), text, severity)| {
                let at = |text: Option<&str>| text.map(|text| text.parse().unwrap());
                let grep = text.map(|text| grep(text).unwrap());
                let (since, until) = (at(since), at(until));
                Filter { since, until, severity, events, outcomes, codes, tools, who, peers, clients, grep }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_stepped_over_is_what_nobody_asked_for(
        runs in vec(vec(any_line(), 0..24), 1..4),
        filter in any_filter(),
        torn in any::<bool>(),
    ) {
        let home = tempfile::tempdir().unwrap();
        let mut asked_for = Vec::new();
        for (run, lines) in runs.iter().enumerate() {
            let mut bytes = lines.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect::<Vec<_>>();
            if torn {
                bytes.extend(b"{\"v\":1,\"outcome\":\"ok\"");
            }
            fs::write(home.path().join(format!("20261122T100000Z-aaaa000{run}.jsonl")), bytes).unwrap();
            let short = lines.iter().filter(|line| line.len() <= 64 << 10);
            let read = short.filter_map(|line| Record::parse(line).ok());
            asked_for.push(read.filter(|record| filter.matches(record)).collect::<Vec<_>>());
        }
        for order in [Order::Oldest, Order::Newest] {
            let mut found: Vec<_> = query::read(home.path(), filter.clone(), order).unwrap().collect();
            if order == Order::Newest {
                found.reverse();
            }
            let mut expected: Vec<_> = asked_for.iter().flatten().map(|record| record.raw.clone()).collect();
            let mut found: Vec<_> = found.into_iter().map(|record| record.raw).collect();
            expected.sort();
            found.sort();
            prop_assert_eq!(found, expected, "{:?}", order);
        }
        for by in By::ALL {
            let mut expected = Stats::new(*by, TimeZone::UTC);
            asked_for.iter().flatten().for_each(|record| expected.add(record));
            let counted = stats::count(home.path(), &filter, *by, &TimeZone::UTC).unwrap().counted;
            prop_assert_eq!(counted.rows(), expected.rows(), "{:?}", by);
            prop_assert_eq!((counted.events(), counted.span()), (expected.events(), expected.span()));
        }
        let in_steps = series(home.path(), &filter, Duration::from_mins(1), &TimeZone::UTC).unwrap().counted;
        let events: u64 = in_steps.buckets().map(|(_, bucket)| bucket.events()).sum();
        prop_assert_eq!(events, asked_for.iter().flatten().count() as u64);
        for (at, bucket) in in_steps.buckets() {
            let is_in = |record: &&Record| at <= record.at && record.at < at + Duration::from_mins(1);
            let expected = asked_for.iter().flatten().filter(is_in).count() as u64;
            prop_assert_eq!(bucket.events(), expected, "{}", at);
        }
    }
}

#[test]
fn a_flood_of_names_is_counted_in_bounded_memory_and_hides_no_busy_one() {
    let mut stats = Stats::new(By::Peer, TimeZone::UTC);
    let at = "2026-11-22T10:00:00Z";
    let event = |peer: &str| {
        Record::parse(line(1, at, &format!(",\"peer\":\"{peer}\"")).trim_end().as_bytes()).unwrap()
    };
    let busy = event("203.0.113.9");
    for peer in 0..100_000 {
        stats.add(&event(&format!("peer {peer}")));
        if peer > 50_000 && peer % 10 == 0 {
            stats.add(&busy);
        }
    }
    let rows = stats.rows();
    assert!(rows.len() <= limits::STATS_KEYS_MAX);
    assert_eq!((&rows[0].key, rows[0].count), (&Key::Word("203.0.113.9".into()), 4_999));
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>() + stats.others(), 104_999);
    assert_eq!(stats.events(), 104_999);
}

#[test]
fn hours_and_days_are_those_of_the_reader_and_stand_in_the_order_of_time() {
    let home = tempfile::tempdir().unwrap();
    let times =
        ["2026-11-21T22:59:59Z", "2026-11-21T23:00:00Z", "2026-11-22T09:30:00Z", "2026-11-22T09:59:00Z"];
    let text: String = times.iter().map(|at| line(1, at, "")).collect();
    fs::write(home.path().join("20261121T220000Z-aaaa0000.jsonl"), text).unwrap();
    let zone = TimeZone::fixed(jiff::tz::offset(1));
    let rows = |by, zone: &TimeZone| {
        let counted = stats::count(home.path(), &Filter::default(), by, zone).unwrap().counted;
        counted.rows().into_iter().map(|row| (row.key, row.count)).collect::<Vec<_>>()
    };
    let day = |text: &str| Key::Day(text.parse().unwrap());
    assert_eq!(rows(By::Day, &zone), [(day("2026-11-21"), 1), (day("2026-11-22"), 3)]);
    assert_eq!(rows(By::Day, &TimeZone::UTC), [(day("2026-11-21"), 2), (day("2026-11-22"), 2)]);
    let hour = |text: &str| Key::Hour(text.parse().unwrap());
    assert_eq!(
        rows(By::Hour, &zone),
        [
            (hour("2026-11-21T22:00:00Z"), 1),
            (hour("2026-11-21T23:00:00Z"), 1),
            (hour("2026-11-22T09:00:00Z"), 2)
        ]
    );
}

#[test]
fn refusals_that_were_only_counted_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let folded = line(1, "2026-11-22T10:00:00Z", ",\"details\":{\"count\":99980,\"elsewhere\":3}")
        .replace("tool_called", "refusals_folded");
    let called = line(2, "2026-11-22T10:00:01Z", ",\"outcome\":\"ok\",\"details\":{\"count\":5}");
    fs::write(home.path().join("20261122T100000Z-aaaa0000.jsonl"), folded + &called).unwrap();
    let all = Filter::default();
    let counted = stats::count(home.path(), &all, By::Event, &TimeZone::UTC).unwrap().counted;
    assert_eq!((counted.events(), counted.folded()), (2, 99_980));
    let steps = series(home.path(), &all, Duration::from_mins(1), &TimeZone::UTC).unwrap().counted;
    let (at, bucket) = steps.buckets().next().unwrap();
    assert_eq!(at.to_string(), "2026-11-22T10:00:00Z");
    assert_eq!(bucket, Bucket { ok: 1, other: 1, folded: 99_980, ..Bucket::default() });
}
