//! Names of people and things, safe to put into a sentence.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::{
    text::{hidden_character, one_line, proven_text},
    unicode,
};
use crate::refusal::{Broken, Code};

/// The signs names have besides letters, marks, digits and space, in any script.
const SIGNS: &str = ".,'’-_·・&/+()";

proven_text! {
    /// A name of at most `N` bytes: what may be echoed into a sentence.
    ///
    /// Letters, marks and digits of any script, space, and a few signs. There is no `$ ; | < > "`
    /// and no backtick, so neither shell nor markup syntax can be written.
    Name, a_name, { "type": "string", "minLength": 1 }
}

fn a_name(raw: &str) -> Result<(), Broken> {
    one_line(raw)?;
    if raw.trim().is_empty() {
        return Err(Broken::new(Code::Empty, "must not be empty"));
    }
    for char in raw.chars() {
        if !may_stand_in_a_name(char) {
            // `one_line` lets direction marks and word breaks stand where a text needs them; a name does not.
            return Err(match unicode::class(char) {
                Some(unicode::Hidden::Unknown) | None => Broken::new(
                    Code::NotAName,
                    format!("must be a name: letters, digits, spaces and {SIGNS} only"),
                ),
                Some(_) => hidden_character(),
            });
        }
    }
    Ok(())
}

fn may_stand_in_a_name(char: char) -> bool {
    use GeneralCategory as Is;
    // The joiners were proven to stand between letters that join; between emoji, the emoji are refused.
    matches!(char, ' ' | '\u{3000}' | '\u{200c}' | '\u{200d}')
        || SIGNS.contains(char)
        || matches!(
            char.general_category(),
            Is::UppercaseLetter
                | Is::LowercaseLetter
                | Is::TitlecaseLetter
                | Is::ModifierLetter
                | Is::OtherLetter
                | Is::NonspacingMark
                | Is::SpacingMark
                | Is::DecimalNumber
        )
}
