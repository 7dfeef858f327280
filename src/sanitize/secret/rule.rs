//! One row of the tables: how a kind of secret looks, and where that is written.

use std::ops::Range;

use crate::limits;

/// How one kind of secret is found. Made by [`token`] and [`named`], and altered by what follows.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub(super) kind: &'static str,
    /// One of these stands in every match; the pattern is tried nowhere else.
    pub(super) literals: &'static [&'static str],
    /// What stands before the secret. Without one, the pattern is tried where it would be.
    pub(super) lead: &'static str,
    /// The secret, and `trim` bytes that end it. No groups: they cost an engine that is many times slower.
    pub(super) pattern: &'static str,
    pub(super) trim: usize,
    /// Who says that it looks so.
    #[cfg_attr(not(test), allow(dead_code, reason = "for whoever reads the table"))]
    pub(super) source: &'static str,
    pub(super) begin: Begin,
    /// Bytes of text that the rule is shown, from where it begins.
    pub(super) bytes_max: usize,
    pub(super) case: Case,
    pub(super) before: Before,
    pub(super) after: After,
    pub(super) check: Check,
}

/// Where a match begins.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    /// So many bytes before the literal.
    Back(usize),
    /// Where a function finds it to begin, which is given the place of the literal.
    At(fn(&[u8], usize) -> usize),
}

/// How a literal must be spelled.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Case {
    Exact,
    Either,
}

/// What may stand before a match.
#[derive(Clone, Copy)]
pub(super) enum Before {
    Anything,
    /// No letter, digit or `_`.
    NoWord,
    /// Nor `-`.
    NoBase64,
}

/// What may stand behind a match.
#[derive(Clone, Copy)]
pub(super) enum After {
    Anything,
    /// No letter, digit or `_`.
    NoWord,
}

/// Whether what looks like a secret is one.
pub(super) type Check = fn(&Match<'_>) -> bool;

/// A token that begins with a word of its own.
pub(super) const fn token(
    kind: &'static str,
    literals: &'static [&'static str],
    pattern: &'static str,
    source: &'static str,
) -> Rule {
    Rule {
        kind,
        literals,
        lead: "",
        pattern,
        trim: 0,
        source,
        begin: Begin::Back(0),
        bytes_max: 512,
        case: Case::Exact,
        before: Before::NoWord,
        after: After::NoWord,
        check: super::checks::is_varied,
    }
}

/// A value that is known only by the name before it, in either case.
pub(super) const fn named(
    kind: &'static str,
    literals: &'static [&'static str],
    lead: &'static str,
    pattern: &'static str,
    source: &'static str,
) -> Rule {
    token(kind, literals, pattern, source).after(lead).folded().glued()
}

impl Rule {
    /// The literal is meant in either case.
    pub(super) const fn folded(mut self) -> Self {
        self.case = Case::Either;
        self
    }

    /// It may follow a letter, a digit or `_`.
    pub(super) const fn glued(mut self) -> Self {
        self.before = Before::Anything;
        self
    }

    /// A letter, a digit or `_` may follow it.
    pub(super) const fn open(mut self) -> Self {
        self.after = After::Anything;
        self
    }

    /// It may not follow `-`, which its words are made of as well. Long words need that: a text of
    /// nothing but their beginnings would be read as often as it has some.
    pub(super) const fn base64(mut self) -> Self {
        self.before = Before::NoBase64;
        self
    }

    /// It begins this many bytes before the literal.
    pub(super) const fn back(mut self, bytes: usize) -> Self {
        self.begin = Begin::Back(bytes);
        self
    }

    /// It begins where `find` says for the place of a literal.
    pub(super) const fn begin(mut self, find: fn(&[u8], usize) -> usize) -> Self {
        self.begin = Begin::At(find);
        self
    }

    /// This stands before it.
    pub(super) const fn after(mut self, lead: &'static str) -> Self {
        self.lead = lead;
        self
    }

    /// The last bytes of the pattern are not of the secret.
    pub(super) const fn trim(mut self, bytes: usize) -> Self {
        self.trim = bytes;
        self
    }

    /// It may be this long instead of 512 bytes.
    pub(super) const fn within(mut self, bytes: usize) -> Self {
        self.bytes_max = bytes;
        self
    }

    /// Another check than that it is varied.
    pub(super) const fn check(mut self, check: Check) -> Self {
        self.check = check;
        self
    }
}

/// What a rule matched, and where.
pub(super) struct Match<'a> {
    pub(super) text: &'a [u8],
    pub(super) whole: Range<usize>,
    pub(super) secret: Range<usize>,
}

impl<'a> Match<'a> {
    /// All that the rule matched.
    pub(super) fn whole(&self) -> &'a [u8] {
        self.text.get(self.whole.clone()).unwrap_or_default()
    }

    /// The secret in it.
    pub(super) fn secret(&self) -> &'a [u8] {
        self.text.get(self.secret.clone()).unwrap_or_default()
    }

    /// What stands before the match, as far as anybody looks.
    pub(super) fn before(&self) -> &'a [u8] {
        let start = self.whole.start.saturating_sub(limits::SECRET_AROUND_BYTES_MAX);
        self.text.get(start..self.whole.start).unwrap_or_default()
    }

    /// What stands behind the match, as far as anybody looks.
    pub(super) fn behind(&self) -> &'a [u8] {
        let end = self.text.len().min(self.whole.end + limits::SECRET_AROUND_BYTES_MAX);
        self.text.get(self.whole.end..end).unwrap_or_default()
    }
}
