//! `config`: create, check, show and find the configuration.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::{
    args::{ConfigCommand, ShowArgs},
    case::{Case, failure, warn},
    flags,
    printer::{Printer, Tone},
    report::{Exit, Failure, Stopped},
};
use crate::{
    config::{
        self, Loaded, Origin, Problem, Problems, Purpose, env, file, places,
        problem::tilde,
        show::{self, Row},
        table,
    },
    events::look,
    policy::keys::ENV_KEY,
};

/// Runs one of them.
///
/// # Errors
///
/// When the configuration or a file is not usable.
pub fn run(command: &ConfigCommand, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    match command {
        ConfigCommand::Init { path, stdout } => {
            if *stdout {
                printer.raw(show::example().as_bytes())?;
                return Ok(Exit::Yes);
            }
            init(path.as_deref(), case, printer)
        }
        ConfigCommand::Check { strict, json, http } => {
            let form = if *json { Form::Json } else { Form::Words };
            let verdict = if *strict { Verdict::Strict } else { Verdict::Plain };
            let purpose = if *http { Purpose::Http } else { Purpose::Check };
            check(verdict, form, purpose, case, printer)
        }
        ConfigCommand::Show(args) => show(args, case, printer),
        ConfigCommand::Path { all } => {
            let candidates = file::candidates(case.environment, flags::named(case.globals).as_ref())
                .map_err(|problem| failure(&alone(*problem, case)))?;
            if *all { list(&candidates, case, printer) } else { first(&candidates, case, printer) }
        }
    }
}

#[derive(Clone, Copy)]
enum Form {
    Words,
    Json,
}

#[derive(Clone, Copy)]
enum Verdict {
    Plain,
    Strict,
}

pub(super) fn alone(problem: Problem, case: &Case<'_>) -> Problems {
    Problems { list: vec![problem], home: case.environment.home.clone() }
}

fn init(path: Option<&Path>, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let path = match path.or(case.globals.config.as_deref()) {
        Some(path) => typed(path, case)?,
        None => match case.environment.get(env::CONFIG) {
            Some(named) => PathBuf::from(named),
            None => places::default_file(case.environment).ok_or_else(no_home)?,
        },
    };
    let shown = case.tilde(&path);
    match places::create(&path, &show::example()) {
        Ok(()) => {
            printer.note(format_args!("wrote {shown} (commented; every key shows its default)"));
            printer.hint("check it any time with `mcp-server config check`");
            Ok(Exit::Yes)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            printer.say(format_args!("{shown} exists and was left as it is"));
            printer.hint("print a fresh one with `mcp-server config init --stdout`");
            Ok(Exit::No)
        }
        Err(error) => Err(Failure::new(format!("cannot write {shown}: {error}")).into()),
    }
}

fn no_home() -> Failure {
    Failure::new("this system names no place for a configuration")
        .hint("name one, such as `mcp-server config init --path /etc/mcp-server/config.toml`")
}

/// A path as it was typed, from where it was typed.
pub(super) fn typed(path: &Path, case: &Case<'_>) -> Result<PathBuf, Failure> {
    file::absolute(case.environment, path).map_err(|says| Failure::new(format!("the command line {says}")))
}

fn check(
    verdict: Verdict,
    form: Form,
    purpose: Purpose,
    case: &Case<'_>,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let candidates = file::candidates(case.environment, flags::named(case.globals).as_ref());
    if let Err(problem) = candidates.and_then(|all| file::is_readable(&all, case.environment.home.as_deref()))
    {
        return Err(failure(&alone(*problem, case)).into());
    }
    let home = case.environment.home.as_deref();
    let (problems, warnings, source) = match case.load(purpose) {
        Ok(mut loaded) => {
            loaded.warnings.extend(log_place(&loaded));
            (Problems::default(), loaded.warnings, loaded.source)
        }
        Err(problems) => (problems, Vec::new(), None),
    };
    let fails = !problems.list.is_empty() || (matches!(verdict, Verdict::Strict) && !warnings.is_empty());
    match form {
        Form::Json => printer.line(json!({
            "v": 1,
            "ok": !fails,
            "file": source.map(|path| path.to_string_lossy().into_owned()),
            "problems": problems.list.iter().map(|problem| as_json(problem, home)).collect::<Vec<_>>(),
            "warnings": warnings.iter().map(|warning| as_json(warning, home)).collect::<Vec<_>>(),
        }))?,
        Form::Words => {
            warn(&warnings, home, printer);
            if problems.list.is_empty() {
                let word = if fails {
                    printer.paint(Tone::Warn, "doubtful")
                } else {
                    printer.paint(Tone::Good, "good")
                };
                let file = source.map_or("defaults; no file found".to_owned(), |path| case.tilde(&path));
                printer.line(format_args!("{word}: {file}{}", counted(warnings.len())))?;
            } else {
                printer.say(failure(&problems));
            }
        }
    }
    Ok(if fails { Exit::No } else { Exit::Yes })
}

/// What is wrong with the place of the log. Another user may get on well there, so it is a warning.
fn log_place(loaded: &Loaded) -> Option<Problem> {
    let unfit = look(&loaded.config.events).err()?;
    let says = format!(
        "names {}, where this user's server could not keep its events: {}",
        tilde(&unfit.dir, loaded.home.as_deref()),
        unfit.why
    );
    Some(Problem::of("events.dir", loaded.origins.of("events.dir"), says).hint(unfit.hint))
}

fn counted(warnings: usize) -> String {
    match warnings {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        many => format!(", {many} warnings"),
    }
}

fn as_json(problem: &Problem, home: Option<&Path>) -> Value {
    json!({
        "key": problem.key,
        "origin": problem.origin.as_ref().map(|origin| origin.show(home)),
        "line": problem.mark.as_ref().map(|mark| mark.line),
        "column": problem.mark.as_ref().map(|mark| mark.column),
        "says": problem.says,
        "facts": problem.facts,
        "hints": problem.hints,
    })
}

fn show(args: &ShowArgs, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let loaded = case
        .load(if args.http { Purpose::Http } else { Purpose::Other })
        .map_err(|problems| failure(&problems))?;
    warn(&loaded.warnings, loaded.home.as_deref(), printer);
    let all = show::rows(&loaded);
    let wanted = |row: &Row| match &args.key {
        Some(key) => row.path == *key || row.path.starts_with(&format!("{key}.")),
        None => args.all || row.origin != Origin::Default,
    };
    let rows: Vec<&Row> = all.iter().filter(|row| wanted(row)).collect();
    if let Some(key) = args.key.as_ref().filter(|_| rows.is_empty()) {
        if table::SECTIONS.iter().any(|section| section.name == *key) {
            return Ok(Exit::Yes);
        }
        printer.say(format_args!("no key `{}` is in force", config::problem::visible(key)));
        if let Some(near) = table::nearest(key) {
            printer.hint(format_args!("did you mean `{near}`?"));
        }
        return Ok(Exit::No);
    }
    if args.json {
        print_json(&rows, &loaded, printer)?;
        return Ok(Exit::Yes);
    }
    print_rows(&rows, args, &loaded, printer)?;
    let silent = all.len() - rows.len();
    if args.key.is_none() && silent > 0 {
        let plural =
            if silent == 1 { "1 key at its default" } else { &format!("{silent} keys at their defaults") };
        printer.line(format_args!("# {plural}; `--all` shows them"))?;
    }
    Ok(Exit::Yes)
}

fn print_rows(rows: &[&Row], args: &ShowArgs, loaded: &Loaded, printer: &Printer) -> io::Result<()> {
    let line = |row: &Row| {
        let open = if row.is_open { "#" } else { "" };
        format!("{open}{} = {}", row.path, row.value)
    };
    let widest =
        rows.iter().map(|row| line(row).width()).filter(|width| *width <= 60).max().unwrap_or_default();
    for row in rows {
        let text = line(row);
        if args.origin {
            let gap = (widest + 3).saturating_sub(text.width()).max(2);
            let origin = row.origin.show(loaded.home.as_deref());
            printer.line(format_args!(
                "{text}{:gap$}{}",
                "",
                printer.paint(Tone::Dim, &format!("# {origin}"))
            ))?;
        } else {
            printer.line(text)?;
        }
    }
    if loaded.config.key(ENV_KEY).is_some() && args.key.as_deref().is_none_or(|key| key == "keys") {
        let origin = loaded.origins.of(&format!("keys.{ENV_KEY}.sha256")).show(loaded.home.as_deref());
        printer.line(format_args!("# keys.{ENV_KEY} is from {origin}; it reaches everything"))?;
    }
    Ok(())
}

fn print_json(rows: &[&Row], loaded: &Loaded, printer: &Printer) -> io::Result<()> {
    let home = loaded.home.as_deref();
    let keys: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({ "key": row.path, "value": row.json(), "origin": row.origin.show(home), "open": row.is_open })
        })
        .collect();
    let source = loaded.source.as_ref().map(|path| path.to_string_lossy().into_owned());
    printer.line(json!({ "v": 1, "file": source, "keys": keys }))
}

fn first(candidates: &[file::Candidate], case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let found = candidates.iter().find(|candidate| candidate.is_stdin() || candidate.exists());
    if let Some(candidate) = found {
        printer.line(candidate.path.display())?;
        return Ok(Exit::Yes);
    }
    let shown: Vec<String> = candidates.iter().map(|candidate| case.tilde(&candidate.path)).collect();
    printer.note(format_args!("no configuration file; looked for {}", shown.join(", ")));
    printer.hint("write one with `mcp-server config init`");
    Ok(Exit::No)
}

fn list(candidates: &[file::Candidate], case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let mut found = false;
    for candidate in candidates {
        let state = match (candidate.is_stdin() || candidate.exists(), found) {
            (true, false) => "read",
            (true, true) => "not read: another comes first",
            (false, _) => "not there",
        };
        found |= candidate.exists();
        let origin = match &candidate.origin {
            Origin::Default => String::new(),
            origin => format!(", {}", origin.show(case.environment.home.as_deref())),
        };
        printer.line(format_args!("{}  ({state}{origin})", candidate.path.display()))?;
    }
    if candidates.iter().any(|candidate| candidate.origin == Origin::Default) {
        printer.note(format_args!("`--config FILE` or `{}` comes before these", env::CONFIG));
    }
    Ok(if found { Exit::Yes } else { Exit::No })
}
