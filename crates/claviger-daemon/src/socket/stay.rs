//! Owns how long somebody is connected: the place that is taken, and what the log says at both ends. Must not know what is asked.

use claviger_api::Access;
use tokio::sync::OwnedSemaphorePermit;

use crate::rpc::Peer;

/// One connection from the moment it is let in until its last user is gone, which is when this is dropped.
#[derive(Debug)]
pub(super) struct Stay {
    socket: Access,
    peer: Peer,
    _place: OwnedSemaphorePermit,
}

impl Stay {
    /// Begins with a place of its own.
    pub(super) fn begin(socket: Access, peer: Peer, place: OwnedSemaphorePermit) -> Self {
        tracing::debug!(socket = %socket.text(), uid = peer.uid, pid = peer.pid, "connection opened");
        Self { socket, peer, _place: place }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let Self { socket, peer, .. } = self;
        tracing::debug!(socket = %socket.text(), uid = peer.uid, pid = peer.pid, "connection closed");
    }
}
