//! The two doors.

pub mod http;
pub mod stdio;
