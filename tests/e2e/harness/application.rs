//! Owns a tiny application behind a gateway, which records what reaches it. Must not judge it.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::PATIENCE;
use super::http::{Message, read_message};

/// A request that reached the application.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// The path and the query, as they came.
    pub(crate) target: String,
    /// The headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// The values of all headers of this name, which is in lower case.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    fn of(message: Message) -> Option<Self> {
        let mut words = message.first_line.split(' ').map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        Some(Self { method, target, headers: message.headers, body: message.body })
    }
}

/// An application that answers everything with 200.
#[derive(Debug)]
pub(crate) struct Application {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    is_over: Arc<AtomicBool>,
}

impl Application {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (record, over) = (Arc::clone(&seen), Arc::clone(&is_over));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let record = Arc::clone(&record);
                thread::spawn(move || serve(stream, &record));
            }
        });
        Self { address, seen, is_over }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What has reached it since this was last asked. A request is recorded before it is answered.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, record: &Mutex<Vec<Seen>>) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Ok(Some(seen)) = read_message(&mut reader).map(Seen::of) {
        let body = if seen.method == "HEAD" { "" } else { "the application" };
        record.lock().unwrap().push(seen);
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 15\r\nx-of-application: yes\r\n\r\n{body}");
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
