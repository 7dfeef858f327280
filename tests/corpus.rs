//! The corpora through both doors, each row three times in the same process.
//!
//! What people really write comes back byte for byte, what looks like an
//! attack does nothing, and no path leads out of its root. Afterwards every
//! call is accounted for in the log.
//!
//! Every row also goes through the text arguments of every tool: through half
//! of them once, one quarter at each door, or, with `FULL=1`, through all of
//! them three times at both.

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
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use common::{
    Answer, Door, Place, Server,
    path_table::{PATH_ARGUMENTS, Takes},
};
use mcp_server::sanitize::marks::Marker;
use serde_json::{Value, json};

const ROUNDS: usize = 3;
const SECRET: &str = "OUTSIDE-SECRET";
/// Ten times what one call on the paths may take.
const GUARD: Duration = Duration::from_secs(10);

const BENIGN: &str = include_str!("corpus/benign.txt");
const COMMANDS: &str = include_str!("corpus/commands.txt");
const PATHS: &str = include_str!("corpus/paths.txt");
const POISON: &str = include_str!("corpus/poison.jsonl");
const UNICODE: &str = include_str!("corpus/unicode.txt");
const URLS: &str = include_str!("corpus/urls.txt");

struct Row {
    expect: String,
    class: String,
    text: String,
}

fn rows(corpus: &str) -> Vec<Row> {
    let lines = corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap().to_owned();
        Row { expect: next(), class: next(), text: serde_json::from_str(&next()).unwrap() }
    };
    lines.map(row).collect()
}

/// The blocks of an answer that is no failure.
#[track_caller]
fn blocks(answer: &Answer) -> Vec<&str> {
    assert!(answer.is_well(), "{answer:?}");
    let blocks = answer.0["result"]["content"].as_array().unwrap();
    let texts = blocks.iter().map(|block| block["text"].as_str().unwrap());
    let is_note =
        |line: &str| ["[tag ", "[hidden characters shown"].iter().any(|note| line.starts_with(note));
    texts.filter(|text| text.is_empty() || !text.lines().all(is_note)).collect()
}

/// A text as it may be shown: what hides in it stands as a mark.
fn shown(text: &str) -> String {
    Marker::default().shown(text).0.into_owned()
}

/// Free text goes in as an argument, in a list, and as what a file holds; each time it comes back
/// as it was. Gives the answers, for the accounting.
#[track_caller]
fn comes_back(place: &Place, server: &mut Server, rows: &[Row]) -> Vec<Answer> {
    for (at, row) in rows.iter().enumerate() {
        place.write(&format!("root/{at}.txt"), &row.text);
    }
    let calls: Vec<_> = rows
        .iter()
        .enumerate()
        .flat_map(|(at, row)| {
            [
                ("echo", json!({ "text": row.text })),
                ("echo", json!({ "list": [row.text, "", row.text] })),
                ("read_text_file", json!({ "path": format!("{at}.txt") })),
                ("read_multiple_files", json!({ "paths": [format!("{at}.txt")] })),
            ]
        })
        .collect();
    let answers = server.call_all(&calls);
    for (at, (row, answers)) in rows.iter().zip(answers.chunks(4)).enumerate() {
        let said: Vec<_> = answers.iter().map(blocks).collect();
        let text = shown(&row.text);
        assert_eq!(said[0], [&text], "{}: as an argument", row.class);
        assert_eq!(said[1], [&text, "", &text], "{}: in a list", row.class);
        assert_eq!(said[2], [&text], "{}: as the contents of a file", row.class);
        let among_others = format!("root:/{at}.txt:\n{text}\n");
        assert_eq!(said[3], [&among_others], "{}: as the contents of one of several", row.class);
    }
    answers
}

fn on_both_doors(place: impl Fn() -> Place, work: impl Fn(&Place, &mut Server) -> Vec<Answer>) {
    for door in Door::ALL {
        let place = place();
        let root = format!("root={}", place.dir("root").display());
        let mut server = Server::start(&place, door, &["--root", &root], &[]);
        let begun = Instant::now();
        let mut answers = Vec::new();
        for _ in 0..ROUNDS {
            answers.extend(work(&place, &mut server));
        }
        let took = begun.elapsed();
        let no_child = children(server.process().pid());
        assert_eq!(no_child, Vec::<String>::new(), "{door:?}: a child process");
        server.stop();
        place.log().accounts_for(&answers, 0);
        let well = answers.iter().filter(|answer| answer.is_well()).count();
        println!("{door:?}: {} calls, {well} ended well, in {took:?}", answers.len());
    }
}

#[test]
fn what_people_really_write_is_never_refused_and_never_changed() {
    let rows = rows(BENIGN);
    assert!(rows.len() > 200);
    on_both_doors(Place::with_fixture_tools, |place, server| comes_back(place, server, &rows));
}

#[test]
fn a_text_that_looks_like_a_command_is_a_text_and_nothing_runs() {
    let loopback = TcpListener::bind("127.0.0.1:0").unwrap();
    loopback.set_nonblocking(true).unwrap();
    let address = loopback.local_addr().unwrap().to_string();
    on_both_doors(Place::with_fixture_tools, |place, server| {
        let canary = place.path().join("canary");
        let fill =
            |text: &str| text.replace("{CANARY}", canary.to_str().unwrap()).replace("{LOOPBACK}", &address);
        let mut rows = rows(COMMANDS);
        for row in &mut rows {
            row.text = fill(&row.text);
        }
        let mut answers = comes_back(place, server, &rows);

        // one of a few words is asked for, or a name: refused or kept, never altered
        let calls: Vec<_> = rows
            .iter()
            .flat_map(|row| ["choice", "name"].map(|argument| ("echo", json!({ argument: row.text }))))
            .collect();
        let judged = server.call_all(&calls);
        for (row, answers) in rows.iter().zip(judged.chunks(2)) {
            answers[0].failure();
            if row.class == "header_crlf" || row.text.contains(['$', ';', '|', '<', '>', '`', '"']) {
                answers[1].failure();
            } else if answers[1].is_well() {
                answers[1].says(&row.text);
            }
        }
        answers.extend(judged);
        assert!(!canary.exists(), "something wrote the canary file");
        assert!(loopback.accept().is_err(), "somebody called the canary listener");
        answers
    });
}

#[test]
fn a_text_of_any_language_keeps_its_bytes_and_what_hides_is_refused_where_it_would_be_shown() {
    let all = rows(UNICODE);
    on_both_doors(Place::with_fixture_tools, |place, server| {
        let kept: Vec<_> = rows(UNICODE).into_iter().filter(|row| row.expect == "keep").collect();
        assert!(kept.len() >= 32);
        let mut answers = comes_back(place, server, &kept);
        let calls: Vec<_> = all
            .iter()
            .flat_map(|row| ["text", "line", "name"].map(|argument| ("echo", json!({ argument: row.text }))))
            .collect();
        let echoed = server.call_all(&calls);
        for (row, answers) in all.iter().zip(echoed.chunks(3)) {
            // free text is never judged by its looks
            assert_eq!(blocks(&answers[0]), [&shown(&row.text)], "{}", row.class);
            for answer in &answers[1..] {
                if answer.is_well() {
                    answer.says(&shown(&row.text));
                }
            }
            let hides = row.expect == "strip" && row.class != "noncharacter_private";
            if hides || row.class == "ansi_csi" || row.class == "osc_dcs" {
                answers[1].failure();
            }
            if row.expect == "strip" || row.expect == "escape" {
                answers[2].failure();
            }
            if row.class == "legit_language" {
                answers[1].says(&row.text);
            }
        }
        answers.extend(echoed);
        answers
    });
}

#[test]
fn whatever_ends_in_the_log_stays_on_its_line_and_shows_what_hides() {
    // as a path, as the name of a tool, and as the name of the client
    for door in Door::ALL {
        let place = Place::new();
        let root = format!("root={}", place.dir("root").display());
        let mut server = Server::start(&place, door, &["--root", &root], &[]);
        let rows = rows(UNICODE);
        let mut answers = Vec::new();
        for _ in 0..ROUNDS {
            let calls: Vec<_> = rows
                .iter()
                .flat_map(|row| [("get_file_info", json!({ "path": row.text })), (&*row.text, json!({}))])
                .collect();
            answers.extend(server.call_all(&calls));
        }
        server.stop();
        // that no line holds what moves a cursor, reading the log proves
        let log = place.log();
        log.accounts_for(&answers, 0);
        let tools: Vec<_> = log.named("tool_denied").iter().map(|event| event["tool"].clone()).collect();
        assert_eq!(tools.len(), rows.len() * ROUNDS);
        for row in rows.iter().filter(|row| row.text.len() < 64) {
            assert!(tools.contains(&Value::from(&*row.text)), "{:?} is not told as it was", row.text);
        }
        assert_eq!(log.named("server_stopped").len(), 1);
    }
}

/// The tree that the corpus of paths means.
struct Tree {
    place: Place,
    base: PathBuf,
}

impl Tree {
    fn new() -> Self {
        let place = Place::with_fixture_tools();
        let base = place.path().join("tree");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/make_fixture.sh");
        let made = Command::new("sh").arg(script).arg(&base).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let root = base.join("root");
        fs::write(root.join("growing.log"), "grows\n").unwrap();
        for row in rows(PATHS).iter().filter(|row| row.expect == "allow") {
            let path = root.join(&row.text);
            if !row.text.contains("{ROOT}") && !path.exists() {
                fs::write(path, "ordinary\n").unwrap();
            }
        }
        Self { place, base }
    }

    fn fill(&self, text: &str) -> String {
        let base = self.base.display();
        text.replace("{ROOT}", &format!("{base}/root"))
            .replace("{SIBLING}", &format!("{base}/root-evil"))
            .replace("{OUTSIDE}", &format!("{base}/outside"))
    }

    fn start(&self, door: Door) -> Server {
        let root = format!("root={}", self.base.join("root").display());
        Server::start(&self.place, door, &["--root", &root], &[])
    }

    /// Everything outside the root, by name and content.
    fn outside(&self) -> Vec<(PathBuf, String)> {
        let mut seen = Vec::new();
        for dir in ["", "outside", "root-evil"] {
            for entry in fs::read_dir(self.base.join(dir)).unwrap() {
                let path = entry.unwrap().path();
                let text = fs::read_to_string(&path).unwrap_or_default();
                seen.push((path, text));
            }
        }
        seen.sort();
        seen
    }

    /// Lets `growing.log` grow and a writer feed `fifo_busy` while `work` is done.
    fn alive<T>(&self, work: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
                let root = self.base.join("root");
                let mut log = fs::OpenOptions::new().append(true).open(root.join("growing.log")).unwrap();
                let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
                let mut fifo = fs::OpenOptions::new();
                let mut fifo = fifo
                    .read(true)
                    .write(true)
                    .custom_flags(nonblocking)
                    .open(root.join("fifo_busy"))
                    .unwrap();
                while !over.load(Ordering::Relaxed) {
                    let _ = log.write_all(b"and grows\n");
                    let _ = fifo.write_all(b"endless\n");
                    thread::sleep(Duration::from_millis(1));
                }
            });
            let _over = Over(&over);
            work()
        })
    }
}

/// Says that it is over, also when what is dropped is a test that failed.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A call with this path in every argument that takes one, and as a text that nothing is opened by.
fn path_calls(path: &str) -> Vec<(&'static str, Value)> {
    let echo = ("echo", json!({ "path": path }));
    PATH_ARGUMENTS.iter().map(|argument| argument.call(path)).chain([echo]).collect()
}

/// All that an answer holds, what is sent as base64 too.
fn whole(answer: &Answer) -> String {
    let mut whole = answer.0.to_string();
    for block in answer.0["result"]["content"].as_array().into_iter().flatten() {
        for encoded in [&block["data"], &block["resource"]["blob"]].into_iter().filter_map(Value::as_str) {
            let bytes = BASE64_STANDARD.decode(encoded).unwrap();
            whole.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    whole
}

#[track_caller]
fn judge_path(row: &Row, tool: &str, answer: &Answer) {
    let about = format!("{tool} {:?} ({}): {answer:?}", row.text, row.class);
    let Some(argument) = PATH_ARGUMENTS.iter().find(|argument| argument.tool == tool) else {
        // nothing is opened: what can be judged by the text is refused, the rest is a text
        assert!(!answer.is_well() || answer.text() == shown(&row.text) || row.text.contains('{'), "{about}");
        return;
    };
    if row.class == "hardlink" {
        // the bytes are the file's own, whatever its other names
        let shows = matches!(argument.takes, Takes::Text | Takes::Bytes);
        assert_eq!(whole(answer).contains(SECRET), shows, "{about}");
        return;
    }
    assert!(!whole(answer).contains(SECRET), "{about}");
    match &*row.expect {
        // denied once the shield exists
        "deny" if row.class == "sensitive_in_root" => {}
        "deny" => assert!(!answer.is_well(), "{about}"),
        // what grows is a file all the same
        _ if row.expect == "allow" || row.text == "growing.log" => {
            assert_eq!(answer.is_well(), argument.takes_files(), "{about}");
        }
        "special" if argument.takes != Takes::Directory && argument.takes != Takes::Either => {
            assert!(!answer.is_well(), "{about}");
        }
        _ => {}
    }
}

#[test]
fn no_path_leads_out_of_its_root_through_any_tool() {
    let rows = rows(PATHS);
    for door in Door::ALL {
        let tree = Tree::new();
        let before = tree.outside();
        let mut server = tree.start(door);
        let mut answers = Vec::new();
        let begun = Instant::now();
        tree.alive(|| {
            for _ in 0..ROUNDS {
                let calls: Vec<_> = rows.iter().flat_map(|row| path_calls(&tree.fill(&row.text))).collect();
                let said = server.call_all(&calls);
                let each = PATH_ARGUMENTS.len() + 1;
                for ((row, calls), answers) in rows.iter().zip(calls.chunks(each)).zip(said.chunks(each)) {
                    calls.iter().zip(answers).for_each(|((tool, _), answer)| judge_path(row, tool, answer));
                }
                answers.extend(said);
            }
        });
        let took = begun.elapsed();
        server.stop();
        assert_eq!(tree.outside(), before, "nothing was made outside");
        let log = tree.place.log();
        log.accounts_for(&answers, 0);
        let slowest = log.endings().iter().map(|event| event["duration_us"].as_u64().unwrap()).max().unwrap();
        assert!(Duration::from_micros(slowest) < GUARD, "{slowest} µs");
        // what was refused is told by its rule, and no event holds a path as it was sent
        assert!(log.endings().iter().all(|event| event["outcome"] == "ok" || event["code"].is_string()));
        println!("{door:?}: {} calls in {took:?}, the slowest {slowest} µs", answers.len());
    }
}

#[test]
fn no_path_leads_out_of_its_root_as_the_address_of_a_resource() {
    let rows = rows(PATHS);
    for door in Door::ALL {
        let tree = Tree::new();
        let before = tree.outside();
        let mut server = tree.start(door);
        let mut answers = Vec::new();
        let addresses = |row: &Row| {
            let path = tree.fill(&row.text);
            let encoded = percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC);
            let relative = path.trim_start_matches('/');
            [
                format!("root://root/{encoded}"),
                path.clone(),
                format!("root://root/{path}"),
                format!("file:///{relative}"),
                format!("file://localhost/{relative}"),
                format!("file://{path}"),
            ]
        };
        tree.alive(|| {
            for _ in 0..ROUNDS {
                let requests: Vec<_> = rows
                    .iter()
                    .flat_map(addresses)
                    .map(|uri| ("resources/read", json!({ "uri": uri })))
                    .collect();
                let said = server.ask_all(&requests);
                for (row, answers) in rows.iter().zip(said.chunks(6)) {
                    if row.class != "hardlink" {
                        for answer in answers {
                            answer.never_mentions(SECRET);
                        }
                    }
                    if row.expect == "allow" && !row.text.contains("{ROOT}") {
                        answers[0].result();
                    }
                    // beneath a root's address `//` is the root itself
                    let may_be_read =
                        ["sensitive_in_root", "hardlink"].contains(&&*row.class) || row.text == "//";
                    if row.expect == "deny" && !may_be_read {
                        assert!(!answers[0].is_well(), "{:?}: {:?}", row.text, answers[0]);
                    }
                }
                answers.extend(said);
            }
        });
        server.stop();
        assert_eq!(tree.outside(), before, "nothing was made outside");
        let log = tree.place.log();
        log.accounts_for(&answers, 0);
        assert!(log.endings().iter().all(|event| event["method"] == "resources/read"));
        let slowest = log.endings().iter().map(|event| event["duration_us"].as_u64().unwrap()).max().unwrap();
        assert!(Duration::from_micros(slowest) < GUARD, "{slowest} µs");
        println!("{door:?}: {} addresses, the slowest {slowest} µs", answers.len());
    }
}

/// Every argument of every tool that takes a text, with what else that tool needs.
fn text_arguments(server: &mut Server) -> Vec<(String, Value, String, bool)> {
    let listed = server.ask_all(&[("tools/list", Value::Null)]);
    let mut found = Vec::new();
    for tool in listed[0].result()["tools"].as_array().unwrap() {
        let schema = &tool["inputSchema"];
        let kind_of = |schema: &Value| match &schema["type"] {
            Value::Array(kinds) => kinds[0].as_str().unwrap_or_default().to_owned(),
            kind => kind.as_str().unwrap_or_default().to_owned(),
        };
        let mut needed = json!({});
        for name in schema["required"].as_array().into_iter().flatten() {
            needed[name.as_str().unwrap()] = "none".into();
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let kind = kind_of(property);
            let is_list = kind == "array" && kind_of(&property["items"]) == "string";
            if kind == "string" || is_list {
                found.push((
                    tool["name"].as_str().unwrap().to_owned(),
                    needed.clone(),
                    name.clone(),
                    is_list,
                ));
            }
        }
    }
    found
}

#[test]
fn every_row_of_every_corpus_is_answered_through_the_text_arguments_of_every_tool() {
    let is_full = std::env::var_os("FULL").is_some();
    let rounds = if is_full { ROUNDS } else { 1 };
    for door in Door::ALL {
        let tree = Tree::new();
        let before = tree.outside();
        let loopback = TcpListener::bind("127.0.0.1:0").unwrap();
        loopback.set_nonblocking(true).unwrap();
        let address = loopback.local_addr().unwrap().to_string();
        let canary = tree.place.path().join("canary");
        let mut texts: Vec<String> = [BENIGN, COMMANDS, PATHS, UNICODE, URLS]
            .into_iter()
            .flat_map(rows)
            .map(|row| tree.fill(&row.text))
            .map(|text| text.replace("{CANARY}", canary.to_str().unwrap()).replace("{LOOPBACK}", &address))
            .collect();
        for line in POISON.lines() {
            texts.push(serde_json::from_str::<Value>(line).unwrap()["text"].as_str().unwrap().to_owned());
        }
        // the one that reads through: its other half stands outside
        texts.retain(|text| !text.contains("hardlink_to_outside"));

        let mut server = tree.start(door);
        let arguments = text_arguments(&mut server);
        assert!(arguments.len() >= 14, "{arguments:?}");
        let begun = Instant::now();
        let mut calls = 0;
        for _ in 0..rounds {
            for (at, (tool, needed, argument, is_list)) in arguments.iter().enumerate() {
                let (step, other) =
                    if is_full { (1, 0) } else { (4, if door == Door::Http { 2 } else { 0 }) };
                let texts: Vec<_> = texts.iter().skip((at + other) % step).step_by(step).collect();
                let filled = |text: &&String| {
                    let mut filled = needed.clone();
                    filled[argument] = if *is_list { json!([text]) } else { json!(text) };
                    (tool.as_str(), filled)
                };
                let said = server.call_all(&texts.iter().map(filled).collect::<Vec<_>>());
                for (text, answer) in texts.iter().zip(&said) {
                    answer.result();
                    answer.never_mentions(SECRET);
                    assert!(answer.is_well() || !repeats(text, answer.failure()), "{text:?}: {answer:?}");
                }
                calls += said.len();
            }
        }
        println!("{door:?}: {calls} calls of {} arguments in {:?}", arguments.len(), begun.elapsed());
        assert_eq!(children(server.process().pid()), Vec::<String>::new(), "a child process");
        server.stop();
        assert!(!canary.exists() && loopback.accept().is_err());
        assert_eq!(tree.outside(), before, "nothing was made outside");
        assert_eq!(tree.place.log().endings().len(), calls);
    }
}

/// Whether words repeat a value that was sent, and not by chance. What is not there is named, as
/// a place beneath its root.
fn repeats(value: &str, words: &str) -> bool {
    value.len() >= 16 && words.contains(value) && !words.trim_start_matches('`').starts_with("root:/")
}

/// Processes that `pid` started: those that live or wait to be taken note of, and a trace of those
/// it took note of.
fn children(pid: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // `pid (name) state ppid …`, and the name may hold anything
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        if fields[1] == pid.to_string() {
            found.push(stat.clone());
        }
        // faults of children that were waited for
        if entry.file_name().to_str() == Some(&pid.to_string()) && (fields[8] != "0" || fields[10] != "0") {
            found.push(format!("once: {stat}"));
        }
    }
    found
}
