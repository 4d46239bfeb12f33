//! Owns a small blocking WebSocket client, so that a test sees each message as it came. Must not know a method.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use serde_json::{Value, json};

use super::document::assert_listed;
use super::rpc::{RpcError, Socket};
use super::wait::PATIENCE;

/// One connection. It reads only when it is asked to.
#[derive(Debug)]
pub(crate) struct WebSocket {
    stream: UnixStream,
    notifications: VecDeque<Value>,
    next_id: u64,
}

impl WebSocket {
    /// Connects and upgrades.
    pub(crate) fn open(socket: &Socket) -> Self {
        let mut stream = UnixStream::connect(socket.path()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
            .write_all(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n",
            )
            .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("the handshake is answered whole");
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "no upgrade: {}", String::from_utf8_lossy(&head));
        Self { stream, notifications: VecDeque::new(), next_id: 1 }
    }

    /// Sends one text message.
    pub(crate) fn send(&mut self, text: &str) {
        self.frame(1, text.as_bytes());
    }

    /// Makes one call and waits for its answer; notifications that come before are kept.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value, RpcError> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string());
        loop {
            let message = self.receive().expect("the connection stays open");
            if message.get("id") == Some(&json!(id)) {
                return match RpcError::of(&message) {
                    Some(error) => {
                        assert_listed(method, &error);
                        Err(error)
                    }
                    None => Ok(message["result"].clone()),
                };
            }
            self.notifications.push_back(message);
        }
    }

    /// Subscribes.
    pub(crate) fn subscribe(&mut self, method: &str) -> Value {
        self.call(method, &json!({})).unwrap_or_else(|error| panic!("{method} was refused: {}", error.raw))
    }

    /// The payload of the next notification, which must be called `name`.
    pub(crate) fn notification(&mut self, name: &str) -> Value {
        let message = match self.notifications.pop_front() {
            Some(message) => message,
            None => self.receive().expect("another notification comes"),
        };
        assert_eq!(message["method"], name, "{message}");
        assert!(message.get("id").is_none(), "a notification has no id: {message}");
        message["params"]["result"].clone()
    }

    /// The next event that is not a note of use.
    pub(crate) fn event(&mut self) -> Value {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let event = self.notification("events");
            if event["type"] != "used" {
                return event;
            }
        }
        panic!("only notes of use came");
    }

    /// How many messages came that nobody asked for.
    pub(crate) fn kept(&self) -> usize {
        self.notifications.len()
    }

    /// The next message, or `None` when the other side has closed.
    pub(crate) fn receive(&mut self) -> Option<Value> {
        let mut text = Vec::new();
        loop {
            let (last, opcode, payload) = self.read_frame().ok()?;
            match opcode {
                0 | 1 => {
                    text.extend(payload);
                    if last {
                        return Some(serde_json::from_slice(&text).expect("messages are JSON"));
                    }
                }
                9 => self.frame(10, &payload),
                10 => {}
                _ => return None,
            }
        }
    }

    fn frame(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | opcode];
        match u16::try_from(payload.len()) {
            Ok(len) if len < 126 => frame.push(0x80 | u8::try_from(len).unwrap()),
            Ok(len) => {
                frame.push(0x80 | 0x7e);
                frame.extend(len.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 0x7f);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        // A mask of zeros leaves the payload as it is.
        frame.extend([0; 4]);
        frame.extend(payload);
        let _ = self.stream.write_all(&frame);
    }

    fn read_frame(&mut self) -> io::Result<(bool, u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head)?;
        let len = match head[1] & 0x7f {
            126 => {
                let mut len = [0; 2];
                self.stream.read_exact(&mut len)?;
                u64::from(u16::from_be_bytes(len))
            }
            127 => {
                let mut len = [0; 8];
                self.stream.read_exact(&mut len)?;
                u64::from_be_bytes(len)
            }
            len => u64::from(len),
        };
        let mut payload = vec![0; usize::try_from(len).unwrap()];
        self.stream.read_exact(&mut payload)?;
        Ok((head[0] & 0x80 != 0, head[0] & 0x0f, payload))
    }
}
