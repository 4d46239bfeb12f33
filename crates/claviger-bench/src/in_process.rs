//! Owns one verification in process, without a socket. Must not know what it costs.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use claviger_api::Secret;
use claviger_api::id::PresentedAccountId;
use claviger_daemon::service::settings::StorageMode;
use claviger_daemon::service::{Grant, Service, Verdict};
use claviger_daemon::store::Author;

use crate::Outcome;

/// Who asks.
const PEER: Author = Author { uid: 0, pid: None };

/// Verifies a secret that needs no slow hash.
///
/// # Errors
/// The service failed, or would have to wait.
pub fn verify(service: &Service, secret: &Secret, account: &str) -> Outcome<Verdict<Arc<Grant>>> {
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
) -> Outcome<Verdict<Arc<Grant>>> {
    match pin!(service.verify(PEER, secret, Some(account))).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => Ok(verdict?),
        Poll::Pending => Err("the secret is cold: a warm verification waits for nothing".into()),
    }
}

/// Makes a change, so that what was granted before is looked into again.
///
/// # Errors
/// The store failed.
pub async fn change(service: &Service) -> Outcome<()> {
    for mode in [StorageMode::Off, StorageMode::On] {
        service.set_storage_mode(PEER, mode).await?;
    }
    Ok(())
}
