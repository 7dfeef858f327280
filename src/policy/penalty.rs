//! Slowing down whoever guesses.
//!
//! As `PerSourcePenalties` of OpenSSH: each offence adds to the time a source
//! has to stay away; nothing happens until it has grown to
//! [`limits::PENALTY_WAIT_MIN`], and it grows no further than
//! [`limits::PENALTY_WAIT_MAX`]. It passes by itself. A typing error costs
//! nothing; one who guesses steadily gets three or four tries every 15 seconds,
//! and one who guesses all at once waits as many times longer.
//!
//! A valid key is never affected, whatever its address: the door asks only
//! about requests that carry none.
//!
//! IPv4 and IPv6 have a table each, so that one cannot push out the other. In
//! a full table the penalty that ends soonest makes room: to refuse every
//! newcomer instead would let a botnet shut the door for all.
//!
//! Nothing here reads a clock: `now` is handed in.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::source::Source;
use crate::limits;

/// What a source did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offence {
    /// Presented a key that is not valid here and now.
    WrongKey,
    /// Asked for what needs a key without any.
    NoKey,
}

impl Offence {
    /// How long it keeps a source away, before it is added up (`authfail` and `noauth` of OpenSSH).
    #[must_use]
    pub const fn cost(self) -> Duration {
        match self {
            Self::WrongKey => Duration::from_secs(5),
            Self::NoKey => Duration::from_secs(1),
        }
    }
}

/// The penalties of one server.
#[derive(Debug, Default)]
pub struct Penalties {
    ipv4: Mutex<Table>,
    ipv6: Mutex<Table>,
}

impl Penalties {
    /// Adds an offence to what `address` has to wait.
    pub fn charge(&self, address: IpAddr, offence: Offence, now: Instant) {
        let source = Source::from(address);
        self.table(source).charge(source, offence, now);
    }

    /// How much longer `address` has to stay away; `None` if it need not.
    #[must_use]
    pub fn until(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let source = Source::from(address);
        self.table(source).until(source, now)
    }

    /// Sources that have something to wait off, or had when last looked at.
    #[must_use]
    pub fn rows(&self) -> usize {
        [&self.ipv4, &self.ipv6].map(|table| lock(table).rows.len()).iter().sum()
    }

    fn table(&self, source: Source) -> MutexGuard<'_, Table> {
        lock(if source.is_ipv6() { &self.ipv6 } else { &self.ipv4 })
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    // Nothing between the two collections' changes can panic but an allocation, which aborts.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The penalties of one address family.
#[derive(Debug, Default)]
struct Table {
    rows: HashMap<Source, Row>,
    /// The same rows, soonest end first.
    ends: BTreeSet<(Instant, Source)>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    ends: Instant,
    /// Has once grown to the minimum, and is enforced to its end.
    enforced: bool,
}

impl Table {
    fn charge(&mut self, source: Source, offence: Offence, now: Instant) {
        self.forget_what_ended(now);
        let before = self.rows.get(&source).copied();
        if let Some(row) = before {
            self.ends.remove(&(row.ends, source));
        } else if self.rows.len() >= limits::PENALTY_ROWS_MAX
            && let Some((_, soonest)) = self.ends.pop_first()
        {
            self.rows.remove(&soonest);
        }
        let waited = before.map_or(Duration::ZERO, |row| row.ends.saturating_duration_since(now));
        let wait = (waited + offence.cost()).min(limits::PENALTY_WAIT_MAX);
        // By begun seconds, as OpenSSH counts: three wrong keys in a row are never in the same instant.
        let is_due = wait.as_millis().div_ceil(1_000) >= u128::from(limits::PENALTY_WAIT_MIN.as_secs());
        let enforced = before.is_some_and(|row| row.enforced) || is_due;
        // No clock that counts from the start of the machine is within minutes of its end.
        let row = Row { ends: now + wait, enforced };
        self.ends.insert((row.ends, source));
        self.rows.insert(source, row);
    }

    fn until(&self, source: Source, now: Instant) -> Option<Duration> {
        let row = self.rows.get(&source).filter(|row| row.enforced)?;
        row.ends.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    fn forget_what_ended(&mut self, now: Instant) {
        while let Some(&(ends, source)) = self.ends.first()
            && ends <= now
        {
            self.ends.pop_first();
            self.rows.remove(&source);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    struct Watch {
        penalties: Penalties,
        start: Instant,
    }

    impl Watch {
        fn new() -> Self {
            Self { penalties: Penalties::default(), start: Instant::now() }
        }

        fn at(&self, seconds: u64) -> Instant {
            self.start + Duration::from_secs(seconds)
        }

        fn charge(&self, address: impl Into<IpAddr>, offence: Offence, seconds: u64) {
            self.penalties.charge(address.into(), offence, self.at(seconds));
        }

        fn wait(&self, address: impl Into<IpAddr>, seconds: u64) -> Option<u64> {
            self.penalties.until(address.into(), self.at(seconds)).map(|wait| wait.as_secs())
        }
    }

    const GUESSER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
    const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

    fn v4(n: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(0x0a00_0000 + n)
    }

    #[test]
    fn a_mistake_or_two_cost_nothing_and_the_third_wrong_key_does() {
        let watch = Watch::new();
        for _ in 0..2 {
            watch.charge(GUESSER, Offence::WrongKey, 0);
            assert_eq!(watch.wait(GUESSER, 0), None);
        }
        watch.charge(GUESSER, Offence::WrongKey, 0);
        assert_eq!(watch.wait(GUESSER, 0), Some(15));
        assert_eq!(watch.wait(NEIGHBOUR, 0), None);
    }

    #[test]
    fn the_third_wrong_key_counts_as_such_though_time_passes_between_them() {
        let watch = Watch::new();
        let at = |millis| watch.start + Duration::from_millis(millis);
        for millis in [0, 300, 900] {
            assert_eq!(watch.penalties.until(GUESSER.into(), at(millis)), None);
            watch.penalties.charge(GUESSER.into(), Offence::WrongKey, at(millis));
        }
        assert_eq!(watch.penalties.until(GUESSER.into(), at(900)), Some(Duration::from_millis(14_100)));
    }

    #[test]
    fn mistakes_far_enough_apart_are_forgotten() {
        let watch = Watch::new();
        for n in 0..1_000 {
            watch.charge(GUESSER, Offence::WrongKey, n * 5);
            assert_eq!(watch.wait(GUESSER, n * 5), None);
        }
    }

    #[test]
    fn a_penalty_is_enforced_to_its_end_and_then_gone() {
        let watch = Watch::new();
        (0..3).for_each(|_| watch.charge(GUESSER, Offence::WrongKey, 0));
        assert_eq!(watch.wait(GUESSER, 14), Some(1));
        assert_eq!(watch.wait(GUESSER, 15), None);
        watch.charge(GUESSER, Offence::WrongKey, 15);
        assert_eq!(watch.wait(GUESSER, 15), None, "begins anew");
    }

    #[test]
    fn a_guesser_waits_longer_each_time_but_never_more_than_ten_minutes() {
        let watch = Watch::new();
        for n in 1..=10_000_u64 {
            watch.charge(GUESSER, Offence::WrongKey, 0);
            let wait = (n * 5).min(600);
            assert_eq!(watch.wait(GUESSER, 0), (wait >= 15).then_some(wait));
        }
        assert_eq!(watch.wait(GUESSER, 600), None);
        assert_eq!(watch.penalties.rows(), 1);
    }

    #[test]
    fn a_request_without_a_key_weighs_less_than_a_wrong_key() {
        let watch = Watch::new();
        (0..14).for_each(|_| watch.charge(GUESSER, Offence::NoKey, 0));
        assert_eq!(watch.wait(GUESSER, 0), None);
        watch.charge(GUESSER, Offence::NoKey, 0);
        assert_eq!(watch.wait(GUESSER, 0), Some(15));
    }

    #[test]
    fn a_whole_ipv6_network_is_one_source() {
        let watch = Watch::new();
        for host in 1..=3 {
            watch.charge(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host), Offence::WrongKey, 0);
        }
        assert_eq!(watch.wait(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 9, 9, 9, 9), 0), Some(15));
        assert_eq!(watch.wait(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1), 0), None);
    }

    #[test]
    fn two_hundred_thousand_guessers_stay_within_the_table_and_the_worst_stays_in_it() {
        let watch = Watch::new();
        (0..100).for_each(|_| watch.charge(GUESSER, Offence::WrongKey, 0));
        watch.charge(Ipv6Addr::LOCALHOST, Offence::WrongKey, 0);
        for n in 0..200_000 {
            watch.charge(v4(n), Offence::WrongKey, 0);
        }
        assert_eq!(
            watch.penalties.rows(),
            limits::PENALTY_ROWS_MAX + 1,
            "a full table, and the other family's one"
        );
        assert_eq!(watch.wait(GUESSER, 0), Some(500));
        watch.charge(NEIGHBOUR, Offence::WrongKey, 600);
        assert_eq!(watch.penalties.rows(), 2, "what has ended is forgotten");
    }

    proptest! {
        #[test]
        fn both_views_of_a_table_agree_and_no_wait_is_beyond_its_bounds(
            steps in prop::collection::vec((0..20_u32, 0..2_u8, 0..20_u64), 1..300),
        ) {
            let watch = Watch::new();
            let mut now = 0;
            for (address, offence, pause) in steps {
                now += pause;
                let offence = [Offence::WrongKey, Offence::NoKey][usize::from(offence)];
                watch.charge(v4(address), offence, now);
                prop_assert!(watch.wait(v4(address), now).is_none_or(|wait| (1..=600).contains(&wait)));
                let table = lock(&watch.penalties.ipv4);
                let ends: BTreeSet<_> = table.rows.iter().map(|(source, row)| (row.ends, *source)).collect();
                prop_assert_eq!(&ends, &table.ends);
            }
        }
    }
}
