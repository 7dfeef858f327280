//! `write_file`: a new file, or the whole of an old one.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    change::{is_as_seen, noted, ticketed},
};
use crate::{
    guard::Draft,
    journal::Digest,
    limits,
    policy::Effect,
    refusal::Refusal,
    sandbox::{Changes, changes::Old},
    sanitize::{
        marks,
        path::FilePath,
        text::{Line, Text},
    },
};

/// Writes a file.
#[derive(Debug)]
pub struct WriteFile;

/// The arguments of `write_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WriteFileArgs {
    // its directory must exist
    path: FilePath,
    // all that is to be in it
    content: Text<{ limits::MESSAGE_BYTES_MAX }>,
    /// Refuse if the file's tag is another.
    if_match: Option<Line<64>>,
}

impl Tool for WriteFile {
    const NAME: &'static str = "write_file";
    const TITLE: &'static str = "Write file";
    const DESCRIPTION: &'static str = "Create a file in a directory that exists, or replace the whole content of one. To change a part, use edit_file.";
    const EFFECT: Effect = Effect::ReplacesOnDisk;
    type Args = WriteFileArgs;
    type Needs = Changes;

    async fn run(&self, args: WriteFileArgs, changes: Changes, call: &CallContext) -> Result<Draft, Refusal> {
        let place = changes.files.place(&args.path)?;
        let shown = place.shown();
        call.detail("path", shown.as_str());
        let new = args.content.into_string();
        let tag = changes.marker.tag(&shown, Digest::of(new.as_bytes()).as_str());
        let wanted = args.if_match;
        let change = call
            .blocking(move |call| {
                ticketed(call, Self::NAME, |ticket| {
                    changes.replace(&place, ticket, |old: Option<&Old>| {
                        let bytes = old.and_then(|old| old.bytes.as_deref());
                        is_as_seen(&changes, &place.shown(), bytes, wanted.as_ref().map(Line::as_str))?;
                        marks::unexplained(&new, bytes.unwrap_or_default())?;
                        let new = new.into_bytes();
                        Ok((bytes != Some(new.as_slice())).then_some(new))
                    })
                })
            })
            .await?;
        let draft = Draft::text(format!("Successfully wrote to {shown}"));
        Ok(match change {
            Some(change) => {
                call.detail("change", change.id.as_str());
                noted(draft, &change, &format!("; tag {tag}"))
            }
            None => draft.note(format!("[it held exactly that already; tag {tag}]")),
        })
    }
}
