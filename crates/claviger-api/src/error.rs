//! Owns the errors of the wire: their numbers, texts and statuses. Must not know which method raises one.

use jsonrpsee_types::ErrorObjectOwned;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went wrong, as one of a closed set. Each has a JSON-RPC number, a text and an HTTP-like status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The request is not JSON.
    ParseError,
    /// The request is JSON but no JSON-RPC call, or passes a limit of size, depth or count.
    InvalidRequest,
    /// This socket has no such method.
    MethodNotFound,
    /// A parameter is missing, unknown, of the wrong type or against a rule.
    InvalidParams,
    /// A fault of the daemon; the message has an id that its log has too.
    InternalError,
    /// The secret is no living key's secret.
    Unauthorized,
    /// The secret is right, but Storage Mode is off.
    StorageModeRequired,
    /// An id that names nothing, or an account that the key may not see.
    NotFound,
    /// The name or account id is taken, or the version is another one.
    Conflict,
    /// Too much hashing is waiting.
    Busy,
    /// The disk is full; nothing was changed.
    StorageFull,
    /// The disk failed, and whether the change was made is not known yet.
    OutcomeUnknown,
}

impl Code {
    /// Every code, in the order of the protocol's table.
    pub const ALL: [Self; 12] = [
        Self::ParseError,
        Self::InvalidRequest,
        Self::MethodNotFound,
        Self::InvalidParams,
        Self::InternalError,
        Self::Unauthorized,
        Self::StorageModeRequired,
        Self::NotFound,
        Self::Conflict,
        Self::Busy,
        Self::StorageFull,
        Self::OutcomeUnknown,
    ];

    /// The JSON-RPC number (`error.code`).
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::ParseError => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::InternalError => -32603,
            Self::Unauthorized => -32001,
            Self::StorageModeRequired => -32003,
            Self::NotFound => -32004,
            Self::Conflict => -32009,
            Self::Busy => -32029,
            Self::StorageFull => -32050,
            Self::OutcomeUnknown => -32051,
        }
    }

    /// The text (`error.data.code`).
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ParseError => "PARSE_ERROR",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::MethodNotFound => "METHOD_NOT_FOUND",
            Self::InvalidParams => "INVALID_PARAMS",
            Self::InternalError => "INTERNAL_ERROR",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::StorageModeRequired => "STORAGE_MODE_REQUIRED",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::Busy => "BUSY",
            Self::StorageFull => "STORAGE_FULL",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
        }
    }

    /// The HTTP status that means the same (`error.data.status`).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::ParseError | Self::InvalidRequest | Self::InvalidParams => 400,
            Self::Unauthorized => 401,
            Self::StorageModeRequired => 403,
            Self::MethodNotFound | Self::NotFound => 404,
            Self::Conflict => 409,
            Self::InternalError | Self::OutcomeUnknown => 500,
            Self::Busy => 503,
            Self::StorageFull => 507,
        }
    }

    /// Finds the code of a JSON-RPC number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }
}

/// An error as the wire carries it. The message says what to do next and never repeats what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Which of the closed set it is.
    pub code: Code,
    /// What went wrong and what to do, for a person.
    pub message: String,
    /// The parameter at fault, where one is.
    pub field: Option<String>,
    /// How long to wait before asking again, where waiting helps. Milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Error {
    /// Makes an error without a field.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, retry_after_ms: None }
    }

    /// Names the parameter at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says how long to wait before asking again. Milliseconds.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// The members of `error.data`.
    #[must_use]
    pub fn data(&self) -> ErrorData {
        ErrorData {
            code: self.code.text().to_owned(),
            status: self.code.status(),
            field: self.field.clone(),
            retry_after_ms: self.retry_after_ms,
        }
    }
}

/// `error.data` on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorData {
    /// The text of the code, such as `NOT_FOUND`.
    #[schemars(with = "Code")]
    pub code: String,
    /// The HTTP status that means the same.
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// The parameter at fault, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub field: Option<String>,
    /// How long to wait before asking again, where waiting helps. Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub retry_after_ms: Option<u64>,
}

impl From<Error> for ErrorObjectOwned {
    fn from(error: Error) -> Self {
        let data = error.data();
        Self::owned(error.code.number(), error.message, Some(data))
    }
}

impl From<&ErrorObjectOwned> for Error {
    /// Reads an error from the wire. A number that this version does not know becomes an internal error with
    /// the message as it came.
    fn from(object: &ErrorObjectOwned) -> Self {
        let data: Option<ErrorData> = object.data().and_then(|raw| serde_json::from_str(raw.get()).ok());
        Self {
            code: Code::from_number(object.code()).unwrap_or(Code::InternalError),
            message: object.message().to_owned(),
            field: data.as_ref().and_then(|data| data.field.clone()),
            retry_after_ms: data.and_then(|data| data.retry_after_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_unique_and_found_again() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.text());
        }
    }

    #[test]
    fn an_error_survives_the_wire() {
        let error = Error::new(Code::Busy, "wait").at("secret").retry_after_ms(40);
        let object = ErrorObjectOwned::from(error.clone());
        assert_eq!(Error::from(&object), error);
    }
}
