//! What is wrong with a log, and what cannot be told about it.

use std::fmt;

/// What a fault is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum What {
    /// A line is not what it was when the next one was written.
    Changed,
    /// Lines are gone.
    Missing,
    /// A line stands where it was not written.
    OutOfPlace,
    /// A line that the chain does not know.
    Inserted,
    /// A line of another run.
    OtherRun,
    /// Something that is no event.
    NotAnEvent,
    /// A whole file is gone, and nothing says that it was pruned.
    FileMissing,
    /// The end is not where somebody else saw it.
    EndCut,
    /// Lines follow where the log had ended.
    Appended,
    /// The run was chained with the key, and is not any more.
    NotKeyed,
    /// The record of where a run ended was not made with the key.
    EndForged,
}

impl What {
    /// All there are.
    pub const ALL: &'static [Self] = &[
        Self::Changed,
        Self::Missing,
        Self::OutOfPlace,
        Self::Inserted,
        Self::OtherRun,
        Self::NotAnEvent,
        Self::FileMissing,
        Self::EndCut,
        Self::Appended,
        Self::NotKeyed,
        Self::EndForged,
    ];

    /// The word for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "line_changed",
            Self::Missing => "lines_missing",
            Self::OutOfPlace => "line_out_of_place",
            Self::Inserted => "line_inserted",
            Self::OtherRun => "line_of_another_run",
            Self::NotAnEvent => "line_not_an_event",
            Self::FileMissing => "file_missing",
            Self::EndCut => "end_cut",
            Self::Appended => "lines_appended",
            Self::NotKeyed => "chain_not_keyed",
            Self::EndForged => "end_forged",
        }
    }
}

/// One thing that is wrong, and exactly where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// What.
    pub what: What,
    /// In which file.
    pub file: String,
    /// On which line, from 1.
    pub line: Option<u64>,
    /// Where that line begins, in bytes.
    pub at: Option<u64>,
    /// The number of the event.
    pub seq: Option<u64>,
    /// The rest, as a sentence.
    pub says: String,
}

/// `FILE:LINE (byte AT, event SEQ): SENTENCE`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match (self.at, self.seq) {
            (Some(at), Some(seq)) => write!(f, " (byte {at}, event {seq})")?,
            (Some(at), None) => write!(f, " (byte {at})")?,
            (None, Some(seq)) => write!(f, " (event {seq})")?,
            (None, None) => {}
        }
        write!(f, ": {}", self.says)
    }
}

/// What is not wrong, and not proven either.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Unproven {
    /// The run did not say that it stopped: it was killed, or its end was cut off.
    NoStop,
    /// It was killed, and the next server found its end as it is now.
    Killed,
    /// Nothing follows the last line of a run that stopped, and nobody took note of it.
    LastLine,
    /// The run is chained with the key, and its end was not noted beside it.
    NotNoted,
    /// The last line has no end.
    Torn,
    /// The run is chained with a key, and this one is not it.
    NeedsKey,
    /// There is a key, and the run is chained without.
    WithoutKey,
    /// Lines of a newer version.
    Newer,
    /// The file cannot be read.
    Unreadable,
}

impl Unproven {
    /// All there are.
    pub const ALL: &'static [Self] = &[
        Self::NoStop,
        Self::Killed,
        Self::LastLine,
        Self::NotNoted,
        Self::Torn,
        Self::NeedsKey,
        Self::WithoutKey,
        Self::Newer,
        Self::Unreadable,
    ];

    /// The word for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoStop => "end_not_proven",
            Self::Killed => "ended_without_a_stop",
            Self::LastLine => "last_line_not_proven",
            Self::NotNoted => "end_not_noted",
            Self::Torn => "torn_line",
            Self::NeedsKey => "needs_key",
            Self::WithoutKey => "chained_without_key",
            Self::Newer => "newer_version",
            Self::Unreadable => "file_unreadable",
        }
    }

    /// Whether a part of the log could not be looked at because of it.
    #[must_use]
    pub const fn hides(self) -> bool {
        matches!(self, Self::NeedsKey | Self::Newer | Self::Unreadable)
    }

    /// Whether lines may be gone from an end because of it.
    #[must_use]
    pub const fn leaves_an_end_open(self) -> bool {
        matches!(self, Self::NoStop | Self::NotNoted)
    }
}

/// One thing that cannot be told, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Doubt {
    /// What.
    pub what: Unproven,
    /// In which file.
    pub file: String,
    /// Where, in bytes.
    pub at: Option<u64>,
    /// The rest, as a sentence.
    pub says: String,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(at) = self.at {
            write!(f, " (byte {at})")?;
        }
        write!(f, ": {}", self.says)
    }
}
