//! What is written down.
//!
//! Every call opens an [`Entry`] and leaves exactly one ending event: by
//! [`Entry::finish`], or, when the entry is dropped, as `tool_abandoned`.
//!
//! One thread owns the file (`writer`): it takes records from a bounded queue
//! (`queue`), adds to each its place in the chain (`chain`), and writes them
//! through a directory handle (`ground`, `sink`). Whoever waits for a record
//! hears of it once its `write` has returned. What other runs left behind is
//! noted and pruned (`prune`); floods at the door are counted (`fold`), and
//! whatever happens is (`tally`). Whoever wants each line once it is written is
//! a [`Tap`].
//!
//! The other half only reads: `reader` for all there is in the order of time,
//! `stats` to count it, `query` for a page of it, `tails` for what is added,
//! `follow` for waiting for that.

#![allow(clippy::disallowed_methods, reason = "the events directory belongs to this room")]

pub mod bell;
mod caps;
pub mod chain;
mod chain_key;
mod chain_state;
mod clock;
pub mod codes;
pub mod cursor;
mod details;
mod ends;
mod entry;
pub mod event;
pub mod explain;
mod figures;
pub mod files;
pub mod filter;
mod fold;
pub mod follow;
pub mod glance;
mod ground;
mod job;
mod lines;
mod needles;
pub mod overview;
mod prune;
mod pruned;
pub mod query;
mod queue;
pub mod reader;
mod record;
pub mod recorder;
mod scan;
mod seal;
mod sequence;
pub mod series;
pub mod settings;
pub mod show;
mod sink;
mod start;
pub mod stats;
mod tail;
pub mod tails;
pub mod tally;
pub mod tap;
pub mod verify;
pub mod walk;
mod watch;
mod weak;
mod when;
pub mod words;
mod writer;

pub use chain_key::{ChainKeyError, read as read_chain_key};
pub use chain_state::ChainState;
pub use ends::dir_of as ends_of;
pub use entry::{CallId, Ending, Entry, Facts};
pub use event::{Event, EventKind, Outcome, Severity};
pub use recorder::Recorder;
pub use settings::Settings;
pub use start::{Beginning, StartError, StartFacts, look};
pub use tap::Tap;
pub use weak::WeakRecorder;
