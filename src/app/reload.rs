//! Taking up keys that change while the server runs.
//!
//! The configuration is read as at the start: by the same loader, with the
//! environment and the flags of the start, so that what was stronger than the
//! file still is. It is taken up whole or not at all. Only keys are taken up;
//! for the rest the owner is told that it needs a restart.
//!
//! Nothing here can open a door: without a key left, nobody is let in.

use std::{collections::BTreeSet, convert::Infallible, path::PathBuf};

use serde_json::{Map, Value, json};

use super::{App, signals::Hangups};
use crate::{
    config::{self, Config, Environment, Flags, Loaded, Named, Problems, Purpose, file, table, watch::Watch},
    events::{Event, EventKind, Outcome, Recorder, Severity},
    policy::{
        keys::{Change, RUN_KEY},
        live::LiveKeys,
    },
    shutdown::Tasks,
};

/// What the configuration is read anew with.
#[derive(Debug)]
pub struct Reload {
    environment: Environment,
    flags: Flags,
    defaults: Vec<(String, String)>,
    path: PathBuf,
    /// What is in force but for the keys: what the server started with.
    started: Config,
    /// What was told last, so that it is told once.
    told: Told,
}

/// What an owner knows already.
#[derive(Debug, Default, Eq, PartialEq)]
struct Told {
    refused: Option<String>,
    needs_restart: BTreeSet<String>,
}

impl Reload {
    /// To read what was `loaded` again. `None` where there is no file to read
    /// twice: it came on stdin, or the system names no place for one.
    #[must_use]
    pub fn new(
        environment: Environment,
        flags: Flags,
        defaults: Vec<(String, String)>,
        loaded: &Loaded,
    ) -> Option<Self> {
        let mut flags = Flags { purpose: Purpose::Running, ..flags };
        let path = if let Some(path) = &loaded.source {
            // This file and no other: should it go, a weaker one is not read in its place.
            flags.config = Some(Named::File(path.clone()));
            path.clone()
        } else {
            file::candidates(&environment, flags.config.as_ref()).ok()?.into_iter().next()?.path
        };
        (path.as_os_str() != "-").then(|| Self {
            environment,
            flags,
            defaults,
            path,
            started: loaded.config.clone(),
            told: Told::default(),
        })
    }

    /// Reads it whenever it changes and at each SIGHUP, which also begins the
    /// next part of the log.
    pub(super) async fn run(mut self, mut hangups: Hangups, keys: &LiveKeys, app: &App) -> Infallible {
        let mut watch = Watch::new(self.path.clone());
        // It may have changed between the start and the watch.
        loop {
            self.read(keys, app.events(), &app.tasks).await;
            tokio::select! {
                () = watch.changed() => {}
                () = hangups.next() => {
                    app.events().rotate();
                    // what still is wrong is told again
                    self.told.refused.iter_mut().for_each(String::clear);
                }
            }
        }
    }

    async fn read(&mut self, keys: &LiveKeys, events: &Recorder, tasks: &Tasks) {
        let (environment, flags, defaults) =
            (self.environment.clone(), self.flags.clone(), self.defaults.clone());
        let loading = tasks.spawn_blocking(move || config::load(&environment, &flags, &defaults));
        match loading.await {
            Ok(Ok(loaded)) => self.take_up(loaded, keys, events),
            Ok(Err(problems)) => self.refuse(&problems, events),
            // The runtime is going away.
            Err(_) => {}
        }
    }

    fn take_up(&mut self, loaded: Loaded, keys: &LiveKeys, events: &Recorder) {
        let Loaded { config, source, .. } = loaded;
        if let Some(path) = source {
            self.flags.config = Some(Named::File(path));
        }
        // The key for this run lasts until the owner has keys of their own.
        let is_run_key_enough = config.keys.is_empty() && keys.now().names().eq([RUN_KEY]);
        if !is_run_key_enough {
            match keys.replace(config.keys.clone()) {
                Ok(changes) => tell_keys(&changes, keys, events),
                Err(errors) => {
                    let reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
                    return self.tell_refused(Map::new(), reasons.join("; "), events);
                }
            }
        }
        if self.told.refused.take().is_some() {
            let event =
                Event { outcome: Some(Outcome::Ok), ..Event::new(EventKind::ConfigChanged, Severity::Low) };
            events.note(event.detail("reason", "the configuration is good again, and its keys are taken up"));
        }
        self.tell_needs_restart(differences(&self.started, &config), events);
    }

    fn refuse(&mut self, problems: &Problems, events: &Recorder) {
        let Some(first) = problems.list.first() else { return };
        let mut details = Map::new();
        if let Some(key) = &first.key {
            details.insert("key".into(), key.as_str().into());
        }
        if let Some(mark) = &first.mark {
            details.insert("line".into(), mark.line.into());
        }
        details.insert("problems".into(), problems.list.len().into());
        self.tell_refused(details, first.sentence(problems.home.as_deref()), events);
    }

    fn tell_refused(&mut self, details: Map<String, Value>, reason: String, events: &Recorder) {
        if self.told.refused.as_ref() == Some(&reason) {
            return;
        }
        tracing::warn!("the changed configuration was not taken up, and the keys of before stay: {reason}");
        let event = Event {
            outcome: Some(Outcome::Refused),
            details,
            ..Event::new(EventKind::ConfigChanged, Severity::Medium)
        };
        events.note(event.detail("reason", reason.as_str()));
        self.told.refused = Some(reason);
    }

    fn tell_needs_restart(&mut self, names: BTreeSet<String>, events: &Recorder) {
        if self.told.needs_restart == names {
            return;
        }
        if !names.is_empty() {
            let list: Vec<&str> = names.iter().map(String::as_str).collect();
            tracing::warn!("changed, and needs a restart: {}", list.join(", "));
            let event =
                Event { outcome: Some(Outcome::Ok), ..Event::new(EventKind::ConfigChanged, Severity::Low) };
            events.note(event.detail("needs_restart", json!(list)));
        }
        self.told.needs_restart = names;
    }
}

fn tell_keys(changes: &[Change], keys: &LiveKeys, events: &Recorder) {
    if changes.is_empty() {
        return;
    }
    let (mut added, mut removed, mut altered) = (Vec::new(), Vec::new(), Map::new());
    for change in changes {
        match change {
            Change::Added { name } => added.push(name.as_str()),
            Change::Removed { name } => removed.push(name.as_str()),
            Change::Changed { name, fields } => {
                altered.insert(name.clone(), json!(fields));
            }
        }
    }
    let names: Vec<&String> = altered.keys().collect();
    tracing::info!("keys taken up: added {added:?}, removed {removed:?}, changed {names:?}");
    let left = keys.now().names().count();
    if left == 0 {
        tracing::warn!("no key is left, so nobody is let in");
    }
    let event = Event::new(EventKind::KeysChanged, Severity::Medium)
        .detail("added", json!(added))
        .detail("removed", json!(removed))
        .detail("changed", altered)
        .detail("keys", left);
    events.note(Event { outcome: Some(Outcome::Ok), ..event });
}

/// The keys of the configuration, those of callers aside, that are not as in `old`.
fn differences(old: &Config, new: &Config) -> BTreeSet<String> {
    let roots = || old.roots.iter().chain(&new.roots);
    let mut names: BTreeSet<String> = roots()
        .filter(|root| old.root(&root.name) != new.root(&root.name))
        .map(|root| format!("roots.{}", root.name))
        .collect();
    let plain = table::plain_keys().filter(|key| key.value(old) != key.value(new));
    names.extend(plain.map(|key| key.path.to_owned()));
    names
}
