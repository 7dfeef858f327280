//! `events`: reading the security log.

use std::path::Path;

use clap::Subcommand;

use super::{
    printer::Printer,
    report::{Exit, Failure, Stopped},
};

/// `events …`
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// Print where the events are
    Path,
}

/// Runs one of them.
///
/// # Errors
///
/// When the log cannot be read.
pub fn run(_: &EventsCommand, dir: &Path, printer: &Printer) -> Result<Exit, Stopped> {
    let dir = dir.to_str().ok_or_else(|| Failure::new("the path is not UTF-8"))?;
    printer.line(dir)?;
    Ok(Exit::Yes)
}
