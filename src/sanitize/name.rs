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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sanitize::corpus::rows;

    fn code(raw: &str) -> Option<Code> {
        Name::<200>::try_from(raw.to_owned()).err().map(|broken| broken.code)
    }

    #[test]
    fn names_of_people_everywhere_are_names() {
        for name in [
            "Hello World",
            "Ada Lovelace",
            "日本語",
            "O’Brien",
            "O'Brien",
            "Zoë",
            "山田　太郎",
            "レオナルド・ダ・ヴィンチ",
            "Gal·la",
            "मीना कुमारी",
            "محمد",
            "علی‌رضا",
            "ශ්‍රී",
            "র‍্যাব",
            "สมชาย",
            "葛\u{e0100}",
            "C++ Ltd.",
            "AC/DC",
            "Jean-Luc_2 (h.c.)",
        ] {
            assert_eq!(code(name), None, "{name}");
        }
        for (_, name) in rows(include_str!("../../tests/corpus/benign.txt"), "allow")
            .filter(|(class, _)| *class == "names")
        {
            let has_syntax = name.contains(['$', ';', '"']);
            assert_eq!(code(&name).is_some(), has_syntax, "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_code() {
        assert_eq!(code("$(rm -rf /)"), Some(Code::NotAName));
        assert_eq!(code("rm -rf /; cat /etc/passwd"), Some(Code::NotAName));
        assert_eq!(code("Ada\u{202e}!"), Some(Code::HiddenCharacter));
        assert_eq!(code("Ada\nLovelace"), Some(Code::LineBreak));
        assert_eq!(code("Ada\0"), Some(Code::NulByte));
        assert_eq!(code("A\u{200d}da"), Some(Code::HiddenCharacter));
        assert_eq!(code("\u{200f}שלום"), Some(Code::HiddenCharacter));
        assert_eq!(code("Ada\u{a0}Lovelace"), Some(Code::NotAName));
        assert_eq!(code("🚀"), Some(Code::NotAName));
        assert_eq!(code("👨\u{200d}👩"), Some(Code::NotAName));
        assert_eq!(code("\u{e000}"), Some(Code::NotAName));
        assert_eq!(code(""), Some(Code::Empty));
        assert_eq!(code("  \u{3000}"), Some(Code::Empty));
        assert_eq!(code(&"a".repeat(201)), Some(Code::TooLong));
    }

    #[test]
    fn the_refusal_names_the_rule_and_never_the_name() {
        let broken = Name::<50>::try_from("$(rm -rf /)".to_owned()).expect_err("no name");
        assert_eq!(broken.says, "must be a name: letters, digits, spaces and .,'’-_·・&/+() only");
    }

    proptest! {
        #[test]
        fn no_name_holds_shell_or_markup_syntax(raw in any::<String>()) {
            if code(&raw).is_none() {
                let syntax = ['$', ';', '|', '<', '>', '"', '`', '\\', '\n', '\0', '{', '*', '!', '#', '='];
                prop_assert!(!raw.contains(syntax), "{}", raw);
            }
        }
    }
}
