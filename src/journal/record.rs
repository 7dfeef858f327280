//! One change, as it stands on disk: JSON, one line.

use std::{collections::BTreeMap, io, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Digest;

/// What one call changed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Change {
    /// The id that the events of the call share.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// Which tool.
    pub tool: String,
    /// Who called, in the words of the log.
    pub who: String,
    /// The change that this one took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// It was under way when its process ended; what stands here was found out afterwards.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recovered: bool,
    /// The directories that the names of roots stood for: names are chosen by each server anew.
    pub roots: BTreeMap<String, PathBuf>,
    /// What it did. A change is one step, so that it happens whole or not at all.
    pub step: Step,
}

/// One thing that was done to one place. Places read `NAME:/path`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// What stood there was replaced.
    Set {
        /// Where.
        place: String,
        /// What stood there.
        before: State,
        /// What stands there now. `None` while a change is under way that cannot know it yet.
        after: Option<State>,
    },
    /// Something was renamed.
    Move {
        /// From where.
        from: String,
        /// To where.
        to: String,
        /// What it is.
        what: State,
    },
}

/// What stands at a place.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Of its bytes. `None` for a file that was only renamed and is large.
        sha256: Option<Digest>,
        /// How many.
        bytes: u64,
        /// Whether the journal holds them.
        kept: bool,
        /// What it has besides.
        attributes: Attributes,
    },
    /// A directory, with everything below it. `None` where that was not looked at.
    Directory {
        /// What it has itself.
        attributes: Attributes,
        /// What is below it, each directory before what it holds.
        entries: Option<Vec<Entry>>,
    },
    /// A symbolic link.
    Link {
        /// Its text, spelled like a name.
        target: String,
    },
}

/// Something below a directory. It is never a directory with entries of its own.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Entry {
    /// Below the directory: names as they are shown, joined by `/`.
    pub path: String,
    /// What it is.
    pub state: State,
}

/// What a file or a directory has besides its content.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Attributes {
    /// The twelve permission bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// When the content changed last: seconds and nanoseconds.
    pub modified: (i64, i64),
    /// Extended attributes by name, the values in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended: Vec<(String, String)>,
}

impl Change {
    /// The last whole line of a record; `None` if it has none yet.
    pub(super) fn parse(text: &[u8]) -> Option<io::Result<Self>> {
        let end = text.iter().rposition(|byte| *byte == b'\n')?;
        let last = text.get(..end)?.rsplit(|byte| *byte == b'\n').next()?;
        Some(serde_json::from_slice(last).map_err(Into::into))
    }

    pub(super) fn line(&self) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }

    /// The places it changed.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match &self.step {
            Step::Set { place, .. } => (place, None),
            Step::Move { from, to, .. } => (from, Some(to)),
        };
        std::iter::once(first).chain(second).map(String::as_str)
    }

    /// The digests of everything that the journal holds for it.
    pub fn kept(&self) -> impl Iterator<Item = &Digest> {
        self.step.states().flat_map(State::kept)
    }
}

impl Step {
    /// What it began with and what it left, where both are known.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        let (first, second) = match self {
            Self::Set { before, after, .. } => (before, after.as_ref()),
            Self::Move { what, .. } => (what, None),
        };
        std::iter::once(first).chain(second)
    }
}

impl State {
    fn kept(&self) -> Box<dyn Iterator<Item = &Digest> + '_> {
        match self {
            Self::File { sha256: Some(sha256), kept: true, .. } => Box::new(std::iter::once(sha256)),
            Self::Directory { entries: Some(entries), .. } => {
                Box::new(entries.iter().flat_map(|entry| entry.state.kept()))
            }
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Whether there is something.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Whether both are the same thing with the same content, whatever else they have.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) => true,
            (Self::File { sha256: Some(one), .. }, Self::File { sha256: Some(two), .. }) => one == two,
            (
                Self::File { bytes: one, attributes: of_one, .. },
                Self::File { bytes: two, attributes: of_two, .. },
            ) => one == two && of_one.modified == of_two.modified,
            (Self::Link { target: one }, Self::Link { target: two }) => one == two,
            (Self::Directory { entries: one, .. }, Self::Directory { entries: two, .. }) => {
                match (one, two) {
                    (Some(one), Some(two)) => {
                        one.len() == two.len()
                            && one
                                .iter()
                                .zip(two)
                                .all(|(one, two)| one.path == two.path && one.state.is_like(&two.state))
                    }
                    _ => true,
                }
            }
            _ => false,
        }
    }

    /// Bytes of all files in it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self {
            Self::File { bytes, .. } => *bytes,
            Self::Directory { entries: Some(entries), .. } => {
                entries.iter().map(|entry| entry.state.bytes()).sum()
            }
            _ => 0,
        }
    }
}
