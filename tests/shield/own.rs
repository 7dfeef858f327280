//! What the server itself relies on, in a root that is only read.

use std::{fs, os::unix::fs::symlink, path::Path};

use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_bind, mount_change, unmount};
use serde_json::json;

use crate::{
    common::{Door, Place, Server},
    desk::{is_protected, looks},
};

const CHAIN_KEY: &str = "0123456789abcdef0123456789abcdef-chain";

/// A home that is a root, with a configuration, a key of the log, and the log.
fn home() -> (Place, Vec<String>) {
    let place = Place::new();
    let key = place.write("home/keys/chain.key", CHAIN_KEY);
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    place.write("home/notes.txt", "plain\n");
    place.dir("home/state/journal");
    let (home, state) = (place.path().join("home"), place.path().join("home/state"));
    let config = format!(
        "[roots.home]\npath = \"{0}\"\n[events]\ndir = \"{1}/events\"\nchain_key_file = \"{2}\"\n[journal]\ndir = \"{1}/journal\"\n",
        home.display(),
        state.display(),
        key.display()
    );
    let config = place.write("home/config/own.toml", config);
    (place, vec!["-c".to_owned(), config.display().to_string()])
}

fn serve(place: &Place, door: Door, args: &[String]) -> Server {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut words = args.clone();
    words.push("serve");
    words.extend((door == Door::Http).then_some("--http=127.0.0.1:0"));
    let mut command = place.command(&words);
    command.env_remove("MCP_SERVER_EVENTS_DIR").env("MCP_SERVER_LIMITS_ENABLED", "false");
    Server::spawn(door, command)
}

#[test]
fn a_root_that_is_only_read_may_hold_the_log_and_nobody_sees_it() {
    for door in Door::ALL {
        let (place, args) = home();
        let at = |path: &str| place.path().join("home").join(path);
        for (target, link) in [("state/events", "log"), ("config/own.toml", "settings.txt"), ("state", "all")]
        {
            symlink(target, at(link)).unwrap();
        }
        fs::hard_link(at("keys/chain.key"), at("other.txt")).unwrap();
        let mut server = serve(&place, door, &args);
        server.call("read_text_file", json!({ "path": "home:/notes.txt" })).says("plain\n");
        let run = fs::read_dir(at("state/events")).unwrap().next().unwrap().unwrap().file_name();
        let run = run.to_str().unwrap();
        for path in [
            "state/events",
            "log",
            "all/events",
            "state/journal",
            &format!("state/events/{run}"),
            &format!("log/{run}"),
            &format!("all/events/{run}"),
            "config/own.toml",
            "settings.txt",
            "keys/chain.key",
            "other.txt",
        ] {
            for (tool, arguments) in
                looks(&format!("home:/{path}")).into_iter().filter(|(tool, _)| *tool != "copy_file")
            {
                let answer = server.call(tool, arguments);
                // of a file under a name that tells nothing it may be said first that it is no directory
                if !answer.0.to_string().contains("not_directory") {
                    is_protected(&answer, &format!("{tool} {path}"));
                }
                answer
                    .never_mentions("server_started")
                    .never_mentions("chain_key_file")
                    .never_mentions(CHAIN_KEY);
            }
        }
        let listed = |server: &mut Server, path: &str| {
            server.call("list_directory", json!({ "path": format!("home:/{path}") })).text().to_owned()
        };
        assert_eq!(listed(&mut server, "state"), "[protected] events\n[protected] journal");
        assert_eq!(listed(&mut server, "config"), "[protected] own.toml");
        let keys = listed(&mut server, "keys");
        assert!(keys.lines().all(|line| line.starts_with("[protected] ")), "{keys}");
        let found =
            server.call("search_files", json!({ "path": "home:/", "pattern": "**/*.{toml,jsonl,key}" }));
        found.says("No matches found");

        // an editor that replaces the file makes another one of it, and another name of that helps nobody
        let text = fs::read(at("config/own.toml")).unwrap();
        fs::write(at("config/new.toml"), text).unwrap();
        fs::rename(at("config/new.toml"), at("config/own.toml")).unwrap();
        fs::hard_link(at("config/own.toml"), at("late.txt")).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        for path in ["home:/config/own.toml", "home:/late.txt"] {
            is_protected(&server.call("read_text_file", json!({ "path": path })), path);
        }
        server.stop();
    }
}

#[test]
fn nothing_lifts_what_the_server_relies_on() {
    let (place, mut args) = home();
    let config = fs::read_to_string(&args[1]).unwrap();
    args[1] = place
        .write("home/config/own.toml", format!("files.allow_protected = [\"home:/\"]\n{config}"))
        .display()
        .to_string();
    let mut server = serve(&place, Door::Stdio, &args);
    let answer = server.call("read_text_file", json!({ "path": "home:/config/own.toml" }));
    is_protected(&answer, "its own");
    assert!(!answer.failure().contains("allow_protected"), "{answer:?}");
    server.stop();
}

#[test]
fn a_root_that_is_written_may_not_hold_it() {
    let (place, args) = home();
    let config = fs::read_to_string(&args[1]).unwrap().replace("[events]", "write = true\n[events]");
    let config = place.write("home/config/own.toml", config);
    let output = place.command(&["-c", config.to_str().unwrap(), "config", "check"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("so tools could write them"), "{said}");
}

/// Where the system lets us, in a view of the disk of our own.
#[test]
fn a_mount_of_the_log_is_no_way_to_it() {
    let (place, args) = home();
    let (state, mounted) = (place.path().join("home/state"), place.path().join("home/mounted"));
    fs::create_dir_all(state.join("events")).unwrap();
    fs::create_dir_all(&mounted).unwrap();
    let Some(_mount) = Mounted::of(&state.join("events"), &mounted) else { return };
    let file = place.path().join("home/one.txt");
    fs::write(&file, "").unwrap();
    let Some(_file) = Mounted::of(Path::new(&args[1]), &file) else { return };
    let mut server = serve(&place, Door::Stdio, &args);
    server.call("read_text_file", json!({ "path": "home:/notes.txt" })).says("plain\n");
    let run = fs::read_dir(state.join("events")).unwrap().next().unwrap().unwrap().file_name();
    for path in ["mounted".to_owned(), format!("mounted/{}", run.to_str().unwrap()), "one.txt".to_owned()] {
        for tool in ["read_text_file", "list_directory", "directory_tree", "get_file_info"] {
            let answer = server.call(tool, json!({ "path": format!("home:/{path}") }));
            if !answer.0.to_string().contains("not_directory") {
                is_protected(&answer, &format!("{tool} {path}"));
            }
            answer.never_mentions("server_started");
        }
    }
    let found = server.call("search_files", json!({ "path": "home:/", "pattern": "**/*.jsonl" }));
    assert!(
        found.says("No matches found").0.to_string().contains("protected places were left out"),
        "{found:?}"
    );
    server.stop();
}

struct Mounted(std::path::PathBuf);

impl Mounted {
    /// `None`, and a word why, where nothing can be mounted.
    fn of(from: &Path, to: &Path) -> Option<Self> {
        if let Err(error) = mount_bind(from, to) {
            println!("nothing can be mounted here: {error}");
            return None;
        }
        let _private = mount_change(to, MountPropagationFlags::PRIVATE);
        Some(Self(to.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _gone = unmount(&self.0, UnmountFlags::DETACH);
    }
}
