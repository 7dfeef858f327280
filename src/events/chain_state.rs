//! Whether the log was as it was written when that was looked at last.

use jiff::Timestamp;

/// What was found when the chain of the log was checked last.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ChainState {
    /// It was not checked yet.
    #[default]
    Unchecked,
    /// Nothing was wrong.
    Intact {
        /// When.
        at: Timestamp,
    },
    /// Nothing was wrong in what could be checked, and not all could.
    Incomplete {
        /// When.
        at: Timestamp,
    },
    /// It is not as it was written.
    Broken {
        /// When that was found.
        at: Timestamp,
        /// How many findings there are.
        faults: u64,
    },
}

impl ChainState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Intact { .. } => "intact",
            Self::Incomplete { .. } => "incomplete",
            Self::Broken { .. } => "broken",
        }
    }

    /// When it was checked.
    #[must_use]
    pub const fn at(self) -> Option<Timestamp> {
        match self {
            Self::Unchecked => None,
            Self::Intact { at } | Self::Incomplete { at } | Self::Broken { at, .. } => Some(at),
        }
    }

    /// How many findings there are.
    #[must_use]
    pub const fn faults(self) -> u64 {
        match self {
            Self::Unchecked | Self::Intact { .. } | Self::Incomplete { .. } => 0,
            Self::Broken { faults, .. } => faults,
        }
    }
}
