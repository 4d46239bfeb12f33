//! Owns one verification in process, without a socket. Must not know what it costs.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use claviger_api::Secret;
use claviger_api::id::PresentedAccountId;
use claviger_api::object::Verification;
use claviger_daemon::service::{Service, Verdict};
use claviger_daemon::store::Author;

use crate::Outcome;

/// Verifies a secret that needs no slow hash.
///
/// # Errors
/// The service failed, or would have to wait.
pub fn verify(service: &Service, secret: &Secret, account: &str) -> Outcome<Verdict<Verification>> {
    verify_presented(service, secret, &PresentedAccountId::new(account))
}

/// The same with an account that was read before: what `just instructions` counts by this function's name.
///
/// # Errors
/// The service failed, or would have to wait.
#[inline(never)]
pub fn verify_presented(
    service: &Service,
    secret: &Secret,
    account: &PresentedAccountId,
) -> Outcome<Verdict<Verification>> {
    let peer = Author { uid: 0, pid: None };
    match pin!(service.verify(peer, secret, Some(account))).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => Ok(verdict?),
        Poll::Pending => Err("the secret is cold: a warm verification waits for nothing".into()),
    }
}
