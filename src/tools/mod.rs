//! What a model can call.
//!
//! A [`Tool`] names its arguments as proven types and its needs as parts of
//! the world; everything else (schema, annotations, visibility, checks,
//! limits, events) follows. [`AnyTool`] is the same thing with its types
//! erased, so that a table can hold it.
//!
//! Running needs a [`Permit`], and one permit is one run:
//!
//! ```
//! use mcp_server::{caller::Caller, policy::Permit, sandbox::World, sanitize::args::Arguments, tools::AnyTool};
//! fn once(tool: &dyn AnyTool, permit: Permit, caller: &Caller, world: &World) {
//!     let _ = tool.prepare(permit, caller, Arguments::default(), world);
//! }
//! ```
//!
//! ```compile_fail
//! use mcp_server::{caller::Caller, policy::Permit, sandbox::World, sanitize::args::Arguments, tools::AnyTool};
//! // No permit, no run.
//! fn without(tool: &dyn AnyTool, permit: (), caller: &Caller, world: &World) {
//!     let _ = tool.prepare(permit, caller, Arguments::default(), world);
//! }
//! ```
//!
//! ```compile_fail
//! use mcp_server::{caller::Caller, policy::Permit, sandbox::World, sanitize::args::Arguments, tools::AnyTool};
//! // A permit is spent by the first run.
//! fn twice(tool: &dyn AnyTool, permit: Permit, caller: &Caller, world: &World) {
//!     let _ = tool.prepare(permit, caller, Arguments::default(), world);
//!     let _ = tool.prepare(permit, caller, Arguments::default(), world);
//! }
//! ```

mod built_in;
pub mod catalog;
mod change;
pub mod context;
mod copy_file;
mod create_directory;
mod delete_file;
pub(crate) mod diff;
mod directory_tree;
mod edit_file;
mod excluded;
mod get_file_info;
mod hello_world;
mod lane;
mod left_out;
pub mod lint;
mod list_allowed_directories;
mod list_changes;
mod list_directory;
mod list_directory_with_sizes;
pub mod mailbox;
mod move_file;
mod naming;
mod read_media_file;
mod read_multiple_files;
mod read_text_file;
mod search_file_contents;
mod search_files;
pub mod settings;
mod undo_change;
mod write_file;

use std::{fmt, future::Future, pin::Pin};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use built_in::{add_built_in_tools, add_file_tools, add_writing_tools};
pub use catalog::Catalog;
pub use context::{CallContext, LogLevel};
pub use copy_file::CopyFile;
pub use create_directory::CreateDirectory;
pub use delete_file::DeleteFile;
pub use directory_tree::DirectoryTree;
pub use edit_file::EditFile;
pub use get_file_info::GetFileInfo;
pub use hello_world::HelloWorld;
pub(crate) use lane::{Lane, WeakRun};
pub use list_allowed_directories::ListAllowedDirectories;
pub use list_changes::ListChanges;
pub use list_directory::ListDirectory;
pub use list_directory_with_sizes::ListDirectoryWithSizes;
pub use move_file::MoveFile;
pub use read_media_file::ReadMediaFile;
pub use read_multiple_files::ReadMultipleFiles;
pub use read_text_file::ReadTextFile;
pub use search_file_contents::SearchFileContents;
pub use search_files::SearchFiles;
pub use undo_change::UndoChange;
pub use write_file::WriteFile;

use crate::{
    caller::Caller,
    guard::Draft,
    policy::{Effect, Permit, Subject},
    refusal::{Kind, Refusal},
    sandbox::{Needs, World},
    sanitize::args::Arguments,
};

/// Something a model can call.
pub trait Tool: Send + Sync + 'static {
    /// The name: at most 40 characters of `[a-z0-9_]`.
    const NAME: &'static str;
    /// Further names that it answers to: those that clients know from elsewhere. They are never
    /// listed, and who may call the tool is decided by its own name.
    const ALIASES: &'static [&'static str] = &[];
    /// A short name for people.
    const TITLE: &'static str;
    /// What it does, for the model, in plain visible characters.
    const DESCRIPTION: &'static str;
    /// What it does to the world.
    const EFFECT: Effect;
    /// The arguments: a struct with `#[serde(deny_unknown_fields)]` whose fields are proven types.
    type Args: DeserializeOwned + JsonSchema + Send + 'static;
    /// The parts of the world it needs, or `()`.
    type Needs: Needs;

    /// Does the work.
    fn run(
        &self,
        args: Self::Args,
        world: Self::Needs,
        call: &CallContext,
    ) -> impl Future<Output = Result<Draft, Refusal>> + Send;
}

/// What a client is told about a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// See [`Tool::NAME`].
    pub name: &'static str,
    /// See [`Tool::TITLE`].
    pub title: &'static str,
    /// See [`Tool::DESCRIPTION`].
    pub description: &'static str,
    /// See [`Tool::EFFECT`].
    pub effect: Effect,
    /// The schema of its arguments, within the portable subset ([`lint`]).
    pub schema: Map<String, Value>,
}

/// The four annotations of MCP, derived from the [`Effect`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "the protocol has these four")]
pub struct Annotations {
    /// Changes nothing.
    pub read_only: bool,
    /// May destroy what was there.
    pub destructive: bool,
    /// Twice is once.
    pub idempotent: bool,
    /// Meets things outside the owner's control.
    pub open_world: bool,
}

impl From<Effect> for Annotations {
    fn from(effect: Effect) -> Self {
        Self {
            read_only: !effect.writes(),
            destructive: effect.writes() && effect != Effect::AddsToDisk,
            idempotent: effect != Effect::WritesDisk,
            open_world: matches!(effect, Effect::ReadsNet),
        }
    }
}

/// A run under way.
pub type Running = Pin<Box<dyn Future<Output = Result<Draft, Refusal>> + Send>>;

/// A call whose arguments are proven and whose permit is spent: all that is left is to run it.
pub struct Ready {
    run: Box<dyn FnOnce(CallContext) -> Running + Send>,
    _spent: Permit,
}

impl Ready {
    /// Spends `permit` on `work`.
    pub fn new<W, F>(permit: Permit, work: W) -> Self
    where
        W: FnOnce(CallContext) -> F + Send + 'static,
        F: Future<Output = Result<Draft, Refusal>> + Send + 'static,
    {
        Self { run: Box::new(move |call| Box::pin(work(call))), _spent: permit }
    }

    /// Runs it. The future ends in what the tool refuses, or its draft.
    #[must_use]
    pub fn run(self, call: CallContext) -> Running {
        (self.run)(call)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready")
    }
}

/// A [`Tool`] without its types.
pub trait AnyTool: Send + Sync {
    /// What a client is told.
    fn definition(&self) -> &Definition;

    /// Whether the world has what the tool needs.
    fn is_possible(&self, world: &World) -> bool;

    /// Turns raw arguments into proven ones, and a permit into a run.
    ///
    /// # Errors
    ///
    /// [`Refusal::Argument`] naming argument and rule.
    fn prepare(
        &self,
        permit: Permit,
        caller: &Caller,
        args: Arguments,
        world: &World,
    ) -> Result<Ready, Refusal>;
}

/// Erases a tool's types.
pub(crate) struct Erased<T> {
    tool: std::sync::Arc<T>,
    definition: Definition,
}

impl<T: Tool> Erased<T> {
    pub(crate) fn new(tool: T) -> Self {
        let definition = Definition {
            name: T::NAME,
            title: T::TITLE,
            description: T::DESCRIPTION,
            effect: T::EFFECT,
            schema: lint::portable_schema::<T::Args>(),
        };
        Self { tool: std::sync::Arc::new(tool), definition }
    }
}

impl<T: Tool> AnyTool for Erased<T> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_possible(&self, world: &World) -> bool {
        T::Needs::is_met(world)
    }

    fn prepare(
        &self,
        permit: Permit,
        caller: &Caller,
        args: Arguments,
        world: &World,
    ) -> Result<Ready, Refusal> {
        let args: T::Args = args.prove(&self.definition.schema)?;
        let part = T::Needs::take(world, &caller.reach);
        let tool = std::sync::Arc::clone(&self.tool);
        Ok(Ready::new(permit, move |call| async move { tool.run(args, part, &call).await }))
    }
}

impl Definition {
    /// How the policy sees it.
    #[must_use]
    pub const fn subject(&self) -> Subject<'_> {
        Subject { kind: Kind::Tool, name: self.name, effect: self.effect, like: &[] }
    }
}
