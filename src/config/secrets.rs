//! Keys as text: made once, shown once, kept as SHA-256 only.
//!
//! A key of ours is 256 random bits, so a fast hash is enough. One that a
//! person chose (`API_KEY`) must be long, and no sample from a manual.

use std::{fmt::Write as _, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::{
    env::Environment,
    file,
    problem::{Origin, Problem, tilde},
};
use crate::limits;

/// The name of the key that the environment brings.
pub const ENV_KEY: &str = "env";

/// What every key of ours begins with, so that leak scanners know it.
pub const KEY_PREFIX: &str = "mcps_";

/// Whether this can name a key in a file.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name == ENV_KEY {
        return Err("is the name of the key in `API_KEY`; choose another".to_owned());
    }
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if plain && (1..=limits::KEY_NAME_BYTES_MAX).contains(&name.len()) {
        Ok(())
    } else {
        Err(format!("must be a key's name: 1 to {} letters, digits, `_` and `-`", limits::KEY_NAME_BYTES_MAX))
    }
}

/// Reads `sha256:` and 64 hexadecimal digits; the prefix may be missing.
pub(crate) fn key_hash(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// The way [`key_hash`] reads it.
pub(crate) fn show_key_hash(hash: &[u8; 32]) -> String {
    hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// What is kept of a key.
#[must_use]
pub fn hash_of(key: &SecretString) -> [u8; 32] {
    Sha256::digest(key.expose_secret().as_bytes()).into()
}

/// A new key: `mcps_` and 43 characters.
///
/// # Errors
///
/// When the system has no randomness to give.
pub fn generate() -> Result<SecretString, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)).into())
}

/// Whether a key that a person chose is good enough, or why not.
///
/// # Errors
///
/// The end of a sentence that begins with where the key stands.
pub fn judge(key: &SecretString) -> Result<(), String> {
    const SAMPLES: [&str; 9] = [
        "your-secret", "your_secret", "yoursecret", "your-api-key", "your_api_key", "changeme", "change-me",
        "change_me", "replace-me",
    ];
    let text = key.expose_secret();
    let lower = text.to_ascii_lowercase();
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    if SAMPLES.iter().any(|sample| lower.contains(sample)) {
        return Err("is a sample from a manual, which anyone can guess".to_owned());
    }
    if text.len() < limits::CHOSEN_KEY_BYTES_MIN {
        return Err(format!("is shorter than {} characters", limits::CHOSEN_KEY_BYTES_MIN));
    }
    if text.len() > limits::CHOSEN_KEY_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("cannot stand in a header: it must be visible ASCII without spaces, and at most 4096 characters"
            .to_owned());
    }
    let mut seen: Vec<u8> = text.bytes().collect();
    seen.sort_unstable();
    seen.dedup();
    if seen.len() < 8 {
        return Err("repeats too few characters to be hard to guess".to_owned());
    }
    Ok(())
}

/// The key that the environment brings.
#[derive(Debug)]
pub(super) struct Brought {
    pub hash: [u8; 32],
    pub origin: Origin,
    /// The file it was in, which no root may hold.
    pub file: Option<PathBuf>,
    /// Something about that file.
    pub warning: Option<Problem>,
}

/// Reads `API_KEY`, `API_KEY_FILE`, or the credential `api_key` of systemd.
pub(super) fn from_environment(environment: &Environment) -> Result<Option<Brought>, Problem> {
    let of = |name: &str, says: String| Problem::of(format!("keys.{ENV_KEY}"), Origin::Env(name.to_owned()), says);
    let advice = "unset it, or use `API_KEY_FILE`; `mcp-server keys generate laptop` makes a good one";
    let (text, path) = (environment.get("API_KEY"), environment.get("API_KEY_FILE"));
    if text.is_some() && path.is_some() {
        return Err(of("API_KEY", "is set and so is `API_KEY_FILE`".to_owned()).hint("unset one of them"));
    }
    if let Some(text) = text {
        let key: SecretString = text
            .to_str()
            .ok_or_else(|| of("API_KEY", "is not UTF-8".to_owned()).hint(advice))?
            .trim_end_matches(['\r', '\n'])
            .into();
        judge(&key).map_err(|says| of("API_KEY", says).hint(advice))?;
        let origin = Origin::Env("API_KEY".to_owned());
        return Ok(Some(Brought { hash: hash_of(&key), origin, file: None, warning: None }));
    }
    let credential = environment.get("CREDENTIALS_DIRECTORY").map(|dir| PathBuf::from(dir).join("api_key"));
    let (name, path) = match (path, credential) {
        (Some(path), _) => ("API_KEY_FILE", PathBuf::from(path)),
        (None, Some(path)) if path.is_file() => ("CREDENTIALS_DIRECTORY", path),
        (None, _) => return Ok(None),
    };
    let shown = tilde(&path, environment.home.as_deref());
    if !path.is_absolute() {
        return Err(of(name, "must be an absolute path".to_owned()));
    }
    let (bytes, mode) = file::small(&path).map_err(|says| of(name, format!("names {shown}, which {says}")))?;
    if mode & 0o022 != 0 {
        let says = format!("names {shown}, which others than its owner may write");
        return Err(of(name, says).hint(format!("take that away with `chmod go-w {shown}`")));
    }
    let warning = (mode & 0o004 != 0).then(|| {
        of(name, format!("names {shown}, which everyone on this machine may read"))
            .hint(format!("take that away with `chmod o-r {shown}`"))
    });
    let key: SecretString = String::from_utf8(bytes)
        .map_err(|_| of(name, format!("names {shown}, which is not UTF-8")))?
        .trim_end_matches(['\r', '\n'])
        .into();
    judge(&key).map_err(|says| {
        of(name, format!("names {shown}, whose content {says}"))
            .hint("`mcp-server keys generate laptop` makes a good one")
    })?;
    let origin = Origin::Env(name.to_owned());
    Ok(Some(Brought { hash: hash_of(&key), origin, file: Some(path), warning }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_has_a_prefix_and_43_characters() {
        let (first, second) = (generate().unwrap(), generate().unwrap());
        assert_eq!(first.expose_secret().len(), KEY_PREFIX.len() + 43);
        assert!(first.expose_secret().starts_with(KEY_PREFIX));
        assert_ne!(first.expose_secret(), second.expose_secret());
        assert_eq!(judge(&first), Ok(()));
    }

    #[test]
    fn a_hash_is_read_as_it_is_shown() {
        let hash = hash_of(&"hello".into());
        assert_eq!(key_hash(&show_key_hash(&hash)), Some(hash));
        assert_eq!(key_hash(show_key_hash(&hash).trim_start_matches("sha256:")), Some(hash));
        for bad in ["", "sha256:", "mcps_x", &"g".repeat(64), &"ä".repeat(32), &"a".repeat(65)] {
            assert_eq!(key_hash(bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_that_can_be_guessed_are_refused() {
        for bad in [
            "", "short", "your-secret-api-key", "your-secret-api-key-that-is-long-enough-now",
            "CHANGEME-CHANGEME-CHANGEME-CHANGEME-0123456789", &"a".repeat(40), "0123456789 0123456789 0123456789 abc",
            "\u{e4}bcdefghijklmnopqrstuvwxyz0123456789",
        ] {
            assert!(judge(&bad.into()).is_err(), "{bad}");
        }
        assert_eq!(judge(&"3d1f9a77c0b24e5f8a6b7c8d9e0f1a2b".into()), Ok(()));
    }
}
