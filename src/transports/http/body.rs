//! The body of a request: bounded in bytes and in time.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use super::deadlines::body_wait;
use crate::{limits, refusal::Code};

/// Whether something of a body was left unread, so that the connection cannot go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rest {
    /// All was read.
    Nothing,
    /// More may come.
    Unread,
}

/// Takes room for a body of at most `max` bytes, unless it says it is small. Waits
/// for it as long as a body may take.
///
/// # Errors
///
/// [`Code::TooSlow`] when others kept the room for all that time.
pub(super) async fn room(
    body: &Incoming,
    max: usize,
    bodies: &Arc<Semaphore>,
) -> Result<Option<OwnedSemaphorePermit>, Code> {
    let most = body.size_hint().upper().and_then(|most| usize::try_from(most).ok()).unwrap_or(max).min(max);
    if most <= limits::BODY_SMALL_MAX {
        return Ok(None);
    }
    let kibibytes = u32::try_from(most.div_ceil(1 << 10)).map_err(|_| Code::MessageTooLarge)?;
    let room = timeout(limits::BODY_WAIT_MAX, Arc::clone(bodies).acquire_many_owned(kibibytes)).await;
    room.ok().and_then(Result::ok).map(Some).ok_or(Code::TooSlow)
}

/// Reads a whole body of at most `max` bytes. What arrived in one piece is not copied.
///
/// # Errors
///
/// [`Code::MessageTooLarge`], [`Code::TooSlow`], or [`Code::BadRequest`] where
/// its framing is broken.
pub(super) async fn read(body: &mut Incoming, max: usize) -> Result<Bytes, Code> {
    let started = Instant::now();
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    let mut received = 0_usize;
    while !body.is_end_stream() {
        let next = timeout_at(started + body_wait(received), body.frame());
        let frame = match next.await {
            Err(_) => return Err(Code::TooSlow),
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(Code::BadRequest),
            Ok(Some(Ok(frame))) => frame,
        };
        // What is no data is a trailer: of no use to us, and not to be trusted.
        let Ok(data) = frame.into_data() else { continue };
        received = received.saturating_add(data.len());
        if received > max {
            return Err(Code::MessageTooLarge);
        }
        if first.is_empty() {
            first = data;
        } else {
            if whole.is_empty() {
                whole.extend_from_slice(&first);
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// Reads and drops what the client is still sending, a little, so that it
/// stops to read why it is refused instead of meeting a reset.
pub(super) async fn drain(body: &mut Incoming) -> Rest {
    let all = async {
        let mut dropped = 0_usize;
        while !body.is_end_stream() && dropped < limits::DRAIN_BYTES_MAX {
            match body.frame().await {
                None => return Rest::Nothing,
                Some(Err(_)) => return Rest::Unread,
                Some(Ok(frame)) => dropped += frame.data_ref().map_or(0, Bytes::len),
            }
        }
        if body.is_end_stream() { Rest::Nothing } else { Rest::Unread }
    };
    timeout(limits::DRAIN_WAIT_MAX, all).await.unwrap_or(Rest::Unread)
}
