//! How much is under way: requests, connections, subscriptions.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::shutdown::Tasks;

/// Requests that are being answered.
#[derive(Debug)]
pub(super) struct Flights(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    now: AtomicUsize,
    landed_late: AtomicUsize,
    tasks: Tasks,
}

impl Flights {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self(Arc::new(Counts { now: AtomicUsize::new(0), landed_late: AtomicUsize::new(0), tasks }))
    }

    /// One more.
    pub(super) fn depart(&self) -> Flight {
        self.0.now.fetch_add(1, Ordering::Relaxed);
        Flight(Arc::clone(&self.0))
    }

    /// So many now.
    pub(super) fn now(&self) -> usize {
        self.0.now.load(Ordering::Relaxed)
    }

    /// So many were answered after a stop was asked for.
    pub(super) fn landed_late(&self) -> usize {
        self.0.landed_late.load(Ordering::Relaxed)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Flight(Arc<Counts>);

impl Flight {
    /// It has its answer.
    pub(super) fn land(self) {
        if self.0.tasks.is_stopping() {
            self.0.landed_late.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A bounded number of places.
#[derive(Debug)]
pub(super) struct Places {
    taken: Arc<AtomicUsize>,
    max: usize,
}

impl Places {
    pub(super) fn new(max: usize) -> Self {
        Self { taken: Arc::default(), max }
    }

    /// A place, if one is free. It is given back by being dropped.
    pub(super) fn take(&self) -> Option<Place> {
        let more = |taken: usize| (taken < self.max).then_some(taken + 1);
        self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Place(Arc::clone(&self.taken)))
    }

    /// So many are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }
}

/// One of [`Places`].
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_places_than_there_are_and_each_comes_back() {
        let places = Places::new(2);
        let (one, two) = (places.take(), places.take());
        assert!(one.is_some() && two.is_some() && places.take().is_none());
        drop(one);
        assert_eq!(places.taken(), 1);
        assert!(places.take().is_some());
    }

    #[test]
    fn what_lands_after_a_stop_is_counted_and_what_is_lost_is_not() {
        let tasks = Tasks::default();
        let flights = Flights::new(tasks.clone());
        flights.depart().land();
        assert_eq!((flights.now(), flights.landed_late()), (0, 0));
        let (answered, lost) = (flights.depart(), flights.depart());
        tasks.stop();
        answered.land();
        assert_eq!((flights.now(), flights.landed_late()), (1, 1));
        drop(lost);
        assert_eq!((flights.now(), flights.landed_late()), (0, 1));
    }
}
