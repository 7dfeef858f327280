//! The names in one directory, sorted and bounded.

use std::{collections::BinaryHeap, ffi::OsString, ops::ControlFlow, os::unix::ffi::OsStrExt, path::Path};

use super::{GoOn, Kind, Place, entries::Entries};
use crate::{limits, refusal::Refusal, sanitize::path::show};

/// What stands in a directory: the first names in byte order, at most
/// [`limits::LISTING_ENTRIES_MAX`], and how many there are in all.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The names as they are shown, with their kinds.
    pub entries: Vec<(Kind, String)>,
    /// Entries counted, at most [`limits::WALK_ENTRIES_MAX`].
    pub counted: usize,
}

/// Sorted by name; a directory has each name once.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Entry {
    pub(super) name: OsString,
    pub(super) kind: Kind,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Place {
    /// Lists a directory. Memory is bounded by the names that are kept: of a
    /// larger directory those that come first.
    ///
    /// # Errors
    ///
    /// As [`Place::open_file`], and [`Code::NotDirectory`](crate::refusal::Code::NotDirectory).
    pub fn list(&self, go_on: GoOn<'_>) -> Result<Listing, Refusal> {
        let (dir, ward) = self.open_ward()?;
        let mut kept = BinaryHeap::new();
        let mut counted = 0;
        let visited = Entries::of_open(&dir).and_then(|entries| {
            entries.visit(go_on, |name, kind| {
                counted += 1;
                let is_kept = kept.len() < limits::LISTING_ENTRIES_MAX
                    || kept.peek().is_some_and(|last: &Entry| *name < *last.name);
                if is_kept {
                    kept.push(Entry { name: name.to_owned(), kind: ward.kind(Path::new(name), kind) });
                }
                if kept.len() > limits::LISTING_ENTRIES_MAX {
                    kept.pop();
                }
                if counted < limits::WALK_ENTRIES_MAX {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
        });
        visited.map_err(|error| self.refused(&error))??;
        let entries = kept.into_sorted_vec().into_iter();
        let entries = entries.map(|entry| (entry.kind, show(entry.name.as_bytes()))).collect();
        Ok(Listing { entries, counted })
    }
}

impl Listing {
    /// As many lines as fit in `room` bytes, such as `[DIR] src`, and how many they are.
    #[must_use]
    pub fn lines(&self, room: usize) -> (String, usize) {
        let mut text = String::new();
        for (shown, (kind, name)) in self.entries.iter().enumerate() {
            let label = kind.label();
            if text.len() + label.len() + name.len() + 2 > room {
                return (text, shown);
            }
            if shown > 0 {
                text.push('\n');
            }
            text.push_str(label);
            text.push(' ');
            text.push_str(name);
        }
        (text, self.entries.len())
    }
}
