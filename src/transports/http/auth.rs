//! Which key a request carries.

use http::HeaderValue;
use jiff::Timestamp;
use std::net::IpAddr;

use super::Door;
use crate::{
    caller::Caller,
    policy::{keys::Identified, live::LiveKeys},
    refusal::Code,
};

/// What the `Authorization` line came to.
#[derive(Debug)]
pub(super) enum Presented {
    /// No key, or none that we could read as one.
    Nothing,
    /// A key that does not hold here and now, and why.
    Invalid(Code),
    /// A key that holds.
    Valid(Identified),
}

/// Looks up the key of a request that comes from `address`.
pub(super) fn present(line: Option<&HeaderValue>, keys: &LiveKeys, address: IpAddr) -> Presented {
    match line.and_then(bearer) {
        None => Presented::Nothing,
        Some(key) => match keys.identify(key, address, Timestamp::now()) {
            Ok(identified) => Presented::Valid(identified),
            Err(code) => Presented::Invalid(code),
        },
    }
}

/// The token of `Bearer TOKEN` (RFC 6750 §2.1). The scheme is case-insensitive
/// and at least one space follows it (RFC 9110 §11.4).
fn bearer(line: &HeaderValue) -> Option<&str> {
    let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    let is_token = !token.is_empty() && !token.contains([' ', '\t']);
    (scheme.eq_ignore_ascii_case("bearer") && is_token).then_some(token)
}

/// Whether a caller who was let in would be now, and may still read the log.
pub(super) fn still_holds(door: &Door, caller: &Caller) -> Result<(), Code> {
    if door.keys.holds(caller)?.events { Ok(()) } else { Err(Code::KeyReach) }
}

/// The guide's word for why authentication failed.
pub(super) const fn reason(code: Code) -> &'static str {
    match code {
        Code::NoKey => "missing_token",
        Code::ExpiredKey => "expired_token",
        Code::KeyAddress => "wrong_address",
        _ => "invalid_token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_case_insensitive_and_spaces_follow_it() {
        for line in ["Bearer k", "bearer k", "BEARER k", "Bearer  k", "Bearer k "] {
            assert_eq!(bearer(&HeaderValue::from_static(line)), Some("k"), "{line}");
        }
        for line in ["Bearerk", "Basic k", "Bearer", "Bearer ", "Bearer a b", "Bearer\tk", "", "k"] {
            assert_eq!(bearer(&HeaderValue::from_static(line)), None, "{line}");
        }
    }
}
