//! `POST /mcp`: one message in, one answer out, nothing remembered.
//!
//! The answer is JSON, unless the call says something before its result and
//! the client reads event streams: then it is a stream of our own. A client
//! that goes away drops the answer it was waiting for, and with it the call.
#![allow(clippy::result_large_err, reason = "a fault is made once for a message that is turned away")]

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body, Incoming as Wire};
use tokio::sync::OwnedSemaphorePermit;
use warp::reply::Response;

use super::{
    Door,
    flights::Flight,
    gate::Pass,
    head::Head,
    mcp_headers::McpHeaders,
    media::{self, Accepts},
    record,
    refuse::{Reader, Refused, json_response},
    sse,
};
use crate::{
    caller::Caller,
    protocol::{self, Ask, ErrorData, Fault, Incoming, ProtocolVersion, Request, RequestId, ServerResult},
    refusal::Code,
    tools::{
        context::Notices,
        mailbox::{Mailbox, mailbox},
    },
    trace::TraceContext,
};

/// A message that may be sent, as far as its headers tell.
#[derive(Debug)]
pub(super) struct Opening {
    caller: Arc<Caller>,
    accepts: Accepts,
    headers: McpHeaders,
    trace: Option<TraceContext>,
}

impl Opening {
    /// Judges what the body will be and what the answer may be. A body that
    /// says it is longer than `max` bytes is refused before any of it is read.
    ///
    /// # Errors
    ///
    /// [`Code::MediaType`], [`Code::NotAcceptable`] or [`Code::MessageTooLarge`].
    pub(super) fn read(
        caller: Arc<Caller>,
        head: &Head<'_>,
        body: &Wire,
        max: usize,
    ) -> Result<Self, Refused> {
        let is_plain = head.content_encoding.is_none_or(|coding| coding == "identity");
        let content_type = head.content_type.and_then(|value| value.to_str().ok());
        if !is_plain || !content_type.is_some_and(media::is_json) {
            return Err(Code::MediaType.into());
        }
        if !head.accepts.json() && !head.accepts.events() {
            return Err(Code::NotAcceptable.into());
        }
        if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > max) {
            return Err(Code::MessageTooLarge.into());
        }
        Ok(Self { caller, accepts: head.accepts, headers: McpHeaders::from(&head.mcp), trace: head.trace() })
    }

    /// With the message itself.
    pub(super) fn with(
        self,
        message: Bytes,
        room: Option<OwnedSemaphorePermit>,
        arrived: Instant,
    ) -> Message {
        Message { opening: self, bytes: message, _room: room, arrived }
    }
}

/// A message to be answered.
#[derive(Debug)]
pub(super) struct Message {
    opening: Opening,
    bytes: Bytes,
    /// Kept as long as the bytes are.
    _room: Option<OwnedSemaphorePermit>,
    arrived: Instant,
}

/// Answers one message.
pub(super) async fn answer(pass: Pass<Message>) -> Response {
    let Message { opening, bytes, .. } = pass.what();
    match protocol::decode(bytes) {
        Ok(Incoming::Request(request)) => match open(&pass, &request) {
            Ok(version) if request.is_subscription() => subscribe(&pass, &request, &version),
            Ok(version) => serve(&pass, *request, version).await,
            Err(fault) => refuse(&pass, &fault),
        },
        Ok(Incoming::Notification(_)) => note(&pass),
        Ok(Incoming::MissingId) => {
            record::message_refused(pass.door(), &opening.caller, Code::MissingId, bytes.len());
            accepted()
        }
        Ok(Incoming::Response) => refuse(&pass, &Fault::new(None, Code::BadMessage)),
        Err(fault) => refuse(&pass, &fault),
    }
}

/// The version that a request is served in, its headers and `_meta` being in order.
fn open(pass: &Pass<Message>, request: &Request) -> Result<ProtocolVersion, Fault> {
    let Message { opening, .. } = pass.what();
    let line = &pass.door().protocol.dispatcher;
    // A tool that does not exist for this caller has no headers either.
    let schema = |name: &str| {
        let definition = line.offers.tools.find(name)?.definition();
        line.policy.shows(&opening.caller, definition.subject()).then_some(&definition.schema)
    };
    let spoken = opening.headers.agree(request, schema)?;
    protocol::served(request, Some(&spoken))
}

/// A notification changes nothing here; it is only looked at whether it was meant for us.
fn note(pass: &Pass<Message>) -> Response {
    let Message { opening, arrived, .. } = pass.what();
    if let Some(version) = opening.headers.unspoken() {
        return refuse(pass, &Fault::unsupported_version(None, version));
    }
    record::served(pass.door(), &opening.caller, "notification", StatusCode::ACCEPTED, *arrived);
    accepted()
}

fn accepted() -> Response {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

fn refuse(pass: &Pass<Message>, fault: &Fault) -> Response {
    let Message { opening, bytes, .. } = pass.what();
    record::message_refused(pass.door(), &opening.caller, fault.code, bytes.len());
    let version = opening.headers.version();
    let status = match (fault.id.is_some(), protocol::http_status(&fault.error, &version)) {
        // Without an id the status is all that a client can match to its request.
        (false, 200) => StatusCode::BAD_REQUEST,
        (_, status) => StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
    };
    json_response(status, fault.encode())
}

async fn serve(pass: &Pass<Message>, request: Request, version: ProtocolVersion) -> Response {
    let Message { opening, arrived, .. } = pass.what();
    let plain = (!request.is_call()).then(|| request.method().to_owned());
    let (id, token) = (request.id.clone(), request.progress_token());
    let (notices, said) = listen(&request, &version, opening.accepts);
    let call = Call::new(pass, request, &version, notices);
    // Boxed once, whoever waits for it: it is large, and may have to go on without this request.
    let call = Box::pin(async move {
        let answer = call.answer().await;
        finish(&id, &answer, &version)
    });
    let Some(said) = said else {
        let (status, body) = call.await;
        if let Some(method) = plain {
            record::served(pass.door(), &opening.caller, &method, status, *arrived);
        }
        return if opening.accepts.json() { json_response(status, body) } else { sse::whole(status, &body) };
    };
    sse::answer(call, said, token, opening.accepts, &pass.door().tasks).await
}

/// Where a call's notices go: nowhere, if nobody would hear them.
fn listen(request: &Request, version: &ProtocolVersion, accepts: Accepts) -> (Notices, Option<Mailbox>) {
    if !request.is_call() || !accepts.events() {
        return (Notices::default(), None);
    }
    let silent = protocol::notices(request, version, None, None);
    if !silent.progress && silent.log.is_none() {
        return (silent, None);
    }
    let (slot, said) = mailbox();
    (Notices { slot: Some(slot), ..silent }, Some(said))
}

/// A request being answered. Dropping it cancels what runs for it.
struct Call {
    door: Arc<Door>,
    request: Request,
    ask: Ask,
    flight: Flight,
}

impl Call {
    fn new(pass: &Pass<Message>, request: Request, version: &ProtocolVersion, notices: Notices) -> Self {
        let ask = Ask {
            caller: Arc::clone(&pass.what().opening.caller),
            version: version.clone(),
            client: request.client().unwrap_or_default(),
            declared: request.declared().unwrap_or_default(),
            trace: pass.what().opening.trace,
            notices,
            cancel: pass.door().calls.child_token(),
        };
        Self { door: Arc::clone(pass.door()), request, ask, flight: pass.door().flights.depart() }
    }

    async fn answer(self) -> Result<ServerResult, ErrorData> {
        let Self { door, request, ask, flight } = self;
        let _cancelled_when_dropped = ask.cancel.clone().drop_guard();
        let answer = door.protocol.answer(request, ask).await;
        flight.land();
        answer
    }
}

fn finish(
    id: &RequestId,
    answer: &Result<ServerResult, ErrorData>,
    version: &ProtocolVersion,
) -> (StatusCode, Bytes) {
    let status = match answer {
        Ok(_) => StatusCode::OK,
        Err(error) => StatusCode::from_u16(protocol::http_status(error, version)).unwrap_or(StatusCode::OK),
    };
    (status, protocol::encode(id, answer))
}

/// `subscriptions/listen`: acknowledged, then open until either side ends it.
fn subscribe(pass: &Pass<Message>, request: &Request, version: &ProtocolVersion) -> Response {
    let (door, Message { opening, arrived, .. }) = (pass.door(), pass.what());
    if !opening.accepts.events() {
        record::message_refused(door, &opening.caller, Code::NotAcceptable, request.bytes);
        return Refused::from(Code::NotAcceptable).to_response(Reader::Rpc);
    }
    let Some(place) = door.subscriptions.take() else {
        return refuse(pass, &Fault::new(Some(request.id.clone()), Code::TooManyCalls));
    };
    record::served(door, &opening.caller, request.method(), StatusCode::OK, *arrived);
    let first = protocol::encode_notification(&protocol::acknowledged(&request.id));
    let (id, version, stopping) = (request.id.clone(), version.clone(), door.tasks.token());
    let (keys, caller) = (door.keys.clone(), Arc::clone(&opening.caller));
    let end = Box::pin(async move {
        let _place = place;
        tokio::select! {
            () = stopping.cancelled() => {}
            // Nothing more is for whoever has no key by now.
            _why = keys.lost(&caller) => {}
        }
        Some(finish(&id, &Ok(protocol::completed(&id)), &version).1)
    });
    sse::stream(first, end, None, None)
}
