//! Raw in, proven out. Pure, sync, no I/O.

pub mod args;
pub mod ip;
pub mod path;
pub mod text;
