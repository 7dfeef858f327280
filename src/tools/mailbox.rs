//! What a call has said and nobody has taken yet.
//!
//! Our own, because nearly every call says nothing: tokio's channel makes room
//! for 32 notices before the first one, 2 KiB for each call. This one makes
//! none until it is needed, which saves a call a tenth of its time.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::context::Notice;
use crate::limits;

/// A mailbox of at most [`limits::NOTICES_QUEUED_MAX`] notices: where they go
/// in, and where they come out.
#[must_use]
pub fn mailbox() -> (Slot, Mailbox) {
    let shared = Arc::<Mutex<Shared>>::default();
    (Slot(Arc::clone(&shared)), Mailbox(shared))
}

#[derive(Debug, Default)]
struct Shared {
    waiting: VecDeque<Notice>,
    reader: Option<Waker>,
    closed: bool,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where notices go in.
#[derive(Clone, Debug)]
pub struct Slot(Arc<Mutex<Shared>>);

impl Slot {
    /// Puts a notice in. Returns whether there was room, and anybody to read it.
    #[must_use]
    pub fn put(&self, notice: Notice) -> bool {
        let mut shared = lock(&self.0);
        if shared.closed || shared.waiting.len() >= limits::NOTICES_QUEUED_MAX {
            return false;
        }
        shared.waiting.push_back(notice);
        let reader = shared.reader.take();
        drop(shared);
        if let Some(reader) = reader {
            reader.wake();
        }
        true
    }
}

/// Where notices come out.
#[derive(Debug)]
pub struct Mailbox(Arc<Mutex<Shared>>);

impl Mailbox {
    /// The next notice; `None` once the mailbox is closed and empty.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Notice>> {
        let mut shared = lock(&self.0);
        match shared.waiting.pop_front() {
            Some(notice) => Poll::Ready(Some(notice)),
            None if shared.closed => Poll::Ready(None),
            None => {
                shared.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Waits for the next notice.
    pub async fn next(&mut self) -> Option<Notice> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The next notice, if it is there.
    pub fn take(&mut self) -> Option<Notice> {
        lock(&self.0).waiting.pop_front()
    }

    /// Lets nothing more in. What is in it still comes out.
    pub fn close(&mut self) {
        lock(&self.0).closed = true;
    }
}

impl Drop for Mailbox {
    /// Keeps nothing for whoever is gone: a run that outlives its call still holds the slot.
    fn drop(&mut self) {
        let left = std::mem::replace(&mut *lock(&self.0), Shared { closed: true, ..Shared::default() });
        drop(left); // without the lock: a waker may drop what it wakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::LogLevel;

    fn word(text: &str) -> Notice {
        Notice::Log { level: LogLevel::Info, text: text.into() }
    }

    #[tokio::test]
    async fn notices_come_out_in_their_order_and_wake_who_waits() {
        let (slot, mut mailbox) = mailbox();
        let reader = async {
            let first = mailbox.next().await;
            let second = mailbox.next().await;
            mailbox.close();
            (first, second, mailbox.next().await)
        };
        let writer = async {
            tokio::task::yield_now().await;
            assert!(slot.put(word("one")));
            tokio::task::yield_now().await;
            assert!(slot.put(word("two")));
        };
        let (read, ()) = tokio::join!(reader, writer);
        assert_eq!(read, (Some(word("one")), Some(word("two")), None));
    }

    #[test]
    fn a_full_mailbox_and_one_that_nobody_reads_take_nothing() {
        let (slot, mut mailbox) = mailbox();
        for _ in 0..limits::NOTICES_QUEUED_MAX {
            assert!(slot.put(word("one")));
        }
        assert!(!slot.put(word("too many")));
        assert_eq!(mailbox.take(), Some(word("one")));
        assert!(slot.put(word("again")));
        drop(mailbox);
        assert!(!slot.put(word("to nobody")));
        assert!(lock(&slot.0).waiting.is_empty());
    }
}
