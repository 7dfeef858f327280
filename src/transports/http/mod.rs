//! Streamable HTTP on warp.
//!
//! ```text
//! socket ──listen──▶ connection ──gate──▶ Pass ──routes──▶ answer
//!          caps       deadlines    order of checks  warp      sealed with its headers
//! ```
//!
//! Deny by default: a route takes a `gate::Pass` of its own kind, only the
//! gate makes them, and it makes them after every check. There is no other way
//! to an answer but a refusal.

mod auth;
mod body;
mod codes;
mod connection;
mod cors;
mod curt;
mod deadlines;
mod events;
mod flights;
mod gate;
mod head;
mod headers;
mod health;
pub mod host;
mod listen;
mod live;
mod mcp;
mod mcp_headers;
mod media;
mod memory;
mod metrics;
pub mod origin;
mod page;
mod posture;
mod process;
mod readers;
mod ready;
mod record;
mod refuse;
mod routes;
mod scrape;
pub mod settings;
mod sse;
mod stats;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use listen::{Stopped, serve};
pub use posture::Chosen;
pub use settings::Settings;

use self::{
    flights::{Flights, Places},
    host::Hosts,
    listen::Connections,
    memory::Memory,
    origin::Origins,
    process::Descriptors,
    readers::Shares,
};
use crate::{
    caller::Reach,
    events::{Recorder, bell::Belfry, query::Known},
    limits,
    policy::{live::LiveKeys, penalty::Penalties},
    protocol::Protocol,
    shutdown::Tasks,
};

/// Everything the HTTP door needs from the rest of the server.
#[derive(Debug)]
pub struct Parts {
    /// What the owner chose.
    pub settings: Settings,
    /// What answers.
    pub protocol: Arc<Protocol>,
    /// Who may ask.
    pub keys: LiveKeys,
    /// What is written down.
    pub events: Recorder,
    /// Where it is written down, for `/security/events`.
    pub events_dir: PathBuf,
    /// What runs.
    pub tasks: Tasks,
    /// What the owner chose elsewhere, for whoever may see how the server stands.
    pub chosen: Chosen,
}

/// The HTTP door.
#[derive(Debug)]
pub struct Door {
    settings: Settings,
    protocol: Arc<Protocol>,
    keys: LiveKeys,
    penalties: Penalties,
    events: Recorder,
    log: Arc<Log>,
    tasks: Tasks,
    hosts: Hosts,
    origins: Origins,
    https: Https,
    /// What may be reached where no key is asked for: all but the log.
    keyless: Arc<Reach>,
    connections: Connections,
    flights: Flights,
    /// Cancelled when calls have had their time to end.
    calls: CancellationToken,
    /// Room for bodies of messages, in KiB.
    bodies: Arc<Semaphore>,
    subscriptions: Places,
    /// Who follows the log.
    followers: Shares,
    memory: Memory,
    descriptors: Descriptors,
    started: Instant,
    chosen: Chosen,
}

/// The log as it is read here.
#[derive(Debug)]
struct Log {
    dir: PathBuf,
    /// What paging knows of its files.
    known: Known,
    /// Who may read the disk for a page now.
    turns: Shares,
    belfry: Belfry,
}

impl Log {
    fn new(dir: PathBuf) -> Self {
        Self {
            belfry: Belfry::new(&dir),
            known: Known::default(),
            turns: Shares::new(limits::EVENTS_PAGES_AT_ONCE_MAX),
            dir,
        }
    }
}

/// Whether plain http will do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Https {
    /// Beyond this machine: only what a trusted proxy says came by https.
    Required,
    /// On this machine: unless a trusted proxy says it came without.
    AsForwarded,
    /// The owner said so.
    Optional,
}

impl Https {
    fn of(settings: &Settings) -> Self {
        if settings.plaintext {
            Self::Optional
        } else if settings.listen.ip().is_loopback() {
            Self::AsForwarded
        } else {
            Self::Required
        }
    }
}

impl Door {
    /// Builds the door. Nothing listens yet.
    ///
    /// # Errors
    ///
    /// An entry of `http.hosts` or `http.origins` that is none, in words for the owner.
    pub fn new(parts: Parts) -> Result<Self, String> {
        let Parts { settings, protocol, keys, events, events_dir, tasks, chosen } = parts;
        Ok(Self {
            hosts: Hosts::parse(&settings.hosts, settings.listen)?,
            origins: Origins::parse(&settings.origins, settings.listen)?,
            https: Https::of(&settings),
            keyless: Arc::new(Reach::default()),
            penalties: Penalties::default(),
            connections: Connections::default(),
            flights: Flights::new(tasks.clone()),
            calls: CancellationToken::new(),
            bodies: Arc::new(Semaphore::new(limits::BODIES_BYTES_MAX >> 10)),
            subscriptions: Places::new(limits::HTTP_SUBSCRIPTIONS_MAX),
            followers: Shares::new(limits::EVENTS_FOLLOWERS_MAX),
            memory: Memory::open(),
            descriptors: Descriptors::open(),
            started: Instant::now(),
            settings,
            protocol,
            keys,
            events,
            log: Arc::new(Log::new(events_dir)),
            tasks,
            chosen,
        })
    }
}
