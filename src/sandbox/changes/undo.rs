//! Taking a change back: itself a change, which can be taken back.

use rustix::fs::FileType;

use super::{
    Changes, Ticket, aside,
    capture::Camera,
    leaf::Leaf,
    remove::{self, Ready},
    stage::Rebuild,
    unjournaled,
};
use crate::{
    journal::{Attributes, Change, State, Step},
    limits,
    refusal::{Code, Refusal},
    sandbox::files::Place,
    sanitize::path::FilePath,
};

/// Whether a place must be as the change left it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Insist {
    /// It must.
    No,
    /// It need not: what stands there goes to the journal like anything that is replaced.
    Yes,
}

/// What came of it.
#[derive(Debug)]
pub enum Undone {
    /// It is as it was before the change.
    Done(Change),
    /// Somebody changed it since; nothing was done.
    Changed(Mismatch),
}

/// What a change left, and what stands there now.
#[derive(Debug)]
pub struct Mismatch {
    /// The place.
    pub place: String,
    /// What the change left.
    pub left: State,
    /// What stands there.
    pub found: State,
    /// Their bytes, where both are files that the journal holds or that can be read.
    pub bytes: Option<(Vec<u8>, Vec<u8>)>,
}

impl Changes {
    /// Puts back what `change` replaced.
    ///
    /// # Errors
    ///
    /// [`Code::NotUndoable`] when the old bytes are not kept, and whatever a change can be refused for.
    pub fn undo(&self, change: &Change, insist: Insist, ticket: &Ticket<'_>) -> Result<Undone, Refusal> {
        if !self.reaches(change) {
            let says =
                "the change was made in a directory that is no root within reach now; nothing was changed";
            return Err(Refusal::failed(Code::NotFound, says));
        }
        let ticket = &Ticket { undoes: Some(&change.id), ..*ticket };
        match &change.step {
            Step::Set { place, before, after } => {
                let place = self.place(place)?;
                let after = after.clone().unwrap_or(State::Absent);
                self.put_back(&place, before, &after, insist, ticket)
            }
            Step::Move { from, to, what } => {
                let (from, to) = (self.place(from)?, self.place(to)?);
                if insist == Insist::No
                    && let Some(mismatch) = self.differs(&to, what, ticket)?
                {
                    return Ok(Undone::Changed(mismatch));
                }
                self.rename(&to, &from, ticket).map(Undone::Done)
            }
        }
    }

    fn place(&self, shown: &str) -> Result<Place, Refusal> {
        let path = FilePath::try_from(shown.to_owned())
            .map_err(|broken| Refusal::argument("id", broken.code, broken.says))?;
        self.files.place_of("id", &path)
    }

    fn put_back(
        &self,
        place: &Place,
        before: &State,
        after: &State,
        insist: Insist,
        ticket: &Ticket<'_>,
    ) -> Result<Undone, Refusal> {
        let leaf = Self::leaf_again(place, before)?;
        let _held = leaf.hold(ticket.go_on)?;
        if insist == Insist::Yes {
            let look = Camera { storing: None, go_on: ticket.go_on, progress: ticket.progress };
            // what somebody has put there since is no less protected than elsewhere
            if !look.take(&leaf, &leaf.name)?.state.is_like(after) {
                leaf.holds_nothing_protected(ticket)?;
                leaf.is_no_key()?;
            }
        }
        let storing = self.journal.store().map_err(|error| unjournaled(&error))?;
        let seen = self.capture(&leaf, &storing, ticket)?;
        if insist == Insist::No && !seen.state.is_like(after) {
            return Ok(Undone::Changed(self.mismatch(&leaf, after, seen.state)));
        }
        if let Some(stat) = leaf.stat().map_err(|error| leaf.refused(&error))?
            && FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && stat.st_nlink > 1
            && before.is_there()
        {
            let says =
                format!("{} has several names (hard links) by now, so it is left alone", place.shown());
            return Err(Refusal::failed(Code::SeveralNames, says));
        }
        let wanted = with_attributes_of(before, after, &seen.state);
        let step = Self::set(&leaf, seen.state.clone(), Some(wanted.clone()));
        let begun = self.begin(storing, ticket, step)?;
        let temp = aside(ticket.id);
        let ready = wanted.is_there().then_some(Ready);
        let rebuild = Rebuild {
            journal: &self.journal,
            keep: self.keep(),
            go_on: ticket.go_on,
            progress: ticket.progress,
        };
        if let Err(refusal) = rebuild.state(&leaf, &temp, &wanted) {
            let _left_to_the_next_start = remove::clear(&leaf.dir, &temp);
            begun.undone();
            return Err(refusal);
        }
        self.happen(&leaf, &seen, begun, ticket, ready).map(Undone::Done)
    }

    /// The place of what was there. Its directory may be gone by now, and is said by name.
    fn leaf_again(place: &Place, before: &State) -> Result<Leaf, Refusal> {
        place.leaf().map_err(|refusal| {
            if refusal.code() == Code::NotFound && before.is_there() {
                let says = format!(
                    "the directory that held {} is gone; make it again with `create_directory`, or undo its deletion first",
                    place.shown()
                );
                return Refusal::failed(Code::NotFound, says);
            }
            refusal
        })
    }

    fn differs(&self, place: &Place, left: &State, ticket: &Ticket<'_>) -> Result<Option<Mismatch>, Refusal> {
        let leaf = place.leaf()?;
        let found = match left {
            // of what was only renamed nothing below it was looked at
            State::Directory { .. } | State::File { sha256: None, .. } => Self::what(&leaf, ticket)?,
            _ => {
                let camera = Camera { storing: None, go_on: ticket.go_on, progress: ticket.progress };
                camera.take(&leaf, &leaf.name)?.state
            }
        };
        Ok((!found.is_like(left)).then(|| self.mismatch(&leaf, left, found)))
    }

    fn mismatch(&self, leaf: &Leaf, left: &State, found: State) -> Mismatch {
        let max = limits::EDIT_BYTES_MAX;
        let bytes = match (left, &found) {
            (State::File { sha256: Some(sha256), .. }, State::File { .. }) => {
                let now = leaf.place.open_file().and_then(|file| file.read(max, &|| Ok(())));
                self.journal.bytes(sha256, max as u64).ok().zip(now.ok().flatten())
            }
            _ => None,
        };
        Mismatch { place: leaf.place.shown(), left: left.clone(), found, bytes }
    }
}

/// What was there before, but with the mode and owner of today where the change had nothing to do with them.
fn with_attributes_of(before: &State, after: &State, now: &State) -> State {
    let of = |state: &State| match state {
        State::File { attributes, .. } | State::Directory { attributes, .. } => Some(attributes.clone()),
        _ => None,
    };
    let mut wanted = before.clone();
    if let (Some(was), Some(left), Some(is)) = (of(before), of(after), of(now))
        && (was.mode, was.uid, was.gid, &was.extended) == (left.mode, left.uid, left.gid, &left.extended)
        && let State::File { attributes, .. } | State::Directory { attributes, .. } = &mut wanted
    {
        *attributes = Attributes { modified: was.modified, ..is };
    }
    wanted
}
