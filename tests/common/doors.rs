//! One server behind either door, for what must hold on both.

use std::process::Command;

use serde_json::{Value, json};

use super::{Answer, Era, HttpServer, KEY, Place, Running, StdioServer, UNLIMITED};

/// The two doors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Door {
    Stdio,
    Http,
}

impl Door {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Stdio, Self::Http];

    /// The era that is spoken here: one at each door, and neither needs a handshake to be stateless.
    pub const fn era(self) -> Era {
        match self {
            Self::Stdio => Era::PerRequest,
            Self::Http => Era::Handshake,
        }
    }
}

/// A running server.
pub enum Server {
    Stdio(StdioServer),
    Http(HttpServer),
}

impl Server {
    /// Starts one without limits.
    #[track_caller]
    pub fn start(place: &Place, door: Door, args: &[&str], env: &[(&str, &str)]) -> Self {
        let env = [&[UNLIMITED], env].concat();
        match door {
            Door::Stdio => Self::Stdio(StdioServer::start(place, args, &env)),
            Door::Http => Self::Http(HttpServer::start(place, args, &env)),
        }
    }

    /// Starts what `command` starts.
    #[track_caller]
    pub fn spawn(door: Door, mut command: Command) -> Self {
        match door {
            Door::Stdio => Self::Stdio(StdioServer::spawn(command)),
            Door::Http => {
                command.env("API_KEY", KEY);
                Self::Http(HttpServer::launch(command))
            }
        }
    }

    /// The door.
    pub const fn door(&self) -> Door {
        match self {
            Self::Stdio(_) => Door::Stdio,
            Self::Http(_) => Door::Http,
        }
    }

    /// The process.
    pub fn process(&mut self) -> &mut Running {
        match self {
            Self::Stdio(server) => server.process(),
            Self::Http(server) => server.process(),
        }
    }

    /// Calls a tool.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Answer {
        let era = self.door().era();
        match self {
            Self::Stdio(server) => server.call(era, tool, arguments),
            Self::Http(server) => server.call(era, tool, arguments),
        }
    }

    /// Sends requests (method and parameters) as fast as they are taken. Gives the answers in their order.
    #[track_caller]
    pub fn ask_all(&mut self, requests: &[(&str, Value)]) -> Vec<Answer> {
        let era = self.door().era();
        let numbered = requests.iter().enumerate();
        let requests: Vec<_> =
            numbered.map(|(id, (method, params))| era.request(id, method, params.clone())).collect();
        match self {
            Self::Stdio(server) => server.ask_all(&requests),
            Self::Http(server) => server.ask_all(era, &requests),
        }
    }

    /// Calls tools as fast as they are taken. Gives the answers in the order of the calls.
    #[track_caller]
    pub fn call_all(&mut self, calls: &[(&str, Value)]) -> Vec<Answer> {
        let params = |(tool, arguments): &(&str, Value)| json!({ "name": tool, "arguments": arguments });
        let requests: Vec<_> = calls.iter().map(|call| ("tools/call", params(call))).collect();
        self.ask_all(&requests)
    }

    /// Stops it as its host would, and waits for a good end.
    #[track_caller]
    pub fn stop(self) {
        let status = match self {
            Self::Stdio(server) => server.finish().0,
            Self::Http(mut server) => server.stop(),
        };
        assert!(status.success(), "{status}");
    }
}
