//! What the commands that read a configuration work on.

use std::path::Path;

use super::{
    args::Globals,
    flags,
    printer::{Printer, Tone},
    report::Failure,
};
use crate::config::{self, Environment, Flags, Loaded, Problem, Problems, Purpose, problem::tilde};

/// What the commands work on.
#[derive(Debug)]
pub struct Case<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// Options of every command.
    pub globals: &'a Globals,
    /// What the program itself sets.
    pub defaults: &'a [(String, String)],
}

impl Case<'_> {
    /// The configuration as a command of this purpose meets it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn load(&self, purpose: Purpose) -> Result<Loaded, Problems> {
        let flags = Flags { config: flags::named(self.globals), purpose, ..Flags::default() };
        config::load(self.environment, &flags, self.defaults)
    }

    pub(super) fn tilde(&self, path: &Path) -> String {
        tilde(path, self.environment.home.as_deref())
    }
}

/// Problems as the failure of a command.
#[must_use]
pub fn failure(problems: &Problems) -> Failure {
    Failure {
        what: problems.headline(),
        facts: problems.lines(),
        hints: problems.hints().into_iter().map(str::to_owned).collect(),
    }
}

/// Says what is allowed but should be looked at.
pub fn warn(warnings: &[Problem], home: Option<&Path>, printer: &Printer) {
    for warning in warnings {
        printer.note(format_args!(
            "{} {}",
            printer.paint_err(Tone::Warn, "warning:"),
            warning.sentence(home)
        ));
        for fact in &warning.facts {
            printer.note(format_args!("  {fact}"));
        }
        for hint in &warning.hints {
            printer.hint(hint);
        }
    }
}
