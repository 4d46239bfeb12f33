//! Owns a store that is made once and opened in every schedule, where all its keys are cold unless the key of its digests
//! is kept. Must not say what has to hold.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use claviger_api::method::ConnectAccount;
use claviger_api::{AccountId, KeyId, Secret};
use shuttle::Runner;
use shuttle::future::block_on;
use shuttle::scheduler::RoundRobinScheduler;

use crate::disk::Disk;
use crate::service::{Clock, Service};
use crate::store::Rows;
use crate::token::{DigestKey, HashingCost, KeyPrefix, Minted};
use crate::world::{ACCOUNTS, Caller, OPERATOR, World, config, name, only};

/// A store with keys in it, and their secrets.
#[derive(Clone)]
pub struct Image {
    content: Vec<u8>,
    keys: Vec<(KeyId, String)>,
    forged: Option<String>,
    /// What the digests in it are under.
    under: DigestKey,
    memory: Memory,
}

/// What the machine still has of the daemon that made the store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// Nothing, and nothing that comes is kept.
    None,
    /// The key of the digests.
    Kept,
    /// Another one: what is in the store is worth nothing, and what comes is kept.
    Another,
}

impl Image {
    /// Makes a store with so many keys: `key 0`, `key 1`, ….
    ///
    /// # Panics
    /// The store cannot be made.
    #[must_use]
    pub fn of(keys: usize) -> Self {
        let disk = Disk::of(Vec::new());
        let filled = disk.clone();
        let under = DigestKey::random().expect("there is randomness");
        let making = under.clone();
        let keys = once(move || block_on(fill(start_keeping(&filled, &making), keys)));
        let forgeable = keys.first().map(|(id, _)| *id);
        let opened = disk.clone();
        let forged = once(move || forgeable.map(|id| forge(&opened, id)));
        Self { content: disk.content(), keys, forged, under, memory: Memory::None }
    }

    /// The same with the key of its digests: no key is cold.
    #[must_use]
    pub fn with_digests(self) -> Self {
        Self { memory: Memory::Kept, ..self }
    }

    /// The same with another key for digests: all keys are cold, and what is proven is written down.
    ///
    /// # Panics
    /// There is no randomness.
    #[must_use]
    pub fn with_foreign_digests(self) -> Self {
        let under = DigestKey::random().expect("there is randomness");
        Self { memory: Memory::Another, under, ..self }
    }

    /// Starts a service on a copy of it.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(&self) -> World {
        self.start_on(Disk::of(self.content.clone()))
    }

    /// Starts another service on what is on the disk of one that may go on, as after a kill.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start_after(&self, disk: &Disk) -> World {
        self.start_on(Disk::of(disk.content()))
    }

    fn start_on(&self, disk: Disk) -> World {
        let service = match self.memory {
            Memory::None => start(&disk),
            Memory::Kept | Memory::Another => start_keeping(&disk, &self.under),
        };
        let caller = |secret: &str| Caller {
            service: Arc::clone(&service),
            uid: OPERATOR.uid,
            secret: Secret::new(secret),
        };
        let callers = self.keys.iter().map(|(id, secret)| (*id, caller(secret))).collect();
        let forger = self.forged.as_deref().map(caller);
        World { service, callers, forger, disk }
    }
}

/// Runs something in one schedule, no matter which, to the end of all its threads.
fn once<T: Send + 'static>(run: impl Fn() -> T + Send + Sync + 'static) -> T {
    let (tell, told) = sync_channel(1);
    let runner = Runner::new(RoundRobinScheduler::new(1), config());
    runner.run(move || tell.send(run()).expect("somebody waits for it"));
    told.recv().expect("one schedule was run")
}

/// A secret of a key's first generation, with the right tag and a body of its own.
fn forge(disk: &Disk, id: KeyId) -> String {
    let store = disk.open().expect("the store opens");
    let tags = store.read(Rows::tag_key).expect("the store reads");
    let minted = Minted::random(&KeyPrefix::default(), Some(id)).expect("there is randomness");
    minted.secret(&tags, 1).expose().to_owned()
}

fn start(disk: &Disk) -> Arc<Service> {
    let store = disk.open().expect("the store opens");
    Service::start(store, clock(), KeyPrefix::default(), cost()).expect("the service starts")
}

fn start_keeping(disk: &Disk, under: &DigestKey) -> Arc<Service> {
    let store = disk.open().expect("the store opens");
    Service::start_keeping(store, clock(), KeyPrefix::default(), cost(), under.clone())
        .expect("the service starts")
}

fn clock() -> Clock {
    Clock::new(|| 1_000)
}

fn cost() -> HashingCost {
    HashingCost::new(8, 1, 1).expect("the cheapest there is")
}

async fn fill(service: Arc<Service>, keys: usize) -> Vec<(KeyId, String)> {
    for id in ACCOUNTS {
        let account = ConnectAccount {
            name: name(id),
            institution: None,
            mask: None,
            kind: None,
            id: AccountId::parse(id),
        };
        service.connect_account(OPERATOR, account).await.expect("the account is new");
    }
    let mut made = Vec::new();
    for number in 0..keys {
        let key = service
            .create_key(OPERATOR, name(&format!("key {number}")), only(&ACCOUNTS), None)
            .await
            .expect("the key is new");
        made.push((key.key.id, key.secret.expose().to_owned()));
    }
    made
}
