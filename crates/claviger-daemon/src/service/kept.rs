//! Owns the grants of the newest revision: as long as nothing changes, the same question has the same answer. Must not find one, nor
//! keep any beyond its revision.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, OnceLock};

use claviger_api::Scope;
use claviger_api::object::Verification;

use crate::sync::{PoisonError, RwLock};
use crate::token::Digest;

/// How much is kept of what was asked lately, and as much again of what was asked before. Bytes, roughly.
const ROOM: usize = 4 << 20;

/// What a grant takes beside the accounts of its scope, and each of these beside its id, which is there twice: in the scope and in
/// the text. Bytes, roughly.
const GRANT: usize = 1024;
const ACCOUNT: usize = 50;

/// A grant, with the texts that whoever answers makes of it.
#[derive(Debug)]
pub struct Grant {
    verification: Verification,
    body: OnceLock<String>,
    head: OnceLock<String>,
}

/// What a text of a grant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What is granted.
    Body,
    /// What an answer to a gateway begins with.
    Head,
}

/// What is granted decides; its text follows from that.
impl PartialEq for Grant {
    fn eq(&self, other: &Self) -> bool {
        self.verification == other.verification
    }
}

impl Eq for Grant {}

impl Grant {
    fn new(verification: Verification) -> Self {
        Self { verification, body: OnceLock::new(), head: OnceLock::new() }
    }

    /// What is granted.
    #[must_use]
    pub fn verification(&self) -> &Verification {
        &self.verification
    }

    /// A text that depends on nothing but what is granted, and is made when it is first wanted.
    #[must_use]
    pub fn text(&self, form: Form, make: impl FnOnce(&Verification) -> String) -> &str {
        let text = match form {
            Form::Body => &self.body,
            Form::Head => &self.head,
        };
        text.get_or_init(|| make(&self.verification))
    }

    fn weight(&self) -> usize {
        let accounts = match &self.verification.scope {
            Scope::All => 0,
            Scope::Only(accounts) => accounts.iter().map(|id| ACCOUNT + 2 * id.as_str().len()).sum(),
        };
        GRANT + accounts
    }
}

/// Grants by the digest of what was asked. A new revision, which is any change of keys, accounts or settings, empties it.
#[derive(Default)]
pub(super) struct KeptGrants(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    revision: u64,
    lately: Grants,
    weight: usize,
    before: Grants,
}

type Grants = HashMap<[u8; 32], Arc<Grant>, BuildHasherDefault<Taken>>;

/// Takes a part of a digest, which nobody can choose, for its hash.
#[derive(Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= bytes.first_chunk().map_or(0, |part| u64::from_le_bytes(*part));
    }

    // An array says how long it is, which is the same for all.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl KeptGrants {
    /// The grant that just this question had at this revision.
    pub(super) fn find(&self, revision: u64, asked: &Digest) -> Option<Arc<Grant>> {
        let asked = asked.as_bytes();
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if kept.revision != revision {
            return None;
        }
        if let Some(grant) = kept.lately.get(&asked) {
            return Some(Arc::clone(grant));
        }
        let grant = Arc::clone(kept.before.get(&asked)?);
        drop(kept);
        self.put(revision, asked, Arc::clone(&grant));
        Some(grant)
    }

    /// Keeps a grant for as long as nothing changes.
    pub(super) fn keep(&self, asked: &Digest, granted: Verification) -> Arc<Grant> {
        let revision = granted.revision;
        let grant = Arc::new(Grant::new(granted));
        if grant.weight() <= ROOM / 4 {
            self.put(revision, asked.as_bytes(), Arc::clone(&grant));
        }
        grant
    }

    fn put(&self, revision: u64, asked: [u8; 32], grant: Arc<Grant>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.revision > revision {
            return;
        }
        if kept.revision < revision {
            *kept = Kept { revision, ..Kept::default() };
        }
        if kept.weight >= ROOM {
            (kept.before, kept.weight) = (std::mem::take(&mut kept.lately), 0);
        }
        kept.weight += grant.weight();
        kept.lately.insert(asked, grant);
    }
}

#[cfg(test)]
mod tests {
    use claviger_api::object::KeyIdentity;
    use claviger_api::{AccountId, KeyId, Secret};

    use super::super::digests::Digests;
    use super::*;

    fn granted(revision: u64) -> Verification {
        let id = KeyId::from_body("4fX9aQ2LmN7b").unwrap();
        Verification { key: KeyIdentity { id, name: "k".into() }, scope: Scope::All, account: None, revision }
    }

    fn asked(digests: &Digests, number: usize) -> Digest {
        digests.asked(&Secret::new(number.to_string()), None)
    }

    #[test]
    fn a_grant_is_kept_for_its_revision_and_its_question_only() {
        let (digests, kept) = (Digests::of_this_process().unwrap(), KeptGrants::default());
        let question = asked(&digests, 1);
        kept.keep(&question, granted(7));
        assert!(kept.find(7, &question).is_some());
        assert!(kept.find(7, &asked(&digests, 2)).is_none());
        assert!(kept.find(6, &question).is_none() && kept.find(8, &question).is_none());
        kept.keep(&asked(&digests, 2), granted(8));
        assert!(kept.find(7, &question).is_none() && kept.find(8, &question).is_none());
    }

    #[test]
    fn a_late_grant_of_an_older_revision_is_not_kept() {
        let (digests, kept) = (Digests::of_this_process().unwrap(), KeptGrants::default());
        kept.keep(&asked(&digests, 1), granted(8));
        kept.keep(&asked(&digests, 2), granted(7));
        assert!(kept.find(8, &asked(&digests, 2)).is_none() && kept.find(7, &asked(&digests, 2)).is_none());
        assert!(kept.find(8, &asked(&digests, 1)).is_some());
    }

    #[test]
    fn a_scope_of_ten_thousand_accounts_is_kept_and_one_that_would_crowd_out_the_others_is_not() {
        let (digests, kept) = (Digests::of_this_process().unwrap(), KeptGrants::default());
        for (accounts, is_kept) in [(10_000, true), (20_000, false)] {
            let question = asked(&digests, accounts);
            let id = |number| AccountId::parse(&format!("acc_{number:012}")).unwrap();
            kept.keep(&question, Verification { scope: (0..accounts).map(id).collect(), ..granted(7) });
            assert_eq!(kept.find(7, &question).is_some(), is_kept, "{accounts} accounts");
        }
    }

    #[test]
    fn what_is_asked_again_and_again_stays_and_what_is_not_makes_room() {
        let (digests, kept) = (Digests::of_this_process().unwrap(), KeptGrants::default());
        for number in 0..5 * ROOM / GRANT {
            kept.keep(&asked(&digests, number + 1), granted(7));
            if number == 0 {
                kept.keep(&asked(&digests, 0), granted(7));
            }
            assert!(kept.find(7, &asked(&digests, 0)).is_some(), "after {number}");
        }
        let kept = kept.0.read().unwrap();
        assert!(kept.lately.len() + kept.before.len() <= 2 * ROOM / GRANT);
        assert!(!kept.before.contains_key(&asked(&digests, 1).as_bytes()));
    }
}
