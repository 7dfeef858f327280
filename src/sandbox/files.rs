//! stub
use crate::caller::Reach;
use std::path::PathBuf;

/// One `[roots.NAME]` section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RootSettings {
    /// The root's name: `[a-z0-9_-]{1,32}`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether tools may write there.
    pub write: bool,
}

/// The roots, as much of them as one caller may reach.
#[derive(Clone, Debug, Default)]
pub struct Files;

impl Files {
    /// Whether there is no root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        true
    }
    /// Narrowed to what `reach` covers.
    #[must_use]
    pub fn within(&self, _reach: &Reach) -> Self {
        self.clone()
    }
}
