//! What can be offered as a prompt, with completion of its arguments.
//!
//! A prompt is a call like any other: it needs a permit, and leaves an event.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use crate::{
    caller::Caller,
    guard::{Block, Draft},
    policy::{Effect, Permit, Subject},
    refusal::{Code, Kind, Refusal},
    tools::{CallContext, Lane, Ready},
};

/// One argument of a prompt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PromptArgument {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Whether the prompt cannot do without it.
    pub required: bool,
}

/// The arguments of one `prompts/get`, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PromptArgs(pub BTreeMap<String, String>);

impl PromptArgs {
    /// The argument of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A prompt that a client can offer to its user.
pub trait Prompt: Send + Sync + 'static {
    /// Its name.
    const NAME: &'static str;
    /// A short name for people.
    const TITLE: &'static str;
    /// What it is for.
    const DESCRIPTION: &'static str;
    /// Its arguments.
    const ARGUMENTS: &'static [PromptArgument];

    /// The messages, with the arguments put in.
    fn get(
        &self,
        args: PromptArgs,
        call: &CallContext,
    ) -> impl Future<Output = Result<Draft, Refusal>> + Send;

    /// What `typed` could become as the value of `argument`.
    fn complete(
        &self,
        _argument: &str,
        _typed: &str,
        _call: &CallContext,
    ) -> impl Future<Output = Result<Vec<String>, Refusal>> + Send {
        async { Ok(Vec::new()) }
    }
}

/// What a client is told about a prompt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PromptDefinition {
    /// See [`Prompt::NAME`].
    pub name: &'static str,
    /// See [`Prompt::TITLE`].
    pub title: &'static str,
    /// See [`Prompt::DESCRIPTION`].
    pub description: &'static str,
    /// See [`Prompt::ARGUMENTS`].
    pub arguments: &'static [PromptArgument],
}

/// A [`Prompt`] without its type.
pub trait AnyPrompt: Send + Sync {
    /// What a client is told.
    fn definition(&self) -> PromptDefinition;

    /// Makes `prompts/get` ready to run.
    ///
    /// # Errors
    ///
    /// [`Refusal::Argument`] for an argument that is missing or unknown.
    fn prepare(&self, permit: Permit, caller: &Caller, args: PromptArgs) -> Result<Ready, Refusal>;

    /// Makes `completion/complete` ready to run. Each block of the draft is one value.
    fn prepare_completion(&self, permit: Permit, argument: String, typed: String) -> Ready;
}

struct Erased<P>(Arc<P>);

impl<P: Prompt> AnyPrompt for Erased<P> {
    fn definition(&self) -> PromptDefinition {
        PromptDefinition {
            name: P::NAME,
            title: P::TITLE,
            description: P::DESCRIPTION,
            arguments: P::ARGUMENTS,
        }
    }

    fn prepare(&self, permit: Permit, _: &Caller, args: PromptArgs) -> Result<Ready, Refusal> {
        if let Some(missing) = P::ARGUMENTS.iter().find(|a| a.required && !args.0.contains_key(a.name)) {
            return Err(Refusal::argument(missing.name, Code::MissingArgument, "is required"));
        }
        let is_known = |name: &String| P::ARGUMENTS.iter().any(|a| a.name == name);
        if let Some(unknown) = args.0.keys().find(|name| !is_known(name)) {
            let says = "is not an argument of this prompt";
            return Err(Refusal::argument(unknown.escape_default().to_string(), Code::UnknownArgument, says));
        }
        let prompt = Arc::clone(&self.0);
        Ok(Ready::new(permit, move |call| async move { prompt.get(args, &call).await }))
    }

    fn prepare_completion(&self, permit: Permit, argument: String, typed: String) -> Ready {
        let prompt = Arc::clone(&self.0);
        Ready::new(permit, move |call| async move {
            let values = prompt.complete(&argument, &typed, &call).await?;
            Ok(values.into_iter().fold(Draft::new(), |draft, value| draft.and(Block::Text(value))))
        })
    }
}

/// One prompt of a server.
pub(crate) struct Row {
    prompt: Box<dyn AnyPrompt>,
    lane: Lane,
}

impl Row {
    pub(crate) fn prompt(&self) -> &dyn AnyPrompt {
        self.prompt.as_ref()
    }

    pub(crate) fn definition(&self) -> PromptDefinition {
        self.prompt.definition()
    }

    pub(crate) const fn lane(&self) -> &Lane {
        &self.lane
    }
}

/// Every prompt of one server, in the order in which they were added.
#[derive(Default)]
pub struct Prompts {
    rows: Vec<Row>,
}

impl std::fmt::Debug for Prompts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.definitions()).finish()
    }
}

impl Prompts {
    /// Adds a prompt.
    pub fn add<P: Prompt>(&mut self, prompt: P) {
        self.rows.push(Row { prompt: Box::new(Erased(Arc::new(prompt))), lane: Lane::new(P::NAME) });
    }

    /// The prompt of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.definition().name == name)
    }

    /// What a client is told of each.
    pub fn definitions(&self) -> impl Iterator<Item = PromptDefinition> {
        self.rows.iter().map(Row::definition)
    }
}

impl PromptDefinition {
    /// How the policy sees it.
    #[must_use]
    pub const fn subject(&self) -> Subject<'static> {
        Subject { kind: Kind::Prompt, name: self.name, effect: Effect::Pure, like: &[] }
    }
}
