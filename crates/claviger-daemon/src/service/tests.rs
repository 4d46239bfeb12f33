//! Owns the specification of the use cases, with a clock of its own and cheap hashing. Must not open a socket.

mod clock;
mod crowd;
mod failing_disk;
mod failing_journal;
mod failing_once;
mod histories;
mod kept_digests;
mod power_cut;
mod restoration;
mod snapshot;
mod usage;

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

#[tokio::test]
async fn changes_are_taken_until_the_writer_has_ended() {
    let world = World::new();
    assert!(world.service.takes_changes());
    world.connect("a").await;
    world.service.finish().await;
    assert!(!world.service.takes_changes());
}

#[tokio::test]
async fn out_of_scope_absent_and_impossible_accounts_are_one_refusal() {
    let world = World::new();
    world.connect("mine").await;
    world.connect("other").await;
    let key = world.create("CI", only(&["mine"])).await;
    assert_eq!(world.verify(&key.secret, Some("mine")).await, Ok(only(&["mine"])));
    for account in ["other", "absent", "", "no such id", "MINE"] {
        assert_eq!(world.verify(&key.secret, Some(account)).await, Err(Refusal::NoSuchAccount), "{account}");
    }
}

#[tokio::test]
async fn a_key_with_all_accounts_sees_those_connected_later_and_no_absent_one() {
    let world = World::new();
    let key = world.create("All", Scope::All).await;
    assert_eq!(world.verify(&key.secret, Some("later")).await, Err(Refusal::NoSuchAccount));
    world.connect("later").await;
    assert_eq!(world.verify(&key.secret, Some("later")).await, Ok(Scope::All));
}

#[tokio::test]
async fn wrong_unknown_rotated_deleted_and_malformed_secrets_are_one_refusal() {
    let (world, foreign) = (World::new(), World::new());
    let old = world.create("CI", Scope::All).await;
    let new = world.rotate(old.key.id).await;
    let gone = world.create("Gone", Scope::All).await;
    world.service.delete_key(OPERATOR, gone.key.id, None).await.unwrap();
    let elsewhere = foreign.create("CI", Scope::All).await;
    let right = new.secret.expose();
    let mut wrong_body = right.to_owned().into_bytes();
    wrong_body[20] ^= 1;
    for text in [
        old.secret.expose(),
        gone.secret.expose(),
        elsewhere.secret.expose(),
        std::str::from_utf8(&wrong_body).unwrap(),
        &right.replace("clv_", "abc_"),
        &format!("{right} "),
        &right.to_uppercase(),
        "",
    ] {
        assert_eq!(world.verify(&Secret::new(text), None).await, Err(Refusal::Unauthorized), "{text}");
    }
    assert_eq!(world.verify(&new.secret, None).await, Ok(Scope::All));
}

#[tokio::test]
async fn storage_mode_is_looked_at_after_the_secret_and_before_the_account() {
    let world = World::new();
    assert!(!world.service.settings().unwrap().storage_mode);
    let key = world.create("CI", Scope::All).await;
    assert!(world.service.settings().unwrap().storage_mode);
    world.service.set_storage_mode(OPERATOR, StorageMode::Off).await.unwrap();
    assert_eq!(world.verify(&key.secret, Some("absent")).await, Err(Refusal::StorageModeOff));
    assert_eq!(world.verify(&Secret::new("wrong"), None).await, Err(Refusal::Unauthorized));
    world.create("Another", Scope::All).await;
    assert_eq!(world.verify(&key.secret, None).await, Ok(Scope::All));
}

#[tokio::test]
async fn losing_the_last_account_leaves_nothing_and_reconnecting_gives_nothing_back() {
    let directory = tempfile::tempdir().unwrap();
    let secret = {
        let world = World::on_disk(directory.path());
        world.connect("only").await;
        let key = world.create("CI", only(&["only"])).await;
        let id = AccountId::parse("only").unwrap();
        let gone = world.service.disconnect_account(OPERATOR, id).await.unwrap();
        assert_eq!(gone.keys, [key.key.id]);
        world.connect("only").await;
        let now = world.service.key(&key.key.id).unwrap();
        assert_eq!((now.scope, now.version), (only(&[]), 2));
        assert_eq!(world.verify(&key.secret, Some("only")).await, Err(Refusal::NoSuchAccount));
        world.service.finish().await;
        key.secret
    };
    let restarted = World::on_disk(directory.path());
    assert_eq!(restarted.verify(&secret, Some("only")).await, Err(Refusal::NoSuchAccount));
    assert_eq!(restarted.verify(&secret, None).await, Ok(only(&[])));
}

#[tokio::test]
async fn a_scope_can_only_name_connected_accounts() {
    let world = World::new();
    let key = world.create("CI", Scope::All).await;
    let edited = world.service.set_key_scope(OPERATOR, key.key.id, only(&["absent"]), None).await;
    assert_eq!(edited, Err(Error::ScopeNamesNoAccount));
    let created = world.service.create_key(OPERATOR, name("New"), only(&["absent"]), None).await;
    assert_eq!(created.err(), Some(Error::ScopeNamesNoAccount));
}

#[tokio::test]
async fn names_are_taken_ignoring_case_until_they_are_given_up() {
    let world = World::new();
    let key = world.create("Straße", Scope::All).await;
    let again = world.service.create_key(OPERATOR, name("STRASSE"), Scope::All, None).await;
    assert_eq!(again.err(), Some(Error::NameTaken));
    let other = world.create("Other", Scope::All).await;
    let taken = world.service.rename_key(OPERATOR, other.key.id, name("straße"), None).await;
    assert_eq!(taken, Err(Error::NameTaken));
    let recased = world.service.rename_key(OPERATOR, key.key.id, name("STRASSE"), None).await.unwrap();
    assert_eq!((recased.name.as_str(), recased.version), ("STRASSE", 2));
    world.service.delete_key(OPERATOR, key.key.id, None).await.unwrap();
    world.create("straße", Scope::All).await;
}

#[tokio::test]
async fn the_old_name_of_a_renamed_key_is_free() {
    let world = World::new();
    let key = world.create("Old", Scope::All).await.key;
    world.service.rename_key(OPERATOR, key.id, name("New"), None).await.unwrap();
    world.create("Old", Scope::All).await;
    let names = world.service.list_keys(None, Limit::default()).unwrap().keys;
    assert_eq!(names.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["New", "Old"]);
}

#[tokio::test]
async fn of_two_that_create_one_name_at_once_one_is_refused() {
    let world = World::new();
    let create = || world.service.create_key(OPERATOR, name("CI"), Scope::All, None);
    let (one, other) = tokio::join!(create(), create());
    assert_eq!([one.err(), other.err()].iter().flatten().collect::<Vec<_>>(), [&Error::NameTaken]);
}

#[tokio::test]
async fn a_forged_secret_is_refused_without_waiting_for_a_hash() {
    let world = World::new();
    let key = world.create("CI", Scope::All).await;
    let mut forged = key.secret.expose().to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'a' { 'b' } else { 'a' });
    let forged = Secret::new(forged);
    let mut verdict = pin!(world.service.verify(OPERATOR, &forged, None));
    let at_once = verdict.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(at_once, Poll::Ready(Ok(Verdict::Refused(Refusal::Unauthorized)))));
}

#[tokio::test]
async fn an_edit_that_expects_another_version_changes_nothing() {
    let world = World::new();
    let key = world.create("CI", Scope::All).await.key;
    let revision = world.service.settings().unwrap().revision;
    let stale = Some(key.version + 1);
    assert_eq!(
        world.service.rename_key(OPERATOR, key.id, name("X"), stale).await,
        Err(Error::VersionConflict)
    );
    assert_eq!(world.service.delete_key(OPERATOR, key.id, stale).await, Err(Error::VersionConflict));
    let rotated = world.service.rotate_key(OPERATOR, key.id, stale, None).await;
    assert_eq!(rotated.err(), Some(Error::VersionConflict));
    assert_eq!(world.service.key(&key.id).unwrap(), key);
    assert_eq!(world.service.settings().unwrap().revision, revision);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_makes_no_revision() {
    let world = World::new();
    let key = world.create("CI", Scope::All).await.key;
    let revision = world.service.settings().unwrap().revision;
    assert_eq!(world.service.rename_key(OPERATOR, key.id, name("CI"), None).await.unwrap(), key);
    assert_eq!(world.service.set_key_scope(OPERATOR, key.id, Scope::All, None).await.unwrap(), key);
    world.service.set_storage_mode(OPERATOR, StorageMode::On).await.unwrap();
    assert_eq!(world.service.settings().unwrap().revision, revision);
}

#[tokio::test]
async fn a_rotated_key_keeps_id_name_and_scope_and_tells_when_its_old_secret_is_seen() {
    let world = World::new();
    world.connect("a").await;
    let old = world.create("CI", only(&["a"])).await;
    world.time.store(5_000, Ordering::Relaxed);
    let new = world.rotate(old.key.id).await;
    assert_eq!((new.key.id, &new.key.name, &new.key.scope), (old.key.id, &old.key.name, &old.key.scope));
    assert_eq!(new.key.rotated_at.map(claviger_api::Timestamp::as_millis), Some(5_000));
    assert_eq!(new.key.version, 2);
    world.time.store(6_000, Ordering::Relaxed);
    assert_eq!(world.verify(&old.secret, None).await, Err(Refusal::Unauthorized));
    let seen = world.service.key(&old.key.id).unwrap().retired_secret_seen_at;
    assert_eq!(seen.map(claviger_api::Timestamp::as_millis), Some(6_000));
}

#[tokio::test]
async fn the_same_request_id_gives_the_same_secret_to_the_same_uid_only() {
    let world = World::new();
    let ask = async |author: Author, text: &str| {
        world.service.create_key(author, name(text), Scope::All, RequestId::parse("r")).await
    };
    let first = ask(OPERATOR, "CI").await.unwrap();
    let again = ask(OPERATOR, "CI").await.unwrap();
    assert_eq!((again.key.id, again.secret), (first.key.id, first.secret));
    let stranger = Author { uid: 1001, pid: None };
    assert_eq!(ask(stranger, "CI").await.err(), Some(Error::NameTaken));
    world.service.acknowledge(OPERATOR, &RequestId::parse("r").unwrap());
    assert_eq!(ask(OPERATOR, "CI").await.err(), Some(Error::NameTaken));
}

#[tokio::test]
async fn a_cold_key_is_hashed_once_however_many_ask() {
    let directory = tempfile::tempdir().unwrap();
    let secret = {
        let world = World::on_disk(directory.path());
        let made = world.create("CI", Scope::All).await;
        world.service.finish().await;
        made.secret
    };
    let world = World::on_disk(directory.path());
    // More than the queue holds: were each a hash of its own, some would be told that it is busy.
    let asked = (0..super::WAITING_JOBS * 4).map(|_| {
        let (service, secret) = (Arc::clone(&world.service), secret.clone());
        tokio::spawn(async move { service.verify(OPERATOR, &secret, None).await })
    });
    for verdict in asked.collect::<Vec<_>>() {
        assert!(matches!(verdict.await.unwrap(), Ok(Verdict::Granted(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_begins_after_the_reply_is_granted_by_an_old_secret() {
    let world = Arc::new(World::new());
    let mut current = world.create("CI", Scope::All).await;
    for _ in 0..200 {
        let old = current.secret.clone();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let (world, old) = (Arc::clone(&world), old.clone());
                tokio::spawn(async move { while world.verify(&old, None).await.is_ok() {} })
            })
            .collect();
        current = world.rotate(current.key.id).await;
        assert_eq!(world.verify(&old, None).await, Err(Refusal::Unauthorized));
        assert_eq!(world.verify(&current.secret, None).await, Ok(Scope::All));
        for other in others {
            other.await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_change_has_one_revision_one_entry_and_one_event_in_the_same_order() {
    let world = World::new();
    let mut events = world.service.listen();
    world.connect("a").await;
    let key = world.create("CI", only(&["a"])).await.key;
    let (one, two) = tokio::join!(
        world.service.rename_key(OPERATOR, key.id, name("CI 2"), None),
        world.service.set_key_scope(OPERATOR, key.id, Scope::All, None),
    );
    assert!(one.is_ok() && two.is_ok());
    world.rotate(key.id).await;
    world.service.set_storage_mode(OPERATOR, StorageMode::Off).await.unwrap();
    world.service.disconnect_account(OPERATOR, AccountId::parse("a").unwrap()).await.unwrap();
    world.service.delete_key(OPERATOR, key.id, None).await.unwrap();

    let entries = world.service.list_activity(None, None, Limit::default()).unwrap().entries;
    let actions: Vec<Action> = entries.iter().rev().map(|entry| entry.action).collect();
    assert_eq!(
        actions,
        [
            Action::AccountConnected,
            Action::KeyCreated,
            Action::KeyRenamed,
            Action::KeyScopeChanged,
            Action::KeyRotated,
            Action::StorageModeChanged,
            Action::AccountDisconnected,
            Action::KeyDeleted
        ]
    );
    assert!(entries.iter().all(|entry| (entry.uid, entry.pid) == (1000, Some(7))));
    for expected in 1..=8 {
        match &*events.recv().await.unwrap() {
            Event::Changed { revision, .. } => assert_eq!(*revision, expected),
            other => panic!("{other:?}"),
        }
    }
    let of_key = world.service.list_activity(Some(&key.id), None, Limit::default()).unwrap().entries;
    assert_eq!(of_key.len(), 5);
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_while_keys_come_and_go() {
    let world = World::new();
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(world.create(&format!("key {n:02}"), Scope::All).await.key.id);
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let page = world.service.list_keys(cursor.as_ref(), Limit::new(7).unwrap()).unwrap();
        seen.extend(page.keys.iter().map(|key| key.name.clone()));
        let last = page.keys.last().unwrap();
        // What was just listed goes, and something new comes before it.
        world.service.delete_key(OPERATOR, last.id, None).await.unwrap();
        world.create(&format!("a {}", seen.len()), Scope::All).await;
        match page.next_cursor {
            Some(next) => cursor = Cursor::decode(&next),
            None => break,
        }
    }
    let expected: Vec<String> = (0..30).map(|n| format!("key {n:02}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_cursor_belongs_to_one_listing() {
    let world = World::new();
    for id in ["a", "b"] {
        world.connect(id).await;
        world.create(id, Scope::All).await;
    }
    let one = Limit::new(1).unwrap();
    let keys = Cursor::decode(&world.service.list_keys(None, one).unwrap().next_cursor.unwrap()).unwrap();
    let accounts =
        Cursor::decode(&world.service.list_accounts(None, one).unwrap().next_cursor.unwrap()).unwrap();
    assert_eq!(world.service.list_keys(Some(&accounts), one).err(), Some(Error::WrongCursor));
    assert_eq!(world.service.list_accounts(Some(&keys), one).err(), Some(Error::WrongCursor));
    assert_eq!(world.service.list_activity(None, Some(&keys), one).err(), Some(Error::WrongCursor));
}

#[tokio::test]
async fn a_snapshot_and_the_changes_after_it_are_the_whole_state() {
    let world = World::new();
    world.connect("a").await;
    world.create("One", Scope::All).await;
    let mut changes = world.service.listen();
    let mut snapshot = world.service.snapshot();
    let Some(Event::Snapshot { revision, accounts, keys, more: false, .. }) = snapshot.next_part().unwrap()
    else {
        panic!("not in one part")
    };
    assert_eq!(snapshot.next_part().unwrap(), None);
    assert_eq!((accounts.len(), keys.len()), (1, 1));
    world.create("Two", Scope::All).await;
    match &*changes.recv().await.unwrap() {
        Event::Changed { revision: next, keys, .. } => {
            assert_eq!((*next, keys[0].name.as_str()), (revision + 1, "Two"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn notes_of_use_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let id = {
        let world = World::on_disk(directory.path());
        let key = world.create("CI", Scope::All).await;
        world.time.store(9_000, Ordering::Relaxed);
        world.verify(&key.secret, None).await.unwrap();
        world.service.finish().await;
        key.key.id
    };
    let world = World::on_disk(directory.path());
    let used = world.service.key(&id).unwrap().last_used_at;
    assert_eq!(used.map(claviger_api::Timestamp::as_millis), Some(9_000));
}

#[tokio::test]
async fn time_never_runs_behind_what_is_stored() {
    let directory = tempfile::tempdir().unwrap();
    {
        let world = World::on_disk(directory.path());
        let key = world.create("Used", Scope::All).await;
        world.time.store(1_000_000, Ordering::Relaxed);
        world.verify(&key.secret, None).await.unwrap();
        world.service.finish().await;
    }
    let world = World::on_disk(directory.path());
    let key = world.create("Now", Scope::All).await.key;
    assert_eq!(key.created_at.as_millis(), 1_000_000);
}

#[tokio::test]
async fn visible_accounts_are_those_of_the_scope_by_name() {
    let world = World::new();
    for id in ["c", "b", "a"] {
        world.connect(id).await;
    }
    let (all, some) = (world.create("All", Scope::All).await, world.create("Some", only(&["c", "a"])).await);
    let list = async |secret: &Secret| match world.service.visible_accounts(OPERATOR, secret).await.unwrap() {
        Verdict::Granted(visible) => {
            visible.accounts.into_iter().map(|account| account.name).collect::<Vec<_>>()
        }
        Verdict::Refused(refusal) => panic!("{refusal:?}"),
    };
    assert_eq!(list(&all.secret).await, ["a", "b", "c"]);
    assert_eq!(list(&some.secret).await, ["a", "c"]);
}

#[tokio::test]
async fn ids_are_made_anew_each_time() {
    let world = World::new();
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        let key = world.create("Same", Scope::All).await.key;
        world.service.delete_key(OPERATOR, key.id, None).await.unwrap();
        ids.insert(key.id);
    }
    assert_eq!(ids.len(), 20);
}
