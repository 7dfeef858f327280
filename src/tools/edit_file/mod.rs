//! `edit_file`: replaces texts in a file, and nothing else in it.

mod matcher;
mod nearest;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool,
    change::{is_as_seen, noted, ticketed},
    diff::{self, Diff, Version},
};
use crate::{
    guard::Draft,
    journal::{Change, Digest},
    limits,
    policy::Effect,
    refusal::{Code, Refusal},
    sandbox::{
        Changes,
        changes::Old,
        files::{Body, Place},
    },
    sanitize::{
        marks::{self, Marker, Marks, View},
        path::FilePath,
        text::{Line, Text},
    },
};
use matcher::Lines;

/// Edits a text file.
#[derive(Debug)]
pub struct EditFile;

/// The arguments of `edit_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EditFileArgs {
    // The file.
    path: FilePath,
    /// Made in order, all or none.
    #[schemars(length(min = 1, max = limits::EDITS_MAX))]
    edits: Vec<Edit>,
    /// Only show the diff.
    dry_run: Option<bool>,
    /// Refuse if the file's tag is another.
    if_match: Option<Line<64>>,
}

// one text for another
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(inline)]
struct Edit {
    /// As it stands in the file.
    old_text: Text<{ limits::MESSAGE_BYTES_MAX }>,
    // what replaces it
    new_text: Text<{ limits::MESSAGE_BYTES_MAX }>,
    /// Everywhere; else oldText must occur once.
    replace_all: Option<bool>,
}

/// What an edit comes to.
struct Edited {
    diff: Diff,
    tag: String,
    change: Option<Change>,
    is_same: bool,
}

impl Tool for EditFile {
    const NAME: &'static str = "edit_file";
    const TITLE: &'static str = "Edit file";
    const DESCRIPTION: &'static str =
        "Replace texts in a file; the rest of it stays as it is. Returns a diff.";
    const EFFECT: Effect = Effect::WritesDisk;
    type Args = EditFileArgs;
    type Needs = Changes;

    async fn run(&self, args: EditFileArgs, changes: Changes, call: &CallContext) -> Result<Draft, Refusal> {
        check(&args.edits)?;
        let place = changes.files.place(&args.path)?;
        call.detail("path", place.shown());
        call.detail("edits", args.edits.len());
        let is_trial = args.dry_run == Some(true);
        let edited = call.blocking(move |call| run(&changes, &place, &args, is_trial, call)).await?;
        let Diff { text, left_out, tally } = edited.diff;
        let mut draft = Draft::text(text).marked(tally);
        if left_out > 0 {
            draft = draft.note(format!("[{left_out} more bytes of the diff are left out]"));
        }
        Ok(match edited.change {
            Some(change) => {
                call.detail("change", change.id.as_str());
                noted(draft, &change, &format!("; tag {}", edited.tag))
            }
            // a trial says the same of a guess that is right and of one that is wrong
            None if edited.is_same && !is_trial => {
                draft.note("[nothing was changed: the file reads like that already]")
            }
            None => draft.note(format!("[nothing was changed yet; the file's tag is {}]", edited.tag)),
        })
    }
}

fn check(edits: &[Edit]) -> Result<(), Refusal> {
    if edits.is_empty() {
        return Err(Refusal::argument("edits", Code::Empty, "must have at least one edit"));
    }
    if edits.len() > limits::EDITS_MAX {
        let says = format!("must have at most {} edits", limits::EDITS_MAX);
        return Err(Refusal::argument("edits", Code::TooLong, says));
    }
    match edits.iter().position(|edit| edit.old_text.as_str().is_empty()) {
        Some(place) => {
            let says = "must not be empty; `write_file` makes a new file";
            Err(Refusal::argument(format!("edits[{place}].oldText"), Code::Empty, says))
        }
        None => Ok(()),
    }
}

fn run(
    changes: &Changes,
    place: &Place,
    args: &EditFileArgs,
    is_trial: bool,
    call: &CallContext,
) -> Result<Edited, Refusal> {
    let shown = place.shown();
    let mut result = None;
    let mut make = |old: Option<&Old>| {
        let bytes = bytes(old, &shown)?;
        is_as_seen(changes, &shown, Some(bytes), args.if_match.as_ref().map(Line::as_str))?;
        let (new, diff) = edited(bytes, &args.edits, &shown, &changes.marker, call)?;
        let is_same = new == bytes;
        let digest = Digest::of(if is_trial { bytes } else { &new });
        result =
            Some(Edited { diff, tag: changes.marker.tag(&shown, digest.as_str()), change: None, is_same });
        Ok((!is_same).then_some(new))
    };
    let change = ticketed(call, EditFile::NAME, |ticket| {
        if is_trial {
            return make(changes.look(place, ticket)?.as_ref()).map(|_| None);
        }
        changes.replace(place, ticket, make)
    })?;
    let edited = result.ok_or_else(|| Refusal::Broke { cause: "an edit came to nothing".to_owned() })?;
    Ok(Edited { change, ..edited })
}

fn bytes<'a>(old: Option<&'a Old>, shown: &str) -> Result<&'a [u8], Refusal> {
    let Some(old) = old else {
        let says = format!("{shown}: nothing is there; `write_file` makes a new file");
        return Err(Refusal::failed(Code::NotFound, says));
    };
    old.bytes.as_deref().ok_or_else(|| {
        let says =
            format!("{shown} has {} bytes; at most {} can be edited", old.size, limits::EDIT_BYTES_MAX);
        Refusal::failed(Code::TooLarge, says)
    })
}

/// The bytes of the file after all edits, and what that changes.
fn edited(
    bytes: &[u8],
    edits: &[Edit],
    shown: &str,
    marker: &Marker,
    call: &CallContext,
) -> Result<(Vec<u8>, Diff), Refusal> {
    let body = Body::of(bytes)?;
    if str::from_utf8(&body.text).is_err() && edits.iter().any(|edit| !edit.new_text.as_str().is_ascii()) {
        let says = format!(
            "{shown} is not UTF-8, and nothing is written in an encoding that is a guess: `newText` must be ASCII"
        );
        return Err(Refusal::failed(Code::NotText, says));
    }
    let (mut text, mut marks) = (body.text.clone(), marker.marks(&body.text));
    let old = Version::marked(&body.text, &marks, marker);
    for (number, edit) in edits.iter().enumerate() {
        call.go_on()?;
        (text, marks) = one(&text, &marks, edit, marker).map_err(|refusal| match refusal {
            Refusal::Failed { code, says, cause } => {
                let says = format!("edits[{number}]: {says}; nothing was changed").into();
                Refusal::Failed { code, says, cause }
            }
            other => other,
        })?;
    }
    let new = body
        .with(&text)
        .ok_or_else(|| Refusal::failed(Code::NotText, "the text has no place in the file's encoding"))?;
    Ok((new, diff::unified(shown, &old, &Version::marked(&text, &marks, marker))))
}

/// One edit. A text with marks is looked for where its readers are shown them, any other in the
/// bytes, but in none of a secret: it could be guessed at.
fn one(text: &[u8], marks: &Marks, edit: &Edit, marker: &Marker) -> Result<(Vec<u8>, Marks), Refusal> {
    let (old, new) = (edit.old_text.as_str().as_bytes(), edit.new_text.as_str().as_bytes());
    let view = View::of(text, marks);
    let is_marked = marks::written(old).next().is_some();
    let lines = Lines::of(if is_marked { view.shown() } else { text });
    let behind = |place: Range<usize>| {
        if is_marked { view.behind(&place) } else { Some(place).filter(|place| !view.has_secret(place)) }
    };
    let mut starts = lines.starts(old).filter_map(behind);
    if starts.next().is_none() {
        let nearest = nearest::said(view.shown(), edit.old_text.as_str(), &|line| view.line_behind(line));
        return Err(Refusal::failed(Code::TextNotFound, format!("`oldText` does not occur; {nearest}\n")));
    }
    let is_all = edit.replace_all == Some(true);
    if !is_all && starts.next().is_some() {
        return Err(Refusal::failed(
            Code::TextNotUnique,
            several(&Lines::of(text), lines.starts(old).filter_map(behind)),
        ));
    }
    let edits = lines.places(old).filter_map(|place| {
        let new = lines.fitted(new, old, &place);
        behind(place).map(|behind| (behind, new))
    });
    let edits: Vec<_> = edits.take(limits::EDIT_PLACES_MAX + 1).collect();
    if edits.len() > limits::EDIT_PLACES_MAX {
        let says = format!(
            "`oldText` occurs at more than {} places; replace longer texts, or write the file anew",
            limits::EDIT_PLACES_MAX
        );
        return Err(Refusal::failed(Code::TooLarge, says));
    }
    view.edited(edits, marker, limits::EDIT_BYTES_MAX)
}

fn several(lines: &Lines<'_>, mut places: impl Iterator<Item = Range<usize>>) -> String {
    let numbers: Vec<_> = places
        .by_ref()
        .take(limits::PLACES_NAMED_MAX)
        .map(|place| lines.number(place.start).to_string())
        .collect();
    let more = if places.next().is_some() { " and more" } else { "" };
    format!(
        "`oldText` occurs more than once, at lines {}{more}; give more of what stands around it, or set `replaceAll`",
        numbers.join(", ")
    )
}
