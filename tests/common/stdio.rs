//! The stdio door, as a host uses it.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Write},
    process::{ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Answer, Era, PATIENCE, Place, Running, message};

/// A server on stdin and stdout.
pub struct StdioServer {
    process: Running,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    early: Vec<Value>,
    next_id: i64,
}

impl StdioServer {
    /// Starts `mcp-server serve` with more arguments and variables.
    #[track_caller]
    pub fn start(place: &Place, args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = place.command(&["serve"]);
        command.args(args).envs(env.iter().copied());
        Self::spawn(command)
    }

    /// Starts what `command` starts, with pipes for its input and output.
    #[track_caller]
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n') {
                let Ok(line) = line else { break };
                if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
            }
        });
        Self { process: Running::new(child), stdin, lines, early: Vec::new(), next_id: 1 }
    }

    /// The process.
    pub fn process(&mut self) -> &mut Running {
        &mut self.process
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.try_send(bytes).unwrap();
    }

    /// Sends bytes to one who may be gone.
    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes).and_then(|()| stdin.flush())
    }

    /// Sends one message as one line.
    #[track_caller]
    pub fn send(&mut self, message: &Value) {
        self.send_bytes(format!("{message}\n").as_bytes());
    }

    /// The next line of stdout within `limit`; `None` if there was none, or stdout has ended.
    /// A line that is no JSON is a failure: nothing else may ever stand there.
    #[track_caller]
    pub fn receive_within(&mut self, limit: Duration) -> Option<Value> {
        if !self.early.is_empty() {
            return Some(self.early.remove(0));
        }
        match self.lines.recv_timeout(limit) {
            Ok(line) => Some(parse(&line)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    /// The next message, whatever it is.
    #[track_caller]
    pub fn receive(&mut self) -> Value {
        match self.receive_within(PATIENCE) {
            Some(message) => message,
            None => panic!("nothing came; stderr: {}", self.process.stderr()),
        }
    }

    /// Takes one more message within `limit` and keeps it for later. Says whether one came.
    #[track_caller]
    pub fn look(&mut self, limit: Duration) -> bool {
        let line = self.lines.recv_timeout(limit);
        self.early.extend(line.as_ref().map(|line| parse(line)));
        line.is_ok()
    }

    /// How many messages were taken and kept.
    pub fn early_answers(&self) -> usize {
        self.early.len()
    }

    /// The answer with this id. What comes before it is kept for [`StdioServer::receive`].
    #[track_caller]
    pub fn answer_to(&mut self, id: impl Into<Value>) -> Answer {
        let id = id.into();
        let is_it = |message: &Value| message["id"] == id && message["method"].is_null();
        if let Some(found) = self.early.iter().position(is_it) {
            return Answer(self.early.remove(found));
        }
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            let message = parse(&line);
            if is_it(&message) {
                return Answer(message);
            }
            self.early.push(message);
        }
        panic!("no answer to {id}; before it: {:?}; stderr: {}", self.early, self.process.stderr())
    }

    /// Sends a request and waits for its answer.
    #[track_caller]
    pub fn ask(&mut self, era: Era, method: &str, params: Value) -> Answer {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&era.request(id, method, params));
        self.answer_to(id)
    }

    /// Sends all requests at once. Gives the answers in the order of the requests.
    #[track_caller]
    pub fn ask_all(&mut self, requests: &[Value]) -> Vec<Answer> {
        let lines = requests.iter().fold(String::new(), |lines, request| lines + &format!("{request}\n"));
        self.send_bytes(lines.as_bytes());
        let mut answers = HashMap::new();
        while answers.len() < requests.len() {
            let message = self.receive();
            // an answer to what could not be read has no id
            if message["method"].is_null() && !message["id"].is_null() {
                answers.insert(message["id"].to_string(), Answer(message));
            }
        }
        let mut answer_to = |request: &Value| answers.remove(&request["id"].to_string());
        requests.iter().map(|request| answer_to(request).expect("an answer with this id")).collect()
    }

    /// Calls a tool and waits for its answer.
    #[track_caller]
    pub fn call(&mut self, era: Era, tool: &str, arguments: Value) -> Answer {
        self.ask(era, "tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// Opens the connection as `era` does: by handshake, or not at all.
    #[track_caller]
    pub fn open(mut self, era: Era) -> Self {
        if era == Era::Handshake {
            self.send(&message::initialize("open"));
            self.answer_to("open").result();
            self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        }
        self
    }

    /// All that came until stdout ended, without a last line that was cut off: for a server that is killed.
    #[track_caller]
    pub fn what_came(&mut self) -> Vec<Value> {
        let mut came = std::mem::take(&mut self.early);
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            came.extend(serde_json::from_str::<Value>(&line).ok());
        }
        came
    }

    /// Ends the input.
    pub fn close(&mut self) {
        self.stdin = None;
    }

    /// Ends the input and waits for the end: the exit status, and every message that still came.
    #[track_caller]
    pub fn finish(mut self) -> (ExitStatus, Vec<Value>) {
        self.close();
        let status = self.process.wait_within(PATIENCE);
        let mut rest = std::mem::take(&mut self.early);
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            rest.push(parse(&line));
        }
        (status, rest)
    }
}

#[track_caller]
fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("stdout holds {line:?}: {error}"))
}
