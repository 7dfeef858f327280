//! Replacing the content of a file, or making a new one.

use std::io::{self, Read as _};

use rustix::fs::{FileType, OFlags};

use super::{
    Changes, Storage, Ticket, aside, attributes,
    capture::{Camera, Seen},
    leaf::{Identity, Leaf},
    remove::{self, Ready},
    stage::{self, Like},
    unjournaled,
};
use crate::{
    journal::{Attributes, Change, Digest, State},
    limits,
    refusal::{Code, Refusal},
    sandbox::files::Place,
};

/// A file as it is before it is replaced.
#[derive(Debug)]
pub struct Old {
    /// Its bytes; `None` if they are more than [`limits::EDIT_BYTES_MAX`].
    pub bytes: Option<Vec<u8>>,
    /// How many.
    pub size: u64,
    attributes: Attributes,
    identity: Identity,
}

impl Changes {
    /// What stands at `place` now, to be edited; `None` if nothing does.
    ///
    /// # Errors
    ///
    /// [`Code::IsLink`], [`Code::IsDirectory`], [`Code::NotRegular`], [`Code::SeveralNames`],
    /// [`Code::Protected`] for what is never written.
    pub fn look(&self, place: &Place, ticket: &Ticket<'_>) -> Result<Option<Old>, Refusal> {
        old(&place.leaf()?, ticket)
    }

    /// Replaces the content of the file at `place` by what `make` makes of the old one, or makes
    /// a new file. `make` returns `None` to leave it as it is.
    ///
    /// # Errors
    ///
    /// As [`Changes::look`], what `make` refuses, [`Code::Changed`], and what the system says.
    /// The file is then as it was.
    pub fn replace(
        &self,
        place: &Place,
        ticket: &Ticket<'_>,
        make: impl FnOnce(Option<&Old>) -> Result<Option<Vec<u8>>, Refusal>,
    ) -> Result<Option<Change>, Refusal> {
        let leaf = place.leaf()?;
        let _held = leaf.hold(ticket.go_on)?;
        let old = old(&leaf, ticket)?;
        let Some(new) = make(old.as_ref())? else { return Ok(None) };
        let storing = self.journal.store().map_err(|error| unjournaled(&error))?;
        let (seen, is_kept) = match &old {
            None => (Seen { state: State::Absent, identities: Vec::new() }, true),
            Some(old) => self.keep_old(&leaf, old, new.len() as u64, &storing, ticket)?,
        };
        let is_new_kept = is_kept && self.journal.settings().max_bytes >= new.len() as u64;
        let after = if is_new_kept {
            storing.bytes(&new).map_err(|error| unjournaled(&error))?.sha256
        } else {
            Digest::of(&new)
        };
        let mode = 0o666 & !self.manner.umask;
        let attributes =
            old.as_ref().map_or(Attributes { mode, ..Attributes::default() }, |old| old.attributes.clone());
        let after =
            State::File { sha256: Some(after), bytes: new.len() as u64, kept: is_new_kept, attributes };
        let step = Self::set(&leaf, seen.state.clone(), Some(after));
        let begun = self.begin(storing, ticket, step)?;
        let like = old.as_ref().map_or(Like::New(mode), |old| Like::Old(&old.attributes, self.keep()));
        let temp = aside(ticket.id);
        if let Err(refusal) = stage::file(&leaf, &temp, &new, like) {
            let _left_to_the_next_start = remove::clear(&leaf.dir, &temp);
            begun.undone();
            return Err(refusal);
        }
        self.happen(&leaf, &seen, begun, ticket, Some(Ready)).map(Some)
    }

    fn keep_old(
        &self,
        leaf: &Leaf,
        old: &Old,
        new_bytes: u64,
        storing: &crate::journal::Storing<'_>,
        ticket: &Ticket<'_>,
    ) -> Result<(Seen, bool), Refusal> {
        let is_kept = self.fits(&leaf.place, old.size.saturating_add(new_bytes))? == Storage::Kept;
        let Some(bytes) = &old.bytes else {
            let camera = Camera {
                storing: is_kept.then_some(storing),
                go_on: ticket.go_on,
                progress: ticket.progress,
            };
            return Ok((camera.take(leaf, &leaf.name)?, is_kept));
        };
        let sha256 = if is_kept {
            storing.bytes(bytes).map_err(|error| unjournaled(&error))?.sha256
        } else {
            Digest::of(bytes)
        };
        let state = State::File {
            sha256: Some(sha256),
            bytes: old.size,
            kept: is_kept,
            attributes: old.attributes.clone(),
        };
        Ok((Seen { state, identities: vec![old.identity] }, is_kept))
    }
}

fn old(leaf: &Leaf, ticket: &Ticket<'_>) -> Result<Option<Old>, Refusal> {
    let refused = |error: io::Error| leaf.refused(&error);
    let Some(stat) = leaf.stat().map_err(refused)? else { return Ok(None) };
    let shown = leaf.place.shown();
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Symlink => {
            let says = format!(
                "{shown} is a link, and nothing is written through a link; name the file it leads to"
            );
            return Err(Refusal::failed(Code::IsLink, says));
        }
        FileType::Directory => {
            let says = format!("{shown} is a directory; name a file in it");
            return Err(Refusal::failed(Code::IsDirectory, says));
        }
        _ => {
            let says = "must be a regular file";
            return Err(Refusal::argument(&*leaf.place.argument, Code::NotRegular, says));
        }
    }
    let mut file = leaf.open(&leaf.name, OFlags::empty()).map_err(refused)?;
    let stat = rustix::fs::fstat(&file).map_err(|error| refused(error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(leaf.changed_meanwhile());
    }
    leaf.place.files.shield.content(&leaf.spot, &file, u64::try_from(stat.st_size).unwrap_or_default())?;
    if stat.st_nlink > 1 {
        let says = format!(
            "{shown} has {} names (hard links), and writing it would change or part them, so it is left alone; copy it and delete this name first",
            stat.st_nlink
        );
        return Err(Refusal::failed(Code::SeveralNames, says));
    }
    let attributes = attributes::of(&file, &stat).map_err(refused)?;
    let mut bytes = Vec::new();
    while bytes.len() <= limits::EDIT_BYTES_MAX {
        (ticket.go_on)()?;
        let room = (limits::EDIT_BYTES_MAX + 1 - bytes.len()).min(1 << 20);
        if (&mut file).take(room as u64).read_to_end(&mut bytes).map_err(refused)? == 0 {
            break;
        }
    }
    let identity = Identity::of(&stat);
    let is_whole = bytes.len() <= limits::EDIT_BYTES_MAX;
    let size = if is_whole { bytes.len() as u64 } else { u64::try_from(stat.st_size).unwrap_or_default() };
    Ok(Some(Old { bytes: is_whole.then_some(bytes), size, attributes, identity }))
}
