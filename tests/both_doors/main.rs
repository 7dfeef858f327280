//! What a client may send, and what it gets, through either door.
//!
//! Every row of the tables is one message. It is sent on stdio and by POST, to
//! a server with the tools of `examples/fixture_tools.rs`, and each time: the
//! answer is the expected one, with its id as it was written; the next good
//! request is answered; exactly one event is left, or none where nothing is to
//! be told; nothing ran that should not; and memory stays bounded.
//!
//! `FULL=1` adds the messages of 16 MiB to 1 GiB, and goes through everything three times.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::too_many_lines,
    reason = "a failed step of a test is a panic, a test reads files and its own environment, and a table is long"
)]

#[path = "../common/mod.rs"]
mod common;
mod envelope;
mod params;
mod protocol;
mod row;
mod text;
mod trace;
