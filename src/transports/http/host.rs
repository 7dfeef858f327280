//! Which names this server answers to.
//!
//! A page on the web can make a browser send a request here under a name of
//! its own (DNS rebinding); it cannot make the browser send another `Host`.
//! So a name that is not listed is refused, which keeps the page out even
//! where it can read answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::Host;

/// The listed names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Hosts(Vec<Listed>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Listed {
    /// In lower case; IPv6 in brackets, as `Host` has it.
    name: String,
    /// `None` is every port: a forwarded port (`ssh -L`, containers) is no other server.
    port: Option<u16>,
}

impl Hosts {
    /// The names of `http.hosts`, and the loopback ones if `listen` is one.
    ///
    /// # Errors
    ///
    /// The first entry that is no host name, with the rule.
    pub fn parse(names: &[String], listen: SocketAddr) -> Result<Self, String> {
        let mut all = names.iter().map(|name| Listed::parse(name)).collect::<Result<Vec<_>, _>>()?;
        if listen.ip().is_loopback() {
            let own = match listen.ip() {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            };
            let loopback = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned(), own];
            all.extend(loopback.map(|name| Listed { name, port: None }));
        }
        Ok(Self(all))
    }

    /// Whether an authority such as `mcp.example.com:8080` is listed.
    #[must_use]
    pub fn allow(&self, authority: &str) -> bool {
        split(authority).is_some_and(|(name, port)| {
            self.0.iter().any(|listed| {
                listed.name.eq_ignore_ascii_case(name) && (listed.port.is_none() || listed.port == port)
            })
        })
    }
}

impl Listed {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a host name, such as `mcp.example.com` or `10.0.0.5:8080`");
        let (name, port) = split(text).ok_or_else(wrong)?;
        let host = Host::parse(name).map_err(|_| wrong())?.to_string();
        if !host.eq_ignore_ascii_case(name) {
            return Err(format!("`{name}` would be sent as `{host}`; list that instead"));
        }
        Ok(Self { name: host, port })
    }
}

/// Whether an authority names an address and no host.
pub(super) fn is_address(authority: &str) -> bool {
    split(authority).is_some_and(|(name, _)| {
        let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        inner.map_or_else(|| name.parse::<Ipv4Addr>().is_ok(), |inner| inner.parse::<Ipv6Addr>().is_ok())
    })
}

/// Parts an authority into name and port (RFC 3986 §3.2). User information
/// (`user@host`) is none: it exists to make one host look like another.
pub(super) fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let name_end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (name, rest) = authority.split_at_checked(name_end)?;
    let port = match rest.strip_prefix(':') {
        Some(digits) => Some(parse_port(digits)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    (!inner.is_empty() && inner.bytes().all(legal)).then_some((name, port))
}

/// Digits only, as they are written: without the sign and the zeros that `parse` would take.
fn parse_port(digits: &str) -> Option<u16> {
    let written = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    written.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listening_on(listen: &str, names: &[&str]) -> Hosts {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        Hosts::parse(&names, listen.parse().expect("an address")).expect("host names")
    }

    #[test]
    fn an_address_is_no_name() {
        for address in ["10.0.0.7", "10.0.0.7:8080", "[::1]", "[2001:db8::7]:8080"] {
            assert!(is_address(address), "{address}");
        }
        for name in [
            "",
            "10.0.0.7.example",
            "10.0.0.7:x",
            "10.0.0",
            "0x0a.0.0.7",
            "2001:db8::7",
            "[10.0.0.7]",
            "a@10.0.0.7",
        ] {
            assert!(!is_address(name), "{name}");
        }
    }

    #[test]
    fn a_loopback_listener_answers_to_its_loopback_names_at_any_port() {
        let hosts = listening_on("127.0.0.1:8080", &[]);
        for name in ["127.0.0.1:8080", "localhost:8080", "LocalHost:1", "localhost", "[::1]:8080", "[::1]"] {
            assert!(hosts.allow(name), "{name}");
        }
        assert!(listening_on("127.0.0.5:8080", &[]).allow("127.0.0.5:8080"));
    }

    #[test]
    fn a_name_that_only_looks_like_a_listed_one_is_not_listed() {
        let hosts = listening_on("127.0.0.1:8080", &["mcp.example.com"]);
        for name in [
            "",
            ":8080",
            "evil.example",
            "localhost.evil.example:8080",
            "localhost:8080.evil.example",
            "evil@127.0.0.1:8080",
            "127.0.0.1:8080@evil.example",
            "127.0.0.1:+80",
            "127.0.0.1:99999",
            "127.0.0.1:",
            "127.0.0.1 ",
            "localhost.",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "[::1",
            "[::1]x",
            "::1",
            "[::ffff:127.0.0.1]",
            "mcp.example.com.",
            "amcp.example.com",
            "mcp.example.com,localhost",
        ] {
            assert!(!hosts.allow(name), "{name}");
        }
    }

    #[test]
    fn any_other_listener_answers_to_the_listed_names_alone() {
        let hosts = listening_on("0.0.0.0:8080", &["mcp.example.com", "10.0.0.5:8443", "[2001:db8::1]"]);
        for name in ["mcp.example.com", "MCP.Example.com:443", "10.0.0.5:8443", "[2001:db8::1]:1"] {
            assert!(hosts.allow(name), "{name}");
        }
        for name in ["localhost:8080", "127.0.0.1:8080", "10.0.0.5", "10.0.0.5:8080"] {
            assert!(!hosts.allow(name), "{name}");
        }
    }

    #[test]
    fn a_listed_name_must_be_one_that_clients_send() {
        for name in ["", "http://x", "a b", "x/y", "*", "0x7f.1", "x@y", "x:0y", "[::1"] {
            let names = [name.to_owned()];
            assert!(Hosts::parse(&names, SocketAddr::from(([0, 0, 0, 0], 80))).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_listed_where_nothing_is(text: String) {
            prop_assert!(!Hosts::default().allow(&text));
        }

        #[test]
        fn what_is_listed_is_allowed(name in "[a-z]{1,8}(\\.[a-z]{1,8}){0,3}", port in 1..u16::MAX) {
            let hosts = listening_on("0.0.0.0:1", &[&name]);
            let authority = format!("{name}:{port}");
            prop_assert!(hosts.allow(&authority) && hosts.allow(&name));
        }
    }
}
