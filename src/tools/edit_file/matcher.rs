//! Where a text stands in a file, whatever ends the lines of either.
//!
//! A model sees `\n`, so in what it wants replaced `\n` stands for the line end
//! that the file has at that place. What it puts there gets the line ends of
//! what it replaces, and of the lines around it where it has more lines.

use std::ops::Range;

use memchr::memmem;

/// A text, and the same with `\n` for every `\r\n`.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    /// `None` where they are the same.
    flat: Option<Vec<u8>>,
    /// Where in `flat` a `\n` stands whose `\r` was left out.
    removed: Vec<usize>,
    /// Of files whose lines end with `\r` alone.
    is_old_mac: bool,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Lf,
    CrLf,
    Cr,
}

impl End {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Cr => b"\r",
        }
    }
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        let is_old_mac = memchr::memchr(b'\n', text).is_none() && memchr::memchr(b'\r', text).is_some();
        let (mut flat, mut removed, mut from) = (Vec::new(), Vec::new(), 0);
        for at in memmem::find_iter(text, b"\r\n") {
            flat.extend_from_slice(text.get(from..at).unwrap_or_default());
            removed.push(flat.len());
            from = at + 1;
        }
        if removed.is_empty() {
            return Self { text, flat: None, removed, is_old_mac };
        }
        flat.extend_from_slice(text.get(from..).unwrap_or_default());
        Self { text, flat: Some(flat), removed, is_old_mac }
    }

    fn flat(&self) -> &[u8] {
        self.flat.as_deref().unwrap_or(self.text)
    }

    /// Where `old` begins, wherever it does, though places overlap.
    pub(super) fn starts(&self, old: &[u8]) -> impl Iterator<Item = Range<usize>> {
        let needle = self.needle(old);
        let finder = memmem::Finder::new(&needle).into_owned();
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = from + finder.find(self.flat().get(from..)?)?;
            from = at + 1;
            Some(self.original(at..at + needle.len()))
        })
    }

    /// Where `old` stands, from left to right, no two places overlapping.
    pub(super) fn places(&self, old: &[u8]) -> impl Iterator<Item = Range<usize>> {
        let needle = self.needle(old);
        let finder = memmem::Finder::new(&needle).into_owned();
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = from + finder.find(self.flat().get(from..)?)?;
            from = at + needle.len();
            Some(self.original(at..from))
        })
    }

    fn needle(&self, old: &[u8]) -> Vec<u8> {
        let mut needle = Lines::of(old).flat().to_vec();
        if self.is_old_mac {
            needle.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b'\r');
        }
        needle
    }

    fn original(&self, flat: Range<usize>) -> Range<usize> {
        let shift = |at: usize| at + self.removed.partition_point(|removed| *removed < at);
        shift(flat.start)..shift(flat.end)
    }

    /// The number of the line in which `at` stands, from 1.
    #[allow(clippy::naive_bytecount, reason = "wide enough as compiled, and no second crate")]
    pub(super) fn number(&self, at: usize) -> usize {
        let end = if self.is_old_mac { b'\r' } else { b'\n' };
        self.text.get(..at).unwrap_or_default().iter().filter(|byte| **byte == end).count() + 1
    }

    /// `new` with the line ends that belong where `place` is. `\r\n` in `new` stays, unless
    /// `old` had it too and meant by it whatever the file has.
    pub(super) fn fitted(&self, new: &[u8], old: &[u8], place: &Range<usize>) -> Vec<u8> {
        if memchr::memchr(b'\n', new).is_none() {
            return new.to_vec();
        }
        let replaced = ends(self.text.get(place.clone()).unwrap_or_default(), self.is_old_mac);
        let around = replaced.last().copied().unwrap_or_else(|| self.around(place));
        let is_loose = memmem::find(old, b"\r\n").is_some();
        let mut out = Vec::with_capacity(new.len());
        let mut wanted = replaced.into_iter();
        let mut lines = new.split(|byte| *byte == b'\n');
        let mut before = lines.next().unwrap_or_default();
        out.extend_from_slice(before);
        for line in lines {
            let is_explicit = before.last() == Some(&b'\r');
            before = line;
            let end = wanted.next().unwrap_or(around);
            if is_explicit && !is_loose {
                out.push(b'\n');
            } else {
                if is_explicit {
                    out.pop();
                }
                out.extend_from_slice(end.bytes());
            }
            out.extend_from_slice(line);
        }
        out
    }

    /// The line end nearest to a place that has none: the one after it, or else the one before.
    fn around(&self, place: &Range<usize>) -> End {
        let (before, rest) = self.text.split_at_checked(place.start).unwrap_or_default();
        let after = rest.get(place.len()..).unwrap_or_default();
        let of = |text: &[u8], at: usize| match at.checked_sub(1).and_then(|at| text.get(at)) {
            Some(b'\r') => End::CrLf,
            _ => End::Lf,
        };
        match (memchr::memchr(b'\n', after), memchr::memrchr(b'\n', before)) {
            (Some(at), _) => of(after, at),
            (None, Some(at)) => of(before, at),
            (None, None) if self.is_old_mac => End::Cr,
            (None, None) => End::Lf,
        }
    }
}

fn ends(text: &[u8], is_old_mac: bool) -> Vec<End> {
    if is_old_mac {
        return memchr::memchr_iter(b'\r', text).map(|_| End::Cr).collect();
    }
    let is_crlf = |at: usize| at.checked_sub(1).and_then(|at| text.get(at)) == Some(&b'\r');
    memchr::memchr_iter(b'\n', text).map(|at| if is_crlf(at) { End::CrLf } else { End::Lf }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn replaced(text: &str, old: &str, new: &str) -> Option<String> {
        let lines = Lines::of(text.as_bytes());
        let place = lines.places(old.as_bytes()).next()?;
        let new = lines.fitted(new.as_bytes(), old.as_bytes(), &place);
        let (before, after) = (&text.as_bytes()[..place.start], &text.as_bytes()[place.end..]);
        Some(String::from_utf8([before, &new, after].concat()).unwrap())
    }

    #[track_caller]
    fn becomes(text: &str, old: &str, new: &str, wanted: &str) {
        assert_eq!(replaced(text, old, new).as_deref(), Some(wanted));
    }

    #[test]
    fn a_line_feed_stands_for_the_line_end_of_the_file() {
        becomes("one\r\ntwo\r\nthree\r\n", "one\ntwo", "1\n2\n2a", "1\r\n2\r\n2a\r\nthree\r\n");
        becomes("a\r\nb\r\n", "b", "B\nc", "a\r\nB\r\nc\r\n");
        becomes("three\r\n", "three\r\n", "3\r\n", "3\r\n");
        becomes("a\nb\n", "a\r\nb", "x\r\ny", "x\ny\n");
        becomes("a\rb\rc", "a\nb", "1\n2\n3", "1\r2\r3\rc");
        becomes("no line end", "line", "l\nine", "no l\nine end");
        becomes("\r\r", "\n\n", "\n\n", "\r\r");
    }

    #[test]
    fn mixed_line_ends_stay_mixed() {
        becomes("a\r\nb\nc\r\n", "a\nb\nc", "1\n2\n3", "1\r\n2\n3\r\n");
        becomes("a\nb\r\n", "b\n", "", "a\n");
    }

    #[test]
    fn a_carriage_return_that_is_written_out_stays() {
        becomes("a\nb\n", "a", "x\r\ny", "x\r\ny\nb\n");
    }

    #[test]
    fn overlapping_places_are_all_seen() {
        assert_eq!(Lines::of(b"aaaa").starts(b"aa").count(), 3);
        assert_eq!(Lines::of(b"aaaa").places(b"aa").count(), 2);
    }

    proptest! {
        #[test]
        fn what_is_found_reads_as_what_was_looked_for(text in "[ab\r\n]{0,40}", old in "[ab\n]{1,4}") {
            let lines = Lines::of(text.as_bytes());
            for place in lines.starts(old.as_bytes()) {
                let found = text[place].replace("\r\n", "\n");
                let found = if lines.is_old_mac { found.replace('\r', "\n") } else { found };
                prop_assert_eq!(&found, &old);
            }
        }

        #[test]
        fn replacing_a_text_by_itself_changes_nothing(text in "[ab\r\n]{0,40}", old in "[ab\r\n]{1,6}") {
            if let Some(out) = replaced(&text, &old, &old) {
                prop_assert_eq!(out, text);
            }
        }
    }
}
