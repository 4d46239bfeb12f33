//! Owns the specification of the one order in which changes are kept and told, from the first to the last that the writer takes.
//! Must not test one change by itself.

use super::*;

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
async fn changes_are_taken_until_the_writer_has_ended() {
    let world = World::new();
    assert!(world.service.takes_changes());
    world.connect("a").await;
    world.service.finish().await;
    assert!(!world.service.takes_changes());
}
