//! Being asked to stop.
//!
//! The first SIGTERM, SIGINT or SIGHUP asks everything to end; the second ends
//! it at once. The two never wait for each other: the second is seen while the
//! first still waits for calls.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::shutdown::Tasks;

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

    /// Asks `tasks` to stop at the first signal. Returns at the second.
    pub(super) async fn twice(mut self, tasks: &Tasks) {
        self.next().await;
        tasks.stop();
        self.next().await;
    }
}
