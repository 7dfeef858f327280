//! How a command fails, in words a person can act on.
//!
//! `error: what`, then facts, then a blank line and hints.

use std::{fmt, io};

use crate::app::StartError;

/// Why a command could not do it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Failure {
    /// One lower-case sentence without a full stop.
    pub what: String,
    /// More about it, one a line.
    pub facts: Vec<String>,
    /// What to do, one a line.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure in one sentence.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// With one more fact.
    #[must_use]
    pub fn fact(mut self, fact: impl Into<String>) -> Self {
        self.facts.push(fact.into());
        self
    }

    /// With one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        for fact in &self.facts {
            write!(f, "\n  {fact}")?;
        }
        if !self.hints.is_empty() {
            f.write_str("\n")?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self { what: error.to_string(), facts: error.facts(), hints: vec![error.hint()] }
    }
}

impl From<StartError> for Stopped {
    fn from(error: StartError) -> Self {
        Self::Failure(error.into())
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Done, or the answer is yes.
    Yes,
    /// The answer is no.
    No,
}

/// Why a command ended without an answer.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// It could not do it: exit code 2.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// It could not do it, and that was said already.
    #[error("it was said")]
    Reported,
    /// Nobody reads the answer any more: exit code 0 for a closed pipe.
    #[error(transparent)]
    Output(#[from] io::Error),
}
