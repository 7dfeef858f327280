//! What can be called, and how each kind of it is made ready.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, LazyLock, atomic::AtomicUsize},
};

use crate::{
    caller::Caller,
    policy::{Permit, Subject},
    prompts::{AnyPrompt, PromptArgs, Prompts},
    refusal::{Kind, Refusal},
    resources::{Resources, Source},
    sandbox::World,
    sanitize::args::Arguments,
    tools::{Catalog, Ready, catalog::Row},
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
    /// `completion/complete` of a prompt's argument.
    Completion {
        /// Of which prompt.
        prompt: String,
        /// Which argument.
        argument: String,
        /// What was typed of it.
        typed: String,
    },
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
            Self::Tool { name, .. } | Self::Prompt { name, .. } => name,
            Self::Resource { uri } => uri,
            Self::Completion { prompt, .. } => prompt,
        }
    }

    /// Equal for calls that ask for the same thing with the same arguments.
    /// Keyed by chance, so that nobody outside can make two calls collide.
    #[must_use]
    pub fn likeness(&self) -> u64 {
        static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        match self {
            Self::Tool { name, args } => KEYS.hash_one((name, args.canonical())),
            Self::Resource { uri } => KEYS.hash_one(("resource", uri)),
            Self::Prompt { name, args } => KEYS.hash_one(("prompt", name, &args.0)),
            Self::Completion { prompt, argument, typed } => KEYS.hash_one((prompt, argument, typed)),
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
    Prompt(&'a dyn AnyPrompt),
    Resource(&'a dyn Source),
}

impl Offers {
    pub(super) fn find(&self, target: &Target, world: &World) -> Result<Offer<'_>, Refusal> {
        match target {
            Target::Tool { name, .. } => self
                .tools
                .find(name)
                .filter(|row| row.tool().is_possible(world))
                .map(Offer::Tool)
                .ok_or(Refusal::Unknown { kind: Kind::Tool }),
            Target::Prompt { name, .. } | Target::Completion { prompt: name, .. } => {
                self.prompts.find(name).map(Offer::Prompt).ok_or(Refusal::Unknown { kind: Kind::Prompt })
            }
            Target::Resource { uri } => {
                self.resources.find(uri).map(Offer::Resource).ok_or(Refusal::Unknown { kind: Kind::Resource })
            }
        }
    }
}

impl Offer<'_> {
    pub(super) fn subject(&self) -> Subject<'_> {
        match self {
            Self::Tool(row) => row.definition().subject(),
            Self::Prompt(prompt) => Subject {
                kind: Kind::Prompt,
                name: prompt.definition().name,
                effect: crate::policy::Effect::Pure,
            },
            Self::Resource(source) => source.subject(),
        }
    }

    /// Where runs that outlive their call are counted.
    pub(super) fn overdue(&self) -> Result<Arc<AtomicUsize>, Refusal> {
        match self {
            Self::Tool(row) if row.is_switched_off() => Err(Refusal::ToolDisabled),
            Self::Tool(row) => Ok(row.overdue()),
            Self::Prompt(_) | Self::Resource(_) => Ok(Arc::default()),
        }
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
            (Self::Prompt(prompt), Target::Prompt { args, .. }) => prompt.prepare(permit, caller, args),
            (Self::Prompt(prompt), Target::Completion { argument, typed, .. }) => {
                Ok(prompt.prepare_completion(permit, argument, typed))
            }
            (Self::Resource(source), Target::Resource { uri }) => source.prepare(permit, caller, uri, world),
            // `find` pairs each offer with its target; there is no other pair.
            (_, target) => {
                Err(Refusal::Broke { cause: format!("{} met another kind of offer", target.method()) })
            }
        }
    }
}
