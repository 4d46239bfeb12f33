//! Owns the specification of digests that outlive the process: a restart with their key costs no slow hash, and one without it
//! costs each key one. Must not know where the key is kept.

use super::super::hashing::tests::occupy;
use super::super::{Occasion, restore};
use super::*;
use crate::store::JOURNAL_NAME;

/// A data directory, and the key of the digests, which is elsewhere.
struct Place {
    directory: tempfile::TempDir,
    under: DigestKey,
}

/// How a secret was judged.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    /// Whether it had to wait for the slow hash.
    is_cold: bool,
    verdict: Result<Scope, Refusal>,
}

/// Without a slow hash, and with this verdict.
fn at_once(verdict: Result<Scope, Refusal>) -> Judged {
    Judged { is_cold: false, verdict }
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), under: DigestKey::random().unwrap() }
    }

    /// Starts as the daemon does.
    fn start(&self) -> World {
        let store = Store::open(&self.directory.path().join(FILE_NAME)).unwrap();
        let heritage = store.heritage().unwrap();
        restore(&store, &heritage, Occasion::Start, OPERATOR, Timestamp::from_millis(2_000)).unwrap();
        store.follow().unwrap();
        World::keeping(store, 2_000, &self.under)
    }

    async fn stop(world: World) {
        world.service.finish().await;
        drop(world);
    }

    /// Goes on from a copy of the files, without their daemon having closed them: what a killed one leaves.
    fn kill(&mut self, world: World) {
        let copy = tempfile::tempdir().unwrap();
        for name in [FILE_NAME, JOURNAL_NAME] {
            std::fs::copy(self.directory.path().join(name), copy.path().join(name)).unwrap();
        }
        drop(world);
        self.directory = copy;
    }

    /// The machine is started anew.
    fn lose_key(&mut self) {
        self.under = DigestKey::random().unwrap();
    }
}

/// Presents a secret while no slow hash can be made, and then lets it be made.
async fn judge(world: &World, secret: &Secret) -> Judged {
    let busy = occupy(&world.service.pool);
    let mut verdict = pin!(world.verify(secret, None));
    let early = ask(&mut verdict).await;
    drop(busy);
    match early {
        Some(verdict) => at_once(verdict),
        None => Judged { is_cold: true, verdict: verdict.await },
    }
}

#[tokio::test]
async fn a_restart_with_the_key_costs_no_slow_hash_however_the_daemon_ended() {
    let mut place = Place::new();
    for is_finished in [true, false] {
        let world = place.start();
        let created = world.create(&format!("created, {is_finished}"), Scope::All).await;
        let rotated = world.create(&format!("rotated, {is_finished}"), Scope::All).await;
        let again = world.rotate(rotated.key.id).await;
        let deleted = world.create(&format!("deleted, {is_finished}"), Scope::All).await;
        world.service.delete_key(OPERATOR, deleted.key.id, None).await.unwrap();
        if is_finished {
            Place::stop(world).await;
        } else {
            place.kill(world);
        }
        let world = place.start();
        assert_eq!(judge(&world, &created.secret).await, at_once(Ok(Scope::All)));
        assert_eq!(judge(&world, &again.secret).await, at_once(Ok(Scope::All)));
        assert_eq!(judge(&world, &rotated.secret).await, at_once(Err(Refusal::Unauthorized)));
        assert_eq!(judge(&world, &deleted.secret).await, at_once(Err(Refusal::Unauthorized)));
        Place::stop(world).await;
    }
}

#[tokio::test]
async fn what_the_slow_hash_has_proven_is_kept_from_when_notes_of_use_are_written() {
    let mut place = Place::new();
    let world = place.start();
    let made = world.create("CI", Scope::All).await;
    Place::stop(world).await;
    place.lose_key();
    let cold = Judged { is_cold: true, verdict: Ok(Scope::All) };
    for is_saved in [false, true] {
        let world = place.start();
        assert_eq!(judge(&world, &made.secret).await, cold);
        assert_eq!(judge(&world, &made.secret).await, at_once(Ok(Scope::All)));
        if is_saved {
            world.service.save_usage().await.unwrap();
        }
        place.kill(world);
    }
    assert_eq!(judge(&place.start(), &made.secret).await, at_once(Ok(Scope::All)));
}

#[tokio::test]
async fn a_key_that_is_barred_stays_barred_whatever_digest_is_kept_of_it() {
    let place = Place::new();
    let world = place.start();
    let made = world.create("CI", Scope::All).await;
    Place::stop(world).await;
    std::fs::remove_file(place.directory.path().join(JOURNAL_NAME)).unwrap();
    let world = place.start();
    assert_eq!(judge(&world, &made.secret).await, at_once(Err(Refusal::Unauthorized)));
    world.service.release_key(OPERATOR, made.key.id, None).await.unwrap();
    assert_eq!(judge(&world, &made.secret).await, at_once(Ok(Scope::All)));
}

#[tokio::test]
async fn without_the_key_each_of_many_secrets_is_proven_by_one_slow_hash() {
    const KEYS: usize = super::super::WAITING_JOBS;
    let mut place = Place::new();
    let world = place.start();
    let mut secrets = Vec::new();
    for n in 0..KEYS {
        secrets.push(world.create(&format!("key {n}"), Scope::All).await.secret);
    }
    Place::stop(world).await;
    place.lose_key();
    let world = place.start();
    // Four callers of each: were each a hash of its own, the queue could not hold them, and some would be told so.
    let asked = secrets.iter().cycle().take(KEYS * 4).map(|secret| {
        let (service, secret) = (Arc::clone(&world.service), secret.clone());
        tokio::spawn(async move { service.verify(OPERATOR, &secret, None).await })
    });
    for verdict in asked.collect::<Vec<_>>() {
        assert!(matches!(verdict.await.unwrap(), Ok(Verdict::Granted(_))));
    }
    Place::stop(world).await;
    let world = place.start();
    for secret in &secrets {
        assert_eq!(judge(&world, secret).await, at_once(Ok(Scope::All)));
    }
}
