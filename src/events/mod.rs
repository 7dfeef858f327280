//! What is written down.
//!
//! Every call opens an [`Entry`] and leaves exactly one ending event: by
//! [`Entry::finish`], or, when the entry is dropped, as `tool_abandoned`.

pub mod codes;
pub mod event;
pub mod recorder;
pub mod settings;

pub use event::{Event, EventKind, Outcome, Severity};
pub use recorder::{CallId, Ending, Entry, Facts, Recorder};
