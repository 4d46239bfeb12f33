//! Owns the digests of proven secrets, one a key. Must not outlive the process.

use std::collections::HashMap;

use claviger_api::id::PresentedAccountId;
use claviger_api::{AccountId, KeyId, Secret};

use crate::sync::{PoisonError, RwLock};
use crate::token::{Digest, DigestKey, NoRandomness};

/// The digests of secrets that the slow hash has proven since the daemon began. An entry is bound to a generation, so
/// rotation need not remove it: it can never match again.
pub(super) struct Digests {
    key: DigestKey,
    proven: RwLock<HashMap<KeyId, (u64, Digest)>>,
}

impl Digests {
    /// Begins with none.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub(super) fn new() -> Result<Self, NoRandomness> {
        Ok(Self { key: DigestKey::random()?, proven: RwLock::default() })
    }

    /// Digests a presented secret.
    pub(super) fn digest(&self, secret: &Secret, generation: u64) -> Digest {
        self.key.digest(secret.expose(), generation)
    }

    /// Digests what is asked: a secret, and the account with it.
    pub(super) fn asked(&self, secret: &Secret, account: Option<&PresentedAccountId>) -> Digest {
        // What could never name an account is answered as one that does not exist is, and never granted.
        let account = account.map(|account| account.as_id().map_or("", AccountId::as_str));
        self.key.question(secret.expose(), account)
    }

    /// Whether just this secret was proven for this generation. `None` when none was.
    pub(super) fn is_proven(&self, id: &KeyId, generation: u64, digest: &Digest) -> Option<bool> {
        let proven = self.proven.read().unwrap_or_else(PoisonError::into_inner);
        let (known_generation, known) = proven.get(id)?;
        (*known_generation == generation).then(|| known == digest)
    }

    /// Remembers a proven secret, unless that of a later generation is known.
    pub(super) fn remember(&self, id: KeyId, generation: u64, digest: Digest) {
        let mut proven = self.proven.write().unwrap_or_else(PoisonError::into_inner);
        let known = proven.entry(id).or_insert((generation, digest));
        if known.0 <= generation {
            *known = (generation, digest);
        }
    }

    /// Forgets a key that is gone.
    pub(super) fn forget(&self, id: &KeyId) {
        self.proven.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_of_an_older_generation_never_replaces_a_newer_one() {
        let digests = Digests::new().unwrap();
        let id = KeyId::from_body("4fX9aQ2LmN7b").unwrap();
        let (old, new) = (digests.digest(&Secret::new("old"), 1), digests.digest(&Secret::new("new"), 2));
        digests.remember(id, 2, new);
        digests.remember(id, 1, old);
        assert_eq!(digests.is_proven(&id, 2, &new), Some(true));
        assert_eq!(digests.is_proven(&id, 2, &old), Some(false));
        assert_eq!(digests.is_proven(&id, 1, &old), None);
    }
}
