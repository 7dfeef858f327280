//! One line of the log, read; or why it was not.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One event as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// The line.
    pub raw: String,
    /// Its fields.
    pub fields: Fields,
}

/// The fields of a line. Words are kept as they stand there: a newer version
/// may know more of them. `S` is a text and `D` the details, kept or not.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Fields<S = String, D = Map<String, Value>> {
    pub(super) v: u64,
    pub(super) timestamp: S,
    /// What.
    pub event: S,
    /// How grave.
    pub severity: S,
    /// Who.
    pub identifier: S,
    /// More about it.
    #[serde(default)]
    pub details: D,
    /// How it ended.
    pub outcome: Option<S>,
    /// Why.
    pub code: Option<S>,
    /// Which tool.
    pub tool: Option<S>,
    /// Which method.
    pub method: Option<S>,
    /// Which door.
    pub transport: Option<S>,
    /// From which address.
    pub peer: Option<S>,
    /// What the client says of itself.
    pub client: Option<S>,
    /// The id of the event.
    pub id: Option<S>,
    /// The id that all events of one call share.
    pub call: Option<S>,
    /// Whose trace the call belongs to, as a W3C `traceparent`.
    pub traceparent: Option<S>,
    /// Which run.
    pub run: S,
    /// Its number in the run.
    pub seq: u64,
    /// How long it took.
    pub duration_us: Option<u64>,
}

/// Why a line was skipped.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Unread {
    /// Too long to be ours.
    TooLong,
    /// The last line has no end.
    Torn,
    /// Not an event.
    NotAnEvent,
    /// Written by a newer version.
    Newer,
    /// The file cannot be read.
    Unreadable,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "a line is too long to be an event",
            Self::Torn => "the last line has no end",
            Self::NotAnEvent => "a line is not an event",
            Self::Newer => "a line was written by a newer version",
            Self::Unreadable => "the file cannot be read",
        })
    }
}

/// Something that was skipped, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Remark {
    /// In which file.
    pub file: String,
    /// Why.
    pub why: Unread,
    /// Where the first one begins, in bytes.
    pub at: u64,
    /// How many.
    pub count: u64,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (byte {}", self.file, self.why, self.at)?;
        if self.count > 1 { write!(f, ", and {} more)", self.count - 1) } else { f.write_str(")") }
    }
}

impl Record {
    /// Reads one line.
    ///
    /// # Errors
    ///
    /// [`Unread::NotAnEvent`] or [`Unread::Newer`].
    pub fn parse(line: &[u8]) -> Result<Self, Unread> {
        let (at, raw, fields) = parse(line)?;
        Ok(Self { at, raw: raw.to_owned(), fields })
    }
}

/// Reads one line into fields of either kind, each as strictly as the other.
pub(super) fn parse<'a, S, D>(line: &'a [u8]) -> Result<(Timestamp, &'a str, Fields<S, D>), Unread>
where
    S: Deserialize<'a> + AsRef<str>,
    D: Deserialize<'a> + Default,
{
    let raw = std::str::from_utf8(line).map_err(|_| Unread::NotAnEvent)?;
    let fields: Fields<S, D> = serde_json::from_str(raw).map_err(|_| version_of(raw))?;
    if fields.v != 1 {
        return Err(Unread::Newer);
    }
    let at = fields.timestamp.as_ref().parse().map_err(|_| Unread::NotAnEvent)?;
    Ok((at, raw, fields))
}

/// When the event of a line was, without reading the rest where that can be done.
pub(super) fn time_of(line: &[u8]) -> Option<Timestamp> {
    const HEAD: &[u8] = b"{\"v\":1,\"timestamp\":\"";
    match line.strip_prefix(HEAD) {
        Some(rest) => {
            let end = rest.iter().take(64).position(|byte| *byte == b'"')?;
            std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
        }
        None => Record::parse(line).ok().map(|record| record.at),
    }
}

/// What a line is that has not our fields.
fn version_of(raw: &str) -> Unread {
    #[derive(Deserialize)]
    struct Versioned {
        v: u64,
    }
    match serde_json::from_str(raw) {
        Ok(Versioned { v }) if v > 1 => Unread::Newer,
        _ => Unread::NotAnEvent,
    }
}
