//! Killed before each single thing that a change does to a file system: what is left is the old or
//! the new, with a way back from the new, and no litter. `FULL=1` tries every step of every tool.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    common::{Era, Place, StdioServer},
    desk::{Tree, tree},
};

/// More steps than any of these has.
const STEPS_MAX: usize = 400;

fn full() -> bool {
    std::env::var_os("FULL").is_some_and(|value| value == "1")
}

/// The killer, built; `None`, and a word why, where there is no compiler or no way to trace.
fn killer(dir: &Path) -> Option<PathBuf> {
    let (from, to) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/changes/killer.c"), dir.join("killer"));
    match Command::new("cc").args(["-O1", "-o"]).arg(&to).arg(from).output() {
        Ok(out) if out.status.success() => {}
        Ok(out) => panic!("{}", String::from_utf8_lossy(&out.stderr)),
        Err(error) => {
            println!("skipped: no C compiler ({error})");
            return None;
        }
    }
    let traces = Command::new(&to).args(["/dev/null", "0", "/bin/true"]).status().unwrap();
    if traces.code() == Some(3) {
        println!("skipped: the system does not let one process trace another");
        return None;
    }
    Some(to)
}

fn planted(place: &Place) -> PathBuf {
    let root = place.dir("files");
    fs::write(root.join("a.txt"), "one\n").unwrap();
    fs::create_dir_all(root.join("d/e")).unwrap();
    for (name, text) in [("d/1", "1"), ("d/e/2", "2"), ("d/e/3", "3")] {
        fs::write(root.join(name), text).unwrap();
    }
    root
}

fn serve(place: &Place, before: &[&str]) -> StdioServer {
    let root = format!("{}:rw", place.dir("files").display());
    let command = place.command(&["serve", "--root", &root]);
    if before.is_empty() {
        return StdioServer::spawn(command).open(Era::Handshake);
    }
    let mut traced = Command::new(before[0]);
    traced.args(&before[1..]).arg(command.get_program()).args(command.get_args());
    traced.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    StdioServer::spawn(traced).open(Era::Handshake)
}

/// Kills before step `step`. Says whether the call was answered all the same.
fn killed_at(step: usize, killer: &Path, place: &Place, tool: &str, arguments: &Value) -> bool {
    let arm = place.path().join("arm");
    let _ = fs::remove_file(&arm);
    let (arm_text, step) = (arm.display().to_string(), step.to_string());
    let mut server = serve(place, &[killer.to_str().unwrap(), &arm_text, &step]);
    fs::write(&arm, "").unwrap();
    // the log is written meanwhile, so the step can come before the call does
    let call = format!("{}\n", Era::Handshake.call(7, tool, arguments.clone()));
    if server.try_send(call.as_bytes()).is_err() {
        return false;
    }
    let answer = server.receive_within(Duration::from_secs(20));
    answer.is_some_and(|answer| answer["id"] == 7)
}

#[track_caller]
fn survives(tool: &str, arguments: &Value, stride: usize) {
    let tools = Place::new();
    let Some(killer) = killer(tools.path()) else { return };
    let whole = Place::new();
    let root = planted(&whole);
    let before = tree(&root);
    serve(&whole, &[]).call(Era::Handshake, tool, arguments.clone()).text();
    let after = tree(&root);
    let (mut kept, mut undone) = (0, 0);
    for step in (1..STEPS_MAX).step_by(stride) {
        let place = Place::new();
        let root = planted(&place);
        let is_answered = killed_at(step, &killer, &place, tool, arguments);
        let mut server = serve(&place, &[]);
        let listed = server.call(Era::Handshake, "list_changes", json!({})).text().to_owned();
        let found = tree(&root);
        assert!(found == before || found == after, "{tool} at {step}: {:?}", found.keys());
        if found == before {
            kept += 1;
            assert_eq!(listed, "No changes", "{tool} at {step}");
        } else {
            undone += 1;
            let id = listed.split(' ').next().unwrap();
            server.call(Era::Handshake, "undo_change", json!({ "id": id })).text();
            assert_eq!(contents(&tree(&root)), contents(&before), "{tool} at {step}");
        }
        place.meddles();
        if is_answered {
            assert!(kept > 0 && undone > 0, "{tool}: {kept} kept, {undone} undone");
            println!("{tool}: killed at {step} steps, {kept} with the old, {undone} with the new");
            return;
        }
    }
    panic!("{tool} never came to an end");
}

/// The server is killed while what it takes away lies aside, and somebody else works in that: it comes back.
#[test]
fn what_somebody_put_into_what_was_taken_away_comes_back() {
    let tools = Place::new();
    let Some(killer) = killer(tools.path()) else { return };
    let arguments = json!({ "path": "d", "recursive": true });
    for step in 1..STEPS_MAX {
        let place = Place::new();
        let root = planted(&place);
        assert!(!killed_at(step, &killer, &place, "delete_file", &arguments), "nothing ever lay aside");
        let mut names = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
        let aside = names.find(|path| path.to_string_lossy().contains(".mcp-server-"));
        let Some(aside) = aside.filter(|_| !root.join("d").exists()) else { continue };
        fs::write(aside.join("new.txt"), "somebody else's").unwrap();
        let server = serve(&place, &[]);
        assert_eq!(fs::read_to_string(root.join("d/new.txt")).unwrap(), "somebody else's");
        assert!(!aside.exists());
        assert!(server.finish().0.success());
        place.meddles();
        return;
    }
}

fn contents(tree: &Tree) -> Vec<(&PathBuf, &Vec<u8>)> {
    tree.iter().map(|(path, (_, content))| (path, content)).collect()
}

fn stride() -> usize {
    if full() { 1 } else { 3 }
}

#[test]
fn an_edit_happens_whole_or_not_at_all() {
    survives("edit_file", &json!({ "path": "a.txt", "edits": [{ "oldText": "one", "newText": "two" }] }), 1);
}

#[test]
fn a_new_file_happens_whole_or_not_at_all() {
    survives("write_file", &json!({ "path": "new.txt", "content": "new" }), stride());
}

#[test]
fn a_deleted_tree_happens_whole_or_not_at_all() {
    survives("delete_file", &json!({ "path": "d", "recursive": true }), stride());
}

#[test]
fn a_copied_tree_happens_whole_or_not_at_all() {
    survives("copy_file", &json!({ "source": "d", "destination": "c" }), stride());
}

#[test]
fn a_move_happens_whole_or_not_at_all() {
    survives("move_file", &json!({ "source": "d", "destination": "c" }), stride());
}

#[test]
fn a_new_directory_happens_whole_or_not_at_all() {
    survives("create_directory", &json!({ "path": "x/y" }), stride());
}
