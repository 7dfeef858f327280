//! One file after the other: the lines that may be asked for, and what was
//! strange.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    files::FileName,
    lines::{Lines, Order, Piece},
    needles::Needles,
    reader::{Found, Looked},
    record::{Remark, Unread},
};

/// What was gone through and skipped.
#[derive(Debug, Default)]
pub(super) struct Noted {
    remarks: BTreeMap<(FileName, Unread), (u64, u64)>,
    pub(super) looked: Looked,
}

impl Noted {
    /// Notes that something was skipped.
    pub(super) fn skip(&mut self, file: &FileName, why: Unread, at: u64) {
        self.take(file, why, (at, 1));
    }

    fn take(&mut self, file: &FileName, why: Unread, (at, count): (u64, u64)) {
        // where the first one stands, whichever was met first
        let noted = self.remarks.entry((file.clone(), why)).or_insert((at, 0));
        *noted = (noted.0.min(at), noted.1 + count);
    }

    /// Takes up what another noted.
    pub(super) fn merge(&mut self, other: Self) {
        for ((file, why), noted) in other.remarks {
            self.take(&file, why, noted);
        }
        self.looked.files += other.looked.files;
        self.looked.lines += other.looked.lines;
        self.looked.bytes += other.looked.bytes;
    }

    pub(super) fn remarks(&self) -> Vec<Remark> {
        let remark = |((file, why), (at, count)): (&(FileName, Unread), &(u64, u64))| Remark {
            file: file.to_string(),
            why: *why,
            at: *at,
            count: *count,
        };
        self.remarks.iter().map(remark).collect()
    }
}

/// Reads one file.
pub(super) struct Scan {
    pub(super) file: Found,
    lines: Lines,
    needles: Arc<Needles>,
    /// What [`Noted::looked`] holds of this file already.
    counted: (u64, u64),
    /// Bytes that `step` has heard of.
    told: u64,
}

const TOLD_EVERY_BYTES: u64 = 64 << 10;

impl Scan {
    pub(super) fn new(file: Found, needles: Arc<Needles>, order: Order) -> Self {
        let lines = Lines::new(file.path.clone(), file.len, order);
        Self { file, lines, needles, counted: (0, 0), told: 0 }
    }

    /// The next line that may be asked for, and where it begins. `step` hears
    /// of the bytes that were gone through.
    pub(super) fn next(&mut self, noted: &mut Noted, step: &dyn Fn(u64)) -> Option<(u64, &[u8])> {
        loop {
            let found = self.lines.next(&self.needles);
            let (lines, bytes) = self.lines.gone_through();
            if bytes.saturating_sub(self.told) >= TOLD_EVERY_BYTES || matches!(found, Ok(None)) {
                step(bytes.saturating_sub(self.told));
                self.told = bytes;
            }
            noted.looked.lines += lines.saturating_sub(self.counted.0);
            noted.looked.bytes += bytes.saturating_sub(self.counted.1);
            self.counted = (lines, bytes);
            match found {
                Ok(None) => return None,
                Ok(Some((at, Piece::Line))) if self.needles.let_through(self.lines.line()) => {
                    return Some((at, self.lines.line()));
                }
                Ok(Some((_, Piece::Nothing | Piece::Line))) => {}
                Ok(Some((at, Piece::TooLong))) => noted.skip(&self.file.name, Unread::TooLong, at),
                // a server may be in the middle of it
                Ok(Some((_, Piece::Torn))) if self.file.is_live() => {}
                Ok(Some((at, Piece::Torn))) => noted.skip(&self.file.name, Unread::Torn, at),
                Err(_) => {
                    noted.skip(&self.file.name, Unread::Unreadable, 0);
                    return None;
                }
            }
        }
    }

    /// Gives memory and descriptor back until it is asked again.
    pub(super) fn park(&mut self) {
        self.lines.park();
    }
}
