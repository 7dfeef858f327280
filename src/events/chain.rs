//! Each line carries the digest of the line before it.
//!
//! The chain shows a line that was changed, removed or put elsewhere. Without
//! a key whoever can write the log can also make the whole chain anew; with
//! one ([`Chain::Keyed`]) only who holds the key can. Neither shows by itself
//! that the end was cut off: that takes a witness outside (see `ends`).

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// What a line carries of the one before it: SHA-256, or HMAC-SHA-256, of its
/// bytes without the newline.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// What the first line of a run carries.
    pub const START: Self = Self([0; 32]);

    /// SHA-256 of one line.
    #[must_use]
    pub fn of(line: &[u8]) -> Self {
        Self(Sha256::digest(line).into())
    }

    /// The digest of this one, for whoever tells of a line that somebody else wrote: said itself, it could be
    /// put into the chain, and a server with a key would have made it for a line of anybody's choice.
    pub(super) fn sealed(self) -> Self {
        Self::of(&self.0)
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        let is_whole = digits.len() == 2 * bytes.len();
        (is_whole && HEXLOWER.decode_mut(digits, &mut bytes).is_ok()).then_some(Self(bytes))
    }

    /// Appends 64 lower-case hexadecimal digits.
    pub(super) fn push_hex(self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + 2 * self.0.len(), 0);
        HEXLOWER.encode_mut(&self.0, out.get_mut(start..).unwrap_or_default());
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_display(&self.0).fmt(f)
    }
}

/// How the lines of a run are chained.
#[derive(Clone, Debug, Default)]
pub enum Chain {
    /// By SHA-256: whoever can read the log can check it.
    #[default]
    Plain,
    /// By HMAC-SHA-256: only who holds the key can check it, or make it.
    Keyed(ChainKey),
}

/// The key of a chain, ready for use. It prints as its public name only.
#[derive(Clone)]
pub struct ChainKey {
    mac: Hmac<Sha256>,
    name: String,
}

/// What the key's public name is made of.
const NAME_OF: &[u8] = b"mcp-server chain key name";
/// Hexadecimal digits of the name: enough to tell keys apart.
const NAME_DIGITS: usize = 16;

impl ChainKey {
    /// A key of any length; who makes it sees to that it is long enough.
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        let mut name = digest(&mac, NAME_OF).to_string();
        name.truncate(NAME_DIGITS);
        Some(Self { mac, name })
    }

    /// Says which key it is, and nothing about what it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// HMAC-SHA-256 of `bytes`.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        digest(&self.mac, bytes)
    }
}

fn digest(mac: &Hmac<Sha256>, bytes: &[u8]) -> Digest {
    let mut mac = mac.clone();
    mac.update(bytes);
    Digest(mac.finalize().into_bytes().into())
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChainKey").field(&self.name).finish()
    }
}

impl Chain {
    /// The digest of one line.
    #[must_use]
    pub fn digest(&self, line: &[u8]) -> Digest {
        match self {
            Self::Plain => Digest::of(line),
            Self::Keyed(key) => key.digest(line),
        }
    }

    /// The key, if there is one.
    #[must_use]
    pub const fn key(&self) -> Option<&ChainKey> {
        match self {
            Self::Plain => None,
            Self::Keyed(key) => Some(key),
        }
    }

    /// What the first event of a run says of it: `sha256`, or `hmac-sha256:` and the key's name.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Plain => PLAIN.to_owned(),
            Self::Keyed(key) => format!("{KEYED}{}", key.name),
        }
    }
}

/// The word of a chain without a key.
pub(super) const PLAIN: &str = "sha256";
/// How the word of a chain with a key begins.
pub(super) const KEYED: &str = "hmac-sha256:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_what_sha256sum_says() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), abc);
        assert_eq!(Digest::parse(abc.as_bytes()), Some(digest));
        assert_eq!(Digest::parse(abc.to_uppercase().as_bytes()), None);
        let mut hex = Vec::new();
        digest.push_hex(&mut hex);
        assert_eq!(hex, abc.as_bytes());
        assert_eq!(Digest::START.to_string(), "0".repeat(64));
    }

    #[test]
    fn a_keyed_digest_is_that_of_rfc_4231_and_the_key_does_not_print() {
        let key = ChainKey::new(b"Jefe").unwrap();
        assert_eq!(
            key.digest(b"what do ya want for nothing?").to_string(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(!format!("{key:?}").contains("Jefe"));
        assert_eq!(Chain::Keyed(key.clone()).word(), format!("hmac-sha256:{}", key.name()));
    }
}
