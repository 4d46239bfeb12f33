//! Owns the clock and the brake of one connection: a request is there whole in time or the connection ends, and from a
//! client that takes no answers no more requests are taken. Must not look into a request.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::frames::Frames;
use super::wipe_first;

/// How long a request may take until it is there whole, and an answer until some of it is taken.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// What the connection's service and its stream tell each other.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// When the HTTP request that is being read began.
    begun: Option<Instant>,
    /// Once the connection is a WebSocket: where its messages end.
    frames: Option<Frames>,
    /// Whether the client leaves an answer lying.
    is_stalled: bool,
    /// Who waits to read on when it no longer does.
    reader: Option<Waker>,
}

impl Progress {
    /// Begins with a request of which something has come since then, or with none.
    pub(super) fn begun(begun: Option<Instant>) -> Self {
        Self(Arc::new(Mutex::new(State { begun, ..State::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when the request that is being read must be there whole: counted from its first byte.
    pub(super) fn deadline(&self) -> Instant {
        self.lock().begun.unwrap_or_else(Instant::now) + DEADLINE
    }

    /// Says that the request has been answered: the next byte begins another one.
    pub(super) fn answered(&self) {
        self.lock().begun = None;
    }

    /// Whether WebSocket frames come.
    pub(super) fn is_upgraded(&self) -> bool {
        self.lock().frames.is_some()
    }

    /// Says that WebSocket frames come from here on.
    pub(super) fn upgraded(&self) {
        self.lock().frames = Some(Frames::default());
    }
}

/// A stream with a clock and a brake.
pub(super) struct Paced<S> {
    stream: S,
    /// What came before and is read first.
    come: Vec<u8>,
    progress: Progress,
    /// Runs while a WebSocket message, by its number, has begun and is not there whole.
    reading: Option<(u64, Pin<Box<Sleep>>)>,
    /// Runs while an HTTP answer is left lying.
    writing: Option<Pin<Box<Sleep>>>,
    /// Whether reading was held back since the clock of reading was set.
    is_braked: bool,
}

impl<S> Paced<S> {
    #[cfg(test)]
    pub(super) fn new(stream: S, progress: Progress) -> Self {
        Self::after(Vec::new(), stream, progress)
    }

    /// A stream of which these bytes have been read already.
    pub(super) fn after(come: Vec<u8>, stream: S, progress: Progress) -> Self {
        Self { stream, come, progress, reading: None, writing: None, is_braked: false }
    }

    fn wrote<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let is_stalled = written.is_pending();
        let mut state = self.progress.lock();
        state.is_stalled = is_stalled;
        if !is_stalled {
            self.writing = None;
            if let Some(reader) = state.reader.take() {
                reader.wake();
            }
            return written;
        }
        // A sleeping subscriber may sleep: what it misses is sent as a new snapshot.
        if state.frames.is_some() {
            return written;
        }
        drop(state);
        match self.writing.get_or_insert_with(|| Box::pin(sleep(DEADLINE))).as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        {
            let mut state = this.progress.lock();
            if state.is_stalled && state.frames.is_some() {
                state.reader = Some(cx.waker().clone());
                this.is_braked = true;
                return Poll::Pending;
            }
        }
        if let Some((_, reading)) = &mut this.reading {
            // What we did not read ourselves is no fault of the client's.
            if std::mem::take(&mut this.is_braked) {
                reading.as_mut().reset(Instant::now() + DEADLINE);
            }
            if reading.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        let before = buf.filled().len();
        if this.come.is_empty() {
            ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        } else {
            let part = this.come.len().min(buf.remaining());
            buf.put_slice(&this.come[..part]);
            wipe_first(&mut this.come, part);
        }
        let bytes = &buf.filled()[before..];
        let mut state = this.progress.lock();
        let unfinished = if let Some(frames) = &mut state.frames {
            frames.take(bytes);
            frames.unfinished()
        } else {
            if !bytes.is_empty() {
                state.begun.get_or_insert_with(Instant::now);
            }
            None
        };
        if this.reading.as_ref().map(|(message, _)| *message) != unfinished {
            this.reading = unfinished.map(|message| (message, Box::pin(sleep(DEADLINE))));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(cx, written)
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
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{advance, timeout};

    use super::*;

    fn pair() -> (DuplexStream, Paced<DuplexStream>, Progress) {
        let (client, server) = duplex(64);
        let progress = Progress::default();
        (client, Paced::new(server, progress.clone()), progress)
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_begins_with_its_first_byte() {
        let (mut client, mut server, progress) = pair();
        let first = Instant::now();
        for byte in *b"ab" {
            client.write_all(&[byte]).await.unwrap();
            server.read_u8().await.unwrap();
            advance(Duration::from_secs(4)).await;
        }
        assert_eq!(progress.deadline(), first + DEADLINE);
        progress.answered();
        client.write_all(b"c").await.unwrap();
        server.read_u8().await.unwrap();
        assert_eq!(progress.deadline(), first + Duration::from_secs(8) + DEADLINE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_websocket_may_be_idle_but_not_stop_within_a_message() {
        let (mut client, mut server, progress) = pair();
        progress.upgraded();
        let mut nothing = [0; 8];
        assert!(timeout(DEADLINE * 100, server.read(&mut nothing)).await.is_err());
        client.write_all(&[0x81, 0x85]).await.unwrap();
        server.read_u16().await.unwrap();
        let error = server.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn each_message_has_its_own_deadline() {
        let (mut client, mut server, progress) = pair();
        progress.upgraded();
        client.write_all(&[0x81]).await.unwrap();
        server.read_u8().await.unwrap();
        for _ in 0..5 {
            advance(Duration::from_secs(6)).await;
            // The end of one message, and the beginning of the next.
            client.write_all(&[0x80, 0, 0, 0, 0, 0x81]).await.unwrap();
            let mut bytes = [0; 6];
            server.read_exact(&mut bytes).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_http_answer_that_nobody_takes_ends_the_connection() {
        let (_client, mut server, _) = pair();
        let error = server.write_all(&[0; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn from_a_client_that_takes_no_answers_no_more_requests_are_taken() {
        let (mut client, mut server, progress) = pair();
        progress.upgraded();
        let (mut read, mut write) = {
            client.write_all(&[0x81, 0x80, 0, 0, 0, 0]).await.unwrap();
            assert!(timeout(DEADLINE, server.write_all(&[0; 1000])).await.is_err());
            tokio::io::split(server)
        };
        assert!(timeout(DEADLINE, read.read_u8()).await.is_err());
        let mut taken = vec![0; 64];
        client.read_exact(&mut taken).await.unwrap();
        write.write_all(b"x").await.unwrap();
        assert_eq!(read.read_u8().await.unwrap(), 0x81);
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_of_a_message_stands_while_we_do_not_read() {
        let (mut client, mut server, progress) = pair();
        progress.upgraded();
        client.write_all(&[0x81, 0x81]).await.unwrap();
        server.read_u16().await.unwrap();
        assert!(timeout(DEADLINE / 2, server.write_all(&[0; 1000])).await.is_err());
        client.write_all(&[0, 0, 0, 0, b'x']).await.unwrap();
        let (mut read, mut write) = tokio::io::split(server);
        assert!(timeout(DEADLINE * 2, read.read_u8()).await.is_err());
        client.read_exact(&mut [0; 64]).await.unwrap();
        write.write_all(b"y").await.unwrap();
        let mut rest = [0; 5];
        read.read_exact(&mut rest).await.unwrap();
        assert_eq!(rest[4], b'x');
    }
}
