//! Owns the store at one moment, with the tables open that every verification looks into. Must not change anything.

use claviger_api::{Account, AccountId, KeyId};
use redb::{AccessGuard, ReadOnlyTable, ReadTransaction};

use super::StoreError;
use super::handle::Moment;
use super::record::{decode_account, decode_generation, decode_key};
use super::rows::{Rows, read_state, row_key};
use super::tables::{ACCOUNTS, KEYS, KeyIdBytes, SETTINGS, State, Tables};
use crate::domain::KeyRecord;

/// The store at one moment: all that it shows is of that moment. The writer makes one with each commit, so that whoever
/// verifies begins no transaction and opens no table.
pub struct Snapshot {
    state: State,
    keys: ReadOnlyTable<KeyIdBytes, &'static [u8]>,
    accounts: ReadOnlyTable<&'static str, &'static [u8]>,
    transaction: ReadTransaction,
}

impl Moment for Snapshot {
    fn at(transaction: ReadTransaction) -> Result<Self, StoreError> {
        let state = read_state(&transaction.open_table(SETTINGS)?)?;
        let (keys, accounts) = (transaction.open_table(KEYS)?, transaction.open_table(ACCOUNTS)?);
        Ok(Self { state, keys, accounts, transaction })
    }
}

impl Snapshot {
    /// The row of a key, of which nothing is read yet.
    ///
    /// # Errors
    /// The store failed.
    pub fn key_row(&self, id: &KeyId) -> Result<Option<KeyRow<'_>>, StoreError> {
        let found = self.keys.get(row_key(id))?;
        Ok(found.map(|row| KeyRow { id: *id, row }))
    }

    pub(super) fn transaction(&self) -> &ReadTransaction {
        &self.transaction
    }
}

impl Rows for Snapshot {
    fn tables(&self) -> &impl Tables {
        &self.transaction
    }

    fn state(&self) -> Result<State, StoreError> {
        Ok(self.state)
    }

    fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, StoreError> {
        self.key_row(id)?.map(|row| row.key()).transpose()
    }

    fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let row = self.accounts.get(id.as_str())?;
        row.map(|row| decode_account(id.as_str(), row.value())).transpose()
    }

    fn has_account(&self, id: &AccountId) -> Result<bool, StoreError> {
        Ok(self.accounts.get(id.as_str())?.is_some())
    }
}

/// A key's row.
pub struct KeyRow<'a> {
    id: KeyId,
    row: AccessGuard<'a, &'static [u8]>,
}

impl KeyRow<'_> {
    /// The key's generation, read without the rest.
    ///
    /// # Errors
    /// The row is damaged.
    pub fn generation(&self) -> Result<u64, StoreError> {
        decode_generation(self.row.value())
    }

    /// The key.
    ///
    /// # Errors
    /// The row is damaged.
    pub fn key(&self) -> Result<KeyRecord, StoreError> {
        decode_key(self.id, self.row.value())
    }
}
