//! A connection that was begun elsewhere, with what has passed over it so far.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A stream that may be in the middle of an exchange.
#[derive(Debug)]
pub struct Resumed {
    stream: TcpStream,
    /// Bytes of the answer that were read already, and how many of them were read again.
    seen: Vec<u8>,
    read: usize,
    /// Whether the request was sent already: what is written then goes nowhere.
    sent: bool,
    /// Whether it was written here too. An answer that comes before its request is taken for a breach of HTTP.
    written: bool,
    /// Who waits for that.
    reader: Option<Waker>,
}

impl Resumed {
    /// A connection that is being made.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, seen: Vec::new(), read: 0, sent: false, written: true, reader: None }
    }

    /// A connection over which the request was sent, and this much of the answer has come.
    #[must_use]
    pub fn sent(stream: TcpStream, seen: Vec<u8>) -> Self {
        Self { stream, seen, read: 0, sent: true, written: false, reader: None }
    }

    /// Waits until the connection is made.
    pub(super) async fn connected(&self) -> io::Result<()> {
        if self.sent {
            return Ok(());
        }
        self.stream.writable().await?;
        self.stream.take_error()?.map_or(Ok(()), Err)
    }
}

impl AsyncRead for Resumed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.written {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if self.read == self.seen.len() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let left = &self.seen[self.read..];
        let n = left.len().min(buf.remaining());
        buf.put_slice(&left[..n]);
        self.read += n;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Resumed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.sent {
            self.written = true;
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
