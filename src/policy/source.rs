//! One source of requests, as limits and penalties count it.
//!
//! An IPv4 address counts by itself. An IPv6 address counts by its /64, because
//! that is what one customer is given (RFC 6177): whoever has one address of it
//! has all of them. An IPv4 address written as IPv6 (`::ffff:203.0.113.9`) is
//! the IPv4 address.

use std::net::{IpAddr, Ipv6Addr};

/// The part of an IPv6 address that tells customers apart.
const NETWORK_BITS: u128 = !0 << 64;

/// An IPv4 address, or the /64 of an IPv6 address.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK_BITS)),
        })
    }
}

impl Source {
    /// Whether this is the /64 of an IPv6 address.
    #[must_use]
    pub const fn is_ipv6(self) -> bool {
        self.0.is_ipv6()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(address: &str) -> Source {
        Source::from(address.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn a_network_of_ipv6_addresses_is_one_source_and_the_next_network_another() {
        assert_eq!(source("2001:db8:0:1::1"), source("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(source("2001:db8:0:1::1"), source("2001:db8:0:2::1"));
        assert!(source("2001:db8::1").is_ipv6());
    }

    #[test]
    fn an_ipv4_address_counts_by_itself_however_it_is_written() {
        assert_ne!(source("203.0.113.9"), source("203.0.113.10"));
        assert_eq!(source("203.0.113.9"), source("::ffff:203.0.113.9"));
        assert!(!source("::ffff:203.0.113.9").is_ipv6());
    }
}
