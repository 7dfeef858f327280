//! Text that a client sent, made safe to look at.
//!
//! What stands here proves that a line stays a line and a cursor stays where
//! it is: no control, no change of direction, nothing invisible. It does not
//! prove that two names that look alike are alike.

use std::{borrow::Cow, fmt::Write as _};

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Whether a character must not stand raw in the log or on a terminal: it
/// controls, turns the direction, shows nothing, or has no agreed meaning.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    // letters and marks that show nothing, which their category does not say
    matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    ) || matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::SpaceSeparator
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    )
}

/// `text` with everything unseen written as `\n`, `\t`, `\r` or `\u{202e}`.
#[must_use]
pub fn show(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_unseen(c) => {
                let _infallible = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Appends `text` as the inside of a JSON string, at most `max` bytes of it.
/// What is left out shows as `…`. Returns whether something was.
pub(super) fn push_json(out: &mut Vec<u8>, text: &str, max: usize) -> Cut {
    const MARK: &str = "…";
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'"' && *byte != b'\\';
    if text.len() <= max && text.as_bytes().iter().all(is_plain) {
        out.extend_from_slice(text.as_bytes()); // as nearly everything is
        return Cut::No;
    }
    let start = out.len();
    let room = max.saturating_sub(MARK.len());
    let mut kept = start; // where the text ends if a mark must follow
    for c in text.chars() {
        push_char(out, c);
        let used = out.len() - start;
        if used > max {
            out.truncate(kept);
            out.extend_from_slice(MARK.as_bytes());
            return Cut::Yes;
        }
        if used <= room {
            kept = out.len();
        }
    }
    Cut::No
}

/// Whether a text was cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cut {
    Yes,
    No,
}

fn push_char(out: &mut Vec<u8>, c: char) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        ' '..='~' => out.push(c as u8),
        c if is_unseen(c) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                push_unit(out, *unit);
            }
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

fn push_unit(out: &mut Vec<u8>, unit: u16) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        let digit = u32::from(unit >> shift) & 0xf;
        out.push(char::from_digit(digit, 16).map_or(b'0', |digit| digit as u8));
    }
}

/// A line of JSON as it may be printed: what is unseen is escaped, which
/// changes nothing for whoever parses it.
#[must_use]
pub fn show_json(line: &str) -> Cow<'_, str> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~');
    if line.as_bytes().iter().all(is_plain) || !line.chars().any(is_unseen) {
        return Cow::Borrowed(line);
    }
    let mut shown = Vec::with_capacity(line.len() + 32);
    for c in line.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(b' '), // raw, these stand only between tokens
            '"' | '\\' => shown.push(c as u8),
            c => push_char(&mut shown, c),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&shown).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_moves_a_cursor_is_shown_as_words() {
        assert_eq!(show("a\u{1b}[2J\n\u{202e}b"), "a\\u{1b}[2J\\n\\u{202e}b");
        assert_eq!(show("Grüße, 世界 – ok"), "Grüße, 世界 – ok");
        assert_eq!(show("\u{9b}31m\u{2028}\u{200b}"), "\\u{9b}31m\\u{2028}\\u{200b}");
    }

    #[test]
    fn json_that_somebody_forged_prints_as_one_quiet_line() {
        let shown = show_json("{\"a\":\t\"\u{9b}\u{7f}\\u001b\"}").into_owned();
        assert_eq!(shown, "{\"a\": \"\\u009b\\u007f\\u001b\"}");
        serde_json::from_str::<serde_json::Value>(&shown).unwrap();
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_left(text in any::<String>()) {
            prop_assert!(!show(&text).chars().any(is_unseen));
        }

        #[test]
        fn escaped_text_reads_back_or_is_marked_as_cut(text in any::<String>(), max in 3_usize..200) {
            let mut out = Vec::new();
            let cut = push_json(&mut out, &text, max);
            prop_assert!(out.len() <= max);
            let inside = String::from_utf8(out).unwrap();
            let back: String = serde_json::from_str(&format!("\"{inside}\"")).unwrap();
            match cut {
                Cut::No => prop_assert_eq!(back, text),
                Cut::Yes => prop_assert!(text.starts_with(back.strip_suffix('…').unwrap())),
            }
        }
    }
}
