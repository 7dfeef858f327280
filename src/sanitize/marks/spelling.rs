//! Marks as they stand in a text.

use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
    sync::LazyLock,
};

use memchr::memmem;
use regex::bytes::Regex;

use crate::{
    refusal::{Code, Refusal},
    sanitize::secret,
};

/// A mark, and what is so much like one that it must have been meant as one: a kind that there
/// is with another id or none.
static LIKE: LazyLock<Regex> = LazyLock::new(|| {
    #[allow(clippy::expect_used, reason = "a constant, and every test of this file compiles it")]
    Regex::new(r"(?-u)\[(?:REDACTED:([A-Za-z0-9_]{1,64})(:[0-9a-f]{8})?[A-Za-z0-9_:-]{0,16}|HIDDEN:[Uu]\+[0-9A-Fa-f]{1,6}[^\]\[\n]{0,12})\]")
        .expect("an expression")
});

/// What a mark becomes in careless hands: without a bracket, in capitals, torn apart.
static DAMAGED: LazyLock<Regex> = LazyLock::new(|| {
    #[allow(clippy::expect_used, reason = "a constant, and every test of this file compiles it")]
    Regex::new(r"(?-u)(?i)(?:REDACTED[\s]*:[\s]*([A-Za-z0-9_]{1,64})|HIDDEN[\s]*:[\s]*U\+[0-9A-F]{4,6})")
        .expect("an expression")
});

static KINDS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| secret::kinds().collect());

/// Where texts that read like marks stand in `text`.
pub fn written(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let holds = |word: &[u8]| memmem::find(text, word).is_some();
    let text = if holds(b"[REDACTED:") || holds(b"[HIDDEN:") { text } else { b"" };
    let is_one = |found: &regex::bytes::Captures<'_>| match (found.get(1), found.get(2)) {
        (Some(kind), None) => str::from_utf8(kind.as_bytes()).is_ok_and(|kind| KINDS.contains(kind)),
        _ => true,
    };
    LIKE.captures_iter(text).filter(is_one).filter_map(|found| found.get(0)).map(|found| found.range())
}

/// What in `text` was a mark, and is none any more.
pub(super) fn damaged(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let whole: Vec<_> = written(text).collect();
    let is_one = move |found: &regex::bytes::Captures<'_>| {
        let Some(all) = found.get(0) else { return false };
        let is_kind = found.get(1).is_none_or(|kind| {
            let kind = String::from_utf8_lossy(kind.as_bytes()).to_ascii_lowercase();
            KINDS.contains(kind.as_str())
        });
        let next = whole.partition_point(|mark| mark.end < all.end());
        is_kind && whole.get(next).is_none_or(|mark| all.start() < mark.start)
    };
    DAMAGED.captures_iter(text).filter(is_one).filter_map(|found| found.get(0)).map(|found| found.range())
}

/// Where marks of secrets stand in `text`, spelled as we spell them and no other way: nothing else
/// finds room in one.
pub(super) fn exact(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    written(text).filter(|range| {
        let mark = text.get(range.clone()).and_then(|mark| str::from_utf8(mark).ok());
        let inner = mark.and_then(|mark| mark.strip_prefix("[REDACTED:")?.strip_suffix(']'));
        inner.and_then(|inner| inner.split_once(':')).is_some_and(|(kind, id)| {
            let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            KINDS.contains(kind) && id.len() == 8 && id.bytes().all(is_hex)
        })
    })
}

/// What in `text` reads like a mark, or like one that was.
pub(super) fn literal(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    written(text).chain(damaged(text)).filter_map(|range| text.get(range))
}

/// Refuses a text for a whole file that holds a mark which `old`, the file as it was, does not
/// literally hold: written down, it would replace what it hides.
///
/// # Errors
///
/// [`Code::WithheldText`].
pub fn unexplained(new: &str, old: &[u8]) -> Result<(), Refusal> {
    let mut marks = literal(new.as_bytes()).peekable();
    // once for all of them: either text may be large and hold many
    let known: HashSet<&[u8]> = if marks.peek().is_some() { literal(old).collect() } else { HashSet::new() };
    match marks.find(|mark| !known.contains(mark)).map(String::from_utf8_lossy) {
        None => Ok(()),
        Some(mark) => Err(withheld(format!(
            "`content` holds the mark {mark}, which stands for something that was not shown and would be lost; change the file with `edit_file`, which keeps it"
        ))),
    }
}

pub(super) fn withheld(says: String) -> Refusal {
    Refusal::failed(Code::WithheldText, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_the_file_does_not_hold_is_refused_and_edit_file_is_named() {
        for text in [
            "a [REDACTED:jwt:0123abcd] b",
            "[REDACTED:other_kind:0123abcd]",
            "[REDACTED:jwt]",
            "[REDACTED:jwt:0123]",
            "[HIDDEN:U+202E]",
            "[HIDDEN:U+202E×3]",
            "[HIDDEN:U+202E x3]",
            "[REDACTED:jwt:0123abcd",
            "[redacted:jwt:0123abcd]",
            "[ REDACTED: jwt:0123abcd ]",
            "REDACTED:jwt:\n0123abcd",
            "hidden:u+202e",
        ] {
            let refusal = unexplained(text, b"").unwrap_err();
            assert_eq!(refusal.code(), Code::WithheldText);
            assert!(refusal.to_string().contains("edit_file"), "{refusal}");
            assert_eq!(unexplained(text, format!("x{text}y").as_bytes()), Ok(()));
        }
        for text in [
            "[REDACTED]",
            "[REDACTED:kind:id]",
            "[REDACTED:by-the-court]",
            "[REDACTED: by the court]",
            "[HIDDEN:x]",
            "redacted: by the court",
            "hidden: yes",
        ] {
            assert_eq!(unexplained(text, b""), Ok(()), "{text}");
        }
    }
}
