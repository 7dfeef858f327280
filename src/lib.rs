//! An MCP server that people can leave running.
//!
//! This is the map; read it first.
//!
//! # The line
//!
//! Whichever door a call comes through, it walks one line, in [`dispatch`]:
//!
//! ```text
//! Entry → offer → Permit → Ready → Draft → Released → event
//! ```
//!
//! | step | made by | proves |
//! |---|---|---|
//! | [`events::Entry`] | [`events::Recorder::begin`] | the call is on record, however it ends |
//! | [`policy::Permit`] | [`policy::Policy::admit`] | this caller may run this, now, once |
//! | [`tools::Ready`] | [`tools::AnyTool::prepare`] | every argument became its type |
//! | [`guard::Draft`] | the tool | nothing |
//! | [`guard::Released`] | [`guard::Guard::release`] | bounded, and what was left out is said |
//!
//! # Invariants
//!
//! - Every call leaves exactly one ending event, also one that panics, times
//!   out or loses its client. If the event cannot be written, the call is
//!   refused and says so.
//! - A tool runs only with a permit and proven arguments; a reply leaves only
//!   as [`guard::Released`].
//! - Nothing below [`protocol`] knows MCP. rmcp's types appear in [`protocol`]
//!   and the two doors, warp in the HTTP door alone.
//! - Nothing outside [`sandbox`] touches the world on a client's behalf. Paths
//!   are resolved while opening, so there is no gap between check and use.
//! - What decides is pure: it reads no disk and no socket, and no clock but the
//!   monotonic one of the limits.
//! - The environment and the configuration are read before anything listens,
//!   and never from the working directory.
//! - A refusal describes the request, never the server.
//! - stdout belongs to the protocol in stdio mode, and to the answer in every
//!   other command.
//!
//! # The rooms
//!
//! A module uses only what stands above it in this list; `tests/architecture.rs`
//! holds it to that.
//!
//! # Your own tool
//!
//! ```no_run
#![doc = include_str!("../examples/own_tool.rs")]
//! ```

pub mod limits;

pub mod refusal;

pub mod caller;
pub mod shutdown;
pub mod telemetry;
pub mod trace;

pub mod sanitize;

pub mod events;

pub mod export;

pub mod policy;

pub mod journal;

pub mod sandbox;

pub mod guard;

pub mod tools;

pub mod resources;

pub mod prompts;

pub mod dispatch;

pub mod protocol;

pub mod transports;

pub mod config;

pub mod app;

pub mod cli;

pub use app::Server;
pub use cli::{run, run_from};
