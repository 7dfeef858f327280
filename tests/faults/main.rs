//! The security log under faults that are made from outside, at both doors: a disk that hangs, a
//! clock that somebody sets, signals at any moment, servers that are killed and started at random,
//! floods at the door.
//!
//! [`Place`](common::Place) checks the log behind each of these, and where answers can be counted,
//! [`Log::accounts_for`](common::Log::accounts_for) compares it with them. `FULL=1` runs the long
//! campaigns; `tests/README.md` has the commands and what they said.

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

mod clock;
mod flood;
mod hang;
mod many;
mod outside;
mod signals;

/// Whether the campaigns of a release run, rather than those of a push.
fn full() -> bool {
    std::env::var_os("FULL").is_some_and(|value| value == "1")
}
