//! The lines of one file, forwards or backwards, in bounded memory.
//!
//! A line longer than [`limits::EVENT_LINE_READ_MAX`] is stepped over, however
//! long it is; what stands behind the last newline is torn. The file is opened
//! for each block and closed again, so that any number of files can be read
//! side by side.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags};

use crate::limits;

const BLOCK_BYTES: usize = 64 << 10;

/// What was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    /// A line, now in the caller's buffer.
    Line,
    /// A line that is too long to be ours.
    TooLong,
    /// An end without a newline.
    Torn,
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
    /// Bytes of the file from `from` on; not yet given out.
    buffer: Vec<u8>,
    from: u64,
    /// Bytes of the buffer that were given out, reading forwards.
    used: usize,
    len: u64,
    /// Where the line began that is being stepped over, or any place of it reading backwards.
    skipping: Option<u64>,
    begun: bool,
}

impl Lines {
    pub(super) fn new(path: PathBuf, len: u64, order: Order) -> Self {
        let from = if order == Order::Oldest { 0 } else { len };
        Self { path, order, buffer: Vec::new(), from, used: 0, len, skipping: None, begun: false }
    }

    /// The next piece and where it begins; a line is put into `line`.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<(u64, Piece)>> {
        line.clear();
        match self.order {
            Order::Oldest => self.forwards(line),
            Order::Newest => self.backwards(line),
        }
    }

    /// Gives its memory back until it is asked again.
    pub(super) fn park(&mut self) {
        match self.order {
            Order::Oldest => self.from += self.used as u64,
            // what is left in the buffer is read again
            Order::Newest => {
                self.len = self.from + self.buffer.len() as u64;
                self.from = self.len;
            }
        }
        self.used = 0;
        self.buffer = Vec::new();
    }

    fn forwards(&mut self, line: &mut Vec<u8>) -> io::Result<Option<(u64, Piece)>> {
        loop {
            let rest = self.buffer.get(self.used..).unwrap_or_default();
            if let Some(newline) = rest.iter().position(|byte| *byte == b'\n') {
                line.extend_from_slice(rest.get(..newline).unwrap_or_default());
                let at = self.skipping.unwrap_or(self.from + self.used as u64);
                self.used += newline + 1;
                return Ok(Some((at, self.judge(line))));
            }
            self.buffer.drain(..self.used);
            self.from += std::mem::take(&mut self.used) as u64;
            self.overflow();
            let block = self.read(self.from + self.buffer.len() as u64, BLOCK_BYTES)?;
            if block.is_empty() {
                let at = self.skipping.take().unwrap_or(self.from);
                self.from = self.len;
                self.buffer.clear();
                return Ok((at < self.len).then_some((at, Piece::Torn)));
            }
            self.buffer.extend(block);
        }
    }

    fn backwards(&mut self, line: &mut Vec<u8>) -> io::Result<Option<(u64, Piece)>> {
        loop {
            // the buffer ends behind a newline, but for the very end of the file
            let inside = self.buffer.len().saturating_sub(usize::from(self.begun && self.skipping.is_none()));
            let newline = self.buffer.iter().take(inside).rposition(|byte| *byte == b'\n');
            if let Some(newline) = newline {
                let at = self.from + newline as u64 + 1;
                line.extend(self.buffer.drain(newline + 1..));
                if let Some(piece) = self.judge_backwards(line) {
                    return Ok(Some((at, piece)));
                }
                continue;
            }
            if self.from == 0 {
                let is_over = self.buffer.is_empty() && self.skipping.is_none();
                line.append(&mut self.buffer);
                let piece = self.judge_backwards(line);
                return Ok(if is_over { None } else { piece.map(|piece| (0, piece)) });
            }
            self.overflow();
            let count = BLOCK_BYTES.min(usize::try_from(self.from).unwrap_or(BLOCK_BYTES));
            let mut block = self.read(self.from - count as u64, count)?;
            if block.len() < count {
                return Ok(None); // it was cut while we read
            }
            self.from -= count as u64;
            block.append(&mut self.buffer);
            self.buffer = block;
        }
    }

    fn judge(&mut self, line: &[u8]) -> Piece {
        let is_long = self.skipping.take().is_some() || line.len() > limits::EVENT_LINE_READ_MAX;
        if is_long { Piece::TooLong } else { Piece::Line }
    }

    /// As [`Lines::judge`], of what stood behind a newline: nothing, at the
    /// end of a file that is whole.
    fn judge_backwards(&mut self, line: &mut Vec<u8>) -> Option<Piece> {
        let was_begun = std::mem::replace(&mut self.begun, true);
        if self.skipping.take().is_some() {
            return Some(if was_begun { Piece::TooLong } else { Piece::Torn });
        }
        if was_begun {
            line.pop();
            return Some(self.judge(line));
        }
        (!line.is_empty()).then_some(Piece::Torn)
    }

    /// A line that fills the memory it may take is dropped as it comes.
    fn overflow(&mut self) {
        // one byte more for the newline, which the buffer holds reading backwards
        if self.buffer.len() > limits::EVENT_LINE_READ_MAX + 1 {
            self.skipping.get_or_insert(self.from);
            if self.order == Order::Oldest {
                self.from += self.buffer.len() as u64;
            }
            self.buffer.clear();
        }
    }

    fn read(&self, at: u64, count: usize) -> io::Result<Vec<u8>> {
        let count = count.min(usize::try_from(self.len.saturating_sub(at)).unwrap_or(count));
        let mut block = Vec::with_capacity(count);
        if count > 0 {
            let mut file = open(&self.path)?;
            file.seek(io::SeekFrom::Start(at))?;
            file.take(count as u64).read_to_end(&mut block)?;
        }
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(bytes: &[u8], order: Order, park: usize) -> Vec<(u64, Piece, usize)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, bytes).unwrap();
        let mut lines = Lines::new(path, bytes.len() as u64, order);
        let (mut line, mut found) = (Vec::new(), Vec::new());
        while let Some((at, piece)) = lines.next(&mut line).unwrap() {
            let text = if piece == Piece::Line { line.len() } else { 0 };
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
            let found = pieces(&bytes, order, 0);
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
            let forwards = pieces(&bytes, Order::Oldest, park);
            prop_assert_eq!(&forwards, &pieces(&bytes, Order::Newest, park));
            let is_torn = forwards.last().is_some_and(|last| last.1 == Piece::Torn);
            prop_assert_eq!(is_torn, torn > 0);
        }
    }
}
