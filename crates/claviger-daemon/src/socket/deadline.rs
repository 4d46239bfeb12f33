//! Owns when a request began: its deadline counts from its first byte, not from when its head was there. Must not end
//! anything itself.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// When the request that is being read began.
#[derive(Clone, Default)]
pub(super) struct Begun(Arc<Mutex<Option<Instant>>>);

impl Begun {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When its first byte came; now, where none was seen.
    pub(super) fn at(&self) -> Instant {
        self.lock().unwrap_or_else(Instant::now)
    }

    /// Says that it has been answered: the next byte begins another one.
    pub(super) fn answered(&self) {
        *self.lock() = None;
    }
}

/// A stream that notes when a request begins.
pub(super) struct Timed<S> {
    stream: S,
    begun: Begun,
}

impl<S> Timed<S> {
    pub(super) fn new(stream: S, begun: Begun) -> Self {
        Self { stream, begun }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.begun.lock().get_or_insert_with(Instant::now);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_begins_with_its_first_byte() {
        let (mut client, server) = tokio::io::duplex(64);
        let begun = Begun::default();
        let mut server = Timed::new(server, begun.clone());
        let first = Instant::now();
        for byte in *b"ab" {
            client.write_all(&[byte]).await.unwrap();
            server.read_u8().await.unwrap();
            tokio::time::advance(Duration::from_secs(4)).await;
        }
        assert_eq!(begun.at(), first);
        begun.answered();
        client.write_all(b"c").await.unwrap();
        server.read_u8().await.unwrap();
        assert_eq!(begun.at(), first + Duration::from_secs(8));
    }
}
