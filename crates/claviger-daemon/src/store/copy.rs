//! Owns a copy of a store as it is at one moment, row by row, without what is of use on this machine only. Must not know what
//! is in the rows.

use std::fs::File;

use redb::backends::FileBackend;
use redb::{
    Builder, Key, ReadTransaction, ReadableTable, TableDefinition, TableHandle, Value, WriteTransaction,
};

use super::file::CACHE_BYTES;
use super::tables::{
    ACCOUNT_NAMES, ACCOUNTS, ACTIVITY, DIGESTS, GRANTS, KEY_ACTIVITY, KEY_NAMES, KEYS, META, REVOCATIONS,
    SECRETS, SETTINGS, USAGE, USAGE_DAYS,
};
use super::{Snapshot, State, StoreError};

/// Writes a whole store into an empty file. Takes as long as the store is large; writers are not held up meanwhile.
///
/// # Errors
/// The store failed, or the file could not be written.
pub fn copy(store: &Snapshot, to: File) -> Result<State, StoreError> {
    copy_into(store, to, Digests::LeftOut, || true)
}

/// The same with the digests of proven secrets, for as long as it is to go on, which is asked before each row: what is to stand
/// in the store's own place.
///
/// # Errors
/// As [`copy`]; [`StoreError::BrokenOff`] where it was not to go on.
pub(super) fn copy_while(
    store: &Snapshot,
    to: File,
    goes_on: impl Fn() -> bool,
) -> Result<State, StoreError> {
    copy_into(store, to, Digests::Copied, goes_on)
}

/// What becomes of the digests of proven secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digests {
    /// They are copied.
    Copied,
    /// They are not: their key does not leave the machine, so elsewhere they would be worth nothing.
    LeftOut,
}

fn copy_into(
    store: &Snapshot,
    to: File,
    digests: Digests,
    goes_on: impl Fn() -> bool,
) -> Result<State, StoreError> {
    let rows = store.transaction();
    let database = Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(FileBackend::new(to)?)?;
    let copy = database.begin_write()?;
    each_table(&mut Copy { from: rows, to: &copy, digests, goes_on })?;
    copy.commit()?;
    database.close()?;
    super::Rows::state(store)
}

/// What is done with every table of a store.
pub(super) trait EachTable {
    /// Does it with one.
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<(), StoreError>;
}

/// Does something with every table of a store.
pub(super) fn each_table(to_do: &mut impl EachTable) -> Result<(), StoreError> {
    to_do.table(KEYS)?;
    to_do.table(KEY_NAMES)?;
    to_do.table(GRANTS)?;
    to_do.table(USAGE)?;
    to_do.table(USAGE_DAYS)?;
    to_do.table(ACCOUNTS)?;
    to_do.table(ACCOUNT_NAMES)?;
    to_do.table(ACTIVITY)?;
    to_do.table(KEY_ACTIVITY)?;
    to_do.table(REVOCATIONS)?;
    to_do.table(SETTINGS)?;
    to_do.table(SECRETS)?;
    to_do.table(META)?;
    to_do.table(DIGESTS)
}

struct Copy<'a, F> {
    from: &'a ReadTransaction,
    to: &'a WriteTransaction,
    digests: Digests,
    goes_on: F,
}

impl<F: Fn() -> bool> EachTable for Copy<'_, F> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<(), StoreError> {
        let mut copy = self.to.open_table(table)?;
        if self.digests == Digests::LeftOut && table.name() == DIGESTS.name() {
            return Ok(());
        }
        for row in self.from.open_table(table)?.iter()? {
            let (key, value) = row?;
            if !(self.goes_on)() {
                return Err(StoreError::BrokenOff);
            }
            copy.insert(key.value(), value.value())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use claviger_api::Timestamp;

    use super::super::{Author, Rows, Store, check};
    use super::*;
    use crate::domain::{Edit, Proven, sample};
    use crate::token::Digest;

    fn tables(rows: &ReadTransaction) -> BTreeSet<String> {
        rows.list_tables().unwrap().map(|table| table.name().to_owned()).collect()
    }

    #[test]
    fn a_copy_has_every_table_and_is_a_store() {
        let store = Store::memory().unwrap();
        let account = sample::account("a");
        let author = Author { uid: 1000, pid: None };
        let key = sample::key('A', sample::only(&["a"]));
        let digest = Digest::from_bytes([1; 32]);
        let proven = Proven { id: key.id, generation: key.generation, digest };
        let create = Edit::create(key.clone(), true).proving(Some(proven));
        for edit in [Edit::connect(account.clone()), create] {
            store.write(|writer| writer.apply(&edit, author, Timestamp::from_millis(7))).unwrap();
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("copy");
        let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        let state = store.read(|rows| copy(rows, file)).unwrap();
        assert_eq!((state.revision, state.newest_at), (2, 7));
        let again = Store::open(&path).unwrap();
        again.read(check).unwrap();
        let found = |store: &Store| {
            store.read(|rows| {
                Ok((tables(rows.transaction()), rows.state()?, rows.lineage()?, rows.account(&account.id)?))
            })
        };
        assert_eq!(found(&again).unwrap(), found(&store).unwrap());
        let digest = |store: &Store| store.read(|rows| rows.kept_digest(&key.id)).unwrap();
        assert_eq!((digest(&store), digest(&again)), (Some(proven), None), "a digest is for this machine");
    }
}
