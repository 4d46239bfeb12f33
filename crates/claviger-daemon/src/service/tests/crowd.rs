//! Owns the specification of waiting for the slow hash while one uid crowds its queue. Must not look into the queue.

use super::super::WAITING_JOBS;
use super::super::hashing::tests::{occupy, queue_up};
use super::*;

/// Who crowds, and who merely asks.
const CROWD: Author = Author { uid: 1001, pid: None };
const GUEST: Author = Author { uid: 1002, pid: None };

/// A world with a key that is cold, and its secret.
async fn cold() -> (tempfile::TempDir, World, Secret) {
    let directory = tempfile::tempdir().unwrap();
    let world = World::on_disk(directory.path());
    let made = world.create("CI", Scope::All).await;
    world.service.finish().await;
    drop(world);
    let world = World::on_disk(directory.path());
    (directory, world, made.secret)
}

#[tokio::test]
async fn who_fills_the_queue_is_told_busy_and_holds_up_nobody_else() {
    let (_directory, world, secret) = cold().await;
    let busy = occupy(&world.service.pool);
    queue_up(&world.service.pool, CROWD.uid, WAITING_JOBS);
    assert_eq!(world.service.verify(CROWD, &secret, None).await, Err(Error::Busy));
    let created = world.service.create_key(CROWD, name("More"), Scope::All, None).await;
    assert_eq!(created.err(), Some(Error::Busy));

    let mut verified = pin!(world.service.verify(GUEST, &secret, None));
    let mut created = pin!(world.service.create_key(GUEST, name("New"), Scope::All, None));
    assert!(ask(&mut verified).await.is_none() && ask(&mut created).await.is_none(), "both wait");
    drop(busy);
    assert!(matches!(verified.await, Ok(Verdict::Granted(_))));
    assert!(created.await.is_ok());
}

#[tokio::test]
async fn a_verification_that_gives_its_place_up_is_busy_and_goes_through_when_asked_again() {
    let (_directory, world, secret) = cold().await;
    let busy = occupy(&world.service.pool);
    queue_up(&world.service.pool, CROWD.uid, WAITING_JOBS - 1);
    let mut newest = pin!(world.service.verify(CROWD, &secret, None));
    let mut joined = pin!(world.service.verify(CROWD, &secret, None));
    assert!(ask(&mut newest).await.is_none() && ask(&mut joined).await.is_none(), "both wait for one hash");
    queue_up(&world.service.pool, GUEST.uid, 1);
    assert_eq!(ask(&mut newest).await, Some(Err(Error::Busy)));
    assert_eq!(ask(&mut joined).await, Some(Err(Error::Busy)));
    drop(busy);
    assert!(matches!(world.service.verify(GUEST, &secret, None).await, Ok(Verdict::Granted(_))));
}
