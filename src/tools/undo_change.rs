//! `undo_change`: puts back what a change replaced.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    change::{is_for, noted, ticketed},
    diff::{self, Version},
};
use crate::{
    guard::Draft,
    policy::Effect,
    refusal::{Code, Refusal},
    sandbox::{
        Changes,
        changes::{Insist, Mismatch, Undone},
    },
    sanitize::{marks::Marker, text::Line},
};

/// Undoes a change.
#[derive(Debug)]
pub struct UndoChange;

/// The arguments of `undo_change`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoChangeArgs {
    // the change
    id: Line<64>,
    /// Also if the file was changed since.
    force: Option<bool>,
}

impl Tool for UndoChange {
    const NAME: &'static str = "undo_change";
    const TITLE: &'static str = "Undo change";
    const DESCRIPTION: &'static str = "Put back what a change replaced, moved or deleted.";
    const EFFECT: Effect = Effect::WritesDisk;
    type Args = UndoChangeArgs;
    type Needs = Changes;

    async fn run(
        &self,
        args: UndoChangeArgs,
        changes: Changes,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let id = args.id.into_string();
        call.detail("undoes", id.as_str());
        let insist = if args.force == Some(true) { Insist::Yes } else { Insist::No };
        let (wanted, marker) = (id.clone(), Arc::clone(&changes.marker));
        let undone = call
            .blocking(move |call| {
                let change = changes.journal.change(&wanted)?;
                let change = change.filter(|change| is_for(change, call.caller(), &changes));
                let Some(change) = change else {
                    let says = "there is no such change; `list_changes` shows those that can be undone";
                    return Err(Refusal::argument("id", Code::UnknownChange, says));
                };
                ticketed(call, Self::NAME, |ticket| changes.undo(&change, insist, ticket))
            })
            .await?;
        match undone {
            Undone::Done(change) => {
                call.detail("change", change.id.as_str());
                call.detail("path", change.deed());
                Ok(noted(Draft::text(format!("Successfully undid {id}")), &change, ""))
            }
            Undone::Changed(mismatch) => Err(Refusal::failed(Code::Changed, said(&mismatch, &marker))),
        }
    }
}

/// What stands in the way, with the diff where both sides are known.
fn said(mismatch: &Mismatch, marker: &Marker) -> String {
    let Mismatch { place, left, found, bytes } = mismatch;
    let what = match (left.is_there(), found.is_there()) {
        (true, false) => "is gone since",
        (false, true) => "is there again since",
        _ => "was changed since",
    };
    let diff = match bytes {
        Some((left, found)) => {
            let [left, found] = [left, found].map(|bytes| Version::of(bytes, marker));
            format!(":\n{}", diff::unified(place, &left, &found).text)
        }
        None => String::new(),
    };
    let sentence = format!("{place} {what}, so nothing was undone; `force` undoes it all the same");
    if diff.is_empty() { sentence } else { format!("{sentence}{diff}") }
}
