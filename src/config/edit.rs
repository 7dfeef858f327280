//! One key more, or one less, in a configuration that a person wrote.
//!
//! The rest of the file stays as it is to the last byte: a new key is put at its
//! end, and one that goes takes its section along and no comment around it.

use std::fmt::Write as _;

use jiff::Timestamp;
use toml::de::DeTable;

use super::values;
use crate::policy::keys;

/// Why a key cannot be added or taken out.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EditError {
    /// There is one of this name.
    #[error("there is a key of this name already")]
    NameTaken,
    /// There is none of this name.
    #[error("there is no key of this name")]
    NoSuchName,
    /// It stands in no section of its own, so taking it out would touch what stands around it.
    #[error("it is not written as a section of its own")]
    NoSection,
    /// The file is broken as it is.
    #[error("the file is no TOML: {0}")]
    NotToml(String),
    /// `keys` is written in a way that no section can follow.
    #[error("`keys` is written on one line, so no section can be added to it")]
    Inline,
}

/// The section of a key, to be put at the end of a file.
#[must_use]
pub fn section(name: &str, sha256: &[u8; 32], expires: Option<Timestamp>) -> String {
    let mut text = format!("[keys.{name}]\nsha256 = {}\n", values::quoted(&keys::show_sha256(sha256)));
    if let Some(expires) = expires {
        let _infallible = writeln!(text, "expires = {}", values::quoted(&expires.to_string()));
    }
    text
}

/// `text` with a key's section after it.
///
/// # Errors
///
/// See [`EditError`].
pub fn with_key(text: &str, name: &str, section: &str) -> Result<String, EditError> {
    let whole = DeTable::parse(text).map_err(|error| EditError::NotToml(error.message().to_owned()))?;
    let keys = whole.get_ref().get("keys").and_then(|keys| keys.get_ref().as_table());
    if keys.is_some_and(|keys| keys.contains_key(name)) {
        return Err(EditError::NameTaken);
    }
    let break_ = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => break_,
        _ => &break_.repeat(2),
    };
    let edited = format!("{text}{gap}{}", section.replace('\n', break_));
    match DeTable::parse(&edited) {
        Ok(_) => Ok(edited),
        Err(_) => Err(EditError::Inline),
    }
}

/// The names of the keys in a file, in no order that means anything.
///
/// # Errors
///
/// [`EditError::NotToml`].
pub fn names(text: &str) -> Result<Vec<String>, EditError> {
    let keys = parse(text)?.remove("keys");
    Ok(keys.and_then(|keys| Some(keys.as_table()?.keys().cloned().collect())).unwrap_or_default())
}

/// `text` without the section of a key.
///
/// # Errors
///
/// [`EditError::NoSuchName`], [`EditError::NoSection`] or [`EditError::NotToml`].
pub fn without_key(text: &str, name: &str) -> Result<String, EditError> {
    const BYTE_ORDER_MARK: char = '\u{feff}';
    if let Some(text) = text.strip_prefix(BYTE_ORDER_MARK) {
        return without_key(text, name).map(|edited| format!("{BYTE_ORDER_MARK}{edited}"));
    }
    if !names(text)?.iter().any(|known| known == name) {
        return Err(EditError::NoSuchName);
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_header = |line: &&str| line.trim_start().starts_with('[');
    let begin = lines.iter().position(|line| is_header(line) && is_section_of(line, name));
    let (before, section) = begin.and_then(|at| lines.split_at_checked(at)).ok_or(EditError::NoSection)?;
    let end = section.iter().skip(1).position(is_header).map_or(section.len(), |at| at + 1);
    // Comments and gaps at the end of the section are of what follows.
    let is_content = |line: &&str| !matches!(line.trim_start().chars().next(), None | Some('#'));
    let own = section.iter().take(end).rposition(is_content).map_or(1, |last| last + 1);
    let after = section.get(own..).unwrap_or_default();
    let is_gap = |line: Option<&&str>| line.is_none_or(|line| line.trim().is_empty());
    let before = match before {
        [rest @ .., last] if last.trim().is_empty() && is_gap(after.first()) => rest,
        all => all,
    };
    let edited = [before.concat(), after.concat()].concat();
    // What was found by its looks is proven by what is left.
    let is_proven =
        parse(&edited).is_ok_and(|left| Ok(left) == parse(text).map(|whole| without(whole, name)));
    if is_proven { Ok(edited) } else { Err(EditError::NoSection) }
}

fn parse(text: &str) -> Result<toml::Table, EditError> {
    toml::from_str(text).map_err(|error: toml::de::Error| EditError::NotToml(error.message().to_owned()))
}

/// The same without a key, and without `keys` where that was all there was.
fn without(mut whole: toml::Table, name: &str) -> toml::Table {
    let keys = whole.get_mut("keys").and_then(toml::Value::as_table_mut);
    let is_last = keys.is_some_and(|keys| {
        keys.remove(name);
        keys.is_empty()
    });
    if is_last {
        whole.remove("keys");
    }
    whole
}

/// Whether a line is `[keys.NAME]`, however that is quoted and spaced.
fn is_section_of(line: &str, name: &str) -> bool {
    let Ok(alone) = toml::from_str::<toml::Table>(line) else { return false };
    let keys = alone.get("keys").and_then(toml::Value::as_table);
    keys.and_then(|keys| keys.get(name)).is_some_and(toml::Value::is_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_added_at_the_end_and_nothing_else_changes() {
        let section = section("laptop", &[7; 32], None);
        for text in ["", "# mine\n[log]\n#level = \"info\"", "[keys.a]\nsha256 = \"x\"\n", "[http]\r\n"] {
            let edited = with_key(text, "laptop", &section).unwrap();
            assert!(edited.starts_with(text), "{edited:?}");
            assert_eq!(with_key(&edited, "laptop", &section), Err(EditError::NameTaken));
            assert_eq!(edited.matches("\r\n").count() > 0, text.contains("\r\n"));
        }
    }

    #[test]
    fn a_key_that_is_taken_out_leaves_everything_else() {
        let section = section("laptop", &[7; 32], None);
        for text in ["# mine\n[log]\nlevel = \"info\"\n", "[keys.a]\nsha256 = \"x\"\n", "[http]\r\n"] {
            let with = with_key(text, "laptop", &section).unwrap();
            assert_eq!(without_key(&with, "laptop").unwrap(), text);
        }
        let text = "# a\n[keys . \"b\"] # b\nsha256 = \"x\"\ntools = [\n  \"c\",\n]\n\n# of d\n[keys.d]\n";
        assert_eq!(without_key(text, "b").unwrap(), "# a\n\n# of d\n[keys.d]\n");
        assert_eq!(without_key("[keys.a]\n[keys.b]", "b").unwrap(), "[keys.a]\n");
        assert_eq!(
            without_key("\u{feff}[keys.a]\nsha256 = \"x\"\n[keys.b]", "a").unwrap(),
            "\u{feff}[keys.b]"
        );
        assert_eq!(names(text).unwrap(), ["b", "d"]);
    }

    #[test]
    fn a_key_that_stands_among_others_is_left_alone() {
        for text in [
            "keys = { b = { sha256 = \"x\" } }",
            "[keys]\nb.sha256 = \"x\"\n",
            // the section is not where it seems to be
            "a = \"\"\"\n[keys.b]\n\"\"\"\n[keys.b]\nsha256 = \"x\"\n",
            "[keys.b]\nx = [\n[\"a\"]\n]\n",
        ] {
            assert_eq!(
                without_key(text, "b").unwrap_err().to_string(),
                EditError::NoSection.to_string(),
                "{text}"
            );
        }
        assert_eq!(without_key("[keys.a]\n", "b"), Err(EditError::NoSuchName));
    }

    #[test]
    fn what_cannot_be_extended_is_left_alone() {
        let section = section("laptop", &[7; 32], None);
        assert_eq!(with_key("keys = {}", "laptop", &section), Err(EditError::Inline));
        assert!(matches!(with_key("[http", "laptop", &section), Err(EditError::NotToml(_))));
    }
}
