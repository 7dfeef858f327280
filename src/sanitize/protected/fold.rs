//! Names as a file system sees them that takes several for one.
//!
//! Some file systems ignore case, and with it what Unicode folds to a plain
//! letter (`ſ`, the Kelvin sign), characters that take no ink, and dots and
//! spaces at the end. Rules are plain text in lower case; whatever could be
//! opened under such a name is compared with them in this form. Two names that
//! differ on disk may be one here, which protects the second too.

use std::borrow::Cow;

use crate::sanitize::unicode::{Hidden, class};

/// As long as a name can be on most file systems.
const SHORT: usize = 255;
/// Stands for a character that no rule has.
const OTHER: u8 = 0xFF;

/// Room for a folded name, so that nothing is allocated for plain text.
pub(super) type Room = [u8; SHORT];

/// Room for one name.
pub(super) const fn room() -> Room {
    [0; SHORT]
}

/// Folds `name`.
pub(super) fn fold<'a>(name: &[u8], room: &'a mut Room) -> Cow<'a, [u8]> {
    if name.is_ascii()
        && let Some(short) = room.get_mut(..name.len())
    {
        short.copy_from_slice(name);
        short.make_ascii_lowercase();
        let length = trimmed(short);
        return Cow::Borrowed(short.get(..length).unwrap_or_default());
    }
    let mut bytes = spelled(name);
    bytes.truncate(trimmed(&bytes));
    Cow::Owned(bytes)
}

/// How long it is without dots and spaces at its end.
fn trimmed(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1)
}

fn spelled(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_ascii() {
                out.push(char.to_ascii_lowercase() as u8);
            } else if !matches!(class(char), Some(Hidden::Invisible | Hidden::Direction)) {
                // up and down again: what has no capital of its own goes with the letter that it shares one with
                let folded = char.to_uppercase().flat_map(char::to_lowercase);
                out.extend(folded.map(|char| u8::try_from(char).ok().filter(u8::is_ascii).unwrap_or(OTHER)));
            }
        }
        out.extend(chunk.invalid());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn folds(name: &[u8], folded: &str) {
        assert_eq!(&*fold(name, &mut room()), folded.as_bytes(), "{}", name.escape_ascii());
    }

    #[test]
    fn what_a_file_system_takes_for_one_name_is_one_name() {
        folds(b".ENV", ".env");
        folds(".\u{17f}\u{17f}h".as_bytes(), ".ssh");
        folds(".\u{df}h".as_bytes(), ".ssh");
        folds(".\u{212a}ube".as_bytes(), ".kube");
        folds(".con\u{fb01}g".as_bytes(), ".config");
        folds(".g\u{200c}it".as_bytes(), ".git");
        folds("\u{feff}.env\u{fe0f}".as_bytes(), ".env");
        folds(b".env. .", ".env");
        folds(b"...", "");
    }

    #[test]
    fn other_scripts_and_bytes_that_are_no_text_stay_apart() {
        assert_ne!(&*fold(".еnv".as_bytes(), &mut room()), b".env", "a Cyrillic letter is another one");
        assert_eq!(&*fold(b".env\xff", &mut room()), b".env\xff");
        assert_eq!(fold(&[b'A'; 300], &mut room()).len(), 300);
        assert!(fold("пароли.KDBX".as_bytes(), &mut room()).ends_with(b".kdbx"));
    }
}
