//! Removing what was moved aside, and deleting.

use std::{ffi::OsStr, io, path::Path};

use cap_std::fs::Dir;
use rustix::{
    fs::{AtFlags, FileType, Mode},
    io::Errno,
};

use super::{Changes, Ticket, aside, capture, leaf::Leaf, stage, unjournaled};
use crate::{
    journal::{Change, State},
    refusal::{Code, Refusal},
    sandbox::files::Place,
};

/// Whether a directory may go with all that is in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Depth {
    /// Only an empty one.
    Empty,
    /// With everything below it.
    Recursive,
}

impl Changes {
    /// Deletes what stands at `place`; a link is deleted itself.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], [`Code::NotEmpty`], [`Code::NotUndoable`], [`Code::Changed`], [`Code::Protected`], and
    /// what the system says.
    pub fn delete(&self, place: &Place, depth: Depth, ticket: &Ticket<'_>) -> Result<Change, Refusal> {
        let leaf = place.leaf()?;
        let _held = leaf.hold(ticket.go_on)?;
        if depth == Depth::Recursive {
            leaf.holds_nothing_protected(ticket)?;
        }
        leaf.is_no_key()?;
        let storing = self.journal.store().map_err(|error| unjournaled(&error))?;
        let seen = self.capture(&leaf, &storing, ticket)?;
        if !seen.state.is_there() {
            return Err(nothing(&leaf));
        }
        if depth == Depth::Empty
            && let State::Directory { entries: Some(entries), .. } = &seen.state
            && !entries.is_empty()
        {
            return Err(not_empty(&leaf));
        }
        let step = Self::set(&leaf, seen.state.clone(), Some(State::Absent));
        let begun = self.begin(storing, ticket, step)?;
        self.happen(&leaf, &seen, begun, ticket, None)
    }
}

fn not_empty(leaf: &Leaf) -> Refusal {
    let says = format!(
        "{} is a directory that is not empty; `recursive: true` deletes it with all that is in it",
        leaf.place.shown()
    );
    Refusal::failed(Code::NotEmpty, says)
}

pub(super) fn nothing(leaf: &Leaf) -> Refusal {
    leaf.refused(&Errno::NOENT.into())
}

/// Removes what lies aside, whatever it is. What is removed here is in the journal, or was never in place.
pub(super) fn clear(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let stat = match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Ok(rustix::fs::unlinkat(dir, name, AtFlags::empty())?);
    }
    // parents before children on the way down, the other way round on the way up; nothing recurses
    let top = stage::open_dir(dir, Path::new(name))?;
    let mut dirs = vec![std::path::PathBuf::new()];
    let mut next = 0;
    while let Some(path) = dirs.get(next).cloned() {
        next += 1;
        let here = stage::open_dir(&top, &path)?;
        let _if_it_is_ours = rustix::fs::fchmod(&here, Mode::RWXU);
        for entry in here.entries()? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                dirs.push(path.join(entry.file_name()));
            } else {
                rustix::fs::unlinkat(&here, entry.file_name(), AtFlags::empty())?;
            }
        }
    }
    for path in dirs.iter().skip(1).rev() {
        top.remove_dir(path)?;
    }
    Ok(rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}

impl Changes {
    /// Makes a change happen that is on record: `ready` says that what is new lies aside.
    /// What was there is put back, and nothing has happened, if it is not what was `seen`.
    pub(super) fn happen(
        &self,
        leaf: &Leaf,
        seen: &capture::Seen,
        begun: crate::journal::Begun,
        ticket: &Ticket<'_>,
        ready: Option<Ready>,
    ) -> Result<Change, Refusal> {
        let temp = aside(ticket.id);
        let swapped = (ticket.go_on)().map_err(Failed::Undone).and_then(|()| swap(leaf, &temp, seen, ready));
        match swapped {
            Ok(()) => {}
            Err(Failed::Undone(refusal)) => {
                let _left_to_the_next_start = clear(&leaf.dir, &temp);
                begun.undone();
                return Err(refusal);
            }
            // the record stays: the next start puts it back once the place is free
            Err(Failed::LeftAside(refusal)) => return Err(refusal),
        }
        let _as_durable_as_it_gets = leaf.sync();
        let change = begun.change.clone();
        // before the record ends: whoever is killed in between leaves what tells the next start to go on
        if let Err(error) = clear(&leaf.dir, &temp) {
            tracing::warn!("what the change {} replaced could not be cleared away: {error}", change.id);
        }
        if let Err(error) = begun.done() {
            tracing::warn!(
                "the change {} is made, and its record is ended at the next start: {error}",
                change.id
            );
        }
        self.tidy();
        Ok(change)
    }
}

/// Proof that what is new lies aside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready;

/// Why a change did not happen.
enum Failed {
    /// Everything is as it was, and what lies aside is ours.
    Undone(Refusal),
    /// What lies aside is somebody else's, and its place is taken.
    LeftAside(Refusal),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Undone(refusal)
    }
}

/// Exchanges old and new, looks at what came out, and exchanges them again if it is something else.
fn swap(leaf: &Leaf, temp: &OsStr, seen: &capture::Seen, ready: Option<Ready>) -> Result<(), Failed> {
    let refused = |error: io::Error| leaf.refused(&error);
    match (seen.state.is_there(), ready) {
        (false, None) => return Ok(()),
        (false, Some(Ready)) => {
            return leaf.appear(temp).map_err(|error| match Errno::from_io_error(&error) {
                Some(Errno::EXIST) => leaf.changed_meanwhile().into(),
                _ => leaf.refused(&error).into(),
            });
        }
        (true, None) => leaf.step_aside(temp).map_err(refused)?,
        (true, Some(Ready)) => match leaf.exchange(temp) {
            Ok(()) => {}
            Err(error) if is_unsupported(&error) => return Ok(overwrite(leaf, temp, seen)?),
            Err(error) => return Err(refused(error).into()),
        },
    }
    if capture::identities(leaf, temp, seen).is_ok_and(|found| found == seen.identities) {
        return Ok(());
    }
    let back = match ready {
        None => leaf.appear(temp),
        Some(Ready) => leaf.exchange(temp),
    };
    back.map_err(|_| Failed::LeftAside(leaf.left_aside(temp)))?;
    Err(leaf.changed_meanwhile().into())
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP))
}

/// Where a file system cannot exchange: a look, then a rename that replaces.
fn overwrite(leaf: &Leaf, temp: &OsStr, seen: &capture::Seen) -> Result<(), Refusal> {
    let found = capture::identities(leaf, &leaf.name, seen).map_err(|error| leaf.refused(&error))?;
    if found != seen.identities {
        return Err(leaf.changed_meanwhile());
    }
    let renamed = rustix::fs::renameat(&leaf.dir, temp, &leaf.dir, &leaf.name);
    renamed.map_err(|error| leaf.refused(&error.into()))
}
