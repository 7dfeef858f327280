//! Keys that a person chose (`API_KEY`), and what keys may be called.
//!
//! A key of ours is random; one that a person chose must be long, and no
//! sample from a manual. Only its hash goes on from here.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    env::Environment,
    file,
    problem::{Origin, Problem, tilde},
};
use crate::{
    limits,
    policy::keys::{self, ENV_KEY, RUN_KEY},
};

/// Whether this can name a key in a file.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name == ENV_KEY {
        return Err("is the name of the key in `API_KEY`; choose another".to_owned());
    }
    if name == RUN_KEY {
        return Err("is the name of the key that `serve --http` makes for one run; choose another".to_owned());
    }
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if plain && (1..=limits::KEY_NAME_BYTES_MAX).contains(&name.len()) {
        Ok(())
    } else {
        Err(format!("must be a key's name: 1 to {} letters, digits, `_` and `-`", limits::KEY_NAME_BYTES_MAX))
    }
}

/// Whether a key that a person chose is good enough, or why not.
///
/// # Errors
///
/// The end of a sentence that begins with where the key stands.
pub fn judge(key: &SecretString) -> Result<(), String> {
    const SAMPLES: [&str; 9] = [
        "your-secret",
        "your_secret",
        "yoursecret",
        "your-api-key",
        "your_api_key",
        "changeme",
        "change-me",
        "change_me",
        "replace-me",
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
        return Err(
            "cannot stand in a header: it must be visible ASCII without spaces, and at most 4096 characters"
                .to_owned(),
        );
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
pub(super) fn from_environment(environment: &Environment) -> Result<Option<Brought>, Box<Problem>> {
    let file = |name, path| from_file(name, path, environment.home.as_deref()).map(Some);
    match (environment.get("API_KEY"), environment.get("API_KEY_FILE")) {
        (Some(_), Some(_)) => {
            Err(about("API_KEY", "is set and so is `API_KEY_FILE`").hint("unset one of them").into())
        }
        (Some(text), None) => from_text(text).map(Some),
        (None, Some(path)) => file("API_KEY_FILE", PathBuf::from(path)),
        (None, None) => {
            let dir = environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from);
            let path = dir.map(|dir| dir.join("api_key")).filter(|path| file::is_there(path));
            path.map_or(Ok(None), |path| file("CREDENTIALS_DIRECTORY", path))
        }
    }
}

fn about(variable: &str, says: impl Into<String>) -> Problem {
    Problem::of(format!("keys.{ENV_KEY}"), Origin::Env(variable.to_owned()), says)
}

fn from_text(text: &OsStr) -> Result<Brought, Box<Problem>> {
    const NAME: &str = "API_KEY";
    const HINT: &str = "unset it, or use `API_KEY_FILE`; `mcp-server keys generate laptop` makes a good one";
    let text = text.to_str().ok_or_else(|| about(NAME, "is not UTF-8").hint(HINT))?;
    let key = SecretString::from(text.trim_end_matches(['\r', '\n']));
    judge(&key).map_err(|says| about(NAME, says).hint(HINT))?;
    let hash = keys::hash(key.expose_secret());
    Ok(Brought { hash, origin: Origin::Env(NAME.to_owned()), file: None, warning: None })
}

fn from_file(name: &str, path: PathBuf, home: Option<&Path>) -> Result<Brought, Box<Problem>> {
    let shown = tilde(&path, home);
    if !path.is_absolute() {
        return Err(about(name, "must be an absolute path").into());
    }
    let (bytes, mode) =
        file::small(&path).map_err(|says| about(name, format!("names {shown}, which {says}")))?;
    if mode & 0o022 != 0 {
        let problem = about(name, format!("names {shown}, which others than its owner may write"));
        return Err(problem.hint(format!("take that away with `chmod go-w {shown}`")).into());
    }
    let warning = (mode & 0o004 != 0).then(|| {
        about(name, format!("names {shown}, which everyone on this machine may read"))
            .hint(format!("take that away with `chmod o-r {shown}`"))
    });
    let text =
        String::from_utf8(bytes).map_err(|_| about(name, format!("names {shown}, which is not UTF-8")))?;
    let key = SecretString::from(text.trim_end_matches(['\r', '\n']));
    judge(&key).map_err(|says| {
        about(name, format!("names {shown}, whose content {says}"))
            .hint("`mcp-server keys generate laptop` makes a good one")
    })?;
    let hash = keys::hash(key.expose_secret());
    Ok(Brought { hash, origin: Origin::Env(name.to_owned()), file: Some(path), warning })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_can_be_guessed_are_refused() {
        for bad in [
            "",
            "short",
            "your-secret-api-key",
            "your-secret-api-key-that-is-long-enough-now",
            "CHANGEME-CHANGEME-CHANGEME-CHANGEME-0123456789",
            &"a".repeat(40),
            "0123456789 0123456789 0123456789 abc",
            "\u{e4}bcdefghijklmnopqrstuvwxyz0123456789",
        ] {
            assert!(judge(&bad.into()).is_err(), "{bad}");
        }
        assert_eq!(judge(&"3d1f9a77c0b24e5f8a6b7c8d9e0f1a2b".into()), Ok(()));
    }
}
