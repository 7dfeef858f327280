//! One request to a collector, on a connection of its own.
//!
//! A collector is not trusted: it has ten seconds for everything, its answer
//! is read up to a bound, and where it redirects to is not followed.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::{Endpoint, Identity, StartError, endpoint::Scheme, tls::Tls};
use crate::{events::show, limits};

/// What came of one request.
#[derive(Debug)]
pub(super) enum Answer {
    /// Taken; this is what was said.
    Taken(Bytes),
    /// Worth another try, not before this time.
    Later(String, Option<Duration>),
    /// Not worth one.
    Never(String),
}

/// Posts to one collector.
#[derive(Debug)]
pub(super) struct Poster {
    endpoint: Endpoint,
    tls: Option<Tls>,
    agent: String,
}

/// Any error on the way.
type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Poster {
    /// Reads whom the system trusts, if that is needed.
    ///
    /// # Errors
    ///
    /// [`StartError::NoTrust`].
    pub(super) fn open(endpoint: Endpoint, identity: &Identity) -> Result<Self, StartError> {
        let tls = match endpoint.scheme() {
            Scheme::Http => None,
            Scheme::Https => Some(Tls::open()?),
        };
        let agent = format!("{}/{}", identity.name, identity.version);
        Ok(Self { endpoint, tls, agent })
    }

    /// Posts `body` as one `signal`: `v1/logs` or `v1/traces`.
    pub(super) async fn post(&self, signal: &str, body: Bytes) -> Answer {
        match timeout(limits::EXPORT_WAIT_MAX, self.exchange(signal, body)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => Answer::Later(words(&failure.to_string()), None),
            Err(_late) => {
                let wait = limits::EXPORT_WAIT_MAX.as_secs();
                Answer::Later(format!("it did not answer within {wait} s"), None)
            }
        }
    }

    async fn exchange(&self, signal: &str, body: Bytes) -> Result<Answer, Failure> {
        let request = Request::post(self.endpoint.path(signal))
            .header(header::HOST, self.endpoint.authority())
            .header(header::USER_AGENT, &self.agent)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .header(header::CONNECTION, "close")
            .body(Full::new(body))?;
        let host = self.endpoint.host();
        let stream = TcpStream::connect((host.as_str(), self.endpoint.port())).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => talk(stream, request).await,
            Some(tls) => talk(tls.connect(&host, stream).await?, request).await,
        }
    }
}

/// What somebody else says, bounded and harmless to print.
pub(super) fn words(text: &str) -> String {
    let end = text.floor_char_boundary(limits::EXPORT_WORDS_BYTES_MAX);
    show::show(text.get(..end).unwrap_or_default()).into_owned()
}

async fn talk<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(limits::EXPORT_ANSWER_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await?;
    let mut answer = pin!(async { judge(sender.send_request(request).await?).await });
    tokio::select! {
        biased;
        answer = &mut answer => return answer,
        // what came before its end is still to be read
        _ended = connection => {}
    }
    answer.await
}

/// What an answer means (OTLP 1.x, OTLP/HTTP Response).
async fn judge(response: Response<Incoming>) -> Result<Answer, Failure> {
    let status = response.status();
    let why = format!("it answered with status {}", status.as_u16());
    match status {
        status if status.is_success() => {}
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => return Ok(Answer::Later(why, pause(&response))),
        _ => return Ok(Answer::Never(why)),
    }
    match Limited::new(response.into_body(), limits::EXPORT_ANSWER_BYTES_MAX).collect().await {
        Ok(body) => Ok(Answer::Taken(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Ok(Answer::Never("its answer is too long to be one of a collector".into()))
        }
        Err(error) => Err(error),
    }
}

/// `Retry-After` in seconds; a date is taken for none.
fn pause(response: &Response<Incoming>) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
