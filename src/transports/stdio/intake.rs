//! From lines to requests, and what becomes of all other lines.
#![allow(clippy::result_large_err, reason = "a fault is made once for a message that is turned away")]

use std::{os::fd::BorrowedFd, time::Duration};

use rmcp::{
    RoleServer,
    model::{GetExtensions, JsonRpcMessage},
    service::RxJsonRpcMessage,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{
    framing::{Frame, Lines},
    link::{Kind, Link},
    service::Known,
    stdin::is_hung_up,
    stdout::Outbox,
};
use crate::{
    caller::{Client, Door, Identity},
    events::Recorder,
    limits,
    protocol::{self, Fault, Incoming, Notification, ProtocolVersion, Request},
    refusal::Code,
    shutdown::Tasks,
    tools::{LogLevel, context::Declared},
};

/// Why no more is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ended {
    /// The input has ended.
    Input,
    /// The server was asked to stop.
    Stop,
    /// Nobody can read what we write.
    Output,
}

/// Reads the connection.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) link: Link,
    pub(super) outbox: Outbox,
    pub(super) requests: mpsc::Sender<RxJsonRpcMessage<RoleServer>>,
    pub(super) events: Recorder,
    pub(super) session: Session,
    pub(super) nameless: Nameless,
    pub(super) counts: Counts,
}

/// What the handshake of the older versions agreed on, and `logging/setLevel` after it.
#[derive(Debug, Default)]
pub(super) struct Session {
    version: Option<ProtocolVersion>,
    client: Client,
    declared: Declared,
    level: Option<LogLevel>,
}

/// How many messages there were.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Requests that were answered.
    pub requests: u64,
    /// Messages that were turned away.
    pub refused: u64,
}

/// Counts errors without an id: a flood of noise is not answered line by line.
#[derive(Debug, Default)]
pub(super) struct Nameless {
    since: Option<Instant>,
    said: u32,
}

impl Nameless {
    /// Whether another one may be sent.
    fn admit(&mut self, now: Instant) -> bool {
        if self.since.is_none_or(|since| now - since >= Duration::from_secs(1)) {
            *self = Self { since: Some(now), said: 0 };
        }
        self.said += 1;
        self.said <= limits::NAMELESS_ERRORS_MAX
    }
}

impl Intake {
    /// Reads until there is nothing more to read. What was read is not waited for.
    /// `stdin` is only looked at: it may end unseen behind what cannot be read.
    pub(super) async fn run(
        &mut self,
        mut chunks: mpsc::Receiver<Vec<u8>>,
        stdin: BorrowedFd<'_>,
        tasks: &Tasks,
    ) -> Ended {
        let outbox = self.outbox.clone();
        let work = async {
            let mut lines = Lines::default();
            loop {
                let chunk = chunks.recv().await;
                match &chunk {
                    Some(bytes) => lines.push(bytes),
                    None => lines.end(),
                }
                while let Some(frame) = lines.next() {
                    self.take(frame).await;
                }
                if chunk.is_none() {
                    return Ended::Input;
                }
            }
        };
        tokio::select! {
            biased;
            () = outbox.closed() => Ended::Output,
            () = tasks.stopped() => Ended::Stop,
            () = deserted(&outbox, stdin) => Ended::Input,
            ended = work => ended,
        }
    }

    async fn take(&mut self, frame: Frame) {
        // Not reading on is all that holds a client back.
        self.outbox.room().await;
        self.link.room().await;
        let (incoming, bytes) = match frame {
            Frame::Line(line) => (protocol::decode(&line), Some(line.len())),
            Frame::Oversize(fault) => (Err(fault.into()), None),
        };
        match incoming {
            Ok(Incoming::Request(request)) => {
                if let Err(fault) = self.request(*request).await {
                    self.refuse(fault, bytes);
                }
            }
            Ok(Incoming::Notification(Notification::Cancelled(id))) => self.link.cancel(&id),
            Ok(Incoming::Notification(Notification::Other) | Incoming::Response) => {}
            Ok(Incoming::MissingId) => self.record(Code::MissingId, bytes),
            Err(fault) => self.refuse(fault, bytes),
        }
    }

    async fn request(&mut self, request: Request) -> Result<(), Fault> {
        if self.link.has(&request.id) {
            return Err(Fault::new(None, Code::IdInFlight));
        }
        let version = protocol::served(&request, self.session.version.as_ref())?;
        let kind = if request.is_subscription() { Kind::Subscription } else { Kind::Work };
        if kind == Kind::Subscription && self.link.subscriptions() >= limits::SUBSCRIPTIONS_MAX {
            return Err(Fault::new(Some(request.id), Code::TooManyCalls));
        }
        let Ok(slot) = self.requests.reserve().await else {
            return Ok(()); // rmcp has ended, and the connection with it
        };
        self.link.open(&request.id, kind);
        let known = self.session.hear(&request, version);
        let is_long = request.is_call() || kind == Kind::Subscription;
        let Request { id, mut request, bytes: _ } = request;
        request.extensions_mut().insert(known);
        slot.send(JsonRpcMessage::request(request, id.clone()));
        self.counts.requests += 1;
        if !is_long {
            // What is answered from what is at hand is answered in order.
            self.link.closed(&id).await;
        }
        Ok(())
    }

    /// Answers a fault, with its id unless that would look like the answer to
    /// a request that is in flight.
    fn refuse(&mut self, mut fault: Fault, bytes: Option<usize>) {
        self.record(fault.code, bytes);
        fault.id = fault.id.filter(|id| !self.link.has(id));
        if fault.id.is_some() || self.nameless.admit(Instant::now()) {
            self.outbox.push(fault.encode());
        }
    }

    fn record(&mut self, code: Code, bytes: Option<usize>) {
        self.counts.refused += 1;
        let details = bytes.map(|bytes| ("bytes".to_owned(), bytes.into())).into_iter().collect();
        self.events.refused_at_door(code, &Identity::Parent, None, Door::Stdio, details);
    }
}

impl Session {
    /// Takes up what a request says of its client, and adds what is known.
    fn hear(&mut self, request: &Request, version: ProtocolVersion) -> Known {
        let (client, declared) = (request.client(), request.declared());
        if request.is_handshake() {
            self.version = Some(version.clone());
            self.client = client.clone().unwrap_or_default();
            self.declared = declared.clone().unwrap_or_default();
        }
        self.level = request.log_level().or(self.level);
        Known {
            version,
            client: client.unwrap_or_else(|| self.client.clone()),
            declared: declared.unwrap_or_else(|| self.declared.clone()),
            level: self.level,
            bytes: request.bytes,
        }
    }
}

/// Returns when nobody reads stdout any more and nobody writes to stdin: reading
/// has stopped for want of room, so the end of the input would not be seen.
async fn deserted(outbox: &Outbox, stdin: BorrowedFd<'_>) {
    loop {
        let before = outbox.written();
        sleep(limits::STDOUT_STALL_MAX).await;
        if outbox.is_full() && outbox.written() == before && is_hung_up(stdin) {
            return;
        }
    }
}
