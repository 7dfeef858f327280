//! Who reads the log: turns on the disk, and places to follow from.
//!
//! There are so many for all, and no caller has more than half of them, so
//! whoever asks for too much waits for themselves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use regex::Regex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Door, events::bad, refuse::Refused};
use crate::{caller::Caller, events::words, refusal::Code};

/// Callers that are remembered though they hold nothing.
const IDLE_MAX: usize = 64;

/// What callers share.
#[derive(Debug)]
pub(super) struct Shares {
    all: Arc<Semaphore>,
    each: usize,
    of: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// One share. It is given back by being dropped.
#[derive(Debug)]
pub(super) struct Share {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Shares {
    pub(super) fn new(all: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), each: all.div_ceil(2), of: Mutex::default() }
    }

    fn own(&self, caller: &Caller) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if of.len() >= IDLE_MAX {
            of.retain(|_, own| own.available_permits() < self.each || Arc::strong_count(own) > 1);
        }
        let own = of.entry(caller.identity.who()).or_insert_with(|| Arc::new(Semaphore::new(self.each)));
        Arc::clone(own)
    }

    /// A share, once there is one; `None` only while the server stops.
    pub(super) async fn wait(&self, caller: &Caller) -> Option<Share> {
        let own = self.own(caller).acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Share { _own: own, _all: all })
    }

    /// A share, if there is one.
    pub(super) fn take(&self, caller: &Caller) -> Option<Share> {
        let own = self.own(caller).try_acquire_owned().ok()?;
        let all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Share { _own: own, _all: all })
    }
}

/// Compiles an expression to search the log with, where that holds up nobody else: it may take half a second.
pub(super) async fn compile(
    door: &Door,
    caller: &Caller,
    pattern: Option<String>,
) -> Result<Option<Regex>, Refused> {
    let Some(pattern) = pattern else { return Ok(None) };
    let turn = door.log.turns.wait(caller).await.ok_or(Code::Io)?;
    let compiled = door.tasks.spawn_blocking(move || {
        let _turn = turn;
        words::grep(&pattern)
    });
    let compiled = compiled.await.map_err(|_| Code::Io)?;
    compiled.map(Some).map_err(|slip| bad(slip.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Identity;

    #[test]
    fn nobody_has_more_than_half_and_everybody_gets_back_what_was_left() {
        let caller = |name: &str| Caller { identity: Identity::Key(name.into()), ..Caller::console() };
        let (shares, one, other) = (Shares::new(4), caller("one"), caller("other"));
        let mut held: Vec<_> = (0..2).map(|_| shares.take(&one).unwrap()).collect();
        assert!(shares.take(&one).is_none());
        let theirs = shares.take(&other).unwrap();
        held.pop();
        assert!(shares.take(&one).is_some());
        drop((held, theirs));
        for at in 0..1_000 {
            assert!(shares.take(&caller(&at.to_string())).is_some());
        }
        assert!(shares.of.lock().unwrap().len() <= IDLE_MAX);
        assert_eq!(shares.all.available_permits(), 4);
    }
}
