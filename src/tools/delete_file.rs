//! `delete_file`: away with a file or a directory, and into the journal.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    change::{noted, ticketed},
};
use crate::{
    guard::Draft,
    policy::Effect,
    refusal::Refusal,
    sandbox::{Changes, changes::Depth},
    sanitize::path::FilePath,
};

/// Deletes.
#[derive(Debug)]
pub struct DeleteFile;

/// The arguments of `delete_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteFileArgs {
    // The file or directory.
    path: FilePath,
    // a directory with all that is in it
    recursive: Option<bool>,
}

impl Tool for DeleteFile {
    const NAME: &'static str = "delete_file";
    const TITLE: &'static str = "Delete file";
    const DESCRIPTION: &'static str =
        "Delete a file or an empty directory, or with recursive a directory and all that is in it.";
    const EFFECT: Effect = Effect::WritesDisk;
    type Args = DeleteFileArgs;
    type Needs = Changes;

    async fn run(
        &self,
        args: DeleteFileArgs,
        changes: Changes,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let place = changes.files.place(&args.path)?;
        let shown = place.shown();
        call.detail("path", shown.as_str());
        let depth = if args.recursive == Some(true) { Depth::Recursive } else { Depth::Empty };
        let change = call
            .blocking(move |call| ticketed(call, Self::NAME, |ticket| changes.delete(&place, depth, ticket)))
            .await?;
        call.detail("change", change.id.as_str());
        Ok(noted(Draft::text(format!("Successfully deleted {shown}")), &change, ""))
    }
}
