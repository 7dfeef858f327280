//! Which web pages may call.
//!
//! An origin is a scheme, a host and a port (RFC 6454), compared as such:
//! prefixes, suffixes and user information that only look like a listed one
//! are another origin, or none. `null` is nobody's.

use std::net::SocketAddr;

use http::HeaderValue;
use url::Host;

use super::host;

/// The listed origins.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origins(Vec<Listed>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Listed {
    scheme: Scheme,
    host: String,
    /// `None` is every port.
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// What a request's `Origin` means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// No page: a program, or a page of our own.
    Absent,
    /// A listed page, as it wrote itself.
    Listed(HeaderValue),
    /// Any other.
    Refused,
}

impl Origins {
    /// The origins of `http.origins`, and the loopback ones if `listen` is one.
    ///
    /// # Errors
    ///
    /// The first entry that is no origin, with the rule.
    pub fn parse(origins: &[String], listen: SocketAddr) -> Result<Self, String> {
        let mut all = origins.iter().map(|origin| Listed::parse(origin)).collect::<Result<Vec<_>, _>>()?;
        if listen.ip().is_loopback() {
            let loopback = ["127.0.0.1", "localhost", "[::1]"];
            all.extend(loopback.map(|host| Listed {
                scheme: Scheme::Http,
                host: host.to_owned(),
                port: None,
            }));
        }
        Ok(Self(all))
    }

    /// Whether `origin` is listed.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        split(origin).is_some_and(|(scheme, host, port)| {
            let port = port.unwrap_or(scheme.default_port());
            self.0.iter().any(|listed| {
                listed.scheme == scheme
                    && listed.host.eq_ignore_ascii_case(host)
                    && listed.port.is_none_or(|listed| listed == port)
            })
        })
    }

    pub(super) fn judge(&self, origin: Option<&HeaderValue>) -> Verdict {
        match origin {
            None => Verdict::Absent,
            Some(value) if value.to_str().is_ok_and(|origin| self.allow(origin)) => {
                Verdict::Listed(value.clone())
            }
            Some(_) => Verdict::Refused,
        }
    }
}

impl Listed {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an origin, such as `https://app.example.com`");
        let (origin, every_port) = text.strip_suffix(":*").map_or((text, false), |origin| (origin, true));
        let (scheme, host, port) = split(origin).ok_or_else(wrong)?;
        let sent = Host::parse(host).map_err(|_| wrong())?.to_string();
        if !sent.eq_ignore_ascii_case(host) {
            return Err(format!("`{host}` would be sent as `{sent}`; list that instead"));
        }
        let port = match (every_port, port) {
            (true, None) => None,
            (true, Some(_)) => return Err(wrong()),
            (false, port) => Some(port.unwrap_or(scheme.default_port())),
        };
        Ok(Self { scheme, host: sent, port })
    }
}

fn split(origin: &str) -> Option<(Scheme, &str, Option<u16>)> {
    let (scheme, authority) = origin.split_once("://")?;
    let scheme = if scheme.eq_ignore_ascii_case("http") {
        Scheme::Http
    } else if scheme.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else {
        return None;
    };
    let (host, port) = host::split(authority)?;
    Some((scheme, host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listing(listen: &str, origins: &[&str]) -> Origins {
        let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        Origins::parse(&origins, listen.parse().expect("an address")).expect("origins")
    }

    #[test]
    fn a_loopback_listener_takes_pages_of_this_machine() {
        let origins = listing("127.0.0.1:8080", &[]);
        for origin in ["http://localhost:3000", "http://127.0.0.1:1", "http://localhost", "http://[::1]:5173"]
        {
            assert!(origins.allow(origin), "{origin}");
        }
    }

    #[test]
    fn an_origin_that_only_looks_like_a_listed_one_is_refused() {
        let origins = listing("127.0.0.1:8080", &["https://app.example.com"]);
        for origin in [
            "",
            "null",
            "*",
            "file://",
            "chrome-extension://abc",
            "http://localhost:80.evil.example",
            "http://localhost.evil.example:8080",
            "http://localhost@evil.example",
            "http://evil.example/http://localhost",
            "http://127.0.0.1.evil.example",
            "https://evil.example",
            "http://127.0.0.1:8080 http://evil.example",
            "http://localhost:8080/",
            "http://localhost:8080#",
            "http:localhost",
            "localhost:8080",
            "https://localhost:8080",
            "http://localhost.",
            "http://2130706433",
            "http://127.1",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "https://xapp.example.com",
        ] {
            assert!(!origins.allow(origin), "{origin}");
        }
    }

    #[test]
    fn a_default_port_may_be_said_or_not() {
        let origins = listing("0.0.0.0:8080", &["https://app.example.com", "http://x.example:*"]);
        for origin in ["https://app.example.com", "https://app.example.com:443", "http://x.example:9"] {
            assert!(origins.allow(origin), "{origin}");
        }
        assert!(!origins.allow("http://localhost:3000"));
    }

    #[test]
    fn null_and_a_star_cannot_be_listed() {
        for origin in ["null", "*", "https://*", "https://*.example.com", "app.example.com", "https://a/b"] {
            let origins = [origin.to_owned()];
            assert!(Origins::parse(&origins, SocketAddr::from(([127, 0, 0, 1], 1))).is_err(), "{origin}");
        }
    }

    proptest! {
        #[test]
        fn a_longer_text_than_a_listed_origin_is_another(before in "[ -~]{0,8}", after in "[ -~]{0,8}") {
            prop_assume!(!(before.is_empty() && (after.is_empty() || after == ":443")));
            let origins = listing("0.0.0.0:1", &["https://app.example.com"]);
            let text = format!("{before}https://app.example.com{after}");
            prop_assert!(!origins.allow(&text));
        }
    }
}
