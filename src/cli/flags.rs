//! From what was typed to what the configuration takes.

use std::path::Path;

use super::args::{Globals, ServeArgs};
use crate::config::{FlagSetting, Flags, Named, Purpose, roots::Typed};

/// The configuration file that `--config` names.
#[must_use]
pub fn named(globals: &Globals) -> Option<Named> {
    globals.config.as_ref().map(
        |path| {
            if path == Path::new("-") { Named::Stdin } else { Named::File(path.clone()) }
        },
    )
}

/// What `serve` says to the configuration.
#[must_use]
pub fn flags(args: &ServeArgs, globals: &Globals) -> Flags {
    let mut settings = Vec::new();
    let mut set = |key, flag, text: &str| settings.push(FlagSetting { key, flag, text: text.to_owned() });
    if let Some(Some(address)) = &args.http {
        set("http.listen", "--http", address);
    }
    if args.read_only {
        set("tools.read_only", "--read-only", "true");
    }
    if let Some(tools) = &args.tools {
        set("tools.offer", "--tools", tools);
    }
    if args.no_auth {
        set("http.auth", "--no-auth", "false");
    }
    if args.plaintext {
        set("http.plaintext", "--plaintext", "true");
    }
    match (globals.verbose, globals.quiet) {
        (0, 0) => {}
        (0, 1) => set("log.level", "--quiet", "warn"),
        (0, _) => set("log.level", "--quiet", "error"),
        (1, _) => set("log.level", "--verbose", "debug"),
        (_, _) => set("log.level", "--verbose", "trace"),
    }
    let dirs = args.dirs.iter().map(|dir| (Typed::writable(dir.clone()), "DIR"));
    let roots = args.roots.iter().map(|root| (Typed::parse(root), "--root"));
    Flags {
        config: named(globals),
        purpose: if args.http.is_some() { Purpose::Http } else { Purpose::Stdio },
        settings,
        roots: dirs.chain(roots).collect(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    #[track_caller]
    fn typed(line: &str) -> Flags {
        let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
        match &cli.command {
            Command::Serve(args) => flags(args, &cli.globals),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn http_without_an_address_takes_the_next_word_as_a_directory() {
        let flags = typed("mcp-server serve --http /srv/notes");
        assert_eq!((flags.purpose, flags.settings.len(), flags.roots.len()), (Purpose::Http, 0, 1));
    }

    #[test]
    fn a_bare_directory_is_a_root_that_may_be_written() {
        let flags = typed("mcp-server serve /a=b:rw /c --root notes=/d");
        assert_eq!(flags.roots[0], (Typed::writable("/a=b:rw".into()), "DIR"));
        assert_eq!(flags.roots[1], (Typed::writable("/c".into()), "DIR"));
        assert_eq!(flags.roots[2].0.name.as_deref(), Some("notes"));
    }

    #[test]
    fn every_flag_sets_a_key_that_exists() {
        let flags = typed(
            "mcp-server serve --http=127.0.0.1:1 --read-only --tools a,b --no-auth --plaintext -vv -c -",
        );
        assert_eq!(flags.config, Some(Named::Stdin));
        assert_eq!(flags.settings.len(), 6);
        for setting in flags.settings {
            assert!(crate::config::table::find(setting.key).is_some(), "{}", setting.key);
        }
    }
}
