//! Being asked to stop.
//!
//! The first SIGTERM, SIGINT or SIGHUP asks everything to end; the second cuts
//! it off. The two never wait for each other: the second is seen while the
//! first still waits for calls.

use std::pin::pin;

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};

use crate::{limits, shutdown::Tasks};

/// The signals that ask for a stop.
pub(super) struct Signals(Vec<Signal>);

impl Signals {
    /// Takes them over from the default action. Must run inside the runtime.
    pub(super) fn listen() -> std::io::Result<Self> {
        [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()]
            .into_iter()
            .map(signal)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The next one.
    async fn next(&mut self) {
        let each = self.0.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures_util::future::select_all(each).await;
    }

    /// Lets `serve` end by itself, having asked `tasks` to stop at the first
    /// signal. At the second, or when that takes too long, it is cut off: `None`,
    /// even if it does not end.
    pub(super) async fn heed<T>(mut self, tasks: &Tasks, serve: impl Future<Output = T>) -> Option<T> {
        let mut serve = pin!(serve);
        // A second signal, or the time that a first one leaves.
        let twice = async {
            self.next().await;
            tasks.stop();
            let _second = timeout(limits::DRAIN_CALLS_MAX + limits::CUT_WAIT_MAX, self.next()).await;
        };
        tokio::select! {
            served = serve.as_mut() => return Some(served),
            () = twice => tasks.cut(),
        }
        let _in_time = timeout(limits::CUT_WAIT_MAX, serve).await;
        None
    }
}
