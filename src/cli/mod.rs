//! The command line: what is typed, what is printed, and how it ends.

pub mod args;
pub mod completions;
pub mod config;
pub mod events;
pub mod keys;
pub mod man;
pub mod printer;
pub mod report;
pub mod serve;
pub mod tools;

use std::{ffi::OsString, io, process::ExitCode};

use clap::FromArgMatches as _;

use self::{
    args::{Cli, Command, ServeArgs, ToolsCommand},
    config::Case,
    printer::{Printer, Tone},
    report::{Exit, Stopped},
};
use crate::config::{Environment, Flags, Loaded, Purpose};

/// What the commands need of the server they belong to.
pub trait Program {
    /// What the program itself sets, weaker than any file: keys and values as a variable has them.
    fn defaults(&self) -> &[(String, String)];

    /// Serves until it is asked to stop.
    ///
    /// # Errors
    ///
    /// When it cannot start.
    fn serve(&self, loaded: Loaded, purpose: Purpose, printer: &Printer) -> Result<Exit, Stopped>;

    /// Lists, describes or calls tools, with what `serve` would serve.
    ///
    /// # Errors
    ///
    /// When that cannot be built.
    fn tools(&self, command: &ToolsCommand, loaded: Loaded, printer: &Printer) -> Result<Exit, Stopped>;

    /// Told why `serve` on stdio cannot start, after it was printed: hosts hide stderr.
    fn refused_to_start(&self, _failure: &report::Failure) {}
}

/// Runs the command that `arguments` name, the first being the program's own name.
pub fn run(program: &dyn Program, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
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
    match dispatch(program, &cli, &Environment::capture(), &printer) {
        Ok(Exit::Yes) => ExitCode::SUCCESS,
        Ok(Exit::No) => ExitCode::from(1),
        Err(Stopped::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(stopped) => {
            report(&stopped, &printer);
            ExitCode::from(2)
        }
    }
}

/// Runs one command.
///
/// # Errors
///
/// When it cannot do what it is asked.
pub fn dispatch(
    program: &dyn Program,
    cli: &Cli,
    environment: &Environment,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let case = Case { environment, globals: &cli.globals, defaults: program.defaults() };
    let load = |purpose| {
        let loaded = case.load(purpose).map_err(|problems| config::failure(&problems))?;
        config::warn(&loaded.warnings, loaded.home.as_deref(), printer);
        Ok::<_, Stopped>(loaded)
    };
    match &cli.command {
        Command::Serve(args) => start(program, args, &case, printer),
        Command::Tools(command) => program.tools(command, load(Purpose::Other)?, printer),
        Command::Events(command) => events::run(command, &load(Purpose::Other)?.config.events.dir, printer),
        Command::Config(command) => config::run(command, &case, printer),
        Command::Keys(command) => keys::run(command, &case, printer),
        Command::Completions(args) => completions::run(args.shell, printer),
        Command::Man(args) => man::run(args.dir.as_deref(), printer),
    }
}

fn start(
    program: &dyn Program,
    args: &ServeArgs,
    case: &Case<'_>,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let flags: Flags = serve::flags(args, case.globals);
    let purpose = flags.purpose;
    let loaded = match crate::config::load(case.environment, &flags, case.defaults) {
        Ok(loaded) => loaded,
        Err(problems) => {
            let failure = config::failure(&problems);
            if purpose == Purpose::Stdio && !args.check {
                report(&Stopped::Failure(failure.clone()), printer);
                program.refused_to_start(&failure);
                return Err(Stopped::Reported);
            }
            return Err(failure.into());
        }
    };
    config::warn(&loaded.warnings, loaded.home.as_deref(), printer);
    if args.check {
        let file =
            loaded.source.as_ref().map_or("defaults; no file found".to_owned(), |path| case.tilde(path));
        printer.line(format_args!("{}: {file}", printer.paint(Tone::Good, "good")))?;
        return Ok(Exit::Yes);
    }
    program.serve(loaded, purpose, printer)
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
