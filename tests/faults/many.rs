//! Several servers on one directory, killed and started at random, while others read: nobody's
//! lines are cut, nobody's file is renamed, and the directory never holds more than its cap.
//! `FULL=1` goes on for two minutes; `SEED=N` repeats a run.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::Stdio,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    common::{Door, Place, Server, StdioServer, UNLIMITED},
    full,
};

/// Of the whole directory.
const CAP: u64 = 1 << 20;
const SERVERS: usize = 4;

/// Numbers that only look random (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn seed() -> u64 {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    given.unwrap_or_else(|| u64::try_from(now % 1_000_000_007).unwrap() | 1)
}

/// What a directory must never show while servers come and go.
#[derive(Default)]
struct Watch {
    /// Of each file: its inode, and how long it was when it was last seen.
    files: HashMap<String, (u64, u64)>,
    names: HashMap<u64, String>,
    most: u64,
    looks: u64,
}

impl Watch {
    #[track_caller]
    fn look(&mut self, dir: &Path) {
        let mut total = 0;
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let Ok(meta) = entry.metadata() else { continue };
            total += meta.len();
            let (inode, len) = self.files.entry(name.clone()).or_insert((meta.ino(), 0));
            assert_eq!(*inode, meta.ino(), "{name} was replaced");
            assert!(meta.len() >= *len, "{name} was cut from {len} to {} bytes", meta.len());
            *len = meta.len();
            // An inode may be used again once its file is gone.
            let before = self.names.insert(meta.ino(), name.clone()).filter(|before| *before != name);
            assert!(before.is_none_or(|before| !dir.join(&before).exists() || !is_same(dir, &before, &name)));
        }
        self.most = self.most.max(total);
        self.looks += 1;
    }
}

/// Whether both names lead to one file now.
fn is_same(dir: &Path, one: &str, other: &str) -> bool {
    let inode = |name: &str| fs::metadata(dir.join(name)).map(|meta| meta.ino()).ok();
    inode(one).is_some_and(|of_one| inode(other) == Some(of_one))
}

/// One place on the machine where servers come and go. Gives the answered calls of each of them.
fn slot(place: &Place, number: usize, mut chance: Chance, until: Instant) -> BTreeMap<String, Vec<u64>> {
    let mut answered = BTreeMap::new();
    let pad = "x".repeat(300);
    for round in 0.. {
        if Instant::now() >= until {
            break;
        }
        let door = Door::ALL[usize::try_from(chance.below(2)).unwrap()];
        let cap = format!("{CAP}");
        let env = [("MCP_SERVER_EVENTS_MAX_BYTES", cap.as_str())];
        let mut server = Server::start(place, door, &[], &env);
        let name = format!("gone_{number}_{round}_");
        let lasts = Instant::now() + Duration::from_millis(50 + chance.below(450));
        let mut numbers = Vec::new();
        let mut at = 0;
        while Instant::now() < lasts {
            // one after the other: the events of calls that run side by side stand in any order, and what
            // pruning leaves of them would not be all from a first one on
            server.call_all(&[(format!("{name}{at}_{pad}").as_str(), json!({}))]);
            numbers.push(at);
            at += 1;
        }
        if chance.below(3) == 0 {
            server.stop();
        } else {
            server.process().signal(Signal::KILL);
        }
        answered.insert(name, numbers);
    }
    answered
}

/// Reads as people do, again and again.
fn reader(place: &Place, until: &AtomicBool, lists: &AtomicU64) {
    while !until.load(Ordering::Relaxed) {
        let mut tail = place.command(&["events", "tail", "-f", "--json"]);
        let mut tail = tail.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let all = [&["events", "list", "--json"][..], &["events", "tail", "-n", "50"], &["events", "verify"]];
        for args in all {
            let out = place.run(args);
            let (said, wrong) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
            assert!(out.status.success(), "{args:?}: {said}{wrong}");
            lists.fetch_add(1, Ordering::Relaxed);
        }
        assert!(tail.try_wait().unwrap().is_none(), "following ended by itself");
        tail.kill().unwrap();
        tail.wait().unwrap();
    }
}

#[test]
fn servers_that_come_and_go_on_one_directory_lose_nothing_and_stay_below_its_cap() {
    let (seed, time) = (seed(), Duration::from_secs(if full() { 120 } else { 5 }));
    println!("SEED={seed}");
    let place = Place::new();
    let dir = place.dir("events");
    fs::set_permissions(&dir, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let (over, lists, watch) = (AtomicBool::new(false), AtomicU64::new(0), Mutex::new(Watch::default()));
    let until = Instant::now() + time;
    let answered: BTreeMap<String, Vec<u64>> = thread::scope(|scope| {
        let watching = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                watch.lock().unwrap().look(&dir);
                thread::sleep(Duration::from_millis(1));
            }
        });
        let reading = scope.spawn(|| reader(&place, &over, &lists));
        let slots: Vec<_> = (0..SERVERS)
            .map(|number| {
                let chance = Chance(seed.wrapping_mul(2 * u64::try_from(number).unwrap() + 1) | 1);
                let place = &place;
                scope.spawn(move || slot(place, number, chance, until))
            })
            .collect();
        let joined: Vec<_> = slots.into_iter().map(thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        watching.join().unwrap();
        reading.join().unwrap();
        joined.into_iter().flat_map(Result::unwrap).collect()
    });
    // a last server notes what was left unfinished
    let mut last = Server::start(&place, Door::Stdio, &[], &[("MCP_SERVER_EVENTS_MAX_BYTES", "1MiB")]);
    last.call("hello_world", json!({})).says("Hello, World!");
    last.stop();

    let watch = watch.into_inner().unwrap();
    assert!(watch.most <= CAP, "{} bytes of {CAP}", watch.most);
    let log = place.log();
    log.endings();
    let tools: Vec<&str> = log.events().filter_map(|event| event["tool"].as_str()).collect();
    let mut kept = 0;
    for (name, numbers) in &answered {
        let of_run = tools.iter().filter_map(|tool| tool.strip_prefix(name.as_str())?.split('_').next());
        let recorded: Vec<u64> = of_run.map(|number| number.parse().unwrap()).collect();
        // what was pruned is a beginning, or all of it: from the first that is there, all are
        let Some(first) = recorded.iter().min() else { continue };
        for number in numbers.iter().filter(|number| *number >= first) {
            assert!(recorded.contains(number), "{name}{number} was answered and has no event");
            kept += 1;
        }
    }
    let total: usize = answered.values().map(Vec::len).sum();
    println!(
        "{} servers, {total} calls answered, {kept} still on record, {} files pruned, {} torn; at most {} of {CAP} \
         bytes in {} looks; {} lists read",
        answered.len(),
        log.named("events_pruned").len(),
        log.torn.len(),
        watch.most,
        watch.looks,
        lists.into_inner(),
    );
    assert!(kept > 0 && !log.named("events_pruned").is_empty(), "too little came of it");
}

/// For some minutes: every kind of call and of bad input at both doors, and in the end nothing has
/// grown and everything is accounted for. `SOAK_SECONDS=N`.
#[test]
#[ignore = "takes as long as it is told; scripts/soak.sh runs it"]
fn a_soak_of_mixed_load_grows_nothing_and_is_accounted_for() {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    for door in Door::ALL {
        soak(door, Duration::from_secs(seconds));
    }
}

fn soak(door: Door, time: Duration) {
    let place = Place::with_fixture_tools();
    let mut server = Server::start(&place, door, &[], &[UNLIMITED, ("MCP_SERVER_EVENTS_MAX_BYTES", "4GiB")]);
    let mix = [
        ("hello_world", json!({})),
        ("hello_world", json!({ "name": "Ada" })),
        ("gone", json!({})),
        ("echo", json!({ "integer": 5_000 })),
        ("echo", json!({ "text": "x".repeat(10_000) })),
        ("panic", json!({ "mode": "async" })),
        ("slow_write", json!({ "millis": 1 })),
        ("huge", json!({ "shape": "blocks", "count": 1_001 })),
        ("read_text_file", json!({ "path": "../../etc/passwd" })),
        ("hello_world", json!({ "name": "a\u{202e}b" })),
    ];
    let calls: Vec<(&str, Value)> = mix.iter().cycle().take(200).cloned().collect();
    let (mut answers, mut bad, mut early) = (Vec::new(), 0_u64, None);
    let begun = Instant::now();
    while begun.elapsed() < time {
        answers.extend(server.call_all(&calls).iter().map(brief));
        bad += misbehave(&mut server);
        if early.is_none() && begun.elapsed() > time / 4 {
            early = Some((server.process().status("VmRSS"), descriptors(&mut server)));
        }
    }
    thread::sleep(Duration::from_secs(1));
    let (rss, open) = (server.process().status("VmRSS"), descriptors(&mut server));
    let (rss_early, open_early) = early.unwrap();
    server.stop();
    let log = place.log();
    log.accounts_for(&answers, 0);
    println!(
        "{door:?}: {} calls and {bad} bad inputs in {} s; memory {rss_early} KiB after a quarter, {rss} KiB in the \
         end; descriptors {open_early}, {open}; {} events, {} bytes",
        answers.len(),
        begun.elapsed().as_secs(),
        log.events().count(),
        log.bytes,
    );
    assert!(rss < rss_early + 16_384, "memory grew from {rss_early} to {rss} KiB");
    assert!(open <= open_early + 2, "descriptors grew from {open_early} to {open}");
}

/// The answer without its text, which would fill the test's own memory.
fn brief(answer: &crate::common::Answer) -> crate::common::Answer {
    let well = answer.is_well();
    crate::common::Answer(json!({ "result": { "isError": !well } }))
}

fn descriptors(server: &mut Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.process().pid())).unwrap().count()
}

/// One of each thing that a client must not send. Gives how many those were.
fn misbehave(server: &mut Server) -> u64 {
    let deep = "[".repeat(1_000);
    let bad: [&[u8]; 6] = [
        b"not json",
        b"\xff\xfe\xc0",
        b"[]",
        br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        br#"{"jsonrpc":"1.0","id":null,"method":3}"#,
        deep.as_bytes(),
    ];
    match server {
        Server::Stdio(server) => {
            for bytes in bad {
                StdioServer::send_bytes(server, &[bytes, b"\n"].concat());
            }
        }
        Server::Http(server) => {
            for bytes in bad {
                let headers = [("Authorization", "Bearer wrong"), ("Content-Type", "application/json")];
                let reply = server.request("POST", "/mcp", &headers, bytes);
                assert!((400..500).contains(&reply.status), "{reply:?}");
            }
        }
    }
    u64::try_from(bad.len()).unwrap()
}
