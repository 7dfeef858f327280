//! One record on its way to the writer, and who waits for it.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::sync::oneshot;

use super::event::Encoded;

/// Whether a record is worth a file of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Weight {
    /// It is: a call, a refusal.
    Real,
    /// It is kept until something real happens: the start, a request that is no call.
    Quiet,
}

/// One record and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) record: Encoded,
    /// Written directly before it, or not at all.
    pub(super) companion: Option<Encoded>,
    pub(super) weight: Weight,
    waiter: Option<(Arc<AtomicU8>, oneshot::Sender<bool>)>,
}

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Job {
    /// A record that nobody waits for.
    pub(super) fn note(record: Encoded, weight: Weight) -> Self {
        Self { record, companion: None, weight, waiter: None }
    }

    /// A record, and the ticket to wait with.
    pub(super) fn waited_for(record: Encoded, companion: Option<Encoded>) -> (Self, Ticket) {
        let (sender, receiver) = oneshot::channel();
        let state = Arc::new(AtomicU8::new(WAITING));
        let waiter = Some((Arc::clone(&state), sender));
        (Self { record, companion, weight: Weight::Real, waiter }, Ticket { state, receiver })
    }

    /// The writer takes it, unless it was withdrawn.
    pub(super) fn take(&self) -> bool {
        self.waiter.as_ref().is_none_or(|(state, _)| {
            state.compare_exchange(WAITING, TAKEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
        })
    }

    /// Whether somebody hears what becomes of it.
    pub(super) fn is_waited_for(&self) -> bool {
        self.waiter.is_some()
    }

    /// Says whether it was written.
    pub(super) fn done(self, written: bool) {
        if let Some((_, waiter)) = self.waiter {
            let _caller_gone = waiter.send(written);
        }
    }
}

/// The right to hear what became of a record.
#[derive(Debug)]
pub(super) struct Ticket {
    state: Arc<AtomicU8>,
    receiver: oneshot::Receiver<bool>,
}

impl Ticket {
    /// What became of the record so far.
    #[cfg(test)]
    pub(super) fn now(mut self) -> bool {
        self.receiver.try_recv().unwrap_or(false)
    }

    /// Whether the record was written before `deadline`.
    pub(super) async fn wait(self, deadline: tokio::time::Instant) -> bool {
        match tokio::time::timeout_at(deadline, self.receiver).await {
            Ok(written) => written.unwrap_or(false),
            Err(_late) => {
                self.state.compare_exchange(WAITING, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).ok();
                false
            }
        }
    }
}

/// Why a record did not get in.
#[derive(Debug)]
pub(super) enum NotQueued {
    /// There is no room; here it is again.
    Full(Box<Job>),
    /// The writer has ended.
    Closed,
}
