//! Owns the specification of a journal whose disk fails: what was answered stays done, and the journal knows it as soon as
//! it can, without anybody asking. Must not break the store's own disk.

use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::*;
use crate::store::disks::failing::Disk;
use crate::store::disks::open_beside_journal;

/// A service whose journal lies on a disk of its own, and a key to delete.
async fn world() -> (World, Disk, KeyWithSecret) {
    let (store, journal) = (Disk::new(), Disk::new());
    let world = World::of(open_beside_journal(&[store, journal.clone()]).unwrap(), 1_000);
    let key = world.create("doomed", Scope::All).await;
    (world, journal, key)
}

/// Whether the journal opens and lacks nothing.
fn knows_all(world: &World) -> bool {
    world.service.store.journal_lacks().is_ok_and(|rows| rows.is_empty())
}

#[tokio::test]
async fn whichever_call_to_its_disk_fails_once_the_journal_knows_what_was_answered() {
    let mut calls = 0;
    for how in [Errno::IO, Errno::NOSPC] {
        for number in 0.. {
            let (world, disk, key) = world().await;
            disk.fail_once_after(number, how);
            world.service.delete_key(OPERATOR, key.key.id, None).await.unwrap();
            if !disk.has_failed() {
                break;
            }
            calls += 1;
            assert!(knows_all(&world), "call {number} failed with {how}");
            world.service.finish().await;
        }
    }
    assert!(calls > 4, "a commit takes more calls than {calls}");
}

#[tokio::test]
async fn a_journal_whose_disk_was_broken_for_a_while_catches_up_by_itself() {
    let (world, disk, key) = world().await;
    disk.fail_after(0);
    world.service.delete_key(OPERATOR, key.key.id, None).await.unwrap();
    assert_eq!(world.verify(&key.secret, None).await, Err(Refusal::Unauthorized));
    disk.mend();
    let since = Instant::now();
    while !knows_all(&world) {
        assert!(since.elapsed() < Duration::from_secs(20), "nobody tells the journal");
        tokio::task::yield_now().await;
    }
    world.service.finish().await;
}
