//! The language that Claviger's daemon and its clients share: ids, names, scopes, methods, events, errors, and (with
//! the `client` feature) a connection to the daemon.
//!
//! Owns what travels over the sockets. Must not store, decide or draw anything.
//!
//! Claviger is an API-key authority for one machine. A program is handed a key's secret by somebody, asks the daemon whose it
//! is, and learns which accounts it opens; or it makes, scopes and rotates keys itself.
//!
#![cfg_attr(feature = "client", doc = include_str!("client/shortest.md"))]
//!
//! # Where to find what
//!
//! * [`method`]: every method as a type, such as [`KeysVerify`](method::KeysVerify), with what it takes, gives and can
//!   refuse; and the [subscriptions](Subscription).
//! * [`object`]: what answers are made of. [`Scope`]: all accounts, or these and no others.
//! * [`Error`] and [`Code`]: the closed set of what the daemon refuses.
//! * [`Secret`]: prints as `[redacted]`, and is wiped when it is dropped.
//! * [`Name`], [`KeyId`], [`AccountId`]: parsed once, right from then on. Names in answers are plain text: draw them with
//!   [`drawable`], for a hostile one can drive a terminal.
//!
//! # Features
//!
//! * `client` (on by default): the connection, on tokio. Without it the crate is the language alone, for a program that has a
//!   transport of its own: JSON-RPC 2.0 over HTTP/1.1 or a WebSocket, on a Unix socket.

pub mod day;
pub mod error;
pub mod id;
pub mod method;
pub mod name;
pub mod object;
pub mod openrpc;
pub mod page;
pub mod param;
pub mod scope;
pub mod secret;
pub mod time;

#[cfg(feature = "client")]
pub mod client;

pub use day::Day;
pub use error::{Code, Error};
pub use id::{AccountId, KeyId, RequestId};
pub use method::{Access, Method, Subscription};
pub use name::{Name, NameError, drawable};
pub use object::{Account, Action, Entry, Event, Key, KeyUse, KeyWithSecret};
pub use scope::Scope;
pub use secret::Secret;
pub use time::Timestamp;

/// The version of the protocol that this crate speaks (`system.status`).
pub const PROTOCOL: u32 = 1;

/// The name of the socket for every method, inside the runtime directory.
pub const ADMIN_SOCKET: &str = "admin.sock";

/// The name of the socket for verification, inside the runtime directory.
pub const VERIFY_SOCKET: &str = "verify.sock";
