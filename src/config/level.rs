//! How much the diagnostics say.

/// From nothing to everything.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What is not as it should be.
    Warn,
    /// What a person wants to know.
    #[default]
    Info,
    /// What helps to find a mistake.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// Every word that is understood, the usual ones first; the last three are
    /// those of the variable `LOG_LEVEL` in other programs.
    pub(crate) const WORDS: [(&'static str, Self); 9] = [
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
        ("silent", Self::Off),
        ("fatal", Self::Error),
        ("warning", Self::Warn),
    ];

    /// The usual word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}
