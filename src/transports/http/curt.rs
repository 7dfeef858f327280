//! What hyper answers by itself.
//!
//! A request that is no HTTP never reaches the gate: hyper answers 400, 414 or
//! 431, a bare head, and closes. [`Sealing`] stands between the two and puts
//! into that head what every other answer carries. It changes nothing else: our
//! own answers are sealed before hyper writes them, and none of their bodies
//! holds a line break of HTTP.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::headers;

/// A socket on which every answer carries the security headers.
pub(super) struct Sealing<S> {
    socket: S,
    /// What is left of an answer that is written instead of hyper's.
    instead: Bytes,
}

impl<S> Sealing<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { socket, instead: Bytes::new() }
    }
}

impl<S: AsyncWrite + Unpin> Sealing<S> {
    /// Writes what stands for `head`; ready once all of it is written.
    fn poll_instead(&mut self, cx: &mut Context<'_>, head: usize) -> Poll<io::Result<usize>> {
        while self.instead.has_remaining() {
            let wrote = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.instead))?;
            if wrote == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.instead.advance(wrote);
        }
        Poll::Ready(Ok(head))
    }
}

/// `bytes` with the security headers, if they are an answer of hyper's own.
fn sealed(bytes: &[u8]) -> Option<Bytes> {
    const END: &[u8] = b"\r\n";
    if !bytes.starts_with(b"HTTP/1.1 4") || !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let head = std::str::from_utf8(bytes.strip_suffix(END)?).ok()?;
    let is_bare = head.contains("\r\ncontent-length: 0\r\n") && !head.contains("\r\nx-frame-options:");
    is_bare.then(|| [head, &headers::seal_text(), "\r\n"].concat().into())
}

impl<S: AsyncRead + Unpin> AsyncRead for Sealing<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Sealing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_empty() {
            match sealed(bytes) {
                Some(answer) => this.instead = answer,
                None => return Pin::new(&mut this.socket).poll_write(cx, bytes),
            }
        }
        this.poll_instead(cx, bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match slices {
            // hyper's own answer has no body, so it stands alone.
            [head] => Pin::new(this).poll_write(cx, head),
            _ => Pin::new(&mut this.socket).poll_write_vectored(cx, slices),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const BARE: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                        content-length: 0\r\ndate: Sat, 21 Nov 2026 13:02:07 GMT\r\n\r\n";

    #[tokio::test]
    async fn a_bare_answer_is_sealed_however_slowly_it_is_taken() {
        let (near, mut far) = duplex(7);
        let mut socket = Sealing::new(near);
        let (wrote, read) = tokio::join!(
            async {
                let wrote = socket.write(BARE.as_bytes()).await;
                socket.shutdown().await.expect("an end");
                wrote
            },
            async {
                let mut said = String::new();
                far.read_to_string(&mut said).await.expect("text");
                said
            }
        );
        assert_eq!(wrote.expect("all"), BARE.len());
        assert!(read.starts_with(BARE.trim_end()) && read.ends_with("\r\n\r\n"), "{read}");
        assert!(read.contains("\r\nx-content-type-options: nosniff\r\n"), "{read}");
    }

    #[test]
    fn what_is_sealed_already_or_no_answer_is_left_alone() {
        let sealed_once = sealed(BARE.as_bytes()).expect("a bare answer");
        for other in [
            &sealed_once[..],
            b"",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n",
            b"{\"text\":\"HTTP/1.1 400 Bad Request\"}",
        ] {
            assert_eq!(sealed(other), None, "{:?}", String::from_utf8_lossy(other));
        }
    }
}
