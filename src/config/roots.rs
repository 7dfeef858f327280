//! What a person types for a root.

use std::path::{Path, PathBuf};

use crate::limits;

/// A root as it was typed: `[NAME=]DIR[:rw]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Typed {
    /// The name, if one was given.
    pub name: Option<String>,
    /// The directory.
    pub dir: PathBuf,
    /// Whether `:rw` was said.
    pub write: bool,
}

impl Typed {
    /// Takes `[NAME=]DIR[:rw]` apart. `X=Y` is a name and a directory only if
    /// X is a name; everything else is a directory.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (rest, write) = text.strip_suffix(":rw").map_or((text, false), |rest| (rest, true));
        match rest.split_once('=') {
            Some((name, dir)) if is_name(name) && !dir.is_empty() => {
                Self { name: Some(name.to_owned()), dir: dir.into(), write }
            }
            _ => Self { name: None, dir: rest.into(), write },
        }
    }

    /// A directory that tools may write in, whatever characters it has.
    #[must_use]
    pub fn writable(dir: PathBuf) -> Self {
        Self { name: None, dir, write: true }
    }
}

/// Whether this is a root's name: `[a-z0-9_-]{1,32}`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=limits::ROOT_NAME_BYTES_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}

/// A root's name, or why it is none.
pub(crate) fn name(text: &str) -> Result<String, String> {
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be a root's name: 1 to {} of a-z, 0-9, `_` and `-`", limits::ROOT_NAME_BYTES_MAX))
    }
}

/// A name for `dir` that none of `taken` has: its last component in lower
/// case, everything else as `-`, with a number where needed.
pub(crate) fn name_for(dir: &Path, taken: &[&str]) -> String {
    let last = dir.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain = last.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' });
    let base: String = plain.take(limits::ROOT_NAME_BYTES_MAX).collect();
    let base = if base.is_empty() { "root".to_owned() } else { base };
    let mut name = base.clone();
    let mut number = 2_u32;
    while taken.contains(&name.as_str()) {
        let suffix = format!("-{number}");
        let room = limits::ROOT_NAME_BYTES_MAX.saturating_sub(suffix.len());
        name = base.chars().take(room).chain(suffix.chars()).collect();
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn typed(text: &str, name: Option<&str>, dir: &str, write: bool) {
        let expected = Typed { name: name.map(str::to_owned), dir: dir.into(), write };
        assert_eq!(Typed::parse(text), expected);
    }

    #[test]
    fn a_root_is_a_name_a_directory_and_a_mode() {
        typed("/a", None, "/a", false);
        typed("/a:rw", None, "/a", true);
        typed("notes=/a", Some("notes"), "/a", false);
        typed("notes=/a=b:rw", Some("notes"), "/a=b", true);
        typed("/x=y", None, "/x=y", false);
        typed("Notes=/a", None, "Notes=/a", false);
        typed("a=", None, "a=", false);
        typed(r"C:\a", None, r"C:\a", false);
    }

    #[test]
    fn a_name_is_made_from_the_directory() {
        assert_eq!(name_for(Path::new("/home/ana/My Notes"), &[]), "my-notes");
        assert_eq!(name_for(Path::new("/"), &[]), "root");
        assert_eq!(name_for(Path::new("/a/Ärger.d"), &[]), "-rger-d");
        assert_eq!(name_for(Path::new("/b/notes"), &["notes", "notes-2"]), "notes-3");
    }

    proptest::proptest! {
        #[test]
        fn every_directory_gets_a_valid_name_of_its_own(dir in "\\PC{0,60}") {
            let first = name_for(Path::new(&dir), &[]);
            let second = name_for(Path::new(&dir), &[&first]);
            assert!(is_name(&first) && is_name(&second) && first != second);
        }
    }
}
