//! MCP over stdin and stdout.
//!
//! ```text
//! stdin ──thread──▶ framing ──▶ intake ──▶ rmcp ──▶ service ──▶ protocol
//!                                  │                               │
//! stdout ◀──thread── outbox ◀──────┴── faults      answers ────────┘
//! ```
//!
//! One client, the process that started us, and one connection, which is the
//! life of the server: it ends with the input, and every request that was read
//! is answered first. Nothing but JSON-RPC reaches stdout; no socket is opened.

mod framing;
mod intake;
mod link;
mod refusal;
mod service;
mod stdin;
mod stdout;
#[cfg(test)]
mod tests;
mod transport;

use std::{
    io::{self, Read, Write},
    os::fd::AsFd,
    sync::Arc,
};

use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

pub use intake::{Counts, Ended};
pub use refusal::answer_first_request;
pub use stdin::open as open_stdin;
pub use stdout::{Delivery, take as take_stdout};

use crate::{limits, protocol::Protocol, shutdown::Tasks};
use intake::{Intake, Nameless, Session};
use link::Link;
use service::StdioService;
use stdout::Outbox;
use transport::StdioTransport;

/// How a connection went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Summary {
    /// Why it ended.
    pub ended: Ended,
    /// How the last answers fared.
    pub delivery: Delivery,
    /// How many messages there were.
    pub counts: Counts,
}

/// Serves one connection until its input or output ends, or `tasks` are asked
/// to stop. Everything that was read is answered and everything that was
/// answered is written before this returns: requests that hang get
/// [`limits::EOF_WAIT_MAX`], an unread stdout [`limits::STDOUT_STALL_MAX`].
///
/// # Errors
///
/// The two threads that read and write could not be started.
pub async fn serve<R, W>(protocol: Arc<Protocol>, stdin: R, stdout: W, tasks: &Tasks) -> io::Result<Summary>
where
    R: Read + AsFd + Send + 'static,
    W: Write + AsFd + Send + 'static,
{
    let outbox = Outbox::open(stdout)?;
    let watched = stdin.as_fd().try_clone_to_owned()?;
    let chunks = stdin::read(stdin)?;
    let link = Link::default();
    let (requests, receiver) = mpsc::channel(1);
    let mut intake = Intake {
        link: link.clone(),
        outbox: outbox.clone(),
        requests,
        events: protocol.dispatcher.events.clone(),
        session: Session::default(),
        nameless: Nameless::default(),
        counts: Counts::default(),
    };
    let transport = StdioTransport { requests: receiver, link: link.clone(), outbox: outbox.clone() };
    let service = StdioService::new(protocol, link.clone(), outbox.clone());
    // Not `serve_server`: its handshake refuses what a later version allows and
    // would end the connection at the first notification. Ours is in `protocol`.
    let running = rmcp::service::serve_directly(service, transport, None);

    let ended = intake.run(chunks, watched.as_fd(), tasks).await;
    settle(&link, &outbox, ended, tasks).await;
    let counts = intake.counts;
    drop(intake); // the last sender of requests, so rmcp ends
    if timeout(limits::EOF_WAIT_MAX, running.waiting()).await.is_err() {
        tracing::warn!("the connection did not end in time");
    }
    Ok(Summary { ended, delivery: outbox.finish().await, counts })
}

/// Waits until everything that was read is answered, and ends what hangs.
async fn settle(link: &Link, outbox: &Outbox, ended: Ended, tasks: &Tasks) {
    link.end();
    if ended != Ended::Output {
        let cut = tasks.cut_token();
        tokio::select! {
            () = cut.cancelled() => {}
            () = wait(link, outbox) => {}
        }
    }
    link.give_up();
    // A cancelled call is over within `CANCEL_GRACE`; its event takes a moment more.
    let _ = timeout(limits::CANCEL_GRACE * 5, link.idle()).await;
}

/// Waits for what is in flight, as long as it does not hang. A call that only
/// waits for stdout to be read does not.
async fn wait(link: &Link, outbox: &Outbox) {
    let mut patience = limits::STDOUT_STALL_MAX;
    loop {
        let before = outbox.written();
        tokio::select! {
            biased;
            () = link.idle() => return,
            () = outbox.closed() => return,
            () = sleep(limits::EOF_WAIT_MAX) => {}
        }
        if outbox.written() == before {
            patience = patience.saturating_sub(limits::EOF_WAIT_MAX);
        }
        if !outbox.is_full() || patience.is_zero() {
            return;
        }
    }
}
