//! One page after another of the events that are asked for, newest first.
//!
//! A page ends with a cursor, and the next goes on exactly behind it: nothing
//! twice, nothing left out, whatever servers write meanwhile. That needs an
//! order in which an event, once it is there, never moves:
//!
//! 1. The later one first. An event counts as no earlier than those before it
//!    in its file, so events stay as they were written where a clock was set
//!    back; and as no later than an hour after its file was last written to.
//! 2. At the same time, by the file's name: start of the run, run, part.
//! 3. In the same file, the one further behind first.
//!
//! What is added to a file changes the place of nothing before it, and what is
//! pruned is gone as a whole. An event that is written while somebody pages is
//! met if its place is still to come. Only a clock that was set back by more
//! than an hour inside one file can move what is there, until that file is
//! written to again as late.
//!
//! An hour is also how far files are looked at ahead: one that was last
//! written to more than an hour before the oldest event of a page holds
//! nothing for it.

use std::{collections::BinaryHeap, fmt::Write as _, io, path::Path};

use jiff::SignedDuration;

pub use super::sequence::Known;
use super::{
    cursor::{Key, Position},
    files::FileName,
    filter::Filter,
    reader::{self, Events, Found, Order},
    record::Record,
    sequence::{Part, nanos},
    show,
    tails::Tails,
};

/// The events of `dir` that `filter` lets through, run by run in the order they were written.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn read(dir: &Path, filter: Filter, order: Order) -> io::Result<Events> {
    Ok(Events::new(reader::files(dir)?, filter, order))
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Which events.
    pub filter: Filter,
    /// How many at most.
    pub limit: usize,
    /// Only those behind this place.
    pub before: Option<Key>,
}

/// Events, as the endpoint answers them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// `{"events":[…],"totalEvents":N,"next":…}`, newest first. `next` is the
    /// place behind the last event if there are more, else null. A first page
    /// also has `live`: who follows from there misses nothing that is newer.
    pub json: String,
    /// How many events it holds.
    pub count: usize,
}

/// The events of `dir` that are asked for. Lines are given as they stand in
/// the log. `is_over` says that nobody waits for the answer any more.
///
/// # Errors
///
/// When the directory cannot be read. A file that cannot is left out.
pub fn page(dir: &Path, known: &Known, asked: &Asked, is_over: &dyn Fn() -> bool) -> io::Result<Page> {
    let found = reader::files(dir)?;
    let live = if asked.before.is_none() { Tails::at_end(dir, &found).position().to_text() } else { None };
    let mut events = Backwards::new(found, known, asked, is_over);
    let (mut json, mut count, mut last) = (String::from("{\"events\":["), 0, None);
    for (key, record) in events.by_ref().take(asked.limit) {
        if count > 0 {
            json.push(',');
        }
        json.push_str(&show::show_json(&record.raw));
        last = Some(key);
        count += 1;
    }
    let next = last.filter(|_| events.next().is_some()).map(|key| key.to_text());
    let _infallible = write!(json, "],\"totalEvents\":{count},\"next\":{}", or_null(next.as_deref()));
    if asked.before.is_none() {
        let _infallible = write!(json, ",\"live\":{}", or_null(live.as_deref()));
    }
    json.push('}');
    Ok(Page { json, count })
}

/// A cursor as JSON; base64url needs no escape.
fn or_null(cursor: Option<&str>) -> String {
    cursor.map_or_else(|| "null".to_owned(), |cursor| format!("\"{cursor}\""))
}

/// Where the log ends now: who follows from there gets what is added.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn end(dir: &Path) -> io::Result<Position> {
    Ok(Tails::at_end(dir, &reader::files(dir)?).position())
}

/// How far what is there is trusted to be in the order of time.
const SLACK: SignedDuration = SignedDuration::from_hours(1);

/// All parts, merged.
struct Backwards<'a> {
    known: &'a Known,
    asked: &'a Asked,
    is_over: &'a dyn Fn() -> bool,
    waiting: BinaryHeap<Waiting>,
}

/// A part, and the place that its next event has at most.
struct Waiting {
    at: (i64, FileName, u64),
    stage: Stage,
}

enum Stage {
    /// Not looked at; an hour after it was last written to is the most.
    Unseen(Found),
    /// Its times are known.
    Seen(Part),
    /// Its next event is known.
    Ready(Part, Key, Box<Record>),
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Waiting {}

/// No event of this file counts as later.
fn cap(found: &Found) -> i64 {
    nanos(found.modified.saturating_add(SLACK).unwrap_or(jiff::Timestamp::MAX))
}

impl<'a> Backwards<'a> {
    fn new(found: Vec<Found>, known: &'a Known, asked: &'a Asked, is_over: &'a dyn Fn() -> bool) -> Self {
        let may_hold = |found: &Found| asked.filter.may_be_between(found.name.started(), found.modified);
        let waiting = found.into_iter().filter(may_hold).map(|found| Waiting {
            at: (cap(&found), found.name.clone(), u64::MAX),
            stage: Stage::Unseen(found),
        });
        Self { known, asked, is_over, waiting: waiting.collect() }
    }

    fn see(&mut self, found: Found) -> io::Result<()> {
        let index = self.known.index(&found, self.is_over)?;
        if let Some(greatest) = index.greatest() {
            let cap = cap(&found);
            let at = (greatest.min(cap), found.name.clone(), u64::MAX);
            self.waiting.push(Waiting { at, stage: Stage::Seen(Part::new(found, index, cap)) });
        }
        Ok(())
    }

    fn advance(&mut self, mut part: Part) -> io::Result<()> {
        if let Some((key, record)) =
            part.next(&self.asked.filter, self.asked.before.as_ref(), self.is_over)?
        {
            let at = (key.at, key.file.clone(), key.offset);
            self.waiting.push(Waiting { at, stage: Stage::Ready(part, key, Box::new(record)) });
        }
        Ok(())
    }
}

impl Iterator for Backwards<'_> {
    type Item = (Key, Record);

    fn next(&mut self) -> Option<Self::Item> {
        while !(self.is_over)() {
            let (went, given) = match self.waiting.pop()?.stage {
                Stage::Unseen(found) => (self.see(found), None),
                Stage::Seen(part) => (self.advance(part), None),
                Stage::Ready(part, key, record) => (self.advance(part), Some((key, *record))),
            };
            if let Err(error) = went {
                // pruned a moment ago, or not for us: the others are still there
                tracing::debug!(%error, "a part of the log was left out");
            }
            if given.is_some() {
                return given;
            }
        }
        None
    }
}
