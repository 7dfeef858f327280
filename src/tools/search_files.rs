//! `search_files`: names that match a glob, below one directory.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool};
use crate::{
    guard::Draft,
    limits,
    policy::Effect,
    refusal::{Code, Refusal},
    sandbox::{
        Files,
        files::{Place, Skipped},
    },
    sanitize::{glob::Glob, integer::Integer, path::FilePath},
};

/// Searches names below a directory.
#[derive(Debug)]
pub struct SearchFiles;

/// The arguments of `search_files`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SearchFilesArgs {
    /// The directory to search.
    path: FilePath,
    /// A glob for paths below it: *.md in the directory itself, **/*.md at any depth.
    pattern: Glob,
    /// Globs for paths to leave out, with all that is below them.
    #[schemars(length(max = limits::SEARCH_EXCLUDES_MAX))]
    exclude_patterns: Option<Vec<Glob>>,
    /// How many results at most; 200 if not given.
    max_results: Option<Integer<1, { limits::SEARCH_RESULTS_MAX }>>,
}

impl Tool for SearchFiles {
    const NAME: &'static str = "search_files";
    const TITLE: &'static str = "Search files";
    const DESCRIPTION: &'static str = "Find files and directories by name below a directory. Hidden ones are found too, links are not followed.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = SearchFilesArgs;
    type Needs = Files;

    async fn run(&self, args: SearchFilesArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let search = Search {
            pattern: args.pattern,
            excluded: args.exclude_patterns.unwrap_or_default(),
            results_max: args.max_results.map_or(limits::SEARCH_RESULTS_DEFAULT, Integer::as_usize),
        };
        if search.excluded.len() > limits::SEARCH_EXCLUDES_MAX {
            let says = format!("must have at most {} patterns", limits::SEARCH_EXCLUDES_MAX);
            return Err(Refusal::argument("excludePatterns", Code::TooLong, says));
        }
        let results_max = search.results_max;
        let hits = call.blocking(move |call| search.run(&place, call)).await?;
        call.detail("entries", hits.seen);
        call.detail("results", hits.lines.len());
        Ok(hits.draft(results_max))
    }
}

struct Search {
    pattern: Glob,
    excluded: Vec<Glob>,
    results_max: usize,
}

/// What a search came back with.
struct Hits {
    /// Sorted.
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
        let mut walk = place.walk()?;
        let mut hits =
            Hits { lines: Vec::new(), is_full: false, is_large: false, seen: 0, skipped: Skipped::default() };
        let mut room = limits::RESULT_BYTES_DEFAULT;
        while let Some(found) = walk.next(&|| call.go_on())? {
            if walk.seen().is_multiple_of(limits::PROGRESS_ENTRIES) {
                progress(walk.seen(), hits.lines.len(), call);
            }
            if self.excluded.iter().any(|glob| glob.is_match(&found.path)) {
                continue;
            }
            if self.pattern.is_match(&found.path) {
                let line = place.shown_below(&found.path);
                hits.is_full = hits.lines.len() >= self.results_max;
                hits.is_large = line.len() + 1 > room;
                if hits.is_full || hits.is_large {
                    break;
                }
                room -= line.len() + 1;
                hits.lines.push(line);
            }
            walk.enter(&found);
        }
        hits.lines.sort_unstable();
        hits.seen = walk.seen();
        hits.skipped = walk.skipped();
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
                "[stopped after {results_max} results, in no particular order; {most}search a narrower `path` or `pattern`]"
            ));
        } else if self.is_large {
            draft =
                draft.note("[stopped because no more results fit; search a narrower `path` or `pattern`]");
        }
        let Skipped { deep, unreadable, crowded, ended } = self.skipped;
        if deep > 0 {
            draft = draft.note(format!(
                "[{deep} directories deeper than {} levels were not searched; search again with one of them as `path`]",
                limits::WALK_DEPTH_MAX
            ));
        }
        if unreadable > 0 {
            draft = draft.note(format!("[{unreadable} directories could not be read]"));
        }
        if crowded > 0 {
            draft = draft.note(format!(
                "[{crowded} directories were left out because there are too many; search a narrower `path`]"
            ));
        }
        if ended {
            draft = draft.note(format!(
                "[stopped after {} entries; search a narrower `path`]",
                limits::WALK_ENTRIES_MAX
            ));
        }
        draft
    }
}
