//! The thread that exports.
//!
//! It has a runtime of its own, so that tools that compute do not delay it
//! and it delays no answer. Once the log has ended it has two seconds left.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime,
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Endpoint, Identity, StartError,
    courier::Courier,
    post::Poster,
    queue::Queue,
    report::{Health, Reporter},
};
use crate::{
    events::{Recorder, Tap, WeakRecorder},
    limits,
};

/// Sends what was logged to a collector.
#[derive(Debug)]
pub struct Exporter {
    queue: Arc<Queue>,
    courier: Option<Courier>,
    done: watch::Receiver<bool>,
    finished: watch::Sender<bool>,
}

impl Exporter {
    /// Gets ready. Nothing is connected to and no thread is started yet.
    ///
    /// # Errors
    ///
    /// [`StartError::NoTrust`].
    pub fn open(endpoint: Endpoint, identity: Identity) -> Result<Self, StartError> {
        let (queue, health) = (Arc::new(Queue::default()), Arc::new(Health::default()));
        let poster = Poster::open(endpoint, &identity)?;
        let (finished, done) = watch::channel(false);
        let courier = Courier { queue: Arc::clone(&queue), poster, identity, health };
        Ok(Self { queue, courier: Some(courier), done, finished })
    }

    /// Who is to be given the lines.
    #[must_use]
    pub fn tap(&self) -> Arc<dyn Tap> {
        Arc::<Queue>::clone(&self.queue)
    }

    /// Starts the thread. What is missed is noted in `events`.
    ///
    /// # Errors
    ///
    /// [`StartError::Thread`].
    pub fn start(&mut self, events: &Recorder) -> Result<(), StartError> {
        let Some(courier) = self.courier.take() else { return Ok(()) };
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let events = WeakRecorder::from(events);
        let finished = self.finished.clone();
        std::thread::Builder::new().name("otlp".into()).spawn(move || {
            runtime.block_on(export(&courier, events));
            // a name that is being looked up is left behind
            runtime.shutdown_background();
            finished.send_replace(true);
        })?;
        Ok(())
    }

    /// Waits for what was logged to be exported, at most `wait`. The log must
    /// have ended.
    pub async fn finish(&self, wait: Duration) {
        let mut done = self.done.clone();
        let _in_time = timeout(wait, done.wait_for(|done| *done)).await;
    }
}

async fn export(courier: &Courier, events: WeakRecorder) {
    let queue = &courier.queue;
    let reporter = Reporter { queue: Arc::clone(queue), health: Arc::clone(&courier.health), events };
    let last_chance = async {
        queue.ended().cancelled().await;
        sleep(limits::EXPORT_FLUSH_MAX).await;
    };
    tokio::select! {
        () = courier.run() => {}
        () = reporter.run() => {}
        () = last_chance => queue.give_up(),
    }
    let (exported, missed) = (queue.exported(), queue.not_exported());
    if missed > 0 {
        tracing::warn!("{missed} of {} events were not exported", exported.saturating_add(missed));
    } else {
        tracing::debug!("{exported} events were exported");
    }
}
