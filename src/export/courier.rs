//! Takes batch after batch to the collector.
//!
//! One batch travels at a time, its log records and its spans at once. What
//! the collector may want later is tried again with growing pauses, for a
//! minute at most; what it does not want is dropped. Either way the queue
//! hears what became of each line.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future;
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceResponse, trace::v1::ExportTraceServiceResponse,
};
use prost::Message;
use tokio::time::{Instant, sleep};

use super::{
    Identity,
    messages::Messages,
    post::{Answer, Poster, words},
    queue::{Batch, Queue},
    report::Health,
};
use crate::limits;

/// Whoever carries.
#[derive(Debug)]
pub(super) struct Courier {
    pub(super) queue: Arc<Queue>,
    pub(super) poster: Poster,
    pub(super) identity: Identity,
    pub(super) health: Arc<Health>,
}

/// What a collector says of what it took.
trait Receipt: Message + Default {
    /// How many it did not take after all, and why.
    fn rejected(self) -> (i64, String);
}

impl Receipt for ExportLogsServiceResponse {
    fn rejected(self) -> (i64, String) {
        let partial = self.partial_success.unwrap_or_default();
        (partial.rejected_log_records, partial.error_message)
    }
}

impl Receipt for ExportTraceServiceResponse {
    fn rejected(self) -> (i64, String) {
        let partial = self.partial_success.unwrap_or_default();
        (partial.rejected_spans, partial.error_message)
    }
}

impl Courier {
    /// Works until no line will come any more and none waits.
    pub(super) async fn run(&self) {
        while let Some(batch) = self.queue.take().await {
            let missed = self.carry(&batch).await;
            self.queue.settle(&batch, missed);
        }
    }

    /// How many lines of the batch were dropped.
    async fn carry(&self, batch: &Batch) -> u64 {
        let Messages { logs, spans } = Messages::of(batch, &self.identity, Timestamp::now());
        let deadline = Instant::now() + limits::EXPORT_RETRY_MAX;
        let lines = batch.len() as u64;
        let logs = async {
            let body = logs.encode_to_vec().into();
            self.deliver::<ExportLogsServiceResponse>("v1/logs", body, lines, deadline).await
        };
        let spans = async {
            let Some(spans) = spans else { return 0 };
            let count =
                spans.resource_spans.iter().flat_map(|one| &one.scope_spans).map(|one| one.spans.len());
            let count = count.sum::<usize>() as u64;
            let body = spans.encode_to_vec().into();
            self.deliver::<ExportTraceServiceResponse>("v1/traces", body, count, deadline).await
        };
        let (missed, missed_spans) = future::join(logs, spans).await;
        self.health.miss_spans(missed_spans);
        missed
    }

    /// How many of `count` were dropped.
    async fn deliver<R: Receipt>(&self, signal: &str, body: Bytes, count: u64, deadline: Instant) -> u64 {
        let mut pause = limits::EXPORT_PAUSE_MIN;
        loop {
            let (why, after) = match self.poster.post(signal, body.clone()).await {
                Answer::Taken(said) => {
                    let Ok(receipt) = R::decode(said) else {
                        self.health.fail("it answered with what is no OTLP");
                        return count;
                    };
                    return self.taken(receipt, count);
                }
                Answer::Never(why) => {
                    self.health.fail(&why);
                    return count;
                }
                Answer::Later(why, after) => (why, after),
            };
            self.health.fail(&why);
            let wait = after.unwrap_or_default().max(jittered(pause)).min(limits::EXPORT_PAUSE_MAX);
            if Instant::now() + wait > deadline {
                return count;
            }
            self.rest(wait).await;
            pause = (pause * 2).min(limits::EXPORT_PAUSE_MAX);
        }
    }

    /// A collector that rejects some of a batch works; what it rejects is lost all the same.
    fn taken(&self, receipt: impl Receipt, count: u64) -> u64 {
        let (rejected, said) = receipt.rejected();
        let rejected = u64::try_from(rejected).unwrap_or_default().min(count);
        self.health.succeed();
        if rejected > 0 {
            self.health.remark(format!("it rejected some: {}", words(&said)));
        }
        rejected
    }

    /// Waits; at a stop not to the end, because there is not much time left then.
    async fn rest(&self, wait: Duration) {
        if self.queue.ended().is_cancelled() {
            return sleep(wait.min(limits::EXPORT_PAUSE_MIN / 2)).await;
        }
        tokio::select! {
            () = sleep(wait) => {}
            () = self.queue.ended().cancelled() => {}
        }
    }
}

/// From half of it to all of it, so that servers that lost one collector do not come back as one.
fn jittered(pause: Duration) -> Duration {
    let chance = getrandom::u32().unwrap_or(u32::MAX);
    pause / 2 + (pause / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
}
