//! From a place to what stands there.
//!
//! The names that were asked for are judged, then opened through no link. If a
//! link is on the way, the names it leads through are found by hand, judged
//! again, and opened in the same manner: so what is opened always stands under
//! names that were judged, whatever is exchanged meanwhile. An absolute link is
//! followed if its text lies in a root; nothing outside is ever looked at, so
//! no answer says whether something is there.

use std::{ffi::OsStr, fs::File, io, os::unix::ffi::OsStrExt, path::PathBuf, sync::Arc};

use cap_std::fs::Dir;
use rustix::{fs::OFlags, io::Errno};

use super::{
    Root, beneath,
    place::Place,
    shield::{Spot, Ward},
};
use crate::{
    limits,
    refusal::{Code, Refusal},
    sanitize::protected::{Access, Shape},
};

/// Links on the way to one place; the kernel gives up at as many.
const LINKS_READ_MAX: usize = 40;
/// How often a way is looked for anew that changes while it is gone.
const WAYS_MAX: usize = 8;

impl Place {
    /// Opens what stands there, links followed, and says where that is.
    pub(super) fn reach(&self, flags: OFlags, shape: Shape) -> Result<(File, Spot), Refusal> {
        let shield = &self.files.shield;
        let mut spot = self.asked();
        for _ in 0..WAYS_MAX {
            shield.names(&spot, shape, Access::Read)?;
            let error = match beneath::open(handle(&spot.root)?, &spot.inside, flags) {
                Ok(file) => {
                    shield.identity(&spot, &file)?;
                    return Ok((file, spot));
                }
                Err(error) => error,
            };
            let may_be_link = matches!(Errno::from_io_error(&error), Some(Errno::LOOP | Errno::NOTDIR));
            let found = if may_be_link { self.found(Access::Read)? } else { None };
            match found {
                Some(found) if found.inside != spot.inside || !Arc::ptr_eq(&found.root, &spot.root) => {
                    spot = found;
                }
                _ => return Err(self.refused(&error)),
            }
        }
        Err(self.refused(&Errno::LOOP.into()))
    }

    /// Opens a directory for listing.
    pub(in crate::sandbox) fn open_dir(&self) -> Result<Dir, Refusal> {
        self.open_ward().map(|(dir, _)| dir)
    }

    /// Opens a directory for listing, and what judges the entries in it and below.
    pub(in crate::sandbox) fn open_ward(&self) -> Result<(Dir, Ward), Refusal> {
        let (file, spot) = self.reach(beneath::READ | OFlags::DIRECTORY, Shape::Directory)?;
        Ok((Dir::from_std_file(file), Ward::new(&self.files.shield, spot)))
    }

    /// Opens the directory that holds it, and says where that is.
    pub(in crate::sandbox) fn parent(&self) -> Result<(Dir, Spot), Refusal> {
        let parent = self.inside.parent().unwrap_or(&self.inside);
        let (file, spot) = self.above(parent).reach(beneath::READ | OFlags::DIRECTORY, Shape::Directory)?;
        Ok((Dir::from_std_file(file), spot))
    }

    /// Where it is if no link is on the way.
    pub(in crate::sandbox) fn asked(&self) -> Spot {
        Spot { root: Arc::clone(&self.root), inside: self.inside.clone() }
    }

    /// Where it really is, as of now, with every link on the way judged by its own name. `None` if the
    /// links do not end.
    fn found(&self, access: Access) -> Result<Option<Spot>, Refusal> {
        let mut root = Arc::clone(&self.root);
        let mut todo: Vec<_> = split(self.inside.as_os_str().as_bytes()).rev().collect();
        let mut done = PathBuf::new();
        let (mut links, mut hops) = (0, 0);
        while let Some(part) = todo.pop() {
            if part == b".." {
                if !done.pop() {
                    return Err(self.link_outside());
                }
                continue;
            }
            done.push(OsStr::from_bytes(&part));
            let Ok(link) = handle(&root)?.read_link_contents(&done) else { continue };
            let at = Spot { root: Arc::clone(&root), inside: done.clone() };
            self.files.shield.names(&at, Shape::Any, access)?;
            links += 1;
            if links > LINKS_READ_MAX {
                return Ok(None);
            }
            done.pop();
            todo.extend(split(link.as_os_str().as_bytes()).rev());
            if link.is_absolute() {
                hops += 1;
                if hops > limits::LINK_HOPS_MAX {
                    let says = format!("more than {} links that name a root", limits::LINK_HOPS_MAX);
                    return Err(Refusal::failed(Code::NotFound, format!("{}: {says}", self.shown())));
                }
                todo.reverse();
                let (row, length) = self.files.holding(&todo).ok_or_else(|| self.link_outside())?;
                let mut rest = todo.split_off(length);
                rest.reverse();
                (root, todo, done) = (Arc::clone(&row.root), rest, PathBuf::new());
            }
        }
        Ok(Some(Spot { root, inside: done }))
    }

    /// What an error at this place tells the caller.
    pub(in crate::sandbox) fn refused(&self, error: &io::Error) -> Refusal {
        let errno = Errno::from_io_error(error);
        if matches!(errno, Some(Errno::NXIO | Errno::NODEV)) {
            return self.not_regular(); // a socket, or a device that nothing drives
        }
        if errno == Some(Errno::NOENT) && self.root.dir.as_ref().is_some_and(is_gone) {
            let says = format!(
                "the directory of the root `{}` was removed or replaced after the start; restart the server",
                self.root.name
            );
            return Refusal::failed(Code::RootMissing, says);
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
}

/// Whether no name leads to a directory any more.
fn is_gone(dir: &Dir) -> bool {
    rustix::fs::fstat(dir).is_ok_and(|stat| stat.st_nlink == 0)
}

/// The handle of a root, if it is there.
fn handle(root: &Root) -> Result<&Dir, Refusal> {
    root.dir.as_ref().ok_or_else(|| {
        let says = format!(
            "the root `{}` is configured but missing; the operator must create it and restart the server",
            root.name
        );
        Refusal::failed(Code::RootMissing, says)
    })
}

/// The components of a path as the system would walk it: `..` stays.
fn split(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> {
    path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).map(<[u8]>::to_vec)
}

fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
