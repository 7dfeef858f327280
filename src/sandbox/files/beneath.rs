//! Opening beneath a handle, through no link at all.
//!
//! What is opened is under the very names that were judged: a link anywhere on
//! the way is an error, also one that took a name's place a moment ago. Linux
//! does that in one step (`openat2`). Where that is missing, each name is
//! opened beneath the handle of the one before it, and no link is followed
//! either; it only costs more steps.

use std::{fs::File, io, os::fd::OwnedFd, path::Path};

use cap_std::fs::Dir;
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

/// Only to be looked at: it need not be readable, and nothing waits.
#[cfg(target_os = "linux")]
pub(in crate::sandbox) const LOOK: OFlags = OFlags::PATH;
/// The same where there is no such thing: it must be readable.
#[cfg(not(target_os = "linux"))]
pub(in crate::sandbox) const LOOK: OFlags = READ;
/// To be read, without waiting and without becoming the terminal's process.
pub(in crate::sandbox) const READ: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);

/// Opens `path`, whose components are names, beneath `dir`. An empty path is `dir` itself.
///
/// # Errors
///
/// What the system says; `ELOOP` or `ENOTDIR` where a link is on the way.
pub(in crate::sandbox) fn open(dir: &Dir, path: &Path, flags: OFlags) -> io::Result<File> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let flags = flags | OFlags::CLOEXEC;
    #[cfg(target_os = "linux")]
    match at_once(dir, path, flags) {
        Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => {} // an older kernel, a filter, or the tree moves
        opened => return Ok(File::from(opened?)),
    }
    Ok(File::from(name_by_name(dir, path, flags)?))
}

#[cfg(target_os = "linux")]
fn at_once(dir: &Dir, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    openat2(dir, path, flags, Mode::empty(), within)
}

fn name_by_name(dir: &Dir, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let way = LOOK | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = rustix::fs::openat(dir, ".", way, Mode::empty())?;
    let mut names = path.iter().peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            let last = rustix::fs::openat(&at, name, flags | OFlags::NOFOLLOW, Mode::empty())?;
            // of a link that is only looked at, the link itself would be opened
            let stat = rustix::fs::fstat(&last)?;
            let is_link = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Symlink;
            return if is_link { Err(Errno::LOOP) } else { Ok(last) };
        }
        at = rustix::fs::openat(&at, name, way, Mode::empty())?;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    type Way = fn(&Dir, &Path, OFlags) -> io::Result<File>;

    #[test]
    fn both_ways_open_the_same_and_neither_goes_through_a_link() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join("a/b/file"), "x").unwrap();
        symlink("a", root.join("link")).unwrap();
        symlink("b/file", root.join("a/last")).unwrap();
        symlink("/", root.join("a/out")).unwrap();
        let dir = Dir::open_ambient_dir(root, cap_std::ambient_authority()).unwrap();
        let ways: [Way; 2] = [open, |dir, path, flags| Ok(File::from(name_by_name(dir, path, flags)?))];
        for way in ways {
            for flags in [READ, LOOK] {
                for path in ["a/b/file", "a/b", "a", "."] {
                    let opened = way(&dir, Path::new(path), flags).unwrap().metadata().unwrap();
                    let wanted = std::fs::metadata(root.join(path)).unwrap();
                    let identity = std::os::unix::fs::MetadataExt::ino;
                    assert_eq!(identity(&opened), identity(&wanted), "{path}");
                }
                for path in ["link", "link/b/file", "a/last", "a/out", "a/out/etc"] {
                    let error = way(&dir, Path::new(path), flags).unwrap_err();
                    let errno = Errno::from_io_error(&error);
                    assert!(matches!(errno, Some(Errno::LOOP | Errno::NOTDIR)), "{path}: {error}");
                }
                let error = way(&dir, Path::new("a/none"), flags).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::NotFound);
            }
        }
    }
}
