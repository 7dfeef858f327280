//! The map. Read this first.

pub mod caller;
pub mod cli;
pub mod config;
pub mod dispatch;
pub mod events;
pub mod guard;
pub mod limits;
pub mod policy;
pub mod prompts;
pub mod protocol;
pub mod refusal;
pub mod resources;
pub mod sandbox;
pub mod sanitize;
pub mod shutdown;
pub mod telemetry;
pub mod tools;
pub mod transports;
