//! Who finds what is not to be shown.

use std::{
    borrow::Cow,
    fmt,
    hash::{BuildHasher, RandomState},
    ops::Range,
};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Mark, Marks, Tally, What, spelling};
use crate::{
    limits,
    sanitize::{secret, unicode::hidden_in_content},
};

/// How much of what stands before a secret tells it from others.
const BEFORE_BYTES: usize = 32;

/// What is done about secrets. Hidden characters always become marks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mode {
    /// They are replaced by marks.
    #[default]
    Redact,
    /// They are shown, and said to be there.
    Warn,
    /// They are not looked for.
    Off,
}

/// Finds what is not to be shown. One a process, as the ids are its own.
#[derive(Clone)]
pub struct Marker {
    mode: Mode,
    key: [u8; 32],
}

impl Marker {
    /// One with a key of its own.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        let mut key = [0; 32];
        if getrandom::fill(&mut key).is_err() {
            // what the tables of the standard library are keyed with: the system gave that earlier
            for part in key.as_chunks_mut::<8>().0 {
                *part = BuildHasher::hash_one(&RandomState::new(), 0).to_ne_bytes();
            }
        }
        Self::with_key(mode, key)
    }

    /// One with this key: it makes of the same text the same marks and tags as another one with it.
    #[must_use]
    pub const fn with_key(mode: Mode, key: [u8; 32]) -> Self {
        Self { mode, key }
    }

    /// The digits by which a write can tell whether a file is still the one whose digest this is.
    /// Keyed, and of the place too, as no guess at what is withheld may be checked against them elsewhere.
    #[must_use]
    pub fn tag(&self, place: &str, digest: &str) -> String {
        let tag = self.keyed(&["tag", place, digest].map(str::as_bytes));
        HEXLOWER.encode(tag.get(..limits::TAG_BYTES).unwrap_or_default())
    }

    /// What is not to be shown of `text`, which need not be UTF-8.
    #[must_use]
    pub fn marks(&self, text: &[u8]) -> Marks {
        let mut secrets = if self.mode == Mode::Off { Vec::new() } else { secret::find(text) };
        let marks = if secrets.is_empty() { Vec::new() } else { spelling::exact(text).collect() };
        // where a secret could stand, a mark is none
        secrets.retain(|secret| {
            let next = marks.partition_point(|mark: &Range<usize>| mark.end < secret.range.end);
            marks.get(next).is_none_or(|mark| secret.range.start < mark.start)
        });
        let mut from = 0;
        let secrets = secrets.into_iter().map(|secret| {
            let before = from.max(secret.range.start.saturating_sub(BEFORE_BYTES))..secret.range.start;
            from = secret.range.end;
            let id = self.id(secret.kind, text.get(before).unwrap_or_default());
            Mark { range: secret.range, what: What::Secret { kind: secret.kind, id } }
        });
        if self.mode != Mode::Redact {
            let made = runs(text).into_iter().map(Mark::hidden).collect();
            return Marks { made, left: secrets.collect() };
        }
        let (mut made, mut secrets) = (Vec::new(), secrets.peekable());
        for run in runs(text) {
            while let Some(secret) = secrets.next_if(|secret| secret.range.start <= run.0.start) {
                made.push(secret);
            }
            if made.last().is_none_or(|mark: &Mark| mark.range.end <= run.0.start) {
                made.push(Mark::hidden(run));
            }
        }
        made.extend(secrets);
        Marks { made, left: Vec::new() }
    }

    /// The marks of `text`, which reads as one with the marks `before` does but for the part `new`,
    /// which the part `old` was. Only what is near is looked at again: on what lies further away than
    /// [`SECRET_REACH_BYTES`](crate::limits::SECRET_REACH_BYTES) no secret depends, and on another line no hidden character.
    #[must_use]
    pub fn marks_again(&self, text: &[u8], before: &Marks, old: &Range<usize>, new: &Range<usize>) -> Marks {
        let starts_line =
            |at: usize| memchr::memrchr(b'\n', text.get(..at).unwrap_or_default()).map_or(0, |feed| feed + 1);
        let ends_line = |at: usize| {
            memchr::memchr(b'\n', text.get(at..).unwrap_or_default()).map_or(text.len(), |feed| at + feed + 1)
        };
        let reach = crate::limits::SECRET_REACH_BYTES;
        let changed = starts_line(new.start.saturating_sub(reach))
            ..ends_line(new.end.saturating_add(reach).min(text.len()));
        let read = starts_line(changed.start.saturating_sub(reach))
            ..ends_line(changed.end.saturating_add(reach).min(text.len()));
        let again = self.marks(text.get(read.clone()).unwrap_or_default());
        let end = changed.end - new.end + old.end;
        let join = |before: &[Mark], again: Vec<Mark>| {
            let moved = |mark: &Mark, by: usize, back: usize| Mark {
                range: mark.range.start + by - back..mark.range.end + by - back,
                what: mark.what,
            };
            let first = before.iter().filter(|mark| mark.range.end <= changed.start).cloned();
            let near = again
                .iter()
                .map(|mark| moved(mark, read.start, 0))
                .filter(|mark| mark.range.end > changed.start && mark.range.start < changed.end);
            let last = before
                .iter()
                .filter(|mark| mark.range.start >= end)
                .map(|mark| moved(mark, new.end, old.end));
            first.chain(near).chain(last).collect()
        };
        Marks { made: join(&before.made, again.made), left: join(&before.left, again.left) }
    }

    /// `text` as it may be shown.
    #[must_use]
    pub fn shown<'a>(&self, text: &'a str) -> (Cow<'a, str>, Tally) {
        let (marks, whole) = (self.marks(text.as_bytes()), 0..text.len());
        let tally = marks.tally(&whole);
        if marks.made.is_empty() {
            (Cow::Borrowed(text), tally)
        } else {
            (Cow::Owned(marks.shown(text, whole)), tally)
        }
    }

    /// Where secrets stand in `text` that are replaced by marks.
    #[must_use]
    pub fn secrets_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        let marks = self.marks(text);
        let is_secret = |mark: &&Mark| matches!(mark.what, What::Secret { .. });
        marks.made().iter().filter(is_secret).map(|mark| mark.range.clone()).collect()
    }

    /// The secrets in bytes that cannot be marked. Text in which every other byte is NUL, as UTF-16
    /// has it, is looked at without them too.
    #[must_use]
    pub fn secrets(&self, bytes: &[u8]) -> Tally {
        let mut tally = Tally::default();
        if self.mode == Mode::Off {
            return tally;
        }
        let nuls = memchr::memchr_iter(0, bytes).count();
        let narrow: Vec<u8> = match nuls {
            nuls if nuls * 4 >= bytes.len() => bytes.iter().copied().filter(|byte| *byte != 0).collect(),
            _ => Vec::new(),
        };
        let kinds = if self.mode == Mode::Redact { &mut tally.secrets } else { &mut tally.shown };
        for secret in secret::find(bytes).into_iter().chain(secret::find(&narrow)) {
            *kinds.entry(secret.kind).or_default() += 1;
        }
        tally
    }

    /// Not of the secret itself: whoever may write would put guesses beside it and compare.
    fn id(&self, kind: &str, before: &[u8]) -> u32 {
        let id = self.keyed(&[kind.as_bytes(), before]);
        id.first_chunk().map_or(0, |first| u32::from_be_bytes(*first))
    }

    fn keyed(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes a key of any length
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return [0; 32] };
        let mac = parts.iter().fold(mac, |mac, part| mac.chain_update(part).chain_update([0]));
        mac.finalize().into_bytes().into()
    }
}

impl Default for Marker {
    fn default() -> Self {
        Self::new(Mode::default())
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marker").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Whether all of it is printable ASCII. Every byte is looked at, which is what makes it fast: many
/// are at once.
fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
}

/// The runs of one hidden character each, with their length in characters. What is at home where
/// it stands is so by its own line, and most lines have nothing to look at.
fn runs(text: &[u8]) -> Vec<(Range<usize>, char, usize)> {
    let mut runs: Vec<(Range<usize>, char, usize)> = Vec::new();
    let mut from = 0;
    if text.chunks(4 << 10).all(is_plain) {
        return runs;
    }
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if is_plain(line) {
            from += line.len();
            continue;
        }
        for chunk in line.utf8_chunks() {
            for (at, char) in hidden_in_content(chunk.valid()) {
                let range = from + at..from + at + char.len_utf8();
                match runs.last_mut() {
                    Some((last, of, times)) if last.end == range.start && *of == char => {
                        last.end = range.end;
                        *times += 1;
                    }
                    _ => runs.push((range, char, 1)),
                }
            }
            from += chunk.valid().len() + chunk.invalid().len();
        }
    }
    runs
}
