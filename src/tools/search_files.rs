//! `search_files`: names that match a glob, below one directory.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool, excluded, left_out};
use crate::{
    guard::Draft,
    limits,
    policy::Effect,
    refusal::Refusal,
    sandbox::{
        Files,
        files::{Choice, Guide, Kind, Place, Skipped},
    },
    sanitize::{
        glob::{Glob, Globs},
        integer::Integer,
        path::FilePath,
    },
};

/// Searches names below a directory.
#[derive(Debug)]
pub struct SearchFiles;

/// The arguments of `search_files`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SearchFilesArgs {
    // the directory to search
    path: FilePath,
    /// A glob: *.md in the directory itself, **/*.md at any depth.
    pattern: Glob,
    /// Globs for paths to leave out.
    #[schemars(length(max = limits::SEARCH_EXCLUDES_MAX))]
    exclude_patterns: Option<Vec<Glob>>,
    /// 200 if not given.
    max_results: Option<Integer<1, { limits::SEARCH_RESULTS_MAX }>>,
}

impl Tool for SearchFiles {
    const NAME: &'static str = "search_files";
    const TITLE: &'static str = "Search files";
    const DESCRIPTION: &'static str = "Find files and directories by name below a directory.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = SearchFilesArgs;
    type Needs = Files;

    async fn run(&self, args: SearchFilesArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let results_max = args.max_results.map_or(limits::SEARCH_RESULTS_DEFAULT, Integer::as_usize);
        let excluded = excluded::patterns(args.exclude_patterns)?;
        let pattern = args.pattern;
        let hits = call
            .blocking(move |call| {
                Search { pattern, excluded: Globs::of(excluded), results_max }.run(&place, call)
            })
            .await?;
        call.detail("entries", hits.seen);
        call.detail("results", hits.lines.len());
        Ok(hits.draft(results_max))
    }
}

struct Search {
    pattern: Glob,
    excluded: Globs,
    results_max: usize,
}

/// Which names are looked for.
struct Wanted<'a> {
    search: &'a Search,
    call: &'a CallContext,
    seen: usize,
    found: usize,
    protected: usize,
}

impl Guide for Wanted<'_> {
    fn choose(&mut self, path: &Path, kind: Kind) -> Choice {
        self.seen += 1;
        if self.seen.is_multiple_of(limits::PROGRESS_ENTRIES) {
            progress(self.seen, self.found, self.call);
        }
        if self.search.excluded.is_match(path) {
            return Choice::default();
        }
        if kind == Kind::Protected {
            self.protected += 1;
            return Choice::default();
        }
        let is_wanted = self.search.pattern.is_match(path);
        self.found += usize::from(is_wanted);
        Choice { is_wanted, is_entered: kind == Kind::Directory }
    }
}

/// What a search came back with.
struct Hits {
    /// In the order of their paths.
    lines: Vec<String>,
    /// There are more than were wanted.
    is_full: bool,
    /// Not even those fit.
    is_large: bool,
    seen: usize,
    skipped: Skipped,
}

impl Search {
    fn run(&self, place: &Place, call: &CallContext) -> Result<Hits, Refusal> {
        let mut walk = place.walk(Wanted { search: self, call, seen: 0, found: 0, protected: 0 })?;
        let mut hits =
            Hits { lines: Vec::new(), is_full: false, is_large: false, seen: 0, skipped: Skipped::default() };
        let mut room = limits::RESULT_BYTES_DEFAULT;
        while let Some(found) = walk.next(&|| call.go_on())? {
            let line = place.shown_below(&found.path);
            hits.is_full = hits.lines.len() >= self.results_max;
            hits.is_large = line.len() + 1 > room;
            if hits.is_full || hits.is_large {
                break;
            }
            room -= line.len() + 1;
            hits.lines.push(line);
        }
        hits.seen = walk.seen();
        hits.skipped = walk.skipped();
        hits.skipped.protected += walk.guide().protected;
        Ok(hits)
    }
}

#[allow(clippy::cast_precision_loss, reason = "at most a million entries")]
fn progress(seen: usize, found: usize, call: &CallContext) {
    call.progress(seen as f64, None, Some(&format!("{found} found")));
}

impl Hits {
    fn draft(self, results_max: usize) -> Draft {
        let mut draft = if self.lines.is_empty() {
            Draft::text("No matches found")
        } else {
            Draft::text(self.lines.join("\n"))
        };
        if self.is_full {
            let most = if (results_max as u64) < limits::SEARCH_RESULTS_MAX.unsigned_abs() {
                "raise `maxResults`, or "
            } else {
                ""
            };
            draft = draft.note(format!(
                "[these are the first {results_max} results, in the order of their paths; {most}search a narrower `path` or `pattern`]"
            ));
        } else if self.is_large {
            draft =
                draft.note("[these are the first results, in the order of their paths; no more fit: search a narrower `path` or `pattern`]");
        }
        left_out::note(draft, self.skipped)
    }
}
