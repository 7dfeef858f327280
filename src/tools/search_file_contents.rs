//! `search_file_contents`: lines that match, in the files below a directory.

use std::{fmt::Write as _, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool, left_out};
use crate::{
    guard::Draft,
    limits,
    policy::Effect,
    refusal::Refusal,
    sandbox::{
        Files,
        files::{Line, LineKind, Matches, Names, Place, Search, Seen, Stopped, Watch},
    },
    sanitize::{
        glob::Glob,
        integer::Integer,
        marks::Marker,
        path::FilePath,
        pattern::{Case, Pattern, Syntax},
        text::Text,
    },
};

/// Searches the contents of files.
#[derive(Debug)]
pub struct SearchFileContents;

/// The arguments of `search_file_contents`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SearchFileContentsArgs {
    // the directory or the file to search
    path: FilePath,
    // what a line must hold
    query: Text<{ limits::search::QUERY_BYTES_MAX }>,
    /// query is a regular expression.
    is_regex: Option<bool>,
    /// Such as *.rs, src/**/*.rs or !*.min.js.
    glob: Option<Glob>,
    /// Lines around each match.
    context_lines: Option<Integer<0, { limits::search::CONTEXT_LINES_MAX }>>,
    /// True if not given.
    case_sensitive: Option<bool>,
    /// 100 if not given.
    max_results: Option<Integer<1, { limits::search::MATCHES_MAX }>>,
}

impl Tool for SearchFileContents {
    const NAME: &'static str = "search_file_contents";
    const TITLE: &'static str = "Search file contents";
    const DESCRIPTION: &'static str = "Find lines in files, as NUMBER:LINE below the path of each. Not searched: what .gitignore leaves out, binaries, lines that hold a secret.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = SearchFileContentsArgs;
    type Needs = (Files, Arc<Marker>);

    async fn run(
        &self,
        args: SearchFileContentsArgs,
        (files, marker): Self::Needs,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let names = names(args.glob.as_ref())?;
        let matches_max = args.max_results.map_or(limits::search::MATCHES_DEFAULT, Integer::as_usize);
        let context = args.context_lines.map_or(0, Integer::as_usize);
        let matches = call
            .blocking(move |call| {
                let syntax = if args.is_regex == Some(true) { Syntax::Regex } else { Syntax::Literal };
                let case = if args.case_sensitive == Some(false) { Case::Ignored } else { Case::Sensitive };
                let pattern = Pattern::compile(args.query.as_str(), syntax, case)
                    .map_err(|broken| Refusal::Argument { argument: "query".to_owned(), broken })?;
                let room = limits::RESULT_BYTES_DEFAULT;
                run(&place, &Search { pattern, names, marker, context, matches_max, room }, call)
            })
            .await?;
        call.detail("entries", matches.seen.entries);
        call.detail("files", matches.seen.files);
        call.detail("results", matches.files.len());
        Ok(draft(&matches, context))
    }
}

/// Which files a glob means. As for ripgrep, one without `/` means names, at any depth.
fn names(glob: Option<&Glob>) -> Result<Names, Refusal> {
    let Some(raw) = glob.map(Glob::as_str) else { return Ok(Names::All) };
    let but = raw.strip_prefix('!');
    let text = but.unwrap_or(raw);
    let text = match text.strip_prefix('/') {
        Some(anchored) => anchored.to_owned(),
        None if text.contains('/') || text.is_empty() => text.to_owned(),
        None => format!("**/{text}"),
    };
    let glob =
        Glob::try_from(text).map_err(|broken| Refusal::Argument { argument: "glob".to_owned(), broken })?;
    Ok(if but.is_some() { Names::AllBut(glob) } else { Names::Only(glob) })
}

fn run(place: &Place, search: &Search, call: &CallContext) -> Result<Matches, Refusal> {
    place.search(search, Watch { go_on: &|| call.go_on(), step: &|done, found| progress(done, found, call) })
}

#[allow(clippy::cast_precision_loss, reason = "no search looks at so much")]
fn progress(done: u64, found: usize, call: &CallContext) {
    call.progress(done as f64, None, Some(&format!("{found} found")));
}

fn draft(matches: &Matches, context: usize) -> Draft {
    let mut draft = if matches.files.is_empty() && matches.stopped.is_none() {
        Draft::text("No matches found").note(searched(&matches.seen))
    } else {
        Draft::text(text(matches, context))
    };
    if let Some(Stopped { path, line, is_full }) = &matches.stopped {
        let why = if *is_full { "`maxResults` is reached" } else { "no more fits" };
        let more = if *is_full { "raise it, or " } else { "" };
        draft = draft.note(format!(
            "[{why}; the next matching line is {path}:{line}. To see more, {more}search a narrower `path`, `glob` or `query`]"
        ));
    }
    for note in notes(matches) {
        draft = draft.note(note);
    }
    left_out::note(draft, matches.skipped)
}

fn text(matches: &Matches, context: usize) -> String {
    let mut text = String::new();
    for file in &matches.files {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&file.path);
        text.push('\n');
        let mut next = None;
        for Line { number, kind, text: line, .. } in &file.lines {
            if context > 0 && next.is_some_and(|next| next != *number) {
                text.push_str("--\n");
            }
            next = Some(number + 1);
            let sign = if *kind == LineKind::Match { ':' } else { '-' };
            let _ = writeln!(text, "{number}{sign}{line}"); // writing to a string does not fail
        }
    }
    text
}

fn searched(seen: &Seen) -> String {
    match seen.files {
        0 => "[no file was searched: there is none, or none that `glob` means]".to_owned(),
        1 => "[1 file was searched]".to_owned(),
        files => format!("[{files} files were searched]"),
    }
}

/// What was not searched, and what is not shown as it is.
fn notes(matches: &Matches) -> impl Iterator<Item = String> {
    let Seen { ignored, binary, partly, unreadable, unfollowed, .. } = matches.seen;
    let lines = || matches.files.iter().flat_map(|file| &file.lines);
    let cut = lines().filter(|line| line.is_cut).count();
    let replaced = lines().filter(|line| line.is_replaced).count();
    let left_out: Vec<_> = [
        (ignored, "ignored by `.gitignore` or `.ignore` (name one as `path` to search in it)"),
        (binary, "binary"),
        (unreadable, "unreadable"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    let left_out = (!left_out.is_empty()).then(|| format!("[not searched: {}]", left_out.join(", ")));
    let note = |count: usize, says: String| (count > 0).then(|| format!("[{says}: {count}]"));
    let long = limits::search::LINE_BYTES_MAX >> 20;
    let shown = limits::search::SHOWN_LINE_BYTES_MAX;
    [
        left_out,
        note(partly, format!("files searched only up to a NUL byte, or to a line of more than {long} MiB")),
        note(unfollowed, "files of ignore rules that are too long and were followed in part".to_owned()),
        note(
            cut,
            format!(
                "lines of more than {shown} bytes, cut where … stands; `read_text_file` shows them whole"
            ),
        ),
        note(replaced, "lines with bytes that are not UTF-8, which U+FFFD stands for".to_owned()),
    ]
    .into_iter()
    .flatten()
}
