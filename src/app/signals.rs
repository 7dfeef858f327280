//! Being asked to stop, or to begin anew.
//!
//! The first SIGTERM or SIGINT asks everything to end; the second cuts it off. The two never wait for each other: the second is seen while the
//! first still waits for calls. SIGHUP ends nothing: it asks to begin anew what can
//! be, as of any daemon, also when it comes because a terminal was closed.

use std::{convert::Infallible, pin::pin};

use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};

use crate::{events::Recorder, limits, shutdown::Tasks};

/// Takes all of them over from their default actions.
pub(super) fn listen(runtime: &Runtime) -> std::io::Result<(Signals, Hangups)> {
    let _inside = runtime.enter();
    Ok((Signals::listen()?, Hangups::listen()?))
}

/// The signals that ask for a stop.
pub(super) struct Signals(Vec<Signal>);

impl Signals {
    /// Takes them over from the default action. Must run inside the runtime.
    fn listen() -> std::io::Result<Self> {
        [SignalKind::terminate(), SignalKind::interrupt()]
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

/// SIGHUP, over and over.
pub(super) struct Hangups(Signal);

impl Hangups {
    /// Takes it over from the default action, which is to end. Must run inside the runtime.
    pub(super) fn listen() -> std::io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// The next one; those that come while nobody waits are one.
    pub(super) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Begins the next part of the log at each, for ever.
    pub(super) async fn rotate(mut self, events: &Recorder) -> Infallible {
        loop {
            self.next().await;
            events.rotate();
        }
    }
}
