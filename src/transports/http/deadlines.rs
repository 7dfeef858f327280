//! How long a client may take.
//!
//! [`Clocked`] stands between the socket and hyper. hyper's own header timer
//! starts when a connection falls idle, so it cannot give a person's pause 60 s
//! and a half-sent header 10 s; this one can, and it also bounds what hyper
//! does not: a client that does not read. The time a body takes is
//! [`body_wait`]'s business, the time a call takes the dispatcher's.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    sync::atomic::{AtomicU8, Ordering},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use crate::limits;

/// What a connection is waiting for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// The rest of a header block; at the start, its first byte too.
    Head = 0,
    /// Us: a request is being answered.
    Serving = 1,
    /// The next request, or a stream that goes on.
    Idle = 2,
}

/// The phase, shared by a connection's socket and its service.
#[derive(Debug, Default)]
pub(super) struct Clock(AtomicU8);

impl Clock {
    pub(super) fn phase(&self) -> Phase {
        match self.0.load(Ordering::Relaxed) {
            0 => Phase::Head,
            1 => Phase::Serving,
            _ => Phase::Idle,
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }
}

/// A socket whose reads and writes end.
pub(super) struct Clocked<S> {
    socket: S,
    clock: Arc<Clock>,
    /// When the current wait for the client began.
    since: Instant,
    /// When a write first found the client not reading.
    stalled: Option<Instant>,
    /// Armed seldom: it is set for the earliest moment a deadline can pass, and set anew when it finds none did.
    alarm: Pin<Box<Sleep>>,
}

impl<S> Clocked<S> {
    /// Starts the clock: the first header block is due.
    pub(super) fn new(socket: S, clock: Arc<Clock>) -> Self {
        let since = Instant::now();
        let alarm = Box::pin(sleep_until(since + limits::HEADERS_WAIT_MAX));
        Self { socket, clock, since, stalled: None, alarm }
    }

    fn deadline(&self) -> Option<Instant> {
        let read = match self.clock.phase() {
            Phase::Head => Some(self.since + limits::HEADERS_WAIT_MAX),
            Phase::Idle => Some(self.since + limits::IDLE_WAIT_MAX),
            Phase::Serving => None,
        };
        let write = self.stalled.map(|since| since + limits::WRITE_WAIT_MAX);
        read.into_iter().chain(write).min()
    }

    /// Whether the client's time is up. If not, the task is woken when it is.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline() else { return Poll::Pending };
        if deadline < self.alarm.deadline() || self.alarm.is_elapsed() {
            self.alarm.as_mut().reset(deadline);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    fn wrote(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if result.is_ready() {
            self.stalled = None;
            if self.clock.phase() != Phase::Head {
                self.since = Instant::now();
            }
            return result;
        }
        self.stalled.get_or_insert_with(Instant::now);
        self.poll_overdue(cx).map(|()| Err(too_slow()))
    }
}

fn too_slow() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client took too long")
}

impl<S: AsyncRead + Unpin> AsyncRead for Clocked<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.socket).poll_read(cx, buffer);
        if result.is_pending() {
            return this.poll_overdue(cx).map(|()| Err(too_slow()));
        }
        if buffer.filled().len() > before && this.clock.phase() == Phase::Idle {
            this.clock.enter(Phase::Head);
            this.since = Instant::now();
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Clocked<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.socket).poll_write(cx, bytes);
        this.wrote(cx, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.socket).poll_write_vectored(cx, slices);
        this.wrote(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

/// How long after its start a body of which `received` bytes are here may
/// keep us waiting for the next one: 30 s in all, and from the fifth second on
/// no longer than its bytes are worth at the minimum rate.
pub(super) fn body_wait(received: usize) -> Duration {
    let received = u64::try_from(received).unwrap_or(u64::MAX);
    let earned = Duration::from_millis(received.saturating_mul(1_000) / limits::BODY_RATE_MIN);
    earned.max(limits::BODY_RATE_GRACE).min(limits::BODY_WAIT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[test]
    fn a_body_must_keep_its_minimum_rate_after_five_seconds() {
        assert_eq!(body_wait(0), Duration::from_secs(5));
        assert_eq!(body_wait(499), Duration::from_secs(5));
        assert_eq!(body_wait(1_000), Duration::from_secs(10));
        assert_eq!(body_wait(3_000), Duration::from_secs(30));
        assert_eq!(body_wait(usize::MAX), Duration::from_secs(30));
    }

    fn ends_after(started: Instant, error: io::Result<usize>) -> u64 {
        assert_eq!(error.expect_err("a deadline").kind(), io::ErrorKind::TimedOut);
        started.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_header_block_has_ten_seconds_however_it_trickles() {
        let (near, mut far) = duplex(1 << 10);
        let mut socket = Clocked::new(near, Arc::default());
        let started = Instant::now();
        let trickle = async {
            for _ in 0..60 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                far.write_all(b"x").await.expect("room");
            }
        };
        let read = async {
            loop {
                let read = socket.read(&mut [0; 8]).await;
                if read.is_err() {
                    return ends_after(started, read);
                }
            }
        };
        // What was sent in time is still read; the first wait past the deadline is the last.
        tokio::select! {
            () = trickle => panic!("never cut"),
            seconds = read => assert_eq!(seconds, 10),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_has_sixty_seconds_and_a_served_one_is_left_alone() {
        let (near, mut far) = duplex(1 << 10);
        let clock = Arc::<Clock>::default();
        let mut socket = Clocked::new(near, Arc::clone(&clock));
        clock.enter(Phase::Serving);
        let long = tokio::time::timeout(Duration::from_secs(200), socket.read(&mut [0; 8])).await;
        assert!(long.is_err(), "a call in flight has its own deadline");
        socket.write_all(b"answer").await.expect("room");
        clock.enter(Phase::Idle);
        let started = Instant::now();
        let read = socket.read(&mut [0; 8]).await;
        assert_eq!(ends_after(started, read), 60);
        far.write_all(b"P").await.expect("room");
        assert_eq!(socket.read(&mut [0; 8]).await.expect("a byte"), 1);
        let started = Instant::now();
        let read = socket.read(&mut [0; 8]).await;
        assert_eq!(ends_after(started, read), 10, "its next header block has begun");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_has_thirty_seconds() {
        let (near, _far) = duplex(4);
        let clock = Arc::<Clock>::default();
        let mut socket = Clocked::new(near, Arc::clone(&clock));
        clock.enter(Phase::Serving);
        let started = Instant::now();
        assert_eq!(socket.write(b"12345678").await.expect("some"), 4);
        let stuck = socket.write(b"5678").await;
        assert_eq!(ends_after(started, stuck), 30);
    }
}
