//! `list_directory_with_sizes`: the names in one directory, and how large the files are.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool};
use crate::{
    guard::Draft,
    limits,
    policy::Effect,
    refusal::Refusal,
    sandbox::{
        Files,
        files::{Kind, Measured, Order, SizedListing},
    },
    sanitize::path::FilePath,
};

/// Lists a directory with sizes.
#[derive(Debug)]
pub struct ListDirectoryWithSizes;

/// The arguments of `list_directory_with_sizes`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListDirectoryWithSizesArgs {
    // The directory.
    path: FilePath,
    /// By name if not given.
    sort_by: Option<SortBy>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SortBy {
    #[default]
    Name,
    Size,
}

impl From<SortBy> for Order {
    fn from(by: SortBy) -> Self {
        match by {
            SortBy::Name => Self::Name,
            SortBy::Size => Self::Size,
        }
    }
}

impl Tool for ListDirectoryWithSizes {
    const NAME: &'static str = "list_directory_with_sizes";
    const TITLE: &'static str = "List directory with sizes";
    const DESCRIPTION: &'static str = "List a directory with sizes and totals.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = ListDirectoryWithSizesArgs;
    type Needs = Files;

    async fn run(
        &self,
        args: ListDirectoryWithSizesArgs,
        files: Files,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let order = args.sort_by.unwrap_or_default().into();
        let listing = call.blocking(move |call| place.list_sized(order, &call.steps())).await?;
        call.detail("entries", listing.counted);
        Ok(draft(&listing))
    }
}

fn draft(listing: &SizedListing) -> Draft {
    let sum = sum(listing);
    let mut text = String::new();
    let mut shown = 0;
    for entry in &listing.entries {
        let line = line(entry);
        if text.len() + line.len() + sum.len() + 2 > limits::RESULT_BYTES_MAX {
            break;
        }
        text.push_str(&line);
        text.push('\n');
        shown += 1;
    }
    text.push_str(&sum);
    let mut draft = Draft::text(text).at_most(limits::RESULT_BYTES_MAX);
    let counted = listing.counted;
    if shown < counted {
        let most = if counted >= limits::WALK_ENTRIES_MAX { " or more" } else { "" };
        draft = draft.note(format!(
            "[the first {shown} of {counted}{most} entries are shown; find others with `search_files` and a `pattern` such as `a*`]"
        ));
    }
    if listing.unsized_files > 0 {
        draft = draft.note(format!("[the system does not tell the size of {} files]", listing.unsized_files));
    }
    draft
}

fn line(entry: &Measured) -> String {
    let Measured { kind, name, size } = entry;
    let mut line = format!("{} {name:<30} ", kind.label());
    // writing to a string does not fail
    let _ = match size {
        Some(size) => write!(line, "{:>10}", human(*size)),
        None if *kind == Kind::File => write!(line, "{:>10}", "unknown"),
        None => Ok(()),
    };
    line
}

fn sum(listing: &SizedListing) -> String {
    let SizedListing { counted, files, directories, bytes, .. } = listing;
    let others = match counted - files - directories {
        0 => String::new(),
        others => format!(", {others} others"),
    };
    format!("\nTotal: {files} files, {directories} directories{others}\nCombined size: {}", human(*bytes))
}

/// A size as the reference server writes it: `1023 B`, `1.00 KB`, halves rounded up.
fn human(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    let Some((unit, name)) = UNITS.iter().find(|(unit, _)| bytes >= *unit) else {
        return format!("{bytes} B");
    };
    let unit = u128::from(*unit);
    let hundredths = (u128::from(bytes) * 100 + unit / 2) / unit;
    format!("{}.{:02} {name}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_people_know_them() {
        for (bytes, written) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.00 KB"),
            (1_152, "1.13 KB"), // a tie: 1.125
            (1_048_575, "1024.00 KB"),
            (1_048_576, "1.00 MB"),
            (5 << 30, "5.00 GB"),
            (3 << 49, "1536.00 TB"),
            (u64::MAX, "16777216.00 TB"),
        ] {
            assert_eq!(human(bytes), written);
        }
    }
}
