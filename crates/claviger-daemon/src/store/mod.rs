//! Owns redb and nothing else: one closure is one transaction. Must not decide a rule.

mod error;
mod migrate;
mod open;
mod record;
mod rows;
mod tables;
mod write;

use std::path::PathBuf;
use std::sync::RwLock;

use redb::{Database, ReadableDatabase};

pub use error::{OpenError, StoreError};
/// One read transaction: all that it sees is of one moment.
pub use redb::ReadTransaction as Reader;
pub use rows::Rows;
pub use tables::State;
pub use write::{Applied, Author, Writer};

/// The name of the store's file inside the data directory.
pub const FILE_NAME: &str = "claviger.redb";

/// The store: one redb file, or memory for tests.
pub struct Store {
    /// Where the file is; `None` for memory.
    path: Option<PathBuf>,
    /// Empty only while a failed file could not be opened again. Readers hold the lock for one transaction, so that
    /// whoever opens the file again knows that nobody still has the old one.
    database: RwLock<Option<Database>>,
}

impl Store {
    /// Runs one read transaction: all that it sees is of one moment.
    ///
    /// # Errors
    /// The store failed, or what `read` returns.
    pub fn read<T>(&self, read: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let database = self.database.read().map_err(|_| StoreError::Unavailable)?;
        let transaction = database.as_ref().ok_or(StoreError::Unavailable)?.begin_read()?;
        read(&transaction)
    }

    /// Runs one write transaction. When this returns `Ok`, all of it is on disk; when it returns an error, whether it
    /// is on disk is not known until [`Store::reopen`] and a look.
    ///
    /// # Errors
    /// The store failed, or what `write` returns.
    pub fn write<T>(
        &self,
        write: impl FnOnce(&mut Writer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self.database.read().map_err(|_| StoreError::Unavailable)?;
        let mut transaction = database.as_ref().ok_or(StoreError::Unavailable)?.begin_write()?;
        transaction.set_quick_repair(true);
        let mut writer = Writer::new(transaction);
        let result = write(&mut writer)?;
        writer.commit()?;
        Ok(result)
    }

    /// The size of the store's file. Bytes; 0 for memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.path.as_ref().and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len())
    }
}
