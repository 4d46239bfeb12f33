//! Owns one connection of the driver: ready bytes go out, whole answers come in. Must not know what is asked.

pub mod http;
pub mod request;
pub mod websocket;

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::Outcome;

/// How long an answer may take before the run is broken off: a server that does not answer would be waited for for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much can have come of answers that are not taken yet, at first. Bytes.
const BUFFER: usize = 64 * 1024;

/// The longest answer that is waited for: a part of a snapshot is the longest that there is. Bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// How it is known where an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// It is as long as what was asked.
    Echo(usize),
    /// HTTP/1.1 with a `content-length`.
    Http,
    /// One unfragmented text frame.
    WebSocket,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status, where it is HTTP.
    pub status: Option<u16>,
    /// What it says.
    pub body: &'a [u8],
}

/// Where in the bytes that have come an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The status, where it is HTTP.
    pub status: Option<u16>,
    /// Where its body begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Framing {
    /// Finds the first answer; `None` while it is not there whole.
    fn find(self, bytes: &[u8]) -> Outcome<Option<Extent>> {
        match self {
            Self::Echo(len) => {
                Ok((bytes.len() >= len).then_some(Extent { status: None, start: 0, end: len }))
            }
            Self::Http => http::find(bytes),
            Self::WebSocket => websocket::find(bytes),
        }
    }
}

/// A connection that stays open.
pub struct Connection {
    stream: UnixStream,
    framing: Framing,
    buffer: Vec<u8>,
    /// What of the buffer has been given out.
    taken: usize,
    /// What of it has come.
    come: usize,
}

impl Connection {
    /// Connects, and shakes hands where that is needed.
    ///
    /// # Errors
    /// Nobody listens, or the handshake is refused.
    pub fn open(path: &Path, framing: Framing) -> Outcome<Self> {
        let stream = UnixStream::connect(path)
            .map_err(|error| format!("cannot connect to {}: {error}", path.display()))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut connection = Self { stream, framing, buffer: vec![0; BUFFER], taken: 0, come: 0 };
        if framing == Framing::WebSocket {
            connection.framing = Framing::Http;
            connection.send(request::HANDSHAKE.as_bytes())?;
            let answer = connection.receive()?;
            if answer.status != Some(101) {
                return Err(format!("no WebSocket: {}", String::from_utf8_lossy(answer.body)).into());
            }
            connection.framing = framing;
        }
        Ok(connection)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The other side hung up.
    pub fn send(&mut self, bytes: &[u8]) -> Outcome<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Waits for the next answer.
    ///
    /// # Errors
    /// None comes, or what comes is no answer.
    pub fn receive(&mut self) -> Outcome<Answer<'_>> {
        loop {
            if let Some(found) = self.framing.find(&self.buffer[self.taken..self.come])? {
                let (start, end) = (self.taken + found.start, self.taken + found.end);
                self.taken = end;
                return Ok(Answer { status: found.status, body: &self.buffer[start..end] });
            }
            self.make_room();
            match self.stream.read(&mut self.buffer[self.come..]) {
                Ok(0) => return Err("the server hung up, or its answer is too large".into()),
                Ok(len) => self.come += len,
                Err(error) => return Err(format!("no answer: {error}").into()),
            }
        }
    }

    /// Whether the next answer has come already.
    ///
    /// # Errors
    /// What has come is no answer.
    pub fn has_next(&self) -> Outcome<bool> {
        Ok(self.framing.find(&self.buffer[self.taken..self.come])?.is_some())
    }

    /// Hangs up, and waits until the other side has done so as well.
    ///
    /// # Errors
    /// It hung up before, or says something instead, or nothing for long.
    pub fn close(mut self) -> Outcome<()> {
        self.stream.set_nonblocking(true)?;
        match self.stream.read(&mut self.buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) => return Err("the server hung up before".into()),
            _ => return Err("something came that nobody asked for".into()),
        }
        self.stream.set_nonblocking(false)?;
        self.stream.shutdown(Shutdown::Write)?;
        match self.stream.read(&mut self.buffer) {
            Ok(0) => Ok(()),
            Ok(_) => Err("something came that nobody asked for".into()),
            Err(error) => Err(format!("the server does not hang up: {error}").into()),
        }
    }

    fn make_room(&mut self) {
        if self.taken > 0 {
            self.buffer.copy_within(self.taken..self.come, 0);
            (self.taken, self.come) = (0, self.come - self.taken);
        } else if self.come == self.buffer.len() && self.come < LARGEST {
            self.buffer.resize(self.come * 2, 0);
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(framing: Framing) -> (UnixStream, Connection) {
        let (server, stream) = UnixStream::pair().unwrap();
        (server, Connection { stream, framing, buffer: vec![0; 64], taken: 0, come: 0 })
    }

    #[test]
    fn answers_come_one_by_one_however_they_are_cut() {
        let (mut server, mut connection) = pair(Framing::Echo(3));
        server.write_all(b"abcdefg").unwrap();
        assert_eq!(connection.receive().unwrap().body, b"abc");
        assert!(connection.has_next().unwrap());
        assert_eq!(connection.receive().unwrap().body, b"def");
        assert!(!connection.has_next().unwrap());
        server.write_all(b"hi").unwrap();
        assert_eq!(connection.receive().unwrap().body, b"ghi");
    }

    #[test]
    fn many_answers_fit_into_a_small_buffer_one_after_another() {
        let (mut server, mut connection) = pair(Framing::Echo(50));
        for byte in b'a'..=b'z' {
            server.write_all(&[byte; 50]).unwrap();
            assert_eq!(connection.receive().unwrap().body, [byte; 50]);
        }
    }

    #[test]
    fn a_server_that_hangs_up_or_says_too_much_is_an_error() {
        let (server, mut connection) = pair(Framing::Http);
        drop(server);
        assert!(connection.receive().is_err());
        let (mut server, mut connection) = pair(Framing::Echo(LARGEST + 1));
        std::thread::spawn(move || server.write_all(&vec![0; LARGEST + 1]));
        assert!(connection.receive().is_err());
    }

    #[test]
    fn hanging_up_waits_for_the_other_side() {
        let (mut server, connection) = pair(Framing::Http);
        let other = std::thread::spawn(move || server.read(&mut [0]).map(|len| (len, drop(server))));
        connection.close().unwrap();
        assert_eq!(other.join().unwrap().unwrap().0, 0);
        let (mut server, connection) = pair(Framing::Http);
        server.write_all(b"x").unwrap();
        assert!(connection.close().is_err());
        let (server, connection) = pair(Framing::Http);
        drop(server);
        assert!(connection.close().is_err());
    }

    #[test]
    fn an_answer_that_is_longer_than_the_buffer_is_read_whole() {
        let (mut server, mut connection) = pair(Framing::Echo(1000));
        server.write_all(&[7; 1000]).unwrap();
        assert_eq!(connection.receive().unwrap().body, [7; 1000]);
    }
}
