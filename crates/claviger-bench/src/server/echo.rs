//! Owns the bare echo: one thread, one wait for all connections, and what comes goes back. Must not look at it.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

use crate::Outcome;

/// How many connections are looked at after one wait.
const AT_ONCE: usize = 64;

/// The number of the listener among those that are waited for.
const LISTENER: u64 = u64::MAX;

/// Serves until the process ends. A connection's place is kept when it is over: there are some thousands in a run.
///
/// # Errors
/// The socket cannot be bound, or waiting fails.
pub fn serve(path: &Path) -> Outcome<()> {
    let listener = UnixListener::bind(path)?;
    let ready = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&ready, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut connections: Vec<Option<UnixStream>> = Vec::new();
    let mut events = Vec::with_capacity(AT_ONCE);
    let mut bytes = vec![0; 64 * 1024];
    loop {
        epoll::wait(&ready, spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            if event.data.u64() == LISTENER {
                let (stream, _) = listener.accept()?;
                let place = EventData::new_u64(connections.len() as u64);
                epoll::add(&ready, &stream, place, EventFlags::IN)?;
                connections.push(Some(stream));
                continue;
            }
            let place = usize::try_from(event.data.u64())?;
            let Some(Some(stream)) = connections.get_mut(place) else { continue };
            let len = stream.read(&mut bytes).unwrap_or_default();
            if len == 0 || stream.write_all(&bytes[..len]).is_err() {
                // Closing takes it out of the wait as well.
                connections[place] = None;
            }
        }
    }
}
