//! Layer upon layer: defaults, the program's own, the file, the guide's
//! variables, ours, flags. The strongest word stands, and each remembers who
//! said it. What is wrong in a layer is a problem even where a stronger one
//! overrules it.

use std::{collections::BTreeMap, ffi::OsStr, net::IpAddr, ops::Range};

use super::{
    Flags, Loaded, Purpose, check,
    draft::{Draft, RootDraft},
    env::{self, Environment, Own},
    facts,
    file::{self, Source},
    problem::{Mark, Origin, Problem, Problems},
    roots::{self, Typed},
    secrets, table,
    values::{self, Given, Wrong},
};
use crate::{
    limits,
    policy::{keys, quota::Rate},
};

/// Who said what. A path that nobody set is at its default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// Who set `path`, such as `roots.notes.write`.
    #[must_use]
    pub fn of(&self, path: &str) -> Origin {
        self.0.get(path).cloned().unwrap_or_default()
    }

    /// Every path that somebody set, with who did.
    pub fn set(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.0.iter().map(|(path, origin)| (path.as_str(), origin))
    }
}

/// Puts the layers together and judges the whole.
///
/// # Errors
///
/// Everything that is wrong, in all layers at once.
pub fn load(
    environment: &Environment,
    flags: &Flags,
    program_defaults: &[(String, String)],
) -> Result<Loaded, Problems> {
    let mut gathering = Gathering::new(environment);
    gathering.program(program_defaults);
    let source = gathering.file(flags);
    gathering.guide(flags);
    gathering.own_variables();
    gathering.flags(flags);
    gathering.finish(flags.purpose, source)
}

struct Gathering<'a> {
    environment: &'a Environment,
    draft: Draft,
    origins: BTreeMap<String, Origin>,
    /// Where in the file a path was set: for judgements on the whole.
    marks: BTreeMap<String, Mark>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    secret_files: Vec<std::path::PathBuf>,
}

impl<'a> Gathering<'a> {
    fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            draft: Draft::new(environment.home.clone()),
            origins: BTreeMap::new(),
            marks: BTreeMap::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            secret_files: Vec::new(),
        }
    }

    fn set(&mut self, key: &table::Key, name: &str, given: &Given, origin: Origin) -> Result<(), Wrong> {
        (key.set)(&mut self.draft, name, given)?;
        let path = key.path_of(name);
        self.marks.remove(&path);
        self.origins.insert(path, origin);
        Ok(())
    }

    /// Sets a plain key from loose text, and notes what is wrong with it.
    fn set_loose(&mut self, path: &str, text: &str, origin: Origin) {
        let Some(key) = table::find(path).filter(|key| !key.is_named()) else {
            self.problems.push(Problem::of(path, origin, "names a key that does not exist"));
            return;
        };
        if let Err(wrong) = self.set(key, "", &Given::Loose(text.to_owned()), origin.clone()) {
            self.problems.push(Problem::of(path, origin, wrong.says));
        }
    }

    fn set_variable(&mut self, path: &str, name: &str, value: &OsStr) {
        let origin = Origin::Env(name.to_owned());
        match value.to_str() {
            Some(text) => self.set_loose(path, text, origin),
            None => self.problems.push(Problem::of(path, origin, "is not UTF-8")),
        }
    }

    fn program(&mut self, defaults: &[(String, String)]) {
        for (path, text) in defaults {
            self.set_loose(path, text, Origin::Program);
        }
    }

    fn file(&mut self, flags: &Flags) -> Option<Source> {
        if flags.config == Some(file::Named::Stdin) && flags.purpose == Purpose::Stdio {
            self.problems.push(
                Problem::new("`--config -` cannot be used here: stdin carries the protocol")
                    .hint("put the configuration in a file and name it with `--config FILE`"),
            );
            return None;
        }
        let read = file::candidates(self.environment, flags.config.as_ref())
            .and_then(|candidates| file::read(&candidates, self.environment.home.as_deref()));
        let source = match read {
            Ok(source) => source?,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let (entries, problems) = file::entries(&source);
        self.problems.extend(problems);
        for entry in entries {
            let path = entry.key.path_of(&entry.name);
            let mark = |span: &Range<usize>| Mark::new(&source.text, span);
            match self.set(entry.key, &entry.name, &entry.given, entry.origin.clone()) {
                Ok(()) => {
                    self.marks.insert(path, mark(&entry.value));
                }
                Err(Wrong { says, element }) => {
                    let span = element.and_then(|place| entry.elements.get(place)).unwrap_or(&entry.value);
                    let mark = mark(span);
                    let origin = source.origin(mark.line);
                    self.problems.push(Problem::of(path, origin, says).at(Some(mark)));
                }
            }
        }
        Some(source)
    }

    /// The variables of the security guide, which this server grew from.
    fn guide(&mut self, flags: &Flags) {
        let environment = self.environment;
        if let Some(value) = environment.get("LOG_LEVEL") {
            let before = self.problems.len();
            self.set_variable("log.level", "LOG_LEVEL", value);
            if flags.purpose != Purpose::Http {
                // Other programs share this name; what they mean by it must not stop us.
                self.warnings.extend(self.problems.split_off(before));
            }
        }
        if flags.purpose != Purpose::Http {
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
            Err(problem) => self.problems.push(problem),
        }
    }

    fn requests_per_minute(&mut self) {
        const NAME: &str = "MAX_REQUESTS_PER_MINUTE";
        let Some(value) = self.environment.get(NAME) else { return };
        let origin = Origin::Env(NAME.to_owned());
        let count = value.to_str().and_then(|text| text.trim().parse::<u32>().ok());
        match count.and_then(|count| Rate::per_minute(count).ok()) {
            Some(rate) => {
                self.draft.config.limits.address = Some(rate);
                self.draft.config.limits.key = rate;
                for path in ["limits.address", "limits.key"] {
                    self.origins.insert(path.to_owned(), origin.clone());
                    self.marks.remove(path);
                }
            }
            None => {
                let says = "must be a whole number from 1 to 1000000000";
                self.problems.push(
                    Problem::of("limits.address", origin, says)
                        .hint("to lift every limit, set `limits.enabled = false`"),
                );
            }
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

    fn own_variables(&mut self) {
        let environment = self.environment;
        for (name, value) in environment.own() {
            match env::sort(name) {
                Own::Sets(key) => self.set_variable(key.path, name, value),
                Own::Elsewhere | Own::ServiceLink => {}
                Own::Typo(near) => self.problems.push(Problem {
                    origin: Some(Origin::Env(name.to_owned())),
                    ..Problem::new(format!("is unknown; did you mean `{near}`?"))
                }),
                Own::Unknown => self.warnings.push(Problem {
                    origin: Some(Origin::Env(name.to_owned())),
                    ..Problem::new("is unknown and was ignored")
                }),
            }
        }
        let Some(value) = environment.get(env::ROOTS) else { return };
        let origin = Origin::Env(env::ROOTS.to_owned());
        let Some(text) = value.to_str() else {
            self.problems.push(Problem::of("roots", origin, "is not UTF-8"));
            return;
        };
        self.forget_roots();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let typed = Typed::parse(part);
            let path = values::path(
                &Given::Loose(typed.dir.to_string_lossy().into_owned()),
                environment.home.as_deref(),
            );
            match (typed.name, path) {
                (Some(name), Ok(path)) => {
                    self.add_root(RootDraft { name, path: Some(path), write: typed.write }, &origin)
                }
                (Some(name), Err(wrong)) => {
                    self.problems.push(Problem::of(
                        format!("roots.{name}.path"),
                        origin.clone(),
                        format!("names the root `{name}`, whose path {}", wrong.says),
                    ));
                }
                (None, _) => self.problems.push(Problem::of(
                    "roots",
                    origin.clone(),
                    "must be `name=path` or `name=path:rw`, parted by `;`",
                )),
            }
        }
    }

    /// A layer that names roots names all of them.
    fn forget_roots(&mut self) {
        self.draft.roots.clear();
        self.origins.retain(|path, _| !path.starts_with("roots."));
        self.marks.retain(|path, _| !path.starts_with("roots."));
    }

    fn add_root(&mut self, root: RootDraft, origin: &Origin) {
        let RootDraft { name, .. } = &root;
        if self.draft.roots.iter().any(|other| other.name == *name) {
            let says = format!("names the root `{name}` twice");
            self.problems.push(Problem::of(format!("roots.{name}"), origin.clone(), says));
            return;
        }
        for field in ["path", "write"] {
            self.origins.insert(format!("roots.{name}.{field}"), origin.clone());
        }
        self.draft.roots.push(root);
    }

    fn flags(&mut self, flags: &Flags) {
        for setting in &flags.settings {
            self.set_loose(setting.key, &setting.text, Origin::Flag(setting.flag));
        }
        if flags.roots.is_empty() {
            return;
        }
        self.forget_roots();
        // Names that were given come first, so that no name made up here takes one of them.
        let mut taken: Vec<String> = flags.roots.iter().filter_map(|(typed, _)| typed.name.clone()).collect();
        for (typed, flag) in &flags.roots {
            let origin = Origin::Flag(flag);
            let path = match file::absolute(self.environment, &typed.dir) {
                Ok(_) if typed.dir.as_os_str().is_empty() => Err("must name a directory".to_owned()),
                path => path,
            };
            match path {
                Ok(path) => {
                    let name = typed.name.clone().unwrap_or_else(|| {
                        // `..` has no name of its own.
                        let named = path.file_name().map_or_else(|| facts::resolve(&path), |_| path.clone());
                        let names: Vec<&str> = taken.iter().map(String::as_str).collect();
                        roots::name_for(&named, &names)
                    });
                    taken.push(name.clone());
                    self.add_root(RootDraft { name, path: Some(path), write: typed.write }, &origin);
                }
                Err(says) => self.problems.push(Problem::of("roots", origin, says)),
            }
        }
    }

    fn finish(mut self, purpose: Purpose, source: Option<Source>) -> Result<Loaded, Problems> {
        let state = self.environment.state();
        match (&self.draft.events_dir, &state) {
            (Some(_), _) => {}
            (None, Some(state)) => self.draft.config.events.dir = state.join("events"),
            (None, None) => self.problems.push(
                Problem::new("there is no place for the security log: this system names no state directory")
                    .hint("set `events.dir` in the configuration, or the variable `MCP_SERVER_EVENTS_DIR`"),
            ),
        }
        if self.draft.roots.len() > limits::ROOTS_MAX {
            let says = format!(
                "{} roots are too many; at most {} are allowed",
                self.draft.roots.len(),
                limits::ROOTS_MAX
            );
            self.problems.push(Problem::new(says));
        }
        self.draft.config.log.dir = state.map(|state| state.join("log"));
        let (config, missing) = self.draft.finish();
        for path in missing {
            let section = path.rsplit_once('.').map_or(path.as_str(), |(section, _)| section);
            // A value that was there but wrong is reported already.
            if self.problems.iter().any(|problem| problem.key.as_deref() == Some(&path)) {
                continue;
            }
            let field = path.strip_prefix(section).unwrap_or(&path).trim_start_matches('.');
            let (origin, mark) = self
                .origins
                .iter()
                .find(|(other, _)| other.starts_with(&format!("{section}.")))
                .map(|(other, origin)| (origin.clone(), self.marks.get(other).cloned()))
                .unwrap_or_default();
            let says = format!("stands in `[{section}]`, which lacks `{field}`");
            self.problems.push(Problem::of(path.clone(), origin, says).at(mark));
        }
        let origins = Origins(self.origins);
        let file = source.as_ref().map(|source| source.path.clone());
        let facts = facts::gather(
            &config,
            source.as_ref().map(|source| (source.path.as_path(), source.mode)),
            &self.secret_files,
        );
        let judgement = check::judge(&check::Case {
            config: &config,
            origins: &origins,
            marks: &self.marks,
            facts: &facts,
            purpose,
            sound: self.problems.is_empty(),
            home: self.environment.home.as_deref(),
        });
        self.problems.extend(judgement.problems);
        self.warnings.extend(judgement.warnings);
        let home = self.environment.home.clone();
        if self.problems.is_empty() {
            Ok(Loaded { config, origins, warnings: self.warnings, source: file, home })
        } else {
            self.problems.sort_by_key(|problem| problem.mark.as_ref().map(|mark| (mark.line, mark.column)));
            Err(Problems { list: self.problems, home })
        }
    }
}
