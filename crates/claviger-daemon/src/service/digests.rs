//! Owns the digests of proven secrets, one a key: in memory, and in the store where their key outlives the process. Must not
//! decide anything that a digest of just this secret does not prove.

use std::collections::{HashMap, HashSet};

use claviger_api::id::PresentedAccountId;
use claviger_api::{AccountId, KeyId, Secret};

use crate::domain::{KeyRecord, Proven};
use crate::store::{Rows, StoreError};
use crate::sync::{PoisonError, RwLock, RwLockWriteGuard};
use crate::token::{Digest, DigestKey, NoRandomness};

/// The digests of secrets that the slow hash has proven, or that were minted here. An entry is bound to a generation and to
/// the slow hash, so rotation need not remove it: it can never match again.
pub(super) struct Digests {
    key: DigestKey,
    lifetime: Lifetime,
    known: RwLock<Known>,
}

/// How long a digest is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    /// As long as the process: nothing is written.
    Process,
    /// As long as its key, which others keep: it is written with the notes of use.
    Key,
}

#[derive(Default)]
struct Known {
    proven: HashMap<KeyId, (u64, Digest)>,
    /// Those of them that the store does not have yet.
    unsaved: HashSet<KeyId>,
}

impl Digests {
    /// Begins with none, under a key that dies with the process.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub(super) fn of_this_process() -> Result<Self, NoRandomness> {
        let key = DigestKey::random()?;
        Ok(Self { key, lifetime: Lifetime::Process, known: RwLock::default() })
    }

    /// Begins with those that are in the store under this key, each of which is read when it is needed.
    pub(super) fn kept_under(key: DigestKey) -> Self {
        Self { key, lifetime: Lifetime::Key, known: RwLock::default() }
    }

    /// Digests what is asked: a secret, and the account with it.
    pub(super) fn asked(&self, secret: &Secret, account: Option<&PresentedAccountId>) -> Digest {
        // What could never name an account is answered as one that does not exist is, and never granted.
        let account = account.map(|account| account.as_id().map_or("", AccountId::as_str));
        self.key.question(secret.expose(), account)
    }

    /// Digests a presented secret of a key.
    pub(super) fn digest(&self, secret: &Secret, key: &KeyRecord) -> Digest {
        self.key.digest(secret.expose(), key.generation, &key.hash)
    }

    /// What the store is to have of a secret that is minted for a key; `None` where nothing is kept.
    pub(super) fn to_keep(&self, secret: &Secret, key: &KeyRecord) -> Option<Proven> {
        let proven = || Proven { id: key.id, generation: key.generation, digest: self.digest(secret, key) };
        (self.lifetime == Lifetime::Key).then(proven)
    }

    /// Whether just this secret was proven for the key as it is now. What the store has is asked once, and remembered.
    ///
    /// # Errors
    /// The disk failed. A row that does not read proves nothing, and is no error.
    pub(super) fn is_proven(
        &self,
        rows: &impl Rows,
        key: &KeyRecord,
        digest: &Digest,
    ) -> Result<bool, StoreError> {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((generation, known)) = known.proven.get(&key.id)
                && *generation == key.generation
            {
                return Ok(known == digest);
            }
        }
        if self.lifetime == Lifetime::Process {
            return Ok(false);
        }
        let kept = match rows.kept_digest(&key.id) {
            Err(StoreError::Damaged(_)) => None,
            kept => kept?,
        };
        let is_kept = kept.is_some_and(|kept| kept.generation == key.generation && kept.digest == *digest);
        if is_kept {
            self.write().remember(key.id, key.generation, *digest);
        }
        Ok(is_kept)
    }

    /// Remembers a secret that the slow hash has proven, unless that of a later generation is known.
    pub(super) fn remember_proven(&self, key: &KeyRecord, digest: Digest) {
        let mut known = self.write();
        if known.remember(key.id, key.generation, digest) && self.lifetime == Lifetime::Key {
            known.unsaved.insert(key.id);
        }
    }

    /// Remembers a secret that was minted, which the store has where it is to have it.
    pub(super) fn remember_minted(&self, key: &KeyRecord, secret: &Secret) {
        let digest = self.digest(secret, key);
        self.write().remember(key.id, key.generation, digest);
    }

    /// What the store does not have yet, in the order of its rows.
    pub(super) fn to_save(&self) -> Vec<Proven> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let proven = |id: &KeyId| {
            let (generation, digest) = *known.proven.get(id)?;
            Some(Proven { id: *id, generation, digest })
        };
        let mut unsaved: Vec<Proven> = known.unsaved.iter().filter_map(proven).collect();
        unsaved.sort_unstable_by_key(|proven| proven.id);
        unsaved
    }

    /// Notes what was written, unless another one came meanwhile.
    pub(super) fn saved(&self, written: &[Proven]) {
        let mut known = self.write();
        for Proven { id, generation, digest } in written {
            if known.proven.get(id).is_none_or(|known| *known == (*generation, *digest)) {
                known.unsaved.remove(id);
            }
        }
    }

    /// Forgets a key that is gone.
    pub(super) fn forget(&self, id: &KeyId) {
        let mut known = self.write();
        known.proven.remove(id);
        known.unsaved.remove(id);
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        // An entry is whole or absent, whatever a thread that held the lock did.
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Says whether it is remembered.
    fn remember(&mut self, id: KeyId, generation: u64, digest: Digest) -> bool {
        let known = self.proven.entry(id).or_insert((generation, digest));
        let is_current = known.0 <= generation;
        if is_current {
            *known = (generation, digest);
        }
        is_current
    }
}

#[cfg(test)]
mod tests {
    use claviger_api::{Scope, Timestamp};

    use super::*;
    use crate::domain::{Edit, sample};
    use crate::store::{Author, Store};
    use crate::token::SlowHash;

    const AUTHOR: Author = Author { uid: 1000, pid: None };

    fn key(generation: u64) -> KeyRecord {
        KeyRecord { generation, ..sample::key('A', Scope::All) }
    }

    fn is_proven(digests: &Digests, key: &KeyRecord, digest: &Digest) -> bool {
        Store::memory().unwrap().read(|rows| digests.is_proven(rows, key, digest)).unwrap()
    }

    #[test]
    fn a_digest_of_an_older_generation_never_replaces_a_newer_one() {
        for digests in
            [Digests::of_this_process().unwrap(), Digests::kept_under(DigestKey::random().unwrap())]
        {
            let old = digests.digest(&Secret::new("old"), &key(1));
            let new = digests.digest(&Secret::new("new"), &key(2));
            digests.remember_proven(&key(2), new);
            digests.remember_proven(&key(1), old);
            assert!(is_proven(&digests, &key(2), &new));
            assert!(!is_proven(&digests, &key(2), &old));
            assert!(!is_proven(&digests, &key(1), &old));
        }
    }

    #[test]
    fn what_was_proven_is_to_be_saved_until_just_that_is_written() {
        let digests = Digests::kept_under(DigestKey::random().unwrap());
        let digest = |generation| digests.digest(&Secret::new("s"), &key(generation));
        digests.remember_proven(&key(1), digest(1));
        let written = digests.to_save();
        digests.remember_proven(&key(2), digest(2));
        digests.saved(&written);
        assert_eq!(digests.to_save(), [Proven { id: key(2).id, generation: 2, digest: digest(2) }]);
        digests.saved(&digests.to_save());
        assert_eq!(digests.to_save(), []);
    }

    #[test]
    fn a_key_that_dies_with_the_process_leaves_nothing_to_write() {
        let digests = Digests::of_this_process().unwrap();
        let secret = Secret::new("s");
        digests.remember_proven(&key(1), digests.digest(&secret, &key(1)));
        assert_eq!((digests.to_save(), digests.to_keep(&secret, &key(1))), (vec![], None));
    }

    /// What is kept of a key's secret, and who reads it after a restart.
    struct Kept {
        store: Store,
        under: DigestKey,
        key: KeyRecord,
        row: Vec<u8>,
    }

    impl Kept {
        fn new() -> Self {
            let (store, under) = (Store::memory().unwrap(), DigestKey::random().unwrap());
            let key = sample::key('A', Scope::All);
            let digests = Digests::kept_under(under.clone());
            let kept = digests.to_keep(&Secret::new("s"), &key);
            let edit = Edit::create(key.clone(), true).proving(kept);
            store.write(|writer| writer.apply(&edit, AUTHOR, Timestamp::default())).unwrap();
            let digest = kept.unwrap().digest;
            // A map of two fields: 0 is the generation, 1 the digest.
            let row = [&[0xa2, 0x00, 0x01, 0x01, 0x58, 0x20][..], &digest.as_bytes()].concat();
            Self { store, under, key, row }
        }

        /// Whether the right secret needs no slow hash, with this in the place of the row.
        fn proves(&self, row: &[u8]) -> bool {
            self.store
                .write(|writer| {
                    writer.put_digest_row(&self.key.id, row);
                    Ok(())
                })
                .unwrap();
            self.is_proven(&Digests::kept_under(self.under.clone()), &self.key)
        }

        fn is_proven(&self, digests: &Digests, key: &KeyRecord) -> bool {
            let digest = digests.digest(&Secret::new("s"), key);
            self.store.read(|rows| digests.is_proven(rows, key, &digest)).unwrap()
        }
    }

    #[test]
    fn what_is_kept_proves_its_secret_once_more_and_no_other() {
        let kept = Kept::new();
        assert!(kept.proves(&kept.row));
        let digests = Digests::kept_under(kept.under.clone());
        let wrong = digests.digest(&Secret::new("t"), &kept.key);
        assert!(!kept.store.read(|rows| digests.is_proven(rows, &kept.key, &wrong)).unwrap());
        assert!(kept.is_proven(&digests, &kept.key));
        assert_eq!(digests.to_save(), [], "it is in the store already");
    }

    #[test]
    fn damage_anywhere_in_what_is_kept_proves_nothing_and_is_no_error() {
        let kept = Kept::new();
        for bit in 0..kept.row.len() * 8 {
            let mut row = kept.row.clone();
            row[bit / 8] ^= 1 << (bit % 8);
            assert!(!kept.proves(&row), "bit {bit}");
        }
        for len in 0..kept.row.len() {
            assert!(!kept.proves(&kept.row[..len]), "{len} bytes");
        }
        assert!(!kept.proves(&[&kept.row[..], &[0]].concat()));
        assert!(kept.proves(&kept.row), "a look that finds nothing proves nothing");
    }

    #[test]
    fn what_is_kept_of_another_proves_nothing() {
        let kept = Kept::new();
        let row = |proven: Option<Proven>| {
            let proven = proven.unwrap();
            let generation = u8::try_from(proven.generation).unwrap();
            [&[0xa2, 0x00, generation, 0x01, 0x58, 0x20][..], &proven.digest.as_bytes()].concat()
        };
        let secret = Secret::new("s");
        let digests = |under: &DigestKey| Digests::kept_under(under.clone());
        let ours = digests(&kept.under);
        let elsewhere = digests(&DigestKey::random().unwrap());
        let other_store =
            KeyRecord { hash: SlowHash { hash: [9; 32], ..kept.key.hash.clone() }, ..kept.key.clone() };
        for (what, row) in [
            ("another digests' key", row(elsewhere.to_keep(&secret, &kept.key))),
            (
                "another generation",
                row(ours.to_keep(&secret, &KeyRecord { generation: 2, ..kept.key.clone() })),
            ),
            // With the same id, generation and digests' key, as in a copy of the store that went its own way.
            ("another slow hash", row(ours.to_keep(&secret, &other_store))),
            ("another key's secret", row(ours.to_keep(&Secret::new("t"), &sample::key('B', Scope::All)))),
        ] {
            assert!(!kept.proves(&row), "{what}");
        }
        assert!(
            kept.proves(&row(ours.to_keep(&secret, &kept.key))),
            "a look that finds nothing proves nothing"
        );
    }

    #[test]
    fn without_a_row_or_with_another_digests_key_the_slow_hash_decides() {
        let kept = Kept::new();
        assert!(!kept.is_proven(&Digests::kept_under(DigestKey::random().unwrap()), &kept.key));
        assert!(!kept.is_proven(&Digests::of_this_process().unwrap(), &kept.key));
        kept.store.forget_digests().unwrap();
        assert!(!kept.is_proven(&Digests::kept_under(kept.under.clone()), &kept.key));
    }
}
