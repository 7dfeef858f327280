//! `completions`: for five shells, from the tree of commands.

use clap::ValueEnum as _;
use clap_complete::Shell;

use super::{
    args,
    printer::Printer,
    report::{Exit, Stopped},
};

const NAME: &str = "mcp-server";

/// Prints the completions for `shell`.
///
/// # Errors
///
/// When stdout is closed.
pub fn run(shell: Shell, printer: &Printer) -> Result<Exit, Stopped> {
    printer.raw(&script(shell))?;
    Ok(Exit::Yes)
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), NAME, &mut script);
    if shell == Shell::Bash {
        // clap_complete names the states of a program with a hyphen in two ways, one where it goes
        // to them and another where it looks for them (clap-rs/clap#6421).
        let text = String::from_utf8_lossy(&script).replace("mcp__subcmd__server", "mcp__server");
        return text.into_bytes();
    }
    script
}

/// Every file of `completions/`, by name.
#[must_use]
pub fn all() -> Vec<(String, Vec<u8>)> {
    Shell::value_variants()
        .iter()
        .map(|shell| {
            let name = match shell {
                Shell::Zsh => format!("_{NAME}"),
                Shell::Fish => format!("{NAME}.fish"),
                Shell::Elvish => format!("{NAME}.elv"),
                Shell::PowerShell => format!("_{NAME}.ps1"),
                _ => format!("{NAME}.bash"),
            };
            (name, script(*shell))
        })
        .collect()
}
