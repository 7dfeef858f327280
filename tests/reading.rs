//! Cases from the field about reading, through both doors: what a file holds
//! arrives as it is, or the answer says why not.

mod common;

use std::{fs, io::Read, os::unix::fs::PermissionsExt, process::Stdio, thread, time::Duration};

use common::{Door, Era, Log, Place, Server, UNLIMITED, initialize, place_of_an_ordinary_user};
use serde_json::{Value, json};

/// A server on a root with these files, and that root's path.
#[track_caller]
fn serving(door: Door, files: &[(&str, &[u8])]) -> (Place, Server, String) {
    let place = Place::new();
    for (name, bytes) in files {
        place.write(&format!("root/{name}"), bytes);
    }
    let path = place.dir("root").display().to_string();
    let server = Server::start(&place, door, &["--root", &path], &[]);
    (place, server, path)
}

#[test]
fn a_tail_of_one_line_is_the_last_line() {
    let files: [(&str, &[u8]); 5] = [
        ("t.txt", b"one\ntwo\nthree\n"),
        ("u.txt", b"one\ntwo\nthree"),
        ("v.txt", b"one\r\ntwo\r\nthree\r\n"),
        ("e.txt", b""),
        ("b.txt", b"\n\n\n"),
    ];
    for door in Door::ALL {
        let (_place, mut server, path) = serving(door, &files);
        let mut read = |file: &str, part: &str, lines: u64| {
            let answer =
                server.call("read_text_file", json!({ "path": format!("{path}/{file}"), part: lines }));
            answer.text().to_owned()
        };
        assert_eq!(read("t.txt", "tail", 1).trim_end(), "three");
        assert_eq!(read("t.txt", "tail", 2).trim_end(), "two\nthree");
        assert_eq!(read("u.txt", "tail", 1), "three");
        assert_eq!(read("v.txt", "tail", 1).trim_end(), "three");
        assert_eq!(read("e.txt", "tail", 1), "");
        assert_eq!(read("b.txt", "tail", 2).trim_matches('\n'), "");
        assert_eq!(read("t.txt", "tail", 9).trim_end(), "one\ntwo\nthree");
        assert_eq!(read("t.txt", "head", 9).trim_end(), "one\ntwo\nthree");
    }
}

#[test]
fn text_in_another_encoding_is_read_and_said_to_be_in_it() {
    let files: [(&str, &[u8], &str, &str); 4] = [
        ("l1.ini", b"caf\xE9\nkey=1\n", "caf\u{e9}\nkey=1\n", "windows-1252, as it looks"),
        ("raw.ini", b"ok=1\nbad=\xFF\xFE\x80\n", "ok=1\n", "as it looks"),
        ("sjis.ini", b"\x83\x65\x83\x58\x83\x67\nkey=1\n", "key=1\n", "as it looks"),
        (
            "p.xml",
            b"<?xml version='1.0' encoding='Shift_JIS'?>\n<p>\x93\xFA\x96\x7B</p>",
            "\u{65e5}\u{672c}",
            "Shift_JIS, as it declares",
        ),
    ];
    for door in Door::ALL {
        let (_place, mut server, path) = serving(door, &files.map(|(name, bytes, ..)| (name, bytes)));
        for (name, _, text, note) in files {
            let answer = server.call("read_text_file", json!({ "path": format!("{path}/{name}") }));
            assert!(answer.text().contains(text), "{:?}", answer.result());
            assert!(
                answer.never_mentions("\u{fffd}").result().to_string().contains(note),
                "{:?}",
                answer.result()
            );
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_named_by_their_place_and_never_replaced() {
    let files: [(&str, &[u8], usize); 2] =
        [("l1.bin", b"caf\xE9\nkey=1\n\0", 3), ("raw.bin", b"ok=1\nbad=\xFF\xFE\x80\x01\n", 9)];
    for door in Door::ALL {
        let (_place, mut server, path) = serving(door, &files.map(|(name, bytes, _)| (name, bytes)));
        for (name, _, at) in files {
            let answer = server.call("read_text_file", json!({ "path": format!("{path}/{name}") }));
            answer.fails_with(&at.to_string()).never_mentions("\u{fffd}").never_mentions(&path);
        }
    }
}

#[test]
fn a_byte_order_mark_says_the_encoding_and_is_no_text() {
    let files: [(&str, &[u8], &str); 3] = [
        ("le.reg", b"\xFF\xFEk\x00e\x00y\x00=\x001\x00\r\x00\n\x00", "key=1\r\n"),
        ("be.txt", b"\xFE\xFF\x00k\x00e\x00y\x00=\x001\x00\n", "key=1\n"),
        ("bom.txt", b"\xEF\xBB\xBFname=1\nx=2\n", "name=1\nx=2\n"),
    ];
    for door in Door::ALL {
        let (_place, mut server, path) = serving(door, &files.map(|(name, bytes, _)| (name, bytes)));
        for (name, _, text) in files {
            server.call("read_text_file", json!({ "path": format!("{path}/{name}") })).says(text);
        }
    }
}

#[test]
fn the_last_large_answers_are_whole_however_late_they_are_read() {
    let place = Place::new();
    let text = format!("{}\n", "x".repeat(199)).repeat(2_000);
    place.write("root/big.txt", &text);
    let root = place.dir("root");
    let mut command = place.command(&["serve", "--root", root.to_str().unwrap()]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let handshake =
        format!("{}\n{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}}\n", initialize("hs"));
    let said = (1..=4).fold(handshake, |said, id| {
        let part = json!({ "path": "big.txt", "offset": id * 400 - 399 });
        said + &format!("{}\n", Era::Handshake.call(id, "read_text_file", part))
    });
    std::io::Write::write_all(&mut stdin, said.as_bytes()).unwrap();
    drop(stdin);
    thread::sleep(Duration::from_secs(2)); // nobody reads, and the input has ended
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(child.wait().unwrap().success());
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 5);
    for answer in &answers[1..] {
        let blocks = answer["result"]["content"].as_array().unwrap();
        let shown = blocks[0]["text"].as_str().unwrap();
        assert!(text.starts_with(shown) && shown.len() > 80_000, "{} bytes", shown.len());
        assert!(
            blocks[1]["text"].as_str().unwrap().contains("offset"),
            "it says how to go on: {}",
            blocks[1]
        );
    }
}

#[test]
fn the_older_name_of_read_text_file_is_answered_and_never_listed() {
    for door in Door::ALL {
        let (place, mut server, _) = serving(door, &[("a.txt", b"hi\n")]);
        let listed = server.ask_all(&[("tools/list", Value::Null)]).remove(0);
        let names: Vec<_> =
            listed.result()["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
        assert!(!names.contains(&&json!("read_file")), "{names:?}");
        server.call("read_file", json!({ "path": "a.txt" })).says("hi\n");
        server.call("read_file", json!({ "path": "../a.txt" })).fails_with("`path`");
        server.call("read_text_file", json!({ "path": "a.txt" })).says("hi\n");
        server.stop();
        let log = place.log();
        let told: Vec<_> = log
            .endings()
            .iter()
            .map(|event| (event["tool"].as_str().unwrap(), event["details"]["called_as"].as_str()))
            .collect();
        let as_alias = ("read_text_file", Some("read_file"));
        assert_eq!(told, [as_alias, as_alias, ("read_text_file", None)]);

        let place = Place::new();
        let root = place.write("root/a.txt", "hi\n").parent().unwrap().display().to_string();
        let offers = [("MCP_SERVER_TOOLS_OFFER", "list_*")];
        let mut server = Server::start(&place, door, &["--root", &root], &offers);
        server.call("read_file", json!({ "path": "a.txt" })).is_error(-32602);
        server.stop();
    }
}

#[test]
fn what_the_system_does_not_let_us_read_is_said_and_the_rest_is_shown() {
    for door in Door::ALL {
        let (place, prefix) = place_of_an_ordinary_user();
        let (root, events) = (place.dir("root"), place.path().join("parent/events"));
        place.write("root/open.txt", "open\n");
        place.write("root/listed/a.txt", "12345");
        for (path, mode) in [("root/shut.png", 0o000), ("root/shut/x.txt", 0o644)] {
            let path = place.write(path, "SHUT-SECRET");
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        for (dir, mode) in [("shut", 0o700), ("listed", 0o744), ("", 0o755)] {
            fs::set_permissions(root.join(dir), fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut serve = vec!["serve", "--root", root.to_str().unwrap()];
        serve.extend((door == Door::Http).then_some("--http=127.0.0.1:0"));
        let mut command = place.command_after(&prefix, &serve);
        command.env(UNLIMITED.0, UNLIMITED.1).env("MCP_SERVER_EVENTS_DIR", &events);
        let mut server = Server::spawn(door, command);
        let on = |path: &str| json!({ "path": path });
        let refused = "the system does not allow it";
        for (tool, path) in [
            ("read_text_file", "shut.png"),
            ("read_media_file", "shut.png"),
            ("read_text_file", "shut/x.txt"),
            ("list_directory", "shut"),
            ("list_directory_with_sizes", "shut"),
            ("directory_tree", "shut"),
            ("search_files", "shut"),
        ] {
            let mut args = on(path);
            if tool == "search_files" {
                args["pattern"] = "**".into();
            }
            let answer = server.call(tool, args);
            answer.fails_with(&format!("root:/{path}: {refused}")).never_mentions("SHUT-SECRET");
        }
        let several = json!({ "paths": ["shut.png", "open.txt", "shut/x.txt"] });
        server.call("read_multiple_files", several).says(&format!(
            "root:/shut.png: Error - {refused}\n---\nroot:/open.txt:\nopen\n\n\n---\nroot:/shut/x.txt: Error - {refused}"
        ));
        let tree = server.call("directory_tree", on("."));
        let shown: Value = serde_json::from_str(tree.text()).unwrap();
        assert_eq!(
            shown,
            json!([
                { "name": "listed", "type": "directory", "children": [{ "name": "a.txt", "type": "file" }] },
                { "name": "open.txt", "type": "file" },
                { "name": "shut", "type": "directory" },
                { "name": "shut.png", "type": "file" },
            ])
        );
        assert_eq!(tree.result()["content"][1]["text"], "[could not be read: \"root:/shut\"]");
        // a directory may be listed and its files not be measured
        let sized = server.call("list_directory_with_sizes", on("listed"));
        let name = format!("{:<30}", "a.txt");
        sized.says(&format!("[FILE] {name}    unknown\n\nTotal: 1 files, 0 directories\nCombined size: 0 B"));
        let note = &sized.result()["content"][1]["text"];
        assert_eq!(note, "[the system does not tell the size of 1 files]");
        server.stop();
        Log::read(&events).endings();
    }
}
