//! stub
use ipnet::IpNet;
use jiff::Timestamp;

/// One `[keys.NAME]` section.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The key's name.
    pub name: String,
    /// SHA-256 of the key's text.
    pub sha256: [u8; 32],
    /// Which tools, as globs; `None` is all.
    pub tools: Option<Vec<String>>,
    /// Which roots; `None` is all.
    pub roots: Option<Vec<String>>,
    /// Tools that write are within reach.
    pub write: bool,
    /// The log may be read.
    pub events: bool,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// From where; empty is anywhere.
    pub from: Vec<IpNet>,
}
