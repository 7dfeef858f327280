//! Headers on every answer.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Whether the client reached us by https.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    /// A trusted proxy says so.
    Https,
    /// Plain, or nobody knows.
    Http,
}

const SECURITY: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Whether an origin is listed changes the answer, refusals included.
    (header::VARY, "Origin"),
];

/// Adds what every answer carries.
pub(super) fn seal(headers: &mut HeaderMap, scheme: Scheme) {
    headers.reserve(SECURITY.len() + 2);
    for (name, value) in SECURITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if scheme == Scheme::Https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

/// The same, for the one answer that is written without hyper.
pub(super) fn seal_text() -> String {
    SECURITY.iter().fold(String::new(), |mut text, (name, value)| {
        for part in [name.as_str(), ": ", value, "\r\n"] {
            text.push_str(part);
        }
        text
    })
}
