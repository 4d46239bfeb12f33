//! Owns the specification of what is answered when the disk fails: what is on it was done, and what cannot be known is
//! said to be unknown. Must not cut the power.

use std::time::{Duration, Instant};

use super::*;
use crate::store::check;
use crate::store::disks::failing::Disk;
use crate::store::disks::open_on;

fn on_a_disk() -> (World, Disk) {
    let disk = Disk::new();
    (World::of(open_on(&disk).unwrap(), 1_000), disk)
}

async fn asked(world: &World, request: &str) -> Result<KeyWithSecret, Error> {
    world.service.create_key(OPERATOR, name("asked"), Scope::All, RequestId::parse(request)).await
}

/// Asks again and again until it is known: the writer looks every second.
async fn known(world: &World, request: &str) -> KeyWithSecret {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match asked(world, request).await {
            Err(Error::OutcomeUnknown | Error::Fault(_)) => {
                assert!(Instant::now() < deadline, "what became of it is never known");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            known => return known.unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_known_is_said_to_be_unknown_and_told_once_it_is_known() {
    let (mut was_on_disk, mut was_not) = (0, 0);
    // A commit waits for the disk several times: what fails before the last of them is not on it.
    for syncs in 1..=4 {
        let (world, disk) = on_a_disk();
        let before = world.create("before", Scope::All).await;
        let mut events = world.service.listen();
        disk.fail_after(syncs);
        if asked(&world, "one").await.err() != Some(Error::OutcomeUnknown) {
            continue;
        }
        assert_eq!(asked(&world, "one").await.err(), Some(Error::OutcomeUnknown), "nobody knows yet");
        world.time.store(2_000, Ordering::SeqCst);
        disk.mend();
        let made = known(&world, "one").await;

        assert_eq!(world.verify(&made.secret, None).await, Ok(Scope::All));
        assert_eq!(world.verify(&before.secret, None).await, Ok(Scope::All));
        world.service.store.read(check).unwrap();
        assert_eq!(world.service.settings().unwrap().revision, 2, "it was made once");
        let Event::Changed { revision: 2, keys, .. } = &*events.recv().await.unwrap() else {
            panic!("no news")
        };
        assert_eq!(keys[0].id, made.key.id, "subscribers hear of it");
        match made.key.created_at.as_millis() {
            1_000 => was_on_disk += 1,
            _ => was_not += 1,
        }
    }
    assert!(was_on_disk > 0 && was_not > 0, "{was_on_disk} and {was_not}");
}
