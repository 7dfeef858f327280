//! Who may do what, and how much of it.
//!
//! [`Policy::admit`] is the only maker of a [`Permit`]. A permit is spent by
//! the one run it was given for: it is neither `Clone` nor `Copy`, and its
//! field is private.
//!
//! ```compile_fail
//! // Nobody makes a permit for himself.
//! let permit = mcp_server::policy::Permit { _made_by_admit: () };
//! ```
//!
//! Nothing here reads a disk, and the only clock is the monotonic one that the
//! limiters are built with: setting the wall clock changes no limit.

pub mod keys;
pub mod penalty;
pub mod quota;
pub mod rate;
pub mod seats;
pub mod source;
pub mod table;

use globset::GlobSet;

use crate::{
    caller::Caller,
    refusal::{Kind, Refusal},
};
use quota::Quota;

/// What a tool does to the world. Everything else that is said of a tool (its
/// annotations, whether `--read-only` hides it, whether `tool_started` is
/// written first) follows from this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Computes.
    Pure,
    /// Reads beneath a root.
    ReadsDisk,
    /// Writes beneath a root.
    WritesDisk,
    /// Fetches from the network.
    ReadsNet,
}

impl Effect {
    /// The words of `mcp-server tools list`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pure => "pure",
            Self::ReadsDisk => "reads disk",
            Self::WritesDisk => "writes disk",
            Self::ReadsNet => "reads net",
        }
    }

    /// Changes something that outlives the call.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::WritesDisk)
    }

    /// Must be on record before it starts: it writes, or reaches out.
    #[must_use]
    pub const fn is_announced(self) -> bool {
        matches!(self, Self::WritesDisk | Self::ReadsNet)
    }
}

/// What is to be admitted.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// A tool, a prompt or a resource.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// What it does to the world.
    pub effect: Effect,
}

/// Proof that this one run was admitted.
#[derive(Debug)]
pub struct Permit {
    _made_by_admit: (),
}

/// What the owner offers, and how much of it.
#[derive(Debug, Default)]
pub struct Policy {
    /// Tools that write are hidden.
    pub read_only: bool,
    /// Which tools are offered, by name; `None` is all.
    pub offer: Option<GlobSet>,
    /// How much.
    pub quota: Quota,
}

impl Policy {
    /// Whether `subject` exists for `caller`. What is hidden cannot be called.
    #[must_use]
    pub fn shows(&self, caller: &Caller, subject: Subject<'_>) -> bool {
        let offered = self.offer.as_ref().is_none_or(|globs| globs.is_match(subject.name));
        let writable = !(self.read_only || caller.reach.read_only);
        match subject.kind {
            Kind::Tool => {
                offered && caller.reach.covers_tool(subject.name) && (writable || !subject.effect.writes())
            }
            Kind::Prompt | Kind::Resource => true,
        }
    }

    /// Decides whether this call may run. `likeness` is equal for equal
    /// arguments, so that repetition can be counted.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unknown`] when the subject does not exist for this caller,
    /// [`Refusal::Limited`] when a limit is reached.
    pub fn admit(&self, caller: &Caller, subject: Subject<'_>, likeness: u64) -> Result<Permit, Refusal> {
        if !self.shows(caller, subject) {
            return Err(Refusal::Unknown { kind: subject.kind });
        }
        self.quota.charge_call(caller, subject, likeness)?;
        Ok(Permit { _made_by_admit: () })
    }
}
