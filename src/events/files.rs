//! The names of the files, and what their last line says.
//!
//! `20261121T130207Z-7f3a51c0.jsonl` is the first part of a run that started
//! then; it goes on in `….jsonl.2`. Beside a file there may be an empty one that
//! says that it was found without an end (`….recovered`) or is gone (`pruned`).
//! Any other name in the directory is not ours and is left alone.

use std::{fmt, io};

use super::{
    chain::{Chain, Digest},
    sequence::nanos,
};
use crate::limits;

/// What stands behind the name of a file that somebody else took note of.
pub(super) const RECOVERED: &str = ".recovered";

/// The name of one part of one run. Names order as their runs started.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FileName {
    start: String,
    run: String,
    part: u32,
}

impl FileName {
    /// The first part of a run; `start` is `20261121T130207Z`.
    pub(super) fn first(start: &str, run: &str) -> Self {
        Self { start: start.to_owned(), run: run.to_owned(), part: 1 }
    }

    /// Part `part` of the same run.
    pub(super) fn part(&self, part: u32) -> Self {
        Self { part, ..self.clone() }
    }

    /// Whether it is the first part of its run.
    pub(super) fn is_first(&self) -> bool {
        self.part == 1
    }

    /// The part behind this one.
    pub(super) fn next(&self) -> Self {
        self.part(self.part.saturating_add(1))
    }

    /// The part before this one.
    pub(super) fn before(&self) -> Option<Self> {
        (self.part > 1).then(|| self.part(self.part - 1))
    }

    /// The name in its parts, if it is one of ours.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (start, rest) = name.split_at_checked(16)?;
        let is_start = start.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
        let (run, rest) = rest.strip_prefix('-')?.split_once(".jsonl")?;
        let is_run = (4..=32).contains(&run.len()) && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        let part = match rest.strip_prefix('.') {
            None if rest.is_empty() => 1,
            Some(digits) if !digits.starts_with(['0', '+']) => {
                digits.parse().ok().filter(|part| *part > 1)?
            }
            _ => return None,
        };
        (is_start && is_run).then(|| Self { start: start.to_owned(), run: run.to_owned(), part })
    }

    /// The run it belongs to.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// When the run started, as RFC 3339, to the second.
    #[must_use]
    pub fn started(&self) -> Option<jiff::Timestamp> {
        jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", &self.start)
            .and_then(|time| time.to_datetime())
            .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
            .map(|time| time.timestamp())
            .ok()
    }

    /// The name that all parts of its run share.
    pub(super) fn run_name(&self) -> RunName {
        RunName { start: self.start.clone(), run: self.run.clone() }
    }

    /// Which part it is; the first is 1.
    pub(super) const fn number(&self) -> u32 {
        self.part
    }

    /// Whether both are parts of one run.
    #[must_use]
    pub fn is_same_run(&self, other: &Self) -> bool {
        self.start == other.start && self.run == other.run
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.jsonl", self.start, self.run)?;
        if self.part > 1 { write!(f, ".{}", self.part) } else { Ok(()) }
    }
}

/// What the names of all parts of one run begin with.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct RunName {
    start: String,
    run: String,
}

impl RunName {
    /// The name of the run `run` that started at `digits`, if it is one.
    pub(super) fn of(digits: u64, run: &str) -> Option<Self> {
        let digits = format!("{digits:014}");
        let (day, time) = digits.split_at_checked(8)?;
        FileName::parse(&format!("{day}T{time}Z-{run}.jsonl")).map(|first| first.run_name())
    }

    /// When it started, as its name says, in nanoseconds since 1970.
    pub(super) fn began(&self) -> i64 {
        self.part(1).and_then(|first| first.started()).map_or(i64::MIN, nanos)
    }

    /// When it started, as its name says: `20261121130207`.
    pub(super) fn digits(&self) -> u64 {
        let digits = self.start.bytes().filter(u8::is_ascii_digit);
        digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    /// The run.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// The name of a part of it; the first is 1.
    pub(super) fn part(&self, number: u32) -> Option<FileName> {
        (number > 0).then(|| FileName { start: self.start.clone(), run: self.run.clone(), part: number })
    }
}

/// How a file ends.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Tail {
    /// The digest of the last whole line.
    pub(super) digest: Option<Digest>,
    /// The number of the last whole line, if it can be read.
    pub(super) seq: Option<u64>,
    /// Whether the last line says that nothing follows.
    pub(super) finished: bool,
    /// It says so because the next part begins.
    pub(super) goes_on: bool,
    /// Bytes after the last newline.
    pub(super) torn_bytes: usize,
}

/// Reads how a file of `len` bytes ends; its lines are chained by `chain`. Looks at no more than the longest line twice.
pub(super) fn tail(file: &std::fs::File, len: u64, chain: &Chain) -> io::Result<Tail> {
    #[derive(serde::Deserialize)]
    struct Last {
        event: String,
        seq: u64,
    }
    let from = len.saturating_sub(2 * limits::EVENT_BYTES_MAX as u64 + 2);
    let mut bytes = vec![0; usize::try_from(len - from).unwrap_or(0)];
    read_at(file, &mut bytes, from)?;
    let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') else {
        return Ok(Tail { torn_bytes: bytes.len(), ..Tail::default() });
    };
    let torn_bytes = bytes.len() - newline - 1;
    bytes.truncate(newline);
    let line = bytes.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let last: Option<Last> = serde_json::from_slice(line).ok();
    let is_last = |event: &str| torn_bytes == 0 && last.as_ref().is_some_and(|last| last.event == event);
    let goes_on = is_last("events_rotated");
    Ok(Tail {
        digest: Some(chain.digest(line)),
        finished: goes_on || is_last("server_stopped"),
        goes_on,
        seq: last.map(|last| last.seq),
        torn_bytes,
    })
}

fn read_at(file: &std::fs::File, bytes: &mut [u8], from: u64) -> io::Result<()> {
    use std::io::{Read as _, Seek as _};
    let mut file = file;
    file.seek(io::SeekFrom::Start(from))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn names_read_back_and_order_by_time_and_part() {
        let first = FileName::first("20261121T130207Z", "51c0");
        assert_eq!(first.to_string(), "20261121T130207Z-51c0.jsonl");
        assert_eq!(first.part(10).to_string(), "20261121T130207Z-51c0.jsonl.10");
        for name in [first.clone(), first.part(2), first.part(10)] {
            assert_eq!(FileName::parse(&name.to_string()), Some(name));
        }
        assert!(first < first.part(2) && first.part(2) < first.part(10));
        assert_eq!(first.started().unwrap().to_string(), "2026-11-21T13:02:07Z");
        for name in [
            "notes.txt",
            "20261121T130207Z-51c0.jsonl.recovered",
            "20261121T130207Z-51c0.jsonl.1",
            "20261121T130207Z-51c0.jsonl.02",
            "20261121T130207Z-51c0.jsonl~",
            "20261121T130207Z-../x.jsonl",
            "2026é121T130207Z-51c0.jsonl",
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_end_of_a_file_says_whether_it_is_one() {
        let mut file = tempfile::tempfile().unwrap();
        let mut ends = |bytes: &str| {
            file.write_all(bytes.as_bytes()).unwrap();
            tail(&file, file.metadata().unwrap().len(), &Chain::Plain).unwrap()
        };
        assert_eq!(ends(""), Tail::default());
        let one = ends("{\"event\":\"tool_called\",\"seq\":7}\n");
        assert_eq!((one.seq, one.finished, one.torn_bytes), (Some(7), false, 0));
        let torn = ends("{\"event\":");
        assert_eq!((torn.seq, torn.finished, torn.torn_bytes), (Some(7), false, 9));
        let stopped = ends("1}\n{\"event\":\"server_stopped\",\"seq\":8}\n");
        assert!(stopped.finished);
        assert_eq!(stopped.digest, Some(Digest::of(b"{\"event\":\"server_stopped\",\"seq\":8}")));
        assert!(!ends("\u{1}").finished);
    }
}
