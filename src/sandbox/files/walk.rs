//! A walk down a directory, in the order of the names, bounded in depth,
//! entries and memory.
//!
//! A directory is read whole, sorted and closed before the walk goes further
//! down. Of one that is too large for that, as much as there is room for is
//! sorted at a time, and it alone stays open. What comes next is opened by
//! its path beneath the place where the walk began. Links are entries, never
//! ways.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use cap_std::fs::Dir;

use super::{GoOn, Kind, Place, entries::Entries, shield::Ward};
use crate::{limits, refusal::Refusal};

/// Something the walk came by.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its path below the place where the walk began.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
}

/// What is to become of an entry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Choice {
    /// The walk comes by it.
    pub is_wanted: bool,
    /// The walk goes down into it, if it is a directory.
    pub is_entered: bool,
}

/// Whoever says where a walk goes.
pub trait Guide {
    /// The directory at `path` below the beginning is about to be read.
    fn enter(&mut self, base: &Dir, path: &Path) {
        let _ = (base, path);
    }

    /// What is to become of the entry at `path` of the directory entered last.
    fn choose(&mut self, path: &Path, kind: Kind) -> Choice;

    /// The walk is done with the directory that was entered last, of those it is not done with.
    fn leave(&mut self) {}
}

/// What the walk left out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Skipped {
    /// Directories deeper than [`limits::WALK_DEPTH_MAX`].
    pub deep: usize,
    /// Directories that could not be read.
    pub unreadable: usize,
    /// Directories that are protected, which their names do not tell.
    pub protected: usize,
    /// The rest, after [`limits::WALK_ENTRIES_MAX`] entries.
    pub ended: bool,
}

/// A walk under way.
pub struct Walk<G> {
    base: Arc<Dir>,
    ward: Ward,
    guide: G,
    /// The directories that lead to where the walk is.
    levels: Vec<Level>,
    /// The path of the last of them, and room for the names in it.
    path: Vec<u8>,
    /// Bytes that the levels hold.
    held: usize,
    buffer: Vec<u8>,
    seen: usize,
    skipped: Skipped,
}

/// A directory that the walk is in.
struct Level {
    /// What of it was not read yet.
    rest: Option<Entries>,
    /// What was read and is still to come, the first name last.
    due: Vec<Due>,
    /// Bytes in `due`.
    held: usize,
    /// Bytes of the path of this directory.
    path_bytes: usize,
}

struct Due {
    name: Box<[u8]>,
    kind: Kind,
    choice: Choice,
}

impl<G> std::fmt::Debug for Walk<G> {
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
    pub fn walk<G: Guide>(&self, guide: G) -> Result<Walk<G>, Refusal> {
        let (base, ward) = self.open_ward()?;
        let entries = Entries::open(&base, Path::new("")).map_err(|error| self.refused(&error))?;
        let mut walk = Walk {
            base: Arc::new(base),
            ward,
            guide,
            levels: Vec::new(),
            path: Vec::new(),
            held: 0,
            buffer: Vec::new(),
            seen: 0,
            skipped: Skipped::default(),
        };
        walk.enter(entries);
        Ok(walk)
    }
}

impl<G: Guide> Walk<G> {
    /// The next entry that is wanted.
    ///
    /// # Errors
    ///
    /// What `go_on` says; it is asked at every entry.
    pub fn next(&mut self, go_on: GoOn<'_>) -> Result<Option<Found>, Refusal> {
        loop {
            go_on()?;
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            let Some(due) = level.due.pop() else {
                self.held -= std::mem::take(&mut level.held);
                if level.rest.is_some() {
                    self.read(go_on)?;
                } else {
                    self.levels.pop();
                    self.guide.leave();
                }
                continue;
            };
            self.path.truncate(level.path_bytes);
            push(&mut self.path, &due.name);
            let found =
                due.choice.is_wanted.then(|| Found { path: path(&self.path).to_owned(), kind: due.kind });
            if due.choice.is_entered && !self.skipped.ended {
                self.go_down();
            }
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// The place where the walk began.
    pub(super) fn base(&self) -> Arc<Dir> {
        Arc::clone(&self.base)
    }

    /// Who judges what it comes by.
    pub(super) const fn ward(&self) -> &Ward {
        &self.ward
    }

    /// Who says where it goes.
    pub const fn guide(&self) -> &G {
        &self.guide
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

    /// Opens the directory at `self.path`. A link that has taken its place is not followed.
    fn go_down(&mut self) {
        if self.levels.len() >= limits::WALK_DEPTH_MAX {
            self.skipped.deep += 1;
            return;
        }
        match Entries::open(&self.base, path(&self.path)) {
            Ok(entries) if !self.ward.lets_in(path(&self.path), &entries) => self.skipped.protected += 1,
            Ok(entries) => self.enter(entries),
            Err(_) => self.skipped.unreadable += 1,
        }
    }

    fn enter(&mut self, entries: Entries) {
        self.guide.enter(&self.base, path(&self.path));
        let path_bytes = self.path.len();
        self.levels.push(Level { rest: Some(entries), due: Vec::new(), held: 0, path_bytes });
    }

    /// Reads the last level on, as far as there is room, and sorts what came.
    fn read(&mut self, go_on: GoOn<'_>) -> Result<(), Refusal> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        // so that there is some room however deep it gets
        let room = (limits::WALK_PENDING_BYTES_MAX.saturating_sub(self.held) / 2)
            .max(limits::search::WALK_LEVEL_BYTES_MIN);
        let mut goes_on = Ok(());
        while let Some(entries) = level.rest.as_mut().filter(|_| level.held < room) {
            let more = entries.read(&mut self.buffer, |name, kind| {
                if goes_on.is_ok() {
                    goes_on = go_on();
                }
                self.skipped.ended |= self.seen >= limits::WALK_ENTRIES_MAX;
                if goes_on.is_err() || self.skipped.ended {
                    return;
                }
                self.seen += 1;
                self.path.truncate(level.path_bytes);
                push(&mut self.path, name);
                let kind = self.ward.kind(path(&self.path), kind);
                let mut choice = self.guide.choose(path(&self.path), kind);
                choice.is_entered &= kind == Kind::Directory;
                if choice.is_wanted || choice.is_entered {
                    level.held += name.len() + size_of::<Due>();
                    level.due.push(Due { name: name.into(), kind, choice });
                }
            });
            if !matches!(more, Ok(true)) || self.skipped.ended {
                self.skipped.unreadable += usize::from(more.is_err());
                level.rest = None;
            }
            std::mem::replace(&mut goes_on, Ok(()))?;
        }
        level.due.sort_unstable_by(|one, other| other.name.cmp(&one.name));
        self.held += level.held;
        Ok(())
    }
}

fn push(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::files::{Files, RootSettings};

    struct All;

    impl Guide for All {
        fn choose(&mut self, path: &Path, _: Kind) -> Choice {
            let is_entered = !path.ends_with("shut");
            Choice { is_wanted: true, is_entered }
        }
    }

    fn place(dir: &Path) -> Place {
        let root = RootSettings { name: "r".into(), path: dir.into(), write: false };
        Files::open(&[root]).0.top("r").unwrap()
    }

    fn paths(walk: &mut Walk<impl Guide>) -> Vec<String> {
        std::iter::from_fn(|| walk.next(&|| Ok(())).unwrap())
            .map(|found| found.path.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_walk_goes_in_the_order_of_the_names_and_down_where_it_is_led() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["b/z", "b/a", "a-b", "a/y", "shut/in", "c", ".h/x"] {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink("b", dir.path().join("link")).unwrap();
        let mut walk = place(dir.path()).walk(All).unwrap();
        let wanted = [".h", ".h/x", "a", "a/y", "a-b", "b", "b/a", "b/z", "c", "link", "shut"];
        assert_eq!(paths(&mut walk), wanted);
        assert_eq!((walk.seen(), walk.skipped(), walk.held), (11, Skipped::default(), 0));
    }

    #[test]
    fn more_names_than_there_is_room_for_are_come_by_once_each_in_bounded_memory() {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let (outer, inner) = (dir.path().to_owned(), dir.path().join(format!("{:0>250}", 7)));
        std::fs::create_dir(&inner).unwrap();
        let count = 20_000;
        for n in 0..count {
            std::fs::File::create(outer.join(format!("{n:x>250}"))).unwrap();
            std::fs::File::create(inner.join(format!("{n:x>200}"))).unwrap();
        }
        let mut walk = place(dir.path()).walk(All).unwrap();
        let (mut most, mut seen) = (0, std::collections::HashSet::new());
        while let Some(found) = walk.next(&|| Ok(())).unwrap() {
            assert!(seen.insert(found.path));
            most = most.max(walk.held);
        }
        assert_eq!((seen.len(), walk.skipped(), walk.held), (2 * count + 1, Skipped::default(), 0));
        assert!(most > limits::WALK_PENDING_BYTES_MAX / 4, "it did not fit: {most}");
        assert!(most < limits::WALK_PENDING_BYTES_MAX, "{most}");
    }

    #[test]
    fn a_walk_ends_where_it_is_told_to() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..100 {
            std::fs::write(dir.path().join(n.to_string()), "").unwrap();
        }
        let mut walk = place(dir.path()).walk(All).unwrap();
        let asked = std::cell::Cell::new(0);
        let go_on = || {
            asked.set(asked.get() + 1);
            if asked.get() > 50 { Err(Refusal::Abandoned) } else { Ok(()) }
        };
        assert_eq!(walk.next(&go_on).unwrap_err(), Refusal::Abandoned);
        assert_eq!(asked.get(), 51, "not even the directory was read to its end");
    }
}
