//! How many calls run at once.
//!
//! A call sits down before it runs and stands up when its [`Seat`] is dropped,
//! however it ends. Beyond the seats there is a queue of bounded length and
//! bounded wait; beyond the queue a call is turned away at once.
//!
//! Whoever waits is served in order: a seat that comes free goes to the first
//! in the queue, never to a newcomer. A caller's row lives exactly as long as
//! one of its calls sits or waits, so the table is bounded by seats and queue.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{caller::Identity, limits, refusal::Refusal};

/// The seats of one server.
#[derive(Debug)]
pub struct Seats {
    all: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    rows: Arc<Rows>,
}

impl Default for Seats {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits::CALLS_AT_ONCE_MAX)),
            queue: Arc::new(Semaphore::new(limits::CALLS_QUEUED_MAX)),
            rows: Arc::default(),
        }
    }
}

/// A place among the running calls. Its parts go in the order they stand here:
/// a row that went before its permits would give its caller new ones.
#[derive(Debug)]
pub struct Seat {
    _of_all: OwnedSemaphorePermit,
    _of_caller: OwnedSemaphorePermit,
    _row: RowUse,
}

impl Seats {
    /// Calls that run now.
    #[must_use]
    pub fn taken(&self) -> usize {
        limits::CALLS_AT_ONCE_MAX.saturating_sub(self.all.available_permits())
    }

    /// Calls that wait for a seat.
    #[must_use]
    pub fn queued(&self) -> usize {
        limits::CALLS_QUEUED_MAX.saturating_sub(self.queue.available_permits())
    }

    /// Whether another call may still wait. A door that can stop reading does so when not.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.queue.available_permits() > 0
    }

    /// Takes a seat, waiting up to [`limits::SEAT_WAIT_MAX`] for one. Dropping
    /// the future leaves the queue.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooManyCalls`] when the queue is full or the wait is over.
    pub async fn take(&self, caller: &Identity) -> Result<Seat, Refusal> {
        // First in, last out: whatever becomes of this future, the row outlives the permits of it.
        let row = Rows::enter(&self.rows, caller);
        let of_caller = Arc::clone(&row.seats).try_acquire_owned();
        let of_all = Arc::clone(&self.all).try_acquire_owned();
        if let (Ok(of_caller), Ok(of_all)) = (of_caller, of_all) {
            return Ok(Seat { _of_all: of_all, _of_caller: of_caller, _row: row });
        }
        let _queued = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Refusal::TooManyCalls)?;
        let wait = async {
            // The caller's own seats first, so that nobody holds a seat of all while waiting for his own.
            let of_caller = Arc::clone(&row.seats).acquire_owned().await;
            let of_all = Arc::clone(&self.all).acquire_owned().await;
            Some((of_caller.ok()?, of_all.ok()?))
        };
        match tokio::time::timeout(limits::SEAT_WAIT_MAX, wait).await {
            Ok(Some((of_caller, of_all))) => Ok(Seat { _of_all: of_all, _of_caller: of_caller, _row: row }),
            Ok(None) | Err(_) => Err(Refusal::TooManyCalls),
        }
    }
}

/// The callers that have a call here.
#[derive(Debug, Default)]
struct Rows(Mutex<HashMap<Identity, Row>>);

#[derive(Debug)]
struct Row {
    seats: Arc<Semaphore>,
    uses: usize,
}

/// One call of a caller, sitting or waiting. The last one takes the row with it.
#[derive(Debug)]
struct RowUse {
    rows: Arc<Rows>,
    caller: Identity,
    seats: Arc<Semaphore>,
}

impl Rows {
    fn enter(rows: &Arc<Self>, caller: &Identity) -> RowUse {
        let mut table = rows.lock();
        let row = table.entry(caller.clone()).or_insert_with(|| Row {
            seats: Arc::new(Semaphore::new(limits::CALLS_PER_CALLER_MAX)),
            uses: 0,
        });
        row.uses += 1;
        RowUse { rows: Arc::clone(rows), caller: caller.clone(), seats: Arc::clone(&row.seats) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Identity, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RowUse {
    fn drop(&mut self) {
        let mut table = self.rows.lock();
        if let Some(row) = table.get_mut(&self.caller) {
            row.uses -= 1;
            if row.uses == 0 {
                table.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fmt,
        net::{IpAddr, Ipv4Addr},
        pin::Pin,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
        task::{Context, Poll, Waker},
        time::Duration,
    };

    use tokio::time::Instant;

    use super::*;

    /// A call that waits in the queue.
    struct Taking<'a>(Pin<Box<dyn Future<Output = Result<Seat, Refusal>> + 'a>>);

    impl fmt::Debug for Taking<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Taking")
        }
    }

    impl Taking<'_> {
        fn poll(&mut self) -> Poll<Result<Seat, Refusal>> {
            self.0.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        }
    }

    fn caller(n: usize) -> Identity {
        Identity::Address(IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(n).unwrap())))
    }

    /// Takes a seat or a place in the queue, without waiting.
    #[track_caller]
    fn ask(seats: &Seats, n: usize) -> Result<Seat, Taking<'_>> {
        let mut taking = Taking(Box::pin(async move { seats.take(&caller(n)).await }));
        match taking.poll() {
            Poll::Ready(seat) => Ok(seat.expect("a seat")),
            Poll::Pending => Err(taking),
        }
    }

    /// Nobody sits, nobody waits, and no row is left.
    #[track_caller]
    fn is_as_new(seats: &Seats) {
        assert_eq!(seats.all.available_permits(), limits::CALLS_AT_ONCE_MAX);
        assert_eq!(seats.queue.available_permits(), limits::CALLS_QUEUED_MAX);
        assert_eq!(seats.rows.lock().len(), 0, "rows");
        assert_eq!(seats.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn sixteen_calls_of_one_caller_and_sixty_four_of_all_run_at_once() {
        let seats = Seats::default();
        let mut sitting: Vec<_> = (0..16).map(|_| ask(&seats, 1).unwrap()).collect();
        assert!(ask(&seats, 1).is_err(), "the seventeenth waits");
        sitting.extend((0..48).map(|n| ask(&seats, 2 + n / 16).unwrap()));
        assert_eq!(seats.taken(), 64);
        assert!(ask(&seats, 9).is_err(), "the sixty-fifth waits");
        drop(sitting);
        is_as_new(&seats);
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_and_fifty_six_wait_and_the_next_is_turned_away_at_once() {
        let seats = Seats::default();
        let sitting: Vec<_> = (0..16).map(|_| ask(&seats, 1).unwrap()).collect();
        let waiting: Vec<_> = (0..256)
            .map(|_| {
                assert!(seats.has_room());
                ask(&seats, 1).unwrap_err()
            })
            .collect();
        assert!(!seats.has_room());
        let start = Instant::now();
        assert_eq!(seats.take(&caller(1)).await.map(drop), Err(Refusal::TooManyCalls));
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(ask(&seats, 2).is_ok(), "a free seat needs no queue");
        drop((sitting, waiting));
        is_as_new(&seats);
    }

    #[tokio::test(start_paused = true)]
    async fn after_five_seconds_the_wait_is_over() {
        let seats = Seats::default();
        let sitting: Vec<_> = (0..16).map(|_| ask(&seats, 1).unwrap()).collect();
        let start = Instant::now();
        assert_eq!(seats.take(&caller(1)).await.map(drop), Err(Refusal::TooManyCalls));
        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert!(seats.has_room());
        drop(sitting);
        is_as_new(&seats);
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_that_comes_free_goes_to_the_first_who_waits_and_to_no_newcomer() {
        let seats = Seats::default();
        let mut sitting: Vec<_> = (0..64).map(|n| ask(&seats, n / 16).unwrap()).collect();
        let (mut first, mut second) = (ask(&seats, 7).unwrap_err(), ask(&seats, 8).unwrap_err());
        sitting.pop();
        let newcomer = ask(&seats, 9).unwrap_err();
        assert!(second.poll().is_pending());
        assert!(matches!(first.poll(), Poll::Ready(Ok(_))));
        drop((first, second, newcomer, sitting));
        is_as_new(&seats);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_leaves_the_queue_leaves_nothing_behind() {
        let seats = Seats::default();
        let sitting: Vec<_> = (0..64).map(|n| ask(&seats, n / 16).unwrap()).collect();
        for n in 0..10_000 {
            drop(ask(&seats, 1_000 + n).unwrap_err());
        }
        assert_eq!(seats.rows.lock().len(), 4);
        let waiting: Vec<_> = (0..256).map(|n| ask(&seats, 1_000 + n).unwrap_err()).collect();
        for n in 0..1_000 {
            assert!(seats.take(&caller(9_000 + n)).await.is_err(), "turned away");
        }
        assert_eq!(seats.rows.lock().len(), 4 + 256);
        drop((sitting, waiting));
        is_as_new(&seats);
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_given_to_someone_who_has_just_gone_is_not_lost() {
        let seats = Seats::default();
        let sitting: Vec<_> = (0..16).map(|_| ask(&seats, 1).unwrap()).collect();
        let waiting = ask(&seats, 1).unwrap_err();
        drop(sitting); // hands its seat to the one who waits, who is dropped before looking
        drop(waiting);
        is_as_new(&seats);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn under_a_race_no_bound_is_passed_and_nothing_is_lost() {
        const CALLERS: usize = 8;
        let seats = Arc::new(Seats::default());
        let running = Arc::new(AtomicUsize::new(0));
        let by_caller: Arc<[AtomicUsize; CALLERS]> = Arc::default();
        let (mut calls, mut served) = (tokio::task::JoinSet::new(), 0);
        for n in 0..3_000_usize {
            let (seats, running, by_caller) =
                (Arc::clone(&seats), Arc::clone(&running), Arc::clone(&by_caller));
            calls.spawn(async move {
                let (mine, who) = (&by_caller[n % CALLERS], caller(n % CALLERS));
                let call = async {
                    let _seat = seats.take(&who).await.ok()?;
                    assert!(running.fetch_add(1, SeqCst) < limits::CALLS_AT_ONCE_MAX);
                    assert!(mine.fetch_add(1, SeqCst) < limits::CALLS_PER_CALLER_MAX);
                    for _ in 0..n % 7 {
                        tokio::task::yield_now().await;
                    }
                    mine.fetch_sub(1, SeqCst);
                    running.fetch_sub(1, SeqCst);
                    Some(())
                };
                // Every fifth client goes away while it waits, if it has to wait.
                if n % 5 == 0 && seats.taken() >= limits::CALLS_AT_ONCE_MAX / 2 {
                    let once = tokio::time::timeout(Duration::ZERO, seats.take(&who));
                    return once.await.is_ok_and(|seat| seat.is_ok());
                }
                call.await.is_some()
            });
            if n % 100 == 0 {
                tokio::task::yield_now().await;
            }
        }
        while let Some(call) = calls.join_next().await {
            served += usize::from(call.unwrap());
        }
        assert!(served > limits::CALLS_AT_ONCE_MAX, "{served}");
        is_as_new(&seats);
    }
}
