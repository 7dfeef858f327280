//! What differs between two versions of a file, as a unified diff.

use std::{borrow::Cow, collections::HashMap, time::Duration};

use similar::TextDiff;

use crate::{
    limits,
    sandbox::files::decode_text,
    sanitize::marks::{self, Marker, Marks, Tally},
};

/// How long a diff is refined; what comes then is right, but may be longer than it need be.
const PATIENCE: Duration = Duration::from_millis(500);
/// Lines around each difference, as in git.
const CONTEXT_LINES: usize = 3;

/// A diff, as it is shown.
pub(crate) struct Diff {
    /// In the shape of git, in a fence of as many backticks as it takes.
    pub(crate) text: String,
    /// Bytes of it that are left out.
    pub(crate) left_out: usize,
    /// What is marked in it.
    pub(crate) tally: Tally,
}

/// A version of a file, with what is marked in it. Marks are made before versions are compared,
/// because a secret of several lines is none any more once they are parted.
pub(crate) struct Version<'a> {
    text: Cow<'a, str>,
    marks: Marks,
}

impl<'a> Version<'a> {
    /// The bytes of a file.
    pub(crate) fn of(bytes: &'a [u8], marker: &Marker) -> Self {
        let text = decode_text(bytes).map_or_else(|| String::from_utf8_lossy(bytes), Cow::Owned);
        Self { marks: marker.marks(text.as_bytes()), text }
    }

    /// A text of which the marks are known. They are made anew if it is none, as what stands for
    /// its other bytes is longer.
    pub(crate) fn marked(text: &'a [u8], marks: &Marks, marker: &Marker) -> Self {
        match str::from_utf8(text) {
            Ok(text) => Self { text: Cow::Borrowed(text), marks: marks.clone() },
            Err(_) => Self::of(text, marker),
        }
    }
}

/// Compares two versions of the file that is shown as `shown`.
pub(crate) fn unified(shown: &str, old: &Version<'_>, new: &Version<'_>) -> Diff {
    let mut known = HashMap::new();
    let mut text = |version: &Version<'_>| {
        known.extend(version.marks.made().iter().map(|mark| (mark.what.to_string(), mark.what)));
        version.marks.shown(&version.text, 0..version.text.len())
    };
    let (old, new) = (text(old), text(new));
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&*old, &*new);
    let (from, to) = (format!("{shown}\toriginal"), format!("{shown}\tmodified"));
    let diff = diff.unified_diff().context_radius(CONTEXT_LINES).header(&from, &to).to_string();
    let mut body = format!("Index: {shown}\n{}\n{diff}", "=".repeat(67));
    if !body.ends_with('\n') {
        body.push('\n');
    }
    let whole = body.len();
    if whole > limits::DIFF_BYTES_MAX {
        body.truncate(body.floor_char_boundary(limits::DIFF_BYTES_MAX));
        body.truncate(body.rfind('\n').map_or(0, |end| end + 1));
    }
    let left_out = whole - body.len();
    let mut tally = Tally::default();
    for mark in marks::written(body.as_bytes()) {
        known.get(body.get(mark).unwrap_or_default()).into_iter().for_each(|what| tally.count(*what));
    }
    let mut fence = "```".to_owned();
    while body.contains(&fence) {
        fence.push('`');
    }
    Diff { text: format!("{fence}diff\n{body}{fence}\n\n"), left_out, tally }
}
