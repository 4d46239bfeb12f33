//! Owns when the store is compacted: when somebody asks for it, and by itself where that pays. Must not know how.

use std::sync::Arc;
use std::time::Duration;

use super::error::FaultId;
use super::{Error, Service, stopwatch};
use crate::store::{Compacted, StoreError};
use crate::sync::{task, time};

/// How long after the start it is first looked whether the file could be much smaller.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// How often it is looked after that.
const LOOK_EVERY: Duration = Duration::from_hours(24);

impl Service {
    /// Writes the store anew, without what it no longer needs. Changes wait meanwhile; verifications do not.
    ///
    /// # Errors
    /// [`Error::StorageFull`] where the disk has no room for the new file beside the old one; a fault of the store.
    pub async fn compact(self: &Arc<Self>) -> Result<Compacted, Error> {
        let service = Arc::clone(self);
        let compacted = task::spawn_blocking(move || service.compact_now()).await;
        let compacted = compacted.map_err(|_| Error::Fault(FaultId::log(&"a compaction broke off")))?;
        compacted.map_err(Error::from)
    }

    /// Compacts the store where that pays: soon after the start, and then once a day. Ends only when it is dropped.
    pub async fn compact_where_it_pays(self: Arc<Self>) {
        time::sleep(FIRST_LOOK).await;
        loop {
            let service = Arc::clone(&self);
            let compacted = task::spawn_blocking(move || service.compact_if_it_pays()).await;
            // One that is broken off is told to nobody: the daemon has stopped waiting for it.
            if let Ok(Err(error)) = compacted {
                tracing::warn!(%error, "the store is not compacted");
            }
            time::sleep(LOOK_EVERY).await;
        }
    }

    /// Gives what came of it, where it pays.
    pub(super) fn compact_if_it_pays(&self) -> Result<Option<Compacted>, StoreError> {
        if self.store.disk_bytes() < crate::store::WORTH_COMPACTING || !self.store.fill()?.pays() {
            return Ok(None);
        }
        self.compact_now().map(Some)
    }

    fn compact_now(&self) -> Result<Compacted, StoreError> {
        let took = stopwatch!(INFO);
        let compacted = self.store.compact()?;
        let Compacted { before, after } = compacted;
        tracing::info!(before, after, took_us = took.us(), "compacted");
        Ok(compacted)
    }
}
