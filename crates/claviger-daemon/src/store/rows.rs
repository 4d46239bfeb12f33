//! Owns reading: rows and ranges, inside a read or a write transaction. Must not write.

use std::ops::{Bound, ControlFlow};

use claviger_api::{Account, AccountId, Day, Entry, KeyId, Timestamp};
use redb::{ReadableTable, ReadableTableMetadata};

use super::record::{decode, decode_account, decode_digest, decode_entry, decode_key};
use super::tables::{
    ACCOUNT_NAMES, ACCOUNTS, ACTIVITY, DIGESTS, GRANTS, KEY_ACTIVITY, KEY_NAMES, KEYS, META, SECRETS,
    SETTINGS, State, Tables, USAGE, USAGE_DAYS,
};
use super::{StoreError, Writer};
use crate::domain::{KeyRecord, Proven, Usage};
use crate::token::TagKey;

/// What a key's row is stored under.
pub(super) fn row_key(id: &KeyId) -> &[u8; 12] {
    // A key id's body always has 12 characters.
    id.body().as_bytes().try_into().unwrap_or(&[0; 12])
}

/// The id that a row is stored under.
pub(super) fn key_id(bytes: &[u8; 12]) -> Result<KeyId, StoreError> {
    let body = std::str::from_utf8(bytes).ok();
    body.and_then(KeyId::from_body).ok_or(StoreError::Damaged("a key's row has no id"))
}

/// Reads what changes with every commit.
pub(super) fn read_state(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<State, StoreError> {
    let row = table.get("state")?.ok_or(StoreError::Damaged("the state is missing"))?;
    decode(row.value())
}

/// The use that a row tells of.
fn usage_of((used, seen): (Option<i64>, Option<i64>)) -> Usage {
    let time = |ms: Option<i64>| ms.map(Timestamp::from_millis);
    Usage { last_used_at: time(used), retired_secret_seen_at: time(seen) }
}

/// Reads rows. Every answer of one transaction is of one moment.
pub trait Rows {
    /// Opens tables for reading.
    #[doc(hidden)]
    fn tables(&self) -> &impl Tables;

    /// Revision, Storage Mode, newest time.
    fn state(&self) -> Result<State, StoreError> {
        read_state(&self.tables().table(SETTINGS)?)
    }

    /// The number by which a journal knows the store and its backups.
    fn lineage(&self) -> Result<u64, StoreError> {
        let table = self.tables().table(META)?;
        Ok(table.get("lineage")?.ok_or(StoreError::Damaged("the lineage is missing"))?.value())
    }

    /// The key of the tags.
    fn tag_key(&self) -> Result<TagKey, StoreError> {
        let table = self.tables().table(SECRETS)?;
        let row = table.get("tag")?.ok_or(StoreError::Damaged("the tag key is missing"))?;
        let bytes =
            row.value().try_into().map_err(|_| StoreError::Damaged("the tag key has another length"))?;
        Ok(TagKey::from_bytes(bytes))
    }

    /// A key by its id.
    fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, StoreError> {
        let table = self.tables().table(KEYS)?;
        table.get(row_key(id))?.map(|row| decode_key(*id, row.value())).transpose()
    }

    /// The digest that was kept of a key's secret. It proves nothing but that secret, and what it says of itself may be of an
    /// older generation or under another digests' key.
    fn kept_digest(&self, id: &KeyId) -> Result<Option<Proven>, StoreError> {
        let table = self.tables().table(DIGESTS)?;
        table.get(row_key(id))?.map(|row| decode_digest(*id, row.value())).transpose()
    }

    /// Whether no digest is kept.
    fn keeps_no_digest(&self) -> Result<bool, StoreError> {
        Ok(self.tables().table(DIGESTS)?.is_empty()?)
    }

    /// The key that has a folded name.
    fn key_named(&self, folded: &str) -> Result<Option<KeyId>, StoreError> {
        self.tables().table(KEY_NAMES)?.get(folded)?.map(|row| key_id(row.value())).transpose()
    }

    /// When a key was used, as far as it is written.
    fn usage(&self, id: &KeyId) -> Result<Usage, StoreError> {
        let row = self.tables().table(USAGE)?.get(row_key(id))?.map(|row| row.value());
        Ok(row.map_or(Usage::default(), usage_of))
    }

    /// How often a key was granted on each of these days, as far as it is written.
    fn granted_on(&self, id: &KeyId, days: impl Iterator<Item = Day>) -> Result<Vec<u64>, StoreError> {
        let table = self.tables().table(USAGE_DAYS)?;
        days.map(|day| Ok(table.get((day.number(), row_key(id)))?.map_or(0, |row| row.value()))).collect()
    }

    /// Walks the keys in the order of their names, after a folded name, each with that name and its use as far as it is
    /// written, until `take` wants no more.
    fn walk_keys(
        &self,
        after: Option<&str>,
        mut take: impl FnMut(&str, KeyRecord, Usage) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (names, keys, usage) =
            (self.tables().table(KEY_NAMES)?, self.tables().table(KEYS)?, self.tables().table(USAGE)?);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        for row in names.range::<&str>((start, Bound::Unbounded))? {
            let (name, id) = row?;
            let key = keys.get(id.value())?.ok_or(StoreError::Damaged("an index names no key"))?;
            let key = decode_key(key_id(id.value())?, key.value())?;
            let used = usage.get(id.value())?.map_or(Usage::default(), |row| usage_of(row.value()));
            if take(name.value(), key, used).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Up to `limit` keys in the order of their names, after a folded name, each with that name.
    fn keys_after(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, KeyId)>, StoreError> {
        let table = self.tables().table(KEY_NAMES)?;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = table.range::<&str>((start, Bound::Unbounded))?;
        range
            .take(limit)
            .map(|row| {
                row.map_err(StoreError::from)
                    .and_then(|(name, id)| Ok((name.value().to_owned(), key_id(id.value())?)))
            })
            .collect()
    }

    /// How many keys there are.
    fn key_count(&self) -> Result<u64, StoreError> {
        Ok(self.tables().table(KEYS)?.len()?)
    }

    /// The keys whose scope names an account.
    fn holders(&self, account: &AccountId) -> Result<Vec<KeyId>, StoreError> {
        let table = self.tables().table(GRANTS)?;
        let (first, last) = ([0; 12], [u8::MAX; 12]);
        let range = table.range((account.as_str(), &first)..=(account.as_str(), &last))?;
        range
            .map(|row| row.map_err(StoreError::from).and_then(|(grant, _)| key_id(grant.value().1)))
            .collect()
    }

    /// An account by its id.
    fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let table = self.tables().table(ACCOUNTS)?;
        table.get(id.as_str())?.map(|row| decode_account(id.as_str(), row.value())).transpose()
    }

    /// Whether there is an account with this id; its row is not read.
    fn has_account(&self, id: &AccountId) -> Result<bool, StoreError> {
        Ok(self.tables().table(ACCOUNTS)?.get(id.as_str())?.is_some())
    }

    /// Up to `limit` accounts in the order of their names, after a folded name and id, each with that name.
    fn accounts_after(
        &self,
        after: Option<(&str, &str)>,
        limit: usize,
    ) -> Result<Vec<(String, Account)>, StoreError> {
        let names = self.tables().table(ACCOUNT_NAMES)?;
        let accounts = self.tables().table(ACCOUNTS)?;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = names.range::<(&str, &str)>((start, Bound::Unbounded))?;
        let mut found = Vec::new();
        for row in range.take(limit) {
            let place = row?.0;
            let (name, id) = place.value();
            let account = accounts.get(id)?.ok_or(StoreError::Damaged("a name has no account"))?;
            found.push((name.to_owned(), decode_account(id, account.value())?));
        }
        Ok(found)
    }

    /// How many accounts there are.
    fn account_count(&self) -> Result<u64, StoreError> {
        Ok(self.tables().table(ACCOUNTS)?.len()?)
    }

    /// Up to `limit` audit entries, newest first, before a sequence number.
    fn entries_before(&self, before: Option<u64>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let table = self.tables().table(ACTIVITY)?;
        let range = table.range::<u64>(..before.unwrap_or(u64::MAX))?;
        range
            .rev()
            .take(limit)
            .map(|row| {
                row.map_err(StoreError::from)
                    .and_then(|(seq, entry)| decode_entry(seq.value(), entry.value()))
            })
            .collect()
    }

    /// Up to `limit` audit entries about a key, newest first, before a sequence number.
    fn entries_of_key_before(
        &self,
        key: &KeyId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let index = self.tables().table(KEY_ACTIVITY)?;
        let entries = self.tables().table(ACTIVITY)?;
        let id = row_key(key);
        let range = index.range::<(&[u8; 12], u64)>((id, 0)..(id, before.unwrap_or(u64::MAX)))?;
        let mut found = Vec::new();
        for row in range.rev().take(limit) {
            let seq = row?.0.value().1;
            let entry = entries.get(seq)?.ok_or(StoreError::Damaged("an index names no entry"))?;
            found.push(decode_entry(seq, entry.value())?);
        }
        Ok(found)
    }
}

impl Rows for redb::ReadTransaction {
    fn tables(&self) -> &impl Tables {
        self
    }
}

impl Rows for Writer {
    fn tables(&self) -> &impl Tables {
        self.transaction()
    }
}
