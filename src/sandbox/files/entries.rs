//! The names in an open directory, as the system hands them out.
//!
//! What an entry is comes with its name, so nothing is asked of the system
//! entry by entry, but on file systems that do not say it.

use std::{
    ffi::{CStr, OsStr},
    io,
    ops::ControlFlow,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, FileType, OFlags, statat};

use super::{GoOn, Kind, open::reading};
use crate::refusal::Refusal;

/// An open directory.
pub(super) struct Entries {
    #[cfg(target_os = "linux")]
    dir: OwnedFd,
    #[cfg(not(target_os = "linux"))]
    dir: rustix::fs::Dir,
}

impl AsFd for Entries {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

impl Entries {
    /// Opens the directory at `path` beneath `base`. A link that has taken its place is not followed.
    pub(super) fn open(base: &Dir, path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let file = base.open_with(path, &reading(OFlags::DIRECTORY | OFlags::NOFOLLOW))?;
        Self::of(file.into_std().into())
    }

    /// Those of a directory that is open. Nothing is opened again, as that takes the right to search it.
    pub(super) fn of_open(dir: &Dir) -> io::Result<Self> {
        Self::of(dir.try_clone()?.into_std_file().into())
    }

    /// Hands the entries to `each`, one by one, until it wants no more.
    ///
    /// # Errors
    ///
    /// What the system says; and what `go_on` says, which is asked at every entry.
    pub(super) fn visit(
        mut self,
        go_on: GoOn<'_>,
        mut each: impl FnMut(&OsStr, Kind) -> ControlFlow<()>,
    ) -> io::Result<Result<(), Refusal>> {
        let (mut buffer, mut goes_on, mut wants) = (Vec::new(), Ok(()), ControlFlow::Continue(()));
        loop {
            let more = self.read(&mut buffer, |name, kind| {
                if wants.is_continue() && goes_on.is_ok() {
                    goes_on = go_on();
                }
                if wants.is_continue() && goes_on.is_ok() {
                    wants = each(OsStr::from_bytes(name), kind);
                }
            });
            if wants.is_break() || goes_on.is_err() || !more? {
                return Ok(goes_on);
            }
        }
    }
}

#[cfg(target_os = "linux")]
impl Entries {
    /// Bytes of entries that are asked for at once: some hundreds of names.
    const BUFFER_BYTES: usize = 32 << 10;

    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(super) const fn of(dir: OwnedFd) -> io::Result<Self> {
        Ok(Self { dir })
    }

    /// Hands some more entries to `each`. Returns whether there were any.
    pub(super) fn read(
        &mut self,
        buffer: &mut Vec<u8>,
        mut each: impl FnMut(&[u8], Kind),
    ) -> io::Result<bool> {
        buffer.clear();
        buffer.reserve(Self::BUFFER_BYTES);
        let mut entries = rustix::fs::RawDir::new(&self.dir, buffer.spare_capacity_mut());
        let mut any = false;
        while let Some(entry) = entries.next() {
            let entry = entry?;
            any = true;
            hand_out(&self.dir, entry.file_name(), entry.file_type(), &mut each);
            if entries.is_buffer_empty() {
                break;
            }
        }
        Ok(any)
    }
}

#[cfg(not(target_os = "linux"))]
impl Entries {
    /// Entries that are handed out at once.
    const AT_ONCE: usize = 1_000;

    pub(super) fn of(dir: OwnedFd) -> io::Result<Self> {
        Ok(Self { dir: rustix::fs::Dir::new(dir)? })
    }

    /// Hands some more entries to `each`. Returns whether there were any.
    pub(super) fn read(&mut self, _: &mut Vec<u8>, mut each: impl FnMut(&[u8], Kind)) -> io::Result<bool> {
        let mut any = false;
        for entry in std::iter::from_fn(|| self.dir.read()).take(Self::AT_ONCE).collect::<Vec<_>>() {
            let entry = entry?;
            any = true;
            hand_out(self.dir.fd()?, entry.file_name(), entry.file_type(), &mut each);
        }
        Ok(any)
    }
}

fn hand_out(dir: impl AsFd, name: &CStr, listed: FileType, each: &mut impl FnMut(&[u8], Kind)) {
    if matches!(name.to_bytes(), b"." | b"..") {
        return;
    }
    let kind = match listed {
        FileType::Unknown => statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_or(FileType::Unknown, |facts| FileType::from_raw_mode(facts.st_mode)),
        listed => listed,
    };
    each(name.to_bytes(), kind.into());
}
