//! Whether somebody who changed the log is found out: `events verify` on logs
//! that real servers wrote, each changed in one way.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    reason = "a failed step of a test is a panic, and brevity counts"
)]
#![cfg(unix)]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use common::{Door, Era, HttpServer, PATIENCE, Place, Server, UNLIMITED, moves};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const KEY_FILE: &str = "MCP_SERVER_EVENTS_CHAIN_KEY_FILE";

/// A log with or without a key of its chain.
struct Case {
    place: Place,
    key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Plain,
    Keyed,
}

impl Case {
    fn new(kind: Kind) -> Self {
        let place = Place::new();
        place.meddles();
        let key = (kind == Kind::Keyed).then(|| {
            let file = place.write("secret/chain.key", "0123456789abcdef0123456789abcdef\n");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            file
        });
        Self { place, key }
    }

    fn env(&self) -> Vec<(&str, &str)> {
        let key = self.key.as_ref().map(|key| (KEY_FILE, key.to_str().unwrap()));
        key.into_iter().chain([UNLIMITED, ("MCP_SERVER_EVENTS_MAX_BYTES", "512KiB")]).collect()
    }

    fn server(&self, door: Door) -> Server {
        Server::start(&self.place, door, &[], &self.env())
    }

    /// A run of so many calls, stopped.
    fn calls(&self, count: usize) {
        let mut server = self.server(Door::Stdio);
        for batch in vec![("hello_world", json!({})); count].chunks(50) {
            server.call_all(batch);
        }
        server.stop();
    }

    fn verify(&self, args: &[&str]) -> (i32, Value) {
        let mut command = self.place.command(&[&["events", "verify", "--json"], args].concat());
        command.envs(self.env());
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.trim_end().chars().any(moves), "{text}");
        let found = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), found)
    }

    fn words(&self) -> String {
        let mut command = self.place.command(&["events", "verify"]);
        command.envs(self.env());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    fn keep(&self) -> Kept {
        Kept::of(&self.place.events_dir())
    }

    /// The files of the log, oldest first.
    fn files(&self) -> Vec<String> {
        self.keep().files.keys().cloned().collect()
    }

    /// The files as they were written: runs of the same second are named in any order.
    fn files_in_time(&self) -> Vec<String> {
        let mut files = self.files();
        let modified =
            |name: &String| fs::metadata(self.place.events_dir().join(name)).unwrap().modified().unwrap();
        files.sort_by_key(modified);
        files
    }

    #[track_caller]
    fn is_intact(&self) {
        let (code, found) = self.verify(&[]);
        assert_eq!((code, &found["verdict"]), (0, &json!("intact")), "{found:#}");
    }

    /// Verification finds this, in that file, on that line.
    #[track_caller]
    fn finds(&self, what: &str, file: &str, line: Option<usize>) {
        let (code, found) = self.verify(&[]);
        let faults = found["faults"].as_array().unwrap();
        let is_it =
            |fault: &&Value| fault["what"] == what && fault["file"] == file && fault["line"] == json!(line);
        assert!(faults.iter().any(|fault| is_it(&fault)), "no {what} in {file}:{line:?}: {found:#}");
        assert_eq!((code, &found["verdict"]), (1, &json!("altered")));
    }
}

/// The bytes of a directory.
struct Kept {
    dir: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Kept {
    fn of(dir: &Path) -> Self {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let files = entries
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()));
        Self { dir: dir.to_owned(), files: files.collect() }
    }

    fn put_back(&self) {
        fs::remove_dir_all(&self.dir).unwrap();
        fs::create_dir(&self.dir).unwrap();
        fs::set_permissions(&self.dir, fs::Permissions::from_mode(0o700)).unwrap();
        for (name, bytes) in &self.files {
            fs::write(self.dir.join(name), bytes).unwrap();
        }
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = String::from_utf8(self.files[name].clone()).unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    fn write(&self, name: &str, lines: &[String]) {
        fs::write(self.dir.join(name), lines.concat()).unwrap();
    }
}

/// Makes the chain of a file anew, as who has no key can.
fn chained_anew(lines: &[String]) -> Vec<String> {
    let mut prev = "0".repeat(64);
    let mut anew = Vec::new();
    for line in lines {
        let at = line.rfind("\"prev\":\"").unwrap() + 8;
        let line = format!("{}{prev}{}", &line[..at], &line[at + 64..]);
        prev = Sha256::digest(line.trim_end())
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        anew.push(line);
    }
    anew
}

/// Every line of a log, changed in every way, is named; only the last has no witness but the key's.
fn each_line_is_found(kind: Kind) {
    let case = Case::new(kind);
    case.calls(12);
    case.is_intact();
    let kept = case.keep();
    let name = case.files()[0].clone();
    let lines = kept.lines(&name);
    let last = lines.len() - 1;
    for at in 0..lines.len() {
        let has_witness = at < last || kind == Kind::Keyed;
        let edits = [
            ("\"severity\":\"low\"", "\"severity\":\"lox\""),
            ("\"timestamp\":\"2", "\"timestamp\":\"1"),
            ("\"prev\":\"", "\"prev\":\"f"),
            ("\"seq\":", "\"seq\":7"),
            ("\"run\":\"", "\"run\":\"0"),
        ];
        for (from, to) in edits {
            let mut changed = lines.clone();
            changed[at] = lines[at].replace(from, to);
            if from == "\"prev\":\"" {
                changed[at] = lines[at].replace(&lines[at][lines[at].len() - 8..], "0000\"}\n");
            }
            kept.write(&name, &changed);
            let (code, found) = case.verify(&[]);
            if !has_witness && code == 0 {
                continue;
            }
            assert_eq!(code, 1, "line {} with {to}: {found:#}", at + 1);
            let named = found["faults"].as_array().unwrap().iter();
            let named: Vec<_> = named.filter_map(|fault| fault["line"].as_u64()).collect();
            // at the very end nothing tells a line from the one before it
            let either = found.to_string().contains(&format!("or line {} behind it", at + 1));
            assert!(
                named.contains(&(at as u64 + 1)) || either && at == last,
                "line {} with {to}: {found:#}",
                at + 1
            );
        }
        if at < last {
            let mut without = lines.clone();
            without.remove(at);
            kept.write(&name, &without);
            case.finds("lines_missing", &name, Some(at + 1));
            let mut twice = lines.clone();
            twice.insert(at + 1, lines[at].clone());
            kept.write(&name, &twice);
            case.finds("line_inserted", &name, Some(at + 2));
        }
        if at + 2 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, at + 1);
            kept.write(&name, &swapped);
            case.finds("line_out_of_place", &name, Some(at + 2));
            let mut forged = lines.clone();
            // it carries the right digest and the right number, and says something that never was
            forged.insert(
                at + 1,
                lines[at + 1].replace("tool_called", "tool_denied").replace("\"low\"", "\"high\""),
            );
            kept.write(&name, &forged);
            case.finds("line_inserted", &name, Some(at + 2));
        }
        let mut garbled = lines.clone();
        "\u{1b}[2Jnothing\n".clone_into(&mut garbled[at]);
        kept.write(&name, &garbled);
        case.finds("line_not_an_event", &name, Some(at + 1));
    }
    kept.put_back();
    case.is_intact();
}

#[test]
fn every_changed_line_of_a_log_is_named() {
    each_line_is_found(Kind::Plain);
}

#[test]
fn every_changed_line_of_a_log_with_a_key_is_named() {
    each_line_is_found(Kind::Keyed);
}

#[test]
fn a_chain_that_was_made_anew_shows_with_the_key_only() {
    for kind in [Kind::Plain, Kind::Keyed] {
        let case = Case::new(kind);
        case.calls(20);
        let kept = case.keep();
        let name = case.files()[0].clone();
        let mut lines = kept.lines(&name);
        lines[6] = lines[6].replace("\"ok\"", "\"failed\"");
        for declared in ["hmac-sha256:", "sha256"] {
            let mut lines = lines.clone();
            if declared == "sha256" && kind == Kind::Keyed {
                let at = lines[0].find("\"hmac-sha256:").unwrap();
                let end = at + 2 + lines[0][at + 1..].find('"').unwrap();
                lines[0].replace_range(at..end, "\"sha256\"");
            }
            kept.write(&name, &chained_anew(&lines));
            let (code, found) = case.verify(&[]);
            assert_eq!(code, i32::from(kind == Kind::Keyed), "{kind:?} {declared}: {found:#}");
        }
    }
}

type Cut<'a> = Box<dyn Fn() + 'a>;

#[test]
fn an_end_that_was_cut_off_is_never_called_intact_and_shows_with_the_key() {
    for kind in [Kind::Plain, Kind::Keyed] {
        let case = Case::new(kind);
        case.calls(10);
        let older = case.keep();
        case.calls(20);
        let kept = case.keep();
        let name = case.files_in_time()[1].clone();
        let lines = kept.lines(&name);
        let cuts: [(&str, Cut<'_>); 4] = [
            ("the last three lines", Box::new(|| kept.write(&name, &lines[..lines.len() - 3]))),
            ("all but the first line", Box::new(|| kept.write(&name, &lines[..1]))),
            (
                "within the last line",
                Box::new(|| {
                    let bytes = &kept.files[&name];
                    fs::write(kept.dir.join(&name), &bytes[..bytes.len() - 9]).unwrap();
                }),
            ),
            ("an older state", Box::new(|| older.put_back())),
        ];
        for (what, cut) in cuts {
            kept.put_back();
            cut();
            let (code, found) = case.verify(&[]);
            if kind == Kind::Keyed {
                assert_eq!(code, 1, "{what}: {found:#}");
            } else if what != "an older state" {
                assert_eq!((code, &found["verdict"]), (0, &json!("end_not_proven")), "{what}: {found:#}");
                assert!(found["unproven"].to_string().contains(&name), "{what}: {found:#}");
                let words = case.words();
                assert!(!words.contains("intact") && words.contains(&name), "{what}: {words}");
            }
        }
    }
}

#[test]
fn a_missing_file_is_found_unless_it_was_pruned() {
    for kind in [Kind::Plain, Kind::Keyed] {
        let case = Case::new(kind);
        case.calls(600);
        case.is_intact();
        let kept = case.keep();
        let files = case.files();
        assert!(files.len() >= 4, "{files:?}");
        for name in &files {
            let bytes = fs::read(kept.dir.join(name)).unwrap();
            fs::remove_file(kept.dir.join(name)).unwrap();
            // without its first file, or its last, only who says so is another
            case.finds("file_missing", name, None);
            fs::write(kept.dir.join(name), bytes).unwrap();
        }
        let renamed = files[1].replace(".jsonl.2", ".jsonl.9");
        fs::rename(kept.dir.join(&files[1]), kept.dir.join(renamed)).unwrap();
        assert_eq!(case.verify(&[]).0, 1);
    }
}

#[test]
fn files_that_were_pruned_are_no_finding() {
    for kind in [Kind::Plain, Kind::Keyed] {
        let case = Case::new(kind);
        for _ in 0..3 {
            case.calls(700);
        }
        let pruned = case.place.events_named("events_pruned");
        let seen: u64 = case.keep().files.values().map(|bytes| bytes.len() as u64).sum();
        assert!(seen < 512 << 10, "{seen} bytes");
        let (code, found) = case.verify(&[]);
        assert_eq!((code, &found["verdict"]), (0, &json!("intact")), "{} pruned: {found:#}", pruned.len());
        if kind == Kind::Keyed {
            let ends = fs::read_dir(case.place.path().join("secret/chain.key.ends")).unwrap().count();
            assert!(ends <= 3, "{ends} noted ends");
        }
    }
}

#[test]
fn a_killed_server_is_no_finding_and_its_end_is_proven_where_somebody_saw_it() {
    for kind in [Kind::Plain, Kind::Keyed] {
        for door in [Door::Stdio, Door::Http] {
            let case = Case::new(kind);
            let mut server = case.server(door);
            server.call_all(&vec![("hello_world", json!({})); 30]);
            server.process().signal(rustix::process::Signal::KILL);
            server.process().wait_within(PATIENCE);
            let (code, found) = case.verify(&[]);
            let end = if kind == Kind::Keyed { "killed" } else { "not_proven" };
            assert_eq!((code, &found["runs"][0]["end"]), (0, &json!(end)), "{found:#}");
            let killed = case.files()[0].clone();
            case.calls(1);
            let (code, found) = case.verify(&[]);
            assert_eq!((code, &found["verdict"]), (0, &json!("intact")), "{found:#}");
            let runs = found["runs"].as_array().unwrap();
            let run = runs.iter().find(|run| run["first_file"] == *killed).unwrap();
            assert_eq!(run["end"], "killed");
            let kept = case.keep();
            let lines = kept.lines(&killed);
            kept.write(&killed, &lines[..lines.len() - 2]);
            case.finds("end_cut", &killed, Some(lines.len() - 2));
        }
    }
}

#[test]
fn a_running_server_is_no_finding_whenever_it_is_looked_at() {
    let case = Case::new(Kind::Keyed);
    let server = HttpServer::start(&case.place, &[], &case.env());
    thread::scope(|scope| {
        let calling = scope.spawn(|| {
            for _ in 0..40 {
                server.ask_all(Era::Handshake, &vec![Era::Handshake.call(1, "hello_world", json!({})); 20]);
            }
        });
        while !calling.is_finished() {
            let (code, found) = case.verify(&[]);
            assert_eq!(code, 0, "{found:#}");
        }
    });
}

#[test]
fn a_server_tells_by_itself_that_its_log_was_changed() {
    let case = Case::new(Kind::Plain);
    case.calls(10);
    let kept = case.keep();
    let name = case.files()[0].clone();
    let mut lines = kept.lines(&name);
    lines[4] = lines[4].replace("\"ok\"", "\"no\"");
    kept.write(&name, &lines);
    let server = HttpServer::start(&case.place, &[], &case.env());
    let told = case.place.await_events("chain_broken", 1);
    assert_eq!((&told[0]["details"]["file"], &told[0]["details"]["line"]), (&json!(name), &json!(5)));
    let deadline = Instant::now() + PATIENCE;
    while server.get("/ready").json()["warning"] != "chain_broken" {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.get("/health").json()["eventsChain"], "broken");
}

#[test]
fn a_chain_key_that_others_could_use_is_refused_with_what_to_do() {
    let case = Case::new(Kind::Keyed);
    let key = case.key.clone().unwrap();
    let refused = |says: &str| {
        let mut command = case.place.command(&["serve", "--http=127.0.0.1:0", "--no-auth"]);
        let output = command.envs(case.env()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains(says) && stderr.contains("hint: ") && !stderr.contains("0123456789abcdef"),
            "{stderr}"
        );
    };
    for mode in [0o644, 0o620, 0o602] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        refused("others than its owner may use it");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, "short").unwrap();
    refused("shorter than 32 bytes");
    fs::remove_file(&key).unwrap();
    refused("openssl rand -hex 32");
}

#[test]
fn without_its_key_a_keyed_log_is_not_called_intact() {
    let case = Case::new(Kind::Keyed);
    case.calls(5);
    let bare = Case { place: case.place, key: None };
    let (code, found) = bare.verify(&[]);
    assert_eq!((code, &found["verdict"]), (2, &json!("incomplete")), "{found:#}");
    assert_eq!(found["unproven"][0]["what"], "needs_key");
}

/// What nobody can take away unseen any more, once another run has begun.
#[test]
fn the_end_of_each_run_but_the_newest_is_witnessed_without_a_key() {
    let case = Case::new(Kind::Plain);
    for _ in 0..3 {
        case.calls(3);
    }
    case.is_intact();
    let (kept, files) = (case.keep(), case.files_in_time());
    let last = |name: &str| kept.lines(name).len();
    for name in &files[..2] {
        let mut lines = kept.lines(name);
        let end = lines.last_mut().unwrap();
        *end = end.replace(r#""dropped":0"#, r#""dropped":9"#);
        kept.write(name, &lines);
        case.finds("line_changed", name, Some(last(name)));
        lines.pop();
        kept.write(name, &lines);
        case.finds("end_cut", name, Some(last(name) - 1));
        fs::remove_file(kept.dir.join(name)).unwrap();
        case.finds("file_missing", name, None);
        kept.put_back();
    }
    let found = case.verify(&[]).1;
    assert_eq!(
        (&found["unproven"][0]["what"], &found["unproven"][0]["file"]),
        (&json!("last_line_not_proven"), &json!(files[2]))
    );
}

/// What looks like something that happens by itself, and does not in this place.
#[test]
fn what_only_seems_to_be_harmless_is_found() {
    for kind in [Kind::Plain, Kind::Keyed] {
        let case = Case::new(kind);
        case.calls(600);
        case.calls(5);
        case.is_intact();
        let (kept, files) = (case.keep(), case.files());
        assert!(files.len() > 3, "{files:?}");
        // runs of the same second are named in any order
        let second = files.iter().find(|name| name.ends_with(".2")).unwrap().as_str();
        let first = second.strip_suffix(".2").unwrap();
        let newest = files.iter().find(|name| name[..25] != first[..25]).unwrap();
        let edited = |name: &str, edit: &dyn Fn(&mut Vec<String>)| {
            let mut lines = kept.lines(name);
            edit(&mut lines);
            kept.write(name, &lines);
        };
        let newer = || "{\"v\":2}\n".to_owned();
        let with_seq = |line: &str, seq: &str| {
            let (head, rest) = line.split_once(",\"seq\":").unwrap();
            let (_, rest) = rest.split_once(',').unwrap();
            format!("{head},\"seq\":{seq},{rest}")
        };
        let cases: [(&str, &dyn Fn()); 11] = [
            ("a line of a newer version in the place of one", &|| {
                edited(newest, &|lines| lines[3] = newer());
            }),
            ("many of them", &|| edited(newest, &|lines| lines[2..5].fill(newer()))),
            ("one more of them", &|| edited(newest, &|lines| lines.insert(2, newer()))),
            ("one before all", &|| edited(newest, &|lines| lines.insert(0, newer()))),
            ("a part that is empty", &|| edited(first, &|lines| lines.clear())),
            ("two parts in one", &|| {
                let others = kept.lines(second);
                edited(first, &|lines| lines.extend(others.clone()));
                kept.write(second, &[]);
            }),
            ("one part in two", &|| {
                let behind = kept.lines(newest)[3..].to_vec();
                edited(newest, &|lines| lines.truncate(3));
                kept.write(&format!("{newest}.2"), &behind);
            }),
            ("a run once more under another name", &|| {
                kept.write(&format!("20200101T000000Z{}", &newest[16..]), &kept.lines(newest));
            }),
            ("half a line behind the end", &|| edited(newest, &|lines| lines.push("{\"v\":1,".into()))),
            ("a number beyond all", &|| {
                edited(newest, &|lines| lines[0] = with_seq(&lines[0], "18446744073709551615"));
            }),
            ("the number zero, its part being the first", &|| {
                edited(second, &|lines| lines[0] = with_seq(&lines[0], "0"));
                fs::remove_file(kept.dir.join(first)).unwrap();
            }),
        ];
        for (what, change) in cases {
            kept.put_back();
            change();
            let (code, found) = case.verify(&[]);
            assert_eq!((code, &found["verdict"]), (1, &json!("altered")), "{kind:?}, {what}: {found:#}");
        }
    }
}

/// A server with the key tells of files that anybody may have put there. What it says must not be of use to them.
#[test]
fn nobody_can_have_a_line_signed_that_they_made() {
    let case = Case::new(Kind::Keyed);
    case.calls(3);
    let victim = case.files()[0].clone();
    let forged = r#"{"v":1,"timestamp":"2026-11-25T21:50:00.000Z","event":"server_stopped","severity":"low","identifier":"forged","details":{},"run":"0badc0de","seq":9,"prev":"0000000000000000000000000000000000000000000000000000000000000000"}"#;
    // one that stopped, which the next run takes note of, and one that did not
    for (name, line) in
        [("aaaa", forged.to_owned()), ("bbbb", forged.replace("server_stopped", "tool_called"))]
    {
        fs::write(
            case.place.events_dir().join(format!("20260101T000000Z-{name}.jsonl")),
            format!("{line}\n"),
        )
        .unwrap();
    }
    case.calls(1);
    let key = b"0123456789abcdef0123456789abcdef";
    let log = case.files().iter().map(|name| case.keep().lines(name).concat()).collect::<String>();
    for line in [forged.to_owned(), forged.replace("server_stopped", "tool_called")] {
        let mut mac = <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
        hmac::Mac::update(&mut mac, line.as_bytes());
        let digest = data_encoding::HEXLOWER.encode(&hmac::Mac::finalize(mac).into_bytes());
        assert!(!log.contains(&digest));
    }
    assert!(log.contains("20260101T000000Z-aaaa.jsonl") && log.contains("20260101T000000Z-bbbb.jsonl"));
    // and a run that the key did not see says nothing about those that it did
    let says = format!(
        r#"{{"file":"20991231T235959Z-ffffffff.jsonl","modified":"2099-12-31T23:59:59Z","last_of_run":true,"of_run":"{}"}}"#,
        &victim[17..25]
    );
    let lines = [
        ("server_started", r#"{"chain":"sha256"}"#),
        ("events_pruned", says.as_str()),
        ("server_stopped", "{}"),
    ];
    let lines: Vec<String> = (1..).zip(lines).map(|(seq, (event, details))| format!(
        "{{\"v\":1,\"timestamp\":\"2026-11-25T21:00:00.000Z\",\"event\":\"{event}\",\"severity\":\"low\",\"identifier\":\"server\",\"details\":{details},\"run\":\"deadbeef\",\"seq\":{seq},\"prev\":\"{}\"}}\n",
        "0".repeat(64),
    )).collect();
    fs::write(case.place.events_dir().join("20200101T000000Z-deadbeef.jsonl"), chained_anew(&lines).concat())
        .unwrap();
    fs::remove_file(case.place.events_dir().join(&victim)).unwrap();
    case.finds("file_missing", &victim, None);
}

#[test]
fn a_key_whose_notes_are_gone_proves_no_end() {
    let case = Case::new(Kind::Keyed);
    case.calls(3);
    fs::remove_dir_all(case.place.path().join("secret/chain.key.ends")).unwrap();
    let (code, found) = case.verify(&[]);
    assert_eq!((code, &found["verdict"]), (0, &json!("end_not_proven")), "{found:#}");
    assert_eq!(found["unproven"][0]["what"], "end_not_noted");
}

#[test]
fn what_was_written_with_a_key_before_needs_that_key_and_is_no_finding() {
    let case = Case::new(Kind::Keyed);
    case.calls(5);
    let before = fs::read(case.key.as_ref().unwrap()).unwrap();
    fs::write(case.key.as_ref().unwrap(), "another key of thirty-two bytes or more\n").unwrap();
    case.calls(5);
    let (code, found) = case.verify(&[]);
    assert_eq!((code, &found["verdict"]), (2, &json!("incomplete")), "{found:#}");
    assert_eq!(found["unproven"][0]["what"], "needs_key");
    let files = case.files_in_time();
    assert_eq!(
        (&found["unproven"][0]["file"], found["faults"].as_array().unwrap().len()),
        (&json!(files[0]), 0)
    );
    // and with that one, the other's do
    fs::write(case.key.as_ref().unwrap(), before).unwrap();
    let (_, found) = case.verify(&[]);
    assert_eq!(found["unproven"][0]["file"], json!(files[1]), "{found:#}");
}

#[test]
fn strange_files_are_said_with_their_place_and_the_others_are_verified() {
    let case = Case::new(Kind::Plain);
    case.calls(5);
    let dir = case.place.events_dir();
    let strange = |run: &str, bytes: &[u8]| {
        fs::write(dir.join(format!("20261121T130207Z-{run}.jsonl")), bytes).unwrap();
    };
    strange("aaaa", b"");
    strange("bbbb", &vec![b'x'; 3 << 20]);
    strange("cccc", &[0, 159, 146, 150, b'\n', 255, b'\n']);
    strange("dddd", b"{\"v\":9,\"run\":\"dddd\",\"seq\":1}\n");
    fs::create_dir(dir.join("20261121T130207Z-eeee.jsonl")).unwrap();
    fs::write(dir.join("20261121T130207Z-ffff.jsonl"), "{\"v\":1}\n").unwrap();
    let (code, found) = case.verify(&[]);
    assert_eq!(code, 1);
    let (faults, unproven) = (found["faults"].to_string(), found["unproven"].to_string());
    assert!(faults.contains("cccc") && faults.contains("ffff"), "{faults}");
    assert!(unproven.contains("bbbb") && unproven.contains("newer_version"), "{unproven}");
    let runs = found["runs"].as_array().unwrap();
    assert_eq!(runs.last().unwrap()["faults"], 0);
}

#[test]
fn a_file_without_a_newline_takes_no_memory() {
    let case = Case::new(Kind::Plain);
    case.calls(2);
    let path = case.place.events_dir().join("20261121T130207Z-aaaa.jsonl");
    fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let mut command = case.place.command_after("ulimit -v 400000", &["events", "verify", "--json"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("torn_line"));
}

#[test]
fn every_word_of_the_log_is_explained() {
    let place = Place::new();
    let text = String::from_utf8(place.run(&["events", "explain", "--json"]).stdout).unwrap();
    let words: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(words.len() > 100, "{}", words.len());
    for word in &words {
        let name = word["word"].as_str().unwrap();
        let output = place.run(&["events", "explain", name]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(said.starts_with(name) && said.contains("means  ") && said.contains("do     "), "{said}");
    }
    let output = place.run(&["events", "explain", "path_leave_root"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean `path_leaves_root`?"));
}

#[test]
fn one_event_is_explained_with_the_narrowest_change_that_would_allow_it() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[]);
    server.request("POST", "/mcp", &[("Origin", "https://app.example.com")], b"{}").is(403);
    server.call(Era::Handshake, "hello_world", json!({ "name": "$(rm -rf /)" }));
    let blocked = place.await_events("untrusted_origin_blocked", 1).remove(0);
    let said = |id: &Value| {
        let output = place.run(&["events", "explain", id.as_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = said(&blocked["id"]);
    assert!(text.contains("allow  add \"https://app.example.com\" to `http.origins`"), "{text}");
    let refused = place.await_events("input_validation_failed", 1).remove(0);
    for id in [&refused["id"], &refused["call"]] {
        let text = said(id);
        assert!(text.contains("not_a_name") && !text.contains("  allow  "), "{text}");
    }
    let unknown = place.run(&["events", "explain", "01890000-0000-7000-8000-000000000000"]);
    assert_eq!(unknown.status.code(), Some(1));
}
