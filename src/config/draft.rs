//! A configuration in the making.

use std::path::PathBuf;

use ipnet::IpNet;
use jiff::Timestamp;

use super::Config;
use crate::{policy::keys, sandbox::files::RootSettings};

/// What the layers have said so far. Roots and keys may still lack something.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Everything that has a default.
    pub config: Config,
    /// What `~` is.
    pub home: Option<PathBuf>,
    /// Where events go, if anyone said so.
    pub events_dir: Option<PathBuf>,
    /// Where the journal is, if anyone said so.
    pub journal_dir: Option<PathBuf>,
    /// The roots, in the order in which they were named.
    pub roots: Vec<RootDraft>,
    /// The keys, likewise.
    pub keys: Vec<KeyDraft>,
}

/// A root that may still lack its path.
#[derive(Clone, Debug, Default)]
pub(crate) struct RootDraft {
    pub name: String,
    pub path: Option<PathBuf>,
    pub write: bool,
}

/// A key that may still lack its hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyDraft {
    pub name: String,
    pub sha256: Option<[u8; 32]>,
    pub tools: Option<Vec<String>>,
    pub roots: Option<Vec<String>>,
    pub write: bool,
    pub events: bool,
    pub expires: Option<Timestamp>,
    pub from: Vec<IpNet>,
}

impl Draft {
    pub(crate) fn new(home: Option<PathBuf>) -> Self {
        Self {
            config: Config::default(),
            home,
            events_dir: None,
            journal_dir: None,
            roots: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// The root of this name, begun now if there is none yet.
    pub(crate) fn root(&mut self, name: &str) -> &mut RootDraft {
        let place = self.roots.iter().position(|root| root.name == name).unwrap_or_else(|| {
            self.roots.push(RootDraft { name: name.to_owned(), ..RootDraft::default() });
            self.roots.len() - 1
        });
        #[allow(clippy::indexing_slicing, reason = "found or pushed in the line above")]
        &mut self.roots[place]
    }

    /// The key of this name, begun now if there is none yet.
    pub(crate) fn key(&mut self, name: &str) -> &mut KeyDraft {
        let place = self.keys.iter().position(|key| key.name == name).unwrap_or_else(|| {
            self.keys.push(KeyDraft { name: name.to_owned(), ..KeyDraft::default() });
            self.keys.len() - 1
        });
        #[allow(clippy::indexing_slicing, reason = "found or pushed in the line above")]
        &mut self.keys[place]
    }

    /// The whole. Roots and keys that lack something are left out, by path of what they lack.
    pub(crate) fn finish(self) -> (Config, Vec<String>) {
        let Self { mut config, events_dir, journal_dir, roots, keys, .. } = self;
        let mut missing = Vec::new();
        if let Some(dir) = events_dir {
            config.events.dir = dir;
        }
        if let Some(dir) = journal_dir {
            config.journal.dir = dir;
        }
        for RootDraft { name, path, write } in roots {
            match path {
                Some(path) => config.roots.push(RootSettings { name, path, write }),
                None => missing.push(format!("roots.{name}.path")),
            }
        }
        for key in keys {
            let KeyDraft { name, sha256, tools, roots, write, events, expires, from } = key;
            match sha256 {
                Some(sha256) => {
                    let key = keys::Settings { name, sha256, tools, roots, write, events, expires, from };
                    config.keys.push(key);
                }
                None => missing.push(format!("keys.{name}.sha256")),
            }
        }
        (config, missing)
    }
}
