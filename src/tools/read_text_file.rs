//! `read_text_file`: a text file, or some of its lines.

use std::sync::Arc;

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
    sanitize::{integer::Integer, marks::Marker, path::FilePath},
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
    // The file.
    path: FilePath,
    /// The first lines, so many.
    head: Option<Count>,
    /// The last lines, so many.
    tail: Option<Count>,
    /// The first line, from 1.
    offset: Option<Line>,
    /// Lines at most.
    limit: Option<Line>,
    /// Number the lines.
    line_numbers: Option<bool>,
    /// Bytes of the first line to leave out.
    line_offset: Option<Count>,
}

/// Which lines, once it is clear that the arguments agree.
enum Part {
    Lines(Window),
    Tail(u64, usize),
}

impl Tool for ReadTextFile {
    const NAME: &'static str = "read_text_file";
    // deprecated where it comes from (npm @modelcontextprotocol/server-filesystem), and still called
    const ALIASES: &'static [&'static str] = &["read_file"];
    const TITLE: &'static str = "Read text file";
    const DESCRIPTION: &'static str =
        "Read a text file, or some of its lines. What does not fit is continued as the note says.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = ReadTextFileArgs;
    type Needs = (Files, Arc<Marker>);

    async fn run(
        &self,
        args: ReadTextFileArgs,
        (files, marker): Self::Needs,
        call: &CallContext,
    ) -> Result<Draft, Refusal> {
        let part = part(&args)?;
        let numbers = numbers(&args);
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let (shown, tag) = call
            .blocking(move |call| {
                let digest = place.open_file()?.digest(&|| call.go_on())?;
                let tag = digest.map(|digest| marker.tag(&place.shown(), digest.as_str()));
                let read = |file, room| part.with_room(room).read(file, numbers, call);
                Ok((place.shown_within(limits::RESULT_BYTES_DEFAULT, &marker, numbers, read)?, tag))
            })
            .await?;
        call.detail("lines", shown.excerpt.lines);
        let draft = Draft::text(shown.text).marked(shown.tally).at_most(limits::RESULT_BYTES_MAX);
        let draft = match note(&args, &shown.excerpt) {
            Some(note) => draft.note(note),
            None => draft,
        };
        let draft = match shown.foreign {
            Some(foreign) => draft.note(foreign.says("the file")),
            None => draft,
        };
        Ok(match tag {
            Some(tag) => draft.note(format!("[tag {tag}]")),
            None => draft,
        })
    }
}

impl Part {
    fn read(self, file: OpenedFile, numbers: Numbers, call: &CallContext) -> Result<Excerpt, Refusal> {
        let go_on = || call.go_on();
        match self {
            Self::Lines(window) => file.excerpt(window, &go_on),
            Self::Tail(lines, room) => file.tail(lines, room, numbers, &go_on),
        }
    }

    const fn with_room(&self, room: usize) -> Self {
        match *self {
            Self::Lines(window) => Self::Lines(Window { room, ..window }),
            Self::Tail(lines, _) => Self::Tail(lines, room),
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
        return Ok(Part::Tail(lines, limits::RESULT_BYTES_DEFAULT));
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
