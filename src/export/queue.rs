//! Lines that wait for the courier, and what became of all others.
//!
//! Every line is counted when it is given, and counted again when it was
//! exported or dropped; in between it waits here or travels. So at any time
//! `given = exported + missed + waiting`, and at the end nothing waits.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{events::Tap, limits};

/// What a line costs besides its bytes.
const LINE_OVERHEAD_BYTES: usize = 64;

/// The lines of one batch.
pub(super) type Batch = Vec<Box<[u8]>>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Notify,
    ended: CancellationToken,
    exported: AtomicU64,
    missed: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Box<[u8]>>,
    /// Of all lines that wait or travel.
    bytes: usize,
    /// How many travel.
    travelling: u64,
}

fn cost(line: &[u8]) -> usize {
    line.len() + LINE_OVERHEAD_BYTES
}

impl Tap for Queue {
    fn written(&self, line: &[u8]) {
        let mut state = self.state();
        if state.bytes + cost(line) > limits::EXPORT_QUEUED_BYTES_MAX {
            drop(state);
            self.missed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        state.bytes += cost(line);
        state.lines.push_back(line.into());
        let waiting = state.lines.len();
        drop(state);
        // the courier looks for nothing in between
        if waiting == 1 || waiting == limits::EXPORT_BATCH_MAX {
            self.wake.notify_one();
        }
    }

    fn ended(&self) {
        self.ended.cancel();
    }

    fn not_exported(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next batch: once there is a line, a moment is left for others to
    /// come. `None` when none will come any more.
    pub(super) async fn take(&self) -> Option<Batch> {
        if !self.hold(1).await {
            return None;
        }
        let _enough = timeout(limits::EXPORT_GATHER, self.hold(limits::EXPORT_BATCH_MAX)).await;
        let mut state = self.state();
        let count = state.lines.len().min(limits::EXPORT_BATCH_MAX);
        state.travelling = count as u64;
        Some(state.lines.drain(..count).collect())
    }

    /// Waits until so many lines wait, or no more come. Whether any wait.
    async fn hold(&self, count: usize) -> bool {
        loop {
            // the end first: what was given before it is seen then
            let ended = self.ended.is_cancelled();
            let waiting = self.state().lines.len();
            if waiting >= count || ended {
                return waiting > 0;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.ended.cancelled() => {}
            }
        }
    }

    /// What became of a batch: so many of its lines were dropped.
    pub(super) fn settle(&self, batch: &Batch, missed: u64) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(batch.iter().map(|line| cost(line)).sum());
        state.travelling = 0;
        drop(state);
        let count = batch.len() as u64;
        self.missed.fetch_add(missed.min(count), Ordering::Relaxed);
        self.exported.fetch_add(count.saturating_sub(missed), Ordering::Relaxed);
    }

    /// Nothing is waited for any more: what waits or travels is dropped.
    pub(super) fn give_up(&self) {
        let mut state = self.state();
        let left = state.lines.len() as u64 + state.travelling;
        *state = State::default();
        drop(state);
        self.missed.fetch_add(left, Ordering::Relaxed);
    }

    /// Lines that a collector took.
    pub(super) fn exported(&self) -> u64 {
        self.exported.load(Ordering::Relaxed)
    }

    /// Cancelled when no line will come any more.
    pub(super) const fn ended(&self) -> &CancellationToken {
        &self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = &[b'x'; 400];

    #[tokio::test(start_paused = true)]
    async fn every_line_is_exported_or_missed_and_never_both() {
        let queue = Queue::default();
        let room = limits::EXPORT_QUEUED_BYTES_MAX / cost(LINE);
        for _ in 0..room + 10 {
            queue.written(LINE);
        }
        assert_eq!(queue.not_exported(), 10);

        let batch = queue.take().await.unwrap();
        assert_eq!(batch.len(), limits::EXPORT_BATCH_MAX);
        queue.written(LINE);
        assert_eq!(queue.not_exported(), 11, "what travels still takes its room");
        queue.settle(&batch, 12);
        assert_eq!((queue.exported(), queue.not_exported()), (500, 23));

        let _travels = queue.take().await.unwrap();
        queue.written(LINE);
        Tap::ended(&queue);
        queue.give_up();
        assert_eq!(queue.exported() + queue.not_exported(), room as u64 + 12);
        assert_eq!(queue.take().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_given_before_the_end_is_still_taken() {
        let queue = Queue::default();
        queue.written(LINE);
        Tap::ended(&queue);
        assert_eq!(queue.take().await.map(|batch| batch.len()), Some(1));
        assert_eq!(queue.take().await, None);
    }
}
