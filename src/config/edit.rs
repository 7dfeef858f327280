//! One more key in a configuration that a person wrote.
//!
//! The file stays as it is to the last byte; the key is put at its end.

use std::fmt::Write as _;

use jiff::Timestamp;
use toml::de::DeTable;

use super::values;
use crate::policy::keys;

/// Why a key cannot be added.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EditError {
    /// There is one of this name.
    #[error("there is a key of this name already")]
    NameTaken,
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
    fn what_cannot_be_extended_is_left_alone() {
        let section = section("laptop", &[7; 32], None);
        assert_eq!(with_key("keys = {}", "laptop", &section), Err(EditError::Inline));
        assert!(matches!(with_key("[http", "laptop", &section), Err(EditError::NotToml(_))));
    }
}
