//! Owns an open redb file that is opened again after it failed. Must not know what is in it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};

use super::moment::{Held, Moments};
use super::{OpenError, StoreError};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

/// How often a file that could not be opened again is tried.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Opens a database, with its integrity checked.
pub(super) type Opener = Box<dyn Fn() -> Result<Database, OpenError> + Send + Sync>;

/// What a reader sees: the database as one commit left it.
pub(super) trait Moment: Sized {
    /// The moment of a transaction.
    ///
    /// # Errors
    /// The database failed, or holds something else.
    fn at(transaction: ReadTransaction) -> Result<Self, StoreError>;
}

impl Moment for ReadTransaction {
    fn at(transaction: ReadTransaction) -> Result<Self, StoreError> {
        Ok(transaction)
    }
}

/// A database. After one failure redb fails whatever it has not in memory, until the file is opened again.
pub(super) struct Handle<M = ReadTransaction> {
    /// Opens the file again; `None` for memory, which cannot fail.
    opener: Option<Opener>,
    /// What the last commit left, for whoever reads; `None` where that could not be looked at. Its lock is held no longer than it
    /// takes to have a share.
    newest: RwLock<Option<Arc<M>>>,
    /// Empty only while a failed file could not be opened again. Readers hold the lock for as long as they read, so that
    /// whoever opens the file again knows that nobody still has the old one.
    database: RwLock<Option<Database>>,
    /// Held from before a commit until what it left is there to be read; and by who puts another file in the place, for as
    /// long as nothing may be written.
    writing: Mutex<()>,
    /// The moments that are held, which are taken back before the file is opened again or replaced.
    moments: Moments<M>,
    /// How often the file was opened again.
    openings: AtomicU64,
    /// When a failed file was last tried.
    tried_again: Mutex<Option<Instant>>,
}

impl<M: Moment> Handle<M> {
    pub(super) fn of(opener: Option<Opener>, database: Database) -> Self {
        let handle = Self {
            opener,
            database: RwLock::default(),
            newest: RwLock::default(),
            writing: Mutex::default(),
            moments: Moments::default(),
            openings: AtomicU64::new(0),
            tried_again: Mutex::default(),
        };
        handle.publish(&database);
        *handle.database.write().unwrap_or_else(PoisonError::into_inner) = Some(database);
        handle
    }

    /// Lets `read` see what the last commit left. A read that failed has the file opened again: where nothing but reading
    /// goes on, nobody else would.
    pub(super) fn read<T>(&self, read: impl FnOnce(&M) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.mended(self.read_once(read))
    }

    /// Holds a moment that is read in parts: none before its first part.
    pub(super) fn hold(&self) -> Held<M> {
        self.moments.hold()
    }

    /// Reads on in a moment; in the newest one where it was taken back.
    pub(super) fn read_on<T>(
        &self,
        held: &Held<M>,
        read: impl FnOnce(&M) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.mended(self.read_on_once(held, read))
    }

    fn read_on_once<T>(
        &self,
        held: &Held<M>,
        read: impl FnOnce(&M) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let database = self.open_database()?;
        let database = database.as_ref().ok_or(StoreError::Unavailable)?;
        held.read(|| self.newest_of(database), read)
    }

    /// A share of what the last commit left.
    fn newest_of(&self, database: &Database) -> Result<Arc<M>, StoreError> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner).clone();
        newest.map_or_else(|| Ok(Arc::new(M::at(database.begin_read()?)?)), Ok)
    }

    /// Has the file opened again after a read that failed.
    fn mended<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Failed(redb::Error::Io(_) | redb::Error::PreviousIo)) = &result {
            tracing::warn!("a read failed: opening the file again");
            let _ = self.try_again();
        }
        result
    }

    fn read_once<T>(&self, read: impl FnOnce(&M) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let database = self.open_database()?;
        let database = database.as_ref().ok_or(StoreError::Unavailable)?;
        read(&*self.newest_of(database)?)
    }

    /// Runs one write transaction, which `write` commits or gives up. When this returns, what it left is what is read.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let database = self.open_database()?;
        let database = database.as_ref().ok_or(StoreError::Unavailable)?;
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(true);
        let written = write(transaction);
        match &written {
            Ok(_) => self.publish(database),
            // Whether it is there is not known: nobody is to read what was there before as if it were.
            Err(_) => self.put_newest(None),
        }
        written
    }

    /// Makes what is there now what is read.
    fn publish(&self, database: &Database) {
        let newest = database.begin_read().map_err(StoreError::from).and_then(M::at);
        // Where it fails everybody who reads tries by himself, and learns why.
        self.put_newest(newest.ok().map(Arc::new));
    }

    fn put_newest(&self, newest: Option<Arc<M>>) {
        let before =
            std::mem::replace(&mut *self.newest.write().unwrap_or_else(PoisonError::into_inner), newest);
        // Ending a transaction is work that no reader is to wait for.
        drop(before);
    }

    /// Closes a failed file and opens it again, after which reading tells what is on disk.
    ///
    /// # Errors
    /// It does not open; the file stays unavailable until this succeeds.
    pub(super) fn reopen(&self) -> Result<(), OpenError> {
        let Some(opener) = &self.opener else { return Ok(()) };
        let mut database = self.database.write().map_err(|_| StoreError::Unavailable)?;
        self.openings.fetch_add(1, Ordering::Relaxed);
        self.forget();
        drop(database.take());
        self.publish(database.insert(opener()?));
        Ok(())
    }

    /// Lets go of all that is read in the file, whose lock the caller has for himself.
    fn forget(&self) {
        self.put_newest(None);
        self.moments.take_back();
    }

    /// Puts another database in the place of this one. `copy` makes it out of the rows as they are, `put` puts it where the
    /// next opening looks for it, and `settle` sees that it stays there. Nothing is written meanwhile; whoever reads goes on
    /// reading, and waits for no longer than `put` takes.
    ///
    /// # Errors
    /// What `copy` or `put` returns, and all is as it was; or what `settle` does, and the file is opened again before anything
    /// more is written.
    pub(super) fn replace(
        &self,
        copy: impl FnOnce(&M) -> Result<Database, StoreError>,
        put: impl FnOnce() -> Result<(), StoreError>,
        settle: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let openings = self.openings.load(Ordering::Relaxed);
        // What the new file cannot take is no fault of the old one, which would be opened again for it.
        let new = self.read(|rows| Ok(copy(rows)))??;
        let old = {
            let mut database = self.database.write().map_err(|_| StoreError::Unavailable)?;
            // A commit that had seemed to fail may have been found in the file, and is not in the new one.
            if self.openings.load(Ordering::Relaxed) != openings {
                return Err(StoreError::Unavailable);
            }
            put()?;
            self.forget();
            let old = database.take();
            self.publish(database.insert(new));
            old
        };
        drop(old);
        settle().inspect_err(|_| {
            if let Ok(mut database) = self.database.write() {
                self.forget();
                *database = None;
            }
        })
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
