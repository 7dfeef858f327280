//! A name in an open directory: where something is, or could be put.
//!
//! Everything is done to the name beneath the directory's handle, and a link
//! that stands there is a link: nothing goes through it.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, TryLockError},
    io,
    path::Path,
    thread::sleep,
    time::Instant,
};

use cap_std::fs::Dir;
use rustix::{
    fs::{AtFlags, FileType, OFlags, RenameFlags, Stat},
    io::Errno,
};

use crate::{
    limits,
    refusal::{Code, Refusal},
    sandbox::files::{GoOn, Place, Spot, beneath},
    sanitize::protected::{Access, Shape},
};

/// A name beneath a directory that is open.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) dir: Dir,
    pub(super) name: OsString,
    /// Where that really is.
    pub(super) spot: Spot,
    pub(super) place: Place,
}

/// Tells one file from another, and one version of it from the next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    dev: u64,
    ino: u64,
    kind: FileType,
    /// Of a directory these say nothing about what is in it.
    version: Option<(u64, i64, i64)>,
}

impl Identity {
    #[allow(
        clippy::useless_conversion,
        clippy::unnecessary_cast,
        reason = "the types differ between systems"
    )]
    pub(super) fn of(stat: &Stat) -> Self {
        let kind = FileType::from_raw_mode(stat.st_mode);
        let version =
            (stat.st_size.cast_unsigned(), i64::from(stat.st_mtime), stat.st_mtime_nsec.cast_signed());
        Self {
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            kind,
            version: (kind != FileType::Directory).then_some(version),
        }
    }

    /// Whether it is a file that is held in memory without a thought.
    pub(super) const fn is_small(&self) -> bool {
        matches!(self.version, Some((bytes, ..)) if bytes <= limits::MESSAGE_BYTES_MAX as u64)
    }

    /// Which file it is, without which version.
    pub(super) const fn number(&self) -> (u64, u64) {
        (self.dev, self.ino)
    }

    pub(super) const fn kind(&self) -> FileType {
        self.kind
    }
}

/// Held while a name in a directory is changed, by all who change through this program.
#[derive(Debug)]
pub(super) struct Held {
    _dir: File,
}

impl Place {
    /// The name in its directory, if the root it leads to is writable.
    pub(super) fn leaf(&self) -> Result<Leaf, Refusal> {
        let name = self.inside.file_name().ok_or_else(|| {
            let says = "is a root itself, which is the owner's alone; name something in it";
            Refusal::argument(&*self.argument, Code::PermissionDenied, says)
        })?;
        self.files.shield.names(&self.asked(), Shape::Directory, Access::Write)?;
        let (dir, parent) = self.parent()?;
        if !self.files.is_writable(&parent.root) {
            let says = format!(
                "the root `{0}` is read only; its owner can declare it writable with `roots.{0}.write = true`",
                parent.root.name
            );
            return Err(Refusal::failed(Code::ReadOnlyRoot, says));
        }
        let leaf = Leaf { dir, name: name.to_owned(), spot: parent.join(name), place: self.clone() };
        leaf.is_open()?;
        Ok(leaf)
    }
}

impl Leaf {
    /// Refuses a name that is protected, and one under which the server's own stands.
    fn is_open(&self) -> Result<(), Refusal> {
        let shield = &self.place.files.shield;
        let look = beneath::open(&self.dir, Path::new(&self.name), beneath::LOOK).ok();
        let is_directory =
            look.as_ref().and_then(|look| look.metadata().ok()).is_some_and(|facts| facts.is_dir());
        let shape = if is_directory { Shape::Directory } else { Shape::Any };
        for spot in [&self.spot, &self.place.asked()] {
            shield.names(spot, shape, Access::Write)?;
        }
        look.map_or(Ok(()), |look| shield.identity(&self.spot, &look))
    }

    /// Refuses a file that begins as a key does; what is no file, or not to be read, is not judged.
    pub(super) fn is_no_key(&self) -> Result<(), Refusal> {
        match self.open(&self.name, OFlags::empty()).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((facts, file)) if facts.is_file() => {
                self.place.files.shield.content(&self.spot, &file, facts.len())
            }
            _ => Ok(()),
        }
    }

    /// Keeps others from changing what is in the directory.
    pub(super) fn hold(&self, go_on: GoOn<'_>) -> Result<Held, Refusal> {
        let dir = readable(&self.dir).map_err(|error| self.refused(&error))?;
        let began = Instant::now();
        loop {
            go_on()?;
            match dir.try_lock() {
                Err(TryLockError::WouldBlock) if began.elapsed() < limits::CHANGE_WAIT_MAX => {
                    sleep(limits::LOCK_LOOK_EVERY);
                }
                Err(TryLockError::WouldBlock) => {
                    let says = "another call is changing this directory; try again";
                    return Err(Refusal::failed(Code::Busy, format!("{}: {says}", self.place.shown())));
                }
                // a file system without locks has them in no process
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(Held { _dir: dir }),
            }
        }
    }

    /// What stands at the name, itself.
    pub(super) fn stat(&self) -> io::Result<Option<Stat>> {
        self.stat_of(&self.name)
    }

    pub(super) fn stat_of(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens what stands at `name` for reading, unless it is a link.
    pub(super) fn open(&self, name: &OsStr, more: OFlags) -> io::Result<File> {
        let options = crate::sandbox::files::reading(OFlags::NOFOLLOW | more);
        Ok(self.dir.open_with(Path::new(name), &options)?.into_std())
    }

    /// Renames `temp` to the name, where nothing may stand.
    pub(super) fn appear(&self, temp: &OsStr) -> io::Result<()> {
        rename_to_nothing(&self.dir, temp, &self.dir, &self.name)
    }

    /// Exchanges what stands at the name with what stands at `temp`.
    pub(super) fn exchange(&self, temp: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat_with(&self.dir, temp, &self.dir, &self.name, RenameFlags::EXCHANGE)?)
    }

    /// Renames what stands at the name to `temp`.
    pub(super) fn step_aside(&self, temp: &OsStr) -> io::Result<()> {
        rename_to_nothing(&self.dir, &self.name, &self.dir, temp)
    }

    /// Makes the names in the directory as durable as what they name.
    pub(super) fn sync(&self) -> io::Result<()> {
        match rustix::fs::fsync(readable(&self.dir)?) {
            // some file systems do not sync directories, and say so
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn refused(&self, error: &io::Error) -> Refusal {
        self.place.refused(error)
    }

    /// What somebody else made was taken for what was to be changed, and its place was taken then.
    pub(super) fn left_aside(&self, temp: &OsStr) -> Refusal {
        let says = format!(
            "{} was changed by somebody else while this call ran, twice: what was there first is kept beside it as `{}`",
            self.place.shown(),
            temp.to_string_lossy()
        );
        Refusal::failed(Code::Changed, says)
    }

    pub(super) fn changed_meanwhile(&self) -> Refusal {
        let says = "was changed by somebody else while this call ran, and is as they left it; look again";
        Refusal::failed(Code::Changed, format!("{} {says}", self.place.shown()))
    }
}

/// The directory itself, opened such that it can be locked and synced: handles that only lead further cannot.
fn readable(dir: &Dir) -> io::Result<File> {
    Ok(dir.open_with(".", &crate::sandbox::files::reading(OFlags::DIRECTORY))?.into_std())
}

/// Renames onto a name where nothing stands.
pub(super) fn rename_to_nothing(from: &Dir, old: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()> {
    match rustix::fs::renameat_with(from, old, to, new, RenameFlags::NOREPLACE) {
        // the file system cannot, so there is a moment between look and rename
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            match rustix::fs::statat(to, new, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Err(Errno::EXIST.into()),
                Err(Errno::NOENT) => Ok(rustix::fs::renameat(from, old, to, new)?),
                Err(error) => Err(error.into()),
            }
        }
        renamed => Ok(renamed?),
    }
}
