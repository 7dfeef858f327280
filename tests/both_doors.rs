//! What a client may send, and what it gets, through either door.
//!
//! Every row of the tables is one message. It is sent on stdio and by POST, to
//! a server with the tools of `examples/fixture_tools.rs`, and each time: the
//! answer is the expected one, with its id as it was written; the next good
//! request is answered; exactly one event is left, or none where nothing is to
//! be told; nothing ran that should not; and memory stays bounded.
//!
//! `FULL=1` adds the messages of 16 MiB to 1 GiB, and goes through everything three times.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a panic, and brevity counts"
)]

mod common;

use std::{
    env, fmt,
    io::{Read, Write},
    thread,
    time::{Duration, Instant},
};

use common::{Answer, Era, HttpServer, KEY, Place, Reply, StdioServer, UNLIMITED};
use serde_json::{Value, json};

/// What a server may use besides its own size, in KiB, whatever it is sent.
const MEMORY_KIB_MAX: u64 = 64 << 10;

/// The next good request is answered within this; ten times the bound that benches hold.
const NEXT_WITHIN: Duration = Duration::from_secs(1);

/// Rows for one server: no more refusals than are written singly in a second,
/// nor than are answered without an id.
const ROWS_AT_ONCE: usize = 10;

const MESSAGE_BYTES_MAX: usize = 1 << 20;

// --- rows and how they are held to ------------------------------------------

/// One message, and what it gets.
#[derive(Clone)]
struct Row {
    name: String,
    bytes: Vec<u8>,
    gets: Gets,
    /// The event that it leaves, and its code.
    event: Option<(&'static str, &'static str)>,
    door: Option<Door>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Door {
    Stdio,
    Http,
}

#[derive(Clone, Debug)]
enum Gets {
    /// A result with this id.
    Result(Value),
    /// A result with the id 7, and this text.
    Says(String),
    /// A failure with the id 7 that says this, among other things.
    Failure(String),
    /// An error with this number, and this id if one could be read.
    Error(i64, Option<Value>),
    /// Nothing: on stdio not a byte, over HTTP 202.
    Silence,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = &self.bytes[..self.bytes.len().min(300)];
        write!(
            f,
            "{}: {} ({} bytes) should get {:?}",
            self.name,
            start.escape_ascii(),
            self.bytes.len(),
            self.gets
        )
    }
}

impl Row {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>, gets: Gets) -> Self {
        Self { name: name.into(), bytes: bytes.into(), gets, event: None, door: None }
    }

    /// Turned away before it is a call.
    fn refused(
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        number: i64,
        id: impl Into<Option<Value>>,
        code: &'static str,
    ) -> Self {
        Self::new(name, bytes, Gets::Error(number, id.into())).leaving("message_refused", code)
    }

    /// A call of `echo` with these arguments, as they are written, under the id 7.
    fn echo(name: impl Into<String>, arguments: impl AsRef<[u8]>, gets: Gets) -> Self {
        let row = Self::new(name, call("echo", arguments), gets.clone());
        match gets {
            Gets::Result(_) | Gets::Says(_) => row.leaving("tool_called", ""),
            _ => row,
        }
    }

    /// A call of `echo` that fails for an argument.
    fn broken(name: impl Into<String>, arguments: impl AsRef<[u8]>, says: &str, code: &'static str) -> Self {
        Self::echo(name, arguments, Gets::Failure(says.to_owned())).leaving("input_validation_failed", code)
    }

    fn leaving(mut self, event: &'static str, code: &'static str) -> Self {
        self.event = Some((event, code));
        self
    }

    fn only(mut self, door: Door) -> Self {
        self.door = Some(door);
        self
    }

    /// Holds an answer to what the row says. `said` is `None` for silence.
    #[track_caller]
    fn judge(&self, said: Option<&Value>) {
        let answer = || Answer(said.unwrap_or_else(|| panic!("silence; {self}")).clone());
        let has_id = |id: Option<&Value>| {
            assert_eq!(said.and_then(|said| said.get("id")), id, "{said:?}; {self}");
        };
        match &self.gets {
            Gets::Silence => assert!(said.is_none(), "{said:?}; {self}"),
            Gets::Result(id) => {
                assert!(answer().0["result"].is_object(), "{said:?}; {self}");
                has_id(Some(id));
            }
            Gets::Says(text) => {
                assert_eq!(answer().0["result"]["content"][0]["text"], **text, "{self}");
                has_id(Some(&json!(7)));
            }
            Gets::Failure(says) => {
                let text = answer().failure().to_owned();
                assert!(text.contains(says.as_str()), "{text:?}; {self}");
                has_id(Some(&json!(7)));
            }
            Gets::Error(number, id) => {
                assert_eq!(answer().0["error"]["code"], *number, "{said:?}; {self}");
                is_a_known_error(*number);
                has_id(id.as_ref());
            }
        }
    }

    /// The status that goes with the answer, in a version with a handshake.
    fn status(&self) -> u16 {
        match &self.gets {
            Gets::Silence => 202,
            Gets::Error(..) if self.event.is_some_and(|(_, code)| code == "message_too_large") => 413,
            Gets::Error(-32700 | -32600, _) | Gets::Error(_, None) => 400,
            _ => 200,
        }
    }
}

/// The numbers that the specification defines, and no others (MCP 2026-07-28, basic, "Error codes").
#[track_caller]
fn is_a_known_error(number: i64) {
    let known = [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022];
    assert!(known.contains(&number), "{number} is no error of the protocol");
}

/// Holds both doors to all of `rows`.
#[track_caller]
fn hold(rows: &[Row]) {
    for _ in 0..if is_full() { 3 } else { 1 } {
        let mut stdio: Vec<_> = rows.iter().filter(|row| row.door != Some(Door::Http)).collect();
        let mut http: Vec<_> = rows.iter().filter(|row| row.door != Some(Door::Stdio)).collect();
        stdio.chunks_mut(ROWS_AT_ONCE).for_each(|rows| on_stdio(rows));
        http.chunks_mut(ROWS_AT_ONCE).for_each(|rows| over_http(rows));
    }
}

fn is_full() -> bool {
    env::var_os("FULL").is_some()
}

#[track_caller]
fn on_stdio(rows: &[&Row]) {
    let place = Place::with_fixture_tools();
    let mut server = StdioServer::start(&place, &[], &[UNLIMITED]).open(Era::Handshake);
    for row in rows {
        server.send_bytes(&row.bytes);
        server.send_bytes(b"\n");
        let since = match row.gets {
            Gets::Silence => Instant::now(),
            _ => {
                row.judge(Some(&server.receive()));
                Instant::now()
            }
        };
        server.send(&ping("next"));
        assert_eq!(server.receive()["id"], "next", "{row}");
        assert!(since.elapsed() < NEXT_WITHIN, "the next took {:?} after {row}", since.elapsed());
    }
    server.call(Era::Handshake, "canary", json!({ "silent": true })).says("0");
    let memory = server.process().status("VmHWM");
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB after {}", rows[0]);
    let (status, rest) = server.finish();
    assert!(status.success() && rest.is_empty(), "{status} {rest:?}");
    left(&place, rows);
}

#[track_caller]
fn over_http(rows: &[&Row]) {
    let place = Place::with_fixture_tools();
    let mut server = place.http_unlimited();
    for row in rows {
        let reply = server.send(&row.bytes);
        assert_eq!(reply.status, row.status(), "{}; {row}", reply.text());
        let said = (!reply.body.is_empty()).then(|| reply.answer().0);
        // Before its body is read a message has no id that could be repeated.
        if reply.status != 413 {
            row.judge(said.as_ref());
        }
        let since = Instant::now();
        server.send(ping("next").to_string()).is(200).answer().has_id("next");
        assert!(since.elapsed() < NEXT_WITHIN, "the next took {:?} after {row}", since.elapsed());
    }
    server.call(Era::Handshake, "canary", json!({ "silent": true })).says("0");
    let memory = server.process().status("VmHWM");
    assert!(memory < MEMORY_KIB_MAX, "{memory} KiB after {}", rows[0]);
    assert!(server.stop().success());
    left(&place, rows);
}

/// Every row left its one event, in order, and nothing else was left.
#[track_caller]
fn left(place: &Place, rows: &[&Row]) {
    let mut expected: Vec<_> = rows
        .iter()
        .filter_map(|row| row.event)
        .map(|(event, code)| format!("{event} {code}").trim().to_owned())
        .collect();
    expected.push("tool_called".to_owned()); // the canary
    let about_a_message = |event: &Value| {
        let name = event["event"].as_str().unwrap().to_owned();
        (!name.starts_with("server_") && name != "output_withheld")
            .then(|| format!("{name} {}", event["code"].as_str().unwrap_or_default()).trim().to_owned())
    };
    let seen: Vec<_> = place.events().iter().filter_map(about_a_message).collect();
    assert_eq!(seen, expected, "{}", rows.iter().map(|row| format!("\n  {row}")).collect::<String>());
}

trait Unlimited {
    fn http_unlimited(&self) -> HttpServer;
}

impl Unlimited for Place {
    fn http_unlimited(&self) -> HttpServer {
        HttpServer::start(self, &[], &[UNLIMITED, ("MCP_SERVER_EVENTS_REQUESTS", "false")])
    }
}

trait Send {
    /// Posts bytes as a client with a handshake does.
    fn send(&self, body: impl AsRef<[u8]>) -> Reply;
}

impl Send for HttpServer {
    #[track_caller]
    fn send(&self, body: impl AsRef<[u8]>) -> Reply {
        let body = body.as_ref();
        let bearer = format!("Bearer {KEY}");
        let length = body.len().to_string();
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", Era::Handshake.version()),
            ("Content-Length", length.as_str()),
        ];
        // Of what is refused by its length, not more than the server drops is sent.
        let sent = if body.len() > MESSAGE_BYTES_MAX { &body[..1 << 10] } else { body };
        self.request("POST", "/mcp", &headers, sent)
    }
}

// --- messages ---------------------------------------------------------------

fn ping(id: impl Into<Value>) -> Value {
    Era::Handshake.request(id, "ping", Value::Null)
}

/// A call under the id 7 whose arguments are written as they are given.
fn call(tool: &str, arguments: impl AsRef<[u8]>) -> Vec<u8> {
    let head =
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"{tool}","arguments":"#);
    [head.as_bytes(), arguments.as_ref(), b"}}"].concat()
}

fn seven() -> Option<Value> {
    Some(json!(7))
}

fn ok(id: impl Into<Value>) -> Gets {
    Gets::Result(id.into())
}

// --- N1: size ---------------------------------------------------------------

#[test]
fn a_message_over_1_mib_is_refused_with_its_id_where_that_can_be_read() {
    let mut rows = vec![Row::new(
        "exactly 1 MiB",
        {
            let mut bytes = ping(7).to_string().into_bytes();
            bytes.resize(MESSAGE_BYTES_MAX, b' ');
            bytes
        },
        ok(7),
    )];
    let sizes: &[usize] = if is_full() { &[1, 4, 16, 64] } else { &[1, 4] };
    for mib in sizes {
        let long = "x".repeat(mib << 20);
        let whole = |head: &str, tail: &str| format!("{head}{long}{tail}");
        let head = r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"canary","#;
        let variants = [
            (
                "id first",
                whole(r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":{"x":""#, r#""}}"#),
                Some(json!("a")),
            ),
            ("id last", whole(&format!(r#"{head}"x":""#), r#""},"id":-5}"#), Some(json!(-5))),
            ("id as escapes", whole(r#"{"\u0069\u0064":8,"x":""#, r#""}"#), Some(json!(8))),
            ("no id", whole(&format!(r#"{head}"x":""#), r#""}}"#), None),
            ("id further in", whole(&format!(r#"{head}"id":1,"x":""#), r#""}}"#), None),
            ("id twice", whole(r#"{"id":1,"x":""#, r#"","id":2}"#), None),
            ("id null", whole(r#"{"id":null,"x":""#, r#""}"#), None),
            ("id too long", whole(r#"{"id":""#, r#""}"#), None),
            ("a batch", whole(r#"[{"id":1,"x":""#, r#""}]"#), None),
            ("no JSON", whole(r#"{"x":nonsense,"id":1,"x":""#, r#""}"#), None),
        ];
        rows.extend(variants.into_iter().map(|(name, bytes, id)| {
            Row::refused(format!("{mib} MiB, {name}"), bytes, -32600, id, "message_too_large")
        }));
    }
    hold(&rows);
}

#[test]
fn a_line_of_64_mib_costs_no_memory() {
    let place = Place::with_fixture_tools();
    let mut server = StdioServer::start(&place, &[], &[]).open(Era::Handshake);
    server
        .send_bytes(br#"{"jsonrpc":"2.0","id":"big","method":"tools/call","params":{"name":"canary","x":""#);
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..if is_full() { 1024 } else { 64 } {
        server.send_bytes(&piece);
    }
    server.send_bytes(b"\"}}\n");
    server.answer_to("big").is_error(-32600);
    server.call(Era::Handshake, "canary", json!({ "silent": true })).says("0");
    assert!(server.process().status("VmHWM") < MEMORY_KIB_MAX);
}

#[test]
fn a_body_without_a_length_is_cut_at_1_mib() {
    let place = Place::with_fixture_tools();
    let server = place.http_unlimited();
    let mut stream = server.connect();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.addr()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 1 << 16], b"\r\n"].concat();
    // One chunk more than fits, and no end.
    for _ in 0..17 {
        stream.write_all(&chunk).unwrap();
    }
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    Reply::parse(&said).is(413);
    assert_eq!(place.await_events("message_refused", 1)[0]["code"], "message_too_large");
}

// --- N2: depth --------------------------------------------------------------

#[test]
fn a_message_may_nest_64_levels_and_no_more() {
    let nested = |open: &str, close: &str, levels: usize| {
        // Three levels are there before the first of these.
        let levels = levels - 3;
        let (inside, id) = (format!("{}1{}", open.repeat(levels), close.repeat(levels)), r#""id":7"#);
        format!(r#"{{"jsonrpc":"2.0",{id},"method":"ping","params":{{"_meta":{{"x":{inside}}}}}}}"#)
    };
    let mut rows = Vec::new();
    for (kind, open, close) in [("lists", "[", "]"), ("objects", r#"{"a":"#, "}")] {
        rows.push(Row::new(format!("64 {kind}"), nested(open, close, 64), ok(7)));
        for levels in [65, 127, 128, 1_000, 100_000] {
            let name = format!("{levels} {kind}");
            rows.push(Row::refused(name, nested(open, close, levels), -32600, seven(), "message_too_deep"));
        }
        let unclosed =
            |levels: usize| format!(r#"{{"jsonrpc":"2.0","id":7,"params":{}"#, open.repeat(levels));
        rows.push(Row::refused(format!("60 {kind}, open"), unclosed(60), -32700, seven(), "not_json"));
        rows.push(Row::refused(
            format!("100,000 {kind}, open"),
            unclosed(100_000),
            -32600,
            seven(),
            "message_too_deep",
        ));
    }
    rows.push(Row::refused("64 brackets", "[".repeat(64), -32700, None, "not_json"));
    rows.push(Row::refused(
        "a list of lists",
        format!("{}{}", "[".repeat(64), "]".repeat(64)),
        -32600,
        None,
        "batch",
    ));
    rows.push(Row::refused("1,000,000 brackets", "[".repeat(1_000_000), -32600, None, "batch"));
    rows.push(Row::refused("10,000,000 brackets", "[".repeat(10_000_000), -32600, None, "message_too_large"));
    rows.push(Row::refused("an end without a start", "]}".repeat(1_000), -32700, None, "not_json"));
    hold(&rows);
}

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
        let text = Gets::Says(format!("a{}b", char::from(code)));
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
    rows.push(Row::echo("a raw DEL in free text", "{\"text\":\"a\u{7f}b\"}", Gets::Says("a\u{7f}b".into())));
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
        let refused = |name: &str, bytes: Vec<u8>, id| {
            Row::refused(format!("{half} in {name}"), bytes, -32700, id, "not_json")
        };
        rows.push(refused("a value", call("canary", format!(r#"{{"text":"{half}"}}"#)), seven()));
        rows.push(refused("a key", call("canary", format!(r#"{{"{half}":1}}"#)), seven()));
        rows.push(refused(
            "the method",
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{half}"}}"#).into(),
            seven(),
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

// --- N6: batches ------------------------------------------------------------

#[test]
fn nothing_in_a_batch_is_carried_out() {
    let sing = String::from_utf8(call("canary", "{}")).unwrap();
    let many = |count: usize| format!("[{}]", vec![sing.as_str(); count].join(","));
    let rows = [
        ("empty", "[]".to_owned()),
        ("of one", many(1)),
        ("of 1,000", many(1_000)),
        ("in a batch", format!("[{}]", many(2))),
        (
            "mixed",
            format!(r#"[{},{sing},{{"jsonrpc":"2.0","method":"notifications/initialized"}}]"#, ping(1)),
        ),
        ("after white space", format!(" \t {}", many(1))),
        ("of null", "[null]".to_owned()),
        ("of an object", "[{}]".to_owned()),
        ("of numbers", "[1,2,3]".to_owned()),
        ("of a notification", r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#.to_owned()),
    ];
    hold(&rows.map(|(name, bytes)| Row::refused(name, bytes, -32600, None, "batch")));
}

// --- N7, B1, B2: ids --------------------------------------------------------

#[test]
fn an_id_is_a_short_string_or_an_integer_and_comes_back_as_it_was_written() {
    let longest = format!("\"{}\"", "x".repeat(256));
    let mut rows = Vec::new();
    for id in [
        "\"\"",
        "\"1\"",
        "1",
        "0",
        "-1",
        "9007199254740991",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "\"ü\\u0000\\n\"",
        "\"null\"",
        longest.as_str(),
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        rows.push(Row::new(format!("the id {id}"), message, ok(serde_json::from_str::<Value>(id).unwrap())));
    }
    let (longer, longest) = (format!("\"{}\"", "x".repeat(257)), format!("\"{}\"", "x".repeat(1_000_000)));
    for id in [
        "9223372036854775808",
        "18446744073709551616",
        "-9223372036854775809",
        "1e2",
        "1.0",
        "1.5",
        "-0",
        "null",
        "true",
        "false",
        "{}",
        "[]",
        "[1]",
        r#"{"a":1}"#,
        longer.as_str(),
        longest.as_str(),
    ] {
        let message = |id: &str| {
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"canary"}}}}"#)
        };
        rows.push(Row::refused(
            format!("the id {}", &id[..id.len().min(30)]),
            message(id),
            -32600,
            None,
            "bad_id",
        ));
    }
    let missing = r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"canary"}}"#;
    rows.push(Row::new("no id", missing, Gets::Silence).leaving("message_refused", "missing_id"));
    rows.push(Row::new(
        "a notification",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        Gets::Silence,
    ));
    hold(&rows);
}

#[test]
fn ids_that_look_alike_are_two_ids_and_their_bytes_come_back() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    for id in ["1", "\"1\"", "9007199254740993", "-1", r#""\u00fc""#] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let said = http.send(message).text();
        let plain = if id.contains('\\') { "\"ü\"" } else { id };
        assert!(said.contains(&format!("\"id\":{plain}")), "{said}");
    }
    let mut stdio = place.stdio(&[]).open(Era::Handshake);
    stdio.send(&Era::Handshake.call(1, "hang", json!({})));
    stdio.send(&Era::Handshake.call("1", "echo", json!({ "text": "the other" })));
    stdio.answer_to("1").says("the other");
}

#[test]
fn the_result_of_2026_says_what_it_is_and_those_before_do_not() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    for era in Era::ALL {
        let mut stdio = place.stdio(&[]).open(era);
        for method in ["tools/list", "server/discover"] {
            // `server/discover` is spoken before anything is agreed on.
            let asked = if method == "server/discover" { Era::PerRequest } else { era };
            for answer in [stdio.ask(asked, method, Value::Null), http.ask(asked, method, Value::Null)] {
                let expected = if asked == Era::PerRequest { json!("complete") } else { Value::Null };
                assert_eq!(answer.result()["resultType"], expected, "{era:?} {method}");
            }
        }
        for answer in [stdio.call(era, "echo", json!({})), http.call(era, "echo", json!({}))] {
            let expected = if era == Era::PerRequest { json!("complete") } else { Value::Null };
            assert_eq!(answer.result()["resultType"], expected, "{era:?}");
        }
    }
}

// --- N8: one id twice -------------------------------------------------------

#[test]
fn an_id_in_flight_is_refused_on_stdio_and_may_be_used_again_after_its_answer() {
    let place = Place::with_fixture_tools();
    let mut server = StdioServer::start(&place, &[], &[UNLIMITED]).open(Era::Handshake);
    server.send(&Era::Handshake.call("busy", "hang", json!({})));
    assert_eq!(server.receive()["params"]["data"], "begun");
    for _ in 0..9 {
        server.send(&Era::Handshake.call("busy", "canary", json!({})));
        let refused = server.receive();
        assert_eq!((&refused["error"]["code"], refused.get("id")), (&json!(-32600), None));
    }
    for count in 1..=100 {
        server.send(&Era::Handshake.call("free", "canary", json!({})));
        server.answer_to("free").says(&count.to_string());
    }
    let refused = place.events_named("message_refused");
    assert!(
        refused.len() == 9 && refused.iter().all(|event| event["code"] == "id_in_flight"),
        "{refused:#?}"
    );
}

#[test]
fn over_http_each_post_has_its_ids_to_itself() {
    let place = Place::with_fixture_tools();
    let server = place.http_unlimited();
    thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|n| {
                let server = &server;
                scope.spawn(move || server.call(Era::Handshake, "echo", json!({ "text": n.to_string() })))
            })
            .collect();
        for (n, answer) in all.into_iter().enumerate() {
            answer.join().unwrap().has_id(1).says(&n.to_string());
        }
    });
}

// --- N9: method and version of JSON-RPC --------------------------------------

#[test]
fn only_methods_that_exist_are_carried_out() {
    let long = "x".repeat(64 << 10);
    let mut rows = Vec::new();
    for method in [
        "",
        "Ping",
        "PING",
        "ping ",
        " ping",
        "ping\\u0000",
        "pinɡ",
        "rpc.ping",
        "rpc.discover",
        "tools/Call",
        "tools//call",
        "tools/call/",
        "../tools/call",
        "tools",
        "call",
        "$/cancelRequest",
        "initialized",
        "notifications/initialized",
        "tasks/list",
        "resources/subscribe",
        "sampling/createMessage",
        long.as_str(),
    ] {
        let message =
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{"name":"canary"}}}}"#);
        let name = format!("the method `{}`", &method[..method.len().min(30)]);
        rows.push(Row::refused(name, message, -32601, seven(), "unknown_method"));
    }
    for method in ["1", "null", "true", "{}", "[]", r#"["ping"]"#] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":7,"method":{method}}}"#);
        rows.push(Row::refused(format!("the method {method}"), message, -32600, seven(), "bad_message"));
    }
    rows.push(Row::refused("no method", r#"{"jsonrpc":"2.0","id":7}"#, -32600, seven(), "bad_message"));
    hold(&rows);
}

#[test]
fn only_json_rpc_2_0_is_spoken() {
    let mut rows = Vec::new();
    for version in
        [r#""1.0""#, "2.0", r#""2""#, "2", "null", r#""2.00""#, r#"" 2.0""#, "true", r#"["2.0"]"#, r#""""#]
    {
        let message = format!(r#"{{"jsonrpc":{version},"id":7,"method":"ping"}}"#);
        rows.push(Row::refused(format!("version {version}"), message, -32600, seven(), "bad_message"));
    }
    rows.push(Row::refused("no version", r#"{"id":7,"method":"ping"}"#, -32600, seven(), "bad_message"));
    rows.push(Row::new("an escaped version", r#"{"jsonrpc":"2\u002e0","id":7,"method":"\u0070ing"}"#, ok(7)));
    rows.push(Row::refused(
        "both a request and an answer",
        r#"{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}"#,
        -32600,
        seven(),
        "bad_message",
    ));
    for (name, message) in [("null", "null"), ("a number", "1"), ("a string", r#""ping""#), ("true", "true")]
    {
        rows.push(Row::refused(name, message, -32600, None, "bad_message"));
    }
    rows.push(Row::refused("an empty object", "{}", -32600, None, "bad_message"));
    // We never ask, so nobody waits for an answer of a client's; over HTTP the specification wants it refused.
    let answer = r#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
    rows.push(Row::new("an answer", answer, Gets::Silence).only(Door::Stdio));
    rows.push(Row::refused("an answer", answer, -32600, None, "bad_message").only(Door::Http));
    hold(&rows);
}

// --- N10: parameters and arguments ------------------------------------------

#[test]
fn parameters_that_are_not_the_methods_are_refused() {
    let mut rows = Vec::new();
    for params in [
        "[]",
        r#"["canary"]"#,
        "null",
        r#""canary""#,
        "1",
        "{}",
        r#"{"name":1}"#,
        r#"{"name":null}"#,
        r#"{"arguments":{}}"#,
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#);
        rows.push(Row::refused(format!("params {params}"), message, -32602, seven(), "bad_params"));
    }
    rows.push(Row::refused(
        "no params",
        r#"{"jsonrpc":"2.0","id":7,"method":"tools/call"}"#,
        -32602,
        seven(),
        "bad_params",
    ));
    for arguments in ["[]", r#"["a"]"#, r#""text""#, "1", "true"] {
        rows.push(Row::refused(
            format!("arguments {arguments}"),
            call("canary", arguments),
            -32602,
            seven(),
            "bad_params",
        ));
    }
    // JSON that no number of ours can hold.
    for number in ["1e400", "-1e400"] {
        rows.push(Row::refused(
            number,
            call("canary", format!(r#"{{"number":{number}}}"#)),
            -32602,
            seven(),
            "bad_params",
        ));
    }
    for word in ["NaN", "Infinity", "-Infinity", "+1", "01", ".5", "1.", "0x10", "1_000", "undefined"] {
        let bytes = call("canary", format!(r#"{{"number":{word}}}"#));
        rows.push(Row::refused(word, bytes, -32700, seven(), "not_json"));
    }
    hold(&rows);
}

#[test]
fn an_argument_that_breaks_its_rule_is_named_with_the_rule_and_never_the_value() {
    let keys: String = (0..10_000).map(|n| format!("\"k{n}\":0,")).collect();
    let (long, text) = ("k".repeat(1_000_000), "x".repeat(1_001));
    let rows = [
        Row::echo("null for what may be left out", r#"{"text":null,"line":"a"}"#, Gets::Says("a".into())),
        Row::echo("arguments null", "null", ok(7)),
        Row::broken(
            "an unknown key",
            r#"{"colour":"red"}"#,
            "`colour` is unknown; use text, line",
            "unknown_argument",
        ),
        Row::broken("a key in another case", r#"{"Text":"a"}"#, "`Text` is unknown", "unknown_argument"),
        Row::broken("__proto__", r#"{"__proto__":{}}"#, "`__proto__` is unknown", "unknown_argument"),
        Row::broken(
            "10,000 keys",
            format!("{{{}}}", &keys[..keys.len() - 1]),
            "`k0` is unknown",
            "unknown_argument",
        ),
        Row::broken("a key of 1 MB", format!(r#"{{"{long}":0}}"#), "is unknown", "unknown_argument"),
        Row::broken("a number for a text", r#"{"text":1}"#, "`text` must be a string", "wrong_type"),
        Row::broken("a list for a text", r#"{"text":["a"]}"#, "`text` must be a string", "wrong_type"),
        Row::broken(
            "a text for a number",
            r#"{"integer":"1"}"#,
            "`integer` must be an integer from -1000 to 1000",
            "wrong_type",
        ),
        Row::broken("1.0 for an integer", r#"{"integer":1.0}"#, "`integer` must be an integer", "wrong_type"),
        Row::broken("1e2 for an integer", r#"{"integer":1e2}"#, "`integer` must be an integer", "wrong_type"),
        Row::broken(
            "-0.0 for an integer",
            r#"{"integer":-0.0}"#,
            "`integer` must be an integer",
            "wrong_type",
        ),
        Row::broken(
            "2^63",
            r#"{"integer":9223372036854775808}"#,
            "`integer` must be an integer",
            "out_of_range",
        ),
        Row::broken(
            "2^64",
            r#"{"integer":18446744073709551616}"#,
            "`integer` must be an integer",
            "wrong_type",
        ),
        Row::broken(
            "-2^63-1",
            r#"{"integer":-9223372036854775809}"#,
            "`integer` must be an integer",
            "wrong_type",
        ),
        Row::broken(
            "1001",
            r#"{"integer":1001}"#,
            "`integer` must be an integer from -1000 to 1000",
            "out_of_range",
        ),
        Row::echo("-0.0 for a number", r#"{"number":-0.0}"#, Gets::Says("-0".into())),
        Row::broken(
            "a text for a boolean",
            r#"{"boolean":"true"}"#,
            "`boolean` must be true or false",
            "wrong_type",
        ),
        Row::broken("0 for a boolean", r#"{"boolean":0}"#, "`boolean` must be true or false", "wrong_type"),
        Row::broken(
            "a fourth choice",
            r#"{"choice":"pink"}"#,
            "`choice` must be one of red, green, blue",
            "out_of_range",
        ),
        Row::broken(
            "a choice in another case",
            r#"{"choice":"Red"}"#,
            "`choice` must be one of",
            "out_of_range",
        ),
        Row::broken("a text for a list", r#"{"list":"a"}"#, "`list` must be a list", "wrong_type"),
        Row::broken("a number in a list", r#"{"list":["a",1]}"#, "`list[1]` must be a string", "wrong_type"),
        Row::broken(
            "an element too long",
            format!(r#"{{"list":["a","{text}"]}}"#),
            "`list[1]` must be at most 1000 bytes",
            "too_long",
        ),
        Row::broken(
            "a line too long",
            format!(r#"{{"line":"{text}"}}"#),
            "`line` must be at most 1000 bytes",
            "too_long",
        ),
        Row::broken("a name that is markup", r#"{"name":"<b>SECRET</b>"}"#, "`name`", "not_a_name"),
        Row::broken(
            "a path that leaves",
            r#"{"path":"../SECRET"}"#,
            "`path` must stay inside its root",
            "path_leaves_root",
        ),
        Row::broken("a glob that is none", r#"{"glob":"[SECRET"}"#, "`glob`", "bad_glob"),
    ];
    hold(&rows);
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]).open(Era::Handshake);
    for row in rows.iter().filter(|row| row.bytes.windows(6).any(|six| six == b"SECRET")) {
        stdio.send_bytes(&[row.bytes.as_slice(), b"\n"].concat());
        stdio.answer_to(7).never_mentions("SECRET");
        http.send(&row.bytes).answer().never_mentions("SECRET");
    }
    drop(stdio);
    assert!(!json!(place.events()).to_string().contains("SECRET"));
}

// --- N11, B4: _meta ---------------------------------------------------------

#[test]
fn what_stands_in_meta_is_used_or_ignored_and_breaks_nothing() {
    let long = "x".repeat(1_000_000);
    let ping =
        |meta: &str| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"ping","params":{{"_meta":{meta}}}}}"#);
    let mut rows = Vec::new();
    for meta in ["{}", "null", r#"{"a":1}"#, r#"{"io.example/x":{"y":[]}}"#, r#"{"":0}"#] {
        rows.push(Row::new(format!("_meta {meta}"), ping(meta), ok(7)));
    }
    for meta in ["[]", "1", r#""x""#, "true"] {
        rows.push(Row::refused(format!("_meta {meta}"), ping(meta), -32602, seven(), "bad_params"));
    }
    for token in [
        "1",
        r#""a""#,
        r#""""#,
        "0",
        "-1",
        "1.5",
        "null",
        "true",
        "{}",
        "[]",
        "1e400",
        &format!("\"{long}\""),
    ] {
        let message = ping(&format!(r#"{{"progressToken":{token}}}"#));
        let name = format!("progressToken {}", &token[..token.len().min(20)]);
        rows.push(match token {
            "1e400" => Row::refused(name, message, -32602, seven(), "bad_params"),
            _ => Row::new(name, message, ok(7)),
        });
    }
    for (key, value) in [
        ("traceparent", format!("\"{long}\"")),
        ("traceparent", "1".to_owned()),
        ("tracestate", "{}".to_owned()),
        ("io.modelcontextprotocol/clientInfo", "1".to_owned()),
        ("io.modelcontextprotocol/clientInfo", r#"{"name":1}"#.to_owned()),
        ("io.modelcontextprotocol/clientCapabilities", "[]".to_owned()),
        ("io.modelcontextprotocol/logLevel", r#""loud""#.to_owned()),
    ] {
        rows.push(Row::new(
            format!("{key} {}", &value[..value.len().min(20)]),
            ping(&format!(r#"{{"{key}":{value}}}"#)),
            ok(7),
        ));
    }
    hold(&rows);
}

#[test]
fn a_request_of_2026_without_what_it_must_say_of_itself_is_refused() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let prefix = "io.modelcontextprotocol/";
    let whole = Era::PerRequest.call(7, "canary", json!({}));
    for (field, wrong) in [
        ("protocolVersion", [Value::Null, json!(1), json!({})]),
        ("clientCapabilities", [Value::Null, json!(1), json!([])]),
    ] {
        for wrong in [None].into_iter().chain(wrong.map(Some)) {
            let mut message = whole.clone();
            let meta = message["params"]["_meta"].as_object_mut().unwrap();
            match wrong {
                None => meta.remove(&format!("{prefix}{field}")),
                Some(wrong) => meta.insert(format!("{prefix}{field}"), wrong),
            };
            http.post(Era::PerRequest, &message).is(400).answer().is_error(-32602).has_id(7);
            let mut stdio = place.stdio(&[]).open(Era::PerRequest);
            stdio.send(&message);
            stdio.answer_to(7).is_error(-32602);
            let (status, _) = stdio.finish();
            assert!(status.success());
        }
    }
    let mut unknown = whole.clone();
    unknown["params"]["_meta"][format!("{prefix}protocolVersion")] = "1999-01-01".into();
    let mut stdio = place.stdio(&[]);
    stdio.send(&unknown);
    let refused = stdio.answer_to(7);
    refused.is_error(-32022);
    assert!(refused.0["error"]["data"]["supported"].as_array().unwrap().contains(&json!("2026-07-28")));
    stdio.call(Era::PerRequest, "canary", json!({ "silent": true })).says("0");
}

// --- N12, N13: costly messages ----------------------------------------------

#[test]
fn messages_made_to_be_costly_are_not() {
    let digits = "9".repeat(100_000);
    let escapes = r"\n".repeat(500_000);
    let objects = format!("{}{{}}", "{},".repeat(300_000));
    let same = "k".repeat(1_000);
    let alike: String = (0..900).map(|n| format!("\"{same}{n}\":0,")).collect();
    let many: String = (0..80_000).map(|n| format!("\"{n:07}\":0,")).collect();
    let rows = [
        Row::refused(
            "a number beyond all bounds",
            call("echo", format!(r#"{{"integer":{digits}}}"#)),
            -32602,
            seven(),
            "bad_params",
        ),
        Row::broken(
            "a fraction of 100,000 digits",
            format!(r#"{{"integer":0.{digits}}}"#),
            "`integer`",
            "wrong_type",
        ),
        Row::echo("500,000 escapes", format!(r#"{{"text":"{escapes}"}}"#), Gets::Says("\n".repeat(500_000))),
        Row::broken("300,000 empty objects", format!(r#"{{"list":[{objects}]}}"#), "`list[0]`", "wrong_type"),
        Row::broken(
            "900 keys of 1,000 bytes that are nearly the same",
            format!("{{{}}}", &alike[..alike.len() - 1]),
            "is unknown",
            "unknown_argument",
        ),
        Row::broken(
            "80,000 keys",
            format!("{{{}}}", &many[..many.len() - 1]),
            "is unknown",
            "unknown_argument",
        ),
        Row::broken(
            "300,000 keys in as many objects",
            format!(r#"{{"list":[{}{{}}]}}"#, r#"{"":0},"#.repeat(100_000)),
            "`list[0]`",
            "wrong_type",
        ),
    ];
    let since = Instant::now();
    hold(&rows);
    // 200 ms each on a quiet machine, through both doors; ten times that here.
    assert!(since.elapsed() < Duration::from_millis(200) * 10 * 16, "{:?}", since.elapsed());
}

// --- N14 over HTTP (for stdio see tests/stdio.rs) ----------------------------

#[test]
fn a_body_is_the_same_however_it_is_cut_and_laid_out() {
    let place = Place::with_fixture_tools();
    let server = place.http_unlimited();
    let message = ping(7).to_string();
    for laid_out in [
        format!("{message}\r\n"),
        format!("\r\n \t{message}\n\n"),
        format!("{:#}", ping(7)).replace('\n', "\r\n"),
    ] {
        server.send(laid_out).is(200).answer().has_id(7);
    }
    let chunks: String = message.chars().map(|char| format!("1\r\n{char}\r\n")).collect();
    let head = format!(
        "Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
    );
    let whole = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\n{head}\r\nConnection: close\r\n\r\n{chunks}0\r\n\r\n",
        server.addr()
    );
    let mut stream = server.connect();
    for byte in whole.as_bytes() {
        stream.write_all(&[*byte]).unwrap();
    }
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    Reply::parse(&said).is(200).answer().has_id(7);
    for bad in ["", " ", "\r\n\r\n", "\u{a0}"] {
        server.send(bad).is(400).answer().is_error(-32700);
    }
}

// --- B5 to B9 ---------------------------------------------------------------

#[test]
fn a_tool_that_needs_what_the_client_did_not_declare_says_so() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    let reply = http.post(Era::PerRequest, &Era::PerRequest.call(1, "ask_user", json!({})));
    for answer in [reply.is(400).answer(), stdio.call(Era::PerRequest, "ask_user", json!({}))] {
        answer.is_error(-32021);
        assert_eq!(answer.0["error"]["data"]["requiredCapabilities"], json!({ "elicitation": {} }));
    }
    let mut able = Era::PerRequest.call(7, "ask_user", json!({}));
    able["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
    stdio.send(&able);
    for answer in [http.post(Era::PerRequest, &able).is(200).answer(), stdio.answer_to(7)] {
        answer.says("the client can ask");
    }
}

#[test]
fn no_request_depends_on_one_before_it() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let requests: Vec<Value> = (0..40)
        .map(|n| match n % 4 {
            0 => Era::PerRequest.call(n, "echo", json!({ "text": "a", "integer": n })),
            1 => Era::PerRequest.request(n, "tools/list", Value::Null),
            2 => Era::PerRequest.call(n, "echo", json!({ "integer": "x" })),
            _ => Era::PerRequest.call(n, "no_such_tool", json!({})),
        })
        .collect();
    // An id of an event is new each time; nothing else is.
    let answers: Vec<Value> = requests.iter().map(|one| http.post(Era::PerRequest, one).answer().0).collect();
    let rounds = if is_full() { 250 } else { 5 };
    thread::scope(|scope| {
        for worker in 0..8 {
            let (requests, answers, http) = (&requests, &answers, &http);
            scope.spawn(move || {
                for step in 0..requests.len() * rounds / 8 {
                    let at = (step * 17 + worker * 5) % requests.len();
                    assert_eq!(http.post(Era::PerRequest, &requests[at]).answer().0, answers[at]);
                }
            });
        }
    });
    // On stdio each of them may be the first.
    for (request, answer) in requests.iter().zip(&answers).take(8) {
        let mut stdio = place.stdio(&[]);
        stdio.send(request);
        assert_eq!(stdio.receive(), *answer);
    }
}

#[test]
fn who_a_client_says_it_is_changes_nothing() {
    let place = Place::with_fixture_tools();
    let http = HttpServer::start(&place, &["--read-only"], &[UNLIMITED]);
    let mut stdio = place.stdio(&["--read-only"]).open(Era::PerRequest);
    for (name, version) in
        [("tests", "1"), ("admin", "1"), ("mcp-server", "0.1.0"), ("claude-ai", "99"), ("", "")]
    {
        let mut message = Era::PerRequest.call(7, "slow_write", json!({ "millis": 0 }));
        message["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] =
            json!({ "name": name, "version": version, "role": "admin" });
        stdio.send(&message);
        stdio.answer_to(7).is_error(-32602);
        http.post(Era::PerRequest, &message).answer().is_error(-32602);
    }
}

#[test]
fn no_schema_refers_to_anything_that_would_have_to_be_fetched() {
    let place = Place::with_fixture_tools();
    let list = place.http_unlimited().ask(Era::PerRequest, "tools/list", Value::Null);
    let text = list.result().to_string();
    for word in ["$ref", "$dynamicRef", "http://", "\"$id\""] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn discovery_answers_through_either_door_and_before_anything_else() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]);
    let answers = [
        stdio.ask(Era::PerRequest, "server/discover", Value::Null),
        http.ask(Era::PerRequest, "server/discover", Value::Null),
    ];
    assert_eq!(answers[0].result(), answers[1].result());
    let said = answers[0].result();
    for version in ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        assert!(said["supportedVersions"].as_array().unwrap().contains(&json!(version)), "{version}: {said}");
    }
    assert!(said["_meta"]["mcp-server/tools_sha256"].as_str().unwrap().len() == 64);
    // The handshake of an older version may still follow.
    stdio.open(Era::Handshake).call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
}

// --- T: tools, lists, notices -----------------------------------------------

#[test]
fn a_client_is_greeted_in_either_era() {
    let place = Place::new();
    let mut http = place.http(&[]);
    for era in Era::ALL {
        let mut stdio = place.stdio(&[]).open(era);
        stdio.call(era, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
        http.call(era, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
        let (status, rest) = stdio.finish();
        assert!(status.success() && rest.is_empty(), "{era:?}: {status} {rest:?}");
    }
    assert!(http.stop().success());
}

#[test]
fn a_tool_that_is_not_there_is_a_protocol_error() {
    let place = Place::new();
    let http = place.http(&[]);
    for era in Era::ALL {
        let mut stdio = place.stdio(&[]).open(era);
        stdio.call(era, "no_such_tool", json!({})).is_error(-32602);
        http.call(era, "no_such_tool", json!({})).is_error(-32602);
    }
    assert_eq!(place.events_named("tool_denied").len(), 4);
}

#[test]
fn the_list_of_tools_is_the_same_every_time_and_for_everyone() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let first = http.ask(Era::PerRequest, "tools/list", Value::Null).result()["tools"].clone();
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    for _ in 0..if is_full() { 1_000 } else { 100 } {
        assert_eq!(stdio.ask(Era::PerRequest, "tools/list", Value::Null).result()["tools"], first);
    }
    assert_eq!(
        place.stdio(&[]).open(Era::Handshake).ask(Era::Handshake, "tools/list", Value::Null).result()["tools"],
        first
    );
    for tool in first.as_array().unwrap() {
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{tool}");
        }
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert!(tool.get("outputSchema").is_none());
    }
}

#[test]
fn a_cursor_that_was_never_given_out_is_refused() {
    let place = Place::with_fixture_tools();
    let root = place.dir("notes");
    let root = root.to_str().unwrap();
    let http = HttpServer::start(&place, &["--root", root], &[UNLIMITED]);
    let mut stdio = place.stdio(&["--root", root]).open(Era::PerRequest);
    for method in ["tools/list", "resources/list", "resources/templates/list"] {
        for cursor in [json!(""), json!("0"), json!("eyJvIjoxfQ=="), json!("../x")] {
            let params = json!({ "cursor": cursor });
            stdio.ask(Era::PerRequest, method, params.clone()).is_error(-32602);
            http.ask(Era::PerRequest, method, params).is_error(-32602);
        }
    }
}

#[test]
fn a_resource_that_is_not_there_is_an_error_and_never_empty() {
    let place = Place::with_fixture_tools();
    let root = place.dir("notes");
    let root = root.to_str().unwrap();
    let http = HttpServer::start(&place, &["--root", root], &[UNLIMITED]);
    let mut stdio = place.stdio(&["--root", root]).open(Era::Handshake);
    for uri in [
        "root://notes/none",
        "root://other/",
        "root://notes/../../etc/passwd",
        "file:///etc/passwd",
        "http://x/",
        "",
        "nonsense",
    ] {
        for answer in [
            stdio.ask(Era::Handshake, "resources/read", json!({ "uri": uri })),
            http.ask(Era::Handshake, "resources/read", json!({ "uri": uri })),
        ] {
            answer.is_error(-32602).never_mentions(root);
        }
    }
}

#[test]
fn progress_and_log_messages_go_to_those_who_asked() {
    let place = Place::with_fixture_tools();
    let http = place.http_unlimited();
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    let mut asked = Era::PerRequest.call(7, "progress", json!({ "steps": 3, "millis": 10 }));
    let plain = asked.clone();
    asked["params"]["_meta"]["progressToken"] = "token".into();
    asked["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = "info".into();
    let methods = |messages: &[Value]| {
        let mut methods: Vec<_> =
            messages.iter().filter_map(|one| one["method"].as_str().map(str::to_owned)).collect();
        methods.sort();
        methods
    };
    let all = [["notifications/message"; 3], ["notifications/progress"; 3]].concat();
    for (message, expected) in [(&plain, Vec::new()), (&asked, all)] {
        let over_http = http.post(Era::PerRequest, message).messages();
        stdio.send(message);
        let mut on_stdio = Vec::new();
        while on_stdio.last().is_none_or(|last: &Value| last["id"] != 7) {
            on_stdio.push(stdio.receive());
        }
        for said in [over_http, on_stdio] {
            assert_eq!(methods(&said), expected, "{said:#?}");
            let last = Answer(said.last().unwrap().clone());
            last.has_id(7).says("done");
        }
    }
}

#[test]
fn a_subscription_is_acknowledged_before_anything_else_and_accepts_nothing() {
    let place = Place::with_fixture_tools();
    let mut http = place.http_unlimited();
    let listen = Era::PerRequest.request(
        7,
        "subscriptions/listen",
        json!({ "notifications": { "toolsListChanged": true } }),
    );
    let mut stdio = place.stdio(&[]).open(Era::PerRequest);
    stdio.send(&listen);
    let first = stdio.receive();
    let acknowledged = |first: &Value| {
        assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
        assert_eq!(first["params"]["notifications"], json!({}), "{first}");
    };
    acknowledged(&first);
    let (_, rest) = stdio.finish();
    assert_eq!((rest.len(), &rest[0]["id"]), (1, &json!(7)));

    let mut stream = http.connect();
    let of_era: String =
        Era::PerRequest.headers(&listen).iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (body, host) = (listen.to_string(), http.addr());
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {KEY}\r\n{of_era}Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut said = String::new();
    while !said.contains("\n\n") {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).unwrap();
        assert_ne!(count, 0, "{said}");
        said += std::str::from_utf8(&piece[..count]).unwrap();
    }
    let first = said.split("data:").nth(1).and_then(|data| data.lines().next()).unwrap();
    acknowledged(&serde_json::from_str(first).unwrap());
    assert!(http.stop().success());
}
