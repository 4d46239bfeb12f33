//! Owns how many connections there are, with a few kept for the operator, and how many are told at leisure that they have no
//! place. Must not know who they are.

use std::sync::Arc;

use claviger_api::Access;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many connections both sockets have together.
const CONNECTIONS: usize = 512;

/// How many of them are kept for `admin.sock`.
const KEPT_FOR_ADMIN: usize = 8;

/// How many descriptors everything but connections needs: store, log, sockets, runtime.
const OTHER_DESCRIPTORS: u64 = 32;

/// How many of those who are turned away are waited for at once, until they have read why.
const FAREWELLS: usize = 64;

/// The places that connections take.
#[derive(Clone)]
pub struct Connections {
    shared: Arc<Semaphore>,
    kept: Arc<Semaphore>,
    farewells: Arc<Semaphore>,
}

impl Connections {
    /// As many places as there are descriptors for, and 512 at most.
    #[must_use]
    pub fn fitting(descriptors: Option<u64>) -> Self {
        let fitting = descriptors.map_or(u64::MAX, |all| all.saturating_sub(OTHER_DESCRIPTORS));
        let fitting = usize::try_from(fitting).unwrap_or(usize::MAX);
        // Who is turned away has a descriptor for that while: it must not be one that a place counts on.
        let farewells = (fitting / 4).min(FAREWELLS);
        let places = (fitting - farewells).clamp(2 * KEPT_FOR_ADMIN, CONNECTIONS);
        Self {
            shared: Arc::new(Semaphore::new(places - KEPT_FOR_ADMIN)),
            kept: Arc::new(Semaphore::new(KEPT_FOR_ADMIN)),
            farewells: Arc::new(Semaphore::new(farewells)),
        }
    }

    /// Takes a place for a connection to this socket, until the permit is dropped. `None` when there is none.
    #[must_use]
    pub fn take(&self, socket: Access) -> Option<OwnedSemaphorePermit> {
        let shared = Arc::clone(&self.shared).try_acquire_owned().ok();
        match socket {
            Access::Verify => shared,
            Access::Admin => shared.or_else(|| Arc::clone(&self.kept).try_acquire_owned().ok()),
        }
    }

    /// Takes a place to wait in for somebody who has none to be served in. `None` when there is none.
    pub(super) fn farewell(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.farewells).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifiers_never_take_the_operators_places() {
        let connections = Connections::fitting(None);
        let verifiers: Vec<_> = std::iter::from_fn(|| connections.take(Access::Verify)).collect();
        assert_eq!(verifiers.len(), 504);
        let operators: Vec<_> = std::iter::from_fn(|| connections.take(Access::Admin)).collect();
        assert_eq!(operators.len(), 8);
        drop(verifiers);
        assert!(connections.take(Access::Verify).is_some());
    }

    #[test]
    fn there_are_no_more_places_than_descriptors() {
        let connections = Connections::fitting(Some(100));
        let verifiers: Vec<_> = std::iter::from_fn(|| connections.take(Access::Verify)).collect();
        let operators: Vec<_> = std::iter::from_fn(|| connections.take(Access::Admin)).collect();
        let farewells: Vec<_> = std::iter::from_fn(|| connections.farewell()).collect();
        assert_eq!((verifiers.len(), operators.len(), farewells.len()), (43, 8, 17));
        assert_eq!(verifiers.len() + operators.len() + farewells.len(), 100 - 32);
    }
}
