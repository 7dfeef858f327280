//! Clearing up after a process that ended in the middle of a change.
//!
//! Each change is one rename, so it has happened or it has not; which of the
//! two is told by what stands at the place and beside it.

use std::collections::HashMap;

use super::{Changes, aside, capture::Camera, leaf::Leaf, remove};
use crate::{
    journal::{Begun, State, Step},
    refusal::{Code, Refusal},
    sandbox::files::{Files, Place},
    sanitize::path::FilePath,
};

/// What was found.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Recovered {
    /// Changes that had happened, and can be undone from now on.
    pub happened: usize,
    /// Changes that had not happened, and are forgotten.
    pub forgotten: usize,
    /// Changes whose place is out of reach now; they are looked at again at the next start.
    pub left: usize,
}

impl Changes {
    /// Ends every change whose process is gone.
    ///
    /// # Errors
    ///
    /// What the system says of the journal.
    pub fn recover(&self) -> std::io::Result<Recovered> {
        let mut recovered = Recovered::default();
        for mut begun in self.journal.interrupted()? {
            match self.has_happened(&begun) {
                Ok(Verdict::Happened) => {
                    begun.change.recovered = true;
                    begun.write().and_then(|()| begun.done())?;
                    recovered.happened += 1;
                }
                Ok(Verdict::NotHappened) => {
                    begun.undone();
                    recovered.forgotten += 1;
                }
                Ok(Verdict::Waits) => recovered.left += 1,
                Err(refusal) => {
                    tracing::warn!("the change {} cannot be cleared up: {refusal}", begun.change.id);
                    recovered.left += 1;
                }
            }
        }
        Ok(recovered)
    }

    fn has_happened(&self, begun: &Begun) -> Result<Verdict, Refusal> {
        if !self.reaches(&begun.change) {
            return Err(Refusal::failed(Code::NotFound, "it was made in a directory that is no root now"));
        }
        match &begun.change.step {
            Step::Move { from, to, .. } => {
                let is_there = |shown: &str| Ok::<_, Refusal>(state(&leaf(&self.files, shown)?)?.is_there());
                Ok(Verdict::of(is_there(to)? && !is_there(from)?))
            }
            Step::Set { place, before, after } => {
                let leaf = match leaf(&self.files, place) {
                    // its directory is gone, and with it whatever was made ready
                    Err(refusal) if refusal.code() == Code::NotFound => return Ok(Verdict::NotHappened),
                    leaf => leaf?,
                };
                let temp = aside(&begun.change.id);
                let verdict = decide(&leaf, &begun.change.id, before, after.as_ref())?;
                if verdict != Verdict::Waits {
                    remove::clear(&leaf.dir, &temp).map_err(|error| leaf.refused(&error))?;
                }
                Ok(verdict)
            }
        }
    }
}

/// What became of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Happened,
    NotHappened,
    /// What lies aside is somebody else's, and its place is taken.
    Waits,
}

impl Verdict {
    const fn of(has_happened: bool) -> Self {
        if has_happened { Self::Happened } else { Self::NotHappened }
    }
}

/// Whether the rename was made, by what stands in place and what lies aside.
fn decide(leaf: &Leaf, id: &str, before: &State, after: Option<&State>) -> Result<Verdict, Refusal> {
    let Some(after) = after else { return Ok(Verdict::NotHappened) };
    let camera = Camera { storing: None, go_on: &|| Ok(()), progress: &|_| {} };
    let in_place = camera.take(leaf, &leaf.name)?.state;
    let temp = aside(id);
    let beside = camera.take(leaf, &temp)?.state;
    if in_place.is_like(before) {
        return Ok(Verdict::NotHappened);
    }
    let put_back =
        |back: std::io::Result<()>| back.map(|()| Verdict::NotHappened).map_err(|error| leaf.refused(&error));
    if in_place.is_like(after) {
        if !before.is_there() || !beside.is_there() || is_rest_of(&beside, before) {
            return Ok(Verdict::Happened);
        }
        // what lies aside is somebody else's, who was faster: it goes back to its place
        return put_back(if after.is_there() { leaf.exchange(&temp) } else { leaf.appear(&temp) });
    }
    if beside.is_like(before) {
        return Ok(Verdict::Happened);
    }
    let is_being_made = after.is_there() && std::mem::discriminant(&beside) == std::mem::discriminant(after);
    match (beside.is_there() && !is_being_made, in_place.is_there()) {
        (false, _) => Ok(Verdict::NotHappened),
        (true, false) => put_back(leaf.appear(&temp)),
        (true, true) => Ok(Verdict::Waits),
    }
}

/// Whether nothing is found but what was in `whole`, of which a part may be cleared away.
fn is_rest_of(found: &State, whole: &State) -> bool {
    let (State::Directory { entries: found, .. }, State::Directory { entries: whole, .. }) = (found, whole)
    else {
        return found.is_like(whole);
    };
    let (Some(found), Some(whole)) = (found, whole) else { return true };
    let whole: HashMap<_, _> = whole.iter().map(|entry| (&entry.path, &entry.state)).collect();
    found.iter().all(|entry| whole.get(&entry.path).is_some_and(|state| entry.state.is_like(state)))
}

fn state(leaf: &Leaf) -> Result<State, Refusal> {
    let stat = leaf.stat().map_err(|error| leaf.refused(&error))?;
    Ok(stat.map_or(State::Absent, |stat| State::Directory {
        attributes: super::attributes::of_stat(&stat),
        entries: None,
    }))
}

fn leaf(files: &Files, shown: &str) -> Result<Leaf, Refusal> {
    let place = |path: FilePath| -> Result<Place, Refusal> { files.place(&path) };
    FilePath::try_from(shown.to_owned())
        .map_err(|broken| Refusal::argument("path", broken.code, broken.says))
        .and_then(place)?
        .leaf()
}
