//! Event streams: what a call says before its result, then the result, then the end.

use std::{
    convert::Infallible,
    future::{Future, poll_fn, ready},
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::{
    sync::oneshot,
    time::{Instant, Sleep, sleep_until},
};
use warp::{Reply, reply::Response};

use super::{media::Accepts, refuse::json_response};
use crate::{
    limits,
    protocol::{self, ProgressToken},
    shutdown::Tasks,
    tools::mailbox::Mailbox,
};

/// A future that a stream holds on to.
type Held<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What ends a stream: one last JSON-RPC message, or nothing if whoever made it is gone.
type End = Held<Option<Bytes>>;

/// Waits for a call. If its result comes first, the answer is JSON; if the call
/// says something before, a stream.
pub(super) async fn answer(
    mut call: Held<(StatusCode, Bytes)>,
    mut said: Mailbox,
    token: Option<ProgressToken>,
    accepts: Accepts,
    tasks: &Tasks,
) -> Response {
    match poll_fn(|cx| first(&mut call, &mut said, token.as_ref(), cx)).await {
        First::Result(status, body) if accepts.json() => json_response(status, body),
        First::Result(status, body) => whole(status, &body),
        First::Notice(notice, None) => stream(notice, aside(call, tasks), Some(said), token),
        First::Notice(notice, Some(result)) => {
            stream(notice, Box::pin(ready(Some(result))), Some(said), token)
        }
    }
}

/// The result of `call`, which goes on in a task of its own: a client that reads
/// slowly slows its stream, not the call and its deadline. Dropping the result
/// drops the call.
fn aside(call: Held<(StatusCode, Bytes)>, tasks: &Tasks) -> End {
    let (mut answered, answer) = oneshot::channel();
    tasks.spawn(async move {
        let (_, body) = tokio::select! {
            () = answered.closed() => return,
            answer = call => answer,
        };
        let _gone = answered.send(body);
    });
    Box::pin(async { answer.await.ok() })
}

enum First {
    Result(StatusCode, Bytes),
    /// A notice, and the result if that is there too.
    Notice(Bytes, Option<Bytes>),
}

/// Polls the call before it looks for notices, and keeps a result back behind
/// them: what was said before the result is never overtaken by it.
fn first(
    call: &mut Held<(StatusCode, Bytes)>,
    said: &mut Mailbox,
    token: Option<&ProgressToken>,
    cx: &mut Context<'_>,
) -> Poll<First> {
    let result = call.as_mut().poll(cx);
    while let Poll::Ready(Some(notice)) = said.poll_next(cx) {
        if let Some(notice) = protocol::encode_notice(&notice, token) {
            let result = match result {
                Poll::Ready((_, body)) => Some(body),
                Poll::Pending => None,
            };
            return Poll::Ready(First::Notice(notice, result));
        }
    }
    result.map(|(status, body)| First::Result(status, body))
}

/// A stream of one message, for a client that takes nothing else.
pub(super) fn whole(status: StatusCode, message: &[u8]) -> Response {
    respond(Response::new(frame(message).into()), status)
}

/// A stream that begins with `first`, goes on with what is `said`, and ends with `end`.
pub(super) fn stream(
    first: Bytes,
    end: End,
    said: Option<Mailbox>,
    token: Option<ProgressToken>,
) -> Response {
    let (end, beat) = (Some(Mutex::new(end)), Beat::new());
    let events = Events { first: Some(first), end, last: None, said, token, beat };
    respond(warp::reply::stream(events).into_response(), StatusCode::OK)
}

pub(super) fn respond(mut response: Response, status: StatusCode) -> Response {
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies pass on each event as it comes (nginx's word for it).
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// One message as an event: JSON of ours has no line break in it.
fn frame(message: &[u8]) -> Bytes {
    const HEAD: &[u8] = b"event: message\ndata: ";
    const TAIL: &[u8] = b"\n\n";
    let mut frame = BytesMut::with_capacity(HEAD.len() + message.len() + TAIL.len());
    frame.put_slice(HEAD);
    frame.put_slice(message);
    frame.put_slice(TAIL);
    frame.freeze()
}

/// Keeps a silent stream from being taken for dead by whoever is between.
pub(super) struct Beat(Pin<Box<Sleep>>);

impl Beat {
    /// Begins now.
    pub(super) fn new() -> Self {
        Self(Box::pin(sleep_until(Instant::now() + limits::SSE_KEEP_ALIVE)))
    }

    /// The message, or a comment when there was none for long: every reader of event streams skips those.
    pub(super) fn or_comment(
        &mut self,
        message: Poll<Option<Bytes>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        const COMMENT: Bytes = Bytes::from_static(b": still here\n\n");
        let is_silent = message.is_pending();
        if is_silent && self.0.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.0.as_mut().reset(Instant::now() + limits::SSE_KEEP_ALIVE);
        if is_silent {
            cx.waker().wake_by_ref();
            return Poll::Ready(Some(Ok(COMMENT)));
        }
        message.map(|message| message.map(Ok))
    }
}

struct Events {
    first: Option<Bytes>,
    /// A `Mutex` only because warp asks a stream to be `Sync`; nobody ever locks it.
    end: Option<Mutex<End>>,
    /// The end, held back while there are notices that came before it.
    last: Option<Bytes>,
    said: Option<Mailbox>,
    token: Option<ProgressToken>,
    beat: Beat,
}

impl Events {
    fn poll_notice(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        let said = self.said.as_mut()?;
        loop {
            match said.poll_next(cx) {
                Poll::Ready(Some(notice)) => {
                    if let Some(notice) = protocol::encode_notice(&notice, self.token.as_ref()) {
                        return Some(notice);
                    }
                }
                Poll::Ready(None) => {
                    self.said = None;
                    return None;
                }
                Poll::Pending => return None,
            }
        }
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        if self.last.is_none()
            && let Some(end) = &mut self.end
        {
            let end = end.get_mut().unwrap_or_else(PoisonError::into_inner);
            if let Poll::Ready(last) = end.as_mut().poll(cx) {
                self.last = last;
                self.end = None;
                if let Some(said) = &mut self.said {
                    said.close(); // what was said before the result still comes, and no more
                }
            }
        }
        if let Some(notice) = self.poll_notice(cx) {
            return Poll::Ready(Some(notice));
        }
        match self.last.take() {
            Some(last) => {
                self.said = None;
                Poll::Ready(Some(last))
            }
            None if self.end.is_none() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let message = this.poll_message(cx).map(|message| message.map(|message| frame(&message)));
        this.beat.or_comment(message, cx)
    }
}
