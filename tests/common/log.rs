//! The accounting: what stands in the log, checked from the bytes up.
//!
//! Reading a [`Log`] proves that every line is one visible line of JSON, that
//! numbers have no gaps and digests no break, across parts, and that nothing
//! but the very end of a run is torn. [`Log::accounts_for`] compares it with
//! what a client counted.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Answer;

/// The events of a directory.
#[derive(Debug, Default)]
pub struct Log {
    /// The events of each file, parts of one run together, in the order of the file names.
    pub runs: BTreeMap<String, Vec<Value>>,
    /// Files that end within a line.
    pub torn: Vec<String>,
    /// Bytes of all files.
    pub bytes: u64,
    /// Marks that say that somebody took note of a file without an end.
    pub marks: usize,
}

impl Log {
    /// Reads and checks a directory; one that is not there is empty.
    #[track_caller]
    pub fn read(dir: &Path) -> Self {
        let mut log = Self::default();
        let mut parts = BTreeMap::new();
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let Some((run, rest)) = name.split_once(".jsonl") else { panic!("not ours: {name}") };
            match rest.strip_prefix('.') {
                Some(rest) if rest.ends_with("recovered") => log.marks += 1,
                Some(rest) if rest.contains("pruned-") => {}
                rest => {
                    let number: u32 = rest.map_or(1, |number| number.parse().unwrap());
                    parts.insert((run.to_owned(), number), name);
                }
            }
        }
        let mut ends = BTreeMap::new();
        for ((run, _), name) in parts {
            let path = dir.join(&name);
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600, "{name}");
            let bytes = fs::read(&path).unwrap();
            log.bytes += bytes.len() as u64;
            let last: &mut (String, Option<u64>) = ends.entry(run.clone()).or_insert(("0".repeat(64), None));
            assert!(!log.torn.iter().any(|torn| torn.starts_with(&run)), "{name} goes on behind a torn line");
            let events = log.runs.entry(run).or_default();
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                let Some(line) = line.strip_suffix(b"\n") else {
                    log.torn.push(name.clone());
                    break;
                };
                let event = check_line(line, &name);
                if events.is_empty() && event["seq"] != 1 {
                    // the parts before it were pruned
                    *last =
                        (event["prev"].as_str().unwrap().into(), event["seq"].as_u64().map(|seq| seq - 1));
                }
                assert_eq!(event["prev"], *last.0, "{name}: {event}");
                assert_eq!(event["seq"], last.1.unwrap_or(0) + 1, "{name}: {event}");
                *last = (hex(&Sha256::digest(line)), event["seq"].as_u64());
                events.push(event);
            }
        }
        log
    }

    /// All events, file by file.
    pub fn events(&self) -> impl Iterator<Item = &Value> {
        self.runs.values().flatten()
    }

    /// The events with this word.
    pub fn named(&self, event: &str) -> Vec<&Value> {
        self.events().filter(|one| one["event"] == event).collect()
    }

    /// The events that end a call; the same call never twice.
    #[track_caller]
    pub fn endings(&self) -> Vec<&Value> {
        let ends = |event: &&Value| event["outcome"].is_string() && event["call"].is_string();
        let endings: Vec<_> = self.events().filter(ends).collect();
        let mut calls = HashSet::new();
        for ending in &endings {
            assert!(calls.insert(ending["call"].as_str().unwrap()), "two ends of one call: {ending}");
        }
        endings
    }

    /// Nothing is lost and nothing invented: `answers` and the `cancelled` calls, which have none,
    /// are all that was sent, and the log ends as many calls, each as its answer said.
    #[track_caller]
    pub fn accounts_for(&self, answers: &[Answer], cancelled: usize) {
        assert_eq!(self.torn, [""; 0]);
        let endings = self.endings();
        assert_eq!(endings.len(), answers.len() + cancelled, "endings and calls");
        let count = |outcome: &str| endings.iter().filter(|ending| ending["outcome"] == outcome).count();
        assert_eq!(count("ok"), answers.iter().filter(|answer| answer.is_well()).count(), "ended well");
        assert_eq!(count("abandoned"), cancelled, "cancelled");
        let ended: HashSet<_> = endings.iter().map(|ending| &ending["call"]).collect();
        let started = self.named("tool_started");
        assert!(started.iter().all(|start| ended.contains(&start["call"])), "a start without an end");
    }
}

#[track_caller]
fn check_line(line: &[u8], file: &str) -> Value {
    let text = std::str::from_utf8(line).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(line.len() <= 8 << 10, "{file}: a line of {} bytes", line.len());
    if let Some(moving) = text.chars().find(|c| moves(*c)) {
        panic!("{file} holds {moving:?}: {text}");
    }
    let event: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}: {text}"));
    for field in ["timestamp", "event", "severity", "identifier", "details", "run", "seq", "prev"] {
        assert!(!event[field].is_null(), "{file}: no {field} in {event}");
    }
    event
}

/// Whether a character moves a cursor, turns a line, ends one, or cannot be seen.
pub const fn moves(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
