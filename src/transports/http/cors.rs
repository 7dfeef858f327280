//! What a browser is told about listed origins (the Fetch standard's CORS protocol).
//!
//! Only a listed origin is ever named, never `*`, and credentials that a
//! browser keeps by itself are never allowed: the key is sent by the page.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use warp::reply::Response;

use super::origin::Verdict;

/// Every header that a client of either era sends. `Mcp-Param-*` has no
/// wildcard in CORS; those that the preflight names are added.
const ALLOWED: &str = "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name, \
                       Mcp-Session-Id, Last-Event-ID";
const MAX_AGE: &str = "7200";
const EXPOSED: &str = "WWW-Authenticate, Retry-After";
/// Headers one preflight may name.
const ASKED_MAX: usize = 64;

/// Lets a listed origin read the answer.
pub(super) fn allow(headers: &mut HeaderMap, origin: &Verdict) {
    if let Verdict::Listed(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}

/// The answer to `OPTIONS`: for a page what it may send, for anyone the methods.
pub(super) fn preflight(origin: &Verdict, allow: &'static str, asked: &HeaderMap) -> Response {
    let mut response = Response::new(bytes::Bytes::new().into());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    if matches!(origin, Verdict::Listed(_)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allow));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed(asked));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    }
    response
}

fn allowed(asked: &HeaderMap) -> HeaderValue {
    let mut list = ALLOWED.to_owned();
    let asked = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|value| value.to_str().ok());
    for name in asked.unwrap_or_default().split(',').map(str::trim_ascii).take(ASKED_MAX) {
        let is_param = name.get(..10).is_some_and(|prefix| prefix.eq_ignore_ascii_case("mcp-param-"));
        if is_param && name.bytes().all(is_token) {
            list.push_str(", ");
            list.push_str(name);
        }
    }
    HeaderValue::from_str(&list).unwrap_or(HeaderValue::from_static(ALLOWED))
}

/// A character of a header's name (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(names: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static(names));
        headers
    }

    #[test]
    fn a_listed_page_may_send_the_headers_of_both_eras() {
        let listed = Verdict::Listed(HeaderValue::from_static("http://localhost:3000"));
        let answer = preflight(&listed, "POST, OPTIONS", &asking("authorization, Mcp-Param-Region, x-evil"));
        let allowed = answer.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().expect("text");
        for name in ["Authorization", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-Region"] {
            assert!(allowed.contains(name), "{name}");
        }
        assert!(!allowed.contains("x-evil"));
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_MAX_AGE], "7200");
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }

    #[test]
    fn others_are_told_nothing() {
        let answer = preflight(&Verdict::Absent, "POST, OPTIONS", &asking("authorization"));
        assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control-")));
        let mut headers = HeaderMap::new();
        allow(&mut headers, &Verdict::Refused);
        assert!(headers.is_empty());
    }
}
