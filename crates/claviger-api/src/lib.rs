//! The language that Claviger's daemon and its clients share: ids, names, scopes, methods, events, errors, and (with
//! the `client` feature) a connection to the daemon.
//!
//! Owns what travels over the sockets. Must not store, decide or draw anything.

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
