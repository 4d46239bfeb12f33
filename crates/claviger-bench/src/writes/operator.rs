//! Owns one operator's connection: a change is sent, and its answer waited for. Must not measure more than that takes.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::seed::ACCOUNTS;
use crate::wire::{Connection, Framing, websocket};

/// What frames are masked with. Any four bytes cost the server the same.
pub(super) const MASK: [u8; 4] = [0x39, 0xc6, 0x93, 0x6c];

/// Somebody who changes keys, one call after another, over a WebSocket.
pub struct Operator {
    connection: Connection,
}

impl Operator {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn connect(admin: &Path) -> Outcome<Self> {
        Ok(Self { connection: Connection::open(admin, Framing::WebSocket)? })
    }

    /// Makes a key that sees all accounts, and gives its id.
    ///
    /// # Errors
    /// It is refused.
    pub fn create(&mut self, name: &str) -> Outcome<(String, Duration)> {
        let (result, took) = self.call("keys.create", &json!({"name": name}))?;
        let id = result["key"]["id"].as_str().ok_or("a key without an id")?;
        Ok((id.to_owned(), took))
    }

    /// Gives a key another name.
    ///
    /// # Errors
    /// It is refused.
    pub fn rename(&mut self, key: &str, name: &str) -> Outcome<Duration> {
        self.change("keys.rename", &json!({"id": key, "name": name}))
    }

    /// Restricts a key to one account.
    ///
    /// # Errors
    /// It is refused.
    pub fn narrow(&mut self, key: &str) -> Outcome<Duration> {
        self.change("keys.set_scope", &json!({"id": key, "scope": {"accounts": [ACCOUNTS[0]]}}))
    }

    /// Lets a key see all accounts.
    ///
    /// # Errors
    /// It is refused.
    pub fn widen(&mut self, key: &str) -> Outcome<Duration> {
        self.change("keys.set_scope", &json!({"id": key, "scope": "all"}))
    }

    /// Gives a key another secret.
    ///
    /// # Errors
    /// It is refused.
    pub fn rotate(&mut self, key: &str) -> Outcome<Duration> {
        self.change("keys.rotate", &json!({"id": key}))
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// It is refused.
    pub fn delete(&mut self, key: &str) -> Outcome<Duration> {
        self.change("keys.delete", &json!({"id": key}))
    }

    fn change(&mut self, method: &str, params: &Value) -> Outcome<Duration> {
        Ok(self.call(method, params)?.1)
    }

    fn call(&mut self, method: &str, params: &Value) -> Outcome<(Value, Duration)> {
        let call = json!({"jsonrpc": "2.0", "id": 0, "method": method, "params": params}).to_string();
        let frame = websocket::frame(call.as_bytes(), MASK);
        let begun = Instant::now();
        self.connection.send(&frame)?;
        let answer = self.connection.receive()?;
        let took = begun.elapsed();
        let mut answer: Value = serde_json::from_slice(answer.body)?;
        match answer.get_mut("result") {
            Some(result) => Ok((result.take(), took)),
            None => Err(format!("{method} was refused: {}", answer["error"]["message"]).into()),
        }
    }
}
