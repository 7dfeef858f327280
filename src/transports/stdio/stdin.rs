//! Reading stdin.
//!
//! A thread of its own blocks in `read`, so pipes, files, sockets and terminals
//! are all alike, and the flags of a descriptor that is shared with a shell are
//! left alone. It hands over a bounded number of chunks and then waits, so the
//! other side of the pipe waits too. It is not joined: nothing can end a `read`
//! but the other side, and the process does not wait for that.

use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    os::fd::{AsFd, BorrowedFd},
    thread,
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc;

use crate::limits;

/// This process's stdin, without the buffer and the lock of the standard library.
///
/// # Errors
///
/// No descriptor is left.
pub fn open() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Reads until the input ends or nobody listens.
pub(super) fn read<R>(mut stdin: R) -> io::Result<mpsc::Receiver<Vec<u8>>>
where
    R: Read + AsFd + Send + 'static,
{
    let (chunks, receiver) = mpsc::channel(limits::CHUNKS_QUEUED_MAX);
    thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut buffer = vec![0; limits::PIPE_CHUNK_BYTES];
        loop {
            match stdin.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    let chunk = buffer.get(..read).unwrap_or_default().to_vec();
                    if chunks.blocking_send(chunk).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait_ready(stdin.as_fd(), PollFlags::IN, limits::STDOUT_CHECK_EVERY);
                }
                Err(error) => {
                    tracing::warn!(%error, "stdin can no longer be read; taken as its end");
                    break;
                }
            }
        }
    })?;
    Ok(receiver)
}

/// Whether the other side has closed its end, though what it sent may not be read yet.
pub(super) fn is_hung_up(stdin: BorrowedFd<'_>) -> bool {
    wait_ready(stdin, PollFlags::empty(), Duration::ZERO).intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Waits until something of `wanted`, or an error, can be had of `fd`. Returns what.
pub(super) fn wait_ready(fd: BorrowedFd<'_>, wanted: PollFlags, wait: Duration) -> PollFlags {
    let mut polled = [PollFd::new(&fd, wanted)];
    let wait = Timespec::try_from(wait).unwrap_or_default();
    match poll(&mut polled, Some(&wait)) {
        Ok(_) => polled.iter().fold(PollFlags::empty(), |all, one| all | one.revents()),
        Err(_) => PollFlags::empty(),
    }
}
