//! One message, what it gets, and how both doors are held to that.

use std::{
    env, fmt,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::common::{Answer, Era, HttpServer, KEY, Place, Reply, StdioServer, UNLIMITED};

/// What a server may use besides its own size, in KiB, whatever it is sent.
pub(crate) const MEMORY_KIB_MAX: u64 = 64 << 10;

/// The next good request is answered within this; ten times the bound that benches hold.
const NEXT_WITHIN: Duration = Duration::from_secs(1);

/// Rows for one server: no more refusals than are written singly in a second,
/// nor than are answered without an id.
const ROWS_AT_ONCE: usize = 10;

pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// One message, and what it gets.
#[derive(Clone)]
pub(crate) struct Row {
    name: String,
    pub(crate) bytes: Vec<u8>,
    gets: Gets,
    /// The event that it leaves, and its code.
    event: Option<(&'static str, &'static str)>,
    door: Option<Door>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Door {
    Stdio,
    Http,
}

#[derive(Clone, Debug)]
pub(crate) enum Gets {
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
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>, gets: Gets) -> Self {
        Self { name: name.into(), bytes: bytes.into(), gets, event: None, door: None }
    }

    /// Turned away before it is a call.
    pub(crate) fn refused(
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        number: i64,
        id: impl Into<Option<Value>>,
        code: &'static str,
    ) -> Self {
        Self::new(name, bytes, Gets::Error(number, id.into())).leaving("message_refused", code)
    }

    /// A call of `echo` with these arguments, as they are written, under the id 7.
    pub(crate) fn echo(name: impl Into<String>, arguments: impl AsRef<[u8]>, gets: Gets) -> Self {
        let leaves = matches!(gets, Gets::Result(_) | Gets::Says(_)).then_some(("tool_called", ""));
        Self { event: leaves, ..Self::new(name, call("echo", arguments), gets) }
    }

    /// A call of `echo` that fails for an argument.
    pub(crate) fn broken(
        name: impl Into<String>,
        arguments: impl AsRef<[u8]>,
        says: &str,
        code: &'static str,
    ) -> Self {
        Self::echo(name, arguments, Gets::Failure(says.to_owned())).leaving("input_validation_failed", code)
    }

    pub(crate) fn leaving(mut self, event: &'static str, code: &'static str) -> Self {
        self.event = Some((event, code));
        self
    }

    pub(crate) fn only(mut self, door: Door) -> Self {
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
pub(crate) fn hold(rows: &[Row]) {
    for _ in 0..if is_full() { 3 } else { 1 } {
        let mut stdio: Vec<_> = rows.iter().filter(|row| row.door != Some(Door::Http)).collect();
        let mut http: Vec<_> = rows.iter().filter(|row| row.door != Some(Door::Stdio)).collect();
        stdio.chunks_mut(ROWS_AT_ONCE).for_each(|rows| on_stdio(rows));
        http.chunks_mut(ROWS_AT_ONCE).for_each(|rows| over_http(rows));
    }
}

pub(crate) fn is_full() -> bool {
    env::var_os("FULL").is_some()
}

#[track_caller]
fn on_stdio(rows: &[&Row]) {
    let place = Place::with_fixture_tools();
    let mut server = StdioServer::start(&place, &[], &[UNLIMITED]).open(Era::Handshake);
    for row in rows {
        server.send_bytes(&row.bytes);
        server.send_bytes(b"\n");
        if !matches!(row.gets, Gets::Silence) {
            row.judge(Some(&server.receive()));
        }
        let since = Instant::now();
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
    assert_eq!(
        seen,
        expected,
        "{}",
        rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(
            "
"
        )
    );
}

pub(crate) trait Unlimited {
    fn http_unlimited(&self) -> HttpServer;
}

impl Unlimited for Place {
    fn http_unlimited(&self) -> HttpServer {
        HttpServer::start(self, &[], &[UNLIMITED, ("MCP_SERVER_EVENTS_REQUESTS", "false")])
    }
}

pub(crate) trait Post {
    /// Posts bytes as a client with a handshake does.
    fn send(&self, body: impl AsRef<[u8]>) -> Reply;
}

impl Post for HttpServer {
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

pub(crate) fn ping(id: impl Into<Value>) -> Value {
    Era::Handshake.request(id, "ping", Value::Null)
}

/// A call under the id 7 whose arguments are written as they are given.
pub(crate) fn call(tool: &str, arguments: impl AsRef<[u8]>) -> Vec<u8> {
    let head =
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"{tool}","arguments":"#);
    [head.as_bytes(), arguments.as_ref(), b"}}"].concat()
}

pub(crate) fn seven() -> Value {
    json!(7)
}

pub(crate) fn ok(id: impl Into<Value>) -> Gets {
    Gets::Result(id.into())
}
