//! What is not shown of a text, and the marks that stand for it.
//!
//! A secret reads `[REDACTED:kind:id]`, a hidden or direction-changing
//! character or a terminal control `[HIDDEN:U+202E]`, a run of one
//! `[HIDDEN:U+202E×12]`. Everything else is as it was, byte for byte, and a mark
//! is never marked again.
//!
//! The id says where a secret stands and nothing of what it is: it is made of
//! what stands before it, keyed with what this server alone knows. So no guess
//! can be checked against it, neither elsewhere nor by writing guesses beside it.
//!
//! A part of a text is marked with what stands around it in view
//! ([`SECRET_REACH_BYTES`](crate::limits::SECRET_REACH_BYTES)): whoever begins to read in the middle of a
//! secret is shown its mark and not the rest. [`View`] is the way back, from a
//! text with marks to the bytes.

mod marker;
mod spelling;
mod view;

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    ops::{AddAssign, Range},
};

pub use marker::{Marker, Mode};
pub use spelling::{unexplained, written};
pub use view::View;

/// Something that is not to be shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mark {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub what: What,
}

impl Mark {
    const fn hidden((range, char, times): (Range<usize>, char, usize)) -> Self {
        Self { range, what: What::Hidden { char, times } }
    }
}

/// What a mark stands for. `Display` is the mark.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// A secret.
    Secret {
        /// Its kind, of [`secret::kinds`](super::secret::kinds).
        kind: &'static str,
        /// What tells it from others.
        id: u32,
    },
    /// A character that cannot be seen or acts on a terminal, so many times.
    Hidden {
        /// The character.
        char: char,
        /// How often it stands there.
        times: usize,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Secret { kind, id } => write!(f, "[REDACTED:{kind}:{id:08x}]"),
            Self::Hidden { char, times: 1 } => write!(f, "[HIDDEN:U+{:04X}]", u32::from(char)),
            Self::Hidden { char, times } => write!(f, "[HIDDEN:U+{:04X}×{times}]", u32::from(char)),
        }
    }
}

/// How much there is of it, by kind.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Secrets that marks stand for.
    pub secrets: BTreeMap<&'static str, usize>,
    /// Secrets that are shown because the owner wants it so.
    pub shown: BTreeMap<&'static str, usize>,
    /// Characters that marks stand for.
    pub hidden: usize,
}

impl Tally {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.shown.is_empty() && self.hidden == 0
    }

    /// Counts one more mark.
    pub fn count(&mut self, what: What) {
        match what {
            What::Secret { kind, .. } => *self.secrets.entry(kind).or_default() += 1,
            What::Hidden { times, .. } => self.hidden += times,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        for (kind, count) in more.secrets {
            *self.secrets.entry(kind).or_default() += count;
        }
        for (kind, count) in more.shown {
            *self.shown.entry(kind).or_default() += count;
        }
        self.hidden += more.hidden;
    }
}

/// What is not to be shown of one text, from left to right; no two marks overlap, and each begins
/// and ends between two characters.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Marks {
    made: Vec<Mark>,
    /// Secrets that are shown because the owner wants it so.
    left: Vec<Mark>,
}

impl Marks {
    /// The marks.
    #[must_use]
    pub fn made(&self) -> &[Mark] {
        &self.made
    }

    /// Those with a byte in `range`.
    #[must_use]
    pub fn within(&self, range: &Range<usize>) -> &[Mark] {
        within(&self.made, range)
    }

    /// How much there is in `range`. What is partly in it counts.
    #[must_use]
    pub fn tally(&self, range: &Range<usize>) -> Tally {
        let mut tally = Tally::default();
        for mark in within(&self.left, range) {
            tally.count(mark.what);
        }
        std::mem::swap(&mut tally.secrets, &mut tally.shown);
        for mark in within(&self.made, range) {
            tally.count(mark.what);
        }
        tally
    }

    /// The part `range` of `text`, of which these are the marks, as it may be shown. What is partly
    /// in it is hidden whole.
    #[must_use]
    pub fn shown(&self, text: &str, range: Range<usize>) -> String {
        let mut out = String::with_capacity(range.len());
        for piece in self.pieces(range) {
            match piece {
                Piece::Plain(range) => out.push_str(text.get(range).unwrap_or_default()),
                // writing to a string does not fail
                Piece::Mark(what, _) => drop(write!(out, "{what}")),
            }
        }
        out
    }

    /// How many bytes of `range` are shown in `room` bytes or fewer: from its start to the end that
    /// this returns. No mark is cut, and one that alone does not fit is shown nevertheless.
    #[must_use]
    pub fn fit(&self, text: &str, range: Range<usize>, room: usize) -> usize {
        let (mut left, mut end) = (room, range.start);
        for piece in self.pieces(range.clone()) {
            let length = piece.shown_bytes();
            if length <= left || (matches!(piece, Piece::Mark(..)) && end == range.start) {
                left = left.saturating_sub(length);
                end = piece.range().end;
                continue;
            }
            if let Piece::Plain(plain) = piece {
                let plain = text.floor_char_boundary(plain.start + left);
                end = end.max(plain);
            }
            break;
        }
        end
    }

    /// The same from the end of `range`: the start that this returns.
    #[must_use]
    pub fn fit_last(&self, text: &str, range: Range<usize>, room: usize) -> usize {
        let (mut left, mut start) = (room, range.end);
        let pieces: Vec<_> = self.pieces(range.clone()).collect();
        for piece in pieces.into_iter().rev() {
            let length = piece.shown_bytes();
            if length <= left || (matches!(piece, Piece::Mark(..)) && start == range.end) {
                left = left.saturating_sub(length);
                start = piece.range().start;
                continue;
            }
            if let Piece::Plain(plain) = piece {
                start = start.min(text.ceil_char_boundary(plain.end - left));
            }
            break;
        }
        start
    }

    /// How many bytes `range` is as it may be shown.
    #[must_use]
    pub fn shown_bytes(&self, range: Range<usize>) -> usize {
        self.pieces(range).map(|piece| piece.shown_bytes()).sum()
    }

    /// Where what a mark hides ends, if `at` stands inside of it.
    #[must_use]
    pub fn end_of_hidden(&self, at: usize) -> Option<usize> {
        let mark = self.within(&(at..at + 1)).first().filter(|mark| mark.range.start < at)?;
        Some(mark.range.end)
    }

    fn pieces(&self, range: Range<usize>) -> impl Iterator<Item = Piece> {
        let mut at = range.start;
        let mut marks = self.within(&range).iter().peekable();
        std::iter::from_fn(move || {
            let end = range.end;
            if at >= end {
                return None;
            }
            if let Some(mark) = marks.next_if(|mark| mark.range.start <= at) {
                let hidden = at..mark.range.end.min(end);
                at = hidden.end;
                return Some(Piece::Mark(mark.what, hidden));
            }
            let plain = at..marks.peek().map_or(end, |mark| mark.range.start);
            at = plain.end;
            Some(Piece::Plain(plain))
        })
    }
}

fn within<'a>(marks: &'a [Mark], range: &Range<usize>) -> &'a [Mark] {
    let from = marks.partition_point(|mark| mark.range.end <= range.start);
    let to = marks.partition_point(|mark| mark.range.start < range.end);
    marks.get(from..to.max(from)).unwrap_or_default()
}

/// A part of a text that is shown as it is, or as a mark.
enum Piece {
    Plain(Range<usize>),
    Mark(What, Range<usize>),
}

impl Piece {
    const fn range(&self) -> &Range<usize> {
        match self {
            Self::Plain(range) | Self::Mark(_, range) => range,
        }
    }

    fn shown_bytes(&self) -> usize {
        match self {
            Self::Plain(range) => range.len(),
            Self::Mark(what, _) => what.to_string().len(),
        }
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
