//! Every key there is.
//!
//! From this one table come what a file may hold, the names of variables, the
//! "did you mean", `config.example.toml`, `config show` and the manual.

mod files;
mod keys;

use std::fmt;

use super::{
    Config,
    draft::Draft,
    values::{Given, Wrong},
};

/// One key.
pub struct Key {
    /// Where it stands: `http.listen`, or `roots.*.path` where the owner chooses a name.
    pub path: &'static str,
    /// Its default as TOML writes it; an example where there is none.
    pub default: &'static str,
    /// What it means, to stand beside it.
    pub says: &'static str,
    /// Takes a value. The text is the name that the owner chose, if he does.
    pub(super) set: fn(&mut Draft, &str, &Given) -> Result<(), Wrong>,
    /// What is in force, as TOML writes it. `None` when nobody chose.
    pub(super) show: fn(&Config, &str) -> Option<String>,
}

/// One section, as the example file shows it.
pub struct Section {
    /// Its name, with the example's name where the owner chooses one.
    pub header: &'static str,
    /// Before the first dot of its keys' paths.
    pub name: &'static str,
    /// What it is for.
    pub says: &'static str,
}

impl Section {
    /// Whether the owner chooses names in it.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.header != self.name
    }
}

impl Key {
    /// The section it stands in.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(section, _)| section)
    }

    /// Its name in the section.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, field)| field)
    }

    /// What is in force, as TOML writes it, for a key without a name of the owner's in it.
    #[must_use]
    pub fn value(&self, config: &Config) -> Option<String> {
        (self.show)(config, "")
    }

    /// Whether the owner chooses a name between section and field.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.path.contains('*')
    }

    /// Its path with the name that the owner chose.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        self.path.replacen('*', name, 1)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
}

/// The sections, in the order of the example file.
pub static SECTIONS: &[Section] = &[
    Section {
        header: "roots.notes",
        name: "roots",
        says: "a place file tools may work; repeat with other names",
    },
    Section { header: "tools", name: "tools", says: "" },
    Section { header: "http", name: "http", says: "used only with `serve --http`" },
    Section { header: "limits", name: "limits", says: "\"N/PERIOD\" or \"N/PERIOD burst B\"" },
    Section { header: "keys.laptop", name: "keys", says: "made by `mcp-server keys generate laptop --save`" },
    Section { header: "events", name: "events", says: "the security log" },
    Section { header: "files", name: "files", says: "how files are read and written" },
    Section {
        header: "journal",
        name: "journal",
        says: "what is kept of files that tools change, so that it can be undone",
    },
    Section { header: "guard", name: "guard", says: "what leaves in results" },
    Section { header: "log", name: "log", says: "diagnostics, for whoever runs the server" },
];

/// All of them, section by section.
pub fn all() -> impl Iterator<Item = &'static Key> {
    keys::KEYS.iter().chain(files::KEYS)
}

/// The keys that have one place: all but those beneath a name of the owner's.
pub fn plain_keys() -> impl Iterator<Item = &'static Key> {
    all().filter(|key| !key.is_named())
}

/// The keys of one section.
pub fn keys_of(section: &str) -> impl Iterator<Item = &'static Key> {
    all().filter(move |key| key.section() == section)
}

/// The key with this path, with names of the owner's in it.
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    let parts: Vec<&str> = path.split('.').collect();
    all().find(|key| {
        key.path.split('.').count() == parts.len()
            && key.path.split('.').zip(&parts).all(|(known, part)| known == "*" || known == *part)
    })
}

/// What was probably meant by `path`.
#[must_use]
pub fn nearest(path: &str) -> Option<String> {
    let candidates =
        all().map(|key| key.path.to_owned()).chain(SECTIONS.iter().map(|section| section.name.to_owned()));
    nearest_of(path, candidates)
}

/// The one of `words` that `word` was probably meant to be.
pub(crate) fn nearest_of(word: &str, words: impl IntoIterator<Item = String>) -> Option<String> {
    let near = (word.chars().count() / 3).clamp(1, 3);
    words
        .into_iter()
        .map(|known| (strsim::osa_distance(&known, &word.to_ascii_lowercase()), known))
        .filter(|(distance, _)| *distance <= near)
        .min()
        .map(|(_, known)| known)
}
