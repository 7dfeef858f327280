//! Writing stdout, which belongs to the protocol alone.
//!
//! [`take`] moves it out of everybody's reach. A thread of its own blocks in
//! `write`, for the reasons given in [`super::stdin`]. What waits to be written
//! is counted in bytes, and whoever could add to it asks for [`Outbox::room`]
//! first, so a client that does not read costs a bounded amount of memory.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use rustix::event::PollFlags;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::stdin::wait_ready;
use crate::limits;

/// Moves descriptor 1 to a private, close-on-exec descriptor and makes 1 another
/// name of stderr: whatever prints by mistake, prints there.
///
/// # Errors
///
/// No descriptor is left, or stderr is closed.
pub fn take() -> io::Result<OwnedFd> {
    let private = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(private)
}

/// How the last bytes fared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// All were taken.
    Whole,
    /// The other side closed its end.
    Closed,
    /// The other side did not read for [`limits::STDOUT_STALL_MAX`].
    Unread,
}

/// Where lines are left to be written.
#[derive(Clone)]
pub(super) struct Outbox(Arc<Shared>);

struct Shared {
    lines: Mutex<Option<Sender<Bytes>>>,
    queued: AtomicUsize,
    written: AtomicU64,
    moved: Notify,
    closed: CancellationToken,
    done: CancellationToken,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("queued", &self.0.queued).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Starts the thread that writes to `stdout`.
    pub(super) fn open<W>(stdout: W) -> io::Result<Self>
    where
        W: Write + AsFd + Send + 'static,
    {
        let (sender, lines) = mpsc::channel();
        let shared = Arc::new(Shared {
            lines: Mutex::new(Some(sender)),
            queued: AtomicUsize::new(0),
            written: AtomicU64::new(0),
            moved: Notify::new(),
            closed: CancellationToken::new(),
            done: CancellationToken::new(),
        });
        let own = Arc::clone(&shared);
        thread::Builder::new().name("stdout".into()).spawn(move || {
            if let Err(error) = write_lines(stdout, &lines, &own) {
                tracing::info!(%error, "stdout is closed");
                own.closed.cancel();
            }
            own.done.cancel();
            own.moved.notify_waiters();
        })?;
        Ok(Self(shared))
    }

    /// Leaves one line, without its end.
    pub(super) fn push(&self, line: Bytes) {
        if self.0.closed.is_cancelled() {
            return;
        }
        let bytes = line.len() + 1;
        self.0.queued.fetch_add(bytes, Ordering::AcqRel);
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.as_ref().is_none_or(|lines| lines.send(line).is_err()) {
            self.0.queued.fetch_sub(bytes, Ordering::AcqRel);
        }
    }

    /// Whether more waits than may wait.
    pub(super) fn is_full(&self) -> bool {
        self.0.queued.load(Ordering::Acquire) > limits::STDOUT_QUEUED_BYTES_MAX
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.queued.load(Ordering::Acquire) == 0
    }

    /// Bytes that were taken so far.
    pub(super) fn written(&self) -> u64 {
        self.0.written.load(Ordering::Acquire)
    }

    /// Waits until no more waits than may wait, or nothing will ever be taken.
    pub(super) async fn room(&self) {
        while self.is_full() && !self.0.done.is_cancelled() {
            let moved = self.0.moved.notified();
            tokio::pin!(moved);
            // From here on no wake-up is lost, so the second look is the last.
            moved.as_mut().enable();
            if !self.is_full() || self.0.done.is_cancelled() {
                return;
            }
            moved.await;
        }
    }

    /// Waits until the other side has closed its end.
    pub(super) async fn closed(&self) {
        self.0.closed.cancelled().await;
    }

    /// Takes no more lines, and waits for those that are there.
    pub(super) async fn finish(&self) -> Delivery {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).take();
        loop {
            let before = self.written();
            if tokio::time::timeout(limits::STDOUT_STALL_MAX, self.0.done.cancelled()).await.is_ok() {
                let is_closed = self.0.closed.is_cancelled();
                return if is_closed { Delivery::Closed } else { Delivery::Whole };
            }
            if self.written() == before {
                return Delivery::Unread;
            }
        }
    }
}

/// Writes until no more lines can come, or the other side is gone.
fn write_lines<W: Write + AsFd>(mut stdout: W, lines: &Receiver<Bytes>, shared: &Shared) -> io::Result<()> {
    let mut batch = Vec::new();
    loop {
        match lines.recv_timeout(limits::STDOUT_CHECK_EVERY) {
            Ok(line) => {
                batch.clear();
                add(&mut batch, &line);
                while batch.len() < limits::PIPE_CHUNK_BYTES
                    && let Ok(line) = lines.try_recv()
                {
                    add(&mut batch, &line);
                }
                write_all(&mut stdout, &batch, shared)?;
                if batch.capacity() > 2 * limits::PIPE_CHUNK_BYTES {
                    batch = Vec::new();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
                if wait_ready(stdout.as_fd(), PollFlags::empty(), Duration::ZERO).intersects(gone) {
                    return Err(ErrorKind::BrokenPipe.into());
                }
            }
            Err(RecvTimeoutError::Disconnected) => return stdout.flush(),
        }
    }
}

fn add(batch: &mut Vec<u8>, line: &[u8]) {
    batch.extend_from_slice(line);
    batch.push(b'\n');
}

fn write_all<W: Write + AsFd>(stdout: &mut W, mut bytes: &[u8], shared: &Shared) -> io::Result<()> {
    while !bytes.is_empty() {
        match stdout.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                shared.queued.fetch_sub(written, Ordering::AcqRel);
                shared.written.fetch_add(u64::try_from(written).unwrap_or(0), Ordering::AcqRel);
                shared.moved.notify_waiters();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait_ready(stdout.as_fd(), PollFlags::OUT, limits::STDOUT_CHECK_EVERY);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
