//! Owns keys and accounts for unit tests. Must not be part of the product.

use claviger_api::{Account, AccountId, KeyId, Scope, Timestamp};

use super::KeyRecord;
use crate::token::{HashingCost, SlowHash};

/// A key whose id is this letter twelve times, and whose name is the letter. No secret is its own.
pub(crate) fn key(letter: char, scope: Scope) -> KeyRecord {
    KeyRecord {
        id: KeyId::from_body(&letter.to_string().repeat(12)).unwrap(),
        name: letter.into(),
        hint: String::new(),
        scope,
        created_at: Timestamp::default(),
        rotated_at: None,
        generation: 1,
        version: 1,
        hash: SlowHash { cost: HashingCost::new(8, 1, 1).unwrap(), salt: [0; 16], hash: [0; 32] },
        suspended_at: None,
        needs_rotation: false,
    }
}

/// An account that is called like its id.
pub(crate) fn account(id: &str) -> Account {
    Account {
        id: account_id(id),
        name: id.into(),
        institution: None,
        mask: None,
        kind: None,
        connected_at: Timestamp::default(),
        version: 1,
    }
}

/// An account's id.
pub(crate) fn account_id(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

/// These accounts and no others.
pub(crate) fn only(ids: &[&str]) -> Scope {
    ids.iter().map(|id| account_id(id)).collect()
}
