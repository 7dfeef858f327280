//! How many calls run at once.
//!
//! A call sits down before it runs and stands up when its [`Seat`] is dropped,
//! however it ends. Beyond the seats there is a queue of bounded length and
//! bounded wait; beyond the queue a call is turned away at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{caller::Identity, limits, refusal::Refusal};

/// The seats of one server.
#[derive(Debug)]
pub struct Seats {
    all: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    by_caller: Arc<Mutex<HashMap<Identity, Arc<Semaphore>>>>,
}

impl Default for Seats {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits::CALLS_AT_ONCE_MAX)),
            queue: Arc::new(Semaphore::new(limits::CALLS_QUEUED_MAX)),
            by_caller: Arc::default(),
        }
    }
}

/// A place among the running calls.
#[derive(Debug)]
pub struct Seat {
    _of_all: OwnedSemaphorePermit,
    _of_caller: CallerSeat,
}

/// A place among one caller's calls; the caller's row goes with its last seat.
#[derive(Debug)]
struct CallerSeat {
    permit: Option<OwnedSemaphorePermit>,
    caller: Identity,
    rows: Arc<Mutex<HashMap<Identity, Arc<Semaphore>>>>,
}

impl Drop for CallerSeat {
    fn drop(&mut self) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        self.permit = None;
        // Two owners: the row itself, and nobody who sits or waits.
        if rows.get(&self.caller).is_some_and(|row| Arc::strong_count(row) == 1) {
            rows.remove(&self.caller);
        }
    }
}

impl Seats {
    /// Calls that run now.
    #[must_use]
    pub fn taken(&self) -> usize {
        limits::CALLS_AT_ONCE_MAX.saturating_sub(self.all.available_permits())
    }

    /// Whether another call may still wait. A door that can stop reading does so when not.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.queue.available_permits() > 0
    }

    /// Takes a seat, waiting up to [`limits::SEAT_WAIT_MAX`] for one.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooManyCalls`] when the queue is full or the wait is over.
    pub async fn take(&self, caller: &Identity) -> Result<Seat, Refusal> {
        let row = self.row(caller);
        if let (Ok(of_caller), Ok(of_all)) =
            (Arc::clone(&row).try_acquire_owned(), Arc::clone(&self.all).try_acquire_owned())
        {
            return Ok(self.seat(caller, of_caller, of_all));
        }
        let _queued = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Refusal::TooManyCalls)?;
        let wait = async {
            let of_caller = row.acquire_owned().await;
            let of_all = Arc::clone(&self.all).acquire_owned().await;
            Some((of_caller.ok()?, of_all.ok()?))
        };
        match tokio::time::timeout(limits::SEAT_WAIT_MAX, wait).await {
            Ok(Some((of_caller, of_all))) => Ok(self.seat(caller, of_caller, of_all)),
            Ok(None) | Err(_) => Err(Refusal::TooManyCalls),
        }
    }

    fn row(&self, caller: &Identity) -> Arc<Semaphore> {
        let mut rows = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        let row = rows
            .entry(caller.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(limits::CALLS_PER_CALLER_MAX)));
        Arc::clone(row)
    }

    fn seat(&self, caller: &Identity, of_caller: OwnedSemaphorePermit, of_all: OwnedSemaphorePermit) -> Seat {
        let of_caller =
            CallerSeat { permit: Some(of_caller), caller: caller.clone(), rows: Arc::clone(&self.by_caller) };
        Seat { _of_all: of_all, _of_caller: of_caller }
    }
}
