//! Editing and writing: what is not touched stays, and nothing is guessed.

use std::{fs, os::unix::fs::MetadataExt};

use proptest::prelude::*;
use serde_json::json;

use crate::{
    common::Era,
    desk::{Desk, change, mode, tag},
};

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
}

#[test]
fn line_ends_stay_what_they_are() {
    let mut desk = Desk::new();
    desk.put("w.txt", "a\r\nb\r\nc\r\n");
    desk.edit("w.txt", "b", "B").text();
    desk.holds("w.txt", "a\r\nB\r\nc\r\n");
    desk.put("w2.txt", "one\r\ntwo\r\nthree\r\n");
    desk.edit("w2.txt", "one\ntwo", "1\n2\n2a").text();
    desk.holds("w2.txt", "1\r\n2\r\n2a\r\nthree\r\n");
    desk.edit("w2.txt", "three\r\n", "3\r\n").text();
    desk.holds("w2.txt", "1\r\n2\r\n2a\r\n3\r\n");
}

#[test]
fn bytes_outside_of_an_edit_stay_what_they_are() {
    let mut desk = Desk::new();
    let odd = b"a\r\nb\nkeep  \t\n\x0Cform\nlone\rcr\nx = 1\n\xC2\xA0nbsp\nlast".to_vec();
    desk.put("m.txt", &odd);
    let id = change(&desk.edit("m.txt", "x = 1", "x = 2"));
    let found = fs::read(desk.root.join("m.txt")).unwrap();
    assert_eq!(found.len(), odd.len());
    assert_eq!(found.iter().zip(&odd).filter(|(one, two)| one != two).count(), 1);
    desk.call("undo_change", json!({ "id": id })).text();
    desk.holds("m.txt", &odd);

    for (name, before, after) in [
        ("l1.ini", &b"caf\xE9\nkey=1\n"[..], &b"caf\xE9\nkey=2\n"[..]),
        ("raw.ini", b"key=1\nbad=\xFF\xFE\x80\n", b"key=2\nbad=\xFF\xFE\x80\n"),
        ("sjis.ini", b"\x83\x65\x83\x58\x83\x67\nkey=1\n", b"\x83\x65\x83\x58\x83\x67\nkey=2\n"),
    ] {
        desk.put(name, before);
        desk.edit(name, "key=1", "key=2").text();
        desk.holds(name, after);
    }
}

#[test]
fn encodings_and_marks_stay() {
    let mut desk = Desk::new();
    for (name, unit) in [("le.reg", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("be.txt", u16::to_be_bytes)] {
        desk.put(name, utf16("key=1\r\n", unit));
        desk.edit(name, "key=1\n", "key=2\n").text();
        desk.holds(name, utf16("key=2\r\n", unit));
    }
    desk.put("bom.txt", b"\xEF\xBB\xBFname=1\nx=2\n");
    desk.edit("bom.txt", "name=1\n", "name=9\n").text();
    desk.holds("bom.txt", b"\xEF\xBB\xBFname=9\nx=2\n");
    desk.put("broken.txt", b"\xFF\xFEa\x00\x00\xD8");
    desk.edit("broken.txt", "a", "b").fails_with("first other byte is at offset 4");
    desk.holds("broken.txt", b"\xFF\xFEa\x00\x00\xD8");
}

#[test]
fn a_text_that_occurs_twice_or_not_at_all_changes_nothing() {
    let mut desk = Desk::new();
    desk.put("a.py", "def foo():\n    x = 1\n    y = 2\n    return x + y\n");
    desk.edit("a.py", "    x  =  1", "    x = 100")
        .fails_with("the nearest place is line 2, which differs in white space");
    desk.edit("a.py", "x", "z").fails_with("occurs more than once, at lines 2, 4;");
    let edits = json!([{ "oldText": "y = 2", "newText": "y = 3" }, { "oldText": "nowhere", "newText": "" }]);
    desk.call("edit_file", json!({ "path": "a.py", "edits": edits }))
        .fails_with("edits[1]: `oldText` does not occur");
    desk.holds("a.py", "def foo():\n    x = 1\n    y = 2\n    return x + y\n");
    let all = json!([{ "oldText": "x", "newText": "z", "replaceAll": true }]);
    desk.call("edit_file", json!({ "path": "a.py", "edits": all })).text();
    desk.holds("a.py", "def foo():\n    z = 1\n    y = 2\n    return z + y\n");
}

#[test]
fn a_trial_shows_the_diff_that_the_real_run_makes() {
    let mut desk = Desk::new();
    desk.put("a.txt", "one\ntwo\n```\nthree");
    let arguments =
        |trial| json!({ "path": "a.txt", "dryRun": trial, "edits": [{ "oldText": "two", "newText": "2" }] });
    let trial = desk.call("edit_file", arguments(true));
    desk.holds("a.txt", "one\ntwo\n```\nthree");
    assert_eq!(desk.call("list_changes", json!({})).text(), "No changes");
    let real = desk.call("edit_file", arguments(false));
    let text = |answer: &crate::common::Answer| answer.result()["content"][0]["text"].clone();
    assert_eq!(text(&trial), text(&real));
    let shown = "````diff\nIndex: files:/a.txt\n===================================================================\n\
        --- files:/a.txt\toriginal\n+++ files:/a.txt\tmodified\n@@ -1,4 +1,4 @@\n one\n-two\n+2\n ```\n three\n\
        \\ No newline at end of file\n````\n\n";
    assert_eq!(text(&real), shown);
}

#[test]
fn a_stale_write_is_refused_and_says_what_changed() {
    let mut desk = Desk::new();
    desk.put("a.txt", "one\n");
    let read = tag(&desk.call("read_text_file", json!({ "path": "a.txt" })));
    desk.call("write_file", json!({ "path": "a.txt", "content": "two\n", "ifMatch": read })).text();
    let stale = desk.call("write_file", json!({ "path": "a.txt", "content": "three\n", "ifMatch": read }));
    stale.fails_with("is not what you read").fails_with("-one\n+two");
    let edits = json!([{ "oldText": "two", "newText": "2" }]);
    desk.call("edit_file", json!({ "path": "a.txt", "edits": edits, "ifMatch": read }))
        .fails_with("(changed)");
    desk.put("a.txt", "somebody\n");
    let stale = desk.call("edit_file", json!({ "path": "a.txt", "edits": edits, "ifMatch": read }));
    stale.fails_with("somebody else changed it");
    desk.holds("a.txt", "somebody\n");
}

#[test]
fn mode_and_owner_and_attributes_stay() {
    let mut desk = Desk::new();
    let path = desk.put("a.sh", "echo 1\n");
    mode(&path, 0o751);
    let has_attributes =
        rustix::fs::setxattr(&path, "user.note", b"kept", rustix::fs::XattrFlags::empty()).is_ok();
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        std::os::unix::fs::chown(&path, Some(1234), Some(2345)).unwrap();
    }
    desk.edit("a.sh", "1", "2").text();
    let facts = fs::metadata(&path).unwrap();
    assert_eq!(facts.mode() & 0o7777, 0o751);
    if is_root {
        assert_eq!((facts.uid(), facts.gid()), (1234, 2345));
    }
    if has_attributes {
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(&path, "user.note", &mut value).unwrap();
        assert_eq!(&value[..length], b"kept");
    }
    desk.call("write_file", json!({ "path": "new.txt", "content": "" })).text();
    assert_eq!(fs::metadata(desk.root.join("new.txt")).unwrap().mode() & 0o111, 0, "as any new file");
}

#[test]
fn a_file_is_written_as_it_is_sent() {
    let mut desk = Desk::new();
    for content in ["\u{feff}q\n", "", "no end", "a\0b", "\r\n\r\n", "🏴\u{e0067}\u{e007f} e\u{301}"] {
        desk.call("write_file", json!({ "path": "a.txt", "content": content })).text();
        desk.holds("a.txt", content);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn bytes_that_are_not_touched_do_not_change(
        before in proptest::collection::vec(any::<u8>(), 0..60),
        after in proptest::collection::vec(any::<u8>(), 0..60),
        new in "[a-z\n\r\u{202e}\u{200b}é]{0,12}",
    ) {
        thread_local! {
            static DESK: std::cell::RefCell<Desk> = std::cell::RefCell::new(Desk::new());
        }
        DESK.with_borrow_mut(|desk| {
            let whole = [&before[..], b"<<here>>", &after[..]].concat();
            desk.put("x", &whole);
            let arguments = json!({ "path": "x", "edits": [{ "oldText": "<<here>>", "newText": new }] });
            let answer = desk.server.call(Era::Handshake, "edit_file", arguments);
            let found = fs::read(desk.root.join("x")).unwrap();
            if answer.result()["isError"] == true {
                prop_assert_eq!(found, whole);
            } else {
                prop_assert!(found.starts_with(&before) && found.ends_with(&after));
            }
            Ok(())
        })?;
    }
}

#[test]
fn a_trial_tells_no_right_guess_from_a_wrong_one() {
    let mut desk = Desk::new();
    desk.put("conf", "u=postgres://user:pa55w0rdX@db.internal/db\nport=1\n");
    let shown = desk.call("read_text_file", json!({ "path": "conf" })).text().to_owned();
    let (_, rest) = shown.split_once("user:").unwrap();
    let (mark, _) = rest.split_once('@').unwrap();
    assert!(mark.starts_with("[REDACTED:"), "{shown}");
    let mut guess = |password: &str| {
        let edits = json!([{ "oldText": format!(":{mark}@"), "newText": format!(":{password}@") }]);
        let answer = desk.call("edit_file", json!({ "path": "conf", "dryRun": true, "edits": edits }));
        answer.text();
        answer.result().clone()
    };
    assert_eq!(guess("pa55w0rdX"), guess("pa55w0rdY"));
}
