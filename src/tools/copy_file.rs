//! `copy_file`: a second one of a file or a directory.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    change::{noted, ticketed},
};
use crate::{guard::Draft, policy::Effect, refusal::Refusal, sandbox::Changes, sanitize::path::FilePath};

/// Copies.
#[derive(Debug)]
pub struct CopyFile;

/// The arguments of `copy_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyFileArgs {
    // What is copied.
    source: FilePath,
    // The path of the copy.
    destination: FilePath,
}

impl Tool for CopyFile {
    const NAME: &'static str = "copy_file";
    const TITLE: &'static str = "Copy file";
    const DESCRIPTION: &'static str =
        "Copy a file, or a directory with all that is in it. Fails if the destination exists.";
    const EFFECT: Effect = Effect::AddsToDisk;
    type Args = CopyFileArgs;
    type Needs = Changes;

    async fn run(&self, args: CopyFileArgs, changes: Changes, call: &CallContext) -> Result<Draft, Refusal> {
        let from = changes.files.place_of("source", &args.source)?;
        let to = changes.files.place_of("destination", &args.destination)?;
        call.detail("path", from.shown());
        call.detail("destination", to.shown());
        let says = format!("Successfully copied {} to {}", from.shown(), to.shown());
        let (change, copied) = call
            .blocking(move |call| ticketed(call, Self::NAME, |ticket| changes.copy(&from, &to, ticket)))
            .await?;
        call.detail("change", change.id.as_str());
        call.detail("entries", copied.entries);
        call.detail("bytes", copied.bytes);
        let mut draft = Draft::text(says);
        if copied.odd > 0 {
            draft = draft.note(format!("[{} sockets, pipes or devices were not copied]", copied.odd));
        }
        if copied.protected > 0 {
            draft = draft.note(format!("[{} protected places were not copied]", copied.protected));
        }
        Ok(noted(draft, &change, &format!(": {} entries, {} bytes", copied.entries, copied.bytes)))
    }
}
