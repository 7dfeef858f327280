//! Somebody who is given each line once it stands in the log.
//!
//! What a [`Tap`] gets is exactly what was written, in its order, and nothing
//! that was not. It is called by the thread that writes, so it never waits:
//! what it has no room for, it counts.

use std::fmt;

/// Takes lines that were written.
pub trait Tap: fmt::Debug + Send + Sync {
    /// One line, without its newline. Returns at once.
    fn written(&self, line: &[u8]);

    /// No line will come any more.
    fn ended(&self);

    /// Lines that were given and could not be passed on.
    fn not_exported(&self) -> u64;
}
