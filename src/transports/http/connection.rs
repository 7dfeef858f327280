//! One connection: its requests, its deadlines, its end.

use std::{
    convert::Infallible,
    error::Error,
    io,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, Request, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tower_service::Service;
use warp::reply::Response;

use super::{
    Door,
    curt::Sealing,
    deadlines::{Clock, Clocked, Phase},
    gate::{self, Gated},
    record, routes,
};
use crate::{limits, refusal::Code};

/// Serves one connection until it ends, the server stops, or `cut` is cancelled.
pub(super) async fn serve(door: Arc<Door>, stream: TcpStream, peer: IpAddr, cut: CancellationToken) {
    let clock = Arc::new(Clock::default());
    let socket = TokioIo::new(Sealing::new(Clocked::new(stream, Arc::clone(&clock))));
    let served = AtomicU32::new(0);
    let service = service_fn(|request| {
        clock.enter(Phase::Serving);
        let is_last = served.fetch_add(1, Ordering::Relaxed) + 1 >= limits::REQUESTS_PER_CONNECTION_MAX;
        let (door, clock) = (Arc::clone(&door), Arc::clone(&clock));
        // Boxed, because hyper moves what it is given a dozen times.
        Box::pin(async move {
            let mut response = answer(&door, peer, request).await;
            if is_last {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            clock.enter(Phase::Idle);
            Ok::<_, Infallible>(response)
        })
    });
    let connection = http1::Builder::new()
        .max_header_size(limits::HEAD_BYTES_MAX)
        .max_buf_size(limits::HEAD_BYTES_MAX)
        .serve_connection(socket, service);
    let mut connection = pin!(connection);
    let stopping = door.tasks.token();
    let mut grace = pin!(sleep(Duration::MAX));
    let mut stop = Stop::NotAsked;
    let ended = loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            () = stopping.cancelled(), if stop == Stop::NotAsked => {
                stop = Stop::Asked;
                connection.as_mut().graceful_shutdown();
                grace.as_mut().reset(Instant::now() + limits::DRAIN_WAIT_MAX);
            }
            () = grace.as_mut(), if stop == Stop::Asked => {
                // Half a header block is no call in flight.
                if clock.phase() == Phase::Head {
                    return;
                }
                stop = Stop::PastGrace;
            }
            () = cut.cancelled() => return,
        }
    };
    if let Err(error) = ended {
        explain(&door, peer, &clock, &error);
    }
}

/// How far stopping is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stop {
    NotAsked,
    /// No further request is taken; one that is being sent has a moment.
    Asked,
    /// What is left is being answered.
    PastGrace,
}

async fn answer(door: &Arc<Door>, peer: IpAddr, request: Request<Incoming>) -> Response {
    let (gated, seal) = gate::judge(door, peer, request).await;
    let mut response = match gated {
        Gated::Open(request) => {
            // A filter keeps nothing between requests, so its service is made where it is needed.
            let Ok(response) = warp::service(routes::all()).call(request).await;
            response
        }
        Gated::Shut(response) => response,
    };
    seal.apply(&mut response);
    response
}

/// Writes down what hyper answered by itself, or cut.
fn explain(door: &Door, peer: IpAddr, clock: &Clock, error: &hyper::Error) {
    tracing::debug!(%error, "a connection ended early");
    if error.is_parse() {
        record::connection_refused(door, peer, Code::BadRequest);
    } else if is_timeout(error) && clock.phase() == Phase::Head {
        record::connection_refused(door, peer, Code::TooSlow);
    }
}

fn is_timeout(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
}
