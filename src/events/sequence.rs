//! The events of one part in the order of all, newest first.
//!
//! Going through a part once forwards gives its [`Index`]: for each block of
//! lines the least and the greatest of its times. What is added later goes on
//! where that ended, so a page that lies deep costs the blocks it is in, and
//! not all that are newer.

use std::{
    collections::HashMap,
    io::{self, Read as _, Seek as _},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

use super::{
    cursor::Key,
    files::FileName,
    filter::{Filter, Judged},
    lines,
    reader::Found,
    record::{self, Record},
};
use crate::limits;

/// Some lines of a part.
#[derive(Clone, Debug)]
struct Block {
    from: u64,
    to: u64,
    /// The greatest time of all lines before it.
    before: i64,
    /// The same with its first line.
    first: i64,
    /// The same with all of its lines.
    until: i64,
    /// The least time of its own lines.
    least: i64,
}

/// The times of one part, as far as it was gone through.
#[derive(Clone, Debug)]
pub(super) struct Index {
    id: (u64, u64),
    blocks: Vec<Block>,
    /// Where the last whole line ends.
    whole: u64,
    /// The file's length then.
    len: u64,
}

/// How much of a file is looked at before the index begins a new block.
const BLOCK_BYTES: u64 = 256 << 10;
const CHUNK_BYTES: usize = 256 << 10;

/// A time as the order has it: nanoseconds.
pub(super) fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(if at > Timestamp::UNIX_EPOCH { i64::MAX } else { i64::MIN })
}

impl Index {
    /// The greatest time; `None` if there is no event.
    pub(super) fn greatest(&self) -> Option<i64> {
        self.blocks.last().map(|last| last.until)
    }

    fn new(found: &Found) -> Self {
        Self { id: found.id, blocks: Vec::new(), whole: 0, len: 0 }
    }

    /// Goes on to the end of the file as it was found.
    fn extend(&mut self, found: &Found, is_over: &dyn Fn() -> bool) -> io::Result<()> {
        let mut file = lines::open(&found.path)?;
        file.seek(io::SeekFrom::Start(self.whole))?;
        let mut file = file.take(found.len.saturating_sub(self.whole));
        let (mut rest, mut chunk) = (Vec::new(), vec![0; CHUNK_BYTES]);
        let mut at = self.whole; // where what is in `rest` begins
        let mut skipped = false;
        loop {
            let count = file.read(&mut chunk)?;
            if count == 0 || is_over() {
                break;
            }
            for piece in chunk.get(..count).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
                let length = (rest.len() + piece.len()) as u64;
                skipped |= length > limits::EVENT_LINE_READ_MAX as u64 + 1;
                let Some(end) = piece.strip_suffix(b"\n") else {
                    if skipped {
                        at += length;
                        rest.clear();
                    } else {
                        rest.extend_from_slice(piece);
                    }
                    continue;
                };
                if !std::mem::take(&mut skipped) {
                    if rest.is_empty() {
                        self.take(at, end);
                    } else {
                        rest.extend_from_slice(end);
                        self.take(at, &rest);
                    }
                }
                at += length;
                self.whole = at;
                rest.clear();
            }
        }
        self.len = found.len;
        Ok(())
    }

    /// Takes up the line that begins `at` this place.
    fn take(&mut self, at: u64, line: &[u8]) {
        let Some(time) = record::time_of(line).map(nanos) else { return };
        let to = at + line.len() as u64 + 1;
        let before = self.greatest().unwrap_or(i64::MIN);
        let until = before.max(time);
        match self.blocks.last_mut() {
            Some(last) if to - last.from <= BLOCK_BYTES => {
                (last.to, last.until, last.least) = (to, until, last.least.min(time));
            }
            _ => self.blocks.push(Block { from: at, to, before, first: until, until, least: time }),
        }
    }
}

/// The parts that were gone through so far.
#[derive(Debug, Default)]
pub struct Known(Mutex<HashMap<FileName, Arc<Index>>>);

impl Known {
    /// The index of a part, now. `is_over` says that nobody wants it any more.
    pub(super) fn index(&self, found: &Found, is_over: &dyn Fn() -> bool) -> io::Result<Arc<Index>> {
        let old = self.lock().get(&found.name).cloned();
        let old = old.filter(|old| old.id == found.id && old.len <= found.len);
        let mut index = match old {
            Some(old) if old.len == found.len => return Ok(old),
            Some(old) => Arc::unwrap_or_clone(old),
            None => Index::new(found),
        };
        index.extend(found, is_over)?;
        let index = Arc::new(index);
        if !is_over() {
            let mut known = self.lock();
            if known.len() >= limits::EVENT_PARTS_KNOWN_MAX {
                known.clear(); // most are of files that are gone
            }
            known.insert(found.name.clone(), Arc::clone(&index));
        }
        Ok(index)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<FileName, Arc<Index>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is still to be read of one part, newest first.
pub(super) struct Part {
    found: Found,
    index: Arc<Index>,
    /// No event counts as later than this.
    cap: i64,
    /// Blocks that are still to be read.
    blocks: usize,
    /// Lines of the block that is being read, oldest first: time, place, bytes in `bytes`.
    lines: Vec<(i64, u64, std::ops::Range<usize>)>,
    bytes: Vec<u8>,
}

impl Part {
    pub(super) fn new(found: Found, index: Arc<Index>, cap: i64) -> Self {
        let blocks = index.blocks.len();
        Self { found, index, cap, blocks, lines: Vec::new(), bytes: Vec::new() }
    }

    /// The next event that is asked for, of those older than `before`.
    pub(super) fn next(
        &mut self,
        filter: &Filter,
        before: Option<&Key>,
        is_over: &dyn Fn() -> bool,
    ) -> io::Result<Option<(Key, Record)>> {
        loop {
            while let Some((time, offset, range)) = self.lines.pop() {
                let key = Key { at: time.min(self.cap), file: self.found.name.clone(), offset };
                if before.is_some_and(|before| key >= *before) {
                    continue;
                }
                if filter.since.is_some_and(|since| time < nanos(since)) {
                    // no line before it is later
                    (self.blocks, self.lines) = (0, Vec::new());
                    return Ok(None);
                }
                let line = self.bytes.get(range).unwrap_or_default();
                if let Ok(Judged::AskedFor(_)) = filter.judge(line)
                    && let Ok(record) = Record::parse(line)
                {
                    return Ok(Some((key, record)));
                }
            }
            if !self.read_block(filter, before)? || is_over() {
                return Ok(None);
            }
        }
    }

    /// Reads the block before, but for those that can hold nothing.
    fn read_block(&mut self, filter: &Filter, before: Option<&Key>) -> io::Result<bool> {
        let name = &self.found.name;
        while let Some(block) = self.blocks.checked_sub(1).and_then(|at| self.index.blocks.get(at)) {
            self.blocks -= 1;
            let is_newer = before.is_some_and(|before| {
                let first = (block.first.min(self.cap), name, block.from);
                first >= (before.at, &before.file, before.offset)
            });
            if is_newer || filter.until.is_some_and(|until| block.least > nanos(until)) {
                continue;
            }
            let count = usize::try_from(block.to - block.from).unwrap_or(0);
            let mut file = lines::open(&self.found.path)?;
            file.seek(io::SeekFrom::Start(block.from))?;
            self.bytes.clear();
            if file.take(count as u64).read_to_end(&mut self.bytes)? < count {
                continue; // it was cut
            }
            let (mut at, mut time) = (0, block.before);
            for line in self.bytes.split_inclusive(|byte| *byte == b'\n') {
                let inside = line.strip_suffix(b"\n").unwrap_or(line);
                if let Some(own) = record::time_of(inside).map(nanos) {
                    time = time.max(own);
                    self.lines.push((time, block.from + at as u64, at..at + inside.len()));
                }
                at += line.len();
            }
            return Ok(true);
        }
        Ok(false)
    }
}
