//! The memory of a limiter, with a ceiling.
//!
//! One row is one bucket: when its next request is due in theory (GCRA's TAT).
//! A table never holds more than [`limits::LIMIT_ROWS_MAX`] rows, however many
//! addresses an attacker has. When a shard is full, rows whose time has passed
//! go first: to forget them changes no decision, because a bucket that is full
//! again and a new one are the same. When there are none, every newcomer shares
//! one overflow bucket, and whoever has a row keeps it.
//!
//! Buckets are known by a hash that is keyed by chance (see [`super::quota`]), so
//! nobody can choose the shard or the bucket they fall into.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    nanos::Nanos,
    state::{InMemoryState, NotKeyed, StateStore, keyed::ShrinkableKeyedStateStore},
};

use crate::limits;

/// Nanoseconds since the limiter was made at which a bucket is full again.
type Due = u64;

const SHARDS: u64 = limits::LIMIT_SHARDS as u64;
const ROWS_PER_SHARD: usize = limits::LIMIT_ROWS_MAX / limits::LIMIT_SHARDS;

/// Where a limiter keeps its buckets.
pub struct Table {
    shards: [Mutex<Shard>; limits::LIMIT_SHARDS],
    overflow: InMemoryState,
    interval: Due,
}

#[derive(Default)]
struct Shard {
    rows: HashMap<u64, Due>,
    /// Every row once, by a time that is no later than its own: rows move on
    /// with each request, their place in this queue only when it is looked at.
    queue: BinaryHeap<Reverse<(Due, u64)>>,
}

impl Table {
    /// A table for a limiter that earns one request each `interval`.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            shards: Default::default(),
            overflow: InMemoryState::default(),
            interval: Nanos::from(interval).as_u64(),
        }
    }

    /// Rows that are held now.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).rows.len()).sum()
    }

    fn shard(&self, bucket: u64) -> MutexGuard<'_, Shard> {
        // The remainder is always a place; `first` only spares an index that could panic.
        let [first, ..] = &self.shards;
        let index = usize::try_from(bucket % SHARDS).unwrap_or_default();
        lock(self.shards.get(index).unwrap_or(first))
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // A row is one number, written in one step: there is no half-made one.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    /// Whether there is place for one more row at `now`, after rows whose time has passed are gone.
    fn makes_room(&mut self, now: Due) -> bool {
        while self.rows.len() >= ROWS_PER_SHARD {
            match self.queue.peek() {
                Some(&Reverse((earliest, bucket))) if earliest <= now => {
                    self.queue.pop();
                    match self.rows.get(&bucket) {
                        Some(&due) if due > now => self.queue.push(Reverse((due, bucket))),
                        _ => drop(self.rows.remove(&bucket)),
                    }
                }
                // Every row is due later than the earliest, which is later than now.
                _ => return false,
            }
        }
        true
    }
}

impl StateStore for Table {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, bucket: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut shard = self.shard(*bucket);
        if let Some(row) = shard.rows.get_mut(bucket) {
            let (outcome, due) = decide(Some(Nanos::new(*row)))?;
            *row = due.as_u64();
            return Ok(outcome);
        }
        let (outcome, due) = decide(None)?;
        let due = due.as_u64();
        // A new bucket's first request is due one interval from now: that is how a store learns the time.
        if shard.makes_room(due.saturating_sub(self.interval)) {
            shard.rows.insert(*bucket, due);
            shard.queue.push(Reverse((due, *bucket)));
            return Ok(outcome);
        }
        drop(shard);
        self.overflow.measure_and_replace(&NotKeyed::NonKey, decide)
    }
}

impl ShrinkableKeyedStateStore<u64> for Table {
    fn retain_recent(&self, drop_below: Nanos) {
        let due_from = drop_below.as_u64();
        for shard in &self.shards {
            let shard = &mut *lock(shard);
            shard.rows.retain(|_, due| *due >= due_from);
            shard.queue.retain(|Reverse((_, bucket))| shard.rows.contains_key(bucket));
        }
    }

    fn len(&self) -> usize {
        self.rows()
    }

    fn is_empty(&self) -> bool {
        self.rows() == 0
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("rows", &self.rows()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        hash::{BuildHasher, RandomState},
        sync::Arc,
    };

    use governor::{Quota, RateLimiter, clock::FakeRelativeClock, middleware::NoOpMiddleware};

    use super::*;

    /// 100 a minute, 100 at once; addresses are numbers.
    struct Door {
        clock: FakeRelativeClock,
        table: Arc<Table>,
        limiter: RateLimiter<u64, Shared, FakeRelativeClock, NoOpMiddleware<Nanos>>,
        chance: RandomState,
    }

    /// A table that a test can look at while the limiter has it.
    struct Shared(Arc<Table>);

    impl StateStore for Shared {
        type Key = u64;

        fn measure_and_replace<T, F, E>(&self, bucket: &u64, decide: F) -> Result<T, E>
        where
            F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
        {
            self.0.measure_and_replace(bucket, decide)
        }
    }

    const INTERVAL: Duration = Duration::from_millis(600);

    impl Door {
        fn new() -> Self {
            let clock = FakeRelativeClock::default();
            let quota = Quota::with_period(INTERVAL).unwrap().allow_burst(100.try_into().unwrap());
            let table = Arc::new(Table::new(INTERVAL));
            let limiter = RateLimiter::new(quota, Shared(Arc::clone(&table)), clock.clone());
            Self { clock, table, limiter, chance: RandomState::new() }
        }

        fn lets_in(&self, address: u32) -> bool {
            self.limiter.check_key(&self.chance.hash_one(address)).is_ok()
        }
    }

    #[test]
    fn two_hundred_thousand_addresses_at_once_stay_within_the_table_and_share_what_is_left() {
        let door = Door::new();
        assert!((0..50).all(|_| door.lets_in(u32::MAX)), "a caller who was there before");
        let admitted = (0..200_000).filter(|&address| door.lets_in(address)).count();
        assert_eq!(door.table.rows(), limits::LIMIT_ROWS_MAX);
        // Each row was filled by one address (the first by the earlier caller), and all others shared one burst.
        assert_eq!(admitted, limits::LIMIT_ROWS_MAX - 1 + 100);
        assert_eq!(
            (0..100).filter(|_| door.lets_in(u32::MAX)).count(),
            50,
            "the earlier caller lost nothing"
        );
    }

    #[test]
    fn a_flood_from_ever_new_addresses_never_refuses_a_caller_who_behaves() {
        let door = Door::new();
        for address in 0..200_000 {
            // 50,000 new addresses a second, and one caller who comes once a second.
            door.clock.advance(Duration::from_micros(20));
            assert!(door.lets_in(address), "rows whose time has passed make room");
            if address % 50_000 == 0 {
                assert!(door.lets_in(u32::MAX));
            }
        }
        assert!(door.table.rows() <= limits::LIMIT_ROWS_MAX);
    }

    #[test]
    fn rows_make_room_only_when_their_own_time_has_passed() {
        let door = Door::new();
        for address in 0..100_000 {
            door.lets_in(address);
        }
        assert_eq!(door.table.rows(), limits::LIMIT_ROWS_MAX);
        // The overflow bucket is empty: without a row nobody gets in.
        assert!(!door.lets_in(300_000));
        door.clock.advance(INTERVAL);
        assert!((300_000..360_000).all(|address| door.lets_in(address)), "every row had passed");
        assert!(door.table.rows() <= limits::LIMIT_ROWS_MAX);
    }

    #[test]
    fn a_row_that_moved_on_is_kept_when_the_queue_still_knows_its_old_time() {
        let door = Door::new();
        assert!((0..100).all(|_| door.lets_in(7)), "the whole burst");
        assert!(!door.lets_in(7));
        door.clock.advance(INTERVAL);
        assert!(door.lets_in(7), "one was earned");
        for address in 1_000..201_000 {
            door.lets_in(address);
        }
        assert!(!door.lets_in(7), "a row that was dropped would let a whole burst in again");
    }

    #[test]
    fn many_threads_on_one_bucket_get_exactly_its_burst() {
        let door = Door::new();
        let admitted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| (0..1_000).filter(|_| door.lets_in(1)).count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 100);
    }
}
