//! Owns the specification of the whole state as it is read in parts. Must not test how it travels.

use claviger_api::{Account, Event, KeyId, Scope, Timestamp};

use super::{OPERATOR, World, name, only};
use crate::domain::{Edit, KeyRecord, sample};
use crate::service::Snapshot;
use crate::store::{FILE_NAME, Store};

fn id(n: usize) -> KeyId {
    KeyId::from_body(&format!("{n:012}")).unwrap()
}

/// A service whose store has accounts `a0000…` and keys `0000…`, each with this scope.
fn world(accounts: usize, keys: usize, scope: &Scope) -> World {
    world_of(Store::memory().unwrap(), accounts, keys, scope)
}

fn world_of(store: Store, accounts: usize, keys: usize, scope: &Scope) -> World {
    store
        .write(|writer| {
            let at = Timestamp::from_millis(1);
            for n in 0..accounts {
                let account = Account { name: format!("{n:05}"), ..sample::account(&format!("a{n:05}")) };
                writer.apply(&Edit::connect(account), OPERATOR, at)?;
            }
            for n in 0..keys {
                let key = KeyRecord { id: id(n), name: format!("{n:05}"), ..sample::key('A', scope.clone()) };
                writer.apply(&Edit::create(key, true), OPERATOR, at)?;
            }
            Ok(())
        })
        .unwrap();
    World::of(store, 1_000)
}

/// The next part: its revision, the names of its keys, how many accounts it has, and whether more follow.
fn next(snapshot: &mut Snapshot) -> Option<(u64, Vec<String>, usize, bool)> {
    match snapshot.next_part().unwrap()? {
        Event::Snapshot { revision, keys, accounts, more, .. } => {
            Some((revision, keys.into_iter().map(|key| key.name).collect(), accounts.len(), more))
        }
        other => panic!("{other:?}"),
    }
}

fn sizes(world: &World) -> Vec<(usize, usize, bool)> {
    let mut snapshot = world.service.snapshot();
    let parts = std::iter::from_fn(|| next(&mut snapshot));
    parts.map(|(_, keys, accounts, more)| (keys.len(), accounts, more)).collect()
}

#[tokio::test]
async fn a_small_snapshot_is_one_part() {
    assert_eq!(sizes(&world(0, 0, &Scope::All)), [(0, 0, false)]);
    assert_eq!(sizes(&world(1, 1, &Scope::All)), [(1, 1, false)]);
    assert_eq!(sizes(&world(0, 1000, &Scope::All)), [(1000, 0, false)]);
}

#[tokio::test]
async fn parts_are_bounded_by_items_and_by_what_their_scopes_name() {
    let many = world(1200, 1500, &Scope::All);
    assert_eq!(sizes(&many), [(0, 1000, true), (800, 200, true), (700, 0, false)]);
    let all: Vec<String> = (0..15_000).map(|n| format!("a{n:05}")).collect();
    let wide = only(&all.iter().map(String::as_str).collect::<Vec<_>>());
    // The accounts themselves fill the first parts.
    assert_eq!(sizes(&world(1, 2, &wide)), [(1, 1, true), (1, 0, false)]);
}

#[tokio::test]
async fn what_changes_meanwhile_is_not_in_the_parts_that_follow() {
    let world = world(0, 1500, &Scope::All);
    let mut snapshot = world.service.snapshot();
    let (revision, first, _, _) = next(&mut snapshot).unwrap();
    let key = world.service.rename_key(OPERATOR, id(1200), name("zzz"), None).await.unwrap();
    assert_eq!(key.name, "zzz");
    let (same, second, _, more) = next(&mut snapshot).unwrap();
    assert_eq!((same, more), (revision, false));
    let names = [first, second].concat();
    assert_eq!(names, (0..1500).map(|n| format!("{n:05}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_that_was_let_go_goes_on_where_nothing_changed() {
    let world = world(0, 1500, &Scope::All);
    let mut snapshot = world.service.snapshot();
    let (revision, first, _, _) = next(&mut snapshot).unwrap();
    snapshot.let_go();
    // Notes of use are no change.
    world.service.save_usage().await.unwrap();
    let (same, second, _, _) = next(&mut snapshot).unwrap();
    assert_eq!((same, first.len(), second.len()), (revision, 1000, 500));
    assert_eq!(next(&mut snapshot), None);
}

#[tokio::test]
async fn one_that_was_let_go_begins_again_where_something_changed() {
    let world = world(0, 1500, &Scope::All);
    let mut snapshot = world.service.snapshot();
    let (revision, _, _, _) = next(&mut snapshot).unwrap();
    snapshot.let_go();
    world.service.rename_key(OPERATOR, id(0), name("zzz"), None).await.unwrap();
    let (newer, first, _, more) = next(&mut snapshot).unwrap();
    assert_eq!((newer, first[0].as_str(), more), (revision + 1, "00001", true));
    let (same, second, _, more) = next(&mut snapshot).unwrap();
    assert_eq!((same, first.len() + second.len(), more), (newer, 1500, false));
}

#[tokio::test]
async fn one_that_is_held_does_not_keep_the_file_from_being_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join(FILE_NAME)).unwrap();
    let world = world_of(store, 0, 1500, &Scope::All);
    let mut snapshot = world.service.snapshot();
    let (revision, _, _, _) = next(&mut snapshot).unwrap();
    world.service.store.reopen().unwrap();
    let (same, second, _, more) = next(&mut snapshot).unwrap();
    assert_eq!((same, second.len(), more), (revision, 500, false));
}
