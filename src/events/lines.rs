//! The lines of one file, forwards or backwards, in bounded memory.
//!
//! The file is gone through in blocks. Whole blocks without a line that may be
//! asked for are stepped over, and so is a line longer than
//! [`limits::EVENT_LINE_READ_MAX`], however long it is; what stands behind the
//! last newline is torn. Between two lines [`Lines::park`] gives memory and
//! descriptor back, so that any number of files can be read side by side.

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use memchr::{memchr, memchr_iter, memrchr};
use rustix::fs::{Mode, OFlags};

use super::needles::Needles;
use crate::limits;

/// The first block, for who wants a few lines; each next one is twice as large.
const BLOCK_BYTES_MIN: usize = 16 << 10;
const BLOCK_BYTES_MAX: usize = 256 << 10;

/// What was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    /// A line that may be asked for: [`Lines::line`] is it.
    Line,
    /// A line that is too long to be ours.
    TooLong,
    /// An end without a newline.
    Torn,
    /// A stretch without a line that may be asked for.
    Nothing,
}

/// From which end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// Oldest first.
    Oldest,
    /// Newest first.
    Newest,
}

/// Opens a file of events for reading: no link is followed, and nothing waits.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

/// Walks the lines of the first `len` bytes of a file.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    order: Order,
    len: u64,
    file: Option<File>,
    block: usize,
    buffer: Vec<u8>,
    /// The bytes of the buffer that were not yet given out.
    rest: Range<usize>,
    /// Where the first byte of the buffer stands in the file.
    base: u64,
    /// The line that was found last.
    line: Range<usize>,
    /// Lines that were gone through, whether they were given out or not.
    seen: u64,
    /// Where the line began that is being stepped over, or any place of it reading backwards.
    skipping: Option<u64>,
    begun: bool,
}

impl Lines {
    pub(super) fn new(path: PathBuf, len: u64, order: Order) -> Self {
        let base = if order == Order::Oldest { 0 } else { len };
        Self {
            path,
            order,
            len,
            file: None,
            block: BLOCK_BYTES_MIN,
            buffer: Vec::new(),
            rest: 0..0,
            base,
            line: 0..0,
            seen: 0,
            skipping: None,
            begun: false,
        }
    }

    /// The next piece and where it begins.
    pub(super) fn next(&mut self, needles: &Needles) -> io::Result<Option<(u64, Piece)>> {
        match self.order {
            Order::Oldest => self.forwards(needles),
            Order::Newest => self.backwards(needles),
        }
    }

    /// The line that was found last, without its newline.
    pub(super) fn line(&self) -> &[u8] {
        self.buffer.get(self.line.clone()).unwrap_or_default()
    }

    /// How many lines were gone through that are not too long, and how many bytes.
    pub(super) fn gone_through(&self) -> (u64, u64) {
        let bytes = match self.order {
            Order::Oldest => self.base + self.rest.start as u64,
            Order::Newest => self.len.saturating_sub(self.base + self.rest.end as u64),
        };
        (self.seen, bytes)
    }

    /// Gives its memory and its descriptor back until it is asked again.
    pub(super) fn park(&mut self) {
        // what is left in the buffer is read again
        self.base += match self.order {
            Order::Oldest => self.rest.start as u64,
            Order::Newest => self.rest.end as u64,
        };
        (self.rest, self.line) = (0..0, 0..0);
        self.buffer = Vec::new();
        self.block = BLOCK_BYTES_MIN;
        self.file = None;
    }

    fn forwards(&mut self, needles: &Needles) -> io::Result<Option<(u64, Piece)>> {
        loop {
            let rest = self.buffer.get(self.rest.clone()).unwrap_or_default();
            if let Some(last) = memrchr(b'\n', rest) {
                return Ok(Some(self.among(self.rest.start + last + 1, needles)));
            }
            self.buffer.copy_within(self.rest.clone(), 0);
            self.base += self.rest.start as u64;
            self.rest = 0..self.rest.len();
            if self.rest.len() > limits::EVENT_LINE_READ_MAX {
                self.skipping.get_or_insert(self.base);
                self.base += self.rest.len() as u64;
                self.rest = 0..0;
            }
            let count = self.read(self.base + self.rest.end as u64, self.rest.end, self.block)?;
            self.rest.end += count;
            if count == 0 {
                let at = self.skipping.take().unwrap_or(self.base);
                (self.base, self.rest) = (self.len, 0..0);
                return Ok((at < self.len).then_some((at, Piece::Torn)));
            }
        }
    }

    /// Looks through the whole lines of the buffer, which end at `end`.
    fn among(&mut self, end: usize, needles: &Needles) -> (u64, Piece) {
        let start = self.rest.start;
        let lines = self.buffer.get(start..end).unwrap_or_default();
        let at = |offset: usize| self.base + (start + offset) as u64;
        let end_of = |from: usize| {
            let rest = lines.get(from..).unwrap_or_default();
            memchr(b'\n', rest).map_or(lines.len(), |newline| from + newline)
        };
        if let Some(begun) = self.skipping.take() {
            self.rest.start += end_of(0) + 1;
            return (begun, Piece::TooLong);
        }
        let hit = needles.find(lines);
        let before = lines.get(..hit.unwrap_or(lines.len())).unwrap_or_default();
        let line = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let stepped_over = lines.get(..line).unwrap_or_default();
        if let Some(long) = too_long(stepped_over) {
            self.seen += count(stepped_over.get(..long).unwrap_or_default());
            let found = (at(long), Piece::TooLong);
            self.rest.start += end_of(long) + 1;
            return found;
        }
        self.seen += count(stepped_over);
        let Some(hit) = hit else {
            let found = (at(line), Piece::Nothing);
            self.rest.start = end;
            return found;
        };
        let newline = end_of(hit);
        let found = (at(line), self.judge(newline - line));
        self.line = start + line..start + newline;
        self.rest.start += newline + 1;
        found
    }

    fn backwards(&mut self, needles: &Needles) -> io::Result<Option<(u64, Piece)>> {
        loop {
            // the buffer ends behind a newline, but for the very end of the file
            let end = self.rest.end;
            let inside = end.saturating_sub(usize::from(self.begun && self.skipping.is_none()));
            if let Some(newline) = memrchr(b'\n', self.buffer.get(..inside).unwrap_or_default()) {
                let at = self.base + newline as u64 + 1;
                self.rest.end = newline + 1;
                match self.judge_backwards(newline + 1..end) {
                    Some(Piece::Line) if needles.find(self.line()).is_none() => {}
                    Some(piece) => return Ok(Some((at, piece))),
                    None => {}
                }
                continue;
            }
            if self.base == 0 {
                let is_over = end == 0 && self.skipping.is_none();
                self.rest.end = 0;
                let piece = if is_over { None } else { self.judge_backwards(0..end) };
                return Ok(piece.map(|piece| match piece {
                    Piece::Line if needles.find(self.line()).is_none() => (0, Piece::Nothing),
                    piece => (0, piece),
                }));
            }
            // one byte more for the newline, which the buffer holds too
            if end > limits::EVENT_LINE_READ_MAX + 1 {
                self.skipping.get_or_insert(self.base);
                self.rest.end = 0;
            }
            if !self.prepend()? {
                return Ok(None); // it was cut while we read
            }
        }
    }

    /// Puts the block before the buffer into its beginning; says whether there was one.
    fn prepend(&mut self) -> io::Result<bool> {
        let count = self.block.min(usize::try_from(self.base).unwrap_or(self.block));
        let kept = self.rest.end;
        self.buffer.resize(self.buffer.len().max(kept + count), 0);
        self.buffer.copy_within(..kept, count);
        if self.read(self.base - count as u64, 0, count)? < count {
            return Ok(false);
        }
        self.base -= count as u64;
        self.rest.end = kept + count;
        Ok(true)
    }

    fn judge(&mut self, length: usize) -> Piece {
        if length > limits::EVENT_LINE_READ_MAX {
            return Piece::TooLong;
        }
        self.seen += 1;
        Piece::Line
    }

    /// As [`Lines::judge`], of what stood behind a newline: nothing, at the
    /// end of a file that is whole.
    fn judge_backwards(&mut self, line: Range<usize>) -> Option<Piece> {
        let was_begun = std::mem::replace(&mut self.begun, true);
        if self.skipping.take().is_some() {
            return Some(if was_begun { Piece::TooLong } else { Piece::Torn });
        }
        if was_begun {
            self.line = line.start..line.end.saturating_sub(1);
            return Some(self.judge(self.line.len()));
        }
        (!line.is_empty()).then_some(Piece::Torn)
    }

    /// Reads into the buffer from `into` on, and says how much there was.
    fn read(&mut self, at: u64, into: usize, count: usize) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(at)).unwrap_or(count);
        let count = count.min(left);
        if self.buffer.len() < into + count {
            self.buffer.resize(into + count, 0);
        }
        let file = match self.file.take() {
            Some(file) => file,
            None if count == 0 => return Ok(0),
            None => open(&self.path)?,
        };
        self.block = (self.block * 2).min(BLOCK_BYTES_MAX);
        let space = self.buffer.get_mut(into..into + count).unwrap_or_default();
        let read = fill(&file, space, at);
        self.file = Some(file);
        read
    }
}

fn fill(file: &File, space: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(left) = space.get_mut(filled..).filter(|left| !left.is_empty()) {
        match file.read_at(left, at + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn count(lines: &[u8]) -> u64 {
    memchr_iter(b'\n', lines).count() as u64
}

/// Where a line begins that is too long, among whole lines.
fn too_long(lines: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(window) = lines.get(from..=from + limits::EVENT_LINE_READ_MAX) {
        match memrchr(b'\n', window) {
            Some(newline) => from += newline + 1,
            None => return Some(from),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::events::filter::Filter;

    fn pieces(bytes: &[u8], order: Order, park: usize, needles: &Needles) -> Vec<(u64, Piece, usize)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, bytes).unwrap();
        let mut lines = Lines::new(path, bytes.len() as u64, order);
        let mut found = Vec::new();
        while let Some((at, piece)) = lines.next(needles).unwrap() {
            if piece == Piece::Nothing {
                continue;
            }
            let text = if piece == Piece::Line { lines.line().len() } else { 0 };
            found.push((at, piece, text));
            if park > 0 && found.len() % park == 0 {
                lines.park();
            }
        }
        if order == Order::Newest {
            found.reverse();
        }
        found
    }

    #[test]
    fn a_line_without_end_is_stepped_over_in_both_directions() {
        let mut bytes = b"one\n".to_vec();
        bytes.extend(vec![b'x'; 1_000_000]);
        bytes.extend(b"\ntwo\n");
        let torn = bytes.len() as u64;
        bytes.extend(vec![0; 300_000]);
        for order in [Order::Oldest, Order::Newest] {
            let found = pieces(&bytes, order, 0, &Needles::default());
            let kinds: Vec<_> = found.iter().map(|(_, piece, text)| (*piece, *text)).collect();
            assert_eq!(
                kinds,
                [(Piece::Line, 3), (Piece::TooLong, 0), (Piece::Line, 3), (Piece::Torn, 0)],
                "{order:?}"
            );
            assert_eq!(found[2].0, 1_000_005);
            assert_eq!((found[1].0, found[3].0), (4, torn));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn both_directions_find_the_same(
            lengths in prop::collection::vec(prop_oneof![0_usize..40, 60_000_usize..70_000], 0..8),
            torn in 0_usize..20,
            park in 0_usize..3,
        ) {
            let mut bytes = Vec::new();
            for length in lengths {
                bytes.extend(std::iter::repeat_n(b'a', length));
                bytes.push(b'\n');
            }
            bytes.extend(vec![b'b'; torn]);
            let forwards = pieces(&bytes, Order::Oldest, park, &Needles::default());
            prop_assert_eq!(&forwards, &pieces(&bytes, Order::Newest, park, &Needles::default()));
            let is_torn = forwards.last().is_some_and(|last| last.1 == Piece::Torn);
            prop_assert_eq!(is_torn, torn > 0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_asked_for_is_found_wherever_it_stands_in_a_block(
            lines in prop::collection::vec(
                (prop_oneof![4 => 0_usize..40, 2 => 3_000_usize..9_000, 1 => 65_500_usize..65_580], 0_u8..4),
                0..60,
            ),
            park in 0_usize..3,
        ) {
            let filter = Filter { outcomes: vec!["ok".into()], ..Filter::default() };
            let (mut bytes, mut expected) = (Vec::new(), Vec::new());
            for (padding, what) in lines {
                let at = bytes.len() as u64;
                let text = ["\"ok\"", "\\u006fk", "\"oh\"", "ok"][usize::from(what)];
                bytes.extend(std::iter::repeat_n(b' ', padding / 2));
                bytes.extend(text.bytes());
                bytes.extend(std::iter::repeat_n(b' ', padding - padding / 2));
                let length = padding + text.len();
                bytes.push(b'\n');
                if length > limits::EVENT_LINE_READ_MAX {
                    expected.push((at, Piece::TooLong, 0));
                } else if what < 2 {
                    expected.push((at, Piece::Line, length));
                }
            }
            for order in [Order::Oldest, Order::Newest] {
                prop_assert_eq!(&pieces(&bytes, order, park, &Needles::of(&filter)), &expected, "{:?}", order);
            }
        }
    }
}
