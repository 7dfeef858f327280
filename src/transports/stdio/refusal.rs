//! A server that could not start says so to its host.
//!
//! Hosts hide stderr, so a start error would look like silence. The first
//! request is answered with it instead.

use std::{
    io::{self, IsTerminal, Read, Write},
    os::fd::AsFd,
    time::Instant,
};

use rmcp::model::{ErrorCode, ErrorData};
use rustix::event::PollFlags;

use super::{
    framing::{Frame, Lines},
    stdin::wait_ready,
};
use crate::{
    limits,
    protocol::{self, Fault, Incoming},
};

/// Answers the first request on `stdin` with an error whose message is `says`:
/// the start error and its hint. A `server/discover` is a probe, so the request
/// after it is answered too. Returns when that is done, when the input ends, or
/// after [`limits::START_REFUSAL_WAIT_MAX`]; at once when a person sits there,
/// who has read it on stderr.
///
/// # Errors
///
/// Reading or writing failed.
pub fn answer_first_request<R, W>(mut stdin: R, mut stdout: W, says: &str) -> io::Result<()>
where
    R: Read + AsFd,
    W: Write,
{
    if stdin.as_fd().is_terminal() {
        return Ok(());
    }
    let until = Instant::now() + limits::START_REFUSAL_WAIT_MAX;
    let mut lines = Lines::default();
    let mut buffer = vec![0; limits::PIPE_CHUNK_BYTES];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if wait_ready(stdin.as_fd(), PollFlags::IN, left).is_empty() {
            return Ok(());
        }
        let read = stdin.read(&mut buffer)?;
        match buffer.get(..read) {
            None | Some([]) => lines.end(),
            Some(bytes) => lines.push(bytes),
        }
        while let Some(frame) = lines.next() {
            let Frame::Line(line) = frame else { continue };
            let (id, is_probe) = match protocol::decode(&line) {
                Ok(Incoming::Request(request)) => (request.id.clone(), request.method() == "server/discover"),
                // Whoever sends a request that is not in order waits for an answer too.
                Err(Fault { id: Some(id), .. }) => (id, false),
                _ => continue,
            };
            let error = ErrorData::new(ErrorCode::INTERNAL_ERROR, says.to_owned(), None);
            stdout.write_all(&protocol::encode(&id, &Err(error)))?;
            stdout.write_all(b"\n")?;
            stdout.flush()?;
            if !is_probe {
                return Ok(());
            }
        }
        if read == 0 {
            return Ok(());
        }
    }
}
