//! Owns an open redb file that is opened again after it failed. Must not know what is in it.

use std::time::{Duration, Instant};

use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};

use super::{OpenError, StoreError};
use crate::sync::{Mutex, RwLock, RwLockReadGuard};

/// How often a file that could not be opened again is tried.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Opens a database, with its integrity checked.
pub(super) type Opener = Box<dyn Fn() -> Result<Database, OpenError> + Send + Sync>;

/// A database. After one failure redb fails whatever it has not in memory, until the file is opened again.
pub(super) struct Handle {
    /// Opens the file again; `None` for memory, which cannot fail.
    opener: Option<Opener>,
    /// Empty only while a failed file could not be opened again. Readers hold the lock for one transaction, so that
    /// whoever opens the file again knows that nobody still has the old one.
    database: RwLock<Option<Database>>,
    /// When a failed file was last tried.
    tried_again: Mutex<Option<Instant>>,
}

impl Handle {
    pub(super) fn of(opener: Option<Opener>, database: Database) -> Self {
        Self { opener, database: RwLock::new(Some(database)), tried_again: Mutex::default() }
    }

    /// Runs one read transaction. A read that failed has the file opened again: where nothing but reading goes on, nobody
    /// else would.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let result = self.read_once(read);
        if let Err(StoreError::Failed(redb::Error::Io(_) | redb::Error::PreviousIo)) = &result {
            tracing::warn!("a read failed: opening the file again");
            let _ = self.try_again();
        }
        result
    }

    fn read_once<T>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self.open_database()?;
        let transaction = database.as_ref().ok_or(StoreError::Unavailable)?.begin_read()?;
        read(&transaction)
    }

    /// Runs one write transaction, which `write` commits or gives up.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self.open_database()?;
        let mut transaction = database.as_ref().ok_or(StoreError::Unavailable)?.begin_write()?;
        transaction.set_quick_repair(true);
        write(transaction)
    }

    /// Closes a failed file and opens it again, after which reading tells what is on disk.
    ///
    /// # Errors
    /// It does not open; the file stays unavailable until this succeeds.
    pub(super) fn reopen(&self) -> Result<(), OpenError> {
        let Some(opener) = &self.opener else { return Ok(()) };
        let mut database = self.database.write().map_err(|_| StoreError::Unavailable)?;
        drop(database.take());
        *database = Some(opener()?);
        Ok(())
    }

    /// Forgets when a failed file was last tried, so that the next use tries it.
    #[cfg(test)]
    pub(super) fn forget_trying(&self) {
        *self.tried_again.lock().unwrap() = None;
    }

    /// The open file. One that could not be opened again before is tried once more, at most once a second.
    fn open_database(&self) -> Result<RwLockReadGuard<'_, Option<Database>>, StoreError> {
        let database = self.database.read().map_err(|_| StoreError::Unavailable)?;
        if database.is_some() {
            return Ok(database);
        }
        drop(database);
        self.try_again()?;
        self.database.read().map_err(|_| StoreError::Unavailable)
    }

    /// Opens a failed file again, at most once a second: that reads the whole of it.
    fn try_again(&self) -> Result<(), StoreError> {
        let mut tried = self.tried_again.lock().map_err(|_| StoreError::Unavailable)?;
        if tried.is_some_and(|tried| tried.elapsed() < TRY_AGAIN) {
            return Err(StoreError::Unavailable);
        }
        *tried = Some(Instant::now());
        self.reopen().map_err(|error| {
            tracing::warn!(%error, "a file still does not open");
            StoreError::Unavailable
        })
    }
}
