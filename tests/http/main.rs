//! The HTTP door from outside: the program is started, bytes are sent, and
//! what comes back, what the tools did and what the log holds is looked at.
//!
//! Every server here has a home of its own. Rows that only differ in what is
//! sent share one server; rows that would meet a limit come from addresses of
//! their own in 127.0.0.0/8. `FULL=1` runs the long deadlines and the counts of
//! a release instead of those of a push.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    unreachable_pub,
    reason = "a failed step of a test is a panic, and the tests are outside of every room"
)]

#[path = "../common/mod.rs"]
mod common;

mod cors;
mod deadlines;
mod events_endpoint;
mod flood;
mod framing;
mod gate;
mod health;
mod keys;
mod limits;
mod log;
mod metrics;
mod overview;
mod page;
mod reload;
mod stop;
mod streams;
mod wire;
