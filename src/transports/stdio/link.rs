//! What is in flight on the one connection there is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::{limits, protocol::RequestId};

/// The requests that were read and not answered yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Link(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    flights: Mutex<HashMap<RequestId, Flight>>,
    changed: Notify,
    ended: CancellationToken,
}

#[derive(Debug)]
struct Flight {
    cancel: CancellationToken,
    wanted: Wanted,
    kind: Kind,
    outlet: Option<OwnedSemaphorePermit>,
}

/// Whether somebody still waits for the answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    /// Somebody does.
    Yes,
    /// The client cancelled: nothing more is sent for that id.
    No,
}

/// How long a request is expected to be in flight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// As long as its work takes.
    Work,
    /// Until its client ends it.
    Subscription,
}

impl Link {
    /// Takes up `id`, which is not in flight: the intake has asked.
    pub(super) fn open(&self, id: &RequestId, kind: Kind) {
        let flight = Flight { cancel: CancellationToken::new(), wanted: Wanted::Yes, kind, outlet: None };
        self.flights().insert(id.clone(), flight);
    }

    /// Whether `id` is in flight.
    pub(super) fn has(&self, id: &RequestId) -> bool {
        self.flights().contains_key(id)
    }

    /// How many subscriptions are open.
    pub(super) fn subscriptions(&self) -> usize {
        self.flights().values().filter(|flight| flight.kind == Kind::Subscription).count()
    }

    /// The token that ends the request `id`.
    pub(super) fn token(&self, id: &RequestId) -> CancellationToken {
        self.flights().get(id).map(|flight| flight.cancel.clone()).unwrap_or_default()
    }

    /// Ties `permit` to the flight of `id`: it is given back when the answer has been handed over.
    pub(super) fn hold(&self, id: &RequestId, permit: OwnedSemaphorePermit) {
        if let Some(flight) = self.flights().get_mut(id) {
            flight.outlet = Some(permit);
        }
    }

    /// The client no longer waits for `id`.
    pub(super) fn cancel(&self, id: &RequestId) {
        if let Some(flight) = self.flights().get_mut(id) {
            flight.wanted = Wanted::No;
            flight.cancel.cancel();
        }
    }

    /// Whether the answer to `id` is to be sent.
    pub(super) fn wanted(&self, id: &RequestId) -> Wanted {
        self.flights().get(id).map_or(Wanted::No, |flight| flight.wanted)
    }

    /// Frees `id` and hands over its answer, unless nobody waits for it. Both happen
    /// under one lock: the id is free when its answer can be seen, and not before.
    pub(super) fn close(&self, id: &RequestId, hand_over: impl FnOnce()) {
        let mut flights = self.flights();
        if flights.remove(id).is_some_and(|flight| flight.wanted == Wanted::Yes) {
            hand_over();
        }
        drop(flights);
        self.0.changed.notify_waiters();
    }

    /// Waits until another request may be read.
    pub(super) async fn room(&self) {
        self.until(|flights| flights.len() < limits::IN_FLIGHT_MAX).await;
    }

    /// Waits until `id` is not in flight.
    pub(super) async fn closed(&self, id: &RequestId) {
        self.until(|flights| !flights.contains_key(id)).await;
    }

    /// Waits until nothing is in flight.
    pub(super) async fn idle(&self) {
        self.until(HashMap::is_empty).await;
    }

    /// No more requests will come, so subscriptions are completed.
    pub(super) fn end(&self) {
        self.0.ended.cancel();
    }

    /// Waits for that.
    pub(super) async fn ended(&self) {
        self.0.ended.cancelled().await;
    }

    /// Ends everything that is in flight. Whoever waits is still answered.
    pub(super) fn give_up(&self) {
        for flight in self.flights().values() {
            flight.cancel.cancel();
        }
    }

    async fn until(&self, holds: impl Fn(&HashMap<RequestId, Flight>) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // From here on no wake-up is lost.
            changed.as_mut().enable();
            if holds(&self.flights()) {
                return;
            }
            changed.await;
        }
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<RequestId, Flight>> {
        self.0.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
