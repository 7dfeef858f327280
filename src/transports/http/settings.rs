//! What an owner may choose about the HTTP door.

use std::net::{Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use super::page;
use crate::limits;

/// The `[http]` section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Names it answers to besides its own loopback ones.
    pub hosts: Vec<String>,
    /// Web pages allowed to call.
    pub origins: Vec<String>,
    /// Bytes of one body.
    pub body: usize,
    /// Listen beyond this machine without https.
    pub plaintext: bool,
    /// Whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who reads the metrics without a key.
    pub metrics_from: Vec<IpNet>,
    /// Whether a key is needed.
    pub auth: bool,
    /// Where MCP is spoken.
    pub path: String,
    /// Where health is told.
    pub health_path: String,
    /// Whether there is a page to look at; `None` is on this machine, unless its path is taken.
    pub page: Option<bool>,
}

impl Settings {
    /// Whether there is a page to look at.
    #[must_use]
    pub fn has_page(&self) -> bool {
        let is_free = [&self.path, &self.health_path].iter().all(|path| !page::is_of_page(path));
        self.page.unwrap_or_else(|| self.listen.ip().to_canonical().is_loopback()) && is_free
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            hosts: Vec::new(),
            origins: Vec::new(),
            body: limits::MESSAGE_BYTES_MAX,
            plaintext: false,
            trusted_proxies: Vec::new(),
            metrics_from: Vec::new(),
            auth: true,
            path: "/mcp".into(),
            health_path: "/health".into(),
            page: None,
        }
    }
}
