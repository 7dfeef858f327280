//! What tools change, and the way back, from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a failed step of a test is a panic, brevity counts, and a test looks at files"
)]

#[path = "../common/mod.rs"]
mod common;

mod console;
mod crash;
mod desk;
mod edit;
mod paths;
mod race;
mod refuse;
mod tree;
mod undo;
