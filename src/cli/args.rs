//! What can be typed.
//!
//! Help, manual and completions come from this one tree, and so does the test
//! that every command a hint shows can be run.

use std::{fmt::Write as _, path::PathBuf};

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueHint};

use super::{events::EventsCommand, printer::ColorChoice};

/// A small, careful MCP server
#[derive(Debug, Parser)]
#[command(name = "mcp-server", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What applies everywhere.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct Globals {
    #[allow(clippy::doc_markdown, reason = "the help is no markdown")]
    /// Read only this configuration file, or stdin with `-` [env: MCP_SERVER_CONFIG]
    #[arg(short, long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,
    /// Say less; twice for nothing but the answer
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
    /// Say more; twice for traces
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server on stdio, or on HTTP with `--http`
    Serve(ServeArgs),
    /// List, describe and call the tools it offers
    #[command(subcommand)]
    Tools(ToolsCommand),
    /// List, show and undo what tools changed
    #[command(subcommand)]
    Changes(ChangesCommand),
    /// Read the security event log
    #[command(subcommand)]
    Events(EventsCommand),
    /// Create, check and explain the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make, revoke, hash and list API keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Print or write the manual pages
    Man(ManArgs),
}

/// The commands in the groups of the help.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Run", &["serve", "tools"]),
    ("Watch", &["events", "changes"]),
    ("Set up", &["config", "keys", "completions", "man"]),
];

/// Options of `serve`.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_long_help = "SIGTERM and SIGINT stop it once calls have ended, a second one at once. SIGHUP takes up changed keys, begins the \
next part of the log and, over HTTP, checks that the log is as it was written."
)]
pub struct ServeArgs {
    /// Directories that tools may read and write; the same as `--root DIR:rw`
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dirs: Vec<PathBuf>,
    /// Serve on HTTP instead of stdio; an address other than loopback needs keys and more
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true)]
    pub http: Option<Option<String>>,
    /// A directory that tools may read, and write if it ends in `:rw`; repeat for more
    #[arg(long = "root", value_name = "[NAME=]DIR[:rw]", value_hint = ValueHint::DirPath)]
    pub roots: Vec<String>,
    /// Hide every tool that writes, whatever the roots say
    #[arg(long)]
    pub read_only: bool,
    /// Offer only these tools, by name or glob
    #[arg(long, value_name = "NAME,...")]
    pub tools: Option<String>,
    /// Ask for no key; on loopback only
    #[arg(long, requires = "http")]
    pub no_auth: bool,
    /// Listen beyond this machine without https
    #[arg(long, requires = "http")]
    pub plaintext: bool,
    /// Judge the configuration as this command would, and do not serve
    #[arg(long)]
    pub check: bool,
}

/// `tools …`
#[derive(Debug, Subcommand)]
pub enum ToolsCommand {
    /// List what clients will see
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Tell what a tool does, with its arguments and limits
    Describe {
        /// The tool
        name: String,
        /// Print the exact definition that clients get
        #[arg(long)]
        json: bool,
    },
    /// Call a tool, with the checks, limits and events of any other call
    Call(CallArgs),
}

/// Options of `tools call`.
#[derive(Args, Clone, Debug)]
pub struct CallArgs {
    /// The tool
    pub name: String,
    /// Arguments: `name=text`, or `name:=json` for anything that is not text
    #[arg(value_name = "KEY=VALUE")]
    pub args: Vec<String>,
    /// All arguments as one JSON object; `-` reads it from stdin
    #[arg(long, value_name = "JSON", conflicts_with = "args")]
    pub args_json: Option<String>,
    /// Print the result as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a commented file in which every key shows its default
    Init {
        /// Where to, instead of the usual place
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "stdout")]
        path: Option<PathBuf>,
        /// Print it instead
        #[arg(long)]
        stdout: bool,
    },
    /// Judge the configuration without starting
    Check {
        /// Count warnings as problems
        #[arg(long)]
        strict: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Judge as `serve --http` would, with the variables that only it reads
        #[arg(long)]
        http: bool,
    },
    /// Show what is in force
    Show(ShowArgs),
    /// Print which file is read
    Path {
        /// Print every place that is looked at
        #[arg(long)]
        all: bool,
    },
}

/// Options of `config show`.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// Only this key or section, such as `http.listen` or `http`
    pub key: Option<String>,
    /// Say where each value came from
    #[arg(long)]
    pub origin: bool,
    /// Also what is at its default
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// As `serve --http` would see it, with the variables that only it reads
    #[arg(long)]
    pub http: bool,
}

/// `keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it once; only its hash is kept
    Generate {
        /// What to call it: letters, digits, `_` and `-`
        name: String,
        /// Add it to the configuration file
        #[arg(long)]
        save: bool,
        /// How long it is good for, such as `90d`
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
    },
    /// Take a key out of the configuration file; running servers refuse it within a second
    Revoke {
        /// Which, as `keys list` names it
        name: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Read a key from stdin and print its hash
    Hash,
    /// List names, reach, expiry and last use
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// `changes …`
#[derive(Debug, Subcommand)]
pub enum ChangesCommand {
    /// List what was changed, newest first
    List {
        /// How many at most
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show one change, with the diff where there is one
    Show {
        /// Which, as `changes list` names it
        id: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Put back what a change replaced, moved or deleted
    Undo {
        /// Which, as `changes list` names it
        id: String,
        /// Also if the file was changed since; that can be undone the same way
        #[arg(long)]
        force: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Remove what is older or more than the journal may hold
    Prune {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Options of `completions`.
#[derive(Args, Clone, Copy, Debug)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Args, Clone, Debug)]
pub struct ManArgs {
    /// Write all pages into this directory instead of printing the first
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// The whole tree, dressed for people: commands in groups, global options under a heading of
/// their own everywhere but on the first page.
#[must_use]
pub fn command() -> clap::Command {
    let root = Cli::command();
    let globals: Vec<clap::Arg> = root
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .map(|arg| arg.clone().help_heading("Global options"))
        .collect();
    let template = format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n{}\nOptions:\n{{options}}{{after-help}}",
        groups(&root)
    );
    with_globals(root, &globals)
        .help_template(template)
        .after_help("New here? Run `mcp-server config init`, then `mcp-server tools list`.")
}

fn with_globals(command: clap::Command, globals: &[clap::Arg]) -> clap::Command {
    command.mut_subcommands(|sub| with_globals(sub.args(globals), globals))
}

fn groups(root: &clap::Command) -> String {
    let widest = root.get_subcommands().map(|sub| sub.get_name().len()).max().unwrap_or_default();
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let _infallible = writeln!(text, "\n{heading}:");
        for name in names {
            let about = root.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _infallible = writeln!(text, "  {name:widest$}  {about}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_command_stands_in_exactly_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let root = Cli::command();
        let mut all: Vec<&str> = root.get_subcommands().map(clap::Command::get_name).collect();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }

    #[test]
    fn help_fits_its_columns_and_names_every_command() {
        let help = command().term_width(92).render_help().to_string();
        for name in ["Run:", "Watch:", "Set up:", "serve", "completions", "--config <FILE>", "--quiet..."] {
            assert!(help.contains(name), "{name} is missing:\n{help}");
        }
        assert!(help.lines().all(|line| line.chars().count() <= 92), "{help}");
    }
}
