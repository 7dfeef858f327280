//! The order of checks, and the only maker of a [`Pass`].
//!
//! bucket and its limit → framing → host, https, origin → place → preflight →
//! key → method → what the place itself needs → the body. Everything else is
//! decided on the headers before a byte of the body is asked for, so `Expect:
//! 100-continue` is answered only for a request that will be read.

use std::{net::IpAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header, request::Parts};
use http_body_util::Empty;
use hyper::body::Incoming;
use warp::reply::Response;

use super::{
    Door, Https,
    auth::{self, Presented},
    body::{self, Rest},
    codes, cors, events,
    head::Head,
    headers::{self, Policy, Scheme},
    health, host, mcp, metrics,
    origin::Verdict,
    page, posture, readers, ready, record,
    refuse::{Reader, Refused},
    routes::Place,
    stats,
};
use crate::{
    caller::{Caller, Door as Through, Identity},
    policy::{penalty::Offence, quota::DoorBucket},
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
    /// The door it was made at.
    pub(super) fn door(&self) -> &Arc<Door> {
        &self.door
    }

    /// What the route needs to know of the request.
    pub(super) fn what(&self) -> &T {
        &self.what
    }
}

/// Where a request stands after the gate.
pub(super) enum Gated {
    /// It holds a pass; the routes serve it.
    Open(Request<Empty<Bytes>>),
    /// It has its answer.
    Shut(Response),
}

/// What every answer to a request carries, whoever gives it.
#[derive(Debug)]
pub(super) struct Seal {
    scheme: Scheme,
    origin: Verdict,
    policy: Policy,
}

impl Seal {
    pub(super) fn apply(&self, response: &mut Response) {
        headers::seal(response.headers_mut(), self.scheme, self.policy);
        cors::allow(response.headers_mut(), &self.origin);
    }
}

/// Judges one request that came from `peer`.
pub(super) async fn judge(door: &Arc<Door>, peer: IpAddr, request: Request<Incoming>) -> (Gated, Seal) {
    let (parts, mut body) = request.into_parts();
    let visit = Visit::new(door, peer, &parts);
    let passed = match visit.admit(&body) {
        Ok(admitted) => visit.enter(admitted, &mut body).await,
        Err(refused) => Err(refused),
    };
    let gated = match passed {
        Ok(gated) => gated,
        Err(refused) => Gated::Shut(visit.refuse(&refused, &mut body).await),
    };
    let policy = match (&gated, visit.place) {
        (Gated::Open(_), Some(Place::Page(_))) => Policy::Page,
        _ => Policy::Data,
    };
    (gated, Seal { scheme: visit.scheme, origin: visit.origin, policy })
}

/// What a request may go on to, its headers being in order.
enum Admitted {
    Preflight(Response),
    Mcp(mcp::Opening),
    Health(health::Asked),
    Ready(ready::Asked),
    Events(events::Asked),
    Metrics(metrics::Asked),
    Posture(posture::Asked),
    Stats(stats::Asked),
    Codes(codes::Asked),
    Page(page::Asked),
}

/// A request under examination.
struct Visit<'a> {
    door: &'a Arc<Door>,
    parts: &'a Parts,
    head: Head<'a>,
    place: Option<Place>,
    from: Judged,
    scheme: Scheme,
    origin: Verdict,
    key: Presented,
    arrived: Instant,
}

impl<'a> Visit<'a> {
    fn new(door: &'a Arc<Door>, peer: IpAddr, parts: &'a Parts) -> Self {
        let arrived = Instant::now();
        let head = Head::read(&parts.headers);
        let from = ip::judge(peer, &door.settings.trusted_proxies, head.forwarded_for.iter().copied());
        let is_https = from.via == Via::TrustedProxy && head.is_forwarded_https();
        let key = if door.settings.auth && head.ambiguous.is_none() {
            auth::present(head.authorization, &door.keys, from.address)
        } else {
            Presented::Nothing
        };
        Self {
            door,
            parts,
            place: is_origin_form(parts).then(|| Place::find(&door.settings, &parts.uri)).flatten(),
            from,
            scheme: if is_https { Scheme::Https } else { Scheme::Http },
            origin: door.origins.judge(head.origin),
            key,
            head,
            arrived,
        }
    }

    fn admit(&self, body: &Incoming) -> Result<Admitted, Refused> {
        self.charge()?;
        self.framing()?;
        if !self.place.is_some_and(Place::is_open) {
            self.host()?;
        }
        if !self.is_open() {
            self.https()?;
        }
        if self.origin == Verdict::Refused {
            let said = self.head.origin.map(HeaderValue::as_bytes).unwrap_or_default();
            return Err(Refused::from(Code::UntrustedOrigin).with("origin", record::short_bytes(said)));
        }
        let place = self.place.ok_or(Code::NoRoute)?;
        if self.parts.method == Method::OPTIONS {
            return Ok(Admitted::Preflight(cors::preflight(
                &self.origin,
                place.allow(),
                &self.parts.headers,
            )));
        }
        if self.is_open() {
            return self.admit_open(place);
        }
        if let Place::Page(part) = place {
            // Browsers send no key for a page, and there is nothing in it that one would keep.
            self.method(place)?;
            return Ok(Admitted::Page(page::Asked { part, caller: self.anyone(), arrived: self.arrived }));
        }
        let caller = self.authenticate()?;
        self.method(place)?;
        Ok(match place {
            Place::Events => Admitted::Events(self.events(caller)?),
            Place::Metrics if self.door.settings.auth && !caller.reach.events => {
                return Err(Code::KeyReach.into());
            }
            Place::Metrics => Admitted::Metrics(metrics::Asked::read(&self.head)),
            Place::Posture => Admitted::Posture(posture::Asked::read(caller, self.arrived)?),
            Place::Stats => Admitted::Stats(stats::Asked::read(caller, self.parts.uri.query())?),
            Place::Codes => Admitted::Codes(codes::Asked::read(&caller)?),
            _ => Admitted::Mcp(mcp::Opening::read(caller, &self.head, body, self.door.settings.body)?),
        })
    }

    fn events(&self, caller: Arc<Caller>) -> Result<events::Asked, Refused> {
        let Parts { method, uri, headers, .. } = self.parts;
        events::Asked::read(caller, &self.head, headers, method, uri.query(), self.arrived)
    }

    /// What needs no key. A key that does not hold counts as none, and as an offence.
    fn admit_open(&self, place: Place) -> Result<Admitted, Refused> {
        if let Presented::Invalid(code) = self.key {
            self.offend(code);
            let refused = Refused::from(code).with("reason", auth::reason(code));
            self.record(&refused, StatusCode::OK);
        }
        self.method(place)?;
        // Detail is for who holds a key, also where none is asked for.
        let caller = self.caller().filter(|caller| matches!(caller.identity, Identity::Key(_)));
        Ok(match place {
            Place::Ready => Admitted::Ready(ready::Asked { caller, arrived: self.arrived }),
            Place::Metrics => Admitted::Metrics(metrics::Asked::read(&self.head)),
            _ => Admitted::Health(health::Asked { caller }),
        })
    }

    /// Charged first, so that nothing is answered, not even a refusal, beyond the limit.
    fn charge(&self) -> Result<(), Refused> {
        let address = self.from.address;
        let bucket = match &self.key {
            Presented::Valid(key) => match &key.identity {
                Identity::Key(name) => DoorBucket::Key(Arc::clone(name)),
                _ => DoorBucket::Address(address),
            },
            _ if self.is_open() => DoorBucket::Health(address),
            _ => DoorBucket::Address(address),
        };
        match self.door.protocol.dispatcher.policy.quota.charge_door(bucket) {
            Err(Refusal::Limited { code, wait }) => Err(Refused::until(code, wait)),
            Err(other) => Err(other.code().into()),
            Ok(()) => Ok(()),
        }
    }

    /// Whether nobody is asked for a key here: who watches us has none.
    fn is_open(&self) -> bool {
        self.is_scraper() || self.place.is_some_and(Place::is_open)
    }

    /// Whether a listed address reads the metrics.
    fn is_scraper(&self) -> bool {
        let listed = &self.door.settings.metrics_from;
        self.place == Some(Place::Metrics) && ip::is_trusted(self.from.address, listed)
    }

    fn framing(&self) -> Result<(), Refused> {
        if !is_origin_form(self.parts) {
            return Err(Refused::noting(Code::BadRequest, "the request target must be a path"));
        }
        let coding = self.head.transfer_encoding.map(HeaderValue::as_bytes);
        if coding.is_some_and(|coding| !coding.trim_ascii().eq_ignore_ascii_case(b"chunked")) {
            return Err(Refused::noting(Code::BadRequest, "`Transfer-Encoding` may be `chunked` only"));
        }
        match self.head.ambiguous {
            Some(name) => {
                Err(Refused::noting(Code::BadRequest, format!("`{name}` stands twice")).with("header", name))
            }
            None => Ok(()),
        }
    }

    fn host(&self) -> Result<(), Refused> {
        let Some(host) = self.head.host else {
            return Err(Refused::noting(Code::BadRequest, "`Host` is missing"));
        };
        // Scrapers ask by address. That is no name, so no page that rebinds one passes for them.
        let is_ours = |host: &str| self.door.hosts.allow(host) || self.is_scraper() && host::is_address(host);
        if host.to_str().is_ok_and(is_ours) {
            return Ok(());
        }
        Err(Refused::from(Code::UntrustedHost).with("host", record::short_bytes(host.as_bytes())))
    }

    fn https(&self) -> Result<(), Refused> {
        let is_forwarded = self.head.forwarded_proto.is_some() || !self.head.forwarded_for.is_empty();
        let is_said_plain = self.from.via == Via::TrustedProxy && is_forwarded;
        let is_needed = match self.door.https {
            Https::Required => true,
            Https::AsForwarded => is_said_plain,
            Https::Optional => false,
        };
        if is_needed && self.scheme == Scheme::Http { Err(Code::HttpsRequired.into()) } else { Ok(()) }
    }

    fn authenticate(&self) -> Result<Arc<Caller>, Refused> {
        let code = match (&self.key, self.caller()) {
            (_, Some(caller)) => return Ok(caller),
            (Presented::Invalid(code), None) => *code,
            (_, None) => Code::NoKey,
        };
        if let Some(wait) = self.door.penalties.until(self.from.address, self.arrived) {
            return Err(Refused::until(Code::Penalty, wait));
        }
        self.offend(code);
        Err(Refused::from(code).with("reason", auth::reason(code)))
    }

    /// Whoever holds a valid key, or, where none is needed, whoever is there.
    fn caller(&self) -> Option<Arc<Caller>> {
        let (identity, reach) = match &self.key {
            Presented::Valid(key) => (key.identity.clone(), Arc::clone(&key.reach)),
            _ if self.door.settings.auth => return None,
            _ => (Identity::Address(self.from.address), Arc::clone(&self.door.keyless)),
        };
        Some(Arc::new(Caller { identity, door: Through::Http, peer: Some(self.from.address), reach }))
    }

    /// Whoever is at this address, and may reach nothing for it.
    fn anyone(&self) -> Caller {
        let address = self.from.address;
        Caller {
            identity: Identity::Address(address),
            door: Through::Http,
            peer: Some(address),
            reach: Arc::default(),
        }
    }

    fn offend(&self, code: Code) {
        let offence = if code == Code::NoKey { Offence::NoKey } else { Offence::WrongKey };
        self.door.penalties.charge(self.from.address, offence, self.arrived);
    }

    fn method(&self, place: Place) -> Result<(), Refused> {
        if place.takes(&self.parts.method) { Ok(()) } else { Err(Refused::method_not_allowed(place.allow())) }
    }

    /// Reads the body, where there is to be one, and hands out the pass.
    async fn enter(&self, admitted: Admitted, body: &mut Incoming) -> Result<Gated, Refused> {
        match admitted {
            Admitted::Preflight(response) => {
                record::served(self.door, &self.anyone(), "OPTIONS", response.status(), self.arrived);
                Ok(Gated::Shut(response))
            }
            Admitted::Health(asked) => Ok(self.pass(asked)),
            Admitted::Ready(asked) => Ok(self.pass(asked)),
            Admitted::Events(mut asked) => {
                asked.filter.grep = readers::compile(self.door, &asked.caller, asked.grep.take()).await?;
                Ok(self.pass(asked))
            }
            Admitted::Metrics(asked) => Ok(self.pass(asked)),
            Admitted::Posture(asked) => Ok(self.pass(asked)),
            Admitted::Stats(mut asked) => {
                asked.filter.grep = readers::compile(self.door, &asked.caller, asked.grep.take()).await?;
                Ok(self.pass(asked))
            }
            Admitted::Codes(asked) => Ok(self.pass(asked)),
            Admitted::Page(asked) => Ok(self.pass(asked)),
            Admitted::Mcp(opening) => {
                let max = self.door.settings.body;
                let room = body::room(body, max, &self.door.bodies).await?;
                let message = body::read(body, max).await?;
                Ok(self.pass(opening.with(message, room, self.arrived)))
            }
        }
    }

    fn pass<T: Send + Sync + 'static>(&self, what: T) -> Gated {
        let mut request = Request::new(Empty::new());
        request.extensions_mut().insert(Pass { door: Arc::clone(self.door), what: Arc::new(what) });
        Gated::Open(request)
    }

    async fn refuse(&self, refused: &Refused, body: &mut Incoming) -> Response {
        self.record(refused, refused.status());
        let rest = if self.head.expect.is_some() { Rest::Unread } else { body::drain(body).await };
        let mut response = refused.to_response(self.reader(refused));
        if rest == Rest::Unread {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn record(&self, refused: &Refused, status: StatusCode) {
        let (url, method) = (self.parts.uri.path(), self.parts.method.as_str());
        let nobody = || Identity::Address(self.from.address);
        let who = self.caller().map_or_else(nobody, |caller| caller.identity.clone());
        record::refused(self.door, (&who, self.from.address), url, method, refused, status);
    }

    /// A JSON-RPC client reads the body where the message is at fault, and the status otherwise.
    fn reader(&self, refused: &Refused) -> Reader {
        let is_message = self.place == Some(Place::Mcp) && self.parts.method == Method::POST;
        match refused.status().as_u16() {
            400 | 406 | 408 | 413 | 415 if is_message => Reader::Rpc,
            _ => Reader::Person,
        }
    }
}

/// `/path?query`, and none of the other three forms of RFC 9112 §3.2.
fn is_origin_form(parts: &Parts) -> bool {
    let uri = &parts.uri;
    uri.scheme().is_none() && uri.authority().is_none() && uri.path().starts_with('/')
}
