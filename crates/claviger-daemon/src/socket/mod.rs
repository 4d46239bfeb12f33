//! Owns the sockets: where they are bound, who may connect, how many, how long. Must not know methods.

use std::hint::black_box;

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
mod ticks;

pub use accept::{Listener, accept};
pub use admission::Admission;
pub use bind::{BindError, bind, check_path, group_id, group_name, user_name};
pub use connection::Server;
pub use given::{GivenError, GivenSockets, take};
pub use limit::Connections;
pub use ticks::Ticks;

/// Takes the first bytes out of a buffer that stays: secrets lie in it no longer than they are needed.
fn wipe_first(buffer: &mut Vec<u8>, len: usize) {
    buffer[..len].fill(0);
    // Somebody might look, as far as the compiler knows.
    black_box(&buffer[..len]);
    buffer.drain(..len);
}
