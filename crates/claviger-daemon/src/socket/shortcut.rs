//! Owns a connection for as long as nothing but plain requests come. Must not answer any other: the first one goes to hyper, and
//! all that follow it.

use std::io;
use std::pin::pin;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tracing::Level;

use super::connection::{Server, stopped};
use super::deadline::DEADLINE;
use super::wipe_first;
use crate::http::{Answered, Ask, Outbox, Plain, Then, Waiting, authorize_at_once, call_at_once};
use crate::rpc::Peer;

/// How much of a request can have come. One that is larger is hyper's. Bytes.
const COME: usize = 8 * 1024;

/// From how many bytes on answers are sent before more are made.
const ANSWERS: usize = 32 * 1024;

/// What is left of a connection.
pub(super) enum Left {
    /// Nothing: it has ended.
    Nothing,
    /// What is to be read next, of which this has come.
    Rest(Come),
}

/// What has come of a request that is not there whole.
#[derive(Default)]
pub(super) struct Come {
    pub(super) bytes: Vec<u8>,
    /// Since when; `None` where nothing has come.
    pub(super) since: Option<Instant>,
}

/// What became of the bytes that have come.
enum Standing {
    /// All of it has been answered, but for a head that is not there whole.
    Head,
    /// The same, but for a body.
    Body,
    /// So many answers are to be sent that no more are made.
    Full,
    /// What is next is asked by so many bytes, and its answer has to be waited for.
    Waits(Waiting, usize),
    /// The last answer is to be sent: whoever asked for it wants no more.
    Ended,
    /// What is next is hyper's.
    Other,
}

/// Answers plain requests until one comes that is not, or none any more.
pub(super) async fn serve(
    stream: &mut UnixStream,
    peer: Peer,
    server: &Server,
    stop: &mut watch::Receiver<bool>,
) -> Left {
    let mut desk = Desk { come: Come { bytes: Vec::with_capacity(COME), since: None }, ..Desk::default() };
    // What the log says of each request in turn, it says on the long way.
    if tracing::enabled!(Level::TRACE) {
        return Left::Rest(desk.come);
    }
    let mut stopped = pin!(stopped(stop));
    let ticks = server.ticks().listen();
    let mut tick = pin!(ticks.tick());
    let mut idle_since = Instant::now();
    loop {
        let standing = desk.answer(peer, server);
        if !desk.answers.bytes().is_empty() {
            if send(stream, desk.answers.bytes()).await.is_err() {
                return Left::Nothing;
            }
            desk.answers.clear();
            idle_since = Instant::now();
        }
        match standing {
            Standing::Full => continue,
            Standing::Waits(waiting, len) => {
                // Whoever is asked when the daemon stops is answered by hyper, which says so in the answer. Nor is anybody heard
                // while this waits, as with hyper: who hangs up frees nothing early.
                tokio::select! {
                    biased;
                    () = &mut stopped => return Left::Rest(desk.come),
                    () = waiting.answer(server.service(), peer, &mut desk.answers) => {}
                }
                desk.done_with(len);
                continue;
            }
            Standing::Ended => return Left::Nothing,
            Standing::Other => return Left::Rest(desk.come),
            Standing::Head | Standing::Body if desk.come.bytes.len() == COME => return Left::Rest(desk.come),
            Standing::Head | Standing::Body => {}
        }
        if !desk.come.bytes.is_empty() && desk.come.since.is_none() {
            desk.come.since = Some(Instant::now());
        }
        tokio::select! {
            biased;
            () = &mut stopped => return Left::Rest(desk.come),
            read = stream.read_buf(&mut desk.come.bytes) => match read {
                Ok(0) if desk.come.bytes.is_empty() => return Left::Nothing,
                Ok(0) => return Left::Rest(desk.come),
                Ok(_) => {}
                Err(_) => return Left::Nothing,
            },
            () = &mut tick => {
                if desk.come.since.unwrap_or(idle_since).elapsed() >= DEADLINE {
                    // Of a body that is late hyper's way says so.
                    return if matches!(standing, Standing::Body) { Left::Rest(desk.come) } else { Left::Nothing };
                }
                tick.set(ticks.tick());
            }
        }
    }
}

/// What lies between reading and writing.
#[derive(Default)]
struct Desk {
    come: Come,
    answers: Outbox,
}

impl Desk {
    /// Answers what can be answered of what has come.
    fn answer(&mut self, peer: Peer, server: &Server) -> Standing {
        let (mut taken, come) = (0, &self.come.bytes);
        let standing = loop {
            if self.answers.ends() {
                break Standing::Ended;
            }
            if taken == come.len() {
                break Standing::Head;
            }
            if self.answers.bytes().len() >= ANSWERS {
                break Standing::Full;
            }
            let (ask, len) = match Plain::read(&come[taken..]) {
                Plain::Head => break Standing::Head,
                Plain::Body => break Standing::Body,
                Plain::Other => break Standing::Other,
                Plain::Whole(ask, len, Then::Stays) => (ask, len),
                Plain::Whole(ask, len, Then::Ends) => {
                    self.answers.end();
                    (ask, len)
                }
            };
            let answered = match ask {
                Ask::Gateway(head) => authorize_at_once(server.service(), peer, &head, &mut self.answers),
                Ask::Call(body) => call_at_once(server.service(), peer, body, &mut self.answers),
            };
            match answered {
                Answered::Now => taken += len,
                Answered::Later(waiting) => break Standing::Waits(waiting, len),
                Answered::Elsewhere => break Standing::Other,
            }
        };
        if taken > 0 {
            self.done_with(taken);
        }
        standing
    }

    /// Forgets what has been answered.
    fn done_with(&mut self, len: usize) {
        wipe_first(&mut self.come.bytes, len);
        self.come.since = None;
    }
}

/// Sends all of it, as long as some is taken in time.
async fn send(stream: &mut UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let sent = match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                timeout(DEADLINE, stream.write(bytes)).await??
            }
            sent => sent?,
        };
        bytes = &bytes[sent..];
    }
    Ok(())
}

#[cfg(test)]
mod tests;
