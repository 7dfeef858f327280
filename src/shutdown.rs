//! Everything that runs in the background, and how it stops: asked first, then cut off.
//!
//! [`Tasks::spawn`] is the only spawn of the program: whatever runs in the
//! background is known here, is told when the server stops, and is waited for.

use std::{
    future::{Future, ready},
    time::Duration,
};

use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The background tasks of one server.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    cut: CancellationToken,
}

impl Tasks {
    /// Runs `future` in the background. It is waited for by [`Tasks::drain`].
    #[allow(clippy::disallowed_methods, reason = "the one place that spawns")]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(future)
    }

    /// Runs `work` where it may block. It is waited for by [`Tasks::drain`].
    #[allow(clippy::disallowed_methods, reason = "the one place that spawns")]
    pub fn spawn_blocking<F, T>(&self, work: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.tracker.spawn_blocking(work)
    }

    /// Lets any worker take up the task that the caller has just woken.
    ///
    /// tokio keeps the last task a worker woke where no other worker can take
    /// it from, until the worker is done with what it runs. Behind a tool that
    /// says a word and then computes for a minute, whoever listens would wait
    /// for that minute, deadline or not. What is woken next takes that place,
    /// so nothing is, and costs less than a microsecond.
    pub fn hand_on(&self) {
        if Handle::try_current().is_ok() {
            self.spawn(ready(()));
        }
    }

    /// Asks everything to stop. Asking twice is asking once.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Waits until a stop is asked for.
    pub async fn stopped(&self) {
        self.stopping.cancelled().await;
    }

    /// A token that is cancelled with the server.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.stopping.child_token()
    }

    /// Asks what is under way to end at once, too.
    pub fn cut(&self) {
        self.stop();
        self.cut.cancel();
    }

    /// A token that is cancelled when what is under way is to end at once.
    #[must_use]
    pub fn cut_token(&self) -> CancellationToken {
        self.cut.child_token()
    }

    /// Waits for what runs, at most `wait`. Returns whether all of it ended.
    pub async fn drain(&self, wait: Duration) -> bool {
        self.tracker.close();
        tokio::time::timeout(wait, self.tracker.wait()).await.is_ok()
    }
}
