//! A text as its reader sees it, and the way back.

use std::{cell::OnceCell, collections::HashSet, ops::Range};

use super::{
    Marker, Marks, Piece, What,
    spelling::{damaged, literal, withheld, written},
};
use crate::refusal::{Code, Refusal};

/// A text with its marks in place.
#[derive(Debug)]
pub struct View<'a> {
    original: &'a [u8],
    marks: Marks,
    /// `None` where they are the same.
    seen: Option<Vec<u8>>,
    cells: Vec<Cell>,
    /// What the original itself holds that reads like a mark.
    literal: OnceCell<HashSet<&'a [u8]>>,
}

/// What stands where a mark is.
#[derive(Clone, Debug)]
struct Cell {
    seen: Range<usize>,
    original: Range<usize>,
    is_secret: bool,
}

/// What a text with marks stands for.
struct Restored {
    bytes: Vec<u8>,
    /// Where in them a secret stands.
    secrets: Vec<Range<usize>>,
}

impl<'a> View<'a> {
    /// `original`, of which these are the marks.
    #[must_use]
    pub fn of(original: &'a [u8], marks: &Marks) -> Self {
        if marks.made().is_empty() {
            return Self {
                original,
                marks: marks.clone(),
                seen: None,
                cells: Vec::new(),
                literal: OnceCell::new(),
            };
        }
        let (mut seen, mut cells) = (Vec::with_capacity(original.len()), Vec::new());
        for piece in marks.pieces(0..original.len()) {
            match piece {
                Piece::Plain(range) => seen.extend_from_slice(original.get(range).unwrap_or_default()),
                Piece::Mark(what, original) => {
                    let start = seen.len();
                    seen.extend_from_slice(what.to_string().as_bytes());
                    let is_secret = matches!(what, What::Secret { .. });
                    cells.push(Cell { seen: start..seen.len(), original, is_secret });
                }
            }
        }
        Self { original, marks: marks.clone(), seen: Some(seen), cells, literal: OnceCell::new() }
    }

    /// The text as it is seen.
    #[must_use]
    pub fn shown(&self) -> &[u8] {
        self.seen.as_deref().unwrap_or(self.original)
    }

    /// Where in the original the part `seen` of what is seen stands. `None` if it begins or ends
    /// inside a mark: whoever could match a part of one could guess what it hides letter by letter.
    #[must_use]
    pub fn behind(&self, seen: &Range<usize>) -> Option<Range<usize>> {
        Some(self.place(seen.start)?..self.place(seen.end)?)
    }

    /// The number of the line of the original, from 1, that the line at this place (from 0) of what is seen is.
    #[must_use]
    pub fn line_behind(&self, seen: usize) -> usize {
        let start = match seen.checked_sub(1) {
            Some(feed) => memchr::memchr_iter(b'\n', self.shown()).nth(feed).map_or(0, |feed| feed + 1),
            None => 0,
        };
        let before = self.place(start).and_then(|place| self.original.get(..place)).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    /// Whether a secret stands in this part of the original, all of it or some. Whoever could match
    /// one as it is would know that he guessed right.
    #[must_use]
    pub fn has_secret(&self, original: &Range<usize>) -> bool {
        self.cells_within(original).iter().any(|cell| cell.is_secret)
    }

    fn place(&self, seen: usize) -> Option<usize> {
        let before = self.cells.partition_point(|cell| cell.seen.start < seen);
        let Some(cell) = before.checked_sub(1).and_then(|last| self.cells.get(last)) else {
            return Some(seen);
        };
        Some(cell.original.end + seen.checked_sub(cell.seen.end)?)
    }

    /// Where in what is seen the place `original` stands; `None` inside of what a mark hides.
    fn seen_at(&self, original: usize) -> Option<usize> {
        let before = self.cells.partition_point(|cell| cell.original.start < original);
        let Some(cell) = before.checked_sub(1).and_then(|last| self.cells.get(last)) else {
            return Some(original);
        };
        Some(cell.seen.end + original.checked_sub(cell.original.end)?)
    }

    /// The bytes that `new` stands for where it replaces the part `place` of the original. Each of
    /// its marks becomes what it hides: at this place if it can be told which is meant, or else
    /// anywhere in the text. What only looks like a mark stays if the text holds it too.
    fn restore(&self, new: &[u8], place: &Range<usize>) -> Result<Restored, Refusal> {
        let mut out = Restored { bytes: Vec::with_capacity(new.len()), secrets: Vec::new() };
        let old = self.here(place)?;
        let mut own = Own::new(self.shown().get(old.clone()).unwrap_or_default(), new);
        let is_new = |range: &Range<usize>| {
            let text = new.get(range.clone()).unwrap_or_default();
            !self.holds(text)
        };
        if let Some(range) = damaged(new).find(is_new) {
            return Err(stands_for_nothing(new.get(range).unwrap_or_default()));
        }
        let mut from = 0;
        for mark in written(new) {
            let text = new.get(mark.clone()).unwrap_or_default();
            out.bytes.extend_from_slice(new.get(from..mark.start).unwrap_or_default());
            from = mark.end;
            let here = own.take(&mark, text).map(|at| old.start + at);
            let cell = match here {
                // at this place stands either what is hidden or the look-alike itself
                Some(at) => self.cell_at(at),
                None => self.cell_of(text)?,
            };
            let hidden =
                cell.and_then(|cell| self.original.get(cell.original.clone()).map(|hidden| (cell, hidden)));
            let Some((cell, hidden)) = hidden else {
                if here.is_none() && !self.holds(text) {
                    return Err(stands_for_nothing(text));
                }
                out.bytes.extend_from_slice(text);
                continue;
            };
            if cell.is_secret {
                out.secrets.push(out.bytes.len()..out.bytes.len() + hidden.len());
            }
            out.bytes.extend_from_slice(hidden);
        }
        out.bytes.extend_from_slice(new.get(from..).unwrap_or_default());
        Ok(out)
    }

    /// The text with each place of the original replaced by what its text stands for, and the marks
    /// of that. Places are in order and do not overlap.
    ///
    /// What stands around a secret can be what gives it away, so it is made sure that
    /// `marker` still finds each one that was hidden and still stands there.
    ///
    /// # Errors
    ///
    /// [`Code::WithheldText`] for a mark that stands for nothing, for a place inside of what a mark hides,
    /// and for an edit that would have shown it. [`Code::TooLarge`] beyond `bytes_max`.
    pub fn edited(
        &self,
        edits: impl IntoIterator<Item = (Range<usize>, Vec<u8>)>,
        marker: &Marker,
        bytes_max: usize,
    ) -> Result<(Vec<u8>, Marks), Refusal> {
        let (mut out, mut secrets, mut from) = (Vec::with_capacity(self.original.len()), Vec::new(), 0);
        let mut start = None;
        for (place, new) in edits {
            self.keep(from..place.start, &mut out, &mut secrets);
            start.get_or_insert(place.start);
            let restored = self.restore(&new, &place)?;
            if out.len() + restored.bytes.len() > bytes_max {
                return Err(too_large(bytes_max));
            }
            secrets
                .extend(restored.secrets.iter().map(|range| range.start + out.len()..range.end + out.len()));
            out.extend_from_slice(&restored.bytes);
            from = place.end;
        }
        let (start, end) = (start.unwrap_or(from), out.len());
        self.keep(from..self.original.len(), &mut out, &mut secrets);
        if out.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        let marks = marker.marks_again(&out, &self.marks, &(start..from), &(start..end));
        let is_hidden = |secret: &Range<usize>| {
            let [mark] = marks.within(secret) else { return false };
            mark.range.start <= secret.start && secret.end <= mark.range.end
        };
        if secrets.iter().all(is_hidden) { Ok((out, marks)) } else { Err(would_show()) }
    }

    /// Takes over the part `range` as it is.
    fn keep(&self, range: Range<usize>, out: &mut Vec<u8>, secrets: &mut Vec<Range<usize>>) {
        for cell in self.cells_within(&range).iter().filter(|cell| cell.is_secret) {
            let shift = |at: usize| at.saturating_sub(range.start) + out.len();
            secrets.push(shift(cell.original.start)..shift(cell.original.end));
        }
        out.extend_from_slice(self.original.get(range).unwrap_or_default());
    }

    fn cells_within(&self, original: &Range<usize>) -> &[Cell] {
        let from = self.cells.partition_point(|cell| cell.original.end <= original.start);
        let to = self.cells.partition_point(|cell| cell.original.start < original.end);
        self.cells.get(from..to.max(from)).unwrap_or_default()
    }

    /// Whether the original itself holds this text, which reads like a mark.
    fn holds(&self, mark: &[u8]) -> bool {
        self.literal.get_or_init(|| literal(self.original).collect()).contains(mark)
    }

    /// Where a place of the original is seen.
    fn here(&self, place: &Range<usize>) -> Result<Range<usize>, Refusal> {
        match (self.seen_at(place.start), self.seen_at(place.end)) {
            (Some(start), Some(end)) if start <= end => Ok(start..end),
            _ => Err(would_show()),
        }
    }

    fn cell_at(&self, seen: usize) -> Option<&Cell> {
        let at = self.cells.partition_point(|cell| cell.seen.start < seen);
        self.cells.get(at).filter(|cell| cell.seen.start == seen)
    }

    /// What `mark` hides, wherever it stands. Two places with one mark are as good as none, also when
    /// they hide the same: who made one of them would learn that.
    fn cell_of(&self, mark: &[u8]) -> Result<Option<&Cell>, Refusal> {
        let mut cells = self.cells.iter().filter(|cell| self.shown().get(cell.seen.clone()) == Some(mark));
        match (cells.next(), cells.find(|cell| cell.is_secret)) {
            (_, Some(_)) => Err(stands_for_nothing(mark)),
            (first, None) => Ok(first),
        }
    }
}

/// Which of the marks of a replaced text those of the new one are: what begins and ends alike is
/// the same, and between that they are taken in order.
struct Own<'a> {
    /// Marks of the old text, with their place in it; taken from the front.
    old: Vec<(Range<usize>, &'a [u8])>,
    old_length: usize,
    new_length: usize,
    prefix: usize,
    suffix: usize,
    next: usize,
}

impl<'a> Own<'a> {
    fn new(old: &'a [u8], new: &[u8]) -> Self {
        let prefix = old.iter().zip(new).take_while(|(one, two)| one == two).count();
        let most = old.len().min(new.len()) - prefix;
        let same = |(one, two): &(&u8, &u8)| one == two;
        let suffix = old.iter().rev().zip(new.iter().rev()).take(most).take_while(same).count();
        let marks = written(old).map(|range| (range.clone(), old.get(range).unwrap_or_default())).collect();
        Self { old: marks, old_length: old.len(), new_length: new.len(), prefix, suffix, next: 0 }
    }

    /// Where in the old text the mark `text` at `new` stood.
    fn take(&mut self, new: &Range<usize>, text: &[u8]) -> Option<usize> {
        if new.end <= self.prefix {
            return Some(new.start);
        }
        if self.new_length - self.suffix <= new.start {
            return Some(new.start + self.old_length - self.new_length);
        }
        let middle = self.prefix..self.old_length - self.suffix;
        let is_open = |range: &Range<usize>| middle.start < range.end && range.start < middle.end;
        let rest = self.old.get(self.next..).unwrap_or_default();
        if let Some(found) = rest.iter().position(|(range, mark)| *mark == text && is_open(range)) {
            self.next += found + 1;
            return rest.get(found).map(|(range, _)| range.start);
        }
        self.old.iter().find(|(_, mark)| *mark == text).map(|(range, _)| range.start)
    }
}

fn stands_for_nothing(mark: &[u8]) -> Refusal {
    let mark = String::from_utf8_lossy(mark);
    withheld(format!(
        "`newText` holds the mark {mark}, and nothing in the file is shown as that; read the file again"
    ))
}

fn would_show() -> Refusal {
    withheld(
        "the edit changes what stands around a secret so that it would be shown; leave what stands beside its mark as it is, or replace the mark too"
            .to_owned(),
    )
}

fn too_large(bytes_max: usize) -> Refusal {
    Refusal::failed(Code::TooLarge, format!("the file would have more than {bytes_max} bytes"))
}
