//! `man`: one page a command, from the tree of commands, with every variable
//! that is read.

use std::{io, path::Path};

use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::{
    args,
    printer::Printer,
    report::{Exit, Failure, Stopped},
};
use crate::config::{env, places, table};

/// Prints the first page, or writes all of them into a directory.
///
/// # Errors
///
/// When they cannot be written.
pub fn run(dir: Option<&Path>, printer: &Printer) -> Result<Exit, Stopped> {
    let pages = all()?;
    let Some(dir) = dir else {
        if let Some((_, page)) = pages.first() {
            printer.raw(page)?;
        }
        return Ok(Exit::Yes);
    };
    for (name, page) in &pages {
        let path = dir.join(name);
        places::write_page(&path, page)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
    }
    printer.note(format_args!("wrote {} pages to {}", pages.len(), dir.display()));
    Ok(Exit::Yes)
}

/// Every file of `man/`, by name; the first is `mcp-server.1`.
///
/// # Errors
///
/// None in practice: pages are made in memory.
pub fn all() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = args::command().help_template("{about}");
    root.build();
    let mut pages = Vec::new();
    pages_of(&root, &mut pages)?;
    if let Some((_, page)) = pages.first_mut() {
        environment().to_writer(page)?;
        files().to_writer(page)?;
    }
    Ok(pages)
}

fn pages_of(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let man = Man::new(command.clone()).title(name.to_ascii_uppercase()).manual("mcp-server");
    let mut page = Vec::new();
    man.render(&mut page)?;
    pages.push((format!("{name}.1"), page));
    command.get_subcommands().try_for_each(|sub| pages_of(sub, pages))
}

fn environment() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["ENVIRONMENT"]);
    roff.text([roman(
        "Variables are stronger than the configuration file and weaker than flags. Lists are parted by \
         commas; booleans are true, false, 1, 0, yes, no, on or off.",
    )]);
    for (name, says) in env::OTHERS {
        entry(&mut roff, name, &says.replace('`', ""));
    }
    for key in table::plain_keys() {
        let says = format!("{}: {} [default: {}]", key.path, key.says.replace('`', ""), key.default);
        entry(&mut roff, &env::name_of(key.path), &says);
    }
    roff.control("PP", []);
    roff.text([roman("Read by serve --http alone, and weaker than those above:")]);
    for (name, says) in env::GUIDE {
        entry(&mut roff, name, &says.replace('`', ""));
    }
    roff
}

fn entry(roff: &mut Roff, name: &str, says: &str) {
    roff.control("TP", []);
    roff.text([bold(name)]);
    roff.text([roman(says)]);
}

fn files() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["FILES"]);
    for (name, says) in [
        ("$XDG_CONFIG_HOME/mcp-server/config.toml", "the configuration; ~/.config by default"),
        ("/etc/mcp-server/config.toml", "the configuration, where there is none of one's own"),
        ("$XDG_STATE_HOME/mcp-server/events/", "the security log; ~/.local/state by default"),
        ("$XDG_STATE_HOME/mcp-server/log/", "diagnostics"),
    ] {
        entry(&mut roff, name, says);
    }
    roff
}
