//! What a root is called when its owner gave only a directory.

use std::path::Path;

use crate::limits;

/// A root's name, in characters.
const NAME_CHARS_MAX: usize = 32;

/// The name of the root at `path`: its last component in lower case, with `-`
/// for all that names do not have, at most 32 characters. A name for which
/// `is_taken` holds gets `-2`, `-3` and so on.
#[must_use]
pub fn root_name(path: &Path, is_taken: impl Fn(&str) -> bool) -> String {
    let last = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let plain: String = last
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9' | '_' | '-') => c,
            _ => '-',
        })
        .take(NAME_CHARS_MAX)
        .collect();
    let plain = if plain.is_empty() { "root".to_owned() } else { plain };
    if !is_taken(&plain) {
        return plain;
    }
    (2..=limits::ROOTS_MAX)
        .map(|n| {
            let end = format!("-{n}");
            let room = plain.floor_char_boundary(NAME_CHARS_MAX - end.len());
            let (start, _) = plain.split_at(room.min(plain.len()));
            format!("{start}{end}")
        })
        .find(|name| !is_taken(name))
        .unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_named(path: &str, taken: &[&str], name: &str) {
        assert_eq!(root_name(Path::new(path), |name| taken.contains(&name)), name);
    }

    #[test]
    fn a_name_comes_from_the_last_component() {
        is_named("/home/ada/Notes", &[], "notes");
        is_named("/srv/My Docs (old)/", &[], "my-docs--old-");
        is_named("/srv/a_b-c.d", &[], "a_b-c-d");
        is_named("/srv/メモ", &[], "--");
        is_named("/", &[], "root");
        is_named("/srv/..", &[], "root");
    }

    #[test]
    fn a_taken_name_gets_a_number_and_stays_short() {
        is_named("/a/notes", &["notes"], "notes-2");
        is_named("/a/notes", &["notes", "notes-2"], "notes-3");
        let long = "x".repeat(40);
        let short = "x".repeat(32);
        is_named(&format!("/{long}"), &[], &short);
        is_named(&format!("/{long}"), &[&short], &format!("{}-2", "x".repeat(30)));
    }
}
