//! Owns the specification of what one failed call to the disk may do, whichever it is: no success is false, nothing is
//! half done, and what follows works. Must not break a disk for longer than that.

use std::time::{Duration, Instant};

use claviger_api::Key;
use rustix::io::Errno;

use super::*;
use crate::store::check;
use crate::store::disks::failing::Disk;
use crate::store::disks::{open_on, open_with_cache};

/// What the answers say must be on the disk.
#[derive(Debug, Default)]
struct Told {
    /// The revisions that the store may have.
    least: u64,
    most: u64,
    /// Each key as it was last answered; `None` where it was deleted.
    keys: Vec<(KeyId, Option<Key>)>,
    /// The keys that an answer left in doubt.
    doubtful: BTreeSet<KeyId>,
    /// How many calls were refused because of the disk.
    refused: usize,
}

impl Told {
    /// Takes one answer in. A change that was answered with an error is not there, but for the one error that says so.
    fn hear<T>(&mut self, answer: Result<T, Error>, about: Option<KeyId>) -> Option<T> {
        match answer {
            Ok(done) => {
                self.least += 1;
                self.most += 1;
                return Some(done);
            }
            Err(Error::OutcomeUnknown) => {
                self.most += 1;
                self.doubtful.extend(about);
            }
            Err(Error::Fault(_) | Error::StorageFull) => {}
            Err(other) => panic!("no disk makes this true: {other}"),
        }
        self.refused += 1;
        None
    }

    fn key(&mut self, id: KeyId, state: Option<Key>) {
        self.keys.retain(|(known, _)| *known != id);
        self.keys.push((id, state));
    }

    fn hear_key(&mut self, answer: Result<Key, Error>, id: KeyId) {
        if let Some(key) = self.hear(answer, Some(id)) {
            self.key(id, Some(key));
        }
    }
}

fn connect(id: &str) -> ConnectAccount {
    let (institution, mask, kind) = (None, None, None);
    ConnectAccount { name: name(id), institution, mask, kind, id: AccountId::parse(id) }
}

/// A store with two accounts and three keys, and the disk that it is on.
async fn made() -> (World, Disk, Vec<KeyWithSecret>) {
    let disk = Disk::new();
    let world = World::of(open_on(&disk).unwrap(), 1_000);
    world.connect("a").await;
    world.connect("b").await;
    let mut keys = Vec::new();
    for text in ["one", "two", "three"] {
        keys.push(world.create(text, only(&["a", "b"])).await);
    }
    (world, disk, keys)
}

/// The sequence: each kind of change once, three of them in one commit, with verifications between.
async fn act(world: &World, keys: &[KeyWithSecret]) -> Told {
    let service = &world.service;
    let [one, two, three] = keys else { panic!("three keys") };
    let mut told = Told { least: 5, most: 5, ..Told::default() };
    for key in keys {
        told.key(key.key.id, Some(key.key.clone()));
    }
    let id = one.key.id;
    told.hear(service.connect_account(OPERATOR, connect("c")).await, None);
    if let Some(made) = told.hear(service.create_key(OPERATOR, name("four"), Scope::All, None).await, None) {
        told.key(made.key.id, Some(made.key));
    }
    told.hear_key(service.rename_key(OPERATOR, id, name("renamed"), None).await, id);
    look(world, &one.secret).await;
    told.hear_key(service.set_key_scope(OPERATOR, id, only(&["a"]), None).await, id);
    if let Some(made) = told.hear(service.rotate_key(OPERATOR, id, None, None).await, Some(id)) {
        told.key(id, Some(made.key));
        assert_ne!(look(world, &one.secret).await, Some(true), "the old secret lives");
    }
    let (renamed, scoped, off) = tokio::join!(
        service.rename_key(OPERATOR, two.key.id, name("together"), None),
        service.set_key_scope(OPERATOR, three.key.id, only(&["b"]), None),
        service.set_storage_mode(OPERATOR, StorageMode::Off),
    );
    told.hear_key(renamed, two.key.id);
    told.hear_key(scoped, three.key.id);
    // Turning on what is on is no change.
    if told.hear(off, None).is_some() {
        told.hear(service.set_storage_mode(OPERATOR, StorageMode::On).await, None);
    }
    look(world, &three.secret).await;
    if told.hear(service.delete_key(OPERATOR, two.key.id, None).await, Some(two.key.id)).is_some() {
        told.key(two.key.id, None);
        assert_ne!(look(world, &two.secret).await, Some(true), "the deleted secret lives");
    }
    told
}

/// Whether a secret is granted; `None` where the disk, or Storage Mode, keeps that from being told.
async fn look(world: &World, secret: &Secret) -> Option<bool> {
    match world.service.verify(OPERATOR, secret, None).await {
        Ok(Verdict::Granted(_)) => Some(true),
        Ok(Verdict::Refused(Refusal::StorageModeOff)) | Err(Error::Fault(_)) => None,
        Ok(Verdict::Refused(_)) => Some(false),
        Err(other) => panic!("no disk makes this true: {other}"),
    }
}

/// Holds what is on the disk to what was told.
fn hold(told: &Told, world: &World, what: &str) {
    world.service.store.read(check).unwrap_or_else(|error| panic!("{what}: {error}"));
    let revision = world.service.settings().unwrap().revision;
    assert!((told.least..=told.most).contains(&revision), "{what}: revision {revision}, {told:?}");
    for (id, state) in told.keys.iter().filter(|(id, _)| !told.doubtful.contains(id)) {
        assert_eq!(world.service.key(id).ok().map(unused), state.clone().map(unused), "{what}");
    }
}

/// A key without its notes of use, which are no change and may be lost.
fn unused(key: Key) -> Key {
    Key { last_used_at: None, retired_secret_seen_at: None, ..key }
}

/// Tries until a key is granted again: the store is looked at once a second.
async fn recovered(world: &World, secret: &Secret, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while look(world, secret).await.is_none() {
        assert!(Instant::now() < deadline, "{what}: verifying never works again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Fails one call, and gives how many calls were refused; `None` where the sequence has fewer calls than that.
async fn fail(call: usize, how: Errno) -> Option<usize> {
    let what = format!("call {call} fails with {how}");
    let (world, disk, keys) = made().await;
    disk.fail_once_after(call, how);
    let told = act(&world, &keys).await;
    let has_failed = disk.has_failed();
    // Nothing but verifying has to bring it back.
    if world.service.settings().is_ok_and(|settings| settings.storage_mode) {
        recovered(&world, &keys[2].secret, &what).await;
    }
    world.service.finish().await;
    drop(world);
    let again = World::of(open_on(&disk).unwrap(), 2_000);
    hold(&told, &again, &what);
    again.create("after", Scope::All).await;
    again.service.finish().await;
    has_failed.then_some(told.refused)
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_call_to_the_disk_fails_once_no_success_is_false() {
    for how in [Errno::IO, Errno::NOSPC] {
        let (mut calls, mut refused) = (0, 0);
        while let Some(refusals) = fail(calls, how).await {
            calls += 1;
            refused += refusals;
        }
        assert!(calls > 50 && refused > 10, "{calls} calls, of which {refused} were refused: too few");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_once_is_forgotten_by_verifying_alone() {
    let (made, disk, keys) = made().await;
    // What is in the root of its tree is kept with the snapshot, and read no more.
    for n in 0..50 {
        made.create(&format!("one of many {n}"), Scope::All).await;
    }
    made.service.finish().await;
    drop(made);
    let mut refused = 0;
    for call in 0.. {
        let world = World::of(open_with_cache(&disk, 0).unwrap(), 2_000);
        disk.fail_once_after(call, Errno::IO);
        // The first is cold and asks twice, the second warm.
        for _ in 0..2 {
            refused += usize::from(look(&world, &keys[0].secret).await.is_none());
        }
        let has_failed = disk.has_failed();
        recovered(&world, &keys[0].secret, &format!("call {call} fails")).await;
        assert_eq!(look(&world, &keys[0].secret).await, Some(true));
        world.service.finish().await;
        if !has_failed {
            break;
        }
    }
    assert!(refused > 1, "only {refused} were refused: the store reads nothing from the disk");
}
