//! Lines of which nobody learns whether they match: those that hold a part of a secret.
//!
//! Such a line is as if it were not there, before anything is counted. Else
//! whoever sees that a guess matches finds a secret letter by letter. One line
//! of a key has no shape, so it is looked at with what stands around it, in the
//! file that was searched and no other. What cannot be looked at is not shown.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _};

use crate::{
    limits::{CANCEL_CHECK_BYTES, SECRET_REACH_BYTES},
    sanitize::marks::Marker,
};

/// Who knows where in one file secrets stand.
pub(super) struct Hider<'a> {
    marker: &'a Marker,
    text: Text<'a>,
    /// The part of the text that was looked at.
    known: Range<u64>,
    secrets: Vec<Range<u64>>,
}

/// The text that is searched.
#[derive(Clone, Copy)]
pub(super) enum Text<'a> {
    Whole(&'a [u8]),
    /// From this place of the file on.
    Of(&'a File, u64),
}

impl<'a> Hider<'a> {
    pub(super) const fn new(marker: &'a Marker, text: Text<'a>) -> Self {
        Self { marker, text, known: 0..0, secrets: Vec::new() }
    }

    /// Whether the line at this place of the text is one of those.
    pub(super) fn hides(&mut self, line: &Range<u64>) -> bool {
        let is_known = self.known.start <= line.start && line.end <= self.known.end;
        if !is_known && !self.look(line).is_ok_and(|()| line.end <= self.known.end) {
            return true;
        }
        // from left to right, no two overlapping
        let next = self.secrets.partition_point(|secret| secret.end <= line.start);
        self.secrets.get(next).is_some_and(|secret| secret.start < line.end)
    }

    /// Looks at the line, and at as much behind it as a block has: the next ones are there.
    fn look(&mut self, line: &Range<u64>) -> io::Result<()> {
        let reach = SECRET_REACH_BYTES as u64;
        let (from, to) = (line.start.saturating_sub(reach), line.end + CANCEL_CHECK_BYTES as u64 + reach);
        let mut read = Vec::new();
        let bytes = match self.text {
            Text::Whole(text) => {
                let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
                text.get(place(from)..place(to)).unwrap_or_default()
            }
            Text::Of(file, start) => {
                read.resize(usize::try_from(to - from).map_err(io::Error::other)?, 0);
                let length = read_at(file, &mut read, start + from)?;
                read.get(..length).unwrap_or_default()
            }
        };
        let end = from + bytes.len() as u64;
        self.known = line.start..if end < to { end } else { to - reach };
        let secrets = self.marker.secrets_in(bytes).into_iter();
        self.secrets = secrets.map(|secret| from + secret.start as u64..from + secret.end as u64).collect();
        Ok(())
    }
}

/// Reads until `bytes` is full or the file ends.
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at + length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
