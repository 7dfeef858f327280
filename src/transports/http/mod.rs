//! Streamable HTTP on warp.

pub mod settings;
