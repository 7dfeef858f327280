//! What stands at a name, all of it, with its bytes in the journal.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType, OFlags, Stat};

use super::{
    attributes,
    leaf::{Identity, Leaf},
    stage::open_dir,
    unjournaled,
};
use crate::{
    journal::{Digest, Entry, State, Storing},
    limits,
    refusal::{Code, Refusal},
    sandbox::files::{GoOn, Place, reading},
    sanitize::path::show,
};

/// What was found, and how to tell whether it is still there.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) state: State,
    /// Of the thing itself and of what is below it, in the order of its entries.
    pub(super) identities: Vec<Identity>,
}

/// How a capture works.
#[derive(Clone, Copy)]
pub(super) struct Camera<'a> {
    /// Where the bytes go; without it they are only hashed.
    pub(super) storing: Option<&'a Storing<'a>>,
    pub(super) go_on: GoOn<'a>,
    /// Told how many entries were seen, now and then.
    pub(super) progress: &'a dyn Fn(usize),
}

impl Camera<'_> {
    /// Bytes of all files at `name` beside `leaf`, as the system says; nothing is read.
    pub(super) fn bytes(&self, leaf: &Leaf) -> Result<u64, Refusal> {
        let refused = |error: io::Error| leaf.refused(&error);
        let Some(top) = leaf.stat().map_err(refused)? else { return Ok(0) };
        if FileType::from_raw_mode(top.st_mode) != FileType::Directory {
            return Ok(u64::try_from(top.st_size).unwrap_or_default());
        }
        let base = Dir::from_std_file(leaf.open(&leaf.name, OFlags::DIRECTORY).map_err(refused)?);
        let (mut bytes, mut entries, mut pending) = (0, 0, vec![PathBuf::new()]);
        while let Some(path) = pending.pop() {
            let dir = open_dir(&base, &path).map_err(refused)?;
            for name in names(&dir).map_err(refused)? {
                (self.go_on)()?;
                entries += 1;
                if entries > limits::CHANGE_ENTRIES_MAX {
                    return Err(too_many(&leaf.place));
                }
                let stat = stat(&dir, &name).map_err(refused)?;
                match FileType::from_raw_mode(stat.st_mode) {
                    FileType::Directory => pending.push(path.join(name)),
                    FileType::RegularFile => bytes += u64::try_from(stat.st_size).unwrap_or_default(),
                    _ => {}
                }
            }
        }
        Ok(bytes)
    }

    /// Captures what stands at `name` beside `leaf`.
    pub(super) fn take(&self, leaf: &Leaf, name: &OsStr) -> Result<Seen, Refusal> {
        let stat = leaf.stat_of(name).map_err(|error| leaf.refused(&error))?;
        let Some(stat) = stat else { return Ok(Seen { state: State::Absent, identities: Vec::new() }) };
        let mut identities = vec![Identity::of(&stat)];
        let state = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let dir = leaf.open(name, OFlags::DIRECTORY).map_err(|error| leaf.refused(&error))?;
                if let Some(storing) = self.storing {
                    storing.many();
                }
                let attributes = attributes::of(&dir, &stat).map_err(|error| leaf.refused(&error))?;
                let entries = self.below(&Dir::from_std_file(dir), &leaf.place, &mut identities)?;
                State::Directory { attributes, entries: Some(entries) }
            }
            FileType::Symlink => link(&leaf.dir, Path::new(name)).map_err(|error| leaf.refused(&error))?,
            FileType::RegularFile => {
                let file = leaf.open(name, OFlags::empty()).map_err(|error| leaf.refused(&error))?;
                self.file(file, &mut identities, &leaf.place)?
            }
            _ => return Err(not_regular(&leaf.place.shown())),
        };
        Ok(Seen { state, identities })
    }

    /// The bytes of an open file, and the identity they were read under.
    fn file(&self, mut file: File, identities: &mut [Identity], place: &Place) -> Result<State, Refusal> {
        let stat = rustix::fs::fstat(&file).map_err(io::Error::from)?;
        let identity = Identity::of(&stat);
        if identity.kind() != FileType::RegularFile {
            return Err(not_regular(&place.shown()));
        }
        let attributes = attributes::of(&file, &stat)?;
        let (sha256, bytes) = match self.storing {
            Some(storing) if identity.is_small() => {
                let mut all = Vec::new();
                (&mut file).take(limits::MESSAGE_BYTES_MAX as u64 * 2).read_to_end(&mut all)?;
                let stored = storing.bytes(&all).map_err(|error| unjournaled(&error))?;
                (stored.sha256, stored.bytes)
            }
            Some(storing) => {
                let stored = storing.stream(&mut file, &|| (self.go_on)().map_err(Fault::Refused))?;
                (stored.sha256, stored.bytes)
            }
            None => hash(&mut file, self.go_on)?,
        };
        if let Some(last) = identities.last_mut() {
            *last = identity;
        }
        Ok(State::File { sha256: Some(sha256), bytes, kept: self.storing.is_some(), attributes })
    }

    /// Everything below a directory, each directory before what it holds.
    fn below(
        &self,
        base: &Dir,
        place: &Place,
        identities: &mut Vec<Identity>,
    ) -> Result<Vec<Entry>, Refusal> {
        let mut entries = Vec::new();
        let mut pending = vec![(PathBuf::new(), 0)];
        while let Some((path, depth)) = pending.pop() {
            if depth > limits::CHANGE_DEPTH_MAX {
                return Err(too_many(place));
            }
            let dir = open_dir(base, &path).map_err(|error| place.refused(&error))?;
            for name in names(&dir).map_err(|error| place.refused(&error))? {
                (self.go_on)()?;
                if entries.len() >= limits::CHANGE_ENTRIES_MAX {
                    return Err(too_many(place));
                }
                let at = path.join(&name);
                let state = self.entry(&dir, &name, &place.below(&at), identities)?;
                if matches!(state, State::Directory { .. }) {
                    pending.push((at.clone(), depth + 1));
                }
                entries.push(Entry { path: spelled(at.as_os_str()), state });
                if entries.len().is_multiple_of(limits::PROGRESS_ENTRIES) {
                    (self.progress)(entries.len());
                }
            }
        }
        Ok(entries)
    }

    fn entry(
        &self,
        dir: &Dir,
        name: &OsStr,
        place: &Place,
        identities: &mut Vec<Identity>,
    ) -> Result<State, Refusal> {
        let refused = |error: io::Error| place.refused(&error);
        let stat = stat(dir, name).map_err(refused)?;
        identities.push(Identity::of(&stat));
        let open = |more| dir.open_with(Path::new(name), &reading(OFlags::NOFOLLOW | more));
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let opened = open(OFlags::DIRECTORY).map_err(refused)?;
                let attributes = attributes::of(&opened, &stat).map_err(refused)?;
                Ok(State::Directory { attributes, entries: None })
            }
            FileType::Symlink => link(dir, Path::new(name)).map_err(refused),
            FileType::RegularFile => {
                let opened = open(OFlags::empty()).map_err(refused)?;
                self.file(opened.into_std(), identities, place)
            }
            _ => Err(not_regular(&place.shown())),
        }
    }
}

/// The identities of what stands at `name`, to compare with those of a capture.
pub(super) fn identities(leaf: &Leaf, name: &OsStr, like: &Seen) -> io::Result<Vec<Identity>> {
    let Some(top) = leaf.stat_of(name)? else { return Ok(Vec::new()) };
    let mut found = vec![Identity::of(&top)];
    if found.first().map(Identity::kind) != Some(FileType::Directory) {
        return Ok(found);
    }
    let base = Dir::from_std_file(leaf.open(name, OFlags::DIRECTORY)?);
    let mut pending = vec![PathBuf::new()];
    while let Some(path) = pending.pop() {
        let dir = open_dir(&base, &path)?;
        for name in names(&dir)? {
            let identity = Identity::of(&stat(&dir, &name)?);
            found.push(identity);
            if found.len() > like.identities.len() {
                return Ok(found); // there is more than before, so it differs
            }
            if identity.kind() == FileType::Directory {
                pending.push(path.join(name));
            }
        }
    }
    Ok(found)
}

fn hash(file: &mut File, go_on: GoOn<'_>) -> Result<(Digest, u64), Refusal> {
    use sha2::{Digest as _, Sha256};
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; limits::CANCEL_CHECK_BYTES]);
    loop {
        go_on()?;
        let read = file.read(&mut piece)?;
        let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
        hash.update(part);
        bytes += read as u64;
    }
    Ok((Digest::from(hash), bytes))
}

/// In the order of their bytes, so that a tree reads the same each time.
pub(super) fn names(dir: &Dir) -> io::Result<Vec<OsString>> {
    let mut names = dir.entries()?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

pub(super) fn stat(dir: &Dir, name: &OsStr) -> io::Result<Stat> {
    Ok(rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn link(base: &Dir, at: &Path) -> io::Result<State> {
    Ok(State::Link { target: spelled(base.read_link_contents(at)?.as_os_str()) })
}

/// A path, or the text of a link: names as they are shown, joined as they were.
pub(super) fn spelled(path: &OsStr) -> String {
    let names: Vec<_> = path.as_bytes().split(|byte| *byte == b'/').map(show).collect();
    names.join("/")
}

fn not_regular(shown: &str) -> Refusal {
    let says = format!("{shown} is neither a regular file nor a directory nor a link; it is left alone");
    Refusal::failed(Code::NotRegular, says)
}

pub(super) fn too_many(place: &Place) -> Refusal {
    let says = format!(
        "{} holds more than {} entries or {} directories within each other, too much for one call; take its parts one by one",
        place.shown(),
        limits::CHANGE_ENTRIES_MAX,
        limits::CHANGE_DEPTH_MAX
    );
    Refusal::failed(Code::TooLarge, says)
}

/// Why bytes were not stored.
enum Fault {
    Io(io::Error),
    Refused(Refusal),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            // reading needs no room
            Fault::Io(error)
                if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                unjournaled(&error)
            }
            Fault::Io(error) => error.into(),
            Fault::Refused(refusal) => refusal,
        }
    }
}
