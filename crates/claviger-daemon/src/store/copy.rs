//! Owns a copy of a store as it is at one moment, row by row, without what is of use on this machine only. Must not know what
//! is in the rows.

use std::fs::File;

use redb::backends::FileBackend;
use redb::{Builder, Key, ReadTransaction, ReadableTable, TableDefinition, Value, WriteTransaction};

use super::file::CACHE_BYTES;
use super::tables::{
    ACCOUNT_NAMES, ACCOUNTS, ACTIVITY, DIGESTS, GRANTS, KEY_ACTIVITY, KEY_NAMES, KEYS, META, REVOCATIONS,
    SECRETS, SETTINGS, USAGE, USAGE_DAYS,
};
use super::{State, StoreError};

/// Writes a whole store into an empty file. Takes as long as the store is large; writers are not held up meanwhile.
///
/// # Errors
/// The store failed, or the file could not be written.
pub fn copy(rows: &ReadTransaction, to: File) -> Result<State, StoreError> {
    let database = Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(FileBackend::new(to)?)?;
    let copy = database.begin_write()?;
    copy_table(rows, &copy, KEYS)?;
    copy_table(rows, &copy, KEY_NAMES)?;
    copy_table(rows, &copy, GRANTS)?;
    copy_table(rows, &copy, USAGE)?;
    copy_table(rows, &copy, USAGE_DAYS)?;
    copy_table(rows, &copy, ACCOUNTS)?;
    copy_table(rows, &copy, ACCOUNT_NAMES)?;
    copy_table(rows, &copy, ACTIVITY)?;
    copy_table(rows, &copy, KEY_ACTIVITY)?;
    copy_table(rows, &copy, REVOCATIONS)?;
    copy_table(rows, &copy, SETTINGS)?;
    copy_table(rows, &copy, SECRETS)?;
    copy_table(rows, &copy, META)?;
    // Their key does not leave the machine, so elsewhere they would be worth nothing.
    copy.open_table(DIGESTS)?;
    copy.commit()?;
    database.close()?;
    super::Rows::state(rows)
}

fn copy_table<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<(), StoreError> {
    let mut copy = to.open_table(table)?;
    for row in from.open_table(table)?.iter()? {
        let (key, value) = row?;
        copy.insert(key.value(), value.value())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use claviger_api::Timestamp;
    use redb::TableHandle;

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
            store.read(|rows| Ok((tables(rows), rows.state()?, rows.lineage()?, rows.account(&account.id)?)))
        };
        assert_eq!(found(&again).unwrap(), found(&store).unwrap());
        let digest = |store: &Store| store.read(|rows| rows.kept_digest(&key.id)).unwrap();
        assert_eq!((digest(&store), digest(&again)), (Some(proven), None), "a digest is for this machine");
    }
}
