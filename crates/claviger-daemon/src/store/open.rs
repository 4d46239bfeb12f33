//! Owns opening: making a new store, checking an old one, opening a failed one again. Must not read a row beyond the
//! schema's number.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, StorageError, TableError};

use super::migrate::{SCHEMA, migrate};
use super::tables::META;
use super::{Ballast, OpenError, Opener, Store, StoreError};
use crate::sync::{Mutex, RwLock};

/// redb's own default is 1 GiB.
pub(super) const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// What every redb file begins with (redb's file format, "magic number").
const MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

impl Store {
    /// Opens the store at `path`, making it if there is none. Whoever calls this has checked the file's owner and
    /// mode, and holds the data directory's lock.
    ///
    /// # Errors
    /// See [`OpenError`]; the file is left as it is.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        match path.symlink_metadata() {
            Ok(_) => {
                refuse_foreign(path)?;
                refuse_unknown_schema(path)?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => create(path)?,
            Err(error) => return Err(OpenError::Io { path: path.into(), error }),
        }
        let database = open_checked(path)?;
        check_schema(path, schema_of(&database)?)?;
        bring_up_to_date(&database)?;
        let ballast = Ballast::beside(path);
        let path = path.to_owned();
        let again = path.clone();
        let store = Self::of(Some(path), Some(Box::new(move || open_checked(&again))), database);
        Ok(Self { ballast: Some(ballast), ..store })
    }

    /// Opens a store that lies elsewhere than in a file, making it if there is none.
    ///
    /// # Errors
    /// What `opener` returns, or a fault of the store.
    #[cfg(any(test, feature = "schedules"))]
    pub(crate) fn opened_by(
        opener: impl Fn() -> Result<Database, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let database = opener()?;
        bring_up_to_date(&database)?;
        Ok(Self::of(None, Some(Box::new(opener)), database))
    }

    /// Makes an empty store in memory.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn memory() -> Result<Self, OpenError> {
        let database = Builder::new()
            .create_with_backend(InMemoryBackend::new())
            .map_err(|error| OpenError::Store(error.into()))?;
        bring_up_to_date(&database)?;
        Ok(Self::of(None, None, database))
    }

    pub(super) fn of(path: Option<PathBuf>, opener: Option<Opener>, database: Database) -> Self {
        Self {
            path,
            opener,
            ballast: None,
            database: RwLock::new(Some(database)),
            tried_again: Mutex::default(),
        }
    }

    /// Closes a failed file and opens it again, after which reading tells what is on disk.
    ///
    /// # Errors
    /// It does not open; the store stays unavailable until this succeeds.
    pub fn reopen(&self) -> Result<(), OpenError> {
        let Some(opener) = &self.opener else { return Ok(()) };
        let mut database = self.database.write().map_err(|_| StoreError::Unavailable)?;
        drop(database.take());
        *database = Some(opener()?);
        Ok(())
    }
}

/// Makes a new store beside its place and moves it there whole, so that no half-made file ever stands there.
fn create(path: &Path) -> Result<(), OpenError> {
    let fault = |error: io::Error| OpenError::Io { path: path.into(), error };
    let unfinished = path.with_extension("redb.new");
    match fs::remove_file(&unfinished) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(fault(error)),
    }
    {
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create(&unfinished)
            .map_err(|error| OpenError::Store(error.into()))?;
        bring_up_to_date(&database)?;
        database.close().map_err(|error| OpenError::Store(error.into()))?;
    }
    fs::rename(&unfinished, path).map_err(fault)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(fault)
}

pub(super) fn refuse_foreign(path: &Path) -> Result<(), OpenError> {
    let fault = |error: io::Error| OpenError::Io { path: path.into(), error };
    let mut beginning = [0; MAGIC.len()];
    match File::open(path).and_then(|mut file| file.read_exact(&mut beginning)) {
        Ok(()) if beginning == MAGIC => Ok(()),
        Ok(()) => Err(OpenError::Foreign(path.into())),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            let empty = path.metadata().is_ok_and(|metadata| metadata.len() == 0);
            Err(if empty { OpenError::Empty(path.into()) } else { OpenError::Foreign(path.into()) })
        }
        Err(error) => Err(fault(error)),
    }
}

/// Looks at the schema without writing. A file that needs repair first cannot be looked at so; its schema is seen
/// when it is open.
fn refuse_unknown_schema(path: &Path) -> Result<(), OpenError> {
    let look = || {
        let database = Builder::new().set_cache_size(CACHE_BYTES).open_read_only(path).ok()?;
        schema_of(&database).ok()
    };
    quietly(look).flatten().map_or(Ok(()), |schema| check_schema(path, schema))
}

pub(super) fn check_schema(path: &Path, schema: u64) -> Result<(), OpenError> {
    match schema {
        // Another program's database: every store of ours has a schema from the moment that it stands in its place.
        0 => Err(OpenError::Foreign(path.into())),
        found if found > SCHEMA => Err(OpenError::Newer { path: path.into(), found, known: SCHEMA }),
        _ => Ok(()),
    }
}

/// Opens a file with its integrity checked. redb can panic on a disk that lies; that is damage too.
fn open_checked(path: &Path) -> Result<Database, OpenError> {
    open_checked_by(path, |builder| builder.open(path))
}

/// The same by any way to open what is at `path`.
pub(super) fn open_checked_by(
    path: &Path,
    open: impl FnOnce(&mut Builder) -> Result<Database, DatabaseError>,
) -> Result<Database, OpenError> {
    let open = || open(Builder::new().set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true));
    match quietly(open) {
        Some(Ok(database)) => Ok(database),
        Some(Err(DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch)) => {
            Err(OpenError::AlreadyOpen)
        }
        Some(Err(DatabaseError::Storage(StorageError::Io(error))))
            if !matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
        {
            match StoreError::from(redb::Error::Io(error)) {
                StoreError::Failed(redb::Error::Io(error)) => Err(OpenError::Io { path: path.into(), error }),
                full => Err(OpenError::Store(full)),
            }
        }
        None | Some(Err(_)) => Err(OpenError::Damaged(path.into())),
    }
}

/// Runs what can panic on a damaged file; `None` where it did. Its panic is not reported: the error that it becomes
/// says what to do.
pub(super) fn quietly<T>(run: impl FnOnce() -> T) -> Option<T> {
    let before = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(run)).ok();
    panic::set_hook(before);
    result
}

pub(super) fn bring_up_to_date(database: &Database) -> Result<(), OpenError> {
    let schema = schema_of(database)?;
    if schema == SCHEMA {
        return Ok(());
    }
    let transaction = database.begin_write().map_err(StoreError::from)?;
    migrate(&transaction, schema)?;
    transaction.commit().map_err(StoreError::from)?;
    Ok(())
}

pub(super) fn schema_of(database: &impl ReadableDatabase) -> Result<u64, StoreError> {
    let transaction = database.begin_read()?;
    match transaction.open_table(META) {
        Ok(table) => Ok(table.get("schema")?.map_or(0, |row| row.value())),
        Err(TableError::TableDoesNotExist(_)) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::{SETTINGS, State, USAGE_DAYS};
    use super::super::{FILE_NAME, Rows};
    use super::*;

    fn place() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        (directory, path)
    }

    #[test]
    fn a_new_store_opens_again_with_the_same_tag_key() {
        let (_directory, path) = place();
        let made = Store::open(&path).unwrap().read(Rows::tag_key).unwrap();
        let again = Store::open(&path).unwrap().read(Rows::tag_key).unwrap();
        assert_eq!(made.as_bytes(), again.as_bytes());
    }

    #[test]
    fn an_unfinished_new_store_is_made_anew() {
        let (_directory, path) = place();
        fs::write(path.with_extension("redb.new"), b"half").unwrap();
        Store::open(&path).unwrap();
        assert!(!path.with_extension("redb.new").exists());
    }

    #[test]
    fn a_store_whose_file_was_away_for_a_while_comes_back_by_itself() {
        let (_directory, path) = place();
        let store = Store::open(&path).unwrap();
        let aside = path.with_extension("aside");
        fs::rename(&path, &aside).unwrap();
        assert!(store.reopen().is_err());
        assert!(store.read(Rows::state).is_err());
        fs::rename(&aside, &path).unwrap();
        *store.tried_again.lock().unwrap() = None;
        assert!(store.read(Rows::state).is_ok());
    }

    #[test]
    fn what_is_no_store_is_refused_and_left_alone() {
        for content in [&b""[..], b"x", b"SQLite format 3\0 and more", &[0; 8192]] {
            let (_directory, path) = place();
            fs::write(&path, content).unwrap();
            let error = Store::open(&path).err().unwrap();
            assert!(matches!(error, OpenError::Empty(_) | OpenError::Foreign(_)), "{error}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }

    #[test]
    fn a_damaged_store_is_refused() {
        let (_directory, path) = place();
        drop(Store::open(&path).unwrap());
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(Store::open(&path).is_err());
        let mut zeroed = whole;
        let from = zeroed.len() / 4;
        zeroed[from..].fill(0);
        fs::write(&path, &zeroed).unwrap();
        assert!(Store::open(&path).is_err());
    }

    #[test]
    fn a_store_of_schema_1_is_brought_up_to_date_and_keeps_its_state() {
        let (_directory, path) = place();
        drop(Store::open(&path).unwrap());
        {
            let database = Builder::new().open(&path).unwrap();
            let transaction = database.begin_write().unwrap();
            transaction.delete_table(USAGE_DAYS).unwrap();
            transaction.open_table(META).unwrap().insert("schema", 1).unwrap();
            // A map of three fields: revision 41, Storage Mode on, newest time 7.
            let state = [0xa3, 0x00, 0x18, 41, 0x01, 0xf5, 0x02, 0x07];
            transaction.open_table(SETTINGS).unwrap().insert("state", &state[..]).unwrap();
            transaction.commit().unwrap();
            database.close().unwrap();
        }
        let store = Store::open(&path).unwrap();
        let state = store.read(Rows::state).unwrap();
        assert_eq!(state, State { revision: 41, storage_mode: true, newest_at: 7, usage_saves: 0 });
        let id = claviger_api::KeyId::from_body("4fX9aQ2LmN7b").unwrap();
        let days = [claviger_api::Day::from_number(1)];
        assert_eq!(store.read(|rows| rows.granted_on(&id, days.into_iter())).unwrap(), [0]);
    }

    #[test]
    fn a_store_of_a_later_version_is_refused_and_left_alone() {
        let (_directory, path) = place();
        drop(Store::open(&path).unwrap());
        {
            let database = Builder::new().open(&path).unwrap();
            let transaction = database.begin_write().unwrap();
            transaction.open_table(META).unwrap().insert("schema", SCHEMA + 1).unwrap();
            transaction.commit().unwrap();
            database.close().unwrap();
        }
        let before = fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path).err(), Some(OpenError::Newer { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}
