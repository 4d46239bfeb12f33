//! Owns a client of a gateway, over TCP, down to the bytes; it keeps its connection as long as the gateway does. Must not
//! know what is asked.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;
use super::http::{Answer, read_answer};

/// A client.
#[derive(Debug)]
pub(crate) struct Caller {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
    connected: usize,
}

impl Caller {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, connection: None, connected: 0 }
    }

    /// How many connections it has needed so far.
    pub(crate) fn connected(&self) -> usize {
        self.connected
    }

    /// `GET TARGET` with these headers.
    pub(crate) fn get(&mut self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", target, headers, b"")
    }

    /// Sends a request as it is given and reads the answer.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length =
            if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let head = format!("{method} {target} HTTP/1.1\r\nhost: gateway\r\n{}{length}\r\n", lines.concat());
        let reader = self.connection.get_or_insert_with(|| {
            let stream = TcpStream::connect(self.address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            self.connected += 1;
            BufReader::new(stream)
        });
        // A refused request may be answered before it was read whole: the answer is what counts.
        let _ = reader.get_mut().write_all(&[head.as_bytes(), body].concat());
        let answer =
            read_answer(reader).unwrap_or_else(|error| panic!("no answer to {method} {target}: {error}"));
        if answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.connection = None;
        }
        answer
    }
}
