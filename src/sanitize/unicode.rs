//! What a text hides: characters that control, reorder, or cannot be seen.
//!
//! [`hidden`] knows where such a character is at home, so that a Persian
//! title, a Japanese name and a family emoji hide nothing, while the same
//! joiner between two Latin letters does. It proves that what is left can be
//! seen. It does not say what the text means, and it does not look for
//! look-alikes: `а` and `a` are both visible.
//!
//! Categories are Unicode's own (UAX #44) by `unicode-properties`; joining is
//! that of UAX #53 by `unicode-joining-type`. The short ranges below are
//! properties those crates do not carry.

use unicode_joining_type::{JoiningType, get_joining_type};
use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};

/// How a character hides something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hidden {
    /// It moves a cursor or ends a line: the controls of C0 and C1, and U+2028 and U+2029.
    Control,
    /// It changes the direction of what follows (UAX #9).
    Direction,
    /// It takes no ink: default-ignorable (UAX #44), fillers, blanks, and annotation anchors.
    Invisible,
    /// Nobody knows what it looks like: private use, unassigned, noncharacters.
    Unknown,
}

/// Letters of the scripts that most text is written in, all assigned: to look them up costs more.
const fn is_common(char: char) -> bool {
    matches!(
        char,
        ' '..='~'
            | '\u{a1}'..='\u{ac}'
            | '\u{ae}'..='\u{34e}'
            | '\u{350}'..='\u{377}'
            | '\u{400}'..='\u{52f}'
            | '\u{3041}'..='\u{3096}'
            | '\u{3099}'..='\u{30ff}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'
    )
}

/// How a character hides something wherever it stands; `None` for one that can be seen, and for white space.
#[must_use]
pub fn class(char: char) -> Option<Hidden> {
    match char {
        _ if is_common(char) => None,
        _ if char.is_control() || is_line_break(char) => Some(Hidden::Control),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(Hidden::Direction)
        }
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some(Hidden::Invisible),
        _ => match char.general_category() {
            GeneralCategory::Unassigned | GeneralCategory::PrivateUse => Some(Hidden::Unknown),
            _ => None,
        },
    }
}

/// Whether `char` ends a line in some program (UAX #14: mandatory breaks).
#[must_use]
pub const fn is_line_break(char: char) -> bool {
    matches!(char, '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Every character of `text` that hides something and is not at home where it stands, with its
/// offset in bytes. Linear in `text`.
pub fn hidden(text: &str) -> impl Iterator<Item = (usize, char, Hidden)> {
    let is_right_to_left = text.chars().any(is_right_to_left);
    let mut flag_end = 0;
    text.char_indices().filter_map(move |(at, char)| {
        let class = class(char)?;
        let (before, from) = text.split_at_checked(at)?;
        if before.ends_with(BLACK_FLAG)
            && let Some(flag) = FLAGS.iter().find(|flag| from.starts_with(**flag))
        {
            flag_end = at + flag.len();
        }
        let around = Around { before, after: from.get(char.len_utf8()..)?, is_right_to_left };
        let is_at_home = at < flag_end || around.is_home_of(char);
        (!is_at_home).then_some((at, char, class))
    })
}

/// What hides something in a text that is content and no identifier: what [`hidden`] finds, but
/// for line ends and tabs, and for the marks that only say which way the characters beside them run
/// (UAX #9, 2.6), which reorder nothing else; and U+FFFD, which can be seen and stands for what cannot.
pub fn hidden_in_content(text: &str) -> impl Iterator<Item = (usize, char)> {
    let stays = |char| matches!(char, '\t' | '\n' | '\r' | '\u{200e}' | '\u{200f}' | '\u{61c}');
    let mut lost = text
        .match_indices(char::REPLACEMENT_CHARACTER)
        .map(|(at, _)| (at, char::REPLACEMENT_CHARACTER))
        .peekable();
    let mut hides =
        hidden(text).map(|(at, char, _)| (at, char)).filter(move |(_, char)| !stays(*char)).peekable();
    std::iter::from_fn(move || match (hides.peek(), lost.peek()) {
        (Some((hides_at, _)), Some((lost_at, _))) if lost_at < hides_at => lost.next(),
        (None, _) => lost.next(),
        (Some(_), _) => hides.next(),
    })
}

/// `text` for a terminal or one line of a log: whatever could move a cursor, hide, or reorder
/// stands as `\u{..}`, text of real languages stays, and no more than `bytes_max` bytes come
/// back. What was cut ends in `…`.
#[must_use]
pub fn show(text: &str, bytes_max: usize) -> String {
    const CUT: char = '…';
    let mut out = String::with_capacity(text.len().min(bytes_max));
    let mut hides = hidden(text).peekable();
    // Where `out` is cut if what follows does not fit.
    let mut cut = 0;
    for (at, char) in text.char_indices() {
        let is_hidden = hides.next_if(|(hidden, ..)| *hidden == at).is_some();
        if is_hidden || class(char) == Some(Hidden::Direction) {
            out.extend(char.escape_unicode());
        } else {
            out.push(char);
        }
        if out.len() > bytes_max {
            out.truncate(cut);
            if CUT.len_utf8() <= bytes_max {
                out.push(CUT);
            }
            return out;
        }
        if out.len() + CUT.len_utf8() <= bytes_max {
            cut = out.len();
        }
    }
    out
}

/// The base of the flags that are spelled with tags.
const BLACK_FLAG: char = '\u{1f3f4}';

/// The tags of the three flags that are meant for interchange (UTS #51): England, Scotland, Wales.
const FLAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// Marks that are skipped in search of the letter a joiner joins; real text has three at most.
const MARKS_SKIPPED_MAX: usize = 8;

/// What stands around a character.
struct Around<'a> {
    before: &'a str,
    after: &'a str,
    is_right_to_left: bool,
}

impl Around<'_> {
    fn is_home_of(&self, char: char) -> bool {
        match char {
            '\u{200c}' => self.joins_letters(),
            '\u{200d}' => self.joins_letters() || self.joins_emoji(),
            '\u{200b}' => self.both(is_written_without_spaces),
            '\u{180e}' => self.both(is_mongolian),
            '\u{180b}'..='\u{180d}' | '\u{180f}' => self.previous().is_some_and(is_mongolian),
            '\u{fe0e}'..='\u{fe0f}' => self.presents_emoji(),
            '\u{fe00}'..='\u{fe0d}' => self.previous().is_some_and(has_variants),
            '\u{e0100}'..='\u{e01ef}' => self.previous().is_some_and(is_han),
            '\u{200e}' | '\u{200f}' | '\u{61c}' => {
                let is_mark = |char| class(char) == Some(Hidden::Direction);
                self.is_right_to_left
                    && !self.previous().is_some_and(is_mark)
                    && !self.next().is_some_and(is_mark)
            }
            '\u{2800}' => [self.previous(), self.next()].iter().flatten().any(|&char| is_braille(char)),
            _ => false,
        }
    }

    fn previous(&self) -> Option<char> {
        self.before.chars().next_back()
    }

    fn next(&self) -> Option<char> {
        self.after.chars().next()
    }

    fn both(&self, is: fn(char) -> bool) -> bool {
        self.previous().is_some_and(is) && self.next().is_some_and(is)
    }

    /// RFC 5892, appendix A, a little wider because people write that way: a joiner stands beside a
    /// virama and a letter, or between two letters of scripts that join.
    fn joins_letters(&self) -> bool {
        let (Some(previous), Some(next)) = (self.previous(), self.next()) else { return false };
        let is_transparent = |char: &char| get_joining_type(*char) == JoiningType::Transparent;
        let joins = |char: Option<char>| {
            char.is_some_and(|char| {
                matches!(
                    get_joining_type(char),
                    JoiningType::DualJoining | JoiningType::RightJoining | JoiningType::LeftJoining
                )
            })
        };
        let is_indic = |char: char| !char.is_ascii() && (char.is_alphabetic() || is_virama(char));
        (is_virama(previous) && is_indic(next))
            || (is_virama(next) && is_indic(previous))
            || (joins(self.before.chars().rev().take(MARKS_SKIPPED_MAX).find(|char| !is_transparent(char)))
                && joins(self.after.chars().take(MARKS_SKIPPED_MAX).find(|char| !is_transparent(char))))
    }

    fn joins_emoji(&self) -> bool {
        self.previous().is_some_and(|char| is_pictograph(char) || char == '\u{fe0f}')
            && self.next().is_some_and(is_pictograph)
    }

    /// `❤️` but also `1️⃣`, which is a digit until its keycap follows.
    fn presents_emoji(&self) -> bool {
        self.previous().is_some_and(|char| {
            is_pictograph(char) || (char.is_emoji_char() && self.next() == Some('\u{20e3}'))
        })
    }
}

fn is_pictograph(char: char) -> bool {
    !char.is_ascii() && char.is_emoji_char()
}

/// Letters that have variants by U+FE00 and on: ideographs, mathematics, Myanmar, Phags-pa.
fn has_variants(char: char) -> bool {
    is_han(char)
        || matches!(char, '\u{1000}'..='\u{109f}' | '\u{a840}'..='\u{a877}')
        || (!char.is_ascii() && char.general_category() == GeneralCategory::MathSymbol)
}

const fn is_han(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

const fn is_mongolian(char: char) -> bool {
    matches!(char, '\u{1820}'..='\u{18aa}')
}

const fn is_braille(char: char) -> bool {
    matches!(char, '\u{2801}'..='\u{28ff}')
}

/// Thai, Lao, Myanmar, Khmer and their neighbours break lines at U+200B.
const fn is_written_without_spaces(char: char) -> bool {
    matches!(char, '\u{e00}'..='\u{eff}' | '\u{f00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{1950}'..='\u{19ff}' | '\u{1a20}'..='\u{1aaf}')
}

/// Letters and marks of the right-to-left blocks.
const fn is_right_to_left(char: char) -> bool {
    matches!(char, '\u{590}'..='\u{61b}' | '\u{61d}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Characters with combining class 9 (UAX #44).
const fn is_virama(char: char) -> bool {
    matches!(
        char,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{a4d}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{bcd}'
            | '\u{c4d}'
            | '\u{ccd}'
            | '\u{d3b}'
            | '\u{d3c}'
            | '\u{d4d}'
            | '\u{dca}'
            | '\u{e3a}'
            | '\u{eba}'
            | '\u{f84}'
            | '\u{1039}'
            | '\u{103a}'
            | '\u{1714}'
            | '\u{1715}'
            | '\u{1734}'
            | '\u{17d2}'
            | '\u{1a60}'
            | '\u{1b44}'
            | '\u{1baa}'
            | '\u{1bab}'
            | '\u{1bf2}'
            | '\u{1bf3}'
            | '\u{2d7f}'
            | '\u{a806}'
            | '\u{a82c}'
            | '\u{a8c4}'
            | '\u{a953}'
            | '\u{a9c0}'
            | '\u{aaf6}'
            | '\u{abed}'
            | '\u{10a3f}'
            | '\u{11046}'
            | '\u{11070}'
            | '\u{1107f}'
            | '\u{110b9}'
            | '\u{11133}'
            | '\u{11134}'
            | '\u{111c0}'
            | '\u{11235}'
            | '\u{112ea}'
            | '\u{1134d}'
            | '\u{11442}'
            | '\u{114c2}'
            | '\u{115bf}'
            | '\u{1163f}'
            | '\u{116b6}'
            | '\u{1172b}'
            | '\u{11839}'
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::sanitize::corpus::rows;

    const UNICODE: &str = include_str!("../../tests/corpus/unicode.txt");

    #[test]
    fn what_hides_is_found_and_what_a_language_needs_is_not() {
        for (_, row) in rows(UNICODE, "strip").filter(|(_, row)| !row.contains(char::REPLACEMENT_CHARACTER)) {
            assert!(hidden(&row).next().is_some(), "{}", row.escape_unicode());
        }
        for (_, row) in rows(UNICODE, "keep") {
            let found: Vec<_> =
                hidden(&row).filter(|(_, char, _)| !matches!(char, '\t' | '\r' | '\n')).collect();
            assert_eq!(found, [], "{row}");
        }
    }

    #[test]
    fn what_is_not_looked_up_is_what_the_tables_say() {
        for char in '\0'..=char::MAX {
            if is_common(char) {
                let category = char.general_category();
                let is_seen = !matches!(
                    category,
                    GeneralCategory::Unassigned
                        | GeneralCategory::PrivateUse
                        | GeneralCategory::Control
                        | GeneralCategory::Format
                );
                assert!(is_seen && !is_line_break(char), "{char:?} {category:?}");
            }
        }
    }

    #[test]
    fn a_character_is_hidden_or_not_by_where_it_stands() {
        let hides = |text: &str| hidden(text).next().is_some();
        assert!(!hides("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} England"));
        assert!(hides("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}\u{e0067}"));
        assert!(!hides("ខ្មែរ\u{200b}ភាសា") && hides("a\u{200b}b"));
        assert!(!hides("1\u{fe0f}\u{20e3}") && hides("1\u{fe0f}2"));
        assert!(!hides("葛\u{e0100}") && hides("葛\u{e0100}\u{e0100}"));
        assert!(!hides("⠓⠊\u{2800}⠓") && hides("a\u{2800}b"));
        assert!(hides("שלום\u{200f}\u{200e}\u{200f}") && hides("abc\u{200f}"));
    }

    #[test]
    fn content_hides_what_the_corpus_says() {
        let hides = |row: &str| hidden_in_content(row).next().is_some();
        for (_, row) in rows(UNICODE, "strip") {
            assert!(hides(&row), "{}", row.escape_unicode());
        }
        for (_, row) in ["keep", "flag"].into_iter().flat_map(|expect| rows(UNICODE, expect)) {
            assert!(!hides(&row), "{}", row.escape_unicode());
        }
        let found: Vec<_> =
            hidden_in_content("\u{fffd}\u{202e}\u{fffd}\n\u{200b}").map(|(at, _)| at).collect();
        assert_eq!(found, [0, 3, 6, 10]);
    }

    #[test]
    fn a_terminal_sees_no_character_that_moves_hides_or_reorders() {
        assert_eq!(
            show("\u{1b}[2J\u{9b}m\n\u{202e}a\u{2028}", 99),
            r"\u{1b}[2J\u{9b}m\u{a}\u{202e}a\u{2028}"
        );
        assert_eq!(show("می‌خواهم 葛 ❤️ naïve", 99), "می‌خواهم 葛 ❤️ naïve");
        for (_, row) in ["strip", "escape", "flag"].into_iter().flat_map(|expect| rows(UNICODE, expect)) {
            let shown = show(&row, 1 << 20);
            assert_eq!(hidden(&shown).next(), None, "{}", row.escape_unicode());
        }
    }

    #[test]
    fn what_is_shown_is_cut_between_characters() {
        assert_eq!(show("abcdef", 6), "abcdef");
        assert_eq!(show("abcdefg", 6), "abc…");
        assert_eq!(show("ab\u{202e}", 6), "ab…");
        assert_eq!(show("ééééé", 6), "é…");
        assert_eq!(show("abc", 2), "");
        assert_eq!(show("", 0), "");
    }

    #[test]
    fn a_long_text_is_looked_at_once() {
        let begun = Instant::now();
        for unit in ["م\u{200c}", "a\u{200d}", "\u{301}\u{200c}", "\u{200e}\u{5d0}", "🏴\u{e0067}"] {
            assert!(hidden(&unit.repeat(50_000)).count() <= 100_000);
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn what_is_shown_fits_and_hides_nothing(text in any::<String>(), max in 0..40_usize) {
            let shown = show(&text, max);
            prop_assert!(shown.len() <= max);
            prop_assert!(!shown.contains(char::is_control));
            prop_assert!(shown.chars().all(|char| class(char) != Some(Hidden::Direction)));
        }
    }
}
