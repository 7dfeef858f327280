//! Layer upon layer: defaults, the program's own, the file, the guide's
//! variables, ours, flags. The strongest word stands, and each remembers who
//! said it. What is wrong in a layer is a problem even where a stronger one
//! overrules it.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    FlagSetting, Flags, Loaded, Purpose, check,
    draft::{Draft, RootDraft},
    env::Environment,
    facts,
    file::{self, Source},
    origins::Origins,
    problem::{Mark, Origin, Problem, Problems},
    roots, table,
    values::{Given, Wrong},
    walk,
};
use crate::limits;

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

pub(super) struct Gathering<'a> {
    pub(super) environment: &'a Environment,
    pub(super) draft: Draft,
    pub(super) origins: BTreeMap<String, Origin>,
    /// Where in the file a path was set: for judgements on the whole.
    pub(super) marks: BTreeMap<String, Mark>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) secret_files: Vec<PathBuf>,
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
    pub(super) fn set_loose(&mut self, path: &str, text: &str, origin: Origin) {
        let Some(key) = table::find(path).filter(|key| !key.is_named()) else {
            self.problems.push(Problem::of(path, origin, "names a key that does not exist"));
            return;
        };
        if let Err(wrong) = self.set(key, "", &Given::Loose(text.to_owned()), origin.clone()) {
            self.problems.push(Problem::of(path, origin, wrong.says));
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
                self.problems.push(*problem);
                return None;
            }
        };
        let (entries, problems) = walk::entries(&source);
        self.problems.extend(problems);
        for entry in entries {
            let path = entry.key.path_of(&entry.name);
            let mark = |span: &Range<usize>| Mark::new(&source.text, span);
            match self.set(entry.key, &entry.name, &entry.given, entry.origin.clone()) {
                Ok(()) => {
                    self.marks.insert(path, mark(&entry.value));
                }
                Err(mut wrong) => {
                    let others = std::mem::take(&mut wrong.others);
                    for Wrong { says, element, .. } in std::iter::once(wrong).chain(others) {
                        let span =
                            element.and_then(|place| entry.elements.get(place)).unwrap_or(&entry.value);
                        let mark = mark(span);
                        let origin = source.origin(mark.line);
                        self.problems.push(Problem::of(path.clone(), origin, says).at(Some(mark)));
                    }
                }
            }
        }
        Some(source)
    }

    /// A layer that names roots names all of them.
    pub(super) fn forget_roots(&mut self) {
        self.draft.roots.clear();
        self.origins.retain(|path, _| !path.starts_with("roots."));
        self.marks.retain(|path, _| !path.starts_with("roots."));
    }

    pub(super) fn add_root(&mut self, root: RootDraft, origin: &Origin) {
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
        for FlagSetting { key, flag, text } in &flags.settings {
            self.set_loose(key, text, Origin::Flag(flag));
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
                        let dir = path.file_name().map_or_else(|| facts::resolve(&path), |_| path.clone());
                        let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
                        roots::name_for(&dir, &taken)
                    });
                    taken.push(name.clone());
                    self.add_root(RootDraft { name, path: Some(path), write: typed.write }, &origin);
                }
                Err(says) => self.problems.push(Problem::of("roots", origin, says)),
            }
        }
    }

    fn finish(mut self, purpose: Purpose, source: Option<Source>) -> Result<Loaded, Problems> {
        self.place();
        let draft = std::mem::replace(&mut self.draft, Draft::new(None));
        let (mut config, missing) = draft.finish();
        for path in missing {
            self.lacks(&path);
        }
        let file = source.as_ref().map(|source| (source.path.as_path(), source.mode));
        if let Some(key) = &config.events.chain_key_file {
            self.secret_files.extend([key.clone(), crate::events::ends_of(key)]);
        }
        let facts = facts::gather(&config, file, &self.secret_files);
        config.shield.own = check::own(&facts);
        let origins = Origins::from(self.origins);
        let home = self.environment.home.clone();
        let judgement = check::judge(&check::Case {
            config: &config,
            origins: &origins,
            marks: &self.marks,
            facts: &facts,
            purpose,
            sound: self.problems.is_empty(),
            home: home.as_deref(),
        });
        self.problems.extend(judgement.problems);
        self.warnings.extend(judgement.warnings);
        if purpose == Purpose::Log {
            // whoever asks what happened must not first mend what has nothing to do with the log
            let is_of_log = |problem: &mut Problem| {
                problem.key.as_deref().is_none_or(|key| key == "events" || key.starts_with("events."))
            };
            let of_log = self.problems.extract_if(.., is_of_log).collect();
            self.warnings.extend(std::mem::replace(&mut self.problems, of_log));
        }
        if self.problems.is_empty() {
            let source = source.map(|source| source.path);
            Ok(Loaded { config, origins, warnings: self.warnings, source, home })
        } else {
            self.problems.sort_by_key(|problem| problem.mark.as_ref().map(|mark| (mark.line, mark.column)));
            Err(Problems { list: self.problems, home })
        }
    }

    /// Finds a place for what is written down, and counts the roots.
    fn place(&mut self) {
        let state = self.environment.state();
        match (&self.draft.events_dir, &state) {
            (Some(_), _) => {}
            (None, Some(state)) => self.draft.config.events.dir = state.join("events"),
            (None, None) => self.problems.push(
                Problem::new("there is no place for the security log: this system names no state directory")
                    .hint("set `events.dir` in the configuration, or the variable `MCP_SERVER_EVENTS_DIR`"),
            ),
        }
        // without a state directory the log has said where it is, and the journal stands beside it
        let beside = self.draft.events_dir.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        if let Some(home) = state.clone().or(beside) {
            self.draft.config.journal.dir = home.join("journal");
        }
        self.draft.config.log.dir = state.map(|state| state.join("log"));
        let roots = self.draft.roots.len();
        if roots > limits::ROOTS_MAX {
            let says = format!("{roots} roots are too many; at most {} are allowed", limits::ROOTS_MAX);
            self.problems.push(Problem::new(says));
        }
        let keys = self.draft.keys.len();
        if keys > limits::KEYS_MAX {
            let says = format!("{keys} keys are too many; at most {} are allowed", limits::KEYS_MAX);
            self.problems.push(Problem::new(says));
        }
    }

    /// Notes that `path` is missing, at whatever stands beside it. A value
    /// that was there but wrong is reported already.
    fn lacks(&mut self, path: &str) {
        let Some((section, field)) = path.rsplit_once('.') else { return };
        if self.problems.iter().any(|problem| problem.key.as_deref() == Some(path)) {
            return;
        }
        let within = format!("{section}.");
        let (origin, mark) = self
            .origins
            .iter()
            .find(|(other, _)| other.starts_with(&within))
            .map(|(other, origin)| (origin.clone(), self.marks.get(other).cloned()))
            .unwrap_or_default();
        let says = format!("stands in `[{section}]`, which lacks `{field}`");
        self.problems.push(Problem::of(path, origin, says).at(mark));
    }
}
