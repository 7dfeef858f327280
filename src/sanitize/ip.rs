//! Whose address a request is judged by.
//!
//! Anybody can send `X-Forwarded-For`. It is believed only as far as trusted
//! proxies wrote it: read from the right, the first address that is no
//! trusted proxy is the client. What stands further left was the client's own
//! claim and is never looked at. `Forwarded` (RFC 7239) is not read at all: a
//! proxy that writes one of the two headers passes the other on as it came.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::limits;

/// The judged address, and how it became known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Judged {
    /// The client, as far as it can be told. Never an IPv4 address in IPv6 clothes.
    pub address: IpAddr,
    /// Who says so.
    pub via: Via,
}

/// Who says which address a request comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Via {
    /// The connection itself.
    Peer,
    /// A proxy that the owner trusts.
    TrustedProxy,
}

/// Judges a request that came from `peer`, with the lines of its
/// `X-Forwarded-For` in the order they were sent. An entry that is no address
/// ends the search: the proxy that let it through is the last one known.
#[must_use]
pub fn judge<'a, L>(peer: IpAddr, trusted: &[IpNet], forwarded: L) -> Judged
where
    L: IntoIterator<Item = &'a str>,
    L::IntoIter: DoubleEndedIterator,
{
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return Judged { address: peer, via: Via::Peer };
    }
    let mut address = peer;
    let hops = forwarded.into_iter().flat_map(|line| line.split(',')).rev();
    for hop in hops.take(limits::FORWARDED_HOPS_MAX) {
        let Some(said) = parse_hop(hop) else { break };
        address = said;
        if !is_trusted(said, trusted) {
            break;
        }
    }
    Judged { address, via: Via::TrustedProxy }
}

/// Whether `address` is one of `trusted`.
#[must_use]
pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|net| net.contains(&address))
}

/// The network that counts as one source: an IPv4 address, or the /64 that
/// one IPv6 host is given as a matter of course.
#[must_use]
pub fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// One entry: `203.0.113.9`, `203.0.113.9:4711`, `2001:db8::1`, `[2001:db8::1]`
/// or `[2001:db8::1]:4711`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches([' ', '\t']);
    let address = if let Ok(address) = text.parse::<IpAddr>() {
        address
    } else if let Ok(socket) = text.parse::<SocketAddr>() {
        socket.ip()
    } else {
        IpAddr::V6(text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?)
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn net(text: &str) -> IpNet {
        text.parse().expect("a network")
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[track_caller]
    fn judged(peer: &str, trusted: &[&str], lines: &[&str]) -> IpAddr {
        let trusted: Vec<_> = trusted.iter().map(|text| net(text)).collect();
        judge(ip(peer), &trusted, lines.iter().copied()).address
    }

    #[test]
    fn without_a_trusted_proxy_the_peer_is_the_client_whatever_it_claims() {
        for claim in ["1.2.3.4", "127.0.0.1", "::1", "1.2.3.4, 5.6.7.8", "unknown", ""] {
            assert_eq!(judged("203.0.113.9", &[], &[claim]), ip("203.0.113.9"));
            assert_eq!(judged("203.0.113.9", &["10.0.0.0/8"], &[claim]), ip("203.0.113.9"));
        }
    }

    #[test]
    fn a_trusted_proxy_is_believed_up_to_the_right_most_untrusted_address() {
        let proxies = ["10.0.0.0/8", "::1/128"];
        let rows: &[(&[&str], &str)] = &[
            (&[], "10.0.0.1"),
            (&["1.2.3.4"], "1.2.3.4"),
            (&["9.9.9.9, 1.2.3.4"], "1.2.3.4"),
            (&["9.9.9.9", "1.2.3.4"], "1.2.3.4"),
            (&["9.9.9.9, 1.2.3.4, 10.0.0.7"], "1.2.3.4"),
            (&["9.9.9.9,1.2.3.4", "10.0.0.7 ,\t::1"], "1.2.3.4"),
            (&["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
            (&["1.2.3.4:4711"], "1.2.3.4"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["::ffff:1.2.3.4"], "1.2.3.4"),
        ];
        for (lines, client) in rows {
            assert_eq!(judged("10.0.0.1", &proxies, lines), ip(client), "{lines:?}");
        }
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_search_at_the_proxy_that_passed_it_on() {
        for claim in ["unknown", "_hidden", "1.2.3.4\u{b}\"}{", "1.2.3", "0x7f.1", "", "1.2.3.4, "] {
            assert_eq!(judged("10.0.0.1", &["10.0.0.0/8"], &[claim]), ip("10.0.0.1"), "{claim:?}");
        }
        assert_eq!(judged("10.0.0.1", &["10.0.0.0/8"], &["1.2.3.4, unknown, 10.0.0.2"]), ip("10.0.0.2"));
    }

    #[test]
    fn an_ipv4_peer_in_ipv6_clothes_is_the_ipv4_peer() {
        assert_eq!(judged("::ffff:10.0.0.1", &["10.0.0.0/8"], &["1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(judged("::ffff:1.2.3.4", &[], &[]), ip("1.2.3.4"));
    }

    #[test]
    fn one_ipv6_network_is_one_source() {
        assert_eq!(source(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_eq!(source(ip("1.2.3.4")), ip("1.2.3.4"));
        assert_eq!(source(ip("::ffff:1.2.3.4")), ip("1.2.3.4"));
    }

    proptest! {
        #[test]
        fn no_claim_moves_a_client_that_no_trusted_proxy_vouches_for(peer: IpAddr, lines: Vec<String>) {
            let judged = judge(peer, &[], lines.iter().map(String::as_str));
            prop_assert_eq!(judged, Judged { address: peer.to_canonical(), via: Via::Peer });
        }

        #[test]
        fn what_stands_left_of_the_client_changes_nothing(claims: Vec<String>, client: [u8; 4]) {
            prop_assume!(client[0] != 10);
            let client = IpAddr::from(client);
            let proxies = [net("10.0.0.0/8")];
            let written = client.to_string();
            let lines = claims.iter().map(String::as_str).chain([written.as_str()]).collect::<Vec<_>>();
            prop_assert_eq!(judge(ip("10.0.0.1"), &proxies, lines).address, client);
        }

        #[test]
        fn the_judged_address_is_canonical(peer: IpAddr, lines: Vec<String>) {
            let all = [net("0.0.0.0/0"), net("::/0")];
            let judged = judge(peer, &all, lines.iter().map(String::as_str));
            prop_assert_eq!(judged.address, judged.address.to_canonical());
        }
    }
}
