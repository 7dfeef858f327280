//! The place in a file that is most like a text that does not occur in it.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use crate::limits;

/// Lines of the text that are compared.
const LINES_COMPARED: usize = 50;
/// Lines that are shown.
const LINES_SHOWN: usize = 12;
/// Of each line, in bytes.
const LINE_SHOWN_BYTES: usize = 200;
/// Lines of the file that are measured one by one when none is the same but for white space.
const LINES_MEASURED: usize = 20_000;
/// Lines that are compared letter by letter, which takes their length squared, in bytes.
const SHORT_LINE_BYTES: usize = 40;
/// Less alike than this is not worth showing.
const ALIKE: f64 = 0.5;

/// What a caller is told of it: where, what stands there, and how it differs. `number` says which
/// line of the file the one at that place in `text` is, as a mark may hide several.
pub(super) fn said(text: &[u8], old: &str, number: &dyn Fn(usize) -> usize) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().collect();
    let wanted: Vec<&str> = old.lines().take(LINES_COMPARED).collect();
    let Some(first) = same_but_for_space(&lines, &wanted).or_else(|| most_alike(&lines, &wanted)) else {
        return "nothing in the file is like it; read the file again".to_owned();
    };
    let shown = wanted.len().clamp(1, LINES_SHOWN);
    let window = lines.get(first..(first + shown).min(lines.len())).unwrap_or_default();
    let is_space = window.len() == wanted.len()
        && window.iter().zip(&wanted).all(|(one, two)| one.split_whitespace().eq(two.split_whitespace()));
    let mut says = format!("the nearest place is line {}", number(first));
    if is_space {
        says.push_str(", which differs in white space alone");
    }
    says.push(':');
    for (at, line) in (first..).zip(window) {
        let cut = line.floor_char_boundary(LINE_SHOWN_BYTES);
        let end = if cut < line.len() { "…" } else { "" };
        // writing to a string does not fail
        let _ = write!(says, "\n{}\t{}{end}", number(at), line.get(..cut).unwrap_or_default());
    }
    says
}

/// The window that shares most lines with `wanted`, white space at either end aside.
fn same_but_for_space(lines: &[&str], wanted: &[&str]) -> Option<usize> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, line) in wanted.iter().enumerate().rev() {
        if !line.trim().is_empty() {
            places.insert(line.trim(), place);
        }
    }
    let mut votes: HashMap<usize, usize> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(start) = places.get(line.trim()).and_then(|place| at.checked_sub(*place))
            && (votes.len() < limits::EDITS_MAX || votes.contains_key(&start))
        {
            *votes.entry(start).or_default() += 1;
        }
    }
    votes.into_iter().max_by_key(|(start, votes)| (*votes, std::cmp::Reverse(*start))).map(|(start, _)| start)
}

/// The line most like the first one that says anything.
fn most_alike(lines: &[&str], wanted: &[&str]) -> Option<usize> {
    let (before, first) =
        wanted.iter().map(|line| line.trim()).enumerate().find(|(_, line)| !line.is_empty())?;
    let first = first.get(..first.floor_char_boundary(LINE_SHOWN_BYTES)).unwrap_or_default();
    let pairs: HashSet<_> = first.as_bytes().windows(2).collect();
    let measured = lines.iter().take(LINES_MEASURED).enumerate().map(|(at, line)| {
        let line = line.trim();
        let line = line.get(..line.floor_char_boundary(LINE_SHOWN_BYTES)).unwrap_or_default();
        (at, likeness(line, first, &pairs))
    });
    let (at, alike) = measured.max_by(|one, two| one.1.total_cmp(&two.1))?;
    (alike >= ALIKE).then(|| at.saturating_sub(before))
}

/// How much a line is like `wanted`, or a part of it is: from 0 to 1.
#[allow(clippy::cast_precision_loss, reason = "no line has so many pairs")]
fn likeness(line: &str, wanted: &str, pairs: &HashSet<&[u8]>) -> f64 {
    /// A part is less than the whole.
    const PART: f64 = 0.75;
    let found: HashSet<_> = line.as_bytes().windows(2).filter(|pair| pairs.contains(pair)).collect();
    let part = PART * found.len() as f64 / pairs.len().max(1) as f64;
    let whole = strsim::sorensen_dice(line, wanted).max(part);
    // of a few letters hardly any two stay together when one is wrong
    let is_short = line.len().max(wanted.len()) <= SHORT_LINE_BYTES;
    if is_short { whole.max(strsim::normalized_levenshtein(line, wanted)) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(text: &[u8], old: &str) -> String {
        said(text, old, &|line| line + 1)
    }

    #[test]
    fn white_space_that_differs_is_said_to() {
        let text = b"def foo():\n    x = 1\n    y = 2\n";
        let says = said_of(text, "    x  =  1");
        assert_eq!(says, "the nearest place is line 2, which differs in white space alone:\n2\t    x = 1");
    }

    #[test]
    fn the_window_that_shares_most_lines_is_shown() {
        let text = b"a\nb\nc\n\nfn one() {\n    two();\n    three();\n}\n";
        let says = said_of(text, "fn one() {\n    too();\n    three();\n}");
        assert!(says.starts_with("the nearest place is line 5:\n5\tfn one() {\n6\t    two();"), "{says}");
    }

    #[test]
    fn a_line_that_is_nearly_the_same_is_found() {
        assert!(said_of(b"alpha\nlet total = sum(values);\n", "let total = sum(value);").contains("line 2"));
        assert!(said_of(b"one\ntwo\nthree\n", "tvo").contains("line 2"));
        let long = b"alpha\n    const total = await computeSum(values, options, (value) => value.amount);\n";
        assert!(said_of(long, "computeSun(values").contains("line 2"));
        assert!(said_of(b"alpha\n", "something else").contains("nothing in the file"));
    }
}
