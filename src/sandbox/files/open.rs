//! Opening what stands at a place.
//!
//! The kernel opens beneath the root's handle and refuses whatever would
//! leave it. Only then the links on the way are read, to tell one that leaves
//! from an absolute one that leads back inside, which is followed by opening
//! again beneath the root it names. Nothing outside is ever looked at, so no
//! answer says whether something is there.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use cap_std::fs::{Dir, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::{fs::OFlags, io::Errno};

use super::{
    GoOn, Root,
    place::{Place, link_outside, not_regular},
};
use crate::{
    limits,
    refusal::{Code, Refusal},
};

/// Links read to explain why a path leaves; the kernel gives up at as many.
const LINKS_READ_MAX: usize = 40;

/// An open regular file.
#[derive(Debug)]
pub struct OpenedFile {
    pub(super) file: File,
    pub(super) bytes: u64,
}

impl OpenedFile {
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
    /// [`Code::LinkLeavesRoot`], [`Code::NotRegular`], [`Code::IsDirectory`],
    /// [`Code::NotFound`], [`Code::RootMissing`], or what the system says.
    pub fn open_file(&self) -> Result<OpenedFile, Refusal> {
        let file = self.reach(|dir, path| dir.open_with(path, &reading(OFlags::empty())))?.into_std();
        let facts = file.metadata().map_err(|error| self.refused(&error))?;
        if facts.is_dir() {
            let says = format!("{} is a directory; `list_directory` shows what is in it", self.shown());
            return Err(Refusal::failed(Code::IsDirectory, says));
        }
        if !facts.is_file() {
            return Err(not_regular());
        }
        Ok(OpenedFile { bytes: facts.len(), file })
    }

    /// What the system knows of it. It need not be readable for that.
    ///
    /// # Errors
    ///
    /// As [`Place::open_file`], but for [`Code::IsDirectory`].
    pub fn facts(&self) -> Result<Facts, Refusal> {
        let facts = self.reach(|dir, path| dir.metadata(path))?;
        if !facts.is_file() && !facts.is_dir() {
            return Err(not_regular());
        }
        Ok(Facts {
            size: facts.len(),
            created: facts.created().ok().map(cap_std::time::SystemTime::into_std),
            modified: facts.modified().ok().map(cap_std::time::SystemTime::into_std),
            accessed: facts.accessed().ok().map(cap_std::time::SystemTime::into_std),
            is_directory: facts.is_dir(),
            permissions: facts.mode() & 0o777,
        })
    }

    /// Opens a directory for listing.
    pub(super) fn open_dir(&self) -> Result<Dir, Refusal> {
        self.reach(|dir, path| dir.open_dir(path))
    }

    /// What an error at this place tells the caller.
    pub(super) fn refused(&self, error: &io::Error) -> Refusal {
        let errno = Errno::from_io_error(error);
        if matches!(errno, Some(Errno::NXIO | Errno::NODEV)) {
            return not_regular(); // a socket, or a device that nothing drives
        }
        let (code, says) = match (Refusal::from(copy(error)), errno) {
            (_, Some(Errno::LOOP)) => {
                (Code::NotFound, "links that lead in a circle, or through too many others".into())
            }
            (_, Some(Errno::NAMETOOLONG)) => {
                (Code::NotFound, "nothing is there: the name is too long".into())
            }
            (Refusal::Failed { code, says, .. }, _) => (code, says),
            (other, _) => return other,
        };
        let says = format!("{}: {says}", self.shown()).into();
        Refusal::Failed { code, says, cause: Some(error.to_string()) }
    }

    /// Runs `open` beneath the root, following absolute links that lie in a root.
    fn reach<T>(&self, open: impl Fn(&Dir, &Path) -> io::Result<T>) -> Result<T, Refusal> {
        let mut at = (Arc::clone(&self.root), self.inside.clone());
        for _ in 0..=limits::LINK_HOPS_MAX {
            let (root, inside) = &at;
            let dir = root.dir.as_ref().ok_or_else(|| missing(root))?;
            let path = if inside.as_os_str().is_empty() { Path::new(".") } else { inside };
            match open(dir, path) {
                Ok(opened) => return Ok(opened),
                Err(error) if is_escape(&error) => at = self.led_to(dir, inside)?,
                Err(error) => return Err(self.refused(&error)),
            }
        }
        let says = format!("more than {} links that name a root", limits::LINK_HOPS_MAX);
        Err(Refusal::failed(Code::NotFound, format!("{}: {says}", self.shown())))
    }

    /// Where the first absolute link on the way leads, if that is inside a root.
    fn led_to(&self, dir: &Dir, inside: &Path) -> Result<(Arc<Root>, PathBuf), Refusal> {
        let mut todo: Vec<_> = split(inside.as_os_str().as_bytes()).rev().collect();
        let mut done = PathBuf::new();
        let mut links = 0;
        while let Some(part) = todo.pop() {
            if part == b".." {
                if !done.pop() {
                    return Err(link_outside());
                }
                continue;
            }
            done.push(OsStr::from_bytes(&part));
            let Ok(link) = dir.read_link_contents(&done) else { continue };
            links += 1;
            if links > LINKS_READ_MAX {
                break;
            }
            done.pop();
            todo.extend(split(link.as_os_str().as_bytes()).rev());
            if link.is_absolute() {
                todo.reverse();
                let (row, length) = self.files.holding(&todo).ok_or_else(link_outside)?;
                let rest = todo.split_off(length);
                let rest = rest.iter().map(|part| OsStr::from_bytes(part)).collect();
                return Ok((Arc::clone(&row.root), rest));
            }
        }
        Err(link_outside()) // the tree changed under us
    }
}

/// The components of a path as the system would walk it: `..` stays.
fn split(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> {
    path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).map(<[u8]>::to_vec)
}

/// How anything is opened for reading: without waiting, and without becoming
/// the terminal's process.
pub(super) fn reading(more: OFlags) -> OpenOptions {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | more;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits().cast_signed());
    options
}

/// cap-std says that a path would leave as a permission error without a number.
fn is_escape(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

fn missing(root: &Root) -> Refusal {
    let says = format!(
        "the root `{}` is configured but missing; the operator must create it and restart the server",
        root.name
    );
    Refusal::failed(Code::RootMissing, says)
}
