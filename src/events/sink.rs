//! The file of this run: which part is open, where it ends, what comes next.
//!
//! [`Sink::append`] writes all of its lines or none: what a short write left
//! behind is cut off again, later if not at once; where that fails twice, the
//! part is left as it is and the next one begins. A part that was removed, replaced or changed by
//! somebody else is never written to again.

use std::{fs::File, io, sync::Arc, time::Duration};

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};

use super::{
    chain::{Chain, Digest},
    ends::End,
    event::{Encoded, Event, EventKind, Severity},
    files::FileName,
    ground::Ground,
    settings::Durability,
    tap::Tap,
};
use crate::limits;

const TIMES: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// `2026-11-22T13:02:19.113Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    let mut text = String::with_capacity(24);
    if TIMES.print_timestamp(&at, &mut text).is_err() {
        at.to_string().clone_into(&mut text);
    }
    text
}

/// A record and when it reached the writer.
pub(super) type Line<'a> = (Timestamp, &'a Encoded);

/// The file of one run, in parts.
pub(super) struct Sink<G> {
    pub(super) ground: G,
    first: FileName,
    durability: Durability,
    part_bytes_max: u64,
    open: Option<Part>,
    parts: u32,
    seq: u64,
    prev: Digest,
    chain: Chain,
    /// Where the run ends, noted beside the key of its chain.
    end: Option<End>,
    buffer: Vec<u8>,
    /// Who is given what was written.
    pub(super) tap: Option<Arc<dyn Tap>>,
    /// Not yet told to the writer, because no next part could be made.
    lost: Option<Lost>,
}

struct Part {
    file: File,
    name: FileName,
    id: (u64, u64),
    /// Where the last whole line ends.
    len: u64,
    events: u64,
    born: Duration,
    /// Something stands behind the last whole line that could not be cut off yet.
    torn: bool,
}

/// A part that somebody took away.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Lost {
    pub(super) name: FileName,
    pub(super) why: &'static str,
    pub(super) events: u64,
}

impl<G: Ground> Sink<G> {
    pub(super) fn new(ground: G, first: FileName, durability: Durability, part_bytes_max: u64) -> Self {
        Self {
            ground,
            first,
            durability,
            part_bytes_max,
            open: None,
            parts: 0,
            seq: 0,
            prev: Digest::START,
            chain: Chain::default(),
            end: None,
            buffer: Vec::new(),
            tap: None,
            lost: None,
        }
    }

    /// Chained with a key, the run's end being noted beside it.
    pub(super) fn sealed(mut self, chain: Chain, end: Option<End>) -> Self {
        (self.chain, self.end) = (chain, end);
        self
    }

    /// Forgets where a run ended of which nothing is left.
    pub(super) fn forget(&self, run: &FileName) {
        if let Some(end) = &self.end
            && let Err(error) = end.forget(run)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, %run, "the noted end of a run that was pruned stays behind");
        }
    }

    /// How its lines are chained.
    pub(super) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The name of the first part.
    pub(super) fn first(&self) -> &FileName {
        &self.first
    }

    /// Whether anything was ever written or tried.
    pub(super) fn has_begun(&self) -> bool {
        self.parts > 0
    }

    /// The part that is written to.
    pub(super) fn current(&self) -> Option<&FileName> {
        self.open.as_ref().map(|part| &part.name)
    }

    /// Makes sure that there is a part to write to, and that it still is where its name says.
    pub(super) fn settle(&mut self, now: Duration) -> io::Result<Option<Lost>> {
        if !self.ground.is_home()? {
            return Err(io::Error::other(
                "the events directory was moved or replaced; put it back, or restart the server",
            ));
        }
        if let Some(part) = &mut self.open
            && part.torn
        {
            match self.ground.truncate(&part.file, part.len) {
                Ok(()) => part.torn = false,
                Err(error) => {
                    tracing::warn!(%error, file = %part.name, "a torn line stays at the end of a part");
                    self.open = None;
                }
            }
        }
        let lost = match &self.open {
            Some(part) => {
                self.missing(part)?.map(|why| Lost { name: part.name.clone(), why, events: part.events })
            }
            None => None,
        };
        if lost.is_some() {
            self.open = None;
            self.lost = lost;
        }
        if self.open.is_none() {
            self.open = Some(self.create(now)?);
        }
        Ok(self.lost.take())
    }

    fn missing(&self, part: &Part) -> io::Result<Option<&'static str>> {
        let held = self.ground.place(&part.file)?;
        if held.links == 0 {
            return Ok(Some("the file was removed"));
        }
        match self.ground.place_at(&part.name.to_string()) {
            Ok(there) if there.id != part.id => Ok(Some("the file was replaced")),
            Ok(_) if held.len != part.len => Ok(Some("the file was changed by somebody else")),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some("the file was renamed")),
            Err(error) => Err(error),
        }
    }

    fn create(&mut self, now: Duration) -> io::Result<Part> {
        let number = self.parts + 1;
        let name = self.first.part(number);
        let file = match self.ground.create(&name.to_string()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.parts = number; // something stands there; the next number is tried next
                return Err(error);
            }
            file => file?,
        };
        match self.ground.place(&file) {
            Ok(place) => {
                self.parts = number;
                Ok(Part { file, name, id: place.id, len: 0, events: 0, born: now, torn: false })
            }
            Err(error) => {
                let _left_behind = self.ground.remove(&name.to_string());
                Err(error)
            }
        }
    }

    /// Whether `bytes` more belong into the next part.
    pub(super) fn is_over(&self, bytes: u64, now: Duration) -> bool {
        self.open.as_ref().is_some_and(|part| {
            let age = now.saturating_sub(part.born);
            part.events > 0 && (part.len + bytes > self.part_bytes_max || age >= limits::EVENT_PART_AGE_MAX)
        })
    }

    /// Closes the part and begins the next one. Returns the bytes that this took.
    pub(super) fn rotate(&mut self, at: Timestamp, now: Duration) -> io::Result<u64> {
        let next = self.create(now)?;
        let event = Event::new(EventKind::EventsRotated, Severity::Low).detail("next", next.name.to_string());
        let appended = self.append(&[(at, &event.encode())]);
        if appended.is_ok() {
            self.open = Some(next);
        } else if self.ground.remove(&next.name.to_string()).is_ok() {
            // an empty part would look like a crash
            self.parts -= 1;
        }
        appended
    }

    /// Writes all lines, or none and says why.
    pub(super) fn append(&mut self, lines: &[Line<'_>]) -> io::Result<u64> {
        let Some(part) = self.open.as_mut().filter(|part| !part.torn) else {
            return Err(io::Error::other("no part of the events file is open"));
        };
        let (mut seq, mut prev) = (self.seq, self.prev);
        self.buffer.clear();
        for (at, record) in lines {
            let start = self.buffer.len();
            seq += 1;
            record.push_line(&mut self.buffer, &stamp(*at), self.first.run(), seq, prev);
            prev = self.chain.digest(self.buffer.get(start..).unwrap_or_default());
            self.buffer.push(b'\n');
        }
        let bytes = self.buffer.len() as u64;
        let written =
            write_all(&self.ground, &part.file, &self.buffer).and_then(|()| match self.durability {
                Durability::Kernel => Ok(()),
                Durability::Disk => self.ground.sync(&part.file),
            });
        if let Err(error) = written {
            part.torn = self.ground.truncate(&part.file, part.len).is_err();
            return Err(error);
        }
        part.len += bytes;
        part.events += lines.len() as u64;
        (self.seq, self.prev) = (seq, prev);
        if let Some(end) = &mut self.end {
            end.advance(seq, prev);
        }
        if let Some(tap) = &self.tap {
            let lines = self.buffer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            lines.for_each(|line| tap.written(line));
        }
        Ok(bytes)
    }
}

fn write_all<G: Ground>(ground: &G, file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match ground.write(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
