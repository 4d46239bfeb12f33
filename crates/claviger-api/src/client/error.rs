//! Owns why a daemon cannot be reached, and why a call has no result. Must not decide what to do then.

use std::io;
use std::path::PathBuf;

use jsonrpsee_core::client::Error as RpcError;

use super::MAX_SOCKET_PATH;
use crate::error::Error;

/// Why a daemon cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The path does not fit into a socket's address.
    #[error("the socket's path has {len} bytes, and {MAX_SOCKET_PATH} is the most a Unix socket can have")]
    PathTooLong {
        /// How many bytes the path has.
        len: usize,
    },
    /// Nothing listens there.
    #[error("no daemon answers at {path}", path = .0.display())]
    NotRunning(PathBuf),
    /// The socket's owner lets nobody else in.
    #[error("no permission to use {path}", path = .0.display())]
    NoPermission(PathBuf),
    /// It did not answer in time.
    #[error("the daemon at {path} did not answer in time", path = .0.display())]
    TimedOut(PathBuf),
    /// It has as many connections as it takes.
    #[error("the daemon at {path} has too many connections", path = .0.display())]
    Busy(PathBuf),
    /// It ended the connection before it had answered: a daemon that ends, or one that a service manager could not start.
    #[error("what listens at {path} hung up before it answered", path = .0.display())]
    HungUp(PathBuf),
    /// What answered is no Claviger daemon.
    #[error("what listens at {path} did not answer as a Claviger daemon", path = .0.display())]
    NotADaemon(PathBuf),
    /// Another fault of the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The daemon answered with an error.
    #[error(transparent)]
    Refused(Error),
    /// The connection is gone; whether the call was carried out is not known.
    #[error("the connection to the daemon is gone")]
    Disconnected,
    /// No answer came in time; whether the call was carried out is not known.
    #[error("the daemon did not answer in time")]
    TimedOut,
    /// The answer is not of the form that this version knows.
    #[error("the daemon answered in a form that this version does not know")]
    BadAnswer,
}

impl From<RpcError> for CallError {
    fn from(error: RpcError) -> Self {
        match error {
            RpcError::Call(object) => Self::Refused(Error::from(&object)),
            RpcError::RequestTimeout => Self::TimedOut,
            RpcError::ParseError(_) => Self::BadAnswer,
            _ => Self::Disconnected,
        }
    }
}
