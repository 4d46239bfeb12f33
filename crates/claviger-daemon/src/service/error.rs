//! Owns why a use case has no result. A refused verification is not among them: it is a verdict.

use std::fmt;

use crate::store::StoreError;
use crate::token::{NoRandomness, random_text};

/// Why a use case has no result. Nothing was changed, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The id names no key.
    #[error("no such key")]
    NoSuchKey,
    /// The id names no account.
    #[error("no such account")]
    NoSuchAccount,
    /// A scope names an account that is not connected.
    #[error("the scope names an account that is not connected")]
    ScopeNamesNoAccount,
    /// Another key has the name, ignoring case.
    #[error("another key has this name")]
    NameTaken,
    /// Another account has the id.
    #[error("another account has this id")]
    AccountIdTaken,
    /// The version is another one than expected.
    #[error("the version is another one")]
    VersionConflict,
    /// The cursor is none of this listing's.
    #[error("the cursor is none of this listing's")]
    WrongCursor,
    /// Too much hashing is waiting.
    #[error("too much hashing is waiting")]
    Busy,
    /// A commit failed and the store does not open again, so that nobody knows yet whether the change was made.
    #[error("it is not known yet whether the change was made")]
    OutcomeUnknown,
    /// There is no room on the disk.
    #[error("the disk is full")]
    StorageFull,
    /// A fault of ours; the log has more under its id.
    #[error("internal fault {0}")]
    Fault(FaultId),
}

/// What a fault is called in the answer and in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultId(Box<str>);

impl FaultId {
    /// Logs a fault under a new id.
    pub fn log(cause: &dyn fmt::Display) -> Self {
        let id = random_text(8).map_or_else(|_| "unnamed".to_owned(), |text| text.to_string());
        tracing::error!(fault = id, "{cause}");
        Self(id.into())
    }
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::StorageFull,
            other => Self::Fault(FaultId::log(&other)),
        }
    }
}

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        Self::Fault(FaultId::log(&error))
    }
}
