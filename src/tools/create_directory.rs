//! `create_directory`: a directory, and those above it that are missing.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    change::{noted, ticketed},
};
use crate::{guard::Draft, policy::Effect, refusal::Refusal, sandbox::Changes, sanitize::path::FilePath};

/// Makes a directory.
#[derive(Debug)]
pub struct CreateDirectory;

/// The arguments of `create_directory`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDirectoryArgs {
    // The directory.
    path: FilePath,
}

impl Tool for CreateDirectory {
    const NAME: &'static str = "create_directory";
    const TITLE: &'static str = "Create directory";
    const DESCRIPTION: &'static str =
        "Create a directory, and those above it that are missing. It is fine if it exists.";
    const EFFECT: Effect = Effect::AddsToDisk;
    type Args = CreateDirectoryArgs;
    type Needs = Changes;

    async fn run(
        &self,
        args: CreateDirectoryArgs,
        changes: Changes,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let place = changes.files.place(&args.path)?;
        let shown = place.shown();
        call.detail("path", shown.as_str());
        let change = call
            .blocking(move |call| {
                ticketed(call, Self::NAME, |ticket| changes.create_directory(&place, ticket))
            })
            .await?;
        let draft = Draft::text(format!("Successfully created directory {shown}"));
        Ok(match change {
            Some(change) => {
                call.detail("change", change.id.as_str());
                noted(draft, &change, "")
            }
            None => draft.note("[it was there already]"),
        })
    }
}
