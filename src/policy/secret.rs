//! The text of a key, and what is kept of it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use secrecy::{SecretString, zeroize::Zeroizing};
use sha2::{Digest, Sha256};

/// How every key that we make begins, so that scanners find it where it does not belong.
pub const PREFIX: &str = "mcps_";

/// Why a text is no hash of a key. `Display` follows the configuration key's
/// name, and never repeats the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotASha256 {
    /// The secret stands where its hash belongs.
    #[error("is a key itself; write its hash, as `mcp-server keys hash` prints it")]
    TheKeyItself,
    /// Anything else.
    #[error("must be `sha256:` and 64 hexadecimal digits, as `mcp-server keys hash` prints it")]
    NotHex,
}

/// Reads `sha256:` and 64 hexadecimal digits, or the digits alone, in either case.
///
/// # Errors
///
/// [`NotASha256`] for anything else.
pub fn parse_sha256(text: &str) -> Result<[u8; 32], NotASha256> {
    if text.starts_with(PREFIX) {
        return Err(NotASha256::TheKeyItself);
    }
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let sha256 = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| NotASha256::NotHex)?;
    sha256.try_into().map_err(|_| NotASha256::NotHex)
}

/// Writes what [`parse_sha256`] reads: `sha256:` and 64 digits.
#[must_use]
pub fn show_sha256(sha256: &[u8; 32]) -> String {
    format!("sha256:{}", HEXLOWER.encode(sha256))
}

/// Makes a key: [`PREFIX`] and 43 characters of unpadded base64url, and its hash.
///
/// # Errors
///
/// When the system has no randomness to give.
pub fn generate() -> Result<(SecretString, [u8; 32]), getrandom::Error> {
    const TEXT_BYTES: usize = PREFIX.len() + 43;
    let mut random = Zeroizing::new([0_u8; 32]);
    getrandom::fill(random.as_mut_slice())?;
    // Of the right size from the start: growing would leave a copy behind.
    let mut text = String::with_capacity(TEXT_BYTES);
    text.push_str(PREFIX);
    BASE64_URL_SAFE_NO_PAD.encode_string(random.as_slice(), &mut text);
    let sha256 = hash(&text);
    Ok((SecretString::from(text), sha256))
}

/// What is kept of a key.
#[must_use]
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
