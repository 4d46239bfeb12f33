//! Owns something that listens where the daemon would and answers as a test says, also as no daemon ever would. Must not
//! judge what is asked.

use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{PATIENCE, read_message};

/// What becomes of one request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// This status with this body, in which `ID` is the id of what was asked.
    Http(u16, String),
    /// These bytes, and the end.
    Raw(&'static str),
    /// The connection is closed.
    HangUp,
    /// Nothing, until the other side goes, or this is dropped.
    Silence,
}

#[derive(Debug, Default)]
struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    connections: AtomicUsize,
    requests: AtomicUsize,
    is_over: AtomicBool,
}

/// It listens until it is dropped.
#[derive(Debug)]
pub(super) struct StandIn {
    dir: TempDir,
    shared: Arc<Shared>,
    came: Receiver<UnixStream>,
}

impl StandIn {
    pub(super) fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("clv").tempdir_in("/tmp").unwrap();
        let listener = UnixListener::bind(dir.path().join("verify.sock")).unwrap();
        let shared = Arc::new(Shared::default());
        let (tell, came) = channel();
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if theirs.is_over.load(Ordering::SeqCst) {
                    return;
                }
                theirs.connections.fetch_add(1, Ordering::SeqCst);
                let (theirs, tell) = (Arc::clone(&theirs), tell.clone());
                thread::spawn(move || serve(stream, &theirs, &tell));
            }
        });
        Self { dir, shared, came }
    }

    /// The directory that the socket is in.
    pub(super) fn run(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    fn socket(&self) -> PathBuf {
        self.run().join("verify.sock")
    }

    /// What becomes of the next requests.
    pub(super) fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.replies.lock().unwrap().extend(replies);
    }

    /// Takes back what has not become of a request.
    pub(super) fn forget(&self) {
        self.shared.replies.lock().unwrap().clear();
    }

    /// How many connections and how many requests there have been.
    pub(super) fn counted(&self) -> (usize, usize) {
        (self.shared.connections.load(Ordering::SeqCst), self.shared.requests.load(Ordering::SeqCst))
    }

    /// Waits for a request that is met with silence; the asker waits as long as what is given here is kept.
    pub(super) fn asked(&self) -> UnixStream {
        self.came.recv_timeout(PATIENCE).unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let _ = connect(&self.socket());
    }
}

fn connect(socket: &Path) -> std::io::Result<UnixStream> {
    UnixStream::connect(socket)
}

fn serve(mut stream: UnixStream, shared: &Shared, tell: &Sender<UnixStream>) {
    let Ok(read) = stream.try_clone() else { return };
    let mut reader = BufReader::new(read);
    while let Ok(request) = read_message(&mut reader) {
        shared.requests.fetch_add(1, Ordering::SeqCst);
        let reply = shared.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match reply {
            Some(Reply::Http(status, body)) => {
                let call: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let body = body.replace("ID", &call["id"].to_string());
                let len = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len}\r\n\r\n{body}"
                );
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
            Some(Reply::Raw(bytes)) => {
                let _ = stream.write_all(bytes.as_bytes());
                return;
            }
            Some(Reply::Silence) => {
                // Dropped here, it stays open as long as the test keeps it.
                let _ = tell.send(stream);
                return;
            }
            Some(Reply::HangUp) | None => return,
        }
    }
}
