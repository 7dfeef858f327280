//! Cases from the field about reading, through both doors: what a file holds
//! arrives as it is, or the answer says why not.

mod common;

use std::{io::Read, process::Stdio, thread, time::Duration};

use common::{Door, Era, Place, Server, initialize};
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
fn bytes_that_are_no_text_are_named_by_their_place_and_never_replaced() {
    let files: [(&str, &[u8], usize); 3] = [
        ("l1.ini", b"caf\xE9\nkey=1\n", 3),
        ("raw.ini", b"ok=1\nbad=\xFF\xFE\x80\n", 9),
        ("sjis.ini", b"\x83\x65\x83\x58\x83\x67\nkey=1\n", 0),
    ];
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
