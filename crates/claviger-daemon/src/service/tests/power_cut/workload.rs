//! Owns the changes during which the power is cut. Must not know how.

use std::collections::BTreeMap;
use std::fmt::Write;

use claviger_api::{KeyId, Scope};

use super::super::{OPERATOR, World, name, only};

use crate::service::settings::StorageMode;
use crate::store::disks::open_beside_journal;
use crate::store::disks::recording::{Chance, Disk, Event, Files, Honesty};
use crate::store::{Rows, Store, StoreError};

/// Accounts that a key may be restricted to.
const ACCOUNTS: [&str; 4] = ["a", "b", "c", "d"];

/// A store's life: what happened to its disk, from the moment that it was made, and what it held.
pub(super) struct Life {
    /// The disk when the store was made.
    pub(super) made: Files,
    pub(super) events: Vec<(usize, Event)>,
    /// All that it held at those revisions that were the newest for a while.
    pub(super) held: BTreeMap<u64, String>,
    /// The newest revision.
    pub(super) newest: u64,
}

/// Everything that a store holds but notes of use, which are no change.
pub(super) fn dump(store: &Store) -> Result<String, StoreError> {
    store.read(|rows| {
        let state = rows.state()?;
        let mut text = format!("revision {}, Storage Mode {}\n", state.revision, state.storage_mode);
        for (_, id) in rows.keys_after(None, usize::MAX)? {
            let _ = writeln!(text, "{:?}", rows.key(&id)?);
        }
        for (_, account) in rows.accounts_after(None, usize::MAX)? {
            let _ = writeln!(text, "{account:?}");
        }
        for entry in rows.entries_before(None, usize::MAX)? {
            let _ = writeln!(text, "{entry:?}");
        }
        Ok(text)
    })
}

/// Lives a store's life: this many steps, each of one change or of three at once.
pub(super) async fn live(steps: usize, honesty: Honesty, chance: &mut Chance) -> Life {
    let disks = Disk::of(Files::default(), honesty);
    let store = open_beside_journal(&disks).unwrap();
    let [disk, _] = disks;
    disk.take_events();
    let made = disk.files();
    let mut life = Life { made, events: Vec::new(), held: BTreeMap::new(), newest: 0 };
    let world = World::of(store, 1_000);
    for account in ACCOUNTS {
        world.connect(account).await;
        note(&world, &disk, &mut life);
    }
    let mut keys: Vec<KeyId> = Vec::new();
    for step in 0..steps {
        world.time.fetch_add(10, std::sync::atomic::Ordering::Relaxed);
        if keys.len() < 2 || chance.below(4) == 0 {
            let (one, other) = (format!("key {step}"), format!("kéy {step}"));
            let made = tokio::join!(world.create(&one, some_scope(chance)), world.create(&other, Scope::All));
            keys.extend([made.0.key.id, made.1.key.id]);
        } else {
            change(&world, &mut keys, step, chance).await;
        }
        note(&world, &disk, &mut life);
    }
    world.service.finish().await;
    life.events = disk.take_events();
    life
}

fn note(world: &World, disk: &Disk, life: &mut Life) {
    life.newest = world.service.settings().unwrap().revision;
    life.held.insert(life.newest, dump(&world.service.store).unwrap());
    disk.answered(life.newest);
}

fn some_scope(chance: &mut Chance) -> Scope {
    match chance.below(5) {
        0 => Scope::All,
        some => only(&ACCOUNTS[..some]),
    }
}

async fn change(world: &World, keys: &mut Vec<KeyId>, step: usize, chance: &mut Chance) {
    let service = &world.service;
    let at = chance.below(keys.len());
    let (id, other) = (keys[at], keys[(at + 1) % keys.len()]);
    match chance.below(7) {
        0 => {
            let renamed = service.rename_key(OPERATOR, id, name(&format!("renamed {step}")), None).await;
            renamed.unwrap();
        }
        1 => {
            service.set_key_scope(OPERATOR, id, some_scope(chance), None).await.unwrap();
        }
        2 => {
            world.rotate(id).await;
        }
        3 => {
            service.delete_key(OPERATOR, id, None).await.unwrap();
            keys.remove(at);
        }
        4 => {
            let account = claviger_api::AccountId::parse(ACCOUNTS[chance.below(4)]).unwrap();
            service.disconnect_account(OPERATOR, account.clone()).await.unwrap();
            world.connect(account.as_str()).await;
        }
        5 => {
            let (off, on) = tokio::join!(
                service.set_storage_mode(OPERATOR, StorageMode::Off),
                service.set_storage_mode(OPERATOR, StorageMode::On),
            );
            off.and(on).unwrap();
        }
        _ => {
            let (renamed, rotated, scoped) = tokio::join!(
                service.rename_key(OPERATOR, id, name(&format!("together {step}")), None),
                service.rotate_key(OPERATOR, other, None, None),
                service.set_key_scope(OPERATOR, id, some_scope(chance), None),
            );
            renamed.and(rotated.map(drop)).and(scoped.map(drop)).unwrap();
        }
    }
}
