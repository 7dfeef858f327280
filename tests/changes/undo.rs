//! Taking back: across restarts, only what is still as it was left, and never more than once.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use serde_json::json;

use crate::{
    common::{Door, Era, HttpServer, KEY, Place},
    desk::{Desk, change, mode},
};

#[test]
fn an_edit_is_undone_after_the_server_was_killed_and_started_again() {
    let mut desk = Desk::new();
    let path = desk.put("a.txt", "one\r\n");
    mode(&path, 0o640);
    let id = change(&desk.edit("a.txt", "one", "two"));
    desk.restart();
    assert!(desk.call("list_changes", json!({})).text().contains(&id));
    let undone = desk.call("undo_change", json!({ "id": id }));
    desk.holds("a.txt", "one\r\n");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    // taking back is a change as well
    desk.call("undo_change", json!({ "id": change(&undone) })).text();
    desk.holds("a.txt", "two\r\n");
}

#[test]
fn what_somebody_changed_since_is_left_alone_and_shown() {
    let mut desk = Desk::new();
    desk.put("a.txt", "one\ntwo\n");
    let id = change(&desk.edit("a.txt", "one", "1"));
    desk.put("a.txt", "1\n2\n");
    desk.call("undo_change", json!({ "id": id })).fails_with("was changed since").fails_with("-two\n+2\n");
    desk.holds("a.txt", "1\n2\n");
    let undone = desk.call("undo_change", json!({ "id": id, "force": true }));
    desk.holds("a.txt", "one\ntwo\n");
    desk.call("undo_change", json!({ "id": change(&undone) })).text();
    desk.holds("a.txt", "1\n2\n");
}

#[test]
fn moves_creations_and_deletions_are_undone() {
    let mut desk = Desk::new();
    desk.put("a.txt", "a");
    let moved = change(&desk.call("move_file", json!({ "source": "a.txt", "destination": "b.txt" })));
    let made = change(&desk.call("write_file", json!({ "path": "c.txt", "content": "c" })));
    let gone = change(&desk.call("delete_file", json!({ "path": "b.txt" })));
    desk.call("undo_change", json!({ "id": moved })).fails_with("is gone since");
    for id in [&gone, &made, &moved] {
        desk.call("undo_change", json!({ "id": id })).text();
    }
    assert_eq!(desk.tree().into_keys().collect::<Vec<_>>(), [std::path::PathBuf::from("a.txt")]);
}

#[test]
fn the_mode_that_somebody_chose_since_stays() {
    let mut desk = Desk::new();
    let path = desk.put("a.txt", "one");
    mode(&path, 0o644);
    let id = change(&desk.edit("a.txt", "one", "two"));
    mode(&path, 0o600);
    desk.call("undo_change", json!({ "id": id })).text();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn the_journal_is_the_owners_alone_and_outside_the_root() {
    let mut desk = Desk::new();
    desk.put("a.txt", "a secret of old");
    desk.call("write_file", json!({ "path": "a.txt", "content": "new" })).text();
    let journal = desk.place.path().join("state/mcp-server/journal");
    let mut files = 0;
    let mut pending = vec![journal];
    while let Some(path) = pending.pop() {
        let facts = fs::metadata(&path).unwrap();
        assert_eq!(facts.permissions().mode() & 0o077, 0, "{}", path.display());
        if facts.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files += 1;
        }
    }
    assert!(files >= 3, "{files}");
}

#[test]
fn the_change_is_named_as_the_call_in_the_log() {
    let mut desk = Desk::new();
    let id = change(&desk.call("write_file", json!({ "path": "a", "content": "" })));
    let called = desk.place.await_events("tool_called", 1);
    assert_eq!(called[0]["call"], json!(id));
    assert_eq!(called[0]["details"]["change"], json!(id));
}

#[test]
fn over_http_everybody_sees_his_own_changes_alone() {
    let place = Place::new();
    let root = format!("{}:rw", place.dir("files").display());
    let mut desk = crate::common::StdioServer::start(&place, &["--root", &root], &[]).open(Era::Handshake);
    let id = change(&desk.call(Era::Handshake, "write_file", json!({ "path": "a", "content": "" })));
    let server = HttpServer::start(&place, &["--root", &root], &[]);
    let _ = (Door::Http, KEY);
    assert_eq!(server.call(Era::Handshake, "list_changes", json!({})).text(), "No changes");
    server.call(Era::Handshake, "undo_change", json!({ "id": id })).fails_with("there is no such change");
    let own = change(&server.call(Era::Handshake, "write_file", json!({ "path": "b", "content": "" })));
    assert!(server.call(Era::Handshake, "list_changes", json!({})).text().contains(&own));
    server.call(Era::Handshake, "undo_change", json!({ "id": own })).text();
    let all = desk.call(Era::Handshake, "list_changes", json!({}));
    assert!(all.text().contains(&own) && all.text().contains(&id));
}

#[test]
fn a_root_of_the_same_name_elsewhere_has_changes_of_its_own() {
    let place = Place::new();
    let (one, two) = (place.dir("one/src"), place.dir("two/src"));
    let serve = |dir: &std::path::Path| {
        let root = format!("{}:rw", dir.display());
        crate::common::StdioServer::start(&place, &["--root", &root], &[]).open(Era::Handshake)
    };
    let id = change(&serve(&one).call(Era::Handshake, "write_file", json!({ "path": "a", "content": "1" })));
    fs::write(two.join("a"), "1").unwrap();
    let mut other = serve(&two);
    assert_eq!(other.call(Era::Handshake, "list_changes", json!({})).text(), "No changes");
    other.call(Era::Handshake, "undo_change", json!({ "id": id })).fails_with("there is no such change");
    assert!(two.join("a").exists());
}

#[test]
fn the_oldest_changes_go_when_the_journal_is_full() {
    let mut desk = Desk::with(&[("MCP_SERVER_JOURNAL_MAX_BYTES", "1MiB")]);
    let mut noise = 1_u64;
    let mut bytes = move || {
        let mut text = String::new();
        while text.len() < 100_000 {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(&noise.to_string());
        }
        text
    };
    let ids: Vec<_> = (0..40)
        .map(|_| change(&desk.call("write_file", json!({ "path": "a", "content": bytes() }))))
        .collect();
    let listed = desk.call("list_changes", json!({ "maxResults": 1_000 }));
    assert!(listed.text().contains(&ids[39]));
    assert!(!listed.text().contains(&ids[0]), "the oldest is still there");
    desk.call("undo_change", json!({ "id": ids[0] })).fails_with("there is no such change");
    desk.call("undo_change", json!({ "id": ids[39] })).text();
    let large = desk.put("large", vec![b'x'; 2 << 20]);
    desk.call("delete_file", json!({ "path": "large" })).fails_with("`journal.allow_larger = true`");
    assert!(large.exists());
}
