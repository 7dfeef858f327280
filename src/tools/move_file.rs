//! `move_file`: another name for a file or a directory.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    change::{noted, ticketed},
};
use crate::{guard::Draft, policy::Effect, refusal::Refusal, sandbox::Changes, sanitize::path::FilePath};

/// Moves or renames.
#[derive(Debug)]
pub struct MoveFile;

/// The arguments of `move_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveFileArgs {
    // What is moved.
    source: FilePath,
    // Its new path.
    destination: FilePath,
}

impl Tool for MoveFile {
    const NAME: &'static str = "move_file";
    const TITLE: &'static str = "Move file";
    const DESCRIPTION: &'static str =
        "Move or rename a file or directory. Fails if the destination exists: it is the new path itself.";
    const EFFECT: Effect = Effect::WritesDisk;
    type Args = MoveFileArgs;
    type Needs = Changes;

    async fn run(&self, args: MoveFileArgs, changes: Changes, call: &CallContext) -> Result<Draft, Refusal> {
        let from = changes.files.place_of("source", &args.source)?;
        let to = changes.files.place_of("destination", &args.destination)?;
        call.detail("path", from.shown());
        call.detail("destination", to.shown());
        let says = format!("Successfully moved {} to {}", from.shown(), to.shown());
        let change = call
            .blocking(move |call| ticketed(call, Self::NAME, |ticket| changes.rename(&from, &to, ticket)))
            .await?;
        call.detail("change", change.id.as_str());
        Ok(noted(Draft::text(says), &change, ""))
    }
}
