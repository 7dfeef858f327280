//! What can be called, and how each kind of it is made ready.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use crate::{
    caller::Caller,
    guard::Draft,
    policy::{Permit, Subject},
    prompts::{self, PromptArgs, Prompts},
    refusal::{Kind, Refusal},
    resources::{self, Resources},
    sandbox::World,
    sanitize::args::Arguments,
    tools::{Catalog, Lane, Ready, catalog::Row},
};

/// What a call is for, with its arguments as they came.
#[derive(Clone, Debug)]
pub enum Target {
    /// `tools/call`.
    Tool {
        /// Which.
        name: String,
        /// With what.
        args: Arguments,
    },
    /// `resources/read`.
    Resource {
        /// Which.
        uri: String,
    },
    /// `prompts/get`.
    Prompt {
        /// Which.
        name: String,
        /// With what.
        args: PromptArgs,
    },
    /// `completion/complete`.
    Completion {
        /// Of what.
        of: Completes,
        /// Which argument.
        argument: String,
        /// What was typed of it.
        typed: String,
    },
}

/// What has an argument to be completed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Completes {
    /// The prompt of this name.
    Prompt(String),
    /// The template with this address.
    Template(String),
}

impl Target {
    /// The method, as events name it.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Tool { .. } => "tools/call",
            Self::Resource { .. } => "resources/read",
            Self::Prompt { .. } => "prompts/get",
            Self::Completion { .. } => "completion/complete",
        }
    }

    /// What was asked for, as the client wrote it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Tool { name, .. }
            | Self::Prompt { name, .. }
            | Self::Resource { uri: name }
            | Self::Completion { of: Completes::Prompt(name) | Completes::Template(name), .. } => name,
        }
    }

    /// Puts the tool's own name in the place of an alias, so that whatever is decided, counted or
    /// written down goes by one name. Returns the alias.
    pub(super) fn settle(&mut self, tools: &Catalog) -> Option<String> {
        let Self::Tool { name, .. } = self else { return None };
        let own = tools.find(name)?.definition().name;
        (own != name).then(|| std::mem::replace(name, own.to_owned()))
    }

    /// Equal for calls that ask for the same thing with the same arguments.
    /// Keyed by chance, so that nobody outside can make two calls collide.
    #[must_use]
    pub fn likeness(&self) -> u64 {
        static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        match self {
            Self::Tool { name, args } => KEYS.hash_one((name, args)),
            Self::Resource { uri } => KEYS.hash_one(("resource", uri)),
            Self::Prompt { name, args } => KEYS.hash_one(("prompt", name, &args.0)),
            Self::Completion { of, argument, typed } => KEYS.hash_one((of, argument, typed)),
        }
    }
}

/// Everything that can be called.
#[derive(Debug, Default)]
pub struct Offers {
    /// The tools.
    pub tools: Catalog,
    /// The prompts.
    pub prompts: Prompts,
    /// The resources.
    pub resources: Resources,
}

/// One thing that can be called.
pub(super) enum Offer<'a> {
    Tool(&'a Row),
    Prompt(&'a prompts::Row),
    Resource(&'a resources::Row),
}

impl Offers {
    pub(super) fn find(&self, target: &Target, world: &World) -> Result<Offer<'_>, Refusal> {
        match target {
            Target::Tool { name, .. } => {
                let row = self.tools.find(name).filter(|row| row.tool().is_possible(world));
                row.map(Offer::Tool).ok_or(Refusal::Unknown { kind: Kind::Tool })
            }
            Target::Prompt { name, .. } | Target::Completion { of: Completes::Prompt(name), .. } => {
                self.prompts.find(name).map(Offer::Prompt).ok_or(Refusal::Unknown { kind: Kind::Prompt })
            }
            Target::Resource { uri } | Target::Completion { of: Completes::Template(uri), .. } => {
                self.resources.find(uri).map(Offer::Resource).ok_or(Refusal::Unknown { kind: Kind::Resource })
            }
        }
    }
}

impl Offer<'_> {
    pub(super) fn subject(&self) -> Subject<'_> {
        match self {
            Self::Tool(row) => row.definition().subject(),
            Self::Prompt(row) => row.definition().subject(),
            Self::Resource(row) => row.source().subject(),
        }
    }

    /// Where its runs are counted.
    pub(super) fn lane(&self) -> Result<&Lane, Refusal> {
        let lane = match self {
            Self::Tool(row) => row.lane(),
            Self::Prompt(row) => row.lane(),
            Self::Resource(row) => row.lane(),
        };
        if lane.is_switched_off() { Err(Refusal::ToolDisabled) } else { Ok(lane) }
    }

    pub(super) fn prepare(
        &self,
        permit: Permit,
        caller: &Caller,
        target: Target,
        world: &World,
    ) -> Result<Ready, Refusal> {
        match (self, target) {
            (Self::Tool(row), Target::Tool { args, .. }) => row.tool().prepare(permit, caller, args, world),
            (Self::Prompt(row), Target::Prompt { args, .. }) => row.prompt().prepare(permit, caller, args),
            (Self::Prompt(row), Target::Completion { argument, typed, .. }) => {
                Ok(row.prompt().prepare_completion(permit, argument, typed))
            }
            (Self::Resource(row), Target::Resource { uri }) => {
                row.source().prepare(permit, caller, uri, world)
            }
            // A template has nothing to suggest.
            (Self::Resource(_), Target::Completion { .. }) => {
                Ok(Ready::new(permit, |_| async { Ok(Draft::new()) }))
            }
            // `find` pairs each offer with its target; there is no other pair.
            (_, target) => {
                Err(Refusal::Broke { cause: format!("{} met another kind of offer", target.method()) })
            }
        }
    }
}
