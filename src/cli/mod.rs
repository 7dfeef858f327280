//! The command line: what is typed, what is printed, and how it ends.

pub mod args;
pub mod case;
pub mod changes;
pub mod completions;
pub mod config;
pub mod events;
pub mod flags;
pub mod keys;
pub mod man;
pub mod printer;
pub mod progress;
pub mod report;
pub mod serve;
pub mod tools;

use std::{ffi::OsString, io, process::ExitCode};

use clap::FromArgMatches as _;

use self::{
    args::{Cli, Command},
    case::Case,
    printer::{Printer, Tone},
    report::{Exit, Stopped},
};
use crate::{
    app::Server,
    config::{Environment, Purpose},
};

/// Gives `server` the whole command line, with the arguments of this process.
#[must_use]
pub fn run(server: Server) -> ExitCode {
    run_from(server, std::env::args_os())
}

/// The same with other arguments, the first being the program's own name.
#[must_use]
pub fn run_from(
    server: Server,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> ExitCode {
    let cli = args::command()
        .try_get_matches_from(arguments)
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches));
    let cli = match cli {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed the same way; a closed pipe is nobody's fault.
            let _closed = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let printer = Printer::new(cli.globals.color, cli.globals.quiet, cli.globals.verbose);
    match dispatch(server, &cli, &Environment::capture(), &printer) {
        Ok(Exit::Yes) => ExitCode::SUCCESS,
        Ok(Exit::No) => ExitCode::from(1),
        Err(Stopped::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(stopped) => {
            report(&stopped, &printer);
            ExitCode::from(2)
        }
    }
}

fn dispatch(
    server: Server,
    cli: &Cli,
    environment: &Environment,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let defaults = server.settings().to_vec();
    let case = Case { environment, globals: &cli.globals, defaults: &defaults };
    let load = |purpose| {
        let loaded = case.load(purpose).map_err(|problems| case::failure(&problems))?;
        case::warn(&loaded.warnings, loaded.home.as_deref(), printer);
        Ok::<_, Stopped>(loaded)
    };
    match &cli.command {
        Command::Serve(args) => serve::run(server, args, &case, printer),
        Command::Tools(command) => tools::run(server, command, load(Purpose::Other)?, printer),
        Command::Changes(command) => changes::run(server, command, load(Purpose::Other)?, printer),
        Command::Events(command) => events::run(command, &load(Purpose::Log)?.config.events, printer),
        Command::Config(command) => config::run(command, &case, printer),
        Command::Keys(command) => keys::run(command, &case, printer),
        Command::Completions(args) => completions::run(args.shell, printer),
        Command::Man(args) => man::run(args.dir.as_deref(), printer),
    }
}

/// Says why a command stopped.
pub fn report(stopped: &Stopped, printer: &Printer) {
    match stopped {
        Stopped::Reported => {}
        Stopped::Output(error) => printer.say(format_args!("error: stdout cannot be written: {error}")),
        Stopped::Failure(failure) => {
            printer.say(format_args!("{} {}", printer.paint_err(Tone::Bad, "error:"), failure.what));
            for fact in &failure.facts {
                printer.say(format_args!("  {fact}"));
            }
            if !failure.hints.is_empty() {
                printer.say("");
            }
            for hint in &failure.hints {
                printer.hint(hint);
            }
        }
    }
}
