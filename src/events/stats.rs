//! How many events there are, by what they have in common.
//!
//! Counting is pure and takes bounded memory, whatever stands in the log: of
//! the words that clients choose, the busiest [`limits::STATS_KEYS_MAX`] are
//! told apart and the rest counts together. Totals are exact.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::{
    event::EventKind,
    filter::Filter,
    glance::Glance,
    reader::{self, Found, Record},
    record::Fields,
    walk::{self, Count, Step, Walked},
};
use crate::limits;

/// What events are counted by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum By {
    /// The code; the outcome where there is none.
    Code,
    /// What happened.
    #[default]
    Event,
    /// Which tool.
    Tool,
    /// Who.
    Who,
    /// From which address.
    Peer,
    /// What the client says of itself.
    Client,
    /// How it ended.
    Outcome,
    /// In which hour.
    Hour,
    /// On which day.
    Day,
}

impl By {
    /// All there are.
    pub const ALL: &'static [Self] = &[
        Self::Code,
        Self::Event,
        Self::Tool,
        Self::Who,
        Self::Peer,
        Self::Client,
        Self::Outcome,
        Self::Hour,
        Self::Day,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Event => "event",
            Self::Tool => "tool",
            Self::Who => "who",
            Self::Peer => "peer",
            Self::Client => "client",
            Self::Outcome => "outcome",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|by| by.as_str() == word)
    }
}

/// What some events have in common.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Key {
    /// They have no such field.
    Nothing,
    /// A word, as it stands in the log: a client may have sent it.
    Word(String),
    /// An hour, by its beginning.
    Hour(Timestamp),
    /// A day where the reader is.
    Day(Date),
}

/// Events with something in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// What.
    pub key: Key,
    /// How many.
    pub count: u64,
}

/// Events, counted.
#[derive(Clone, Debug)]
pub struct Stats {
    by: By,
    zone: TimeZone,
    words: HashMap<String, u64>,
    keys: BTreeMap<Key, u64>,
    others: u64,
    events: u64,
    folded: u64,
    span: Option<(Timestamp, Timestamp)>,
}

impl Stats {
    /// Nothing yet. Hours and days are those of `zone`.
    #[must_use]
    pub fn new(by: By, zone: TimeZone) -> Self {
        Self {
            by,
            zone,
            words: HashMap::new(),
            keys: BTreeMap::new(),
            others: 0,
            events: 0,
            folded: 0,
            span: None,
        }
    }

    /// Counts one event.
    pub fn add(&mut self, record: &Record) {
        self.put(record.at, &record.raw, &record.fields);
    }

    fn put<S: AsRef<str>, D>(&mut self, at: Timestamp, raw: &str, fields: &Fields<S, D>) {
        self.events += 1;
        self.folded += folded(fields.event.as_ref(), raw);
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        let word = match self.by {
            By::Hour => return self.put_key(Key::Hour(floor(at, &self.zone, 3_600)), 1),
            By::Day => return self.put_key(Key::Day(at.to_zoned(self.zone.clone()).date()), 1),
            By::Event => Some(fields.event.as_ref()),
            By::Who => Some(fields.identifier.as_ref()),
            By::Code => fields.code.as_ref().or(fields.outcome.as_ref()).map(AsRef::as_ref),
            By::Tool => fields.tool.as_ref().map(AsRef::as_ref),
            By::Peer => fields.peer.as_ref().map(AsRef::as_ref),
            By::Client => fields.client.as_ref().map(AsRef::as_ref),
            By::Outcome => fields.outcome.as_ref().map(AsRef::as_ref),
        };
        match word {
            Some(word) => self.put_word(word, 1),
            None => self.put_key(Key::Nothing, 1),
        }
    }

    fn put_word(&mut self, word: &str, count: u64) {
        if let Some(counted) = self.words.get_mut(word) {
            *counted += count;
            return;
        }
        if self.words.len() >= limits::STATS_KEYS_MAX {
            self.make_room();
        }
        self.words.insert(word.to_owned(), count);
    }

    /// Lets the less busy half go. A word that comes back counts from nothing, so in a flood of
    /// words the counts of the busy ones stay, and those of the others are too low.
    fn make_room(&mut self) {
        let mut all: Vec<(String, u64)> = self.words.drain().collect();
        let half = all.len() / 2;
        all.select_nth_unstable_by(half, |(a, many), (b, few)| few.cmp(many).then_with(|| a.cmp(b)));
        self.others += all.iter().skip(half).map(|(_, count)| count).sum::<u64>();
        all.truncate(half);
        self.words.extend(all);
    }

    fn put_key(&mut self, key: Key, count: u64) {
        *self.keys.entry(key).or_default() += count;
        // hours and days are few, unless somebody wrote the log who meant no good
        if self.keys.len() > limits::STATS_KEYS_MAX
            && let Some((_, count)) = self.keys.pop_first()
        {
            self.others += count;
        }
    }

    /// The counts: the largest first, but hours and days by time.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let words = self.words.iter().map(|(word, count)| (Key::Word(word.clone()), *count));
        let keys = self.keys.iter().map(|(key, count)| (key.clone(), *count));
        let mut rows: Vec<Row> = words.chain(keys).map(|(key, count)| Row { key, count }).collect();
        let is_by_time = matches!(self.by, By::Hour | By::Day);
        rows.sort_by(|a, b| {
            let by_count = if is_by_time { std::cmp::Ordering::Equal } else { b.count.cmp(&a.count) };
            by_count.then_with(|| a.key.cmp(&b.key))
        });
        rows
    }

    /// What was counted by.
    #[must_use]
    pub const fn by(&self) -> By {
        self.by
    }

    /// Events whose key is in no row, because there are too many keys.
    #[must_use]
    pub const fn others(&self) -> u64 {
        self.others
    }

    /// All events.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Refusals that have no event of their own, but were counted in a `refusals_folded`.
    #[must_use]
    pub const fn folded(&self) -> u64 {
        self.folded
    }

    /// When the first and the last event was, by the clock.
    #[must_use]
    pub const fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }
}

impl Count for Stats {
    fn add(&mut self, glance: &Glance<'_>) {
        self.put(glance.at, glance.raw, &glance.fields);
    }

    fn merge(&mut self, other: Self) {
        for (word, count) in other.words {
            self.put_word(&word, count);
        }
        for (key, count) in other.keys {
            self.put_key(key, count);
        }
        self.others += other.others;
        self.events += other.events;
        self.folded += other.folded;
        self.span = match (self.span, other.span) {
            (Some(ours), Some(theirs)) => Some((ours.0.min(theirs.0), ours.1.max(theirs.1))),
            (ours, theirs) => ours.or(theirs),
        };
    }
}

/// Counts the events of `dir` that `filter` lets through.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn count(dir: &Path, filter: &Filter, by: By, zone: &TimeZone) -> io::Result<Walked<Stats>> {
    Ok(count_files(&reader::files(dir)?, filter, by, zone, &|_| ()))
}

/// The same of these files. `step` hears of the bytes that were gone through.
pub fn count_files(
    files: &[Found],
    filter: &Filter,
    by: By,
    zone: &TimeZone,
    step: Step<'_>,
) -> Walked<Stats> {
    walk::walk(files, filter, step, || Stats::new(by, zone.clone()))
}

/// The beginning of the span of `seconds` that `at` is in, counted from local midnight.
pub(super) fn floor(at: Timestamp, zone: &TimeZone, seconds: i64) -> Timestamp {
    let offset = i64::from(zone.to_offset(at).seconds());
    let local = at.as_second() + offset;
    let since = at.subsec_nanosecond() < 0; // before 1970, nanoseconds count backwards
    let local = if since { local - 1 } else { local };
    Timestamp::from_second(local.div_euclid(seconds) * seconds - offset).unwrap_or(Timestamp::MIN)
}

/// How many refusals an event stands for besides itself.
pub(super) fn folded(event: &str, raw: &str) -> u64 {
    #[derive(Deserialize)]
    struct Line {
        details: Details,
    }
    #[derive(Deserialize)]
    struct Details {
        count: u64,
    }
    if event != EventKind::RefusalsFolded.as_str() {
        return 0;
    }
    serde_json::from_str(raw).map_or(0, |line: Line| line.details.count)
}
