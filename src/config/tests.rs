//! The configuration as its owner meets it.
#![allow(clippy::disallowed_methods, reason = "a test makes the files that are judged")]

mod file;
mod judged;
mod layers;

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, fs::symlink},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{env::name_of, problem::Origin, roots::Typed, show, table, *};
use crate::policy::keys as policy_keys;

const GOOD_KEY: &str = "3d1f9a77c0b24e5f8a6b7c8d9e0f1a2b";

/// A home directory, an environment and a command line.
struct Desk {
    home: TempDir,
    environment: Environment,
    flags: Flags,
    defaults: Vec<(String, String)>,
}

impl Desk {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path();
        let environment = Environment {
            home: Some(path.to_path_buf()),
            config_dir: Some(path.join("config")),
            state_dir: Some(path.join("state")),
            working_dir: Some(path.to_path_buf()),
            ..Environment::default()
        };
        Self { home, environment, flags: Flags::default(), defaults: Vec::new() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn file(self, text: impl AsRef<[u8]>) -> Self {
        let path = self.at("config/config.toml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn mode(self, mode: u32) -> Self {
        fs::set_permissions(self.at("config/config.toml"), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn var(mut self, name: &str, value: &str) -> Self {
        self.environment.variables.insert(name.into(), value.into());
        self
    }

    fn flag(mut self, key: &'static str, flag: &'static str, text: &str) -> Self {
        self.flags.settings.push(FlagSetting { key, flag, text: text.to_owned() });
        self
    }

    fn root(mut self, typed: &str) -> Self {
        self.flags.roots.push((Typed::parse(typed), "--root"));
        self
    }

    fn purpose(mut self, purpose: Purpose) -> Self {
        self.flags.purpose = purpose;
        self
    }

    fn http(self) -> Self {
        self.purpose(Purpose::Http)
    }

    fn load(&self) -> Result<Loaded, Problems> {
        load(&self.environment, &self.flags, &self.defaults)
    }

    #[track_caller]
    fn good(&self) -> Loaded {
        self.load().unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// Refused, with all of `words` in what is said.
    #[track_caller]
    fn refused(&self, words: &[&str]) -> String {
        let said = match self.load() {
            Ok(_) => panic!("this was taken, but {words:?} was to be said"),
            Err(problems) => problems.to_string(),
        };
        for word in words {
            assert!(said.contains(word), "`{word}` is not in:\n{said}");
        }
        said
    }

    #[track_caller]
    fn warned(&self, word: &str) -> Loaded {
        let loaded = self.good();
        let said: Vec<String> = loaded.warnings.iter().map(|warning| warning.sentence(None)).collect();
        assert!(said.iter().any(|said| said.contains(word)), "`{word}` is not in {said:?}");
        loaded
    }
}
