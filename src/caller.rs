//! Who asks, and from where.
//!
//! A [`Caller`] is made by a door once it knows who is there, and is never
//! changed afterwards. What the client says of itself ([`Client`]) is kept for
//! the log only and decides nothing.

use std::{net::IpAddr, sync::Arc};

use globset::GlobSet;

/// Which door a call came through.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Door {
    /// The process that started us, on stdin and stdout.
    Stdio,
    /// Streamable HTTP.
    Http,
    /// `mcp-server tools call`.
    Console,
}

impl Door {
    /// The word events use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
            Self::Console => "console",
        }
    }
}

/// Who a caller is, as far as the door could prove it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Identity {
    /// The process that started us.
    Parent,
    /// The person at the console.
    Console,
    /// The holder of a key, by the key's name.
    Key(Arc<str>),
    /// Nobody we know, by address.
    Address(IpAddr),
}

impl Identity {
    /// The word events use: `parent`, `console`, `key:laptop`, `203.0.113.9`.
    #[must_use]
    pub fn who(&self) -> String {
        match self {
            Self::Parent => "parent".into(),
            Self::Console => "console".into(),
            Self::Key(name) => format!("key:{name}"),
            Self::Address(address) => address.to_string(),
        }
    }
}

/// What a caller may reach. The default is everything the owner offers.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Which tools, by name; `None` is all.
    pub tools: Option<GlobSet>,
    /// Which roots, by name; `None` is all.
    pub roots: Option<Vec<String>>,
    /// Tools that write are out of reach.
    pub read_only: bool,
    /// The log may be read.
    pub events: bool,
}

impl Reach {
    /// Everything, the log included.
    #[must_use]
    pub fn everything() -> Self {
        Self { events: true, ..Self::default() }
    }

    /// Whether a tool of this name is within reach.
    #[must_use]
    pub fn covers_tool(&self, name: &str) -> bool {
        self.tools.as_ref().is_none_or(|globs| globs.is_match(name))
    }

    /// Whether a root of this name is within reach.
    #[must_use]
    pub fn covers_root(&self, name: &str) -> bool {
        self.roots.as_ref().is_none_or(|roots| roots.iter().any(|root| root == name))
    }
}

/// What a client says of itself. For the log; never for a decision.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Client {
    /// The client's name, as sent.
    pub name: String,
    /// The client's version, as sent.
    pub version: String,
}

/// One caller: identity, door, address and reach.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub identity: Identity,
    /// Through which door.
    pub door: Door,
    /// The judged address: the peer, or what a trusted proxy said.
    pub peer: Option<IpAddr>,
    /// What may be reached.
    pub reach: Arc<Reach>,
}

impl Caller {
    /// The process that started us.
    #[must_use]
    pub fn parent() -> Self {
        Self {
            identity: Identity::Parent,
            door: Door::Stdio,
            peer: None,
            reach: Arc::new(Reach::everything()),
        }
    }

    /// The person at the console.
    #[must_use]
    pub fn console() -> Self {
        Self {
            identity: Identity::Console,
            door: Door::Console,
            peer: None,
            reach: Arc::new(Reach::everything()),
        }
    }
}
