//! `read_text_file`: a text file, or some of its lines.

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
        files::{Excerpt, Numbers, OpenedFile, Rest, Window},
    },
    sanitize::{integer::Integer, path::FilePath},
};

/// Reads a text file.
#[derive(Debug)]
pub struct ReadTextFile;

/// A count of lines, where 0 is as if it were not given: what clients send
/// that fill in every argument.
type Count = Integer<0, 9_007_199_254_740_991>;
/// A line number.
type Line = Integer<1, 9_007_199_254_740_991>;

/// The arguments of `read_text_file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReadTextFileArgs {
    /// The file.
    path: FilePath,
    /// Only the first lines, so many.
    head: Option<Count>,
    /// Only the last lines, so many.
    tail: Option<Count>,
    /// Begin at this line, counted from 1.
    offset: Option<Line>,
    /// So many lines at most.
    limit: Option<Line>,
    /// Begin each line with its number and a tab.
    line_numbers: Option<bool>,
    /// Leave out so many bytes of the first line, to go on with a line that was cut.
    line_offset: Option<Count>,
}

/// Which lines, once it is clear that the arguments agree.
enum Part {
    Lines(Window),
    Tail(u64),
}

impl Tool for ReadTextFile {
    const NAME: &'static str = "read_text_file";
    const TITLE: &'static str = "Read text file";
    const DESCRIPTION: &'static str = "Read a file as text, whole or in part: its first lines (head), \
        its last lines (tail), or lines from offset on (offset, limit). \
        A file that does not fit comes with a note saying how to go on.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = ReadTextFileArgs;
    type Needs = Files;

    async fn run(&self, args: ReadTextFileArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let part = part(&args)?;
        let numbers = numbers(&args);
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let excerpt = call.blocking(move |call| part.read(place.open_file()?, numbers, call)).await?;
        call.detail("lines", excerpt.lines);
        let note = note(&args, &excerpt);
        let draft = Draft::text(excerpt.text);
        Ok(match note {
            Some(note) => draft.note(note),
            None => draft,
        })
    }
}

impl Part {
    fn read(self, file: OpenedFile, numbers: Numbers, call: &CallContext) -> Result<Excerpt, Refusal> {
        let go_on = || call.go_on();
        match self {
            Self::Lines(window) => file.excerpt(window, &go_on),
            Self::Tail(lines) => file.tail(lines, limits::RESULT_BYTES_DEFAULT, numbers, &go_on),
        }
    }
}

fn number<const MIN: i64, const MAX: i64>(number: Option<Integer<MIN, MAX>>) -> Option<u64> {
    number.map(|number| number.get().unsigned_abs()).filter(|number| *number > 0)
}

fn numbers(args: &ReadTextFileArgs) -> Numbers {
    if args.line_numbers == Some(true) { Numbers::On } else { Numbers::Off }
}

/// Settles which lines are meant.
fn part(args: &ReadTextFileArgs) -> Result<Part, Refusal> {
    let (head, tail, skip) = (number(args.head), number(args.tail), number(args.line_offset));
    let given = [
        ("head", head.is_some()),
        ("tail", tail.is_some()),
        ("offset", args.offset.is_some()),
        ("limit", args.limit.is_some()),
        ("lineOffset", skip.is_some()),
    ];
    let whole = if head.is_some() { "head" } else { "tail" };
    let other = given.iter().find(|(name, is_given)| *is_given && *name != whole);
    if let Some((other, _)) = other.filter(|_| head.or(tail).is_some()) {
        let says = format!("cannot stand beside `{whole}`: give one or the other");
        return Err(Refusal::argument(*other, Code::ArgumentsConflict, says));
    }
    if let Some(lines) = tail {
        return Ok(Part::Tail(lines));
    }
    Ok(Part::Lines(Window {
        first: number(args.offset).unwrap_or(1),
        skip: skip.unwrap_or(0),
        lines: head.or(number(args.limit)).unwrap_or(u64::MAX),
        room: limits::RESULT_BYTES_DEFAULT,
        numbers: numbers(args),
    }))
}

/// What is not in the excerpt, and the arguments that bring it.
fn note(args: &ReadTextFileArgs, excerpt: &Excerpt) -> Option<String> {
    match excerpt.rest {
        Rest::Nothing => None,
        Rest::Before { lines } => Some(format!("[the file has only {lines} lines]")),
        Rest::After { line, skip } => {
            let wanted = number(args.head).or(number(args.limit));
            let left =
                wanted.map(|wanted| wanted.saturating_sub(excerpt.lines.saturating_sub(u64::from(skip > 0))));
            if left == Some(0) && args.head.is_some() {
                return None; // all that was asked for
            }
            let mut next = format!("offset: {line}");
            if skip > 0 {
                next = format!("{next}, lineOffset: {skip}");
            }
            if let Some(left) = left.filter(|left| *left > 0) {
                next = format!("{next}, limit: {left}");
            }
            Some(format!("[the file goes on; continue with `{next}`]"))
        }
        Rest::Earlier { first: Some(1), is_cut: true } | Rest::Earlier { first: None, .. } => {
            Some("[only the end fits; read what comes before it with `offset` and `limit`]".to_owned())
        }
        Rest::Earlier { first: Some(line), is_cut: true } => {
            Some(format!("[only the end of the last line fits; it begins at `offset: {line}`]"))
        }
        Rest::Earlier { first: Some(line), is_cut: false } => {
            let shown = excerpt.lines;
            let wanted = number(args.tail).unwrap_or(shown);
            let from = (line + shown).saturating_sub(wanted).max(1);
            Some(format!(
                "[only the last {shown} of these lines fit; the others are at `offset: {from}, limit: {}`]",
                line - from
            ))
        }
    }
}
