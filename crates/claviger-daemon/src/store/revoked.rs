//! Owns the rows of what died: their form, and which of them one file has and another has not. Must not decide what follows
//! from them.

use std::collections::BTreeSet;

use claviger_api::{AccountId, KeyId};
use minicbor::{Decode, Encode};
use redb::{ReadableTable, WriteTransaction};

use super::StoreError;
use super::record::{decode, encode};
use super::tables::{REVOCATIONS, Tables};
use crate::domain::Revocation;

/// Something that died, with the revision that the store had when it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The revision of the change.
    pub revision: u64,
    /// What died.
    pub what: Revocation,
}

/// Every field is there for some kinds only; which kinds there are is a number of its own.
#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredRevocation<'a> {
    #[n(0)]
    kind: u8,
    #[b(1)]
    key: Option<&'a str>,
    #[n(2)]
    generation: Option<u64>,
    #[b(3)]
    accounts: Option<Vec<&'a str>>,
}

const KEY_DELETED: u8 = 1;
const SECRET_RETIRED: u8 = 2;
const SCOPE_NARROWED: u8 = 3;
const ACCOUNT_DISCONNECTED: u8 = 4;
const STORAGE_MODE_OFF: u8 = 5;

pub(super) fn encode_revocation(what: &Revocation) -> Vec<u8> {
    let row = |kind| StoredRevocation { kind, key: None, generation: None, accounts: None };
    let of_key = |kind, key| StoredRevocation { key: Some(key), ..row(kind) };
    match what {
        Revocation::KeyDeleted(key) => encode(&of_key(KEY_DELETED, key.body())),
        Revocation::SecretRetired { key, generation } => {
            encode(&StoredRevocation { generation: Some(*generation), ..of_key(SECRET_RETIRED, key.body()) })
        }
        Revocation::ScopeNarrowed { key, to } => {
            let accounts = Some(to.iter().map(AccountId::as_str).collect());
            encode(&StoredRevocation { accounts, ..of_key(SCOPE_NARROWED, key.body()) })
        }
        Revocation::AccountDisconnected(account) => {
            let accounts = Some(vec![account.as_str()]);
            encode(&StoredRevocation { accounts, ..row(ACCOUNT_DISCONNECTED) })
        }
        Revocation::StorageModeOff => encode(&row(STORAGE_MODE_OFF)),
    }
}

pub(super) fn decode_revocation(bytes: &[u8]) -> Result<Revocation, StoreError> {
    let StoredRevocation { kind, key, generation, accounts } = decode(bytes)?;
    let damaged = || StoreError::Damaged("a revocation does not read");
    let key = key.map(|body| KeyId::from_body(body).ok_or_else(damaged)).transpose()?;
    let accounts: Option<BTreeSet<AccountId>> = accounts
        .map(|ids| ids.into_iter().map(|id| AccountId::parse(id).ok_or_else(damaged)).collect())
        .transpose()?;
    match (kind, key, generation, accounts) {
        (KEY_DELETED, Some(key), None, None) => Ok(Revocation::KeyDeleted(key)),
        (SECRET_RETIRED, Some(key), Some(generation), None) => {
            Ok(Revocation::SecretRetired { key, generation })
        }
        (SCOPE_NARROWED, Some(key), None, Some(to)) => Ok(Revocation::ScopeNarrowed { key, to }),
        (ACCOUNT_DISCONNECTED, None, None, Some(mut accounts)) if accounts.len() == 1 => {
            accounts.pop_first().map(Revocation::AccountDisconnected).ok_or_else(damaged)
        }
        (STORAGE_MODE_OFF, None, None, None) => Ok(Revocation::StorageModeOff),
        _ => Err(damaged()),
    }
}

/// Writes rows; those that are there already stay.
pub(super) fn put(transaction: &WriteTransaction, rows: &[Revoked]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(REVOCATIONS)?;
    for Revoked { revision, what } in rows {
        let row = encode_revocation(what);
        table.insert((*revision, &digest(&row)), row.as_slice())?;
    }
    Ok(())
}

/// The rows that one file has and another has not.
pub(super) fn lacking(known: &impl Tables, all: &impl Tables) -> Result<Vec<Revoked>, StoreError> {
    let (known, all) = (known.table(REVOCATIONS)?, all.table(REVOCATIONS)?);
    let mut known = known.iter()?;
    let mut next_known = || known.next().map(|row| row.map(|(place, _)| owned(place.value()))).transpose();
    let mut next = next_known()?;
    let mut lacking = Vec::new();
    for row in all.iter()? {
        let (place, what) = row?;
        let place = owned(place.value());
        while next.is_some_and(|known| known < place) {
            next = next_known()?;
        }
        if next != Some(place) {
            lacking.push(Revoked { revision: place.0, what: decode_revocation(what.value())? });
        }
    }
    Ok(lacking)
}

fn owned((revision, digest): (u64, &[u8; 16])) -> (u64, [u8; 16]) {
    (revision, *digest)
}

/// Tells rows of one revision apart, and rows that two stores gave the same number.
fn digest(row: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&blake3::hash(row).as_bytes()[..16]);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> KeyId {
        KeyId::from_body("4fX9aQ2LmN7b").unwrap()
    }

    fn all_kinds() -> Vec<Revocation> {
        let account = |id: &str| AccountId::parse(id).unwrap();
        vec![
            Revocation::KeyDeleted(key()),
            Revocation::SecretRetired { key: key(), generation: 3 },
            Revocation::ScopeNarrowed { key: key(), to: BTreeSet::new() },
            Revocation::ScopeNarrowed { key: key(), to: [account("a"), account("b")].into() },
            Revocation::AccountDisconnected(account("a")),
            Revocation::StorageModeOff,
        ]
    }

    #[test]
    fn a_revocation_reads_as_it_was_written() {
        for what in all_kinds() {
            assert_eq!(decode_revocation(&encode_revocation(&what)).unwrap(), what);
        }
    }

    #[test]
    fn a_row_that_lacks_or_has_too_much_of_what_its_kind_has_is_damage() {
        let none = |kind| StoredRevocation { kind, key: None, generation: None, accounts: None };
        for kind in [0, KEY_DELETED, SECRET_RETIRED, SCOPE_NARROWED, ACCOUNT_DISCONNECTED, 6] {
            assert!(decode_revocation(&encode(&none(kind))).is_err(), "{kind}");
            let (key, accounts) = (Some("4fX9aQ2LmN7b"), Some(vec!["a", "b"]));
            let full = StoredRevocation { kind, key, generation: Some(1), accounts };
            assert!(decode_revocation(&encode(&full)).is_err(), "{kind}");
        }
        let other = StoredRevocation { key: Some("4fX9aQ2LmN7b"), ..none(STORAGE_MODE_OFF) };
        assert!(decode_revocation(&encode(&other)).is_err());
    }
}
