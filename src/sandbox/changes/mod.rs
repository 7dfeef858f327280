//! Changes beneath the roots that can be taken back.
//!
//! Every change goes the same way: what stands there is captured into the
//! journal, the change is put on record, what is new is made ready beside its
//! place and synced, and one rename makes it happen. What that rename moved
//! aside is compared with what was captured, and put back if somebody else was
//! faster. Only then it goes. Killed at any moment, a process leaves the old or
//! the new, and a record by which [`Changes::recover`] clears up.

mod attributes;
mod capture;
mod guarded;
mod leaf;
mod make;
mod recover;
mod remove;
mod replace;
mod stage;
mod transplant;
mod undo;

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, sync::Arc};

use jiff::Timestamp;

pub use make::Copied;
pub use recover::Recovered;
pub use remove::Depth;
pub use replace::Old;
pub use undo::{Insist, Mismatch, Undone};

use super::{
    Needs, World,
    files::{Files, Place},
};
use crate::{
    caller::Reach,
    journal::{Begun, Change, Journal, State, Step, Storing},
    refusal::{Code, Refusal},
    sanitize::marks::Marker,
};
use attributes::Keep;
use capture::{Camera, Seen};
use leaf::Leaf;

/// How files are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Manner {
    /// An edit is refused if the owner or an extended attribute cannot be kept.
    pub keep_owner: bool,
    /// The permission bits that a new file does not get.
    pub umask: u32,
}

impl Default for Manner {
    fn default() -> Self {
        Self { keep_owner: true, umask: 0o022 }
    }
}

/// The roots, and the journal of what is changed there.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The roots within reach.
    pub files: Files,
    /// Where old bytes go.
    pub journal: Arc<Journal>,
    /// How files are written.
    pub manner: Manner,
    /// What of a file its readers are not shown.
    pub marker: Arc<Marker>,
}

impl Needs for Changes {
    fn is_met(world: &World) -> bool {
        world.journal.is_some() && world.files.has_writable()
    }

    fn take(world: &World, reach: &Reach) -> Self {
        let journal = world.journal.clone().unwrap_or_else(|| Arc::new(Journal::nowhere()));
        Self {
            files: world.files.within(reach),
            journal,
            manner: world.manner,
            marker: Arc::clone(&world.marker),
        }
    }

    fn reads_files() -> bool {
        true
    }
}

/// For whom a change is made, and how it stays in touch.
#[derive(Clone, Copy)]
pub struct Ticket<'a> {
    /// The id of the call, and of the change.
    pub id: &'a str,
    /// Who calls, in the words of the log.
    pub who: &'a str,
    /// Which tool.
    pub tool: &'a str,
    /// The change that is taken back by it.
    pub undoes: Option<&'a str>,
    /// Asked between two steps until the change happens.
    pub go_on: &'a dyn Fn() -> Result<(), Refusal>,
    /// Told how many entries were seen, now and then.
    pub progress: &'a dyn Fn(usize),
}

impl std::fmt::Debug for Ticket<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket").field("id", &self.id).field("tool", &self.tool).finish_non_exhaustive()
    }
}

/// The name of the root in which a place lies.
fn root_of(place: &str) -> Option<&str> {
    place.split_once(":/").map(|(name, _)| name)
}

/// The name beside a place where what is new is made ready, and where what was there goes.
fn aside(id: &str) -> OsString {
    format!(".mcp-server-{id}.tmp").into()
}

impl Changes {
    /// Puts a change of what stands at `place` on record.
    fn begin(&self, storing: Storing<'_>, ticket: &Ticket<'_>, step: Step) -> Result<Begun, Refusal> {
        storing.begin(self.change(ticket, step)).map_err(|error| unjournaled(&error))
    }

    fn change(&self, ticket: &Ticket<'_>, step: Step) -> Change {
        let mut change = Change {
            id: ticket.id.to_owned(),
            at: Timestamp::now(),
            tool: ticket.tool.to_owned(),
            who: ticket.who.to_owned(),
            undoes: ticket.undoes.map(str::to_owned),
            recovered: false,
            roots: BTreeMap::new(),
            step,
        };
        let names: Vec<String> = change.places().filter_map(root_of).map(str::to_owned).collect();
        for name in names {
            if let Some(directory) = self.files.directory(&name) {
                change.roots.insert(name, directory.to_path_buf());
            }
        }
        change
    }

    /// Whether the places of `change` lie in the roots within reach, and these are still the same directories.
    #[must_use]
    pub fn reaches(&self, change: &Change) -> bool {
        change.places().all(|place| {
            let name = root_of(place);
            name.is_some_and(|name| {
                let was = change.roots.get(name).map(PathBuf::as_path);
                was.is_some() && was == self.files.directory(name)
            })
        })
    }

    /// Refuses what would not fit in the journal before anything is done.
    fn fits(&self, place: &Place, bytes: u64) -> Result<Storage, Refusal> {
        let settings = self.journal.settings();
        if bytes <= settings.max_bytes {
            return Ok(Storage::Kept);
        }
        if settings.allow_larger {
            return Ok(Storage::Left);
        }
        let says = format!(
            "{}: {bytes} bytes are more than the journal holds ({} bytes), so this could not be undone; change less at once, or the owner can raise `journal.max_bytes` or set `journal.allow_larger = true`",
            place.shown(),
            settings.max_bytes
        );
        Err(Refusal::failed(Code::NotUndoable, says))
    }

    fn keep(&self) -> Keep {
        if self.manner.keep_owner { Keep::All } else { Keep::WhatCanBe }
    }

    /// What stands at `leaf`, with its bytes in the journal if they fit there.
    fn capture(&self, leaf: &Leaf, storing: &Storing<'_>, ticket: &Ticket<'_>) -> Result<Seen, Refusal> {
        let camera = Camera { storing: None, go_on: ticket.go_on, progress: ticket.progress };
        let bytes = camera.bytes(leaf)?;
        let kept = self.fits(&leaf.place, bytes)? == Storage::Kept;
        Camera { storing: kept.then_some(storing), ..camera }.take(leaf, &leaf.name)
    }

    fn set(leaf: &Leaf, before: State, after: Option<State>) -> Step {
        Step::Set { place: leaf.place.shown(), before, after }
    }

    /// Keeps the journal within its window, now and then.
    fn tidy(&self) {
        if self.journal.wants_pruning()
            && let Err(error) = self.journal.prune(Timestamp::now())
        {
            tracing::warn!("the journal could not be pruned: {error}");
        }
    }
}

/// Whether the old bytes are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Storage {
    Kept,
    Left,
}

/// What a caller is told when the journal fails: nothing has happened.
fn unjournaled(error: &std::io::Error) -> Refusal {
    let says = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "the journal's disk is full, so this could not be undone; nothing was changed"
        }
        _ => "the journal cannot be written, so this could not be undone; nothing was changed",
    };
    Refusal::Failed { code: Code::Io, says: says.into(), cause: Some(error.to_string()) }
}
