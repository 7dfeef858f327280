//! The layer of variables: those of the security guide, then our own.

use std::{ffi::OsStr, net::IpAddr};

use super::{
    Flags,
    draft::RootDraft,
    env::{self, Own},
    load::Gathering,
    problem::{Origin, Problem},
    roots::Typed,
    secrets,
    values::{self, Given},
};
use crate::policy::{keys, quota::Rate};

impl Gathering<'_> {
    fn set_variable(&mut self, path: &str, name: &str, value: &OsStr) {
        let origin = Origin::Env(name.to_owned());
        match value.to_str() {
            Some(text) => self.set_loose(path, text, origin),
            None => self.problems.push(Problem::of(path, origin, "is not UTF-8")),
        }
    }

    /// The variables of the security guide, which this server grew from.
    pub(super) fn guide(&mut self, flags: &Flags) {
        let environment = self.environment;
        if let Some(value) = environment.get("LOG_LEVEL") {
            let before = self.problems.len();
            self.set_variable("log.level", "LOG_LEVEL", value);
            if !flags.purpose.is_http() {
                // Other programs share this name; what they mean by it must not stop us.
                self.warnings.extend(self.problems.split_off(before));
            }
        }
        if !flags.purpose.is_http() {
            return;
        }
        for (name, path) in [
            ("ENABLE_AUTH", "http.auth"),
            ("ENABLE_RATE_LIMIT", "limits.enabled"),
            ("ENABLE_REQUEST_LOGGING", "events.requests"),
            ("TRUSTED_ORIGINS", "http.origins"),
            ("MCP_ENDPOINT", "http.path"),
            ("HEALTH_ENDPOINT", "http.health_path"),
        ] {
            if let Some(value) = environment.get(name) {
                self.set_variable(path, name, value);
            }
        }
        self.requests_per_minute();
        let listens = environment.get(&env::name_of("http.listen")).is_some()
            || flags.settings.iter().any(|setting| setting.key == "http.listen");
        if !listens {
            self.host_and_port();
        }
        match secrets::from_environment(environment) {
            Ok(Some(brought)) => self.bring(brought),
            Ok(None) => {}
            Err(problem) => self.problems.push(*problem),
        }
    }

    fn requests_per_minute(&mut self) {
        const NAME: &str = "MAX_REQUESTS_PER_MINUTE";
        let Some(value) = self.environment.get(NAME) else { return };
        let origin = Origin::Env(NAME.to_owned());
        let count = value.to_str().and_then(|text| text.trim().parse::<u32>().ok());
        let Some(rate) = count.and_then(|count| Rate::per_minute(count).ok()) else {
            let problem =
                Problem::of("limits.address", origin, "must be a whole number from 1 to 1000000000");
            self.problems.push(problem.hint("to lift every limit, set `limits.enabled = false`"));
            return;
        };
        self.draft.config.limits.address = Some(rate);
        self.draft.config.limits.key = rate;
        for path in ["limits.address", "limits.key"] {
            self.origins.insert(path.to_owned(), origin.clone());
            self.marks.remove(path);
        }
    }

    fn host_and_port(&mut self) {
        let mut listen = self.draft.config.http.listen;
        let mut names = Vec::new();
        if let Some(value) = self.environment.get("HOST") {
            let address = match value.to_str().map(str::trim) {
                Some("localhost") => Some(IpAddr::from([127, 0, 0, 1])),
                text => text.and_then(|text| text.trim_matches(['[', ']']).parse().ok()),
            };
            match address {
                Some(address) => listen.set_ip(address),
                None => self.wrong_listen("HOST", "must be an address; names are not looked up"),
            }
            names.push("HOST");
        }
        if let Some(value) = self.environment.get("PORT") {
            match value.to_str().and_then(|text| text.trim().parse().ok()) {
                Some(port) => listen.set_port(port),
                None => self.wrong_listen("PORT", "must be a port from 0 to 65535"),
            }
            names.push("PORT");
        }
        if !names.is_empty() {
            self.draft.config.http.listen = listen;
            self.marks.remove("http.listen");
            self.origins.insert("http.listen".to_owned(), Origin::Env(names.join("`, `")));
        }
    }

    fn wrong_listen(&mut self, name: &str, says: &str) {
        let problem = Problem::of("http.listen", Origin::Env(name.to_owned()), says);
        self.problems.push(problem.hint("unset it, or say where to listen with `--http=127.0.0.1:8080`"));
    }

    fn bring(&mut self, brought: secrets::Brought) {
        let secrets::Brought { hash, origin, file, warning } = brought;
        let key = self.draft.key(keys::ENV_KEY);
        key.sha256 = Some(hash);
        key.write = true;
        key.events = true;
        self.origins.insert(format!("keys.{}.sha256", keys::ENV_KEY), origin);
        self.secret_files.extend(file);
        self.warnings.extend(warning);
    }

    pub(super) fn own_variables(&mut self) {
        let environment = self.environment;
        for (name, value) in environment.own() {
            let about =
                |says: String| Problem { origin: Some(Origin::Env(name.to_owned())), ..Problem::new(says) };
            match env::sort(name) {
                Own::Sets(key) => self.set_variable(key.path, name, value),
                Own::Elsewhere | Own::ServiceLink => {}
                Own::Typo(near) => self.problems.push(about(format!("is unknown; did you mean `{near}`?"))),
                Own::Unknown => self.warnings.push(about("is unknown and was ignored".to_owned())),
            }
        }
        if let Some(value) = environment.get(env::ROOTS) {
            self.roots_variable(value);
        }
    }

    fn roots_variable(&mut self, value: &OsStr) {
        let origin = Origin::Env(env::ROOTS.to_owned());
        let Some(text) = value.to_str() else {
            self.problems.push(Problem::of("roots", origin, "is not UTF-8"));
            return;
        };
        self.forget_roots();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let typed = Typed::parse(part);
            let Some(name) = typed.name else {
                let says = "must be `name=path` or `name=path:rw`, parted by `;`";
                self.problems.push(Problem::of("roots", origin.clone(), says));
                continue;
            };
            let dir = Given::Loose(typed.dir.to_string_lossy().into_owned());
            match values::path(&dir, self.environment.home.as_deref()) {
                Ok(path) => self.add_root(RootDraft { name, path: Some(path), write: typed.write }, &origin),
                Err(wrong) => {
                    let says = format!("names the root `{name}`, whose path {}", wrong.says);
                    self.problems.push(Problem::of(format!("roots.{name}.path"), origin.clone(), says));
                }
            }
        }
    }
}
