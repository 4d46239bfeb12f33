//! Owns JSON-RPC calls on one socket and the table of errors that a test expects. Must not start a daemon.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::document::assert_listed;
use super::http::{Answer, exchange};

/// The errors of the contract: text, number, status.
const ERRORS: [(&str, i64, u64); 11] = [
    ("PARSE_ERROR", -32700, 400),
    ("INVALID_REQUEST", -32600, 400),
    ("METHOD_NOT_FOUND", -32601, 404),
    ("INVALID_PARAMS", -32602, 400),
    ("INTERNAL_ERROR", -32603, 500),
    ("UNAUTHORIZED", -32001, 401),
    ("STORAGE_MODE_REQUIRED", -32003, 403),
    ("NOT_FOUND", -32004, 404),
    ("CONFLICT", -32009, 409),
    ("BUSY", -32029, 503),
    ("STORAGE_FULL", -32050, 507),
];

/// An error as it came.
#[derive(Clone, Debug)]
pub(crate) struct RpcError {
    /// `error.code`.
    pub(crate) number: i64,
    /// `error.message`.
    pub(crate) message: String,
    /// `error.data`, null where there is none.
    pub(crate) data: Value,
    /// The whole body.
    pub(crate) raw: String,
}

impl RpcError {
    /// Reads the `error` member of an answer.
    pub(crate) fn of(answer: &Value) -> Option<Self> {
        let error = answer.get("error")?;
        Some(Self {
            number: error["code"].as_i64()?,
            message: error["message"].as_str()?.to_owned(),
            data: error["data"].clone(),
            raw: answer.to_string(),
        })
    }

    /// `error.data.field`.
    pub(crate) fn field(&self) -> Option<&str> {
        self.data["field"].as_str()
    }
}

/// Holds an error to the contract's table: number, text and status agree.
pub(crate) fn assert_code(error: &RpcError, text: &str) {
    let (_, number, status) = *ERRORS.iter().find(|(known, ..)| *known == text).unwrap();
    assert_eq!(error.number, number, "not {text}: {}", error.raw);
    assert_eq!(error.data["code"], text, "{}", error.raw);
    assert_eq!(error.data["status"], status, "{}", error.raw);
    assert!(!error.message.is_empty(), "{}", error.raw);
}

/// One socket of a daemon.
#[derive(Clone, Debug)]
pub(crate) struct Socket(PathBuf);

impl Socket {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Posts a body as it is.
    pub(crate) fn try_post(&self, body: &[u8]) -> io::Result<Answer> {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        exchange(&self.0, &[head.as_bytes(), body].concat())
    }

    /// Posts a body as it is; an answer must come.
    pub(crate) fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        self.try_post(body.as_ref())
            .unwrap_or_else(|error| panic!("no answer from {}: {error}", self.0.display()))
    }

    /// Posts a body and reads the answer as JSON.
    pub(crate) fn post_json(&self, body: impl AsRef<[u8]>) -> Value {
        let answer = self.post(body);
        serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| panic!("not JSON, HTTP {}: {}", answer.status, answer.text()))
    }

    /// The whole body of the answer to one call, always under the same id.
    pub(crate) fn bytes(&self, method: &str, params: &Value) -> Vec<u8> {
        self.post(call_text(method, params)).body
    }

    /// One call, where the daemon may be going away.
    pub(crate) fn try_call(&self, method: &str, params: &Value) -> io::Result<Result<Value, RpcError>> {
        let answer = self.try_post(call_text(method, params).as_bytes())?;
        Ok(outcome(method, &answer.body))
    }

    /// One call.
    pub(crate) fn call(&self, method: &str, params: &Value) -> Result<Value, RpcError> {
        outcome(method, &self.bytes(method, params))
    }

    /// One call that must succeed.
    pub(crate) fn ok(&self, method: &str, params: &Value) -> Value {
        self.call(method, params).unwrap_or_else(|error| panic!("{method} was refused: {}", error.raw))
    }

    /// One call that must be refused with this code.
    pub(crate) fn refused(&self, method: &str, params: &Value, code: &str) -> RpcError {
        match self.call(method, params) {
            Ok(result) => panic!("{method} was not refused with {code} for {params}: {result}"),
            Err(error) => {
                assert_code(&error, code);
                error
            }
        }
    }

    /// Whether a daemon answers here. One that has too many connections does not.
    pub(crate) fn answers(&self) -> bool {
        let call = call_text("system.health", &json!({}));
        self.try_post(call.as_bytes()).is_ok_and(|answer| {
            let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            answer["result"]["status"] == "ok"
        })
    }
}

fn call_text(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string()
}

fn outcome(method: &str, body: &[u8]) -> Result<Value, RpcError> {
    let text = String::from_utf8_lossy(body);
    let answer: Value = serde_json::from_slice(body).unwrap_or_else(|_| panic!("not JSON: {text}"));
    assert_eq!(answer["jsonrpc"], "2.0", "{text}");
    assert_eq!(answer["id"], 7, "{text}");
    match RpcError::of(&answer) {
        Some(error) => {
            assert_listed(method, &error);
            Err(error)
        }
        None => Ok(answer.get("result").unwrap_or_else(|| panic!("no result: {text}")).clone()),
    }
}
