//! A host, and what it can see of its server.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::common::{Era, Place, StdioServer, UNLIMITED, initialize};

pub(crate) const ERA: Era = Era::Handshake;

/// The end of an idle server: ten times 200 ms.
pub(crate) const IDLE_END: Duration = Duration::from_secs(2);
/// Ten times the 3 s within which every end comes is longer than anybody waits.
pub(crate) const ANY_END: Duration = Duration::from_secs(10);
/// What a server may use, whatever is done to it, in KiB.
pub(crate) const MEMORY_KIB_MAX: u64 = 64 << 10;

pub(crate) fn fixture(place: &Place) -> StdioServer {
    StdioServer::start(place, &[], &[UNLIMITED]).open(ERA)
}

/// Everything that one client says, to be written at once.
pub(crate) fn conversation(messages: &[Value]) -> Vec<u8> {
    let lines = [initialize("hs")].into_iter().chain(messages.iter().cloned());
    lines.map(|message| format!("{message}\n")).collect::<String>().into_bytes()
}

/// Waits until `count` calls have told that they are under way.
#[track_caller]
pub(crate) fn await_running(server: &mut StdioServer, count: usize) {
    for _ in 0..count {
        let message = server.receive();
        assert_eq!(message["params"]["data"], "begun", "{message}");
    }
}

/// The answers among messages.
pub(crate) fn answers(messages: Vec<Value>) -> Vec<Value> {
    messages.into_iter().filter(|message| message["method"].is_null()).collect()
}

pub(crate) fn cancel(server: &mut StdioServer, id: impl Into<Value>) {
    let params = json!({ "requestId": id.into() });
    server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
}

#[track_caller]
pub(crate) fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[track_caller]
pub(crate) fn ends(child: &mut Child, limit: Duration) -> std::process::ExitStatus {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("still running after {limit:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// What the descriptors of a process point to.
pub(crate) fn descriptors(pid: u32) -> Vec<String> {
    let all = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    all.filter_map(|one| Some(fs::read_link(one.ok()?.path()).ok()?.to_string_lossy().into_owned())).collect()
}

/// Every file beneath `dir`: path, size and mode.
pub(crate) fn files_beneath(dir: &Path) -> Vec<(String, u64, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let entry = entry.unwrap();
        let facts = entry.metadata().unwrap();
        if facts.is_dir() {
            found.extend(files_beneath(&entry.path()));
        } else {
            found.push((entry.path().display().to_string(), facts.len(), facts.permissions().mode()));
        }
    }
    found
}
