//! Making something ready beside its place, synced, before one rename puts it there.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use cap_std::fs::Dir;
use rustix::fs::{Mode, OFlags};

use super::{
    attributes::{self, Keep},
    leaf::Leaf,
};
use crate::{
    journal::{Attributes, Digest, Journal, State},
    limits,
    refusal::{Code, Refusal},
    sandbox::files::{GoOn, Place, reading},
    sanitize::path::parse_raw,
};

/// What a new file gets besides its content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Like<'a> {
    /// What any new file gets: these permission bits.
    New(u32),
    /// Everything of another one.
    Old(&'a Attributes, Keep),
}

/// Makes a file of `bytes` ready.
pub(super) fn file(leaf: &Leaf, temp: &OsStr, bytes: &[u8], like: Like<'_>) -> Result<(), Refusal> {
    let mut file = create(&leaf.dir, Path::new(temp)).map_err(|error| leaf.refused(&error))?;
    file.write_all(bytes).map_err(|error| leaf.refused(&error))?;
    finish(&file, like, &leaf.place)?;
    file.sync_data().map_err(|error| leaf.refused(&error))
}

/// Makes a directory ready, with directories of `names` within each other in it.
pub(super) fn directories(leaf: &Leaf, temp: &OsStr, names: &[&OsStr], umask: u32) -> Result<(), Refusal> {
    let mut path = PathBuf::from(temp);
    let made = std::iter::once(None).chain(names.iter().map(Some)).try_for_each(|name| {
        path.extend(name);
        leaf.dir.create_dir(&path)?;
        let dir = open_dir(&leaf.dir, &path)?;
        rustix::fs::fchmod(&dir, Mode::from_raw_mode((0o777 & !umask) as _))?;
        Ok(rustix::fs::fsync(&dir)?)
    });
    made.map_err(|error: io::Error| leaf.refused(&error))
}

/// Builds from the journal what a record says was there.
pub(super) struct Rebuild<'a> {
    pub(super) journal: &'a Journal,
    pub(super) keep: Keep,
    pub(super) go_on: GoOn<'a>,
    pub(super) progress: &'a dyn Fn(usize),
}

impl Rebuild<'_> {
    /// Makes `state` ready.
    pub(super) fn state(&self, leaf: &Leaf, temp: &OsStr, state: &State) -> Result<(), Refusal> {
        let top = Path::new(temp);
        self.one(&leaf.dir, top, state, &leaf.place)?;
        let State::Directory { attributes, entries } = state else {
            if let State::File { .. } = state {
                let made = leaf.open(temp, OFlags::empty()).and_then(|file| file.sync_data());
                made.map_err(|error| leaf.refused(&error))?;
            }
            return Ok(());
        };
        let base = open_dir(&leaf.dir, top).map_err(|error| leaf.refused(&error))?;
        let entries = entries.as_deref().unwrap_or_default();
        for (count, entry) in entries.iter().enumerate() {
            (self.go_on)()?;
            let path = parsed(&entry.path);
            self.one(&base, &path, &entry.state, &leaf.place.below(&path))?;
            if count.is_multiple_of(limits::PROGRESS_ENTRIES) {
                (self.progress)(count);
            }
        }
        // what is in a directory comes before what it has: it may not be writable, and its time is the last word
        for entry in entries.iter().rev() {
            let State::Directory { attributes, .. } = &entry.state else { continue };
            let path = parsed(&entry.path);
            let dir = open_dir(&base, &path).map_err(|error| leaf.refused(&error))?;
            self.dress(&dir, attributes, &leaf.place.below(&path))?;
        }
        self.dress(&base, attributes, &leaf.place)?;
        sync_tree(&base).map_err(|error| leaf.refused(&error))
    }

    fn one(&self, dir: &Dir, at: &Path, state: &State, place: &Place) -> Result<(), Refusal> {
        let refused = |error: io::Error| place.refused(&error);
        match state {
            State::Absent => Ok(()),
            State::Directory { .. } => dir.create_dir(at).map_err(refused),
            State::Link { target } => {
                let (parent, name) =
                    (open_dir(dir, at.parent().unwrap_or(at)), at.file_name().unwrap_or_default());
                // the text of a link is put back as it was; it is never followed here
                Ok(rustix::fs::symlinkat(&*parsed(target), parent.map_err(refused)?, name)
                    .map_err(|error| refused(error.into()))?)
            }
            State::File { sha256, kept, attributes, .. } => {
                let Some(sha256) = sha256.as_ref().filter(|_| *kept) else { return Err(not_kept(place)) };
                let mut file = create(dir, at).map_err(refused)?;
                self.fill(&mut file, sha256, place)?;
                finish(&file, Like::Old(attributes, self.keep), place)?;
                attributes::set_modified(&file, attributes.modified).map_err(refused)
            }
        }
    }

    /// Copies an object, and makes sure that it is the one.
    fn fill(&self, file: &mut File, sha256: &Digest, place: &Place) -> Result<(), Refusal> {
        use sha2::{Digest as _, Sha256};
        let mut source = self.journal.read(sha256).map_err(|_| not_kept(place))?;
        let (mut hash, mut piece) = (Sha256::new(), vec![0; limits::CANCEL_CHECK_BYTES]);
        loop {
            (self.go_on)()?;
            let read = source.read(&mut piece).map_err(|_| not_kept(place))?;
            let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
            file.write_all(part).map_err(|error| place.refused(&error))?;
        }
        if Digest::from(hash) == *sha256 { Ok(()) } else { Err(not_kept(place)) }
    }

    fn dress(&self, dir: &Dir, attributes: &Attributes, place: &Place) -> Result<(), Refusal> {
        attributes::give(dir, attributes, self.keep, &place.shown())?;
        attributes::set_modified(dir, attributes.modified).map_err(|error| place.refused(&error))
    }
}

pub(super) fn finish(file: &File, like: Like<'_>, place: &Place) -> Result<(), Refusal> {
    match like {
        Like::New(mode) => {
            Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(mode as _)).map_err(io::Error::from)?)
        }
        Like::Old(attributes, keep) => attributes::give(file, attributes, keep, &place.shown()),
    }
}

pub(super) fn create(dir: &Dir, at: &Path) -> io::Result<File> {
    let mut options = reading(OFlags::NOFOLLOW);
    options.write(true).create_new(true);
    Ok(dir.open_with(at, &options)?.into_std())
}

pub(super) fn open_dir(base: &Dir, path: &Path) -> io::Result<Dir> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let dir = base.open_with(path, &reading(OFlags::NOFOLLOW | OFlags::DIRECTORY))?;
    Ok(Dir::from_std_file(dir.into_std()))
}

/// Many files at once are synced by one call, where there is one.
pub(super) fn sync_tree(dir: &Dir) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::fs::syncfs(dir)?);
    #[cfg(not(target_os = "linux"))]
    Ok(rustix::fs::fsync(dir)?)
}

/// The path, or the text of a link, that [`spelled`](super::capture::spelled) spelled.
pub(super) fn parsed(spelled: &str) -> PathBuf {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};
    let names: Vec<Vec<u8>> =
        spelled.split('/').map(|name| parse_raw(name).unwrap_or_else(|| name.as_bytes().to_vec())).collect();
    OsString::from_vec(names.join(&b'/')).into()
}

fn not_kept(place: &Place) -> Refusal {
    let says = format!("the journal does not hold the old bytes of {}; nothing was changed", place.shown());
    Refusal::failed(Code::NotUndoable, says)
}
