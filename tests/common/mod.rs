//! The program as a person or a host meets it: started, spoken to, stopped.
//!
//! Nothing here knows the library. A [`Place`] is a home of its own for one
//! test, so that no test sees the configuration, the events or the keys of
//! whoever runs it; [`StdioServer`] and [`HttpServer`] are the two doors.
//! Every wait has a deadline, and what misses one says what the server said.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    clippy::format_push_string,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "each test file uses its part of this, a failed step of a test is a panic, and brevity counts"
)]

mod answer;
mod disk;
mod doors;
pub mod fixture;
mod http;
mod log;
mod message;
mod nobody;
pub mod path_table;
mod stdio;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

pub use answer::Answer;
pub use disk::SmallDisk;
pub use doors::{Door, Server};
pub use http::{HttpServer, KEY, Reply, hang_up, read_reply};
pub use log::{Log, moves};
pub use message::{Era, initialize};
pub use nobody::{NOBODY, is_root, place_of_an_ordinary_user};
use serde_json::Value;
pub use stdio::StdioServer;
use tempfile::TempDir;

/// How long anything that should happen may take, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The variable that takes the limits away, for tests that call more often than anybody would.
pub const UNLIMITED: (&str, &str) = ("MCP_SERVER_LIMITS_ENABLED", "false");

/// A home for one test: configuration, state, roots. And the program that lives in it.
pub struct Place {
    dir: TempDir,
    program: PathBuf,
    meddled: AtomicBool,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// An empty one, for the product.
    pub fn new() -> Self {
        Self::of(PathBuf::from(env!("CARGO_BIN_EXE_mcp-server")))
    }

    /// An empty one, for the product with the tools of `examples/fixture_tools.rs` besides.
    pub fn with_fixture_tools() -> Self {
        // `cargo test` builds the examples, but no variable says where.
        let product = Path::new(env!("CARGO_BIN_EXE_mcp-server"));
        let program = product.with_file_name("examples").join("fixture_tools");
        assert!(program.exists(), "build it first: cargo build --example fixture_tools");
        Self::of(program)
    }

    fn of(program: PathBuf) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap(), program, meddled: AtomicBool::new(false) };
        for part in ["home", "config", "state", "data"] {
            fs::create_dir(place.path().join(part)).unwrap();
        }
        place
    }

    /// The test itself changes what stands in the log, so the log is not checked in the end.
    pub fn meddles(&self) -> &Self {
        self.meddled.store(true, Ordering::Relaxed);
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file beneath it, with the directories that it needs.
    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// A directory beneath it, made if it is missing.
    pub fn dir(&self, path: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Where `serve` and `events` look for the log.
    pub fn events_dir(&self) -> PathBuf {
        self.path().join("events")
    }

    /// Where the program is.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The program, about to be run with nothing of the environment but `PATH`.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args);
        self.settle(&mut command);
        command
    }

    /// The same, started by bash after `preparation`, which may close descriptors, set limits and the like.
    pub fn command_after(&self, preparation: &str, args: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command.arg("-c").arg(format!("{preparation}\nexec \"$0\" \"$@\"")).arg(&self.program).args(args);
        self.settle(&mut command);
        command
    }

    fn settle(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path().join("home"))
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env("MCP_SERVER_EVENTS_DIR", self.events_dir())
            .stdin(Stdio::null());
    }

    /// Runs the program to its end.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Starts `serve` on stdio.
    #[track_caller]
    pub fn stdio(&self, args: &[&str]) -> StdioServer {
        StdioServer::start(self, args, &[])
    }

    /// Starts `serve --http` on a free port of loopback, with a key.
    #[track_caller]
    pub fn http(&self, args: &[&str]) -> HttpServer {
        HttpServer::start(self, args, &[])
    }

    /// The log, checked.
    #[track_caller]
    pub fn log(&self) -> Log {
        Log::read(&self.events_dir())
    }

    /// Every event there is, oldest file first. A line that is no JSON is a failure.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let mut files: Vec<_> = fs::read_dir(self.events_dir())
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
        files.sort();
        let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        text.lines().map(|line| serde_json::from_str(line).expect("an event is one line of JSON")).collect()
    }

    /// The events with this word, such as `tool_called`.
    #[track_caller]
    pub fn events_named(&self, event: &str) -> Vec<Value> {
        self.events().into_iter().filter(|one| one["event"] == event).collect()
    }

    /// Waits until there are `count` events with this word: for those that
    /// are written after an answer.
    #[track_caller]
    pub fn await_events(&self, event: &str, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.events_named(event);
            if seen.len() >= count {
                return seen;
            }
            assert!(Instant::now() < deadline, "{} of {count} `{event}` events: {seen:#?}", seen.len());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Whatever a test was about: the log that its servers leave is whole. Numbers have no gaps,
/// digests no break, no call ends twice, and no line but the last of a killed run is torn. Only a
/// test that writes into the directory itself says [`Place::meddles`].
impl Drop for Place {
    fn drop(&mut self) {
        if !self.meddled.load(Ordering::Relaxed) && !thread::panicking() {
            self.log().endings();
        }
    }
}

/// A running process, ended when it is dropped.
pub struct Running {
    child: Child,
    stderr: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Running {
    /// One that a test started by itself.
    pub fn of(child: Child) -> Self {
        Self::new(child)
    }

    fn new(mut child: Child) -> Self {
        let stderr = Arc::<Mutex<String>>::default();
        let reader = child.stderr.take().map(|mut pipe| {
            let kept = Arc::clone(&stderr);
            thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(count @ 1..) = pipe.read(&mut piece) {
                    kept.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..count]));
                }
            })
        });
        Self { child, stderr, reader }
    }

    /// What the server has said on stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A figure of `/proc/PID/status`, such as `VmRSS` (now) or `VmHWM` (at most so far), both in KiB, or `Threads`.
    #[track_caller]
    pub fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|value| value.split_whitespace().next()?.parse().ok()).expect(name)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for the end, at most `limit`.
    #[track_caller]
    pub fn wait_within(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // what it said last may still be in the pipe, and a child of its own may hold that open
                let ended = Instant::now();
                let is_reading = |reader: &thread::JoinHandle<()>| !reader.is_finished();
                while self.reader.as_ref().is_some_and(is_reading) && ended.elapsed() < Duration::from_secs(1)
                {
                    thread::sleep(Duration::from_millis(1));
                }
                return status;
            }
            assert!(Instant::now() < deadline, "still running after {limit:?}; stderr: {}", self.stderr());
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
