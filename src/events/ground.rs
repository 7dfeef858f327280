//! The file system as the writer sees it: one directory, held by a handle.
//!
//! Everything goes through the handle and follows no link, so a directory that
//! is swapped while the server runs leads nowhere. Small and private: tests
//! put a layer in front that makes one call after the other fail.

use std::{
    fs::{DirBuilder, File},
    io,
    os::{fd::OwnedFd, unix::fs::DirBuilderExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::{self as sys, AtFlags, Mode, OFlags};

use crate::limits;

/// What identifies a file, and what it is now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) id: (u64, u64),
    pub(super) links: u64,
    pub(super) len: u64,
    pub(super) modified: SystemTime,
}

impl From<sys::Stat> for Place {
    #[allow(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        clippy::cast_lossless,
        clippy::cast_possible_truncation,
        reason = "the fields differ in width and sign between systems, and are never negative"
    )]
    fn from(stat: sys::Stat) -> Self {
        let since_1970 = Duration::new(stat.st_mtime.max(0) as u64, stat.st_mtime_nsec as u32);
        Self {
            id: (stat.st_dev as u64, stat.st_ino as u64),
            links: stat.st_nlink as u64,
            len: stat.st_size as u64,
            modified: SystemTime::UNIX_EPOCH + since_1970,
        }
    }
}

/// What the writer needs of the file system.
pub(super) trait Ground: Send + 'static {
    /// Makes a new file that only its owner can read, and locks it.
    fn create(&self, name: &str) -> io::Result<File>;
    /// Appends; may write less than asked for.
    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize>;
    /// Returns once the content is on the disk.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Cuts the file to `len` bytes.
    fn truncate(&self, file: &File, len: u64) -> io::Result<()>;
    /// What the handle leads to.
    fn place(&self, file: &File) -> io::Result<Place>;
    /// What the name leads to; a link is not followed.
    fn place_at(&self, name: &str) -> io::Result<Place>;
    /// Its path, for the operator.
    fn shown(&self) -> String;
    /// Whether the configured path still leads to this directory.
    fn is_home(&self) -> io::Result<bool>;
    /// All names.
    fn names(&self) -> io::Result<Vec<String>>;
    /// Opens for reading.
    fn open(&self, name: &str) -> io::Result<File>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes an empty file that must not have been there.
    fn mark(&self, name: &str) -> io::Result<()>;
    /// The directory's lock, unless somebody else has it. Given back when dropped.
    fn lock(&self) -> io::Result<Option<File>>;
    /// Space that is set aside until the value is dropped.
    fn reserve(&self) -> io::Result<File>;
}

/// A directory of events.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    handle: OwnedFd,
    id: (u64, u64),
}

/// Why a directory cannot hold events.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("it cannot be created: {0}")]
    Create(io::Error),
    #[error("it is a link or not a directory")]
    NotDirectory,
    #[error("it cannot be opened: {0}")]
    Open(io::Error),
    #[error("others may write to it (mode {0:04o})")]
    Loose(u32),
    #[error("it belongs to another user (uid {0})")]
    Foreign(u32),
    #[error("it cannot be written to: {0}")]
    Write(io::Error),
}

fn writable(directory: &OwnedFd) -> Result<(), Unfit> {
    let access = sys::Access::WRITE_OK | sys::Access::EXEC_OK;
    sys::accessat(directory, ".", access, AtFlags::empty()).map_err(|error| Unfit::Write(error.into()))
}

impl Directory {
    /// Opens the directory, after making it and its parents if they are missing.
    pub(super) fn open(path: &Path) -> Result<Self, Unfit> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
            // `create` follows a link, so a dangling one ends here
            if path.is_symlink() || path.exists() { Unfit::NotDirectory } else { Unfit::Create(error) }
        })?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = sys::open(path, flags, Mode::empty()).map_err(|error| match error {
            rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR => Unfit::NotDirectory,
            error => Unfit::Open(error.into()),
        })?;
        let stat = sys::fstat(&handle).map_err(|error| Unfit::Open(error.into()))?;
        let mode = stat.st_mode & 0o7777;
        if mode & 0o022 != 0 {
            return Err(Unfit::Loose(mode));
        }
        // whoever owns it can put another file in the place of any of ours
        if stat.st_uid != 0 && stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(Unfit::Foreign(stat.st_uid));
        }
        writable(&handle)?;
        Ok(Self { path: path.to_owned(), handle, id: Place::from(stat).id })
    }

    /// What [`Directory::open`] would say, without making anything.
    pub(super) fn look(path: &Path) -> Result<(), Unfit> {
        if path.symlink_metadata().is_ok() {
            return Self::open(path).map(drop);
        }
        for parent in path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            match sys::open(parent, flags, Mode::empty()) {
                Err(rustix::io::Errno::NOENT) => {}
                Err(error) => return Err(Unfit::Create(error.into())),
                Ok(handle) => {
                    return writable(&handle).map_err(|unfit| match unfit {
                        Unfit::Write(error) => Unfit::Create(error),
                        other => other,
                    });
                }
            }
        }
        Ok(())
    }

    fn create_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR
            | OFlags::CREATE
            | OFlags::EXCL
            | OFlags::APPEND
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC;
        Ok(sys::openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }
}

impl Ground for Directory {
    fn create(&self, name: &str) -> io::Result<File> {
        let file = self.create_file(name)?;
        // Somebody who looks for unfinished files may hold it for a moment.
        for _ in 0..20 {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::WouldBlock, "a new file is locked by somebody else"))
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(file, bytes)?)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn truncate(&self, file: &File, len: u64) -> io::Result<()> {
        file.set_len(len)
    }

    fn place(&self, file: &File) -> io::Result<Place> {
        Ok(sys::fstat(file)?.into())
    }

    fn place_at(&self, name: &str) -> io::Result<Place> {
        Ok(sys::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?.into())
    }

    fn shown(&self) -> String {
        super::show::show(&self.path.to_string_lossy()).into_owned()
    }

    fn is_home(&self) -> io::Result<bool> {
        match sys::lstat(&self.path) {
            Ok(stat) => Ok(Place::from(stat).id == self.id),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in sys::Dir::read_from(&self.handle)? {
            if let Ok(name) = entry?.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(sys::openat(&self.handle, name, flags, Mode::empty())?.into())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(sys::unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    fn mark(&self, name: &str) -> io::Result<()> {
        self.create_file(name).map(drop)
    }

    fn lock(&self) -> io::Result<Option<File>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory: File = sys::openat(&self.handle, ".", flags, Mode::empty())?.into();
        match directory.try_lock() {
            Ok(()) => Ok(Some(directory)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// A file that never had a name: the kernel takes the space back when the
    /// process ends, however it ends.
    #[cfg(target_os = "linux")]
    fn reserve(&self) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file: File = sys::openat(&self.handle, ".", flags, Mode::RUSR | Mode::WUSR)?.into();
        sys::fallocate(&file, sys::FallocateFlags::empty(), 0, limits::EVENTS_RESERVE_BYTES)?;
        Ok(file)
    }

    #[cfg(not(target_os = "linux"))]
    fn reserve(&self) -> io::Result<File> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
pub(super) mod faults {
    //! A ground on which the N-th call fails.

    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// What goes wrong.
    #[derive(Clone, Copy, Debug)]
    pub(in crate::events) enum Fault {
        /// This error.
        Error(rustix::io::Errno),
        /// Half of what was asked for is written, and then the disk is full.
        ShortWrite,
    }

    /// Fails call number `at`, counted from 0, and `times - 1` behind it.
    #[derive(Clone)]
    pub(in crate::events) struct Plan {
        pub(in crate::events) at: usize,
        pub(in crate::events) times: usize,
        pub(in crate::events) fault: Fault,
        pub(in crate::events) calls: Arc<AtomicUsize>,
        /// While somebody holds it, writing hangs.
        pub(in crate::events) hang: Arc<Mutex<()>>,
        /// A file that cannot be removed.
        pub(in crate::events) keeps: Option<&'static str>,
    }

    impl Plan {
        /// Nothing goes wrong.
        pub(in crate::events) fn none() -> Self {
            Self {
                at: usize::MAX,
                times: 0,
                fault: Fault::ShortWrite,
                calls: Arc::default(),
                hang: Arc::default(),
                keeps: None,
            }
        }
    }

    pub(in crate::events) struct Faulty<G>(pub(in crate::events) G, pub(in crate::events) Plan);

    impl<G> Faulty<G> {
        fn meet(&self) -> io::Result<()> {
            match self.strikes() {
                Some(Fault::Error(errno)) => Err(errno.into()),
                Some(Fault::ShortWrite) => Err(rustix::io::Errno::NOSPC.into()),
                None => Ok(()),
            }
        }

        fn strikes(&self) -> Option<Fault> {
            let call = self.1.calls.fetch_add(1, Ordering::SeqCst);
            let strikes = call >= self.1.at && call - self.1.at < self.1.times;
            strikes.then_some(self.1.fault)
        }
    }

    impl<G: Ground> Ground for Faulty<G> {
        fn create(&self, name: &str) -> io::Result<File> {
            self.meet().and_then(|()| self.0.create(name))
        }
        fn write(&self, file: &File, bytes: &[u8]) -> io::Result<usize> {
            drop(self.1.hang.lock());
            match self.strikes() {
                Some(Fault::Error(errno)) => Err(errno.into()),
                Some(Fault::ShortWrite) => self.0.write(file, &bytes[..bytes.len() / 2]),
                None => self.0.write(file, bytes),
            }
        }
        fn sync(&self, file: &File) -> io::Result<()> {
            self.meet().and_then(|()| self.0.sync(file))
        }
        fn truncate(&self, file: &File, len: u64) -> io::Result<()> {
            self.meet().and_then(|()| self.0.truncate(file, len))
        }
        fn place(&self, file: &File) -> io::Result<Place> {
            self.meet().and_then(|()| self.0.place(file))
        }
        fn place_at(&self, name: &str) -> io::Result<Place> {
            self.meet().and_then(|()| self.0.place_at(name))
        }
        fn shown(&self) -> String {
            self.0.shown()
        }
        fn is_home(&self) -> io::Result<bool> {
            self.meet().and_then(|()| self.0.is_home())
        }
        fn names(&self) -> io::Result<Vec<String>> {
            self.meet().and_then(|()| self.0.names())
        }
        fn open(&self, name: &str) -> io::Result<File> {
            self.meet().and_then(|()| self.0.open(name))
        }
        fn remove(&self, name: &str) -> io::Result<()> {
            if self.1.keeps == Some(name) {
                return Err(rustix::io::Errno::PERM.into());
            }
            self.meet().and_then(|()| self.0.remove(name))
        }
        fn mark(&self, name: &str) -> io::Result<()> {
            self.meet().and_then(|()| self.0.mark(name))
        }
        fn lock(&self) -> io::Result<Option<File>> {
            self.meet().and_then(|()| self.0.lock())
        }
        fn reserve(&self) -> io::Result<File> {
            self.meet().and_then(|()| self.0.reserve())
        }
    }
}
