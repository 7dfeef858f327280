//! Each line carries the digest of the line before it.
//!
//! The chain shows a line that was changed, removed or put elsewhere. Alone it
//! does not show that the end was cut off: only a last line that says so does.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// SHA-256 of the bytes of a line, without its newline.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// What the first line of a run carries.
    pub const START: Self = Self([0; 32]);

    /// The digest of one line.
    #[must_use]
    pub fn of(line: &[u8]) -> Self {
        Self(Sha256::digest(line).into())
    }

    /// Appends 64 lower-case hexadecimal digits.
    pub(super) fn push_hex(self, out: &mut Vec<u8>) {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        for byte in self.0 {
            for nibble in [byte >> 4, byte & 0xf] {
                out.push(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
            }
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_what_sha256sum_says() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), abc);
        let mut hex = Vec::new();
        digest.push_hex(&mut hex);
        assert_eq!(hex, abc.as_bytes());
        assert_eq!(Digest::START.to_string(), "0".repeat(64));
    }
}
