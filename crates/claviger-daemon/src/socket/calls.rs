//! Owns the short way of a WebSocket: which of its messages are answered at once, and that the answers come between the long way's
//! messages. Must not know what is asked; whatever is no whole, plain text message goes on unchanged.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::deadline::Progress;
use super::frames::{Frames, Header, TEXT};
use super::wipe_first;

/// How long a message may be that is answered at once. Bytes.
const LONGEST: u64 = 4 * 1024;

/// From how many bytes on answers are sent before more are made.
const ANSWERS: usize = 32 * 1024;

/// How much is read at a time. Bytes.
const READ: usize = 8 * 1024;

/// What answers a message at once, if it can.
pub(super) type AtOnce = Box<dyn Fn(&[u8]) -> Option<String> + Send>;

/// A stream, some of whose WebSocket messages are answered before anybody reads them.
pub(super) struct Answering<S> {
    stream: S,
    progress: Progress,
    at_once: Option<AtOnce>,
    handshake: Handshake,
    messages: Option<Messages>,
}

/// The last bytes of both sides before there are frames. A client that sends frames before it has its answer (RFC 6455, section
/// 4.1, says that it must not) goes the long way alone: nobody here knows where they begin.
#[derive(Default)]
struct Handshake {
    come: [u8; 4],
    /// Those after the upgrade was decided: the end of the answer that says so.
    told: [u8; 4],
}

impl Handshake {
    const END: [u8; 4] = *b"\r\n\r\n";

    fn is_over(&self) -> bool {
        self.come == Self::END && self.told == Self::END
    }
}

/// Keeps the last bytes of what was, and of what comes.
fn keep_last(last: &mut [u8; 4], bytes: &[u8]) {
    for byte in &bytes[bytes.len().saturating_sub(last.len())..] {
        last.rotate_left(1);
        last[3] = *byte;
    }
}

/// What is known of a WebSocket.
#[derive(Default)]
struct Messages {
    /// What has come and is not sorted yet: it begins where a frame begins.
    come: Vec<u8>,
    /// What goes on to the long way.
    rest: Vec<u8>,
    /// How much of the frame that goes on is still to come. Bytes.
    passing: u64,
    /// Whether a message in several frames has begun and not ended.
    is_fragmented: bool,
    /// Whether one of both sides says goodbye: nothing is answered after that.
    is_closing: bool,
    /// What is to be sent, and how much of it has been.
    answers: Vec<u8>,
    sent: usize,
    /// Whether some of what has come waits until that is sent.
    is_full: bool,
    /// Where the long way's own messages end.
    told: Frames,
    /// Who waits to read on when the answers are sent.
    reader: Option<Waker>,
}

impl<S> Answering<S> {
    /// A stream that becomes a WebSocket when `progress` says so; without `at_once` nothing is answered in it.
    pub(super) fn new(stream: S, progress: Progress, at_once: Option<AtOnce>) -> Self {
        Self { stream, progress, at_once, handshake: Handshake::default(), messages: None }
    }

    /// Begins with frames once the handshake is over.
    fn switch(&mut self) {
        if self.messages.is_none() && self.handshake.is_over() && self.progress.is_upgraded() {
            self.messages = Some(Messages::default());
        }
    }
}

impl Messages {
    /// Answers what can be answered of what has come, and passes the rest on. Leaves some for later where so many answers are
    /// to be sent that no more are made.
    fn sort(&mut self, at_once: &AtOnce) {
        let mut taken = 0;
        self.is_full = loop {
            let left = &mut self.come[taken..];
            let part = usize::try_from(self.passing).unwrap_or(usize::MAX).min(left.len());
            self.rest.extend_from_slice(&left[..part]);
            self.passing -= part as u64;
            taken += part;
            let left = &mut left[part..];
            let Some(header) = Header::read(left).filter(|_| self.passing == 0) else { break false };
            if self.is_closing || !header.is_sound(self.is_fragmented) {
                // Nothing is answered any more, and what is wrong is for the long way to say.
                self.is_closing = true;
                self.rest.extend_from_slice(left);
                taken = self.come.len();
                break false;
            }
            // A sound length is far from where numbers end.
            let whole = header.len as u64 + header.payload;
            if let Some(mask) = header.mask.filter(|_| header.first == TEXT && header.payload <= LONGEST) {
                let Some(frame) = usize::try_from(whole).ok().and_then(|whole| left.get_mut(..whole)) else {
                    break false;
                };
                if self.answers.len() >= ANSWERS {
                    break true;
                }
                let message = &mut frame[header.len..];
                unmask(message, mask);
                if let Some(answer) = at_once(message) {
                    put_text(&answer, &mut self.answers);
                    taken += frame.len();
                    continue;
                }
                unmask(message, mask);
            }
            if header.is_data() {
                self.is_fragmented = !header.is_last();
            }
            self.is_closing = header.is_close();
            self.passing = whole;
        };
        wipe_first(&mut self.come, taken);
    }

    /// Hands on what goes the long way, as much as there is room for. Whether there was something.
    fn hand_on(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let part = self.rest.len().min(buf.remaining());
        buf.put_slice(&self.rest[..part]);
        wipe_first(&mut self.rest, part);
        part > 0
    }

    /// Whether there are answers, and the long way is not within a message.
    fn may_answer(&self) -> bool {
        !self.answers.is_empty() && self.told.unfinished().is_none()
    }

    /// Notes what the long way has sent.
    fn hear(&mut self, told: &[u8]) {
        self.told.take(told);
        self.is_closing |= self.told.has_closed();
    }

    fn poll_answers<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.may_answer() {
            self.sent += ready!(Pin::new(&mut *stream).poll_write(cx, &self.answers[self.sent..]))?;
            if self.sent == self.answers.len() {
                self.answers.clear();
                self.sent = 0;
                if let Some(reader) = self.reader.take() {
                    reader.wake();
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Takes a mask off, or puts it on (RFC 6455, section 5.3).
fn unmask(message: &mut [u8], mask: [u8; 4]) {
    for (byte, mask) in message.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

/// Writes a text message in one frame without a mask (RFC 6455, section 5.2).
fn put_text(text: &str, out: &mut Vec<u8>) {
    out.push(TEXT);
    let len = text.len();
    if let Ok(short @ 0..126) = u8::try_from(len) {
        out.push(short);
    } else if let Ok(middling) = u16::try_from(len) {
        out.push(126);
        out.extend(middling.to_be_bytes());
    } else {
        out.push(127);
        out.extend((len as u64).to_be_bytes());
    }
    out.extend_from_slice(text.as_bytes());
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Answering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.switch();
        let Some(at_once) = &this.at_once else { return Pin::new(&mut this.stream).poll_read(cx, buf) };
        let Some(messages) = &mut this.messages else {
            let before = buf.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
            keep_last(&mut this.handshake.come, &buf.filled()[before..]);
            return Poll::Ready(Ok(()));
        };
        loop {
            if messages.hand_on(buf) {
                return Poll::Ready(Ok(()));
            }
            // Whoever takes no answers is asked nothing more. While the long way's own message waits for room nothing is read, and
            // so nothing tried here: the stream knows one waker for writing, which is that message's.
            let sent = messages.poll_answers(&mut this.stream, cx)?;
            if sent.is_pending() || !messages.answers.is_empty() {
                messages.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
            if messages.is_full {
                messages.sort(at_once);
                continue;
            }
            messages.come.reserve(READ);
            let len = ready!(pin!(this.stream.read_buf(&mut messages.come)).poll(cx))?;
            if len == 0 {
                // The end: the long way sees what there was of a frame.
                messages.rest.append(&mut messages.come);
                messages.hand_on(buf);
                return Poll::Ready(Ok(()));
            }
            messages.sort(at_once);
        }
    }
}

impl<S: AsyncWrite + Unpin> Answering<S> {
    /// Sends what is to be sent first, then lets `write` send of the long way's.
    fn poll_told(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
        told: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.switch();
        if let Some(messages) = &mut self.messages {
            ready!(messages.poll_answers(&mut self.stream, cx))?;
        }
        let written = ready!(write(Pin::new(&mut self.stream), cx))?;
        let mut left = written;
        let told = told.iter().map(|part| {
            let here = left.min(part.len());
            left -= here;
            &part[..here]
        });
        let Some(messages) = &mut self.messages else {
            if self.at_once.is_some() && self.progress.is_upgraded() {
                told.for_each(|part| keep_last(&mut self.handshake.told, part));
            }
            return Poll::Ready(Ok(written));
        };
        told.for_each(|part| messages.hear(part));
        // What waited for the end of this message goes now; where it does not, the reader sees to it.
        if messages.may_answer()
            && messages.poll_answers(&mut self.stream, cx)?.is_pending()
            && let Some(reader) = messages.reader.take()
        {
            reader.wake();
        }
        Poll::Ready(Ok(written))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Answering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let told = [io::IoSlice::new(bytes)];
        self.poll_told(cx, |stream, cx| stream.poll_write(cx, bytes), &told)
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
        self.poll_told(cx, |stream, cx| stream.poll_write_vectored(cx, parts), parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
