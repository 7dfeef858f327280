//! How a refusal looks over HTTP.
//!
//! One table from the code to status, words and next step. The words name the
//! rule and the configuration key that would change it, never the value.

use std::{borrow::Cow, time::Duration};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use warp::reply::Response;

use crate::refusal::{Code, wait_seconds};

/// A request that is turned away.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: Code,
    /// Stands before the table's hint: which header, which methods.
    pub(super) note: Option<Cow<'static, str>>,
    /// When to come back.
    pub(super) wait: Option<Duration>,
    /// The methods that are served, for 405.
    pub(super) allow: Option<&'static str>,
    /// What the event says besides, such as the origin as it was sent.
    pub(super) detail: Option<(&'static str, String)>,
}

/// Who reads the refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reader {
    /// A person with `curl`, or a client that looks at the status.
    Person,
    /// A JSON-RPC client that parses the body of a 400.
    Rpc,
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self { code, note: None, wait: None, allow: None, detail: None }
    }
}

impl Refused {
    pub(super) fn noting(code: Code, note: impl Into<Cow<'static, str>>) -> Self {
        Self { note: Some(note.into()), ..code.into() }
    }

    pub(super) fn until(code: Code, wait: Duration) -> Self {
        Self { wait: Some(wait), ..code.into() }
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Code::MethodNotAllowed.into() }
    }

    pub(super) fn with(self, key: &'static str, value: impl Into<String>) -> Self {
        Self { detail: Some((key, value.into())), ..self }
    }

    pub(super) fn status(&self) -> StatusCode {
        said(self.code).0
    }

    /// The answer. Security and CORS headers are not in it yet.
    pub(super) fn to_response(&self, reader: Reader) -> Response {
        let body = match reader {
            Reader::Person => self.said(),
            Reader::Rpc => {
                let (_, message, _) = said(self.code);
                let error = json!({
                    "code": INVALID_REQUEST,
                    "message": format!("{message}; {}", self.hint()),
                    "data": { "error": self.code.as_str() },
                });
                json!({ "jsonrpc": "2.0", "error": error }).to_string()
            }
        };
        let mut response = json_response(self.status(), body);
        self.add_headers(&mut response);
        response
    }

    /// What a person is told, as JSON.
    pub(super) fn said(&self) -> String {
        let (_, message, _) = said(self.code);
        json!({ "error": self.code.as_str(), "message": message, "hint": self.hint() }).to_string()
    }

    fn hint(&self) -> String {
        let (_, _, hint) = said(self.code);
        match (&self.note, self.wait) {
            (Some(note), _) => format!("{note}; {hint}"),
            (None, Some(wait)) => format!("{hint} in {} s", wait_seconds(wait)),
            (None, None) => hint.to_owned(),
        }
    }

    fn add_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, wait_seconds(wait).into());
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(challenge) = challenge(self.code) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
    }
}

/// JSON-RPC's "not a valid request".
const INVALID_REQUEST: i32 = -32600;

/// What RFC 6750 §3 has a 401 say: a request without a key gets no error code.
fn challenge(code: Code) -> Option<&'static str> {
    match code {
        Code::NoKey => Some("Bearer realm=\"mcp-server\""),
        Code::UnknownKey | Code::ExpiredKey | Code::KeyAddress => {
            Some("Bearer realm=\"mcp-server\", error=\"invalid_token\"")
        }
        _ => None,
    }
}

/// A JSON answer.
pub(super) fn json_response(status: StatusCode, body: impl Into<bytes::Bytes>) -> Response {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status;
    // Room for what every answer carries, so that the table is made once.
    *response.headers_mut() = HeaderMap::with_capacity(12);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Status, message and next step. What the door never refuses with is an internal error.
fn said(code: Code) -> (StatusCode, &'static str, &'static str) {
    use StatusCode as S;
    match code {
        Code::NoKey => (
            S::UNAUTHORIZED,
            "a key is needed",
            "send `Authorization: Bearer KEY`; `mcp-server keys generate` makes one",
        ),
        Code::UnknownKey => {
            (S::UNAUTHORIZED, "this key is not known", "`mcp-server keys list` shows which keys there are")
        }
        Code::ExpiredKey => (S::UNAUTHORIZED, "this key has expired", "its owner sets `keys.NAME.expires`"),
        Code::KeyAddress => (
            S::UNAUTHORIZED,
            "this key is not for requests from this address",
            "its owner sets `keys.NAME.from`",
        ),
        Code::KeyReach => (
            S::FORBIDDEN,
            "whoever asks may not do this",
            "`keys.NAME.events = true` lets a key read events and metrics; with `--no-auth` nobody reads the log over HTTP",
        ),
        Code::Penalty => {
            (S::TOO_MANY_REQUESTS, "too many failed authentications from this address", "try again")
        }
        Code::LimitAddress => {
            (S::TOO_MANY_REQUESTS, "too many requests from this address (`limits.address`)", "try again")
        }
        Code::LimitKey => {
            (S::TOO_MANY_REQUESTS, "too many requests with this key (`limits.key`)", "try again")
        }
        Code::UntrustedOrigin => (
            S::FORBIDDEN,
            "this origin is not allowed",
            "list it, as scheme, host and port, in `http.origins`",
        ),
        Code::UntrustedHost => {
            (S::FORBIDDEN, "this server does not answer to this host name", "list it in `http.hosts`")
        }
        Code::HttpsRequired => (
            S::FORBIDDEN,
            "https is required",
            "come through a proxy of `http.trusted_proxies` that sends `X-Forwarded-Proto: https`, \
             or set `http.plaintext = true`",
        ),
        Code::NoRoute => {
            (S::NOT_FOUND, "nothing is served at this path", "`http.path` says where MCP is spoken")
        }
        Code::MethodNotAllowed => {
            (S::METHOD_NOT_ALLOWED, "this path does not take this method", "see `Allow` for those it takes")
        }
        Code::NotAcceptable => (
            S::NOT_ACCEPTABLE,
            "the client takes no answer that there is",
            "accept `application/json` and `text/event-stream`",
        ),
        Code::MediaType => (
            S::UNSUPPORTED_MEDIA_TYPE,
            "the body must be JSON in UTF-8, not compressed",
            "send `Content-Type: application/json`",
        ),
        Code::MessageTooLarge => {
            (S::PAYLOAD_TOO_LARGE, "the message is too large", "send less at once, or raise `http.body`")
        }
        Code::TooSlow => (S::REQUEST_TIMEOUT, "the message came too slowly", "send it again"),
        Code::BadRequest => {
            (S::BAD_REQUEST, "the request is ambiguous or broken", "send it as HTTP/1.1 has it")
        }
        Code::TooManyConnections => {
            (S::SERVICE_UNAVAILABLE, "too many open connections", "close some, or try again")
        }
        Code::BadQuery => (
            S::BAD_REQUEST,
            "the query is not understood",
            "`mcp-server events list --help` explains the filters",
        ),
        Code::TooManyFollowers => (
            S::SERVICE_UNAVAILABLE,
            "too many clients follow the log",
            "end one, or read pages: leave `Accept: text/event-stream` out",
        ),
        _ => (S::INTERNAL_SERVER_ERROR, "the server failed", "the operator finds why in its diagnostics"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: &[(Code, u16)] = &[
        (Code::NoKey, 401),
        (Code::UnknownKey, 401),
        (Code::ExpiredKey, 401),
        (Code::KeyAddress, 401),
        (Code::KeyReach, 403),
        (Code::UntrustedOrigin, 403),
        (Code::UntrustedHost, 403),
        (Code::HttpsRequired, 403),
        (Code::NoRoute, 404),
        (Code::MethodNotAllowed, 405),
        (Code::NotAcceptable, 406),
        (Code::TooSlow, 408),
        (Code::MessageTooLarge, 413),
        (Code::MediaType, 415),
        (Code::Penalty, 429),
        (Code::LimitAddress, 429),
        (Code::LimitKey, 429),
        (Code::BadRequest, 400),
        (Code::BadQuery, 400),
        (Code::TooManyFollowers, 503),
        (Code::TooManyConnections, 503),
    ];

    #[test]
    fn every_refusal_of_the_door_has_its_status() {
        for (code, status) in DOOR {
            assert_eq!(Refused::from(*code).status().as_u16(), *status, "{code}");
        }
    }

    #[test]
    fn a_401_says_how_to_authenticate_and_a_429_when_to_come_back() {
        let bad = Refused::from(Code::UnknownKey).to_response(Reader::Person);
        let said = bad.headers()[header::WWW_AUTHENTICATE].to_str().expect("text").to_owned();
        assert_eq!(said, "Bearer realm=\"mcp-server\", error=\"invalid_token\"");
        let none = Refused::from(Code::NoKey).to_response(Reader::Person);
        assert_eq!(none.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"mcp-server\"");
        let late = Refused::until(Code::LimitKey, Duration::from_millis(1_200)).to_response(Reader::Person);
        assert_eq!(late.headers()[header::RETRY_AFTER], "2");
    }
}
