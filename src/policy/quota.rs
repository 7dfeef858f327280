//! stub
use super::Subject;
use crate::{caller::Caller, refusal::Refusal};
use std::{num::NonZeroU32, time::Duration};

/// `N/PERIOD` or `N/PERIOD burst B`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// So many.
    pub count: NonZeroU32,
    /// In so long.
    pub period: Duration,
    /// At once.
    pub burst: NonZeroU32,
}

/// The `[limits]` section.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Whether anything is limited at all.
    pub enabled: bool,
    /// Requests without a valid key, by address; `None` is 100/min, or 1200/min without authentication.
    pub address: Option<Rate>,
    /// Requests with a key, by key.
    pub key: Rate,
    /// Calls of one tool with one key.
    pub tool: Rate,
    /// The same call again and again; `None` is 60/10s over HTTP and 300/10s over stdio.
    pub repeat: Option<Rate>,
}

/// stub
#[derive(Debug, Default)]
pub struct Quota;
impl Quota {
    /// stub
    pub fn charge_call(&self, _: &Caller, _: Subject<'_>, _: u64) -> Result<(), Refusal> {
        Ok(())
    }
}
