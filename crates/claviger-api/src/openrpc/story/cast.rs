//! Owns who and what the story is about: its accounts, its key, its secrets, its day. Must not say what happens to them.

use crate::id::{AccountId, KeyId, RequestId};
use crate::object::{Account, Key};
use crate::scope::Scope;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Midnight before the story, 2026-11-23T00:00:00Z. Milliseconds since 1970.
const MIDNIGHT: i64 = 1_795_392_000_000;

/// A minute of the story's day.
pub(super) fn at(hour: i64, minute: i64) -> Timestamp {
    Timestamp::from_millis(MIDNIGHT + (hour * 60 + minute) * 60_000)
}

/// Who and what the story is about, as they are when they come on.
pub(super) struct Cast {
    pub(super) key: Key,
    pub(super) everyday: Account,
    pub(super) travel: Account,
    pub(super) request: RequestId,
}

impl Cast {
    pub(super) fn new() -> Option<Self> {
        let everyday = Account {
            id: AccountId::parse("everyday")?,
            name: "Everyday Checking".to_owned(),
            institution: Some("Harbor Credit Union".to_owned()),
            mask: Some("4821".to_owned()),
            kind: Some("checking".to_owned()),
            connected_at: at(8, 20),
            version: 1,
        };
        let travel = Account {
            id: AccountId::parse("acc_EXAMPLEacc02")?,
            name: "Travel Card".to_owned(),
            institution: None,
            mask: None,
            kind: None,
            connected_at: at(8, 21),
            version: 1,
        };
        let id = KeyId::from_body("EXAMPLEkey01")?;
        let key = Key {
            id,
            name: "Budget app".to_owned(),
            hint: hint(id, 1),
            scope: Scope::from_iter([everyday.id.clone()]),
            created_at: at(8, 26),
            rotated_at: None,
            last_used_at: None,
            retired_secret_seen_at: None,
            suspended_at: None,
            needs_rotation: false,
            version: 1,
        };
        Some(Self { key, everyday, travel, request: RequestId::parse("setup-1")? })
    }
}

/// The account after it was updated.
pub(super) fn updated(account: &Account) -> Account {
    Account { mask: None, kind: Some("savings".to_owned()), version: 2, ..account.clone() }
}

/// A secret in its form, which no daemon ever made: the tag could be right in no store that is not its own.
pub(super) fn secret(id: KeyId, generation: u64) -> Secret {
    Secret::new(format!("clv_{}_ThisIsNotARealSecretButAnExampleOfItsForm{generation:08}", id.body()))
}

pub(super) fn hint(id: KeyId, generation: u64) -> String {
    format!("clv_{}_…{generation:04}", id.body())
}
