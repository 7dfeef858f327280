//! What stands in one directory, with its sizes: sorted, bounded and summed up.

use std::{
    collections::BinaryHeap,
    ffi::{OsStr, OsString},
    ops::ControlFlow,
    os::unix::ffi::OsStrExt,
    path::Path,
};

use cap_std::fs::Dir;
use rustix::{
    fs::{AtFlags, FileType, statat},
    io::Errno,
};

use super::{GoOn, Kind, Place, entries::Entries, shield::Ward};
use crate::{limits, refusal::Refusal, sanitize::path::show};

/// What comes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// The name that is smallest byte by byte.
    Name,
    /// The largest file; what has no size comes last, and equals by name.
    Size,
}

/// One entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Measured {
    /// What it is, itself.
    pub kind: Kind,
    /// Its name as it is shown.
    pub name: String,
    /// Bytes of a regular file; `None` for everything else, and where the system does not say.
    pub size: Option<u64>,
}

/// The first entries in their order, at most [`limits::LISTING_ENTRIES_MAX`], and the sum of all.
#[derive(Clone, Debug, Default)]
pub struct SizedListing {
    /// Those that are kept.
    pub entries: Vec<Measured>,
    /// Entries counted, at most [`limits::WALK_ENTRIES_MAX`].
    pub counted: usize,
    /// Regular files among them.
    pub files: usize,
    /// Directories among them.
    pub directories: usize,
    /// Bytes of all those files.
    pub bytes: u64,
    /// Files whose size the system does not say.
    pub unsized_files: usize,
}

/// Sorted by rank, then by name; a directory has each name once.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    rank: u64,
    name: OsString,
}

#[derive(Eq)]
struct Entry {
    key: Key,
    kind: Kind,
    size: Option<u64>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Place {
    /// Lists a directory with the sizes of its files. Links are not followed.
    /// What is gone before it could be measured is not there.
    ///
    /// # Errors
    ///
    /// As [`Place::list`].
    pub fn list_sized(&self, order: Order, go_on: GoOn<'_>) -> Result<SizedListing, Refusal> {
        let (dir, ward) = self.open_ward()?;
        let mut listing = SizedListing::default();
        let mut kept = BinaryHeap::new();
        let visited = Entries::of_open(&dir).and_then(|entries| {
            entries.visit(go_on, |name, kind| {
                let Some((kind, size)) = measure(&dir, name, kind, &ward) else {
                    return ControlFlow::Continue(());
                };
                listing.count(kind, size);
                let rank = match order {
                    Order::Name => 0,
                    Order::Size => size.map_or(u64::MAX, |size| u64::MAX - 1 - size.min(u64::MAX - 1)),
                };
                kept.push(Entry { key: Key { rank, name: name.to_owned() }, kind, size });
                if kept.len() > limits::LISTING_ENTRIES_MAX {
                    kept.pop();
                }
                if listing.counted < limits::WALK_ENTRIES_MAX {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
        });
        visited.map_err(|error| self.refused(&error))??;
        let kept = kept.into_sorted_vec().into_iter();
        listing.entries = kept
            .map(|Entry { key, kind, size }| Measured { kind, name: show(key.name.as_bytes()), size })
            .collect();
        Ok(listing)
    }
}

impl SizedListing {
    fn count(&mut self, kind: Kind, size: Option<u64>) {
        self.counted += 1;
        match kind {
            Kind::File => {
                self.files += 1;
                self.bytes = self.bytes.saturating_add(size.unwrap_or_default());
                self.unsized_files += usize::from(size.is_none());
            }
            Kind::Directory => self.directories += 1,
            _ => {}
        }
    }
}

/// What the entry `name` is, and its size if it is a file; `None` if it is gone.
fn measure(dir: &Dir, name: &OsStr, listed: Kind, ward: &Ward) -> Option<(Kind, Option<u64>)> {
    let listed = ward.kind(Path::new(name), listed);
    if listed != Kind::File {
        return Some((listed, None));
    }
    match statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => {
            let kind = Kind::from(FileType::from_raw_mode(stat.st_mode));
            Some((kind, (kind == Kind::File).then(|| u64::try_from(stat.st_size).unwrap_or_default())))
        }
        Err(Errno::NOENT) => None,
        Err(_) => Some((listed, None)),
    }
}
