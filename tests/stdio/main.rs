//! The stdio door as hosts and systems use it, and misuse it.
//!
//! What is sent is in `tests/both_doors.rs`; here it is how: pipes that are cut,
//! full or never read, descriptors that are closed, tools that hang, panic or
//! print. Each test waits for the end with a guard of ten times what the end
//! may take on a quiet machine. `FULL=1` sends 100 MB of noise instead of 8.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::too_many_lines,
    reason = "a failed step of a test is a panic, a test reads files and its own environment, and a table is long"
)]

mod calls;
#[path = "../common/mod.rs"]
mod common;
mod host;
mod input;
mod output;
mod pipes;
mod start;
