//! A walk down a directory, bounded in depth, entries and memory.
//!
//! One directory is open at a time, whatever the depth; those still to come
//! are paths, each opened beneath the place where the walk began. Links are
//! entries, never ways.

use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, ReadDir};
use rustix::fs::OFlags;

use super::{GoOn, Kind, Place, open::reading};
use crate::{limits, refusal::Refusal};

/// Something the walk came by.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its path below the place where the walk began.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    depth: usize,
}

/// What the walk left out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Skipped {
    /// Directories deeper than [`limits::WALK_DEPTH_MAX`].
    pub deep: usize,
    /// Directories that could not be read.
    pub unreadable: usize,
    /// Directories for which there was no room in memory.
    pub crowded: usize,
    /// The rest, after [`limits::WALK_ENTRIES_MAX`] entries.
    pub ended: bool,
}

/// A walk under way.
pub struct Walk {
    base: Dir,
    /// Directories still to come, and how deep each is.
    pending: Vec<(PathBuf, usize)>,
    pending_bytes: usize,
    current: Option<(ReadDir, PathBuf, usize)>,
    seen: usize,
    skipped: Skipped,
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk")
            .field("seen", &self.seen)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// Begins a walk at a directory.
    ///
    /// # Errors
    ///
    /// As [`Place::list`].
    pub fn walk(&self) -> Result<Walk, Refusal> {
        let base = self.open_dir()?;
        let entries = base.entries().map_err(|error| self.refused(&error))?;
        Ok(Walk {
            base,
            pending: Vec::new(),
            pending_bytes: 0,
            current: Some((entries, PathBuf::new(), 0)),
            seen: 0,
            skipped: Skipped::default(),
        })
    }
}

impl Walk {
    /// The next entry. Its content comes only if it is [entered](Walk::enter).
    ///
    /// # Errors
    ///
    /// What `go_on` says; it is asked at every entry.
    pub fn next(&mut self, go_on: GoOn<'_>) -> Result<Option<Found>, Refusal> {
        loop {
            go_on()?;
            let Some((entries, below, depth)) = &mut self.current else {
                if !self.open_next() {
                    return Ok(None);
                }
                continue;
            };
            match entries.next() {
                Some(Ok(entry)) if self.seen < limits::WALK_ENTRIES_MAX => {
                    self.seen += 1;
                    let path = below.join(entry.file_name());
                    return Ok(Some(Found { path, kind: Kind::of(&entry), depth: *depth + 1 }));
                }
                Some(Ok(_)) => {
                    self.skipped.ended = true;
                    return Ok(None);
                }
                Some(Err(_)) => {
                    self.skipped.unreadable += 1;
                    self.current = None;
                }
                None => self.current = None,
            }
        }
    }

    /// Puts the content of a directory on the way.
    pub fn enter(&mut self, found: &Found) {
        let bytes = found.path.as_os_str().len() + size_of::<(PathBuf, usize)>();
        if found.kind != Kind::Directory {
        } else if found.depth >= limits::WALK_DEPTH_MAX {
            self.skipped.deep += 1;
        } else if self.pending_bytes + bytes > limits::WALK_PENDING_BYTES_MAX {
            self.skipped.crowded += 1;
        } else {
            self.pending_bytes += bytes;
            self.pending.push((found.path.clone(), found.depth));
        }
    }

    /// Entries seen so far.
    #[must_use]
    pub const fn seen(&self) -> usize {
        self.seen
    }

    /// What was left out so far.
    #[must_use]
    pub const fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// Opens the next directory that can be opened. A link that has taken its place is not followed.
    fn open_next(&mut self) -> bool {
        let Some((path, depth)) = self.pending.pop() else { return false };
        self.pending_bytes -= path.as_os_str().len() + size_of::<(PathBuf, usize)>();
        match entries(&self.base, &path) {
            Ok(entries) => self.current = Some((entries, path, depth)),
            Err(_) => self.skipped.unreadable += 1,
        }
        true
    }
}

fn entries(base: &Dir, path: &Path) -> std::io::Result<ReadDir> {
    let dir = base.open_with(path, &reading(OFlags::DIRECTORY | OFlags::NOFOLLOW))?;
    Dir::from_std_file(dir.into_std()).entries()
}
