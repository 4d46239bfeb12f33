//! Owns the specification of times while the clock is set back and ahead. Must not test the clock by itself.

use claviger_api::{Day, Timestamp};

use super::*;

const DAY_MS: i64 = 86_400_000;
const TEN_YEARS_MS: i64 = 3_653 * DAY_MS;

/// The moment at which these histories begin: noon, so that a few seconds more are the same day.
const NOON: i64 = 20_000 * DAY_MS + DAY_MS / 2;

/// Every time that a store tells, in milliseconds since 1970.
#[derive(Debug, Default)]
struct Times {
    created: Vec<i64>,
    rotated: Vec<i64>,
    used: Vec<i64>,
    retired_seen: Vec<i64>,
    connected: Vec<i64>,
    /// Oldest first.
    activity: Vec<i64>,
}

impl Times {
    fn of(world: &World) -> Self {
        let mut times = Self::default();
        let ms = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        for key in world.service.list_keys(None, Limit::default()).unwrap().keys {
            times.created.push(key.created_at.as_millis());
            times.rotated.extend(ms(key.rotated_at));
            times.used.extend(ms(key.last_used_at));
            times.retired_seen.extend(ms(key.retired_secret_seen_at));
        }
        let accounts = world.service.list_accounts(None, Limit::default()).unwrap().accounts;
        times.connected.extend(accounts.iter().map(|account| account.connected_at.as_millis()));
        let entries = world.service.list_activity(None, None, Limit::default()).unwrap().entries;
        times.activity.extend(entries.iter().rev().map(|entry| entry.at.as_millis()));
        times
    }

    /// The newest of each kind, in the order of the fields.
    fn newest(&self) -> [i64; 6] {
        let Self { created, rotated, used, retired_seen, connected, activity } = self;
        [created, rotated, used, retired_seen, connected, activity]
            .map(|times| times.iter().copied().max().unwrap_or(0))
    }
}

/// Does everything that leaves a time behind, with things that have the given name.
async fn leave_every_kind_of_time(world: &World, named: &str) {
    world.connect(named).await;
    let old = world.create(named, Scope::All).await;
    let new = world.rotate(old.key.id).await;
    world.verify(&new.secret, None).await.unwrap();
    world.verify(&old.secret, None).await.unwrap_err();
}

/// A history of which each part begins after the clock was set.
async fn history(restarting: bool, clocks: [i64; 3]) -> [Times; 3] {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::on_disk(directory.path());
    let mut seen = Vec::new();
    for (part, ms) in clocks.into_iter().enumerate() {
        if restarting {
            world.service.finish().await;
            drop(world);
            world = World::of(Store::open(&directory.path().join(FILE_NAME)).unwrap(), ms);
        }
        world.time.store(ms, Ordering::Relaxed);
        leave_every_kind_of_time(&world, &format!("part-{part}")).await;
        seen.push(Times::of(&world));
    }
    seen.try_into().unwrap()
}

#[tokio::test]
async fn no_time_runs_backwards_when_the_clock_is_a_day_back() {
    for restarting in [false, true] {
        let parts = history(restarting, [NOON, NOON - DAY_MS, NOON + 1_000]).await;
        assert_eq!(parts[0].newest(), [NOON; 6]);
        // It stands still until the clock has caught up, so nothing new is older than what was there.
        assert_eq!(parts[1].newest(), [NOON; 6]);
        assert_eq!((&parts[1].created[..], &parts[1].connected[..]), (&[NOON; 2][..], &[NOON; 2][..]));
        assert_eq!(parts[2].newest(), [NOON + 1_000; 6]);
        assert!(parts[2].activity.is_sorted(), "{:?}", parts[2].activity);
        assert_eq!(parts[2].activity.len(), 9);
    }
}

#[tokio::test]
async fn no_time_runs_backwards_when_the_clock_was_ten_years_ahead() {
    for restarting in [false, true] {
        let ahead = NOON + TEN_YEARS_MS;
        let parts = history(restarting, [NOON, ahead, NOON + 1_000]).await;
        assert_eq!(parts[1].newest(), [ahead; 6]);
        assert_eq!(parts[2].newest(), [ahead; 6]);
        assert_eq!(parts[2].created.iter().filter(|ms| **ms == ahead).count(), 2);
        assert!(parts[2].activity.is_sorted(), "{:?}", parts[2].activity);
    }
}

/// How often a key was granted on each day on which it was, and the day that the list calls today.
fn counted(world: &World, id: &KeyId) -> (Vec<(Day, u64)>, Day) {
    let days = world.service.key_usage(id).unwrap().days;
    assert!(days.windows(2).all(|pair| pair[0].day == pair[1].day.before(1)), "{days:?}");
    let today = days.last().unwrap().day;
    (days.into_iter().filter(|day| day.granted > 0).map(|day| (day.day, day.granted)).collect(), today)
}

#[tokio::test]
async fn use_is_counted_on_the_newest_day_when_the_clock_is_a_day_back_and_on_the_new_one_ten_years_ahead() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::on_disk(directory.path());
    let key = world.create("CI", Scope::All).await;
    let (noon, ahead) = (Timestamp::from_millis(NOON), Timestamp::from_millis(NOON + TEN_YEARS_MS));
    let on = |time: Timestamp, granted: u64| (vec![(Day::of(time), granted)], Day::of(time));
    for (ms, expected) in [
        (NOON, on(noon, 1)),
        (NOON - DAY_MS, on(noon, 2)),
        (NOON + TEN_YEARS_MS, on(ahead, 1)),
        (NOON, on(ahead, 2)),
    ] {
        world.time.store(ms, Ordering::Relaxed);
        world.verify(&key.secret, None).await.unwrap();
        assert_eq!(counted(&world, &key.key.id), expected, "at {ms}");
        // Noted or written, before a restart or after it, the count is the same.
        world.service.finish().await;
        drop(world);
        world = World::of(Store::open(&directory.path().join(FILE_NAME)).unwrap(), ms);
        assert_eq!(counted(&world, &key.key.id), expected, "at {ms}, after a restart");
    }
}

#[tokio::test]
async fn a_clock_before_1970_is_no_time_before_1970() {
    let world = World::of(Store::memory().unwrap(), -DAY_MS);
    leave_every_kind_of_time(&world, "early").await;
    assert_eq!(Times::of(&world).newest(), [0; 6]);
    assert!(Times::of(&world).created.iter().all(|ms| *ms == 0));
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
