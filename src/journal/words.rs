//! A change in words.

use std::fmt;

use super::{Change, State, Step};

/// On one line: id, time, tool, and what it did.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.round(jiff::Unit::Second).unwrap_or(self.at);
        write!(f, "{} {at} {} {}", self.id, self.tool, self.deed())?;
        match &self.undoes {
            Some(id) => write!(f, " (takes back {id})"),
            None => Ok(()),
        }
    }
}

impl Change {
    /// What it did.
    #[must_use]
    pub fn deed(&self) -> String {
        match &self.step {
            Step::Move { from, to, .. } => format!("moved {from} to {to}"),
            Step::Set { place, before, after } => match (before, after) {
                (State::Absent, Some(after)) => format!("created {place} ({after})"),
                (before, Some(State::Absent)) => format!("deleted {place} ({before})"),
                (before, Some(after)) => format!("changed {place} ({before} before, {after} after)"),
                (_, None) => format!("was about to change {place}"),
            },
        }
    }
}

/// How much it is.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("nothing"),
            Self::File { bytes, .. } => write!(f, "{bytes} bytes"),
            Self::Link { .. } => f.write_str("a link"),
            Self::Directory { entries, .. } => match entries.as_ref().map_or(0, Vec::len) {
                0 => f.write_str("an empty directory"),
                entries => write!(f, "a directory of {entries} entries, {} bytes", self.bytes()),
            },
        }
    }
}
