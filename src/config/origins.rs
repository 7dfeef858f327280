//! Who said what.

use std::collections::BTreeMap;

use super::problem::Origin;

/// Who said what. A path that nobody set is at its default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// Who set `path`, such as `roots.notes.write`.
    #[must_use]
    pub fn of(&self, path: &str) -> Origin {
        self.0.get(path).cloned().unwrap_or_default()
    }

    /// Every path that somebody set, with who did.
    pub fn set(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.0.iter().map(|(path, origin)| (path.as_str(), origin))
    }
}

impl From<BTreeMap<String, Origin>> for Origins {
    fn from(origins: BTreeMap<String, Origin>) -> Self {
        Self(origins)
    }
}
