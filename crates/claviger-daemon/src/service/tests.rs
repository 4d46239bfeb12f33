//! Owns the world in which the use cases are specified: a service with a clock of its own and cheap hashing; each subject has a
//! file of its own. Must not open a socket.

mod clock;
mod crowd;
mod edits;
mod failing_disk;
mod failing_journal;
mod failing_once;
mod histories;
mod kept_digests;
mod order;
mod pages;
mod power_cut;
mod restoration;
mod snapshot;
mod usage;
mod verdicts;

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};

use claviger_api::id::PresentedAccountId;
use claviger_api::method::ConnectAccount;
use claviger_api::page::{Cursor, Limit};
use claviger_api::{
    AccountId, Action, Event, KeyId, KeyWithSecret, Name, RequestId, Scope, Secret, Timestamp,
};

use super::settings::StorageMode;
use super::{Clock, Error, Refusal, Service, Verdict};
use crate::store::{Author, FILE_NAME, Store};
use crate::token::{DigestKey, HashingCost, KeyPrefix};

const OPERATOR: Author = Author { uid: 1000, pid: Some(7) };

/// For those who look at a service from outside.
impl Service {
    /// Keeps every hashing thread busy until this is dropped.
    pub(crate) fn keep_hashing_busy(&self) -> super::hashing::tests::Busy {
        super::hashing::tests::occupy(&self.pool)
    }

    /// Whether somebody waits for the slow hash of a cold secret.
    pub(crate) fn is_hash_awaited(&self) -> bool {
        !self.flights.is_empty()
    }
}

struct World {
    service: Arc<Service>,
    time: Arc<AtomicI64>,
}

impl World {
    fn of(store: Store, ms: i64) -> Self {
        let time = Arc::new(AtomicI64::new(ms));
        let source = Arc::clone(&time);
        let clock = Clock::new(move || source.load(Ordering::Relaxed));
        Self { service: Service::start(store, clock, KeyPrefix::default(), cheap()).unwrap(), time }
    }

    /// The same with digests that are kept under this key.
    fn keeping(store: Store, ms: i64, under: &DigestKey) -> Self {
        let time = Arc::new(AtomicI64::new(ms));
        let source = Arc::clone(&time);
        let clock = Clock::new(move || source.load(Ordering::Relaxed));
        let service =
            Service::start_keeping(store, clock, KeyPrefix::default(), cheap(), under.clone()).unwrap();
        Self { service, time }
    }

    fn new() -> Self {
        Self::of(Store::memory().unwrap(), 1_000)
    }

    fn on_disk(directory: &Path) -> Self {
        Self::of(Store::open(&directory.join(FILE_NAME)).unwrap(), 1_000)
    }

    async fn connect(&self, id: &str) {
        let account = ConnectAccount {
            name: name(id),
            institution: None,
            mask: None,
            kind: None,
            id: Some(AccountId::parse(id).unwrap()),
        };
        self.service.connect_account(OPERATOR, account).await.unwrap();
    }

    async fn create(&self, text: &str, scope: Scope) -> KeyWithSecret {
        self.service.create_key(OPERATOR, name(text), scope, None).await.unwrap()
    }

    async fn rotate(&self, id: KeyId) -> KeyWithSecret {
        self.service.rotate_key(OPERATOR, id, None, None).await.unwrap()
    }

    async fn verify(&self, secret: &Secret, account: Option<&str>) -> Result<Scope, Refusal> {
        let account = account.map(PresentedAccountId::new);
        match self.service.verify(OPERATOR, secret, account.as_ref()).await.unwrap() {
            Verdict::Granted(grant) => Ok(grant.verification().scope.clone()),
            Verdict::Refused(refusal) => Err(refusal),
        }
    }
}

fn cheap() -> HashingCost {
    HashingCost::new(8, 1, 1).unwrap()
}

/// Asks once, as far as that goes without waiting.
async fn ask<T>(future: &mut Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn only(ids: &[&str]) -> Scope {
    ids.iter().map(|id| AccountId::parse(id).unwrap()).collect()
}
