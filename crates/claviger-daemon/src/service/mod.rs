//! Owns the use cases: the only place where token, domain, store, clock and notification meet. Must not know JSON or
//! sockets.

mod accounts;
mod backup;
mod clock;
mod compaction;
mod digests;
mod error;
mod fair_queue;
mod feed;
mod hashing;
mod kept;
mod keys;
mod listing;
mod replay;
mod restoration;
pub mod settings;
mod snapshot;
mod stopwatch;
mod usage;
mod verdict;
mod verification;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use claviger_api::object::{DayUsage, KeyUsage};
use claviger_api::{Event, KeyId, KeyUse};

pub use backup::Backup;
pub use clock::Clock;
pub use error::{Error, FaultId};
pub use hashing::WAITING_JOBS;
pub use kept::{Form, Grant};
pub use restoration::{Occasion, restore};
pub use snapshot::Snapshot;
pub use stopwatch::Stopwatch;
pub(crate) use stopwatch::stopwatch;
pub use verdict::{Refusal, Verdict};

use crate::domain::{Usage, kept_days};
use crate::store::{Rows, Store, StoreError};
use crate::sync::atomic::AtomicU64;
use crate::sync::{Notify, time};
use crate::token::{DigestKey, HashingCost, KeyPrefix, TagKey};
use digests::Digests;
use feed::Feed;
use hashing::HashingPool;
use kept::KeptGrants;
use replay::Replays;
use usage::UsageNotes;
use writer::WriterQueue;

/// How long notes of use are gathered before subscribers are told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// After how many tellings notes of use are written.
const SAVE_EVERY: u32 = 10;

/// How often grants are counted anew, when notes of use were written twice while they were counted.
const COUNTINGS: usize = 4;

/// The use cases of one store.
pub struct Service {
    store: Store,
    clock: Clock,
    tags: TagKey,
    prefix: KeyPrefix,
    cost: HashingCost,
    pool: HashingPool,
    digests: Arc<Digests>,
    kept: KeptGrants,
    flights: verification::Flights,
    usage: Arc<UsageNotes>,
    replays: Replays,
    feed: Feed,
    writer: WriterQueue,
    granted: AtomicU64,
    refused: AtomicU64,
    stop: Notify,
}

/// Why a service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The store does not read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] crate::token::NoRandomness),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    NoThread(#[from] std::io::Error),
}

impl Service {
    /// Starts the service of a store: its writer and its hashing threads. Digests of proven secrets die with it.
    ///
    /// # Errors
    /// See [`StartFault`].
    pub fn start(
        store: Store,
        clock: Clock,
        prefix: KeyPrefix,
        cost: HashingCost,
    ) -> Result<Arc<Self>, StartFault> {
        Self::start_with(store, clock, prefix, cost, Digests::of_this_process()?)
    }

    /// The same with digests in the store, which prove secrets for as long as somebody keeps this key.
    ///
    /// # Errors
    /// See [`StartFault`].
    pub fn start_keeping(
        store: Store,
        clock: Clock,
        prefix: KeyPrefix,
        cost: HashingCost,
        key: DigestKey,
    ) -> Result<Arc<Self>, StartFault> {
        Self::start_with(store, clock, prefix, cost, Digests::kept_under(key))
    }

    fn start_with(
        store: Store,
        clock: Clock,
        prefix: KeyPrefix,
        cost: HashingCost,
        digests: Digests,
    ) -> Result<Arc<Self>, StartFault> {
        let (tags, state) = store.read(|rows| Ok((rows.tag_key()?, rows.state()?)))?;
        clock.hold(state.newest_at);
        let (writer, pending) = WriterQueue::new();
        let service = Arc::new(Self {
            store,
            clock,
            tags,
            prefix,
            cost,
            pool: HashingPool::start()?,
            digests: Arc::new(digests),
            kept: KeptGrants::default(),
            flights: verification::Flights::default(),
            usage: Arc::default(),
            replays: Replays::default(),
            feed: Feed::default(),
            writer,
            granted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            stop: Notify::new(),
        });
        pending.start(&service)?;
        Ok(service)
    }

    /// Whether changes are taken: the writer is there.
    #[must_use]
    pub fn takes_changes(&self) -> bool {
        self.writer.is_alive()
    }

    /// Asks for the end of the daemon.
    pub fn request_stop(&self) {
        self.stop.notify_one();
    }

    /// Waits until somebody asked for the end.
    pub async fn stop_requested(&self) {
        self.stop.notified().await;
    }

    /// Tells subscribers of notes of use, at most once a second, and writes them now and then. Sleeps while nothing is
    /// used. Ends only when it is dropped.
    pub async fn run_behind(self: Arc<Self>) {
        loop {
            self.usage.changed.notified().await;
            for _ in 0..SAVE_EVERY {
                self.tell_use();
                time::sleep(TELL_EVERY).await;
            }
            if let Err(error) = self.save_usage().await {
                tracing::warn!(%error, "notes of use are not written");
            }
        }
    }

    fn tell_use(&self) {
        let ids = self.usage.take_unpublished();
        if ids.is_empty() {
            return;
        }
        let told = self.store.read(|rows| {
            let told = |id: KeyId| {
                let Usage { last_used_at, retired_secret_seen_at } = self.usage_of(rows, &id)?;
                Ok(KeyUse { id, last_used_at, retired_secret_seen_at })
            };
            ids.into_iter().map(told).collect()
        });
        match told {
            Ok(keys) => self.feed.publish(Event::Used { keys }),
            Err(error) => tracing::warn!(%error, "notes of use are not told"),
        }
    }

    /// Writes what is still noted in memory, ends the writer, and lets the journal know how far the store came. Blocks until
    /// that is done.
    pub async fn finish(&self) {
        self.store.break_off();
        if let Err(error) = self.save_usage().await {
            tracing::warn!(%error, "the last notes of use are not written");
        }
        self.writer.close();
        if let Err(error) = self.store.follow() {
            tracing::warn!(%error, "the journal of revocations does not know how far the store came");
        }
    }

    /// When a key was used: what the store has, with what is only noted yet.
    fn usage_of(&self, rows: &impl Rows, id: &KeyId) -> Result<Usage, StoreError> {
        Ok(rows.usage(id)?.merged(self.usage.unsaved(id)))
    }

    /// How often a key was granted on each of the last days: what the store has, with what is only noted yet.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`].
    pub fn key_usage(&self, id: &KeyId) -> Result<KeyUsage, Error> {
        let now = self.clock.now();
        for _ in 0..COUNTINGS {
            let counted = self.store.read(|rows| {
                if rows.key_row(id)?.is_none() {
                    return Ok(None);
                }
                let saves = rows.state()?.usage_saves;
                let written = rows.granted_on(id, kept_days(now))?;
                Ok(Some((written, self.usage.unwritten(id, saves, kept_days(now)))))
            })?;
            let (written, unwritten) = counted.ok_or(Error::NoSuchKey)?;
            let Some(unwritten) = unwritten else { continue };
            let counts = written.into_iter().zip(unwritten);
            let days = kept_days(now).zip(counts).map(|(day, (written, unwritten))| DayUsage {
                day,
                granted: written.saturating_add(unwritten),
            });
            return Ok(KeyUsage { days: days.collect() });
        }
        Err(Error::Fault(FaultId::log(&"notes of use are written faster than they can be counted")))
    }
}
