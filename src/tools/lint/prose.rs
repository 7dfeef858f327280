//! Titles and descriptions: plain visible characters, and no more of them than one reads.

use crate::{
    limits,
    sanitize::unicode::{self, Hidden},
};

/// What is wrong with `text` as a sentence for a model, if anything.
pub(super) fn fault(text: &str, bytes_max: usize) -> Option<String> {
    if text.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    if text.len() > bytes_max {
        return Some(format!("has more than {bytes_max} bytes"));
    }
    if let Some((at, char, class)) = unicode::hidden(text).next() {
        let what = match class {
            Hidden::Control => "a control character or line break",
            Hidden::Direction => "a direction-changing character",
            Hidden::Invisible => "an invisible character",
            Hidden::Unknown => "a character without a shape",
        };
        return Some(format!("has {what} (U+{:04X}) at byte {at}", u32::from(char)));
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Some("has a replacement character (U+FFFD)".to_owned());
    }
    if let Some(sign) = MARKUP.iter().find(|sign| text.contains(**sign)) {
        return Some(format!("has markup (`{sign}`)"));
    }
    if text.contains("  ") {
        return Some("has a run of spaces".to_owned());
    }
    if is_percent_encoded(text) {
        return Some("has percent-encoded characters".to_owned());
    }
    let is_code = |char: char| char.is_ascii_alphanumeric() || "+/=_-".contains(char);
    if text.split(|char| !is_code(char)).any(|word| word.len() > limits::WORD_BYTES_MAX) {
        return Some(format!("has a word of more than {} characters", limits::WORD_BYTES_MAX));
    }
    None
}

/// Signs that some client or model reads as structure: tags, comments, turns of chat templates,
/// links and images, fences.
const MARKUP: [&str; 5] = ["<", ">", "[/", "](", "```"];

fn is_percent_encoded(text: &str) -> bool {
    text.as_bytes().windows(3).any(
        |window| matches!(window, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()),
    )
}
