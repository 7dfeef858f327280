//! The command line.

pub mod events;
pub mod printer;
pub mod report;
