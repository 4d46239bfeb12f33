//! Owns the specification of what a store may be that takes the place of a newer one, or comes from elsewhere: nothing that
//! died lives in it. Must not copy a store that is running.

use std::fs;
use std::path::PathBuf;

use super::super::{Occasion, restore};
use super::*;
use crate::store::{JOURNAL_NAME, check};

/// A data directory, with copies of its store.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Starts as the daemon does.
    fn start(&self) -> World {
        let store = Store::open(&self.file(FILE_NAME)).unwrap();
        let heritage = store.heritage().unwrap();
        restore(&store, &heritage, Occasion::Start, OPERATOR, Timestamp::from_millis(2_000)).unwrap();
        store.follow().unwrap();
        store.read(check).unwrap();
        World::of(store, 2_000)
    }

    async fn stop(&self, world: World) {
        world.service.finish().await;
        drop(world);
    }

    /// Puts a copy of the closed store aside.
    fn keep(&self, name: &str) {
        fs::copy(self.file(FILE_NAME), self.file(name)).unwrap();
    }

    /// Puts a copy in the store's place.
    fn put_back(&self, name: &str) {
        fs::copy(self.file(name), self.file(FILE_NAME)).unwrap();
    }

    fn lose_journal(&self) {
        fs::remove_file(self.file(JOURNAL_NAME)).unwrap();
    }
}

/// The newest entry of the audit trail, if it tells of a restore.
fn told(world: &World) -> Option<String> {
    let newest = world.service.list_activity(None, None, Limit::new(1).unwrap()).unwrap().entries;
    let restored = newest.into_iter().find(|entry| entry.action == Action::StoreRestored);
    restored.and_then(|entry| entry.detail)
}

fn revision(world: &World) -> u64 {
    world.service.settings().unwrap().revision
}

#[tokio::test]
async fn an_older_store_in_the_place_of_a_newer_one_revives_nothing() {
    let place = Place::new();
    let world = place.start();
    for account in ["a", "b", "c"] {
        world.connect(account).await;
    }
    let deleted = world.create("deleted", Scope::All).await;
    let rotated = world.create("rotated", Scope::All).await;
    let narrowed = world.create("narrowed", Scope::All).await;
    let lost = world.create("lost an account", only(&["a", "c"])).await;
    let kept = world.create("kept", only(&["a", "b"])).await;
    place.stop(world).await;
    place.keep("old");

    let world = place.start();
    let service = &world.service;
    service.delete_key(OPERATOR, deleted.key.id, None).await.unwrap();
    let newer = world.rotate(rotated.key.id).await;
    service.set_key_scope(OPERATOR, narrowed.key.id, only(&["b"]), None).await.unwrap();
    service.set_key_scope(OPERATOR, narrowed.key.id, Scope::All, None).await.unwrap();
    service.disconnect_account(OPERATOR, AccountId::parse("c").unwrap()).await.unwrap();
    let before = revision(&world);
    place.stop(world).await;
    place.put_back("old");

    let world = place.start();
    assert_eq!(
        told(&world).unwrap(),
        "1 key deleted, 1 key needs rotation, 2 scopes narrowed, 1 account disconnected"
    );
    assert!(revision(&world) > before, "a verdict of then must not outlive this");
    for secret in [&deleted.secret, &rotated.secret, &newer.secret] {
        assert_eq!(world.verify(secret, None).await, Err(Refusal::Unauthorized));
    }
    assert_eq!(world.verify(&narrowed.secret, Some("b")).await, Ok(only(&["b"])));
    assert_eq!(world.verify(&narrowed.secret, Some("a")).await, Err(Refusal::NoSuchAccount));
    assert_eq!(world.verify(&lost.secret, None).await, Ok(only(&["a"])));
    assert_eq!(world.verify(&kept.secret, Some("a")).await, Ok(only(&["a", "b"])));
    assert!(world.service.key(&rotated.key.id).unwrap().needs_rotation);

    let again = world.rotate(rotated.key.id).await;
    assert!(!again.key.needs_rotation);
    assert_eq!(world.verify(&again.secret, None).await, Ok(Scope::All));
    assert_eq!(world.verify(&newer.secret, None).await, Err(Refusal::Unauthorized));
    place.stop(world).await;
    let world = place.start();
    assert_ne!(told(&world).as_deref(), Some("nothing had died since"), "a restart restores nothing");
    assert_eq!(world.verify(&again.secret, None).await, Ok(Scope::All));
}

#[tokio::test]
async fn storage_mode_that_was_turned_off_stays_off() {
    let place = Place::new();
    let world = place.start();
    let key = world.create("CI", Scope::All).await;
    place.stop(world).await;
    place.keep("old");
    let world = place.start();
    world.service.set_storage_mode(OPERATOR, StorageMode::Off).await.unwrap();
    place.stop(world).await;
    place.put_back("old");
    let world = place.start();
    assert_eq!(world.verify(&key.secret, None).await, Err(Refusal::StorageModeOff));
}

#[tokio::test]
async fn a_store_without_its_journal_opens_nothing_until_the_operator_releases_each_key() {
    let place = Place::new();
    let world = place.start();
    let (one, other) = (world.create("one", Scope::All).await, world.create("other", Scope::All).await);
    place.stop(world).await;
    place.lose_journal();

    let world = place.start();
    assert_eq!(told(&world).unwrap(), "2 keys suspended");
    for secret in [&one.secret, &other.secret] {
        assert_eq!(world.verify(secret, None).await, Err(Refusal::Unauthorized));
    }
    let suspended = world.service.key(&one.key.id).unwrap();
    assert_eq!(suspended.suspended_at, Some(Timestamp::from_millis(2_000)));
    let stale = world.service.release_key(OPERATOR, one.key.id, Some(one.key.version)).await;
    assert_eq!(stale, Err(Error::VersionConflict));
    let released = world.service.release_key(OPERATOR, one.key.id, Some(suspended.version)).await.unwrap();
    assert_eq!(released.suspended_at, None);
    assert_eq!(world.verify(&one.secret, None).await, Ok(Scope::All));
    assert_eq!(world.verify(&other.secret, None).await, Err(Refusal::Unauthorized));

    // Another secret is no release: its scope and its being there at all are what nobody vouches for.
    let rotated = world.rotate(other.key.id).await;
    assert_eq!(world.verify(&rotated.secret, None).await, Err(Refusal::Unauthorized));
    place.stop(world).await;
    let world = place.start();
    assert_eq!(world.verify(&one.secret, None).await, Ok(Scope::All), "it is suspended once");
    assert_eq!(world.verify(&rotated.secret, None).await, Err(Refusal::Unauthorized));
    world.service.release_key(OPERATOR, other.key.id, None).await.unwrap();
    assert_eq!(world.verify(&rotated.secret, None).await, Ok(Scope::All));
    assert_eq!(world.verify(&other.secret, None).await, Err(Refusal::Unauthorized));
}

#[tokio::test]
async fn a_journal_does_not_vouch_for_a_store_that_it_never_followed() {
    let (here, there) = (Place::new(), Place::new());
    let world = here.start();
    world.create("of another store", Scope::All).await;
    here.stop(world).await;
    let world = there.start();
    let key = world.create("moved", Scope::All).await;
    there.stop(world).await;
    fs::copy(there.file(FILE_NAME), here.file(FILE_NAME)).unwrap();
    let world = here.start();
    assert_eq!(told(&world).unwrap(), "1 key suspended");
    assert_eq!(world.verify(&key.secret, None).await, Err(Refusal::Unauthorized));
    // Nor does it when the same one comes once more: what died there meanwhile it cannot know.
    world.service.release_key(OPERATOR, key.key.id, None).await.unwrap();
    here.stop(world).await;
    fs::copy(there.file(FILE_NAME), here.file(FILE_NAME)).unwrap();
    let world = here.start();
    assert_eq!(world.verify(&key.secret, None).await, Err(Refusal::Unauthorized));
}

#[tokio::test]
async fn a_journal_does_not_vouch_for_the_line_of_a_store_in_which_there_was_nothing_to_suspend() {
    let place = Place::new();
    let world = place.start();
    place.stop(world).await;
    place.keep("empty");
    let world = place.start();
    let key = world.create("deleted", Scope::All).await;
    place.stop(world).await;
    place.keep("old");
    let world = place.start();
    world.service.delete_key(OPERATOR, key.key.id, None).await.unwrap();
    place.stop(world).await;
    place.lose_journal();
    place.put_back("empty");
    let world = place.start();
    assert_eq!(told(&world), None, "nothing has to change");
    place.stop(world).await;
    place.put_back("old");
    let world = place.start();
    assert_eq!(told(&world).unwrap(), "1 key suspended");
    assert_eq!(world.verify(&key.secret, None).await, Err(Refusal::Unauthorized));
}

#[tokio::test]
async fn what_died_here_is_dead_in_a_store_that_went_its_own_way_since() {
    let (here, there) = (Place::new(), Place::new());
    let world = here.start();
    let (here_deleted, there_deleted) =
        (world.create("here", Scope::All).await, world.create("there", Scope::All).await);
    here.stop(world).await;
    for name in [FILE_NAME, JOURNAL_NAME] {
        fs::copy(here.file(name), there.file(name)).unwrap();
    }
    let world = here.start();
    world.service.delete_key(OPERATOR, here_deleted.key.id, None).await.unwrap();
    here.stop(world).await;
    let world = there.start();
    for text in ["1", "2", "3"] {
        world.create(text, Scope::All).await;
    }
    world.service.delete_key(OPERATOR, there_deleted.key.id, None).await.unwrap();
    there.stop(world).await;
    // It has more revisions than the journal here knows of, and still not what died here.
    fs::copy(there.file(FILE_NAME), here.file(FILE_NAME)).unwrap();
    let world = here.start();
    for secret in [&here_deleted.secret, &there_deleted.secret] {
        assert_eq!(world.verify(secret, None).await, Err(Refusal::Unauthorized));
    }
    // And what died there is known here from now on.
    here.stop(world).await;
    let world = here.start();
    assert_eq!(world.service.list_keys(None, Limit::new(9).unwrap()).unwrap().keys.len(), 3);
}

#[tokio::test]
async fn a_store_of_before_there_were_journals_is_not_suspended_by_the_upgrade() {
    let place = Place::new();
    let world = place.start();
    let key = world.create("CI", Scope::All).await;
    place.stop(world).await;
    place.lose_journal();
    crate::store::make_schema_2(&place.file(FILE_NAME));
    let world = place.start();
    assert_eq!(told(&world), None);
    assert_eq!(world.verify(&key.secret, None).await, Ok(Scope::All));
}

#[tokio::test]
async fn a_new_store_beside_an_old_journal_goes_on_from_its_revisions() {
    let place = Place::new();
    let world = place.start();
    let key = world.create("CI", Scope::All).await;
    world.service.delete_key(OPERATOR, key.key.id, None).await.unwrap();
    let before = revision(&world);
    place.stop(world).await;
    fs::remove_file(place.file(FILE_NAME)).unwrap();
    let world = place.start();
    assert!(revision(&world) > before);
    let key = world.create("CI", Scope::All).await;
    assert_eq!(world.verify(&key.secret, None).await, Ok(Scope::All));
}
