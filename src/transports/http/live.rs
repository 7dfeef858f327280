//! Following the log: `GET /security/events` for whoever takes an event stream.
//!
//! Each event is one message: `data` is the line, `id` the place behind it. Who
//! comes back with that as `Last-Event-ID` gets what was missed, oldest first,
//! and then goes on. The first block carries an id and no data, so that the
//! place is known before anything happens.
//!
//! Nothing is kept for a client that does not read but a few batches: the log
//! itself is the buffer, and who takes nothing for too long is sent away, to
//! come back. The last message is `event: end` with the reason, as JSON: the
//! key does not hold any more, the client is too slow, the server stops. It
//! overtakes whatever is still queued.
//!
//! Being followed is an event at its start and one at its end; no event that a
//! follower is given makes another.

use std::{
    convert::Infallible,
    fmt::Write as _,
    future::Future as _,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::Stream;
use http::StatusCode;
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, interval, sleep, sleep_until},
};
use warp::{Reply, reply::Response};

use super::{
    auth,
    events::Asked,
    gate::Pass,
    readers::Share,
    record::{self, Reading},
    refuse::{Reader, Refused},
    routes, sse,
};
use crate::{
    events::{
        bell::{Bell, Rings},
        cursor::Position,
        filter::Filter,
        reader, show,
        tails::{More, Tails},
    },
    limits,
    refusal::Code,
};

/// What the answer looks like, for `HEAD`.
pub(super) fn empty() -> Response {
    sse::respond(Response::new(Bytes::new().into()), StatusCode::OK)
}

/// Follows from behind `after`, or from now on.
pub(super) async fn answer(pass: &Pass<Asked>, after: Option<Position>) -> Response {
    let (door, asked) = (pass.door(), pass.what());
    let Some(place) = door.followers.take(&asked.caller) else {
        let refused = Refused::from(Code::TooManyFollowers);
        let peer = asked.caller.peer.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
        record::refused(
            door,
            (&asked.caller.identity, peer),
            routes::EVENTS_PATH,
            "GET",
            &refused,
            refused.status(),
        );
        return refused.to_response(Reader::Person);
    };
    let bell = door.log.belfry.bell();
    let log = Arc::clone(&door.log);
    let began = door.tasks.spawn_blocking(move || {
        let found = reader::files(&log.dir)?;
        Ok::<_, std::io::Error>(match &after {
            Some(after) => Tails::resume(&log.dir, &found, after),
            None => Tails::at_end(&log.dir, &found),
        })
    });
    let tails = match began.await {
        Ok(Ok(tails)) => tails,
        failed => {
            tracing::error!(?failed, "the security events could not be read");
            return Refused::from(Code::Io).to_response(Reader::Person);
        }
    };
    let id = tails.position().to_text().map_or_else(String::new, |id| format!("id: {id}\n"));
    record::events_read(door, &asked.caller, Reading::Began, 0, &asked.filters);
    let ((queue, queued), (end, ended)) =
        (mpsc::channel(limits::EVENTS_FOLLOWED_QUEUED_MAX), oneshot::channel());
    let sent = Arc::<AtomicUsize>::default();
    let follower = Follower { pass: pass.clone(), bell, tails: Some(tails), queue, _place: place };
    door.tasks.spawn(follower.run(end, Arc::clone(&sent)));
    let stream = Events {
        first: Some(Bytes::from(format!(": following\n{id}\n"))),
        queued,
        ended: Some(ended),
        sent,
        beat: sse::Beat::new(),
    };
    sse::respond(warp::reply::stream(stream).into_response(), StatusCode::OK)
}

/// Why following ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Why {
    /// The client went away.
    Gone,
    /// Its key does not hold any more.
    Key(Code),
    /// It takes too little.
    TooSlow,
    /// The server stops.
    Stopping,
    /// The log could not be read.
    Io,
}

impl Why {
    const fn word(self) -> &'static str {
        match self {
            Self::Gone => "client_gone",
            Self::Key(code) => code.as_str(),
            Self::TooSlow => Code::TooSlow.as_str(),
            Self::Stopping => "stopping",
            Self::Io => Code::Io.as_str(),
        }
    }

    /// The last message.
    fn message(self) -> Bytes {
        const AGAIN: &str = "come back with `Last-Event-ID`; nothing is lost";
        let own =
            |message: &str| json!({ "error": self.word(), "message": message, "hint": AGAIN }).to_string();
        let data = match self {
            Self::Key(code) => Refused::from(code).said(),
            Self::TooSlow => own("the events were not taken in time"),
            Self::Stopping => own("the server stops"),
            Self::Gone | Self::Io => own("the log could not be read"),
        };
        format!("event: end\ndata: {data}\n\n").into()
    }
}

/// Some events as they are sent, and how many.
type Sending = (Bytes, usize);

/// Reads for one client.
struct Follower {
    pass: Pass<Asked>,
    bell: Arc<Bell>,
    tails: Option<Tails>,
    queue: mpsc::Sender<Sending>,
    _place: Share,
}

/// What one look came to.
struct Read {
    text: String,
    count: usize,
    more: More,
    rings: Rings,
}

impl Follower {
    async fn run(mut self, end: oneshot::Sender<Bytes>, sent: Arc<AtomicUsize>) {
        let why = match self.follow().await {
            Ok(never) => match never {},
            Err(why) => why,
        };
        let (door, asked) = (self.pass.door(), self.pass.what());
        let _nobody_listens = end.send(why.message());
        let count = sent.load(Ordering::Relaxed);
        let ended = Reading::Ended { why: why.word(), after: asked.arrived.elapsed() };
        record::events_read(door, &asked.caller, ended, count, &asked.filters);
    }

    async fn follow(&mut self) -> Result<Infallible, Why> {
        let mut rung = self.bell.listen();
        loop {
            rung.mark_unchanged();
            let looked = Instant::now();
            let read = self.read().await?;
            self.holds()?;
            if self.queue.is_closed() {
                return Err(Why::Gone);
            }
            if read.count > 0 {
                self.send((read.text.into(), read.count)).await?;
            }
            if read.more == More::No {
                self.wait(&mut rung, read.rings, looked).await?;
            }
        }
    }

    /// Looks where that may block.
    async fn read(&mut self) -> Result<Read, Why> {
        let mut tails = self.tails.take().ok_or(Why::Io)?;
        let (bell, pass) = (Arc::clone(&self.bell), self.pass.clone());
        let looked = self.pass.door().tasks.spawn_blocking(move || {
            // first of all: what is written from here on rings
            let rings = bell.tend();
            let read = look(&mut tails, &pass.what().filter, rings);
            (tails, read)
        });
        let (tails, read) = looked.await.map_err(|_| Why::Io)?;
        self.tails = Some(tails);
        Ok(read)
    }

    /// Whether the client may still read.
    fn holds(&self) -> Result<(), Why> {
        auth::still_holds(self.pass.door(), &self.pass.what().caller).map_err(Why::Key)
    }

    /// Hands over to the client, which may be slow.
    async fn send(&self, sending: Sending) -> Result<(), Why> {
        let stopping = self.pass.door().tasks.token();
        let mut check = interval(limits::FOLLOWER_CHECK_EVERY);
        let stalled = sleep(limits::FOLLOWER_STALL_MAX);
        tokio::pin!(stalled);
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => return Err(Why::Stopping),
                _ = check.tick() => self.holds()?,
                room = self.queue.reserve() => {
                    room.map_err(|_| Why::Gone)?.send(sending);
                    return Ok(());
                }
                () = &mut stalled => return Err(Why::TooSlow),
            }
        }
    }

    /// Waits until there may be something to read.
    async fn wait(
        &self,
        rung: &mut tokio::sync::watch::Receiver<()>,
        rings: Rings,
        looked: Instant,
    ) -> Result<(), Why> {
        let stopping = self.pass.door().tasks.token();
        let mut check = interval(limits::FOLLOWER_CHECK_EVERY);
        check.tick().await; // the first is at once
        // many are written at a time; one look sees them all
        let mut settled = std::pin::pin!(sleep_until(looked + limits::FOLLOWER_LOOK_EVERY));
        let mut is_rung = false;
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => return Err(Why::Stopping),
                () = self.queue.closed() => return Err(Why::Gone),
                () = &mut settled, if is_rung => return Ok(()),
                changed = rung.changed(), if !is_rung => is_rung = changed.is_ok(),
                _ = check.tick() => {
                    self.holds()?;
                    if rings == Rings::No || looked.elapsed() >= limits::LOOK_ANYWAY_EVERY {
                        return Ok(());
                    }
                }
            }
        }
    }
}

fn look(tails: &mut Tails, filter: &Filter, rings: Rings) -> Read {
    let batch = tails.read(filter, limits::EVENTS_FOLLOWED_BATCH_MAX, Position::to_text);
    let mut text = String::new();
    let count = batch.events.len();
    for (record, id) in batch.events {
        if let Some(id) = id {
            let _infallible = writeln!(text, "id: {id}");
        }
        let _infallible = write!(text, "data: {}\n\n", show::show_json(&record.raw));
    }
    for notice in tails.notices() {
        tracing::debug!(%notice, "while following the log");
    }
    Read { text, count, more: batch.more, rings }
}

/// What the client is sent.
struct Events {
    first: Option<Bytes>,
    queued: mpsc::Receiver<Sending>,
    ended: Option<oneshot::Receiver<Bytes>>,
    sent: Arc<AtomicUsize>,
    beat: sse::Beat,
}

impl Events {
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        let Some(ended) = &mut self.ended else { return Poll::Ready(None) };
        if let Poll::Ready(last) = Pin::new(ended).poll(cx) {
            self.ended = None;
            return Poll::Ready(last.ok());
        }
        match self.queued.poll_recv(cx) {
            Poll::Ready(Some((events, count))) => {
                self.sent.fetch_add(count, Ordering::Relaxed);
                Poll::Ready(Some(events))
            }
            // the end comes in a moment
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let message = this.poll_message(cx);
        this.beat.or_comment(message, cx)
    }
}
