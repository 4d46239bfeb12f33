//! Owns the specification of what is counted of a key's use. Must not look at the notes themselves.

use claviger_api::{Day, Timestamp};

use super::*;

const DAY_MS: i64 = 86_400_000;

/// The counts of the days on which there was use, by how many days ago.
fn used(world: &World, id: &KeyId) -> Vec<(i32, u64)> {
    let days = world.service.key_usage(id).unwrap().days;
    let today = Day::of(Timestamp::from_millis(world.time.load(Ordering::Relaxed)));
    assert_eq!((days.len(), days[13].day), (14, today));
    assert!(days.windows(2).all(|pair| pair[0].day == pair[1].day.before(1)), "{days:?}");
    days.iter()
        .filter(|day| day.granted > 0)
        .map(|day| (today.number() - day.day.number(), day.granted))
        .collect()
}

#[tokio::test]
async fn only_what_was_granted_is_counted() {
    let world = World::new();
    world.connect("a").await;
    world.connect("b").await;
    let key = world.create("CI", only(&["a"])).await;
    let other = world.create("Other", Scope::All).await;
    world.verify(&key.secret, None).await.unwrap();
    world.verify(&key.secret, Some("a")).await.unwrap();
    world.service.visible_accounts(OPERATOR, &key.secret).await.unwrap();
    assert_eq!(used(&world, &key.key.id), [(0, 3)]);

    world.verify(&key.secret, Some("b")).await.unwrap_err();
    let mut forged = key.secret.expose().to_owned();
    forged.replace_range(20..21, if &forged[20..21] == "a" { "b" } else { "a" });
    world.verify(&Secret::new(forged), None).await.unwrap_err();
    world.service.set_storage_mode(OPERATOR, StorageMode::Off).await.unwrap();
    world.verify(&key.secret, None).await.unwrap_err();
    world.service.set_storage_mode(OPERATOR, StorageMode::On).await.unwrap();
    world.rotate(key.key.id).await;
    world.verify(&key.secret, None).await.unwrap_err();
    assert_eq!(used(&world, &key.key.id), [(0, 3)]);
    assert_eq!(used(&world, &other.key.id), []);
}

#[tokio::test]
async fn counts_are_by_day_and_go_after_two_weeks() {
    let world = World::new();
    let key = world.create("CI", Scope::All).await;
    for (day, times) in [(0, 2), (1, 1), (12, 3)] {
        world.time.store(day * DAY_MS + 1_000, Ordering::Relaxed);
        for _ in 0..times {
            world.verify(&key.secret, None).await.unwrap();
        }
    }
    assert_eq!(used(&world, &key.key.id), [(12, 2), (11, 1), (0, 3)]);
    world.time.store(14 * DAY_MS, Ordering::Relaxed);
    assert_eq!(used(&world, &key.key.id), [(13, 1), (2, 3)]);
}

#[tokio::test]
async fn what_is_written_and_what_is_noted_since_are_one_count() {
    let directory = tempfile::tempdir().unwrap();
    let (id, secret) = {
        let world = World::on_disk(directory.path());
        let key = world.create("CI", Scope::All).await;
        let revision = world.service.settings().unwrap().revision;
        for times in 1..=5 {
            world.verify(&key.secret, None).await.unwrap();
            assert_eq!(used(&world, &key.key.id), [(0, times)]);
            if times % 2 == 0 {
                world.service.save_usage().await.unwrap();
                assert_eq!(used(&world, &key.key.id), [(0, times)]);
            }
        }
        assert_eq!(world.service.settings().unwrap().revision, revision, "notes of use are no change");
        assert_eq!(world.service.list_activity(None, None, Limit::default()).unwrap().entries.len(), 1);
        world.service.finish().await;
        (key.key.id, key.secret)
    };
    let world = World::on_disk(directory.path());
    assert_eq!(used(&world, &id), [(0, 5)]);
    world.verify(&secret, None).await.unwrap();
    assert_eq!(used(&world, &id), [(0, 6)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_who_asks_while_counts_are_written_sees_one_twice_or_not_at_all() {
    let world = Arc::new(World::new());
    let key = world.create("CI", Scope::All).await;
    let asking = {
        let (world, id) = (Arc::clone(&world), key.key.id);
        tokio::spawn(async move {
            let mut seen = 0;
            while seen < 200 {
                let now = world.service.key_usage(&id).unwrap().days[13].granted;
                assert!((seen..=200).contains(&now), "{now} after {seen}");
                seen = now;
                tokio::task::yield_now().await;
            }
        })
    };
    for _ in 0..200 {
        world.verify(&key.secret, None).await.unwrap();
        world.service.save_usage().await.unwrap();
    }
    asking.await.unwrap();
}

#[tokio::test]
async fn the_use_of_an_unknown_or_deleted_key_is_unknown() {
    let world = World::new();
    let key = world.create("CI", Scope::All).await;
    world.verify(&key.secret, None).await.unwrap();
    world.service.delete_key(OPERATOR, key.key.id, None).await.unwrap();
    for id in [key.key.id, KeyId::from_body("4fX9aQ2LmN7b").unwrap()] {
        assert_eq!(world.service.key_usage(&id).err(), Some(Error::NoSuchKey));
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
