//! Opening what stands at a place, if it may be looked into.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::Path,
    time::SystemTime,
};

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{FileType, OFlags};
use sha2::{Digest as _, Sha256};

use super::{GoOn, beneath, place::Place, shield::Spot};
use crate::{
    journal::Digest,
    limits,
    refusal::{Code, Refusal},
    sanitize::protected::{Access, Shape},
};

/// An open regular file.
#[derive(Debug)]
pub struct OpenedFile {
    pub(super) file: File,
    pub(super) bytes: u64,
    /// Its text, where that was in another encoding: what is read is this.
    pub(super) decoded: Option<Vec<u8>>,
}

impl OpenedFile {
    pub(super) const fn new(file: File, bytes: u64) -> Self {
        Self { file, bytes, decoded: None }
    }

    /// The digest by which a write can tell whether the file is still this one; `None` if it is
    /// larger than [`limits::TAG_BYTES_MAX`]. The file is read from its start afterwards.
    ///
    /// # Errors
    ///
    /// What `go_on` or the system says.
    pub fn digest(&self, go_on: GoOn<'_>) -> Result<Option<Digest>, Refusal> {
        if self.bytes > limits::TAG_BYTES_MAX {
            return Ok(None);
        }
        let (mut hash, mut at, mut piece) = (Sha256::new(), 0, vec![0; limits::CANCEL_CHECK_BYTES]);
        while at <= limits::TAG_BYTES_MAX {
            go_on()?;
            let read = self.file.read_at(&mut piece, at)?;
            let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
            at += read as u64;
        }
        let digest = Digest::from(hash);
        Ok((at <= limits::TAG_BYTES_MAX).then_some(digest))
    }

    pub(in crate::sandbox) fn into_file(self) -> File {
        self.file
    }

    /// How large it said it was when it was opened, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads the first block of it into `block`, which is then as long as the file if that is all.
    /// Longer, if it has grown.
    pub(super) fn begin(&self, block: &mut Vec<u8>) -> io::Result<()> {
        // one more byte, so that a file that has not grown is at its end after one read
        let wanted = self.bytes.saturating_add(1).min(limits::CANCEL_CHECK_BYTES as u64);
        block.clear();
        (&self.file).take(wanted).read_to_end(block).map(drop)
    }

    /// Reads the first bytes of it, `bytes_max` at most.
    pub(super) fn start(&self, bytes_max: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&self.file).take(bytes_max as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads all of it; `None` if it is larger than `bytes_max`, however small
    /// it said it was.
    ///
    /// # Errors
    ///
    /// What `go_on` or the system says.
    pub fn read(mut self, bytes_max: usize, go_on: GoOn<'_>) -> Result<Option<Vec<u8>>, Refusal> {
        let mut bytes = Vec::new();
        while self.bytes <= bytes_max as u64 && bytes.len() <= bytes_max {
            go_on()?;
            let part = (&mut self.file).take(limits::CANCEL_CHECK_BYTES as u64).read_to_end(&mut bytes)?;
            if part == 0 {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

/// What the system knows of a file or a directory.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// In bytes.
    pub size: u64,
    /// When it was made, where the file system knows.
    pub created: Option<SystemTime>,
    /// When its content changed last.
    pub modified: Option<SystemTime>,
    /// When it was read last, as far as the system keeps that.
    pub accessed: Option<SystemTime>,
    /// Whether it is a directory; otherwise it is a regular file.
    pub is_directory: bool,
    /// The nine permission bits.
    pub permissions: u32,
}

impl Place {
    /// Opens a regular file for reading. Never waits: a FIFO or a device is refused.
    ///
    /// # Errors
    ///
    /// [`Code::LinkLeavesRoot`], [`Code::NotRegular`], [`Code::IsDirectory`], [`Code::Protected`],
    /// [`Code::NotFound`], [`Code::RootMissing`], or what the system says.
    pub fn open_file(&self) -> Result<OpenedFile, Refusal> {
        let (file, spot) = self.reach(beneath::READ, Shape::Any)?;
        let facts = file.metadata().map_err(|error| self.refused(&error))?;
        if facts.is_dir() {
            let says = format!("{} is a directory; `list_directory` shows what is in it", self.shown());
            return Err(Refusal::failed(Code::IsDirectory, says));
        }
        if !facts.is_file() {
            return Err(self.not_regular());
        }
        self.files.shield.content(&spot, &file, facts.len())?;
        Ok(OpenedFile::new(file, facts.len()))
    }

    /// The same of what a walk came by at `path` beneath `dir`, which is at `spot` and was judged by
    /// its names, as were the directories that lead there. No link is followed. The file is read on
    /// from behind `block`, its first one.
    pub(in crate::sandbox) fn open_found(
        &self,
        dir: &Dir,
        path: &Path,
        spot: &Spot,
        block: &mut Vec<u8>,
    ) -> Result<OpenedFile, Refusal> {
        let refused = |error: io::Error| self.refused(&error);
        let file = beneath::open(dir, path, beneath::READ).map_err(refused)?;
        let stat = rustix::fs::fstat(&file).map_err(|errno| refused(errno.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(self.not_regular());
        }
        self.files.shield.entry(spot, &stat)?;
        let opened = OpenedFile::new(file, u64::try_from(stat.st_size).unwrap_or_default());
        opened.begin(block).map_err(refused)?;
        self.files.shield.start(spot, block, opened.bytes)?;
        Ok(opened)
    }

    /// What the system knows of it. It need not be readable for that.
    ///
    /// # Errors
    ///
    /// As [`Place::open_file`], but for [`Code::IsDirectory`].
    pub fn facts(&self) -> Result<Facts, Refusal> {
        let (file, spot) = self.reach(beneath::LOOK, Shape::Directory)?;
        let facts = file.metadata().map_err(|error| self.refused(&error))?;
        if !facts.is_dir() {
            self.files.shield.names(&spot, Shape::Any, Access::Read)?;
            self.files.shield.names(&self.asked(), Shape::Any, Access::Read)?;
        }
        if !facts.is_file() && !facts.is_dir() {
            return Err(self.not_regular());
        }
        Ok(Facts {
            size: facts.len(),
            created: facts.created().ok(),
            modified: facts.modified().ok(),
            accessed: facts.accessed().ok(),
            is_directory: facts.is_dir(),
            permissions: facts.mode() & 0o777,
        })
    }
}

/// Opens the regular file at `path` beneath `base`, which a link is not, for ourselves: what is in
/// it is told to nobody.
pub(super) fn open_regular(base: &Dir, path: &Path) -> io::Result<OpenedFile> {
    let file = base.open_with(path, &reading(OFlags::NOFOLLOW))?.into_std();
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(OpenedFile::new(file, facts.len()))
}

/// How anything is opened for reading: without waiting, and without becoming
/// the terminal's process.
pub(in crate::sandbox) fn reading(more: OFlags) -> OpenOptions {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | more;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits().cast_signed());
    options
}
