//! Owns the specification of a disk that fails once while changes are written and secrets are presented.

use std::sync::Arc;

use claviger_api::KeyId;
use claviger_schedules::image::Image;
use claviger_schedules::service::{Error, Service, Verdict};
use claviger_schedules::world::{OPERATOR, World, name};
use shuttle::rand::{Rng, thread_rng};

use crate::concurrency::Meanwhile;
use crate::exploration::explore;
use crate::follower::{Follower, snapshot};

/// Among how many calls to the disk the one that fails is chosen: fewer than there are.
const CALLS: usize = 40;

/// Renames a key again and again. What was answered is there; what was told to have failed is not.
async fn rename(service: Arc<Service>, id: KeyId) {
    let mut answered = service.key(&id).map(|key| key.name);
    for number in 0..2 {
        let new = format!("{id} {number}");
        match service.rename_key(OPERATOR, id, name(&new), None).await {
            Ok(_) => answered = Ok(new),
            Err(error) => assert!(matches!(error, Error::Fault(_)), "{error}"),
        }
    }
    // Reading can be what failed.
    if let (Ok(answered), Ok(key)) = (answered, service.key(&id)) {
        assert_eq!(key.name, answered);
    }
}

#[test]
fn when_the_disk_fails_once_each_change_is_made_and_answered_or_neither_and_no_secret_is_refused() {
    explore(&Image::of(3), async |World { service, callers, disk, .. }| {
        let mut follower = Follower::begin(&service);
        disk.fail_once_after(thread_rng().gen_range(0..CALLS));
        let mut meanwhile = Meanwhile::default();
        for (id, _) in &callers[1..] {
            meanwhile.begin(rename(Arc::clone(&service), *id));
        }
        let (_, caller) = callers[0].clone();
        for _ in 0..2 {
            match caller.present(None).await {
                Ok(verdict) => assert!(matches!(verdict, Verdict::Granted(_)), "{verdict:?}"),
                Err(error) => assert!(matches!(error, Error::Fault(_)), "{error}"),
            }
        }
        meanwhile.ends().await;
        follower.follow(&service);
        assert_eq!((follower.revision, follower.keys), snapshot(&service), "a change was missed");
    });
}
