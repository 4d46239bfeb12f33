//! Owns the specification of what an operator's change does to keys, and when it is refused. Must not test the rules by
//! themselves: those are the domain's.

use super::*;

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
