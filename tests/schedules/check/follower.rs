//! Owns somebody who follows the changes, as a subscription does. Must not know what is changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use claviger_api::{Event, Key, KeyId};
use claviger_schedules::service::Service;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

/// What is known of the keys at a revision.
pub(crate) struct Follower {
    changes: Receiver<Arc<Event>>,
    pub(crate) revision: u64,
    pub(crate) keys: BTreeMap<KeyId, Key>,
}

impl Follower {
    /// Listens, and then takes a snapshot.
    pub(crate) fn begin(service: &Arc<Service>) -> Self {
        let changes = service.listen();
        let (revision, keys) = snapshot(service);
        Self { changes, revision, keys }
    }

    /// Does it the wrong way round: what is changed between the two is never seen.
    pub(crate) fn begin_wrongly(service: &Arc<Service>) -> Self {
        let (revision, keys) = snapshot(service);
        Self { changes: service.listen(), revision, keys }
    }

    /// Takes in all that was told so far. It is in the store by then.
    pub(crate) fn follow(&mut self, service: &Service) {
        loop {
            let event = match self.changes.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Empty) => return,
                Err(error) => panic!("{error}"),
            };
            let Event::Changed { revision, keys, removed_keys, .. } = &*event else { continue };
            // It was in the snapshot.
            if *revision <= self.revision {
                continue;
            }
            assert_eq!(*revision, self.revision + 1, "a revision is skipped or comes again");
            self.revision = *revision;
            let stored = service.settings().expect("the store reads").revision;
            assert!(stored >= self.revision, "a change is told before its commit");
            self.keys.extend(keys.iter().cloned().map(of_revision));
            self.keys.retain(|id, _| !removed_keys.contains(id));
        }
    }
}

/// The revision and the keys of this moment, without their use.
pub(crate) fn snapshot(service: &Arc<Service>) -> (u64, BTreeMap<KeyId, Key>) {
    let (mut snapshot, mut seen, mut all) = (service.snapshot(), 0, BTreeMap::new());
    while let Some(part) = snapshot.next_part().expect("the store reads") {
        let Event::Snapshot { revision, keys, .. } = part else { panic!("{part:?} in a snapshot") };
        seen = revision;
        all.extend(keys.into_iter().map(of_revision));
    }
    (seen, all)
}

/// A key without its use, which has no revision.
fn of_revision(key: Key) -> (KeyId, Key) {
    (key.id, Key { last_used_at: None, retired_secret_seen_at: None, ..key })
}
