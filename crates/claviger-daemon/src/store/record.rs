//! Owns how rows are written as bytes. Must not know tables.

use std::collections::BTreeSet;

use claviger_api::{Account, AccountId, Action, Entry, KeyId, Scope, Timestamp};
use minicbor::{Decode, Decoder, Encode};

use super::StoreError;
use crate::domain::{KeyRecord, Proven};
use crate::token::{Digest, HashingCost, SlowHash};

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredKey<'a> {
    /// First, so that it is read without the rest: see [`decode_generation`].
    #[n(0)]
    generation: u64,
    #[b(1)]
    name: &'a str,
    #[b(2)]
    hint: &'a str,
    #[b(3)]
    hash: StoredHash<'a>,
    #[n(4)]
    created_at: i64,
    #[n(5)]
    rotated_at: Option<i64>,
    #[n(6)]
    version: u64,
    #[b(7)]
    scope: StoredScope<'a>,
    #[n(8)]
    suspended_at: Option<i64>,
    #[n(9)]
    #[cbor(default)]
    needs_rotation: bool,
}

/// Two variants with numbers of their own: no missing field can turn one into the other.
#[derive(Encode, Decode)]
enum StoredScope<'a> {
    #[n(1)]
    All,
    #[n(2)]
    Only(#[b(0)] Vec<&'a str>),
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredHash<'a> {
    #[n(0)]
    memory_kib: u32,
    #[n(1)]
    iterations: u32,
    #[n(2)]
    parallelism: u32,
    #[cbor(b(3), with = "minicbor::bytes")]
    salt: &'a [u8],
    #[cbor(b(4), with = "minicbor::bytes")]
    hash: &'a [u8],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredAccount<'a> {
    #[b(0)]
    name: &'a str,
    #[b(1)]
    institution: Option<&'a str>,
    #[b(2)]
    mask: Option<&'a str>,
    #[b(3)]
    kind: Option<&'a str>,
    #[n(4)]
    connected_at: i64,
    #[n(5)]
    version: u64,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredEntry<'a> {
    #[n(0)]
    at: i64,
    #[b(1)]
    action: &'a str,
    #[b(2)]
    key_id: Option<&'a str>,
    #[b(3)]
    key_name: Option<&'a str>,
    #[b(4)]
    account_id: Option<&'a str>,
    #[n(5)]
    uid: u32,
    #[n(6)]
    pid: Option<i32>,
    #[b(7)]
    detail: Option<&'a str>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredDigest<'a> {
    #[n(0)]
    generation: u64,
    #[cbor(b(1), with = "minicbor::bytes")]
    digest: &'a [u8],
}

pub(super) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    // Writing into memory cannot fail.
    let written: Result<(), minicbor::encode::Error<std::convert::Infallible>> =
        minicbor::encode(value, &mut bytes);
    debug_assert!(written.is_ok());
    bytes
}

pub(super) fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, StoreError> {
    if !is_in_form(bytes) {
        return Err(StoreError::Damaged("a row has not the form of one"));
    }
    minicbor::decode(bytes).map_err(|_| StoreError::Damaged("a row does not read"))
}

/// Whether a row is a map whose fields stand in the order of their numbers, each once, and nothing behind them. The
/// derived readers take the last of two fields with one number and pass over what is behind, so that such a row could
/// have two scopes, or two generations.
fn is_in_form(row: &[u8]) -> bool {
    let mut decoder = Decoder::new(row);
    let Ok(Some(count)) = decoder.map() else { return false };
    let mut last = None;
    for _ in 0..count {
        match decoder.u32() {
            Ok(field) if last.is_none_or(|last| last < field) && decoder.skip().is_ok() => last = Some(field),
            _ => return false,
        }
    }
    decoder.position() == row.len()
}

pub(super) fn encode_key(key: &KeyRecord) -> Vec<u8> {
    let scope = match &key.scope {
        Scope::All => StoredScope::All,
        Scope::Only(accounts) => StoredScope::Only(accounts.iter().map(AccountId::as_str).collect()),
    };
    encode(&StoredKey {
        name: &key.name,
        hint: &key.hint,
        scope,
        created_at: key.created_at.as_millis(),
        rotated_at: key.rotated_at.map(Timestamp::as_millis),
        generation: key.generation,
        version: key.version,
        suspended_at: key.suspended_at.map(Timestamp::as_millis),
        needs_rotation: key.needs_rotation,
        hash: StoredHash {
            memory_kib: key.hash.cost.memory_kib(),
            iterations: key.hash.cost.iterations(),
            parallelism: key.hash.cost.parallelism(),
            salt: &key.hash.salt,
            hash: &key.hash.hash,
        },
    })
}

/// Reads a key's generation alone: what is done before a secret is proven costs the same whatever the key's scope.
pub(super) fn decode_generation(bytes: &[u8]) -> Result<u64, StoreError> {
    let mut row = Decoder::new(bytes);
    let first = row.map().and_then(|_| row.u32()).and_then(|field| Ok((field, row.u64()?)));
    match first {
        Ok((0, generation)) => Ok(generation),
        _ => Err(StoreError::Damaged("a key's row does not begin with its generation")),
    }
}

pub(super) fn decode_key(id: KeyId, bytes: &[u8]) -> Result<KeyRecord, StoreError> {
    let stored: StoredKey<'_> = decode(bytes)?;
    let scope = match stored.scope {
        StoredScope::All => Scope::All,
        StoredScope::Only(ids) => {
            Scope::Only(ids.into_iter().map(account_id).collect::<Result<BTreeSet<_>, _>>()?)
        }
    };
    let cost = HashingCost::new(stored.hash.memory_kib, stored.hash.iterations, stored.hash.parallelism)
        .map_err(|_| StoreError::Damaged("a hash has a cost out of bounds"))?;
    let length = |_| StoreError::Damaged("a hash has another length");
    Ok(KeyRecord {
        id,
        name: stored.name.to_owned(),
        hint: stored.hint.to_owned(),
        scope,
        created_at: Timestamp::from_millis(stored.created_at),
        rotated_at: stored.rotated_at.map(Timestamp::from_millis),
        generation: stored.generation,
        version: stored.version,
        hash: SlowHash {
            cost,
            salt: stored.hash.salt.try_into().map_err(length)?,
            hash: stored.hash.hash.try_into().map_err(length)?,
        },
        suspended_at: stored.suspended_at.map(Timestamp::from_millis),
        needs_rotation: stored.needs_rotation,
    })
}

pub(super) fn encode_account(account: &Account) -> Vec<u8> {
    encode(&StoredAccount {
        name: &account.name,
        institution: account.institution.as_deref(),
        mask: account.mask.as_deref(),
        kind: account.kind.as_deref(),
        connected_at: account.connected_at.as_millis(),
        version: account.version,
    })
}

pub(super) fn decode_account(id: &str, bytes: &[u8]) -> Result<Account, StoreError> {
    let stored: StoredAccount<'_> = decode(bytes)?;
    Ok(Account {
        id: account_id(id)?,
        name: stored.name.to_owned(),
        institution: stored.institution.map(str::to_owned),
        mask: stored.mask.map(str::to_owned),
        kind: stored.kind.map(str::to_owned),
        connected_at: Timestamp::from_millis(stored.connected_at),
        version: stored.version,
    })
}

pub(super) fn encode_digest(proven: &Proven) -> Vec<u8> {
    encode(&StoredDigest { generation: proven.generation, digest: &proven.digest.as_bytes() })
}

pub(super) fn decode_digest(id: KeyId, bytes: &[u8]) -> Result<Proven, StoreError> {
    let stored: StoredDigest<'_> = decode(bytes)?;
    let digest = stored.digest.try_into().map_err(|_| StoreError::Damaged("a digest has another length"))?;
    Ok(Proven { id, generation: stored.generation, digest: Digest::from_bytes(digest) })
}

pub(super) fn encode_entry(entry: &Entry) -> Vec<u8> {
    let key_id = entry.key_id.map(|id| id.to_string());
    encode(&StoredEntry {
        at: entry.at.as_millis(),
        action: entry.action.text(),
        key_id: key_id.as_deref(),
        key_name: entry.key_name.as_deref(),
        account_id: entry.account_id.as_ref().map(AccountId::as_str),
        uid: entry.uid,
        pid: entry.pid,
        detail: entry.detail.as_deref(),
    })
}

pub(super) fn decode_entry(seq: u64, bytes: &[u8]) -> Result<Entry, StoreError> {
    let stored: StoredEntry<'_> = decode(bytes)?;
    let key_id = |text: &str| KeyId::parse(text).ok_or(StoreError::Damaged("an entry names no key"));
    Ok(Entry {
        seq,
        at: Timestamp::from_millis(stored.at),
        action: Action::from_text(stored.action)
            .ok_or(StoreError::Damaged("an entry has an unknown action"))?,
        key_id: stored.key_id.map(key_id).transpose()?,
        key_name: stored.key_name.map(str::to_owned),
        account_id: stored.account_id.map(account_id).transpose()?,
        uid: stored.uid,
        pid: stored.pid,
        detail: stored.detail.map(str::to_owned),
    })
}

fn account_id(text: &str) -> Result<AccountId, StoreError> {
    AccountId::parse(text).ok_or(StoreError::Damaged("a row names no account"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::HashMemory;

    fn key(scope: Scope) -> KeyRecord {
        let cost = HashingCost::new(8, 1, 1).unwrap();
        KeyRecord {
            id: KeyId::from_body("4fX9aQ2LmN7b").unwrap(),
            name: "Prod".into(),
            hint: "clv_…".into(),
            scope,
            created_at: Timestamp::from_millis(5),
            rotated_at: Some(Timestamp::from_millis(6)),
            generation: 3,
            version: 4,
            hash: SlowHash::make("s", cost, &mut HashMemory::default()).unwrap(),
            suspended_at: None,
            needs_rotation: false,
        }
    }

    #[test]
    fn a_key_reads_as_it_was_written() {
        let account = |id: &str| AccountId::parse(id).unwrap();
        for scope in [Scope::All, Scope::Only([].into()), [account("a"), account("b")].into_iter().collect()]
        {
            let key = key(scope);
            assert_eq!(decode_key(key.id, &encode_key(&key)).unwrap(), key);
            assert_eq!(decode_generation(&encode_key(&key)).unwrap(), key.generation);
        }
    }

    #[test]
    fn a_cut_row_is_damage_not_a_panic() {
        let key = key(Scope::All);
        let bytes = encode_key(&key);
        for len in 0..bytes.len() {
            assert!(decode_key(key.id, &bytes[..len]).is_err(), "{len}");
        }
    }

    #[test]
    fn a_row_with_a_field_twice_or_out_of_order_or_with_something_behind_is_damage() {
        const ALL: [u8; 4] = [7, 0x82, 1, 0x80];
        let key = key(Scope::Only([].into()));
        let row = encode_key(&key);
        assert!(decode_key(key.id, &row).is_ok());
        let (map, fields) = row.split_first().unwrap();
        for (what, damaged) in [
            ("twice", [&[map + 1], fields, &ALL[..]].concat()),
            ("out of order", [&[map + 1], &ALL[..], fields].concat()),
            ("behind", [&row[..], &ALL[..]].concat()),
            ("of no fixed length", [&[0xbf], fields, &[0xff]].concat()),
        ] {
            assert!(decode_key(key.id, &damaged).is_err(), "{what}");
        }
    }

    #[test]
    fn a_row_of_a_later_version_reads_without_what_is_new() {
        #[derive(Encode)]
        #[cbor(map)]
        struct Later<'a> {
            #[n(0)]
            revision: u64,
            #[n(1)]
            storage_mode: bool,
            #[n(2)]
            newest_at: i64,
            #[n(9)]
            new: &'a str,
        }
        let bytes = encode(&Later { revision: 7, storage_mode: true, newest_at: 1, new: "x" });
        let state: super::super::State = decode(&bytes).unwrap();
        assert_eq!((state.revision, state.storage_mode), (7, true));
    }
}
