//! What happened when: how events ended, in steps of time.
//!
//! Bounded: of more than [`limits::SERIES_STEPS_MAX`] steps the newest stay.

use std::{collections::BTreeMap, io, path::Path, time::Duration};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    event::Outcome,
    filter::Filter,
    glance::Glance,
    reader,
    stats::{floor, folded},
    walk::{self, Count, Walked},
};
use crate::limits;

/// How the events of one step ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Bucket {
    /// Well.
    pub ok: u64,
    /// Turned away for their input.
    pub refused: u64,
    /// Not for this caller.
    pub denied: u64,
    /// Did not work.
    pub failed: u64,
    /// Nobody waited for the end.
    pub abandoned: u64,
    /// Nothing that ends, or a word of a newer version.
    pub other: u64,
    /// Refusals that have no event of their own, but were counted in a `refusals_folded`.
    pub folded: u64,
}

/// Events over time. Steps in which nothing happened are left out.
#[derive(Clone, Debug)]
pub struct Series {
    step: Duration,
    zone: TimeZone,
    buckets: BTreeMap<Timestamp, Bucket>,
    left_out: u64,
}

impl Series {
    /// Nothing yet. Steps are counted from midnight in `zone`; a step is a second at least.
    #[must_use]
    pub fn new(step: Duration, zone: TimeZone) -> Self {
        Self { step, zone, buckets: BTreeMap::new(), left_out: 0 }
    }

    fn bound(&mut self) {
        if self.buckets.len() > limits::SERIES_STEPS_MAX
            && let Some((_, bucket)) = self.buckets.pop_first()
        {
            self.left_out += bucket.events();
        }
    }

    /// The steps in which something happened, by their beginnings, oldest first.
    pub fn buckets(&self) -> impl Iterator<Item = (Timestamp, Bucket)> {
        self.buckets.iter().map(|(at, bucket)| (*at, *bucket))
    }

    /// Events of older steps, which had to go.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }
}

impl Count for Series {
    fn add(&mut self, glance: &Glance<'_>) {
        let seconds = i64::try_from(self.step.as_secs()).unwrap_or(i64::MAX).clamp(1, 366 * 24 * 3_600);
        let bucket = self.buckets.entry(floor(glance.at, &self.zone, seconds)).or_default();
        bucket.folded += folded(glance.fields.event.as_ref(), glance.raw);
        let outcome = glance.fields.outcome.as_ref().and_then(|word| Outcome::parse(word.as_ref()));
        *match outcome {
            Some(Outcome::Ok) => &mut bucket.ok,
            Some(Outcome::Refused) => &mut bucket.refused,
            Some(Outcome::Denied) => &mut bucket.denied,
            Some(Outcome::Failed) => &mut bucket.failed,
            Some(Outcome::Abandoned) => &mut bucket.abandoned,
            None => &mut bucket.other,
        } += 1;
        self.bound();
    }

    fn merge(&mut self, other: Self) {
        for (at, bucket) in other.buckets {
            self.buckets.entry(at).or_default().merge(bucket);
            self.bound();
        }
        self.left_out += other.left_out;
    }
}

impl Bucket {
    /// All events of this step.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.ok + self.refused + self.denied + self.failed + self.abandoned + self.other
    }

    fn merge(&mut self, other: Self) {
        self.ok += other.ok;
        self.refused += other.refused;
        self.denied += other.denied;
        self.failed += other.failed;
        self.abandoned += other.abandoned;
        self.other += other.other;
        self.folded += other.folded;
    }
}

/// The events of `dir` that `filter` lets through, over time.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn series(dir: &Path, filter: &Filter, step: Duration, zone: &TimeZone) -> io::Result<Walked<Series>> {
    Ok(walk::walk(&reader::files(dir)?, filter, &|_| (), || Series::new(step, zone.clone())))
}
