//! A request's headers, read once.
//!
//! What decides must stand there once: of two `Host` lines a proxy may read
//! the first and a server the last, and what the one let through is not what
//! the other serves. [`Head::ambiguous`] names the first header that was sent
//! twice. (Of two equal Content-Length lines, and of one beside a
//! Transfer-Encoding, hyper leaves one; it closes the connection after the
//! latter.)

use http::{HeaderMap, HeaderName, HeaderValue};

use super::media::Accepts;
use crate::trace::TraceContext;

/// The headers that matter.
#[derive(Debug, Default)]
pub(super) struct Head<'a> {
    pub(super) host: Option<&'a HeaderValue>,
    pub(super) origin: Option<&'a HeaderValue>,
    pub(super) authorization: Option<&'a HeaderValue>,
    pub(super) content_type: Option<&'a HeaderValue>,
    pub(super) content_encoding: Option<&'a HeaderValue>,
    pub(super) expect: Option<&'a HeaderValue>,
    pub(super) accepts: Accepts,
    /// `X-Forwarded-For`, line by line; what is no text ends it.
    pub(super) forwarded_for: Vec<&'a str>,
    pub(super) forwarded_proto: Option<&'a HeaderValue>,
    pub(super) mcp: McpLines<'a>,
    /// `traceparent`, line by line: two are none.
    pub(super) traceparent: Vec<&'a HeaderValue>,
    /// The first header that stands twice and must not.
    pub(super) ambiguous: Option<&'a str>,
    content_length: Option<&'a HeaderValue>,
    pub(super) transfer_encoding: Option<&'a HeaderValue>,
}

/// The headers of the MCP specification, as sent.
#[derive(Clone, Debug, Default)]
pub(super) struct McpLines<'a> {
    pub(super) version: Option<&'a HeaderValue>,
    pub(super) method: Option<&'a HeaderValue>,
    pub(super) name: Option<&'a HeaderValue>,
    /// `Mcp-Param-*`, by the part of the name after the prefix, in lower case.
    pub(super) params: Vec<(&'a str, &'a HeaderValue)>,
}

const PARAM_PREFIX: &str = "mcp-param-";

impl<'a> Head<'a> {
    pub(super) fn read(headers: &'a HeaderMap) -> Self {
        let mut head = Self::default();
        for (name, value) in headers {
            head.take(name, value);
        }
        head
    }

    /// Whether the nearest proxy was spoken to by https: what it appended last.
    pub(super) fn is_forwarded_https(&self) -> bool {
        self.forwarded_proto
            .and_then(|line| line.to_str().ok())
            .and_then(|line| line.rsplit(',').next())
            .is_some_and(|scheme| scheme.trim_ascii().eq_ignore_ascii_case("https"))
    }

    /// Whose trace the request belongs to, as far as its headers say.
    pub(super) fn trace(&self) -> Option<TraceContext> {
        match self.traceparent.as_slice() {
            [only] => only.to_str().ok().and_then(TraceContext::parse),
            _ => None,
        }
    }

    fn take(&mut self, name: &'a HeaderName, value: &'a HeaderValue) {
        let slot = match name.as_str() {
            "host" => &mut self.host,
            "accept" => return self.accepts.add(value),
            "authorization" => &mut self.authorization,
            "content-type" => &mut self.content_type,
            "content-length" => &mut self.content_length,
            "content-encoding" => &mut self.content_encoding,
            "transfer-encoding" => &mut self.transfer_encoding,
            "origin" => &mut self.origin,
            "expect" => &mut self.expect,
            "x-forwarded-for" => return self.forwarded_for.push(value.to_str().unwrap_or_default()),
            "x-forwarded-proto" => {
                self.forwarded_proto = Some(value);
                return;
            }
            "traceparent" => return self.traceparent.push(value),
            "mcp-protocol-version" => &mut self.mcp.version,
            "mcp-method" => &mut self.mcp.method,
            "mcp-name" => &mut self.mcp.name,
            other => {
                if let Some(param) = other.strip_prefix(PARAM_PREFIX) {
                    if self.mcp.params.iter().any(|(seen, _)| *seen == param) {
                        self.ambiguous.get_or_insert(other);
                    }
                    self.mcp.params.push((param, value));
                }
                return;
            }
        };
        if slot.replace(value).is_some() {
            self.ambiguous.get_or_insert(name.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            })
    }

    #[test]
    fn what_decides_must_stand_there_once() {
        for name in [
            "host",
            "origin",
            "authorization",
            "content-type",
            "content-length",
            "content-encoding",
            "transfer-encoding",
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name",
            "mcp-param-region",
        ] {
            let twice = headers(&[(name, "a"), ("x-other", "b"), (name, "a")]);
            assert_eq!(Head::read(&twice).ambiguous, Some(name));
            let once = headers(&[(name, "a"), ("x-other", "b"), ("x-other", "b")]);
            assert_eq!(Head::read(&once).ambiguous, None);
        }
    }

    #[test]
    fn lists_may_be_spread_over_lines() {
        let spread = headers(&[
            ("accept", "application/json"),
            ("accept", "text/event-stream"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-for", "5.6.7.8"),
            ("mcp-param-a", "1"),
            ("mcp-param-b", "2"),
        ]);
        let head = Head::read(&spread);
        assert_eq!(head.ambiguous, None);
        assert!(head.accepts.json() && head.accepts.events());
        assert_eq!(head.forwarded_for, ["1.2.3.4", "5.6.7.8"]);
        assert_eq!(head.mcp.params.len(), 2);
    }
}
