//! Owns redb and nothing else: one closure is one transaction. Must not decide a rule.

mod ballast;
mod consistency;
#[cfg(test)]
pub(crate) mod disks;
mod error;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod inspect;
mod migrate;
mod open;
mod overlay;
mod record;
mod rows;
mod tables;
mod write;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use redb::{Database, ReadableDatabase};

use crate::sync::{Mutex, RwLock, RwLockReadGuard};
use ballast::Ballast;
pub use ballast::{FILE_NAME as BALLAST_NAME, Room, holds_room};
pub use consistency::check;
pub use error::{OpenError, StoreError};
pub use inspect::{Closing, Inspection, inspect};
pub use migrate::SCHEMA;
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
    /// Opens the file again; `None` for memory, which cannot fail.
    opener: Option<Opener>,
    /// Room that is kept for revoking; `None` for memory, which is never full.
    ballast: Option<Ballast>,
    /// Empty only while a failed file could not be opened again. Readers hold the lock for one transaction, so that
    /// whoever opens the file again knows that nobody still has the old one.
    database: RwLock<Option<Database>>,
    /// When a failed file was last tried.
    tried_again: Mutex<Option<Instant>>,
}

/// Opens a store's database, with its integrity checked.
type Opener = Box<dyn Fn() -> Result<Database, OpenError> + Send + Sync>;

/// How often a file that could not be opened again is tried.
const TRY_AGAIN: Duration = Duration::from_secs(1);

impl Store {
    /// Runs one read transaction: all that it sees is of one moment.
    ///
    /// # Errors
    /// The store failed, or what `read` returns.
    pub fn read<T>(&self, read: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let result = self.read_once(read);
        // After one failure redb fails whatever it has not in memory, until the file is opened again. Where nothing but
        // reading goes on, nobody else would.
        if let Err(StoreError::Failed(redb::Error::Io(_) | redb::Error::PreviousIo)) = &result {
            tracing::warn!("a read failed: opening the store again");
            let _ = self.try_again();
        }
        result
    }

    fn read_once<T>(&self, read: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let database = self.open_database()?;
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
        let database = self.open_database()?;
        let mut transaction = database.as_ref().ok_or(StoreError::Unavailable)?.begin_write()?;
        transaction.set_quick_repair(true);
        let mut writer = Writer::new(transaction);
        let result = write(&mut writer)?;
        writer.commit()?;
        Ok(result)
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
            tracing::warn!(%error, "the store still does not open");
            StoreError::Unavailable
        })
    }

    /// How much room there is to write.
    pub fn room(&self) -> Room {
        self.ballast.as_ref().map_or(Room::Plenty, Ballast::room)
    }

    /// Makes room for revoking on a full disk; `false` where there is none to be made.
    pub fn spend_ballast(&self) -> bool {
        self.ballast.as_ref().is_some_and(Ballast::spend)
    }

    /// Whether room is kept for revoking.
    #[must_use]
    pub fn has_ballast(&self) -> bool {
        self.ballast.as_ref().is_none_or(Ballast::is_there)
    }

    /// The size of the store's file. Bytes; 0 for memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.path.as_ref().and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len())
    }
}
