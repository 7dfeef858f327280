//! Whether a configuration is one to serve with. Pure: it looks at nothing.
//!
//! What a single value may be, its parser has proven. Here is what values
//! mean together, and together with the disk.

mod roots;

use std::{collections::BTreeMap, net::IpAddr, path::Path};

pub(super) use roots::own;

use super::{
    Config, Purpose,
    facts::Facts,
    origins::Origins,
    problem::{Mark, Origin, Problem, tilde},
    table,
};
use crate::{
    export::{self, Scheme},
    policy::keys::{self, Settings},
};

/// What is judged.
pub(super) struct Case<'a> {
    pub config: &'a Config,
    pub origins: &'a Origins,
    pub marks: &'a BTreeMap<String, Mark>,
    pub facts: &'a Facts,
    pub purpose: Purpose,
    /// Whether every value could be read. If not, what seems to be missing may only be wrong.
    pub sound: bool,
    pub home: Option<&'a Path>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

/// Judges.
pub(super) fn judge(case: &Case<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    file(case, &mut judgement);
    roots::judge(case, &mut judgement);
    routes(case, &mut judgement);
    each_key(case, &mut judgement);
    collector(case, &mut judgement);
    if case.sound {
        auth(case, &mut judgement);
        keyless(case, &mut judgement);
        listening(case, &mut judgement);
    }
    judgement
}

impl Case<'_> {
    /// A problem with the value of `path`, where it was set.
    fn of(&self, path: &str, says: impl Into<String>) -> Problem {
        Problem::of(path, self.origins.of(path), says).at(self.marks.get(path).cloned())
    }

    fn tilde(&self, path: &Path) -> String {
        tilde(path, self.home)
    }
}

/// Who may write the file may turn every other protection off.
fn file(case: &Case<'_>, judgement: &mut Judgement) {
    const ANYONE: u32 = 0o002;
    const GROUP: u32 = 0o020;
    const STICKY: u32 = 0o1000;
    let Some(file) = &case.facts.file else { return };
    let named = case.tilde(&file.named);
    let real = case.tilde(&file.real);
    let what = if file.named == file.real { named } else { format!("{named} (a link to {real})") };
    if !file.is_own {
        let problem =
            Problem::new(format!("somebody else owns the configuration file {what}, or its directory"));
        judgement.problems.push(problem.hint(format!("make it yours, such as `sudo chown $USER {real}`")));
    }
    if file.mode & ANYONE != 0 {
        let problem = Problem::new(format!("anyone on this machine may write the configuration file {what}"));
        judgement.problems.push(problem.hint(format!("take that away with `chmod go-w {real}`")));
    } else if file.mode & GROUP != 0 {
        let in_file = |path: &str| matches!(case.origins.of(path), Origin::File { .. });
        let has_keys = case.config.keys.iter().any(|key| in_file(&format!("keys.{}.sha256", key.name)));
        let problem = Problem::new(format!("a whole group may write the configuration file {what}"))
            .hint(format!("take that away with `chmod g-w {real}`"));
        if has_keys {
            judgement.problems.push(problem.fact("it holds keys, so anyone in the group could add one"));
        } else {
            judgement.warnings.push(problem);
        }
    }
    if file.dir_mode & ANYONE != 0 && file.dir_mode & STICKY == 0 {
        let dir = file.real.parent().map(|dir| case.tilde(dir)).unwrap_or_default();
        let problem =
            Problem::new(format!("anyone on this machine may replace the configuration file {what}"));
        judgement.problems.push(problem.hint(format!("take that away with `chmod o-w {dir}`")));
    }
}

/// Each path leads to one place.
fn routes(case: &Case<'_>, judgement: &mut Judgement) {
    const FIXED: [&str; 6] =
        ["/ready", "/security/events", "/security/stats", "/security/codes", "/security/posture", "/metrics"];
    let http = &case.config.http;
    for (key, path) in [("http.path", &http.path), ("http.health_path", &http.health_path)] {
        if FIXED.contains(&path.as_str()) {
            judgement.problems.push(case.of(key, format!("is {path}, which is taken")));
        }
    }
    if http.page == Some(true) && !http.has_page() {
        let problem = case.of("http.page", "is true, but `http.path` or `http.health_path` takes its place");
        judgement.problems.push(problem.hint("the page is at `/` and beneath `/page/`: move the other away"));
    }
    if http.path == http.health_path {
        judgement.problems.push(case.of("http.health_path", "is the same as `http.path`"));
    }
}

fn each_key(case: &Case<'_>, judgement: &mut Judgement) {
    for (place, key) in case.config.keys.iter().enumerate() {
        let path = |field: &str| format!("keys.{}.{field}", key.name);
        let twin = case.config.keys.iter().take(place).find(|other| other.sha256 == key.sha256);
        if let Some(twin) = twin {
            let says = format!("is the same as that of `{}`, so nobody could tell the two apart", twin.name);
            judgement.problems.push(case.of(&path("sha256"), says));
        }
        if key.expires.is_some_and(|expires| expires <= case.facts.now) {
            judgement.warnings.push(
                case.of(&path("expires"), "is past, so the key counts as none").hint(
                    "make another with `mcp-server keys generate laptop --save`, under a name of its own",
                ),
            );
        }
        for root in key.roots.iter().flatten() {
            if case.config.root(root).is_none() {
                let near = table::nearest_of(root, case.config.roots.iter().map(|root| root.name.clone()));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                judgement
                    .warnings
                    .push(case.of(&path("roots"), format!("names `{root}`, which is no root{near}")));
            }
        }
    }
}

/// Where the log is copied to.
fn collector(case: &Case<'_>, judgement: &mut Judgement) {
    const KEY: &str = "events.otlp";
    let Some(endpoint) = &case.config.export.otlp else { return };
    if !export::IS_BUILT_IN && !matches!(case.purpose, Purpose::Log | Purpose::Other) {
        let problem =
            case.of(KEY, "needs a program that was built with the feature `otlp`; this one was not");
        judgement.problems.push(problem.hint(export::StartError::NotBuiltIn.hint()));
    } else if endpoint.scheme() == Scheme::Http && !endpoint.is_local() {
        let says = "leads beyond this machine by plain http, so whoever is in between reads the log";
        judgement.warnings.push(case.of(KEY, says).hint("name it by https, or a collector on this machine"));
    }
}

/// Whether nobody beyond this machine can connect to `address`.
#[must_use]
pub(super) fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// To say "no key needed" in the environment while bringing a key is a contradiction.
fn auth(case: &Case<'_>, judgement: &mut Judgement) {
    let config = case.config;
    if case.purpose != Purpose::Http || config.http.auth || config.keys.is_empty() {
        return;
    }
    let named = config.keys.iter().any(|key| key.name == keys::ENV_KEY);
    match case.origins.of("http.auth") {
        origin @ Origin::Env(_) => {
            let says = if named {
                "says that no key is needed, but there is one in the environment"
            } else {
                "says that no key is needed, but the configuration has keys"
            };
            judgement
                .problems
                .push(Problem::of("http.auth", origin, says).hint("unset it, or take the keys away"));
        }
        _ => judgement.warnings.push(
            case.of("http.auth", "says that no key is needed, so the keys that there are limit nobody"),
        ),
    }
}

/// Without a key only this machine may call, so nothing may lead here from beyond it.
fn keyless(case: &Case<'_>, judgement: &mut Judgement) {
    let http = &case.config.http;
    if http.auth || !matches!(case.purpose, Purpose::Http | Purpose::Check) {
        return;
    }
    for (key, is_open) in
        [("http.hosts", !http.hosts.is_empty()), ("http.trusted_proxies", !http.trusted_proxies.is_empty())]
    {
        if is_open {
            let says = "lets others than this machine in, while `http.auth` says that no key is needed";
            judgement.problems.push(case.of(key, says).hint("ask for keys, or take this out"));
        }
    }
}

/// Beyond this machine, four things must be in order at once.
fn listening(case: &Case<'_>, judgement: &mut Judgement) {
    let http = &case.config.http;
    if is_local(http.listen.ip()) || !matches!(case.purpose, Purpose::Http | Purpose::Check) {
        return;
    }
    let is_usable = |key: &&Settings| key.expires.is_none_or(|expires| expires > case.facts.now);
    let usable: Vec<&Settings> = case.config.keys.iter().filter(is_usable).collect();
    let secure = http.plaintext || !http.trusted_proxies.is_empty();
    if http.auth && !usable.is_empty() && !http.hosts.is_empty() && secure {
        return;
    }
    let whole = http.listen.ip().is_unspecified();
    let place = if whole { "every interface".to_owned() } else { http.listen.to_string() };
    let mut problem = Problem::new(format!("refusing to listen on {place} in this shape"));
    let origin = |key: &str| case.origins.of(key).show(case.home);
    let explained = |key: &str, why: &str| match case.origins.of(key) {
        Origin::Default => format!("default: {why}"),
        origin => origin.show(case.home),
    };
    let mut rows = vec![["http.listen".to_owned(), http.listen.to_string(), origin("http.listen")]];
    if http.auth {
        let names: Vec<&str> = usable.iter().map(|key| key.name.as_str()).collect();
        rows.push(match names.as_slice() {
            [] if case.config.keys.is_empty() => ["keys".to_owned(), "none".to_owned(), "default".to_owned()],
            [] => ["keys".to_owned(), "none".to_owned(), "all are expired".to_owned()],
            [first, ..] => [
                "keys".to_owned(),
                format!("{}: {}", names.len(), names.join(", ")),
                origin(&format!("keys.{first}.sha256")),
            ],
        });
    } else {
        rows.push(["http.auth".to_owned(), "false".to_owned(), origin("http.auth")]);
    }
    let hosts = if http.hosts.is_empty() { "none".to_owned() } else { http.hosts.join(", ") };
    rows.push(["http.hosts".to_owned(), hosts, explained("http.hosts", "which names it answers to")]);
    if http.trusted_proxies.is_empty() {
        let why = explained("http.plaintext", "no https and no trusted proxy either");
        rows.push(["http.plaintext".to_owned(), http.plaintext.to_string(), why]);
    }
    problem.facts = columns(&rows);
    if !http.auth {
        problem = problem.hint("without a key it serves on this machine only: take `--no-auth`, `ENABLE_AUTH` or `http.auth` away");
    }
    if usable.is_empty() {
        problem = problem.hint("make one with `mcp-server keys generate laptop --save`");
    }
    if http.hosts.is_empty() {
        problem = problem.hint("say which names it answers to with `http.hosts`, such as `hosts = [\"mcp.example.com\"]` under `[http]`");
    }
    if !secure {
        problem = problem.hint("put a proxy with https before it and name that in `http.trusted_proxies`, or go without https with `--plaintext`");
    }
    problem = problem.hint(format!("or stay on this machine with `--http=127.0.0.1:{}`", http.listen.port()));
    if case.purpose == Purpose::Http {
        judgement.problems.push(problem);
    } else {
        problem.says = format!("`mcp-server serve --http` would refuse to listen on {place} in this shape");
        judgement.warnings.push(problem);
    }
}

/// Rows as aligned columns, two spaces apart at least.
fn columns(rows: &[[String; 3]]) -> Vec<String> {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    rows.iter().map(|[key, value, origin]| format!("{key:first$}   {value:second$}   {origin}")).collect()
}
