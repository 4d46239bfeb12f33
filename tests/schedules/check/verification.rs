//! Owns the specification of verifying while a key is rotated or deleted, or loses an account.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use claviger_api::{AccountId, KeyId};
use claviger_schedules::image::Image;
use claviger_schedules::service::{Refusal, Service, Verdict};
use claviger_schedules::world::{ACCOUNTS, Caller, OPERATOR, World, only};

use crate::authority::Authority;
use crate::concurrency::{Meanwhile, Moment};
use crate::exploration::explore;
use crate::follower::snapshot;

/// How many callers present the same secret at the same time, and how often each.
const CALLERS: usize = 2;
const TIMES: usize = 2;

/// A secret that somebody was given.
#[derive(Clone)]
struct Given {
    caller: Caller,
    /// The version of the key that has it.
    version: u64,
    /// The one revision in which the key has it.
    revision: u64,
    /// When the reply of what killed it was there.
    killed: Moment,
}

/// Rotates a key twice while callers present the newest secret that they know of.
pub(crate) async fn rotate_while_verified(World { service, callers, .. }: World, authority: impl Authority) {
    let (id, caller) = callers[0].clone();
    let (revision, _) = snapshot(&service);
    let first = Given { caller, version: 1, revision, killed: Moment::default() };
    let given = Rc::new(RefCell::new(vec![first]));
    let newest = |given: &RefCell<Vec<Given>>| given.borrow().last().expect("there is always one").clone();
    let mut meanwhile = Meanwhile::default();
    for _ in 0..CALLERS {
        let (service, authority, given) = (Arc::clone(&service), authority.clone(), Rc::clone(&given));
        meanwhile.begin(async move {
            for _ in 0..TIMES {
                let Given { caller, version, revision, killed } = newest(&given);
                let was_killed = killed.is_past();
                match authority.verify(&caller).await {
                    Verdict::Granted(verification) => {
                        assert!(!was_killed, "granted after the reply of rotation");
                        assert_eq!(verification.revision, revision, "a verdict of another moment");
                    }
                    Verdict::Refused(refusal) => {
                        assert_eq!(refusal, Refusal::Unauthorized);
                        let current = service.key(&id).expect("the key is there").version;
                        assert_ne!(current, version, "the current secret is refused");
                    }
                }
            }
        });
    }
    for _ in 0..2 {
        let old = newest(&given);
        let new = Given {
            caller: old.caller.with(authority.rotate(id).await),
            version: old.version + 1,
            revision: old.revision + 1,
            killed: Moment::default(),
        };
        old.killed.comes();
        let (dead, right) = (authority.verify(&old.caller).await, authority.verify(&new.caller).await);
        assert_eq!(dead, Verdict::Refused(Refusal::Unauthorized), "granted after the reply of rotation");
        assert!(matches!(right, Verdict::Granted(_)), "the new secret is refused");
        given.borrow_mut().push(new);
    }
    meanwhile.ends().await;
}

#[test]
fn after_the_reply_of_rotation_the_old_secret_is_refused_and_the_current_one_never_is() {
    explore(&Image::of(1), |world| {
        let authority = Arc::clone(&world.service);
        rotate_while_verified(world, authority)
    });
}

#[test]
fn the_same_holds_where_digests_are_in_the_store() {
    for image in [Image::of(1).with_digests(), Image::of(1).with_foreign_digests()] {
        explore(&image, |world| {
            let authority = Arc::clone(&world.service);
            rotate_while_verified(world, authority)
        });
    }
}

#[test]
fn whatever_is_written_of_digests_while_a_key_is_rotated_a_restart_revives_nothing() {
    let image = Image::of(1).with_foreign_digests();
    let again = image.clone();
    explore(&image, move |World { service, callers, disk, .. }| {
        let again = again.clone();
        async move {
            let (id, caller) = callers[0].clone();
            let mut meanwhile = Meanwhile::default();
            let (presented, saving) = (caller.clone(), Arc::clone(&service));
            meanwhile.begin(async move {
                presented.present(None).await.expect("an answer");
            });
            meanwhile.begin(async move {
                for _ in 0..TIMES {
                    saving.save_usage().await.expect("the disk is well");
                }
            });
            let made = service.rotate_key(OPERATOR, id, None, None).await.expect("the key is there");
            let newer = caller.with(made.secret);
            meanwhile.ends().await;
            service.save_usage().await.expect("the disk is well");
            let world = again.start_after(&disk);
            let [old, new] = [&caller, &newer].map(|caller| caller.calling(&world.service));
            assert_eq!(old.present(None).await, Ok(Verdict::Refused(Refusal::Unauthorized)), "revived");
            assert!(matches!(new.present(None).await, Ok(Verdict::Granted(_))), "lost");
        }
    });
}

#[test]
fn after_the_reply_of_deletion_the_secret_is_refused_and_not_before_the_key_is_gone() {
    explore(&Image::of(1), async |World { service, callers, .. }| {
        let (id, caller) = callers[0].clone();
        let (before, _) = snapshot(&service);
        let deleted = Moment::default();
        let mut meanwhile = Meanwhile::default();
        for _ in 0..CALLERS {
            let (caller, deleted) = (caller.clone(), deleted.clone());
            meanwhile.begin(async move {
                for _ in 0..TIMES {
                    let was_deleted = deleted.is_past();
                    match caller.present(None).await.expect("an answer") {
                        Verdict::Granted(verification) => {
                            assert!(!was_deleted, "granted after the reply of deletion");
                            assert_eq!(verification.revision, before, "a verdict of another moment");
                        }
                        Verdict::Refused(refusal) => {
                            assert_eq!(refusal, Refusal::Unauthorized);
                            assert!(
                                caller.service.key(&id).is_err(),
                                "the secret of a living key is refused"
                            );
                        }
                    }
                }
            });
        }
        service.delete_key(OPERATOR, id, None).await.expect("the key is there");
        deleted.comes();
        assert_eq!(caller.present(None).await, Ok(Verdict::Refused(Refusal::Unauthorized)));
        meanwhile.ends().await;
    });
}

/// Takes an account away from a key while callers ask for it.
async fn lose_an_account(
    World { service, callers, .. }: World,
    take_away: impl AsyncFnOnce(&Arc<Service>, KeyId, AccountId),
) {
    let [kept, lost] = ACCOUNTS;
    let (id, caller) = callers[0].clone();
    let (before, _) = snapshot(&service);
    let is_lost = Moment::default();
    let mut meanwhile = Meanwhile::default();
    for _ in 0..CALLERS {
        let (caller, is_lost) = (caller.clone(), is_lost.clone());
        meanwhile.begin(async move {
            for _ in 0..TIMES {
                let was_lost = is_lost.is_past();
                match caller.present(Some(lost)).await.expect("an answer") {
                    Verdict::Granted(verification) => {
                        assert!(!was_lost, "granted after the reply");
                        let (scope, revision) = (verification.scope, verification.revision);
                        assert_eq!(
                            (scope, revision),
                            (only(&ACCOUNTS), before),
                            "a verdict of another moment"
                        );
                    }
                    Verdict::Refused(refusal) => {
                        assert_eq!(refusal, Refusal::NoSuchAccount);
                        let scope = caller.service.key(&id).expect("the key is there").scope;
                        assert_eq!(scope, only(&[kept]), "refused before it was lost");
                    }
                }
            }
        });
    }
    take_away(&service, id, AccountId::parse(lost).expect("an id")).await;
    is_lost.comes();
    let refused = Ok(Verdict::Refused(Refusal::NoSuchAccount));
    assert_eq!(caller.present(Some(lost)).await, refused, "granted after the reply");
    let granted = caller.present(Some(kept)).await;
    assert!(matches!(granted, Ok(Verdict::Granted(granted)) if granted.scope == only(&[kept])));
    meanwhile.ends().await;
}

#[test]
fn after_the_reply_of_a_narrower_scope_the_lost_account_is_refused_and_the_secret_never_is() {
    explore(&Image::of(1), |world| {
        lose_an_account(world, async |service, id, _| {
            let narrower = only(&ACCOUNTS[..1]);
            service.set_key_scope(OPERATOR, id, narrower, None).await.expect("the key is there");
        })
    });
}

#[test]
fn after_the_reply_of_disconnecting_the_account_is_refused_and_the_secret_never_is() {
    explore(&Image::of(1), |world| {
        lose_an_account(world, async |service, _, account| {
            service.disconnect_account(OPERATOR, account).await.expect("the account is there");
        })
    });
}
