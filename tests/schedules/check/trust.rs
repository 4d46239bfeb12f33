//! Owns why the check can be trusted: what is wrong in few orders only is found, and nothing but a seed decides the order.
//! Must not look for faults of the service.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use claviger_api::object::Verification;
use claviger_api::{KeyId, Secret};
use claviger_schedules::image::Image;
use claviger_schedules::service::{Service, Verdict};
use claviger_schedules::world::Caller;

use crate::authority::Authority;
use crate::exploration::{explore, explore_twice};
use crate::follower::Follower;
use crate::verification::rotate_while_verified;
use crate::writer::follow_while_changed;

/// Keeps verdicts, and forgets them when a secret is rotated: the cache that the daemon does not have. A verdict that was
/// on its way meanwhile is kept after that.
#[derive(Clone)]
struct Keeper {
    service: Arc<Service>,
    granted: Rc<RefCell<Vec<(Caller, Verification)>>>,
}

impl Authority for Keeper {
    async fn verify(&self, caller: &Caller) -> Verdict<Verification> {
        let kept = self.granted.borrow().iter().find(|(known, _)| known == caller).cloned();
        if let Some((_, verification)) = kept {
            return Verdict::Granted(verification);
        }
        let verdict = self.service.verify(caller).await;
        if let Verdict::Granted(verification) = &verdict {
            self.granted.borrow_mut().push((caller.clone(), verification.clone()));
        }
        verdict
    }

    async fn rotate(&self, id: KeyId) -> Secret {
        let secret = self.service.rotate(id).await;
        self.granted.borrow_mut().clear();
        secret
    }
}

#[test]
#[should_panic(expected = "granted after the reply of rotation")]
fn verdicts_that_are_kept_until_the_next_rotation_are_found_out() {
    explore(&Image::of(1), |world| {
        let authority = Keeper { service: Arc::clone(&world.service), granted: Rc::default() };
        rotate_while_verified(world, authority)
    });
}

#[test]
#[should_panic(expected = "a revision is skipped")]
fn whoever_looks_first_and_listens_then_is_found_out() {
    explore(&Image::of(4), |world| follow_while_changed(world, Follower::begin_wrongly));
}

#[test]
fn a_seed_decides_all_of_a_schedule() {
    explore_twice(&Image::of(1), |world| {
        let authority = Arc::clone(&world.service);
        rotate_while_verified(world, authority)
    });
}
