//! `serve`: from what was typed to a running server.
//!
//! In stdio mode stdout is taken away from everybody else before anything can
//! print; a start that is refused answers the host's first request with why.

use std::{fs::File, io::IsTerminal as _, net::SocketAddr, os::fd::OwnedFd};

use secrecy::ExposeSecret as _;

use super::{
    args::ServeArgs,
    case::{self, Case},
    flags::flags,
    printer::{Printer, Tone},
    report::{Exit, Failure, Stopped},
};
use crate::{
    app::{App, Listening, Reload, Server, StartError},
    caller::Door,
    config::{Flags, Loaded, Purpose},
    events::{Beginning, look},
    transports::stdio,
};

/// Serves until it is asked to stop.
///
/// # Errors
///
/// When it cannot start.
pub fn run(server: Server, args: &ServeArgs, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let flags = flags(args, case.globals);
    if flags.purpose == Purpose::Http
        && let Some((typed, address)) = misplaced_address(args)
    {
        return Err(Failure::new(format!("`{typed}` is no directory"))
            .hint(format!("to listen there, write `--http={address}`, as one word"))
            .into());
    }
    if args.check {
        return check(&flags, case, printer);
    }
    if flags.purpose == Purpose::Http {
        return over_http(server, flags, case, printer);
    }
    let stdout = stdio::take_stdout().map_err(StartError::Pipes)?;
    let stdin = stdio::open_stdin().map_err(StartError::Pipes)?;
    let started = load(&flags, case, printer).and_then(|loaded| Ok(start(server, loaded)?));
    match started {
        Ok(app) => over_stdio(app, stdin, stdout, case, printer),
        Err(failure) => {
            super::report(&Stopped::Failure(failure.clone()), printer);
            stdio::answer_first_request(stdin, File::from(stdout), &failure.to_string())?;
            Err(Stopped::Reported)
        }
    }
}

/// `--http 8080` names a directory. What reads as an address, and is nothing
/// that exists, was meant as one.
fn misplaced_address(args: &ServeArgs) -> Option<(&str, SocketAddr)> {
    let typed = args.dirs.iter().find(|dir| !dir.exists())?.to_str()?;
    let address = match typed.trim_start_matches(':').parse::<u16>() {
        Ok(port) => format!("127.0.0.1:{port}"),
        Err(_) => typed.replace("localhost", "127.0.0.1"),
    };
    Some((typed, address.parse().ok()?))
}

fn load(flags: &Flags, case: &Case<'_>, printer: &Printer) -> Result<Loaded, Failure> {
    let loaded = crate::config::load(case.environment, flags, case.defaults)
        .map_err(|problems| case::failure(&problems))?;
    case::warn(&loaded.warnings, loaded.home.as_deref(), printer);
    Ok(loaded)
}

fn start(server: Server, loaded: Loaded) -> Result<App, StartError> {
    server.open(loaded.config)?.start(Door::Stdio, Beginning::WithFirstEvent)
}

fn check(flags: &Flags, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let loaded = load(flags, case, printer)?;
    look(&loaded.config.events).map_err(StartError::from)?;
    let file = loaded.source.as_ref().map_or("defaults; no file found".to_owned(), |path| case.tilde(path));
    printer.line(format_args!("{}: {file}", printer.paint(Tone::Good, "good")))?;
    Ok(Exit::Yes)
}

fn over_stdio(
    app: App,
    stdin: File,
    stdout: OwnedFd,
    case: &Case<'_>,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let by_hand = stdin.is_terminal();
    let events = case.tilde(&app.posture().events);
    app.serve_stdio(stdin, stdout, |app| {
        let tools = app.posture().tools.len();
        if by_hand {
            printer.note(format_args!(
                "{} {} is speaking MCP on stdin and stdout; usually a client starts it\n",
                app.name(),
                app.version(),
            ));
            posture(app, &events, printer);
            printer.note("");
            printer.hint("stop with Ctrl-D");
        } else {
            let s = if tools == 1 { "" } else { "s" };
            tracing::info!("serving {tools} tool{s} on stdio; events in {events}");
        }
    })?;
    Ok(Exit::Yes)
}

fn over_http(server: Server, flags: Flags, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let loaded = load(&flags, case, printer)?;
    let reload = Reload::new(case.environment.clone(), flags, case.defaults.to_vec(), &loaded);
    let path = loaded.config.http.path.clone();
    let plaintext = loaded.config.http.plaintext && !loaded.config.http.listen.ip().is_loopback();
    let listening = server.open(loaded.config)?.listen()?;
    let told = |listening: &Listening| {
        greet(listening, &path, &case.tilde(&listening.app().posture().events), printer);
        if plaintext {
            printer.say("warning: `http.plaintext` is on: keys and contents cross the network unencrypted");
        }
    };
    let ended = listening.serve(reload, told, |calls| {
        printer.note(format_args!("stopping: waiting up to 10 s for {calls} calls"));
    })?;
    match ended {
        Some(how) => printer.note(format_args!(
            "stopped: {} finished, {} abandoned; {} events written",
            how.stopped.finished, how.stopped.abandoned, how.events,
        )),
        None => printer.say("stopped at once: a second signal came"),
    }
    Ok(Exit::Yes)
}

fn greet(listening: &Listening, path: &str, events: &str, printer: &Printer) {
    let url = format!("http://{}{path}", listening.address());
    printer.note(format_args!("listening on {}", printer.paint_err(Tone::Path, &url)));
    let names: Vec<&str> = listening.keys().collect();
    match listening.run_key() {
        Some(key) => {
            printer.note("  keys     1, for this run only; it is shown once:");
            printer.say(format_args!("           {}", key.expose_secret()));
        }
        None if names.is_empty() => {
            printer.note("  keys     none asked for: whoever reaches this address may call");
        }
        None => printer.note(format_args!("  keys     {}: {}", names.len(), names.join(", "))),
    }
    posture(listening.app(), events, printer);
    try_it(listening, &url, printer);
    printer.note("stop with Ctrl-C");
}

/// The line to try it with, where it works as it stands: beyond this machine it
/// depends on names and proxies.
fn try_it(listening: &Listening, url: &str, printer: &Printer) {
    if !listening.address().ip().is_loopback() {
        return;
    }
    let header = match listening.run_key() {
        Some(key) => format!(" -H 'Authorization: Bearer {}'", key.expose_secret()),
        None if listening.keys().next().is_none() => String::new(),
        None => r#" -H "Authorization: Bearer $KEY""#.to_owned(),
    };
    let needs = if header.contains("$KEY") { ", with a key in `KEY`" } else { "" };
    // On a line of its own and without quotes around it, so that it can be pasted as it stands.
    printer.note(format_args!("try it with{needs}"));
    printer.note(format_args!("  {}", curl(&header, url)));
}

/// A request that a key is needed for.
pub(super) fn curl(header: &str, url: &str) -> String {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    format!("curl{header} -H 'Content-Type: application/json' -d '{body}' {url}")
}

fn posture(app: &App, events: &str, printer: &Printer) {
    let posture = app.posture();
    printer.note(format_args!("  tools    {}: {}", posture.tools.len(), posture.tools.join(", ")));
    if posture.roots.is_empty() {
        printer.note("  roots    none, so the file tools are not offered; name one with `--root DIR`");
    } else {
        printer.note(format_args!("  roots    {}", posture.roots.join(", ")));
    }
    for missing in &posture.missing {
        printer.say(format_args!("warning: the root {missing}"));
    }
    printer.note(format_args!("  events   {events}"));
}
