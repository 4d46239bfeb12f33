//! Owns the sockets: where they are bound, who may connect, how many, how long. Must not know methods.

mod accept;
mod admission;
mod bind;
mod calls;
mod connection;
mod deadline;
mod frames;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod given;
mod limit;
mod shortcut;
mod stay;

pub use accept::{Listener, accept};
pub use admission::Admission;
pub use bind::{BindError, bind, check_path, group_id, group_name, user_name};
pub use connection::Server;
pub use given::{GivenError, GivenSockets, take};
pub use limit::Connections;
