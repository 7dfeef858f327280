//! Where somebody is in the log, as text that they bring back.
//!
//! There are two kinds. A [`Key`] goes back in time: it is the place of one
//! event in the order of all, see [`super::query`]. A [`Position`] goes on: how
//! far each run was read, see [`super::tails`]. As text both are base64url of a
//! few numbers: opaque, short enough for a header, and no secret. Whoever made
//! one up gets a place in a log that they may read anyway.
//!
//! A text is read strictly: what was not written here is none.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::files::{FileName, RunName};
use crate::limits;

/// The place of one event in the order of all.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Key {
    /// When, as far as the order goes: see [`super::query`].
    pub(super) at: i64,
    /// In which file.
    pub(super) file: FileName,
    /// Where its line begins.
    pub(super) offset: u64,
}

/// How far every run was read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Position {
    /// The runs that may still grow or were not read to their end, and the youngest others.
    pub(super) runs: Vec<(RunName, Place)>,
    /// No other run that was read was written to later than this; nanoseconds.
    pub(super) horizon: Option<i64>,
}

/// How far one run was read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Place {
    /// All parts before this one, wholly.
    pub(super) part: u32,
    /// And this one up to here.
    pub(super) offset: u64,
}

/// What somebody brought back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Cursor {
    /// From here to what is older.
    Back(Key),
    /// From here to what is newer.
    On(Position),
}

const BACK: u8 = 1;
const ON: u8 = 2;

impl Key {
    /// As text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = vec![BACK];
        out.extend(self.at.to_be_bytes());
        push_name(&mut out, &self.file.run_name());
        push_number(&mut out, self.file.number().into());
        push_number(&mut out, self.offset);
        BASE64_URL_SAFE_NO_PAD.encode(out)
    }
}

impl Position {
    /// As text, unless there are too many runs for one.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        if self.runs.len() > limits::CURSOR_RUNS_MAX {
            return None;
        }
        let mut out = vec![ON];
        // one byte says whether eight follow
        out.push(self.horizon.is_some().into());
        out.extend(self.horizon.map(i64::to_be_bytes).into_iter().flatten());
        for (name, place) in &self.runs {
            push_name(&mut out, name);
            push_number(&mut out, place.part.into());
            push_number(&mut out, place.offset);
        }
        Some(BASE64_URL_SAFE_NO_PAD.encode(out))
    }

    /// How far this run was read, if it is one of those that are named.
    pub(super) fn of(&self, run: &RunName) -> Option<Place> {
        self.runs.iter().find(|(name, _)| name == run).map(|(_, place)| *place)
    }
}

impl Cursor {
    /// Reads what [`Key::to_text`] or [`Position::to_text`] wrote, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > limits::CURSOR_BYTES_MAX {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (kind, rest) = bytes.split_first()?;
        let mut rest = Rest(rest);
        let cursor = match *kind {
            BACK => Self::Back(Key { at: rest.time()?, file: rest.file()?, offset: rest.number()? }),
            ON => Self::On(rest.position()?),
            _ => return None,
        };
        // numbers can be written in more than one way, and only ours is one
        let again = match &cursor {
            Self::Back(key) => Some(key.to_text()),
            Self::On(position) => position.to_text(),
        };
        (rest.0.is_empty() && again.as_deref() == Some(text)).then_some(cursor)
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that more follows (LEB128).
fn push_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

fn push_name(out: &mut Vec<u8>, name: &RunName) {
    push_number(out, name.digits());
    push_number(out, name.run().len() as u64);
    out.extend(name.run().bytes());
}

/// The bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn time(&mut self) -> Option<i64> {
        let (time, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i64::from_be_bytes(*time))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn name(&mut self) -> Option<RunName> {
        let digits = self.number()?;
        let length = usize::try_from(self.number()?).ok()?;
        let (run, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        RunName::of(digits, std::str::from_utf8(run).ok()?)
    }

    fn file(&mut self) -> Option<FileName> {
        let name = self.name()?;
        name.part(u32::try_from(self.number()?).ok()?)
    }

    fn position(&mut self) -> Option<Position> {
        let horizon = match self.byte()? {
            0 => None,
            1 => Some(self.time()?),
            _ => return None,
        };
        let mut position = Position { runs: Vec::new(), horizon };
        while !self.0.is_empty() {
            let name = self.name()?;
            let place = Place { part: u32::try_from(self.number()?).ok()?, offset: self.number()? };
            if position.of(&name).is_some() {
                return None;
            }
            position.runs.push((name, place));
        }
        Some(position)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(text: &str) -> RunName {
        FileName::parse(text).unwrap().run_name()
    }

    const FIRST: &str = "20261121T130207Z-7f3a51c0.jsonl";

    #[test]
    fn a_place_reads_back() {
        let key = Key { at: -5, file: FileName::parse(FIRST).unwrap(), offset: 1 << 40 };
        assert_eq!(Cursor::parse(&key.to_text()), Some(Cursor::Back(key.clone())));
        let place = Place { part: 300, offset: u64::MAX };
        let other = run("20261121T130208Z-ABCD.jsonl");
        for horizon in [None, Some(i64::MIN)] {
            let position = Position { runs: vec![(run(FIRST), place), (other.clone(), place)], horizon };
            let text = position.to_text().unwrap();
            assert_eq!(Cursor::parse(&text), Some(Cursor::On(position)));
        }
        let empty = Position::default();
        assert_eq!(Cursor::parse(&empty.to_text().unwrap()), Some(Cursor::On(empty)));
    }

    #[test]
    fn the_longest_position_is_no_longer_than_what_is_read() {
        let place = Place { part: u32::MAX, offset: u64::MAX };
        let long = |at: usize| run(&format!("99991231T235959Z-{at:032x}.jsonl"));
        let most: Vec<_> = (0..limits::CURSOR_RUNS_MAX).map(|at| (long(at), place)).collect();
        let position = Position { runs: most, horizon: Some(0) };
        let text = position.to_text().unwrap();
        assert!(text.len() <= limits::CURSOR_BYTES_MAX, "{}", text.len());
        assert_eq!(Cursor::parse(&text), Some(Cursor::On(position.clone())));
        let more = Position { runs: [position.runs, vec![(run(FIRST), place)]].concat(), horizon: None };
        assert_eq!(more.to_text(), None);
    }

    #[test]
    fn rubbish_is_no_place() {
        let text = Key { at: 7, file: FileName::parse(FIRST).unwrap(), offset: 9 }.to_text();
        for bad in ["", "=", "AQ", "AQ==", "Ag", "next", "2026-11-22T13:00:00Z", &"A".repeat(100_000)] {
            assert_eq!(Cursor::parse(bad), None, "{bad:.20}");
        }
        for cut in 0..text.len() {
            assert_eq!(Cursor::parse(&text[..cut]), None, "{cut}");
        }
        assert_eq!(Cursor::parse(&format!("{text}A")), None);
        let twice = Position { runs: vec![(run(FIRST), Place::default()); 2], horizon: None };
        assert_eq!(Cursor::parse(&twice.to_text().unwrap()), None);
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(bytes in prop::collection::vec(any::<u8>(), 0..80), kind in 1_u8..3) {
            let text = BASE64_URL_SAFE_NO_PAD.encode([&[kind][..], &bytes].concat());
            match Cursor::parse(&text) {
                Some(Cursor::Back(key)) => prop_assert_eq!(key.to_text(), text),
                Some(Cursor::On(position)) => prop_assert_eq!(position.to_text(), Some(text)),
                None => {}
            }
        }
    }
}
