//! Accepting, and stopping.
//!
//! warp's own server has no timeouts, no cap and no end to its stop, so the
//! loop is here; what is served over a connection is still warp's filters.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr, TcpListener as StdListener},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Door, connection,
    flights::{Place, Places},
    headers, record,
};
use crate::{limits, policy::source::Source, refusal::Code, sanitize::ip};

/// How the door was left.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Stopped {
    /// Requests that were being answered when the stop was asked for, and were.
    pub finished: usize,
    /// Those that were not, within [`limits::DRAIN_CALLS_MAX`].
    pub abandoned: usize,
}

/// Serves `door` on `listener` until a stop is asked for, then until what was
/// under way is over, at most [`limits::DRAIN_CALLS_MAX`].
///
/// # Errors
///
/// When the listener cannot be used. Nothing that a client does is an error.
pub async fn serve(listener: StdListener, door: Arc<Door>) -> io::Result<Stopped> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let (tracker, cut) = (TaskTracker::new(), door.tasks.cut_token());
    accept(&listener, &door, &tracker, &cut).await;
    drop(listener);
    tracker.close();
    let _in_time = timeout(limits::DRAIN_CALLS_MAX, tracker.wait()).await;
    let stopped = Stopped { finished: door.flights.landed_late(), abandoned: door.flights.now() };
    // What still runs is told, and says so to its client; then the connections are cut.
    door.calls.cancel();
    let _told = timeout(limits::CUT_WAIT_MAX / 2, tracker.wait()).await;
    cut.cancel();
    let _cut = timeout(limits::CANCEL_GRACE, tracker.wait()).await;
    Ok(stopped)
}

async fn accept(listener: &TcpListener, door: &Arc<Door>, tracker: &TaskTracker, cut: &CancellationToken) {
    let stopping = door.tasks.token();
    let turned_away = Places::new(limits::TURNED_AWAY_AT_ONCE_MAX);
    let mut exhausted = Exhaustion::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                admit(stream, peer, door, tracker, cut, &turned_away);
            }
            Err(error) if is_exhausted(&error) => {
                exhausted.tell(door);
                sleep(limits::ACCEPT_REST).await;
            }
            // One client's connection was over before it was accepted.
            Err(error) => tracing::debug!(%error, "a connection was not accepted"),
        }
    }
}

fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    door: &Arc<Door>,
    tracker: &TaskTracker,
    cut: &CancellationToken,
    turned_away: &Places,
) {
    let address = peer.ip().to_canonical();
    if let Some(seat) = door.connections.take(address, &door.settings.trusted_proxies) {
        // Without it every answer waits for the client's delayed acknowledgement.
        let _best_effort = stream.set_nodelay(true);
        let serving = connection::serve(Arc::clone(door), stream, address, cut.child_token());
        door.tasks.spawn(tracker.track_future(async move {
            let _seat = seat;
            serving.await;
        }));
        return;
    }
    record::connection_refused(door, address, Code::TooManyConnections);
    if let Some(place) = turned_away.take() {
        door.tasks.spawn(tracker.track_future(async move {
            let _place = place;
            let _too_late = timeout(limits::DRAIN_WAIT_MAX, turn_away(stream)).await;
        }));
    }
}

/// Tells a client over the cap when to come back. What it sent is read and
/// dropped, or the reset that follows would take the answer with it.
async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    const BODY: &str = r#"{"error":"too_many_connections","message":"too many open connections","hint":"close some, or try again in 1 s"}"#;
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         retry-after: 1\r\nconnection: close\r\n{}\r\n{BODY}",
        BODY.len(),
        headers::seal_text(),
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    let mut dropped = [0; 4_096];
    let mut rest = limits::DRAIN_BYTES_MAX;
    while rest > 0 {
        match stream.read(&mut dropped).await? {
            0 => break,
            read => rest = rest.saturating_sub(read),
        }
    }
    Ok(())
}

/// No descriptor is left, for the process or the system.
fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM))
}

/// When it was last said that descriptors ran out.
#[derive(Default)]
struct Exhaustion(Option<Instant>);

impl Exhaustion {
    fn tell(&mut self, door: &Door) {
        if self.0.is_none_or(|told| told.elapsed() >= limits::EXHAUSTION_EVENT_EVERY) {
            self.0 = Some(Instant::now());
            record::fd_exhausted(door);
        }
    }
}

/// The open connections, in all and by source.
#[derive(Debug)]
pub(super) struct Connections {
    all: Places,
    by_source: Arc<Mutex<HashMap<Source, usize>>>,
}

impl Default for Connections {
    fn default() -> Self {
        Self { all: Places::new(limits::CONNECTIONS_MAX), by_source: Arc::default() }
    }
}

impl Connections {
    /// So many are open.
    pub(super) fn open(&self) -> usize {
        self.all.taken()
    }

    /// Room for one from `address`. A trusted proxy speaks for many.
    fn take(&self, address: IpAddr, trusted: &[ipnet::IpNet]) -> Option<Seat> {
        let place = self.all.take()?;
        if ip::is_trusted(address, trusted) {
            return Some(Seat { _place: place, _row: None });
        }
        let source = Source::from(address);
        let mut rows = self.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        let open = rows.entry(source).or_default();
        if *open >= limits::CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        *open += 1;
        drop(rows);
        Some(Seat { _place: place, _row: Some(Row { source, rows: Arc::clone(&self.by_source) }) })
    }
}

/// An open connection's place.
#[derive(Debug)]
struct Seat {
    _place: Place,
    _row: Option<Row>,
}

#[derive(Debug)]
struct Row {
    source: Source,
    rows: Arc<Mutex<HashMap<Source, usize>>>,
}

impl Drop for Row {
    fn drop(&mut self) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = rows.get_mut(&self.source) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                rows.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_source_has_its_share_and_others_have_theirs() {
        let connections = Connections::default();
        let mut seats: Vec<_> = (0..limits::CONNECTIONS_PER_ADDRESS_MAX)
            .map(|_| connections.take(ip("203.0.113.9"), &[]).expect("room"))
            .collect();
        assert!(connections.take(ip("203.0.113.9"), &[]).is_none());
        assert!(connections.take(ip("203.0.113.10"), &[]).is_some());
        seats.pop();
        assert!(connections.take(ip("203.0.113.9"), &[]).is_some());
        drop(seats);
        assert_eq!(connections.open(), 0);
        assert!(connections.by_source.lock().expect("a lock").is_empty());
    }

    #[test]
    fn a_trusted_proxy_has_all_there_are() {
        let connections = Connections::default();
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let seats: Vec<_> =
            (0..limits::CONNECTIONS_MAX).map(|_| connections.take(ip("10.0.0.1"), &trusted)).collect();
        assert!(seats.iter().all(Option::is_some));
        assert!(connections.take(ip("10.0.0.1"), &trusted).is_none());
        assert!(connections.take(ip("203.0.113.9"), &trusted).is_none());
    }

    #[test]
    fn running_out_of_descriptors_is_told_from_a_lost_client() {
        assert!(is_exhausted(&io::Error::from_raw_os_error(24)));
        assert!(!is_exhausted(&io::Error::from(io::ErrorKind::ConnectionAborted)));
    }
}
