//! Requests by the byte, from any address of this machine.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::net::TcpSocket;

use crate::common::{Era, HttpServer, KEY, PATIENCE, Place, Reply};

/// A call that every era understands.
pub const HELLO: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hello_world","arguments":{}}}"#;
/// A request that is no call.
pub const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

/// Whether the long rows run too.
pub fn full() -> bool {
    std::env::var_os("FULL").is_some_and(|value| value == "1")
}

/// A server with this configuration file besides the harness's key.
#[track_caller]
pub fn configured(place: &Place, config: &str, args: &[&str]) -> HttpServer {
    place.write("config/mcp-server/config.toml", config);
    HttpServer::start(place, args, &[])
}

/// A request that is not sent yet. Header lines keep their order.
#[derive(Clone)]
pub struct Ask {
    method: String,
    target: String,
    lines: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    /// `POST /mcp` with everything a well-behaved client sends.
    pub fn post(server: &HttpServer, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        Self { method: "POST".into(), target: "/mcp".into(), lines: Vec::new(), body }
            .add("Host", server.addr())
            .add("Authorization", format!("Bearer {KEY}"))
            .add("Content-Type", "application/json")
            .add("Accept", "application/json, text/event-stream")
            .add("Connection", "close")
            .add("Content-Length", length)
    }

    /// The same with the headers of the message's era.
    pub fn message(server: &HttpServer, era: Era, message: &Value) -> Self {
        let ask = Self::post(server, message.to_string());
        era.headers(message).iter().fold(ask, |ask, (name, value)| ask.add(name, value))
    }

    /// `GET`, without a key.
    pub fn get(server: &HttpServer, target: &str) -> Self {
        Self { method: "GET".into(), target: target.into(), lines: Vec::new(), body: Vec::new() }
            .add("Host", server.addr())
            .add("Connection", "close")
    }

    /// Another method.
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    /// Another target.
    pub fn target(mut self, target: &str) -> Self {
        self.target = target.into();
        self
    }

    /// One more line, whether or not one of this name is there.
    pub fn add(mut self, name: &str, value: impl ToString) -> Self {
        self.lines.push((name.into(), value.to_string()));
        self
    }

    /// This line instead of those of its name.
    pub fn set(self, name: &str, value: impl ToString) -> Self {
        self.without(name).add(name, value)
    }

    /// No line of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.lines.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self
    }

    /// With the harness's key.
    pub fn with_key(self) -> Self {
        self.set("Authorization", format!("Bearer {KEY}"))
    }

    /// With this behind the head, whatever the head says of it.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// On a connection that goes on.
    pub fn keep_alive(self) -> Self {
        self.without("Connection")
    }

    /// The body in one chunk.
    pub fn chunked(self) -> Self {
        let size = format!("{:x}\r\n", self.body.len());
        let body = [size.as_bytes(), &self.body, b"\r\n0\r\n\r\n"].concat();
        self.without("Content-Length").add("Transfer-Encoding", "chunked").body(body)
    }

    /// What is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.lines {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }

    /// The same with some of it replaced, for what no method here would write.
    pub fn bytes_with(&self, what: &str, by: &str) -> Vec<u8> {
        String::from_utf8(self.bytes()).unwrap().replacen(what, by, 1).into_bytes()
    }

    /// Sends it, and takes the one reply before the server closes.
    #[track_caller]
    pub fn send(&self, server: &HttpServer) -> Reply {
        Reply::parse(&server.raw(self.bytes()))
    }

    /// The same from another address of this machine.
    #[track_caller]
    pub fn send_from(&self, server: &HttpServer, from: Ipv4Addr) -> Reply {
        let mut stream = connect_from(server, from);
        let _ = stream.write_all(&self.bytes());
        Reply::parse(&read_to_end(&mut stream))
    }
}

/// A connection from an address of this machine.
#[track_caller]
pub fn connect_from(server: &HttpServer, from: Ipv4Addr) -> TcpStream {
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, server.addr().port()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The `n`th of many addresses of this machine, none of them the usual one.
pub fn address(n: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + u32::try_from(n).unwrap())
}

/// Everything until the server closes; a reset is an end too.
#[track_caller]
pub fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0; 16 << 10];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&all)),
        }
    }
}

/// What comes until `wanted` has come.
#[track_caller]
pub fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut all = Vec::new();
    let mut piece = [0; 16 << 10];
    loop {
        let text = String::from_utf8_lossy(&all);
        if text.contains(wanted) {
            return text.into_owned();
        }
        match stream.read(&mut piece) {
            Ok(count @ 1..) => all.extend_from_slice(&piece[..count]),
            other => panic!("{other:?} instead of {wanted:?} after {text:?}"),
        }
    }
}

/// The replies in what one connection said, each with the length it names or in chunks.
#[track_caller]
pub fn replies(mut bytes: &[u8]) -> Vec<Reply> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
        let length = Reply::parse(&bytes[..head]).header("content-length").map(|text| text.parse().unwrap());
        let end = head + length.unwrap_or_else(|| bytes.len() - head);
        all.push(Reply::parse(&bytes[..end]));
        bytes = &bytes[end..];
    }
    all
}

/// One more reply from a connection that goes on.
#[track_caller]
pub fn next_reply(stream: &mut impl Read) -> Reply {
    let mut all = Vec::new();
    let mut byte = [0];
    while !all.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "closed after {:?}", String::from_utf8_lossy(&all));
        all.push(byte[0]);
    }
    let length = Reply::parse(&all).header("content-length").map_or(0, |text| text.parse().unwrap());
    let head = all.len();
    all.resize(head + length, 0);
    stream.read_exact(&mut all[head..]).unwrap();
    Reply::parse(&all)
}

/// How long until the server closes. What it says before is given back too.
#[track_caller]
pub fn until_closed(stream: &mut TcpStream, within: Duration) -> (Duration, Vec<u8>) {
    let begun = Instant::now();
    stream.set_read_timeout(Some(within)).unwrap();
    let said = read_to_end(stream);
    (begun.elapsed(), said)
}

/// Waits until `done`, for what happens a moment after an answer.
#[track_caller]
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// How many events there are of each word; those of the server's own life are left out.
#[track_caller]
pub fn tally(place: &Place) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in place.events() {
        let word = event["event"].as_str().unwrap().to_owned();
        if word != "server_started" && word != "server_stopped" {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}
