//! Moving and renaming.
//!
//! A rename destroys no bytes, so of what is moved the journal keeps only what
//! tells whether it is still the same.

use rustix::{fs::FileType, io::Errno};

use super::{
    Changes, Ticket,
    capture::Camera,
    leaf::{Identity, Leaf, rename_to_nothing},
    make, remove, unjournaled,
};
use crate::{
    journal::{Change, State, Step},
    limits,
    refusal::{Code, Refusal},
    sandbox::files::Place,
};

impl Changes {
    /// Renames what stands at `from` to `to`, where nothing may stand; a link is moved itself.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], [`Code::AlreadyExists`], [`Code::Protected`], and what the system says.
    pub fn rename(&self, from: &Place, to: &Place, ticket: &Ticket<'_>) -> Result<Change, Refusal> {
        let (source, target) = (from.leaf()?, to.leaf()?);
        let _held = hold_both(&source, &target, ticket)?;
        source.is_no_key()?;
        source.stays_as_protected(&target, ticket)?;
        let what = Self::what(&source, ticket)?;
        if target.stat().map_err(|error| target.refused(&error))?.is_some() {
            return Err(make::exists(&target));
        }
        let storing = self.journal.store().map_err(|error| unjournaled(&error))?;
        let step = Step::Move { from: from.shown(), to: to.shown(), what };
        let begun = self.begin(storing, ticket, step)?;
        let renamed = (ticket.go_on)().and_then(|()| {
            rename_to_nothing(&source.dir, &source.name, &target.dir, &target.name)
                .map_err(|error| said(&source, &target, &error))
        });
        if let Err(refusal) = renamed {
            begun.undone();
            return Err(refusal);
        }
        let _as_durable_as_it_gets = target.sync().and_then(|()| source.sync());
        let change = begun.change.clone();
        if let Err(error) = begun.done() {
            tracing::warn!(
                "the change {} is made, and its record is ended at the next start: {error}",
                change.id
            );
        }
        self.tidy();
        Ok(change)
    }

    /// What is moved: of a directory nothing but that it is one, of a large file no digest.
    pub(super) fn what(leaf: &Leaf, ticket: &Ticket<'_>) -> Result<State, Refusal> {
        let refused = |error| leaf.refused(&error);
        let Some(stat) = leaf.stat().map_err(refused)? else { return Err(remove::nothing(leaf)) };
        let attributes = super::attributes::of_stat(&stat);
        let bytes = u64::try_from(stat.st_size).unwrap_or_default();
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Ok(State::Directory { attributes, entries: None }),
            FileType::RegularFile if bytes > limits::TAG_BYTES_MAX => {
                Ok(State::File { sha256: None, bytes, kept: false, attributes })
            }
            _ => {
                let camera = Camera { storing: None, go_on: ticket.go_on, progress: ticket.progress };
                Ok(camera.take(leaf, &leaf.name)?.state)
            }
        }
    }
}

/// Two directories are always held in the same order, so that two calls never wait for each other.
fn hold_both(
    source: &Leaf,
    target: &Leaf,
    ticket: &Ticket<'_>,
) -> Result<(super::leaf::Held, Option<super::leaf::Held>), Refusal> {
    let identity = |leaf: &Leaf| {
        let stat = rustix::fs::fstat(&leaf.dir).map_err(|error| leaf.refused(&error.into()))?;
        Ok::<_, Refusal>(Identity::of(&stat).number())
    };
    let (one, two) = (identity(source)?, identity(target)?);
    Ok(match one.cmp(&two) {
        std::cmp::Ordering::Equal => (source.hold(ticket.go_on)?, None),
        std::cmp::Ordering::Less => {
            let first = source.hold(ticket.go_on)?;
            (first, Some(target.hold(ticket.go_on)?))
        }
        std::cmp::Ordering::Greater => {
            let first = target.hold(ticket.go_on)?;
            (first, Some(source.hold(ticket.go_on)?))
        }
    })
}

fn said(source: &Leaf, target: &Leaf, error: &std::io::Error) -> Refusal {
    match Errno::from_io_error(error) {
        Some(Errno::EXIST | Errno::NOTEMPTY) => make::exists(target),
        Some(Errno::XDEV) => {
            let says =
                "lies on another disk than `source`; copy it with `copy_file`, then delete the original";
            Refusal::argument(&*target.place.argument, Code::Io, says)
        }
        Some(Errno::INVAL) => {
            let says = "lies in the directory that is to be moved";
            Refusal::argument(&*target.place.argument, Code::ArgumentsConflict, says)
        }
        _ => source.refused(error),
    }
}
