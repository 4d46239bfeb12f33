//! Owns the connection of a client to the daemon. Must not start a daemon or retry a call.
//!
//! # Connecting
//!
//! A [`Client`] is one WebSocket on a Unix socket; calls and subscriptions share it, and it can be shared by tasks. There are
//! two sockets:
//!
//! * [`verify_socket`] lets a program verify and nothing else. Another user's program must be let in first, by
//!   `sockets.verify_mode` and `sockets.verify_group` in the daemon's `config.toml`.
//! * [`admin_socket`] has every method, and lets in the daemon's own user, root, and whom its settings name.
//!
//! # Verifying
//!
//! [`Client::verify_account`] says whether a secret opens an account, [`Client::verify`] whose it is, [`Client::visible`] which
//! accounts it sees. Every other method is called by its type:
//!
//! ```no_run
//! # async fn example(daemon: claviger_api::client::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use claviger_api::method::{KeysList, ListKeys};
//!
//! let page = daemon.call::<KeysList>(ListKeys::default()).await?;
//! for key in page.keys {
//!     println!("{}  {}", key.id, claviger_api::drawable(&key.name));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Errors, and what to do
//!
//! Whatever is no grant is an error. In doubt, refuse whoever asks you with [`Code::status`](crate::Code::status), or 503 where
//! nobody could be asked.
//!
//! | error | what it means | what to do |
//! | --- | --- | --- |
//! | [`Refused`](CallError::Refused) with `Unauthorized` | it is no living key's secret; nobody can tell whether it is wrong, rotated or deleted | refuse |
//! | `StorageModeRequired` | the secret is right, and an operator has turned all keys off | refuse |
//! | `NotFound` | the account is out of the key's scope or absent, which are the same | refuse, as if there were none |
//! | `Busy` | too much is waiting, and nothing was done | ask again after `retry_after_ms`, if your caller can wait |
//! | `Conflict` | the name is taken, or the version is another one | look anew, then decide |
//! | `OutcomeUnknown` | the disk failed, and nobody knows yet whether the change was made | ask again with the same `request_id`, or look |
//! | [`Disconnected`](CallError::Disconnected), [`TimedOut`](CallError::TimedOut) | the daemon went away; whether the call was carried out is not known | connect anew; a verification can be asked once more, a change only with the same `request_id` |
//! | [`BadAnswer`](CallError::BadAnswer) | the answer is of another version, or speaks of something else | refuse, and tell an operator |
//! | [`NotRunning`](ConnectError::NotRunning), [`Busy`](ConnectError::Busy), [`HungUp`](ConnectError::HungUp), [`TimedOut`](ConnectError::TimedOut) | nobody could be asked | refuse, and connect again later, after a growing pause |
//! | [`NoPermission`](ConnectError::NoPermission), [`PathTooLong`](ConnectError::PathTooLong), [`NotADaemon`](ConnectError::NotADaemon) | something is set up wrong | tell an operator: `claviger doctor` says what |
//!
//! # Keeping verdicts
//!
//! A verification is quick, so ask each time: then a rotation or a narrower scope binds the very next question. To spare the
//! questions, subscribe to [`Revisions`](crate::method::Revisions), and use a verdict for as long as no revision above the
//! verdict's own has come:
//!
//! ```no_run
//! # async fn example(daemon: claviger_api::client::Client, secret: claviger_api::Secret)
//! # -> Result<(), claviger_api::client::CallError> {
//! use claviger_api::method::Revisions;
//!
//! let mut revisions = daemon.subscribe::<Revisions>().await?;
//! loop {
//!     let verdict = daemon.verify_account(&secret, "everyday").await?;
//!     // Serve by it, until something changes.
//!     while revisions.next().await?.revision <= verdict.revision {}
//! }
//! # }
//! ```
//!
//! A change binds a kept verdict once its notification has come, moments after the change was answered. When the
//! subscription ends, nobody would tell of the next one: forget every verdict with it.
//!
//! # When the daemon goes away
//!
//! Calls answer [`CallError::Disconnected`], subscriptions end, and [`Client::disconnected`] returns. A client does not come
//! back: make a new one, subscribe anew, and start with no verdict.
//!
//! # Secrets
//!
//! A [`Secret`](crate::Secret) prints as `[redacted]` and is wiped when it is dropped. Read it from standard input or a file of mode 0600,
//! never from an argument or an environment variable, and call [`expose`](crate::Secret::expose) nowhere near a log.
//! What it was read into before, and the buffers of the WebSocket, are freed as they are. The calls that make a secret go
//! through buffers that are wiped: make them with [`Client::mint`], and with a `request_id`, so that a lost answer can be had
//! again.

mod error;
mod mint;
mod place;
mod verification;

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

use crate::method::{Method, Subscription};
use crate::object::KeyWithSecret;

pub use error::{CallError, ConnectError};
pub use place::{admin_socket, verify_socket};

/// The longest path that a Unix socket can have, in bytes (`sun_path` without its final zero, unix(7)).
pub const MAX_SOCKET_PATH: usize = 107;

/// Answers up to this size are taken: a page of keys whose scopes name thousands of accounts is large.
const MAX_ANSWER: u32 = 256 * 1024 * 1024;

/// How long a call waits for its answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// How many notifications wait in memory for a reader before the subscription is given up.
const WAITING_NOTIFICATIONS: usize = 16_384;

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
        Self::connect_to_wait(path, patience, ANSWERED_WITHIN).await
    }

    /// The same for calls whose answers may take as long as `answered_within`.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect_to_wait(
        path: &Path,
        patience: Duration,
        answered_within: Duration,
    ) -> Result<Self, ConnectError> {
        let deadline = Instant::now() + patience;
        let stream = tokio::time::timeout_at(deadline, connect_stream(path))
            .await
            .map_err(|_| ConnectError::TimedOut(path.into()))??;
        let build = WsClientBuilder::new()
            .max_response_size(MAX_ANSWER)
            .max_buffer_capacity_per_subscription(WAITING_NOTIFICATIONS)
            .request_timeout(answered_within)
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
        Some(WsHandshakeError::Io(error)) if is_hang_up(error) => ConnectError::HungUp(path.into()),
        Some(WsHandshakeError::Transport(handshake)) if caused_by_hang_up(handshake) => {
            ConnectError::HungUp(path.into())
        }
        _ => ConnectError::NotADaemon(path.into()),
    }
}

fn caused_by_hang_up(error: &dyn std::error::Error) -> bool {
    error.source().and_then(|cause| cause.downcast_ref()).is_some_and(is_hang_up)
}

/// Whether the other side ended the connection, with our request read or not.
fn is_hang_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
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
