//! What lies in a root and is still not for tools, from outside: through every
//! tool, as a resource, through links and other names, and what lifts it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failed step of a test is a panic, brevity counts, and a test builds its tree"
)]

#[path = "../common/mod.rs"]
mod common;

mod desk;
mod lifted;
mod own;
mod read;
mod written;
