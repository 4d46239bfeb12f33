//! Owns whom a secret is presented to: the service, or what somebody puts before it. Must not judge the answer.

use std::sync::Arc;

use claviger_api::object::Verification;
use claviger_api::{KeyId, Secret};
use claviger_schedules::service::{Service, Verdict};
use claviger_schedules::world::{Caller, OPERATOR};

/// What says who a secret is, and makes it another one.
pub(crate) trait Authority: Clone + 'static {
    /// What a caller's secret opens.
    async fn verify(&self, caller: &Caller) -> Verdict<Verification>;

    /// Gives a key another secret.
    async fn rotate(&self, id: KeyId) -> Secret;
}

impl Authority for Arc<Service> {
    async fn verify(&self, caller: &Caller) -> Verdict<Verification> {
        // Where nothing crowds the queue, and nobody rotates again and again, this is never BUSY.
        caller.present(None).await.expect("an answer")
    }

    async fn rotate(&self, id: KeyId) -> Secret {
        self.rotate_key(OPERATOR, id, None, None).await.expect("the key is there").secret
    }
}
