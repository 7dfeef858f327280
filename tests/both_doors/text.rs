//! Rows about the text a message is written in: its keys, encoding, control characters.

use serde_json::Value;

use crate::row::{Door, Gets, Row, call, hold, ok, ping, seven};

// --- N3: keys ---------------------------------------------------------------

#[test]
fn no_key_stands_twice_in_one_object_however_it_is_spelled() {
    // `@` is where the second key goes; the first stands there as it is.
    let places = [
        ("method", r#"{"jsonrpc":"2.0","id":7,"method":"tools/call",@:"ping"}"#),
        ("jsonrpc", r#"{"jsonrpc":"2.0","id":7,@:"2.0","method":"ping"}"#),
        ("params", r#"{"jsonrpc":"2.0","id":7,"params":{},"method":"ping",@:{}}"#),
        (
            "name",
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"canary",@:"hello_world"}}"#,
        ),
        (
            "arguments",
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"canary","arguments":{},@:{}}}"#,
        ),
        ("_meta", r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{},@:{}}}"#),
        (
            "progressToken",
            r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{"progressToken":1,@:2}}}"#,
        ),
        (
            "silent",
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"canary","arguments":{"silent":true,@:false}}}"#,
        ),
        (
            "a",
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"canary","arguments":{"x":[{"y":{"a":1,"b":2,@:3}}]}}}"#,
        ),
        ("unknown", r#"{"jsonrpc":"2.0","id":7,"method":"ping","unknown":1,@:1}"#),
    ];
    let escape = |name: &str, at: usize, upper: bool| -> String {
        let char = name.as_bytes()[at];
        let code = if upper { format!("{char:04X}") } else { format!("{char:04x}") };
        format!("{}\\u{code}{}", &name[..at], &name[at + 1..])
    };
    let mut rows = Vec::new();
    for (name, place) in places {
        let all: String = name.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
        let last = name.len() - 1;
        for spelled in [name.to_owned(), escape(name, 0, false), escape(name, last, true), all] {
            let bytes = place.replace('@', &format!("\"{spelled}\""));
            rows.push(Row::refused(
                format!("`{name}` as {spelled}"),
                bytes,
                -32600,
                seven(),
                "duplicate_key",
            ));
        }
    }
    for spelled in ["id", r"\u0069d", r"\u0069\u0064"] {
        let bytes = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"ping","{spelled}":7}}"#);
        rows.push(Row::refused(format!("the id as {spelled}"), bytes, -32600, None, "duplicate_key"));
    }
    rows.push(Row::new(
        "one key in two objects",
        r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{"a":{"x":1},"b":{"x":1}}}}"#,
        ok(7),
    ));
    rows.push(Row::new(
        "other keys that look alike",
        r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{"a":1,"A":1,"à":1,"a ":1}}}"#,
        ok(7),
    ));
    hold(&rows);
}

// --- N4: UTF-8 --------------------------------------------------------------

#[test]
fn what_is_not_utf_8_is_a_parse_error() {
    let bad: [&[u8]; 15] = [
        b"\xC0\x80",
        b"\xC1\xBF",
        b"\xE0\x80\x80",
        b"\xF0\x80\x80\x80",
        b"\x80",
        b"\xBF",
        b"\xED\xA0\x80",
        b"\xED\xBF\xBF",
        b"\xF4\x90\x80\x80",
        b"\xF5\x80\x80\x80",
        b"\xFE",
        b"\xFF",
        b"\xC3",
        b"\xE2\x82",
        b"\xF0\x9F\x98",
    ];
    let mut rows = Vec::new();
    for bytes in bad {
        let with = |place: &str| {
            let (before, after) = place.split_once('@').unwrap();
            [before.as_bytes(), bytes, after.as_bytes()].concat()
        };
        for (name, place) in [
            (
                "a value",
                r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"canary","arguments":{"text":"a@b"}}}"#,
            ),
            ("a key", r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a@b":1}}"#),
            ("the method", r#"{"jsonrpc":"2.0","id":7,"method":"ping@"}"#),
        ] {
            let name = format!("{} in {name}", bytes.escape_ascii());
            rows.push(Row::refused(name, with(place), -32700, seven(), "not_utf8"));
        }
        let name = format!("{} in the id", bytes.escape_ascii());
        rows.push(Row::refused(
            name,
            with(r#"{"jsonrpc":"2.0","id":"a@","method":"ping"}"#),
            -32700,
            None,
            "not_utf8",
        ));
    }
    hold(&rows);
}

#[test]
fn other_encodings_and_a_byte_order_mark_are_parse_errors() {
    let text = ping(7).to_string();
    let wide = |unit: &dyn Fn(u16) -> Vec<u8>| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let (little, big) = (wide(&|unit| unit.to_le_bytes().into()), wide(&|unit| unit.to_be_bytes().into()));
    let widest = |chars: &dyn Fn(u32) -> [u8; 4]| {
        text.chars().flat_map(|char| chars(char.into())).collect::<Vec<u8>>()
    };
    let rows = [
        Row::refused(
            "UTF-8 with a mark",
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            -32700,
            None,
            "not_json",
        ),
        Row::refused("UTF-16LE", little.clone(), -32700, None, "not_json"),
        Row::refused("UTF-16BE", big.clone(), -32700, None, "not_json"),
        Row::refused(
            "UTF-16LE with a mark",
            [b"\xFF\xFE".as_slice(), &little].concat(),
            -32700,
            None,
            "not_utf8",
        ),
        Row::refused(
            "UTF-16BE with a mark",
            [b"\xFE\xFF".as_slice(), &big].concat(),
            -32700,
            None,
            "not_utf8",
        ),
        Row::refused("UTF-32LE", widest(&|char| char.to_le_bytes()), -32700, None, "not_json"),
        Row::refused("UTF-32BE", widest(&|char| char.to_be_bytes()), -32700, None, "not_json"),
        Row::refused(
            "gzip",
            b"\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03".as_slice(),
            -32700,
            None,
            "not_json",
        ),
    ];
    hold(&rows);
}

// --- N5: control characters and surrogates ----------------------------------

#[test]
fn control_characters_are_data_when_escaped_and_a_parse_error_when_raw() {
    let mut rows = Vec::new();
    for code in 0..0x20_u8 {
        let raw = [br#"{"text":"a"#.as_slice(), &[code], br#"b"}"#].concat();
        let row = Row::refused(format!("raw {code:02x}"), call("canary", raw), -32700, seven(), "not_json");
        // On stdio these two end a line.
        rows.push(if matches!(code, b'\n' | b'\r') { row.only(Door::Http) } else { row });
        let text = match code {
            b'\t' | b'\n' | b'\r' => format!("a{}b", char::from(code)),
            hidden => format!("a[HIDDEN:U+{hidden:04X}]b"),
        };
        let text = Gets::Says(text);
        rows.push(Row::echo(
            format!("escaped {code:02x} in free text"),
            format!(r#"{{"text":"a\u{code:04x}b"}}"#),
            text,
        ));
    }
    for (argument, escape, code) in [
        ("line", r"\u0000", "nul_byte"),
        ("line", r"\n", "line_break"),
        ("line", r"\u001b", "hidden_character"),
        ("line", r"\u202e", "hidden_character"),
        ("name", r"\u0000", "nul_byte"),
        ("name", r"\u0007", "hidden_character"),
        ("path", r"\u0000", "nul_byte"),
        ("glob", r"\u0000", "nul_byte"),
    ] {
        let arguments = format!(r#"{{"{argument}":"a{escape}b"}}"#);
        rows.push(Row::broken(
            format!("{escape} in `{argument}`"),
            arguments,
            &format!("`{argument}`"),
            code,
        ));
    }
    rows.push(Row::echo(
        "a raw DEL in free text",
        "{\"text\":\"a\u{7f}b\"}",
        Gets::Says("a[HIDDEN:U+007F]b".into()),
    ));
    hold(&rows);
}

#[test]
fn half_a_surrogate_pair_is_a_parse_error_and_a_whole_one_a_character() {
    let mut rows = Vec::new();
    for half in [
        r"\ud800",
        r"\udbff",
        r"\udc00",
        r"\udfff",
        r"\ud800\u0041",
        r"\ud800x",
        r"\udc00\ud800",
        r"\ud800\ud800\udc00",
    ] {
        let refused = |name: &str, bytes: Vec<u8>, id: Option<Value>| {
            Row::refused(format!("{half} in {name}"), bytes, -32700, id, "not_json")
        };
        rows.push(refused("a value", call("canary", format!(r#"{{"text":"{half}"}}"#)), Some(seven())));
        rows.push(refused("a key", call("canary", format!(r#"{{"{half}":1}}"#)), Some(seven())));
        rows.push(refused(
            "the method",
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{half}"}}"#).into(),
            Some(seven()),
        ));
        rows.push(refused(
            "the id",
            format!(r#"{{"jsonrpc":"2.0","id":"{half}","method":"ping"}}"#).into(),
            None,
        ));
    }
    rows.push(Row::echo("a pair", r#"{"text":"\ud83d\ude80"}"#, Gets::Says("🚀".into())));
    rows.push(Row::echo("a character beyond the 16-bit ones", r#"{"text":"🚀"}"#, Gets::Says("🚀".into())));
    hold(&rows);
}
