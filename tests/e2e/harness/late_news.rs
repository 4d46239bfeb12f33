//! Owns a socket in front of a daemon's, behind which the news of changes can be made late. Must not change a message.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tempfile::TempDir;

use super::rpc::Socket;

/// A runtime directory whose `admin.sock` leads to a daemon's. It listens until it is dropped.
#[derive(Debug)]
pub(crate) struct LateNews {
    dir: TempDir,
    passage: Arc<Passage>,
    is_over: Arc<AtomicBool>,
}

/// Where all that the daemon sends comes by.
#[derive(Debug, Default)]
struct Passage(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    is_holding: bool,
    /// For whom each frame is that was kept back, in the order in which they came.
    frames: Vec<(UnixStream, Vec<u8>)>,
}

impl LateNews {
    /// Listens in front of a daemon.
    pub(crate) fn of(daemon: &Socket) -> Self {
        let dir = tempfile::Builder::new().prefix("clv").tempdir_in("/tmp").unwrap();
        let listener = UnixListener::bind(dir.path().join("admin.sock")).unwrap();
        let (passage, is_over) = (Arc::<Passage>::default(), Arc::<AtomicBool>::default());
        let (theirs, is_ended, daemon) =
            (Arc::clone(&passage), Arc::clone(&is_over), daemon.path().to_owned());
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let Ok(daemon) = UnixStream::connect(&daemon) else { return };
                if is_ended.load(Ordering::SeqCst) {
                    return;
                }
                let passage = Arc::clone(&theirs);
                let (asked, asking) = (caller.try_clone().unwrap(), daemon.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = io::copy(&mut &asked, &mut &asking);
                    let _ = asking.shutdown(Shutdown::Write);
                });
                thread::spawn(move || {
                    let _ = passage.lead(&daemon, &caller);
                    let _ = caller.shutdown(Shutdown::Both);
                });
            }
        });
        Self { dir, passage, is_over }
    }

    /// The runtime directory for whoever is to hear the news late.
    pub(crate) fn run(&self) -> &Path {
        self.dir.path()
    }

    /// From now on no news of a change go through; everything else does.
    pub(crate) fn hold(&self) {
        self.passage.kept().is_holding = true;
    }

    /// Lets through what was held, and all that follows. Says how many news that were.
    pub(crate) fn let_go(&self) -> usize {
        let mut kept = self.passage.kept();
        kept.is_holding = false;
        let frames = std::mem::take(&mut kept.frames);
        let count = frames.len();
        for (mut caller, frame) in frames {
            let _ = caller.write_all(&frame);
        }
        count
    }
}

impl Drop for LateNews {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(self.dir.path().join("admin.sock"));
    }
}

impl Passage {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leads what the daemon sends to its caller: byte by byte until it has agreed to a WebSocket, and then by frames.
    fn lead(&self, daemon: &UnixStream, caller: &UnixStream) -> io::Result<()> {
        let (mut from, mut to) = (daemon, caller);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            from.read_exact(&mut byte)?;
            to.write_all(&byte)?;
            head.extend(byte);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            io::copy(&mut from, &mut to)?;
            return Ok(());
        }
        loop {
            let frame = read_frame(from)?;
            let mut kept = self.kept();
            if kept.is_holding && is_news_of_a_change(&frame) {
                kept.frames.push((caller.try_clone()?, frame));
            } else {
                to.write_all(&frame)?;
            }
        }
    }
}

/// One frame as a server sends it, unmasked (RFC 6455, section 5.2).
fn read_frame(mut from: &UnixStream) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame)?;
    let more = match frame[1] {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    frame.resize(2 + more, 0);
    from.read_exact(&mut frame[2..])?;
    let long = frame[2..].iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
    let len = if more == 0 { usize::from(frame[1]) } else { long };
    let start = frame.len();
    frame.resize(start + len, 0);
    from.read_exact(&mut frame[start..])?;
    Ok(frame)
}

fn is_news_of_a_change(frame: &[u8]) -> bool {
    let text = String::from_utf8_lossy(frame);
    text.contains(r#""method":"events""#) && text.contains(r#""type":"changed""#)
}
