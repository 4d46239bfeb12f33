//! Claviger's daemon as a library: keys in redb, verification, JSON-RPC over two Unix sockets.
//!
//! Owns everything between the sockets and the disk. Must not read arguments, the environment or a terminal.

mod background;
mod compact;
pub mod config;
pub mod domain;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;
pub mod http;
pub mod keeping;
pub mod place;
pub mod restore;
pub mod rpc;
pub mod run;
pub mod seed;
pub mod service;
pub mod socket;
pub mod store;
pub mod supervisor;
mod sync;
pub mod token;

pub use compact::compact;
pub use config::{Config, DigestConfig, Keep, SocketConfig};
pub use run::{Sockets, StartError, run};
pub use socket::GivenSockets;
pub use supervisor::Supervisor;
