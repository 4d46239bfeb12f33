//! Owns a service and whoever calls it. Must not say what has to hold.

use std::sync::Arc;

use claviger_api::id::PresentedAccountId;
use claviger_api::object::Verification;
use claviger_api::{AccountId, KeyId, Name, Scope, Secret};
use shuttle::Config;

use crate::disk::Disk;
use crate::service::{Error, Service, Verdict};
use crate::store::Author;

/// Who calls.
pub const OPERATOR: Author = Author { uid: 1000, pid: None };

/// The accounts that are connected, and in the scope of each key.
pub const ACCOUNTS: [&str; 2] = ["a", "b"];

/// A service, and its keys with somebody who has their secret.
pub struct World {
    /// The service.
    pub service: Arc<Service>,
    /// The keys in the order in which they were made.
    pub callers: Vec<(KeyId, Caller)>,
    /// Somebody who has the store's tag key, and made a secret of the first key with it: only the slow hash can tell.
    pub forger: Option<Caller>,
    /// What its store is on.
    pub disk: Disk,
}

/// Somebody who presents a secret.
#[derive(Clone)]
pub struct Caller {
    /// Whom it calls.
    pub service: Arc<Service>,
    pub(crate) uid: u32,
    pub(crate) secret: Secret,
}

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.uid == other.uid && self.secret == other.secret
    }
}

impl Caller {
    /// The same one with another secret.
    #[must_use]
    pub fn with(&self, secret: Secret) -> Self {
        Self { secret, ..self.clone() }
    }

    /// The same secret in the hands of another user.
    #[must_use]
    pub fn of(&self, uid: u32) -> Self {
        Self { uid, ..self.clone() }
    }

    /// The same one at another service.
    #[must_use]
    pub fn calling(&self, service: &Arc<Service>) -> Self {
        Self { service: Arc::clone(service), ..self.clone() }
    }

    /// Presents the secret.
    ///
    /// # Errors
    /// Those of [`Service::verify`].
    pub async fn present(&self, account: Option<&str>) -> Result<Verdict<Verification>, Error> {
        let peer = Author { uid: self.uid, pid: None };
        let account = account.map(PresentedAccountId::new);
        let verdict = self.service.verify(peer, &self.secret, account.as_ref()).await?;
        Ok(verdict.map(|grant| grant.verification().clone()))
    }
}

/// How every schedule is run.
#[must_use]
pub fn config() -> Config {
    let mut config = Config::new();
    // redb and the slow hash need more than the usual 60 KiB.
    config.stack_size = 512 * 1024;
    // Of what else than sequential consistency an atomic number could show, none is looked for.
    config.silence_warnings = true;
    config
}

/// A name.
///
/// # Panics
/// It is against the rules of names.
#[must_use]
pub fn name(text: &str) -> Name {
    Name::parse(text).expect("a name within the rules")
}

/// These accounts and no others.
///
/// # Panics
/// One is against the rules of ids.
#[must_use]
pub fn only(ids: &[&str]) -> Scope {
    ids.iter().map(|id| AccountId::parse(id).expect("an id within the rules")).collect()
}
