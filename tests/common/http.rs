//! The HTTP door, byte by byte: no client library decides what is sent.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Answer, Era, PATIENCE, Place, Running};

/// The key of every server that is started here with authentication.
pub const KEY: &str = "tests-0123456789abcdefghijklmnopqrstuvwxyz";

/// A server on a free port of loopback.
pub struct HttpServer {
    process: Running,
    addr: SocketAddr,
}

impl HttpServer {
    /// Starts `mcp-server serve --http=127.0.0.1:0` with [`KEY`], more arguments and more variables.
    #[track_caller]
    pub fn start(place: &Place, args: &[&str], env: &[(&str, &str)]) -> Self {
        Self::start_without_key(place, args, &[&[("API_KEY", KEY)], env].concat())
    }

    /// The same without a key: with `--no-auth`, or one that the server makes.
    #[track_caller]
    pub fn start_without_key(place: &Place, args: &[&str], env: &[(&str, &str)]) -> Self {
        Self::start_on(place, "127.0.0.1:0", args, env)
    }

    /// The same at another address.
    #[track_caller]
    pub fn start_on(place: &Place, listen: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = place.command(&["serve", &format!("--http={listen}")]);
        command.args(args).envs(env.iter().copied());
        Self::launch(command)
    }

    /// Starts a command that serves HTTP, and waits until it listens.
    #[track_caller]
    pub fn launch(mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = Running::new(command.spawn().unwrap());
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = process.stderr();
            if let Some(addr) = listening_on(&said) {
                return Self { process, addr };
            }
            let ended = process.child.try_wait().unwrap();
            assert!(ended.is_none(), "ended with {ended:?} before it listened; stderr: {}", process.stderr());
            assert!(Instant::now() < deadline, "does not listen; stderr: {said}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The process.
    pub fn process(&mut self) -> &mut Running {
        &mut self.process
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&self) {
        self.process.signal(rustix::process::Signal::KILL);
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The endpoint.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.addr)
    }

    /// A connection.
    #[track_caller]
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes as they are, on a connection of their own, and reads until the server closes it.
    #[track_caller]
    pub fn raw(&self, bytes: impl AsRef<[u8]>) -> Vec<u8> {
        let mut stream = self.connect();
        // A server that refuses early may have closed already: its answer is what counts.
        let _ = stream.write_all(bytes.as_ref());
        read_all(&mut stream)
    }

    /// One request, and its reply. `Host` and `Content-Length` are added unless they are given.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let has = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !has("host") {
            head += &format!("Host: {}\r\n", self.addr);
        }
        if !has("content-length") && !has("transfer-encoding") && (method == "POST" || !body.is_empty()) {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        Reply::parse(&self.raw([head.as_bytes(), b"\r\n", body].concat()))
    }

    /// GET with the key.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[("Authorization", &format!("Bearer {KEY}"))], b"")
    }

    /// One message to the endpoint with the key and the headers of its era.
    #[track_caller]
    pub fn post(&self, era: Era, message: &Value) -> Reply {
        let bearer = format!("Bearer {KEY}");
        let of_era = era.headers(message);
        let mut headers = vec![
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
        ];
        headers.extend(of_era.iter().map(|(name, value)| (*name, value.as_str())));
        self.request("POST", "/mcp", &headers, message.to_string().as_bytes())
    }

    /// Sends a request and takes its answer.
    #[track_caller]
    pub fn ask(&self, era: Era, method: &str, params: Value) -> Answer {
        self.post(era, &era.request(1, method, params)).answer()
    }

    /// Calls a tool and takes its answer.
    #[track_caller]
    pub fn call(&self, era: Era, tool: &str, arguments: Value) -> Answer {
        self.ask(era, "tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// Sends all requests over a few connections that are kept. Gives the answers in the order of
    /// the requests.
    #[track_caller]
    pub fn ask_all(&self, era: Era, requests: &[Value]) -> Vec<Answer> {
        const CONNECTIONS: usize = 4;
        let share = requests.len().div_ceil(CONNECTIONS).max(1);
        thread::scope(|scope| {
            let shares: Vec<_> =
                requests.chunks(share).map(|share| scope.spawn(|| self.ask_in_turn(era, share))).collect();
            shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
        })
    }

    fn ask_in_turn(&self, era: Era, requests: &[Value]) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(requests.len());
        // a connection is good for 1,000 requests
        for requests in requests.chunks(1_000) {
            let mut connection = BufReader::new(self.connect());
            for batch in requests.chunks(16) {
                let bytes: Vec<u8> = batch.iter().flat_map(|request| self.kept_post(era, request)).collect();
                connection.get_mut().write_all(&bytes).unwrap();
                answers.extend(batch.iter().map(|_| read_reply(&mut connection).unwrap().answer()));
            }
        }
        answers
    }

    /// The bytes of [`HttpServer::post`], for a connection that is kept.
    pub fn kept_post(&self, era: Era, message: &Value) -> Vec<u8> {
        let body = message.to_string();
        let mut head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n",
            self.addr,
            body.len()
        );
        for (name, value) in era.headers(message) {
            head += &format!("{name}: {value}\r\n");
        }
        [head.as_bytes(), b"\r\n", body.as_bytes()].concat()
    }

    /// Asks it to stop, and waits for the end.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.process.signal(rustix::process::Signal::TERM);
        self.process.wait_within(PATIENCE)
    }
}

/// The address in `listening on http://127.0.0.1:4321/mcp`.
fn listening_on(said: &str) -> Option<SocketAddr> {
    said.split("http://").nth(1)?.split_once('/')?.0.parse().ok()
}

fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&all)),
        }
    }
}

/// One reply of a connection that is kept.
pub fn read_reply(connection: &mut BufReader<TcpStream>) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    let mut read_line = |bytes: &mut Vec<u8>| match connection.read_until(b'\n', bytes)? {
        0 => Err(io::Error::from(ErrorKind::UnexpectedEof)),
        _ => Ok(()),
    };
    while !bytes.ends_with(b"\r\n\r\n") {
        read_line(&mut bytes)?;
    }
    let head = Reply::parse(&bytes);
    if head.header("transfer-encoding") == Some("chunked") {
        // no line of ours is only a zero but the one that ends the chunks
        while !bytes.ends_with(b"\r\n0\r\n\r\n") {
            read_line(&mut bytes)?;
        }
        return Ok(Reply::parse(&bytes));
    }
    let length = head.header("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or_else(|| panic!("no length: {head:?}"))];
    connection.read_exact(&mut body)?;
    Ok(Reply { body, ..head })
}

/// One HTTP reply.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code; 0 if the server closed without a word.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads a reply. What is no HTTP has status 0 and all of it as the body.
    pub fn parse(bytes: &[u8]) -> Self {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Self { status: 0, headers: Vec::new(), body: bytes.to_vec() };
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let is_chunked =
            headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = &bytes[end + 4..];
        Self { status, headers, body: if is_chunked { unchunk(body) } else { body.to_vec() } }
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Every message in the body: one in JSON, any number in a stream of events.
    #[track_caller]
    pub fn messages(&self) -> Vec<Value> {
        if !self.header("content-type").is_some_and(|mime| mime.starts_with("text/event-stream")) {
            return vec![self.json()];
        }
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
        data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    /// The answer among the messages: the last one.
    #[track_caller]
    pub fn answer(&self) -> Answer {
        Answer(self.messages().pop().expect("an answer"))
    }

    /// Has this status.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:?}\n{}", self.text());
        self
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end])
            .ok()
            .and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let (Some(size @ 1..), from) = (size, end + 2) else { break };
        body.extend_from_slice(&rest[from..rest.len().min(from + size)]);
        rest = rest.get(from + size + 2..).unwrap_or_default();
    }
    body
}

/// Closes the sending half, so that the server sees the client go.
pub fn hang_up(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
