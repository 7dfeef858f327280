//! The end of one run: what is still to be read of its parts.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read as _, Seek as _},
    path::PathBuf,
};

use super::{
    cursor::Place,
    files::FileName,
    filter::{Filter, Judged},
    lines::{self, Lines, Order, Piece},
    needles::Needles,
    reader::{Found, Record, Unread},
    sequence::nanos,
};
use crate::limits;

/// Where reading a file begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Start {
    /// It was read.
    Done,
    /// Behind so many bytes.
    At(u64),
    /// Behind its last whole line.
    End,
}

/// Bytes of one run that are read at once, or at least, where there are many.
const CHUNK_BYTES: (usize, usize) = (32 << 10, 2 << 10);
/// Bytes of all runs that are read and not given out, by and large.
const HELD_BYTES: usize = 8 << 20;

/// How much of each of so many runs is read at once.
pub(super) fn chunk_bytes(runs: usize) -> usize {
    (HELD_BYTES / runs.max(1)).clamp(CHUNK_BYTES.1, CHUNK_BYTES.0)
}

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    /// Parts that are still to be read, and the last one.
    parts: VecDeque<Part>,
    /// The number of the last part.
    last: u32,
    /// Events that were read and not given out, each with the place behind it.
    queue: VecDeque<(Record, Place)>,
    /// Behind what was given out.
    given: Place,
    /// The greatest time that was given out.
    latest: i64,
    /// When it was last written to.
    pub(super) modified: i64,
    /// Whether a server may hold it.
    pub(super) may_grow: bool,
}

/// Where one file was read to.
#[derive(Debug)]
struct Part {
    name: FileName,
    path: PathBuf,
    /// Opened once there is something to read, and kept while a server may write to it: the name
    /// may go before the end was read.
    file: Option<File>,
    id: (u64, u64),
    /// As it was last found.
    len: u64,
    at: u64,
    rest: Vec<u8>,
    skipping: bool,
    gone: bool,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            parts: VecDeque::new(),
            last: 0,
            queue: VecDeque::new(),
            given: Place::default(),
            latest: i64::MIN,
            modified: i64::MIN,
            may_grow: true,
        }
    }
}

impl Run {
    /// Takes up one of its files, in their order.
    pub(super) fn begin(&mut self, found: &Found, start: Start) {
        self.last = self.last.max(found.name.number());
        self.modified = self.modified.max(nanos(found.modified));
        let at = match start {
            Start::Done => {
                self.given = Place { part: found.name.number(), offset: found.len };
                return;
            }
            Start::At(offset) => offset,
            // only a file that is still written to may end within a line that goes on
            Start::End if found.is_live() => whole(found),
            Start::End => found.len,
        };
        self.parts.push_back(Part::new(found, at));
        if let [only] = self.parts.make_contiguous() {
            self.given = Place { part: only.name.number(), offset: at };
        }
    }

    /// Compares with what was found now. Says what was strange about it.
    pub(super) fn meet(&mut self, found: &Found) -> Option<String> {
        self.modified = self.modified.max(nanos(found.modified));
        let known = self.parts.iter().rposition(|part| part.name == found.name);
        match known.and_then(|at| Some((at, self.parts.get_mut(at)?))) {
            Some((_, part)) if part.id == found.id => part.len = found.len,
            Some((at, part)) => {
                part.gone = true;
                self.parts.insert(at + 1, Part::new(found, 0));
                return Some(format!("{} was replaced; reading the new one", found.name));
            }
            None if found.name.number() > self.last => {
                self.begin(found, Start::At(0));
                self.may_grow = true;
            }
            None => {}
        }
        None
    }

    /// Its files that have no name any more are read to their end and left.
    pub(super) fn miss(&mut self, is_there: impl Fn(&FileName) -> bool) {
        for part in &mut self.parts {
            part.gone |= !is_there(&part.name);
        }
    }

    /// Whether nothing of it is held any more.
    pub(super) fn is_drained(&self) -> bool {
        self.queue.is_empty() && self.parts.iter().all(|part| part.file.is_none())
    }

    /// Whether it was read and given out to its end, as far as that was found.
    pub(super) fn is_finished(&self) -> bool {
        self.queue.is_empty() && self.parts.len() <= 1 && self.parts.iter().all(Part::is_read)
    }

    /// Where it is given out to.
    pub(super) fn place(&self) -> Place {
        match self.parts.front() {
            Some(part) if self.queue.is_empty() => {
                Place { part: part.name.number(), offset: part.at - part.rest.len() as u64 }
            }
            _ => self.given,
        }
    }

    /// The time by which its next event is in order.
    pub(super) fn next_at(&self) -> Option<i64> {
        self.queue.front().map(|(record, _)| nanos(record.at).max(self.latest))
    }

    /// Gives out the next event.
    pub(super) fn pop(&mut self) -> Option<Record> {
        let latest = self.next_at()?;
        let (record, place) = self.queue.pop_front()?;
        (self.latest, self.given) = (latest, place);
        Some(record)
    }

    /// Reads on until there is an event to give out, or nothing to read, or `budget` bytes are
    /// read. Gives what was strange to `say`.
    pub(super) fn fill(
        &mut self,
        filter: &Filter,
        chunk: usize,
        budget: &mut usize,
        say: &mut dyn FnMut(String),
    ) -> Filled {
        while self.queue.is_empty() {
            // the next part is there before the line that ends this one
            let is_followed = self.parts.iter().skip(1).any(|next| next.len > 0);
            let Some(part) = self.parts.front_mut() else { return Filled::Yes };
            if !is_followed && !part.gone && part.is_read() {
                return Filled::Yes;
            }
            if *budget == 0 {
                return Filled::NotYet;
            }
            let read = part.read(filter, chunk, &mut self.queue, say);
            if !self.may_grow || is_followed {
                part.file = part.file.take().filter(|_| part.gone);
            }
            match read {
                Ok(Some(count)) => *budget = budget.saturating_sub(count),
                Ok(None) if is_followed || part.gone => drop(self.parts.pop_front()),
                Ok(None) => return Filled::Yes,
                Err(error) => {
                    if !part.gone {
                        say(format!("{} cannot be read: {error}", part.name));
                    }
                    if is_followed || part.gone {
                        self.parts.pop_front();
                    } else {
                        return Filled::Yes;
                    }
                }
            }
        }
        Filled::Yes
    }
}

/// Whether all was read that had to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Filled {
    Yes,
    NotYet,
}

/// Where the last whole line ends.
fn whole(found: &Found) -> u64 {
    let mut lines = Lines::new(found.path.clone(), found.len, Order::Newest);
    match lines.next(&Needles::default()) {
        Ok(Some((at, Piece::Torn))) => at,
        _ => found.len,
    }
}

impl Part {
    fn new(found: &Found, at: u64) -> Self {
        Self {
            name: found.name.clone(),
            path: found.path.clone(),
            file: None,
            id: found.id,
            len: found.len,
            at,
            rest: Vec::new(),
            skipping: false,
            gone: false,
        }
    }

    /// As far as its length tells.
    fn is_read(&self) -> bool {
        self.at == self.len
    }

    /// Reads a chunk of it; `None` is its end.
    fn read(
        &mut self,
        filter: &Filter,
        chunk: usize,
        queue: &mut VecDeque<(Record, Place)>,
        say: &mut dyn FnMut(String),
    ) -> io::Result<Option<usize>> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None if self.gone => return Ok(None),
            None => lines::open(&self.path)?,
        };
        if file.metadata()?.len() < self.at {
            (self.at, self.skipping) = (0, false);
            self.rest.clear();
            say(format!("{}: the file was cut; reading it from its beginning", self.name));
        }
        file.seek(io::SeekFrom::Start(self.at))?;
        let mut chunk = vec![0; chunk];
        let count = loop {
            match file.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.file = Some(file);
        for piece in chunk.get(..count).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            self.at += piece.len() as u64;
            match self.take(piece, filter) {
                Ok(Some(record)) => {
                    queue.push_back((record, Place { part: self.name.number(), offset: self.at }));
                }
                Ok(None) => {}
                Err(unread) => say(format!("{}: {unread}", self.name)),
            }
        }
        Ok((count > 0).then_some(count))
    }

    fn take(&mut self, piece: &[u8], filter: &Filter) -> Result<Option<Record>, Unread> {
        let (piece, is_whole) = match piece.strip_suffix(b"\n") {
            Some(line) => (line, true),
            None => (piece, false),
        };
        if self.rest.len() + piece.len() > limits::EVENT_LINE_READ_MAX {
            self.skipping = true;
            self.rest.clear();
        } else if !self.skipping {
            self.rest.extend_from_slice(piece);
        }
        if !is_whole {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skipping) {
            return Err(Unread::TooLong);
        }
        match filter.judge(&line)? {
            Judged::AskedFor(_) => Record::parse(&line).map(Some),
            Judged::Not(_) => Ok(None),
        }
    }
}
