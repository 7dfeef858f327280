//! Making directories, and copies.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use cap_std::fs::Dir;
use rustix::fs::{FileType, Mode, OFlags};
use sha2::{Digest as _, Sha256};

use super::{
    Changes, Ticket, aside, attributes,
    capture::{self, Seen},
    leaf::{Identity, Leaf},
    remove::{self, Ready},
    stage::{self, Like},
    unjournaled,
};
use crate::{
    journal::{Attributes, Change, Digest, Entry, State},
    limits,
    refusal::{Code, Refusal},
    sandbox::files::{OpenedFile, Place, Spot, Ward},
    sanitize::protected::{Access, Shape},
};

/// What a copy brought.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Copied {
    /// Files, directories and links.
    pub entries: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// What could not be copied because it is neither file, directory nor link.
    pub odd: usize,
    /// What was left out because it is protected, here or there.
    pub protected: usize,
}

const NOTHING: Seen = Seen { state: State::Absent, identities: Vec::new() };

impl Changes {
    /// Makes the directory at `place`, and those above it that are missing. `None` if it is there.
    ///
    /// # Errors
    ///
    /// [`Code::AlreadyExists`] where something else stands, and what the system says.
    pub fn create_directory(&self, place: &Place, ticket: &Ticket<'_>) -> Result<Option<Change>, Refusal> {
        place.files.shield.names(&place.asked(), Shape::Directory, Access::Write)?;
        let (top, names) = Self::first_missing(place)?;
        let Some(top) = top else { return Ok(None) };
        let leaf = top.leaf()?;
        let whole = names.iter().fold(leaf.spot.clone(), |spot, name| spot.join(name));
        place.files.shield.names(&whole, Shape::Directory, Access::Write)?;
        let _held = leaf.hold(ticket.go_on)?;
        if leaf.stat().map_err(|error| leaf.refused(&error))?.is_some() {
            return Err(leaf.changed_meanwhile());
        }
        let storing = self.journal.store().map_err(|error| unjournaled(&error))?;
        let bits = 0o777 & !self.manner.umask;
        let made = || State::Directory {
            attributes: Attributes { mode: bits, ..Attributes::default() },
            entries: None,
        };
        let mut path = PathBuf::new();
        let entries = names.iter().map(|name| {
            path.push(name);
            Entry { path: capture::spelled(path.as_os_str()), state: made() }
        });
        let attributes = Attributes { mode: bits, ..Attributes::default() };
        let after = State::Directory { attributes, entries: Some(entries.collect()) };
        let begun = self.begin(storing, ticket, Self::set(&leaf, State::Absent, Some(after)))?;
        let temp = aside(ticket.id);
        let names: Vec<&OsStr> = names.iter().map(|name| &**name).collect();
        if let Err(refusal) = stage::directories(&leaf, &temp, &names, self.manner.umask) {
            let _left_to_the_next_start = remove::clear(&leaf.dir, &temp);
            begun.undone();
            return Err(refusal);
        }
        self.happen(&leaf, &NOTHING, begun, ticket, Some(Ready)).map(Some)
    }

    /// The topmost directory on the way to `place` that is missing, and the names below it.
    fn first_missing(place: &Place) -> Result<(Option<Place>, Vec<OsString>), Refusal> {
        let (mut at, mut missing, mut names) = (place.clone(), None::<Place>, Vec::new());
        loop {
            match at.facts() {
                Ok(facts) if facts.is_directory => {
                    names.reverse();
                    return Ok((missing, names));
                }
                Ok(_) => {
                    let says = format!("{} is a file, so there is no directory at or beneath it", at.shown());
                    return Err(Refusal::failed(Code::AlreadyExists, says));
                }
                // the root itself is always there
                Err(refusal)
                    if matches!(refusal.code(), Code::NotFound | Code::NotDirectory)
                        && !at.inside.as_os_str().is_empty() => {}
                Err(refusal) => return Err(refusal),
            }
            let parent = at.above(at.inside.parent().unwrap_or(&at.inside));
            if let Some(below) = missing.replace(at) {
                names.extend(below.inside.file_name().map(OsStr::to_os_string));
            }
            at = parent;
        }
    }

    /// Copies the file or directory at `from` to `to`, where nothing may stand. Links are copied as links.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], [`Code::AlreadyExists`], [`Code::TooLarge`], and what the system says.
    pub fn copy(&self, from: &Place, to: &Place, ticket: &Ticket<'_>) -> Result<(Change, Copied), Refusal> {
        let leaf = to.leaf()?;
        let facts = from.facts()?;
        let _held = leaf.hold(ticket.go_on)?;
        if leaf.stat().map_err(|error| leaf.refused(&error))?.is_some() {
            return Err(exists(&leaf));
        }
        if facts.is_directory && is_within(from, &leaf)? {
            let says = "lies in the directory that is to be copied";
            return Err(Refusal::argument(&*to.argument, Code::ArgumentsConflict, says));
        }
        let storing = self.journal.store().map_err(|error| unjournaled(&error))?;
        let mut begun = self.begin(storing, ticket, Self::set(&leaf, State::Absent, None))?;
        let temp = aside(ticket.id);
        let mut copied = Copied::default();
        let made = if facts.is_directory {
            self.copy_tree(from, &leaf, &temp, ticket, &mut copied)
        } else {
            self.copy_file(from.open_file()?, &leaf.dir, Path::new(&temp), &leaf.place, ticket, &mut copied)
        };
        let made = made.and_then(|state| {
            begun.change.step = Self::set(&leaf, State::Absent, Some(state));
            begun.write().map_err(|error| unjournaled(&error))
        });
        if let Err(refusal) = made {
            let _left_to_the_next_start = remove::clear(&leaf.dir, &temp);
            begun.undone();
            return Err(refusal);
        }
        Ok((self.happen(&leaf, &NOTHING, begun, ticket, Some(Ready))?, copied))
    }

    fn copy_file(
        &self,
        source: OpenedFile,
        dir: &Dir,
        at: &Path,
        place: &Place,
        ticket: &Ticket<'_>,
        copied: &mut Copied,
    ) -> Result<State, Refusal> {
        let mut source = source.into_file();
        let refused = |error: io::Error| place.refused(&error);
        source.rewind().map_err(refused)?;
        let mut file = stage::create(dir, at).map_err(refused)?;
        let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; limits::CANCEL_CHECK_BYTES]);
        loop {
            (ticket.go_on)()?;
            let read = source.read(&mut piece).map_err(refused)?;
            let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
            file.write_all(part).map_err(refused)?;
            bytes += read as u64;
            if bytes.is_multiple_of(limits::COPY_PROGRESS_BYTES) {
                (ticket.progress)(copied.entries);
            }
        }
        copied.entries += 1;
        copied.bytes += bytes;
        let attributes = self.mode_of(&source, 0o777)?;
        stage::finish(&file, Like::New(attributes.mode), place)?;
        if copied.entries == 1 {
            file.sync_data().map_err(refused)?; // a tree is synced as one
        }
        Ok(State::File { sha256: Some(Digest::from(hash)), bytes, kept: false, attributes })
    }

    /// A copy is the caller's own: of what the original has, it keeps the permission bits that a new file may have.
    fn mode_of(&self, source: &File, mask: u32) -> Result<Attributes, Refusal> {
        let stat = rustix::fs::fstat(source).map_err(io::Error::from)?;
        let bits = attributes::of_stat(&stat).mode & mask & !self.manner.umask;
        Ok(Attributes { mode: bits, ..Attributes::default() })
    }

    fn copy_tree(
        &self,
        from: &Place,
        leaf: &Leaf,
        temp: &OsStr,
        ticket: &Ticket<'_>,
        copied: &mut Copied,
    ) -> Result<State, Refusal> {
        let bits = 0o777 & !self.manner.umask;
        let top = directory(&leaf.dir, Path::new(temp), bits).map_err(|error| leaf.refused(&error))?;
        copied.entries = 1;
        let (base, ward) = from.open_ward()?;
        let mut copying = Copying { changes: self, from, ward, leaf, top, bits, block: Vec::new() };
        let (mut entries, mut pending) = (Vec::new(), vec![PathBuf::new()]);
        while let Some(path) = pending.pop() {
            let source = stage::open_dir(&base, &path).map_err(|error| from.refused(&error))?;
            if !copying.ward.lets_in(&path, &source) {
                copied.protected += 1;
                continue;
            }
            for name in capture::names(&source).map_err(|error| from.refused(&error))? {
                (ticket.go_on)()?;
                if entries.len() >= limits::CHANGE_ENTRIES_MAX {
                    return Err(capture::too_many(from));
                }
                let at = path.join(&name);
                let Some(state) = copying.entry(&source, &name, &at, ticket, copied)? else { continue };
                entries.push(Entry { path: capture::spelled(at.as_os_str()), state });
                if entries.len().is_multiple_of(limits::PROGRESS_ENTRIES) {
                    (ticket.progress)(entries.len());
                }
                if matches!(entries.last(), Some(Entry { state: State::Directory { .. }, .. })) {
                    pending.push(at);
                }
            }
        }
        stage::sync_tree(&copying.top).map_err(|error| leaf.refused(&error))?;
        let attributes = Attributes { mode: bits, ..Attributes::default() };
        Ok(State::Directory { attributes, entries: Some(entries) })
    }
}

/// A directory that is being copied.
struct Copying<'a> {
    changes: &'a Changes,
    from: &'a Place,
    ward: Ward,
    leaf: &'a Leaf,
    /// The copy.
    top: Dir,
    /// The permissions of new directories.
    bits: u32,
    block: Vec<u8>,
}

impl Copying<'_> {
    /// Copies the entry `name` of `source`, which is at `at` below the top; `None` if it is left out.
    fn entry(
        &mut self,
        source: &Dir,
        name: &OsStr,
        at: &Path,
        ticket: &Ticket<'_>,
        copied: &mut Copied,
    ) -> Result<Option<State>, Refusal> {
        let child = self.from.below(at);
        let stat = capture::stat(source, name).map_err(|error| child.refused(&error))?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let shape = if kind == FileType::Directory { Shape::Directory } else { Shape::Any };
        let shield = &self.from.files.shield;
        let is_open = |spot: &Spot, access| shield.names(spot, shape, access).is_ok();
        let spot = self.ward.spot(at);
        if !is_open(&spot, Access::Read) || !is_open(&self.leaf.spot.join(at), Access::Write) {
            copied.protected += 1;
            return Ok(None);
        }
        let refused = |error: io::Error| self.leaf.refused(&error);
        let state = match kind {
            FileType::Directory => {
                directory(&self.top, at, self.bits).map_err(refused)?;
                copied.entries += 1;
                let attributes = Attributes { mode: self.bits, ..Attributes::default() };
                State::Directory { attributes, entries: None }
            }
            FileType::RegularFile => {
                let file = match child.open_found(source, Path::new(name), &spot, &mut self.block) {
                    Err(refusal) if refusal.code() == Code::Protected => {
                        copied.protected += 1;
                        return Ok(None);
                    }
                    file => file?,
                };
                self.changes.copy_file(file, &self.top, at, &self.leaf.place.below(at), ticket, copied)?
            }
            FileType::Symlink => {
                copied.entries += 1;
                copy_link(source, name, &self.top, at).map_err(refused)?
            }
            _ => {
                copied.odd += 1;
                return Ok(None);
            }
        };
        Ok(Some(state))
    }
}

/// Makes the directory at `at` below `dir`, with these permissions whatever the umask is.
fn directory(dir: &Dir, at: &Path, bits: u32) -> io::Result<Dir> {
    dir.create_dir(at)?;
    let made = stage::open_dir(dir, at)?;
    rustix::fs::fchmod(&made, Mode::from_raw_mode(bits as _))?;
    Ok(made)
}

/// The text of a link is copied; it is never followed here.
fn copy_link(source: &Dir, name: &OsStr, top: &Dir, at: &Path) -> io::Result<State> {
    let target = source.read_link_contents(name)?;
    let parent = stage::open_dir(top, at.parent().unwrap_or(at))?;
    rustix::fs::symlinkat(&target, parent, at.file_name().unwrap_or_default())?;
    Ok(State::Link { target: capture::spelled(target.as_os_str()) })
}

/// Whether `leaf` lies in the directory at `from`, or is it.
fn is_within(from: &Place, leaf: &Leaf) -> Result<bool, Refusal> {
    let refused = |error: io::Error| leaf.refused(&error);
    let wanted = Identity::of(&rustix::fs::fstat(from.open_dir()?).map_err(|error| refused(error.into()))?);
    let mut dir = leaf.dir.try_clone().map_err(refused)?;
    let mut last = None;
    loop {
        let here = Identity::of(&rustix::fs::fstat(&dir).map_err(|error| refused(error.into()))?);
        if here == wanted {
            return Ok(true);
        }
        if last == Some(here) {
            return Ok(false);
        }
        last = Some(here);
        // only looked at, never read: the way up ends at the top of the file system
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(up) = rustix::fs::openat(&dir, "..", flags, Mode::empty()) else { return Ok(false) };
        dir = Dir::from_std_file(File::from(up));
    }
}

pub(super) fn exists(leaf: &Leaf) -> Refusal {
    let says = format!("{} is there already; delete it first, or choose another name", leaf.place.shown());
    Refusal::failed(Code::AlreadyExists, says)
}
