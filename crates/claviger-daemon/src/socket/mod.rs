//! Owns the sockets: where they are bound, who may connect, how many, how long. Must not know methods.

mod accept;
mod bind;
mod connection;
mod deadline;
mod frames;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod limit;

pub use accept::{Listener, accept};
pub use bind::{BindError, bind, check_path, group_id};
pub use connection::Server;
pub use limit::Connections;
