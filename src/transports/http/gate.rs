//! The order of checks, and the only maker of a [`Pass`].
//!
//! bucket and its limit → framing → host, https, origin → place → preflight →
//! key → method → what the place itself needs → the body. Everything is decided
//! on the headers before a byte of the body is asked for, so `Expect:
//! 100-continue` is answered only for a request that will be served.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, request::Parts};
use hyper::body::{Body, Incoming};
use warp::reply::Response;

use super::{
    Door,
    auth::{self, Presented},
    body, cors, events,
    head::Head,
    headers::{self, Scheme},
    health, host, mcp,
    origin::Verdict,
    ready,
    record::{self, Served},
    refuse::{Reader, Refused},
    routes::Place,
};
use crate::{
    caller::{Caller, Door as Through, Identity, Reach},
    limits,
    policy::quota::DoorBucket,
    refusal::{Code, Refusal},
    sanitize::ip::{self, Judged, Via},
};

/// Proof that a request passed every check of its route.
#[derive(Debug)]
pub(super) struct Pass<T> {
    door: Arc<Door>,
    what: Arc<T>,
}

impl<T> Clone for Pass<T> {
    fn clone(&self) -> Self {
        Self { door: Arc::clone(&self.door), what: Arc::clone(&self.what) }
    }
}

impl<T> Pass<T> {
    pub(super) fn door(&self) -> &Arc<Door> {
        &self.door
    }

    pub(super) fn what(&self) -> &T {
        &self.what
    }
}

/// What a request may go on to, once its headers are judged.
enum Admitted {
    Preflight(Response),
    Mcp(mcp::Admitted),
    Health(health::View),
    Ready,
    Events(events::Asked),
}

/// A request as the checks see it.
struct Visit<'a> {
    door: &'a Door,
    parts: &'a Parts,
    head: Head<'a>,
    place: Option<Place>,
    from: Judged,
    scheme: Scheme,
    origin: Verdict,
    key: Presented,
}

/// A request for `warp`, or the answer that it never gets there.
pub(super) enum Gated {
    /// To be served by the routes.
    Open(Request<http_body_util::Empty<Bytes>>),
    /// Answered here.
    Shut(Response),
}

/// What every answer to a request carries, whoever gives it.
pub(super) struct Seal {
    scheme: Scheme,
    origin: Verdict,
}

impl Seal {
    /// Completes an answer's headers.
    pub(super) fn apply(&self, response: &mut Response) {
        headers::seal(response.headers_mut(), self.scheme);
        cors::allow(response.headers_mut(), &self.origin);
    }
}

/// Judges one request from `peer`.
pub(super) async fn judge(door: &Arc<Door>, peer: IpAddr, request: Request<Incoming>) -> (Gated, Seal) {
    let (parts, body) = request.into_parts();
    let visit = Visit::new(door, peer, &parts);
    let served = Served::begin(visit.from.address, visit.place, &parts.method);
    let admitted = visit.admit(&body);
    let awaits_continue = visit.head.expect.is_some();
    let reader = visit.reader();
    let seal = Seal { scheme: visit.scheme, origin: visit.origin };
    let gated = match admitted {
        Ok(admitted) => open(door, admitted, body, served).await,
        Err(refused) => {
            record::refused(door, &served, &parts, &refused);
            let whole = body::drain(body, awaits_continue).await;
            Err((refused, whole))
        }
        .map_err(|(refused, whole)| shut(&refused, reader, whole)),
    };
    (gated.unwrap_or_else(Gated::Shut), seal)
}
