//! What an owner may choose about the tools.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The `[tools]` section.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which tools clients see.
    pub offer: Offer,
    /// Hides every tool that writes, whatever the roots say.
    pub read_only: bool,
}

/// Names or globs of tools that compile.
#[derive(Clone, Debug)]
pub struct Offer {
    globs: Vec<String>,
    set: GlobSet,
}

impl Offer {
    /// Compiles `globs`.
    ///
    /// # Errors
    ///
    /// The place of the first glob that does not compile, and what is wrong with it.
    pub fn new(globs: Vec<String>) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        for (place, glob) in globs.iter().enumerate() {
            let compiled =
                GlobBuilder::new(glob).build().map_err(|error| (place, error.kind().to_string()))?;
            set.add(compiled);
        }
        let set = set.build().map_err(|error| (0, error.kind().to_string()))?;
        Ok(Self { globs, set })
    }

    /// As they were written.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// For a [`Policy`](crate::policy::Policy): `None` when everything is offered.
    #[must_use]
    pub fn set(&self) -> Option<GlobSet> {
        let everything = self.globs.iter().any(|glob| glob == "*");
        (!everything).then(|| self.set.clone())
    }
}

impl Default for Offer {
    /// Everything.
    fn default() -> Self {
        Self { globs: vec!["*".to_owned()], set: GlobSet::empty() }
    }
}
