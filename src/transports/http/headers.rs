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

/// What a browser may do with an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Policy {
    /// Show it.
    Data,
    /// Run the page: scripts, styles and images of our own, and requests to us. No text becomes markup or script.
    Page,
}

impl Policy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Data => "default-src 'none'; frame-ancestors 'none'",
            Self::Page => {
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                 require-trusted-types-for 'script'; trusted-types 'none'"
            }
        }
    }
}

const SECURITY: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, Policy::Data.as_str()),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Whether an origin is listed changes the answer, refusals included.
    (header::VARY, "Origin"),
];

/// Adds what every answer carries.
pub(super) fn seal(headers: &mut HeaderMap, scheme: Scheme, policy: Policy) {
    headers.reserve(SECURITY.len() + 2);
    for (name, value) in SECURITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if policy == Policy::Page {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy.as_str()));
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
