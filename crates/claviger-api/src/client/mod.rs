//! Owns the connection of a client to the daemon. Must not start a daemon or retry a call.

mod mint;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonrpsee_client_transport::ws::WsHandshakeError;
use jsonrpsee_core::client::{ClientT, Error as RpcError, SubscriptionClientT};
use jsonrpsee_core::traits::ToRpcParams;
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::error::Error;
use crate::method::{Method, Subscription};
use crate::object::KeyWithSecret;

/// The longest path that a Unix socket can have, in bytes (`sun_path` without its final zero, unix(7)).
pub const MAX_SOCKET_PATH: usize = 107;

/// Answers up to this size are taken: a page of keys whose scopes name thousands of accounts is large.
const MAX_ANSWER: u32 = 256 * 1024 * 1024;

/// How many notifications wait in memory for a reader before the subscription is given up.
const WAITING_NOTIFICATIONS: usize = 16_384;

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
    /// What answered is no Claviger daemon, or the connection broke at once.
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

/// A connection to one of the daemon's sockets. When the daemon goes away calls answer
/// [`CallError::Disconnected`]; reconnecting means a new client.
#[derive(Debug)]
pub struct Client {
    connection: WsClient,
    path: PathBuf,
}

impl Client {
    /// Connects to the socket at `path`, trying again until `patience` is over while its backlog is full.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(path: &Path, patience: Duration) -> Result<Self, ConnectError> {
        let deadline = Instant::now() + patience;
        let stream = tokio::time::timeout_at(deadline, connect_stream(path))
            .await
            .map_err(|_| ConnectError::TimedOut(path.into()))??;
        let build = WsClientBuilder::new()
            .max_response_size(MAX_ANSWER)
            .max_buffer_capacity_per_subscription(WAITING_NOTIFICATIONS)
            .request_timeout(Duration::from_secs(30))
            .build_with_stream("ws://localhost/", stream);
        let client = tokio::time::timeout_at(deadline, build)
            .await
            .map_err(|_| ConnectError::TimedOut(path.into()))?
            .map_err(|error| refused_handshake(&error, path))?;
        Ok(Self { connection: client, path: path.into() })
    }

    /// Calls one method of the table.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<M: Method>(&self, params: M::Params) -> Result<M::Result, CallError> {
        let params = serde_json::value::to_raw_value(&params).map_err(|_| CallError::BadAnswer)?;
        self.raw(M::NAME, Some(params)).await
    }

    /// Makes a call that mints a secret, on a connection of its own: once the result is dropped, no copy of the secret
    /// is left in this process's memory.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn mint<M: Method<Result = KeyWithSecret>>(
        &self,
        params: &M::Params,
    ) -> Result<KeyWithSecret, CallError> {
        mint::mint::<M>(&self.path, params).await
    }

    /// Calls any method with raw parameters.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn raw<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Option<Box<RawValue>>,
    ) -> Result<T, CallError> {
        Ok(self.connection.request(method, Raw(params)).await?)
    }

    /// Subscribes to a stream of notifications.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn subscribe<S: Subscription>(&self) -> Result<Notifications<S::Item>, CallError> {
        Ok(Notifications(self.connection.subscribe(S::NAME, Raw(None), S::UNSUBSCRIBE).await?))
    }

    /// Waits until the connection is gone.
    pub async fn disconnected(&self) {
        self.connection.on_disconnect().await;
    }
}

/// The notifications of one subscription, in order.
#[derive(Debug)]
pub struct Notifications<T>(jsonrpsee_core::client::Subscription<T>);

impl<T: DeserializeOwned> Notifications<T> {
    /// Waits for the next one.
    ///
    /// # Errors
    /// [`CallError::Disconnected`] when the connection is gone or the reader fell too far behind: subscribe anew.
    pub async fn next(&mut self) -> Result<T, CallError> {
        match self.0.next().await {
            Some(Ok(item)) => Ok(item),
            Some(Err(_)) => Err(CallError::BadAnswer),
            None => Err(CallError::Disconnected),
        }
    }
}

struct Raw(Option<Box<RawValue>>);

impl ToRpcParams for Raw {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        Ok(self.0)
    }
}

/// Why a WebSocket handshake failed.
fn refused_handshake(error: &RpcError, path: &Path) -> ConnectError {
    let RpcError::Transport(cause) = error else { return ConnectError::NotADaemon(path.into()) };
    match cause.downcast_ref::<WsHandshakeError>() {
        Some(WsHandshakeError::Rejected { status_code: 503 }) => ConnectError::Busy(path.into()),
        Some(WsHandshakeError::Rejected { status_code: 403 }) => ConnectError::NoPermission(path.into()),
        _ => ConnectError::NotADaemon(path.into()),
    }
}

async fn connect_stream(path: &Path) -> Result<UnixStream, ConnectError> {
    let len = path.as_os_str().len();
    if len > MAX_SOCKET_PATH {
        return Err(ConnectError::PathTooLong { len });
    }
    loop {
        match UnixStream::connect(path).await {
            Ok(stream) => return Ok(stream),
            // A full backlog refuses a non-blocking connect at once, and nothing tells when there is room.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(Duration::from_millis(5)).await,
            Err(error) => {
                return Err(match error.kind() {
                    io::ErrorKind::NotFound
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::NotADirectory => ConnectError::NotRunning(path.into()),
                    io::ErrorKind::PermissionDenied => ConnectError::NoPermission(path.into()),
                    _ => ConnectError::Io(error),
                });
            }
        }
    }
}
