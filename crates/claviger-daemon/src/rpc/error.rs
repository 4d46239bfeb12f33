//! Owns the words of errors: what went wrong and what to do next, never what was sent.

use claviger_api::{Code, Error as WireError};
use jsonrpsee::types::ErrorObjectOwned;

use crate::service::{Error, Refusal};

/// How long to wait when too much hashing is waiting: about half of a full queue's time on one core.
const BUSY_RETRY_MS: u64 = 500;

/// How long to wait before asking what became of a change: the store is tried again every second.
const UNKNOWN_RETRY_MS: u64 = 1000;

impl From<Error> for WireError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchKey => {
                Self::new(Code::NotFound, "no such key: list the keys to see their ids").at("id")
            }
            Error::NoSuchAccount => {
                Self::new(Code::NotFound, "no such account: list the accounts to see their ids").at("id")
            }
            Error::ScopeNamesNoAccount => {
                let message =
                    "`scope` names an account that is not connected: list the accounts to see their ids";
                Self::new(Code::NotFound, message).at("scope")
            }
            Error::NameTaken => {
                Self::new(Code::Conflict, "another key has this name (case is ignored): choose another")
                    .at("name")
            }
            Error::AccountIdTaken => {
                Self::new(Code::Conflict, "an account with this id is connected already").at("id")
            }
            Error::VersionConflict => {
                let message = "it has changed meanwhile: read it again and decide anew";
                Self::new(Code::Conflict, message).at("expected_version")
            }
            Error::WrongCursor => {
                Self::new(Code::InvalidParams, "`cursor` is not a next_cursor of this listing").at("cursor")
            }
            Error::Busy => Self::new(Code::Busy, "too much hashing is waiting: try again shortly")
                .retry_after_ms(BUSY_RETRY_MS),
            Error::OutcomeUnknown => {
                let message = "the disk failed, and it is not known yet whether the change was made: look, or ask \
                               again with the same request_id";
                Self::new(Code::OutcomeUnknown, message).retry_after_ms(UNKNOWN_RETRY_MS)
            }
            Error::StorageFull => {
                Self::new(Code::StorageFull, "the disk is full, nothing was changed: make room and try again")
            }
            Error::Fault(id) => {
                let message = format!("internal error {id}: the daemon's log says more under this id");
                Self::new(Code::InternalError, message)
            }
        }
    }
}

impl From<Refusal> for WireError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthorized => Self::new(Code::Unauthorized, "this is not the secret of any key"),
            Refusal::StorageModeOff => {
                let message = "the secret is right, but Storage Mode is off: an operator can turn it on";
                Self::new(Code::StorageModeRequired, message)
            }
            Refusal::NoSuchAccount => Self::new(Code::NotFound, "no such account").at("account"),
        }
    }
}

/// An error of the wire as jsonrpsee takes it.
pub fn error_object(error: impl Into<WireError>) -> ErrorObjectOwned {
    error.into().into()
}
