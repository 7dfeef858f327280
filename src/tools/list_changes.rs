//! `list_changes`: what was changed lately, and can be taken back.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool, change::is_for};
use crate::{
    guard::Draft,
    journal::Change,
    limits,
    policy::Effect,
    refusal::Refusal,
    sandbox::{Changes, files::Place},
    sanitize::{integer::Integer, path::FilePath},
};

/// Lists changes.
#[derive(Debug)]
pub struct ListChanges;

/// The arguments of `list_changes`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListChangesArgs {
    /// Only at or below this path.
    path: Option<FilePath>,
    /// 20 if not given.
    max_results: Option<Integer<1, { limits::CHANGES_LISTED_MAX }>>,
}

impl Tool for ListChanges {
    const NAME: &'static str = "list_changes";
    const TITLE: &'static str = "List changes";
    const DESCRIPTION: &'static str =
        "List what was changed lately, newest first, with the id that undo_change takes.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = ListChangesArgs;
    type Needs = Changes;

    async fn run(
        &self,
        args: ListChangesArgs,
        changes: Changes,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let below = args.path.as_ref().map(|path| changes.files.place(path)).transpose()?;
        let most = args.max_results.map_or(limits::CHANGES_LISTED_DEFAULT, Integer::as_usize);
        let (lines, is_more) = call
            .blocking(move |call| {
                let all = changes.journal.changes()?;
                let mut wanted = all
                    .take_while(|_| !call.is_cancelled())
                    .filter(|change| is_for(change, call.caller(), &changes))
                    .filter(|change| below.as_ref().is_none_or(|place| is_below(change, place)));
                let lines: Vec<String> =
                    wanted.by_ref().take(most).map(|change| change.to_string()).collect();
                let is_more = wanted.next().is_some();
                call.go_on()?;
                Ok((lines, is_more))
            })
            .await?;
        call.detail("changes", lines.len());
        if lines.is_empty() {
            return Ok(Draft::text("No changes"));
        }
        let draft = Draft::text(lines.join("\n"));
        Ok(if is_more {
            draft.note(format!("[the newest {most} are shown; raise `maxResults`, or name a `path`]"))
        } else {
            draft
        })
    }
}

fn is_below(change: &Change, place: &Place) -> bool {
    let shown = place.shown();
    let within = if shown.ends_with('/') { shown.clone() } else { format!("{shown}/") };
    change.places().any(|place| place == shown || place.starts_with(&within))
}
