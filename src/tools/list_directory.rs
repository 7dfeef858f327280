//! `list_directory`: the names in one directory.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool};
use crate::{
    guard::Draft, limits, policy::Effect, refusal::Refusal, sandbox::Files, sanitize::path::FilePath,
};

/// Lists a directory.
#[derive(Debug)]
pub struct ListDirectory;

/// The arguments of `list_directory`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListDirectoryArgs {
    // The directory.
    path: FilePath,
}

impl Tool for ListDirectory {
    const NAME: &'static str = "list_directory";
    const TITLE: &'static str = "List directory";
    const DESCRIPTION: &'static str = "List what is in a directory: [FILE] name or [DIR] name on each line.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = ListDirectoryArgs;
    type Needs = Files;

    async fn run(&self, args: ListDirectoryArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let listing = call.blocking(move |call| place.list(&|| call.go_on())).await?;
        call.detail("entries", listing.counted);
        let (text, shown) = listing.lines(limits::RESULT_BYTES_MAX);
        let draft = Draft::text(text).at_most(limits::RESULT_BYTES_MAX);
        Ok(match (shown, listing.counted) {
            (_, 0) => draft.note("[the directory is empty]"),
            (shown, counted) if shown < counted => {
                let most = if counted >= limits::WALK_ENTRIES_MAX { " or more" } else { "" };
                draft.note(format!(
                    "[the first {shown} of {counted}{most} names are shown; find others with `search_files` and a `pattern` such as `a*`]"
                ))
            }
            _ => draft,
        })
    }
}
