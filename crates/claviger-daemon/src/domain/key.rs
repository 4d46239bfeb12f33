//! Owns what a key is and what an edit makes of it.

use std::collections::BTreeSet;

use claviger_api::{AccountId, Key, KeyId, Name, Scope, Timestamp};

use super::Usage;
use crate::token::SlowHash;

/// A key as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Never changes and is never reused.
    pub id: KeyId,
    /// Was a [`Name`] when it was written.
    pub name: String,
    /// What a list shows of its secret.
    pub hint: String,
    /// Which accounts it may see.
    pub scope: Scope,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last rotated.
    pub rotated_at: Option<Timestamp>,
    /// How many secrets it has had.
    pub generation: u64,
    /// Grows by one when name, scope, secret or suspension changes.
    pub version: u64,
    /// The slow hash of its secret; where it needs rotation, of one that is dead.
    pub hash: SlowHash,
    /// Since when it opens nothing until an operator releases it: it was restored, and nobody knows what died since.
    pub suspended_at: Option<Timestamp>,
    /// Whether it has no living secret: it was restored, and had been rotated since.
    pub needs_rotation: bool,
}

impl KeyRecord {
    /// The key as methods return it.
    #[must_use]
    pub fn shown(self, usage: Usage) -> Key {
        Key {
            id: self.id,
            name: self.name,
            hint: self.hint,
            scope: self.scope,
            created_at: self.created_at,
            rotated_at: self.rotated_at,
            last_used_at: usage.last_used_at,
            retired_secret_seen_at: usage.retired_secret_seen_at,
            suspended_at: self.suspended_at,
            needs_rotation: self.needs_rotation,
            version: self.version,
        }
    }

    /// Whether a right secret opens anything.
    #[must_use]
    pub fn opens(&self) -> bool {
        self.suspended_at.is_none() && !self.needs_rotation
    }

    /// The key under another name; `None` where that changes nothing.
    #[must_use]
    pub fn renamed(&self, name: &Name) -> Option<Self> {
        (self.name != name.as_str()).then(|| Self { name: name.as_str().to_owned(), ..self.next() })
    }

    /// The key with another scope; `None` where that changes nothing.
    #[must_use]
    pub fn rescoped(&self, scope: &Scope) -> Option<Self> {
        (self.scope != *scope).then(|| Self { scope: scope.clone(), ..self.next() })
    }

    /// The key with another secret: id, name and scope stay.
    #[must_use]
    pub fn rotated(&self, hash: SlowHash, hint: String, at: Timestamp) -> Self {
        let generation = self.generation + 1;
        Self { hash, hint, rotated_at: Some(at), generation, needs_rotation: false, ..self.next() }
    }

    /// The key without the secret that it was restored with, where its secret of `generation` had taken that one's place.
    /// `None` where it is not that old.
    #[must_use]
    pub fn without_secret(&self, generation: u64) -> Option<Self> {
        let is_older = self.generation < generation;
        is_older.then(|| Self { generation, needs_rotation: true, ..self.next() })
    }

    /// The key with no more than these accounts; `None` where it has no more.
    #[must_use]
    pub fn limited_to(&self, limit: &BTreeSet<AccountId>) -> Option<Self> {
        let scope = match &self.scope {
            Scope::All => limit.clone(),
            Scope::Only(accounts) => accounts.intersection(limit).cloned().collect(),
        };
        self.rescoped(&Scope::Only(scope))
    }

    /// The key suspended; `None` where it is already.
    #[must_use]
    pub fn suspended(&self, at: Timestamp) -> Option<Self> {
        self.suspended_at.is_none().then(|| Self { suspended_at: Some(at), ..self.next() })
    }

    /// The key no longer suspended; `None` where it is not.
    #[must_use]
    pub fn released(&self) -> Option<Self> {
        self.suspended_at.is_some().then(|| Self { suspended_at: None, ..self.next() })
    }

    /// The key after an account is gone; `None` where it did not name it. A restricted key stays restricted, to
    /// nothing if need be.
    #[must_use]
    pub fn without_account(&self, account: &AccountId) -> Option<Self> {
        let Scope::Only(accounts) = &self.scope else { return None };
        let mut left = accounts.clone();
        left.remove(account).then(|| Self { scope: Scope::Only(left), ..self.next() })
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

/// The version is another one than the caller expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionConflict;

/// Lets an edit pass when it expects no version or the right one.
///
/// # Errors
/// The version is another one: nothing may be changed.
pub fn check_version(expected: Option<u64>, actual: u64) -> Result<(), VersionConflict> {
    if expected.is_none_or(|expected| expected == actual) { Ok(()) } else { Err(VersionConflict) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{HashMemory, HashingCost};

    fn account(id: &str) -> AccountId {
        AccountId::parse(id).unwrap()
    }

    fn record(scope: Scope) -> KeyRecord {
        let cost = HashingCost::new(8, 1, 1).unwrap();
        KeyRecord {
            id: KeyId::from_body("4fX9aQ2LmN7b").unwrap(),
            name: "Production".into(),
            hint: "clv_4fX9aQ2LmN7b_…k3Qz".into(),
            scope,
            created_at: Timestamp::from_millis(1),
            rotated_at: None,
            generation: 1,
            version: 1,
            hash: SlowHash::make("s", cost, &mut HashMemory::default()).unwrap(),
            suspended_at: None,
            needs_rotation: false,
        }
    }

    #[test]
    fn an_edit_that_changes_nothing_is_none() {
        let key = record(Scope::All);
        assert_eq!(key.renamed(&Name::parse("Production").unwrap()), None);
        assert_eq!(key.rescoped(&Scope::All), None);
    }

    #[test]
    fn version_grows_with_name_scope_and_secret() {
        let key = record(Scope::All);
        assert_eq!(key.renamed(&Name::parse("CI").unwrap()).unwrap().version, 2);
        assert_eq!(key.rescoped(&[account("a")].into_iter().collect()).unwrap().version, 2);
        let rotated = key.rotated(key.hash.clone(), "hint".into(), Timestamp::from_millis(9));
        assert_eq!((rotated.version, rotated.generation), (2, 2));
        assert_eq!((rotated.id, &rotated.name, &rotated.scope), (key.id, &key.name, &key.scope));
    }

    #[test]
    fn losing_the_last_account_leaves_a_key_restricted_to_nothing() {
        let key = record([account("a")].into_iter().collect());
        let emptied = key.without_account(&account("a")).unwrap();
        assert_eq!(emptied.scope, Scope::Only([].into()));
        assert_eq!(emptied.version, 2);
        assert_eq!(key.without_account(&account("b")), None);
        assert_eq!(record(Scope::All).without_account(&account("a")), None);
    }

    #[test]
    fn an_edit_can_expect_a_version() {
        assert_eq!(check_version(None, 7), Ok(()));
        assert_eq!(check_version(Some(7), 7), Ok(()));
        assert_eq!(check_version(Some(6), 7), Err(VersionConflict));
    }
}
