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
pub mod live;
pub mod penalty;
pub mod quota;
pub mod rate;
pub mod seats;
pub mod secret;
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
    /// Makes new things beneath a root, and touches nothing that is there. Twice is once.
    AddsToDisk,
    /// Replaces things beneath a root by what the arguments say, and twice is once.
    ReplacesOnDisk,
    /// Changes what is beneath a root, and twice is not once.
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
            Self::AddsToDisk | Self::ReplacesOnDisk | Self::WritesDisk => "writes disk",
            Self::ReadsNet => "reads net",
        }
    }

    /// Changes something that outlives the call.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::AddsToDisk | Self::ReplacesOnDisk | Self::WritesDisk)
    }

    /// Must be on record before it starts: it writes, or reaches out.
    #[must_use]
    pub const fn is_announced(self) -> bool {
        self.writes() || matches!(self, Self::ReadsNet)
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
    /// The tools that reach the same: whoever may not call all of them may not
    /// have this. Empty for a tool, which stands for itself.
    pub like: &'a [&'a str],
}

/// The tools that between them show what stands in files and directories.
pub const READS_FILES: &[&str] = &["read_text_file", "read_media_file", "list_directory"];

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
        let is_covered = |name: &str| {
            self.offer.as_ref().is_none_or(|globs| globs.is_match(name)) && caller.reach.covers_tool(name)
        };
        let may_write = !(self.read_only || caller.reach.read_only);
        match subject.kind {
            Kind::Tool => is_covered(subject.name) && (may_write || !subject.effect.writes()),
            Kind::Prompt | Kind::Resource => subject.like.iter().all(|name| is_covered(name)),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use globset::Glob;

    use super::*;
    use crate::{
        caller::{Door, Identity, Reach},
        policy::quota::{Authentication, Settings},
        refusal::Code,
    };

    fn tool(name: &str, effect: Effect) -> Subject<'_> {
        Subject { kind: Kind::Tool, name, effect, like: &[] }
    }

    fn globs(glob: &str) -> GlobSet {
        GlobSet::builder().add(Glob::new(glob).unwrap()).build().unwrap()
    }

    fn holder(reach: Reach) -> Caller {
        Caller {
            identity: Identity::Key("laptop".into()),
            door: Door::Http,
            peer: None,
            reach: Arc::new(reach),
        }
    }

    #[test]
    fn what_the_owner_does_not_offer_exists_for_nobody() {
        let policy = Policy { offer: Some(globs("read_*")), ..Policy::default() };
        let parent = Caller::parent();
        assert!(policy.shows(&parent, tool("read_text_file", Effect::ReadsDisk)));
        assert!(!policy.shows(&parent, tool("list_directory", Effect::ReadsDisk)));
    }

    #[test]
    fn a_tool_that_writes_is_hidden_when_the_server_or_the_key_only_reads() {
        let write = tool("write_file", Effect::WritesDisk);
        let fetch = tool("fetch", Effect::ReadsNet);
        let reader = holder(Reach { read_only: true, ..Reach::default() });
        let writer = holder(Reach::default());
        let (open, read_only) = (Policy::default(), Policy { read_only: true, ..Policy::default() });
        assert!(open.shows(&writer, write));
        assert!(!open.shows(&reader, write));
        assert!(!read_only.shows(&writer, write));
        assert!(read_only.shows(&reader, fetch));
    }

    #[test]
    fn a_tool_beyond_a_key_is_as_unknown_as_one_that_does_not_exist() {
        let policy = Policy::default();
        let guest = holder(Reach { tools: Some(globs("read_*")), ..Reach::default() });
        let refused = policy.admit(&guest, tool("list_directory", Effect::ReadsDisk), 0).unwrap_err();
        assert_eq!(refused, Refusal::Unknown { kind: Kind::Tool });
    }

    #[test]
    fn a_resource_goes_with_the_tool_that_reads_the_same() {
        let policy = Policy::default();
        let guest = holder(Reach { tools: Some(globs("hello_*")), ..Reach::default() });
        let reader = holder(Reach { tools: Some(globs("read_*")), ..Reach::default() });
        let both = holder(Reach { tools: Some(globs("{read,list}_*")), ..Reach::default() });
        let resource = |effect, like| Subject { kind: Kind::Resource, name: "resources/read", effect, like };
        assert!(!policy.shows(&guest, resource(Effect::ReadsDisk, READS_FILES)));
        assert!(!policy.shows(&reader, resource(Effect::ReadsDisk, READS_FILES)));
        assert!(policy.shows(&both, resource(Effect::ReadsDisk, READS_FILES)));
        assert!(policy.shows(&holder(Reach::default()), resource(Effect::ReadsDisk, READS_FILES)));
        assert!(policy.shows(&guest, resource(Effect::Pure, &[])));
    }

    #[test]
    fn a_call_of_what_is_hidden_is_never_counted() {
        let quota = Quota::new(&Settings::default(), Authentication::Required);
        let policy = Policy { quota, ..Policy::default() };
        let guest = holder(Reach { tools: Some(globs("read_*")), ..Reach::default() });
        for _ in 0..1_000 {
            let refused = policy.admit(&guest, tool("write_file", Effect::WritesDisk), 7).unwrap_err();
            assert_eq!(refused.code(), Code::UnknownTool);
        }
        let admitted = |_: &u32| policy.admit(&guest, tool("read_text_file", Effect::ReadsDisk), 7).is_ok();
        assert_eq!((0..60).filter(admitted).count(), 60);
        let refused = policy.admit(&guest, tool("read_text_file", Effect::ReadsDisk), 7).unwrap_err();
        assert_eq!(refused.code(), Code::LimitRepeat);
    }
}
