//! Owns opening a store: making a new one, checking an old one, bringing it to this version's schema, finding the journal
//! beside it. Must not read a row beyond the schema's number.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use redb::backends::InMemoryBackend;
use redb::{Builder, Database, ReadableDatabase, TableError};

use super::compact::clear_unfinished;
use super::file::{CACHE_BYTES, create, open_checked, quietly, refuse_foreign, sync_directory_of};
use super::handle::Handle;
use super::journal::Beside;
use super::migrate::{SCHEMA, migrate};
use super::tables::META;
use super::{Ballast, JOURNAL_NAME, Journal, OpenError, Snapshot, Store, StoreError};
use crate::sync::RwLock;

/// What stood in a store's place before it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    /// A store of this schema.
    Schema(u64),
}

impl Before {
    /// Whether no journal could be beside it.
    fn precedes_journals(self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Schema(schema) => schema < FIRST_WITH_JOURNAL,
        }
    }
}

/// The first schema that knows of a journal.
pub const FIRST_WITH_JOURNAL: u64 = 3;

impl Store {
    /// Opens the store at `path` and the journal beside it, making them if there are none. Whoever calls this has checked
    /// the files' owner and mode, and holds the data directory's lock.
    ///
    /// # Errors
    /// See [`OpenError`]; the files are left as they are.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        clear_unfinished(path).map_err(|error| OpenError::Io { path: path.into(), error })?;
        let journal_path = path.with_file_name(JOURNAL_NAME);
        let mut journal = Journal::open(&journal_path)?;
        let mut is_first = journal.as_ref().map_or(Ok(false), Journal::awaits_its_first)?;
        let (store, before) = Self::open_alone(path, |before| {
            // Without a journal a store is one from elsewhere, unless no journal could have been there. That is seen only
            // before it is brought up to date, and must not be forgotten if that is broken off.
            is_first |= before.precedes_journals() && journal.is_none();
            if journal.is_none() {
                let beside = if is_first { Beside::ItsFirst } else { Beside::Another };
                journal = Some(Journal::create(&journal_path, beside)?);
            }
            Ok(())
        })?;
        let store = Self { ballast: Some(Ballast::beside(path)), journal, ..store };
        if is_first || before == Before::Nothing {
            store.follow()?;
        }
        Ok(store)
    }

    /// Opens the store at `path`, which must be there, as one that is to stand beside this journal. Neither is made, and the
    /// journal does not change.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_apart(path: &Path, journal: &Path) -> Result<Self, OpenError> {
        path.symlink_metadata().map_err(|error| OpenError::Io { path: path.into(), error })?;
        let (store, _) = Self::open_alone(path, |_| Ok(()))?;
        Ok(Self { journal: Journal::open(journal)?, ..store })
    }

    /// The same without journal and ballast. `prepare` is run before an older store is brought up to date.
    fn open_alone(
        path: &Path,
        prepare: impl FnOnce(Before) -> Result<(), OpenError>,
    ) -> Result<(Self, Before), OpenError> {
        let is_there = match path.symlink_metadata() {
            Ok(_) => {
                refuse_foreign(path)?;
                refuse_unknown_schema(path)?;
                true
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path, bring_up_to_date)?;
                false
            }
            Err(error) => return Err(OpenError::Io { path: path.into(), error }),
        };
        let database = open_checked(path)?;
        let schema = schema_of(&database)?;
        check_schema(path, schema)?;
        let before = if is_there { Before::Schema(schema) } else { Before::Nothing };
        prepare(before)?;
        bring_up_to_date(&database)?;
        let path = path.to_owned();
        let again = path.clone();
        let reopen = move || {
            // A file that has just taken this place must not lose it again.
            sync_directory_of(&again).map_err(|error| OpenError::Io { path: again.clone(), error })?;
            open_checked(&again)
        };
        let handle = Handle::of(Some(Box::new(reopen)), database);
        Ok((Self { path: Some(path), ..Self::of(handle) }, before))
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
        Ok(Self::of(Handle::of(Some(Box::new(opener)), database)))
    }

    /// Puts a journal that lies elsewhere than in a file beside it, making it if there is none.
    ///
    /// # Errors
    /// What `opener` returns, or a fault of the journal.
    #[cfg(test)]
    pub(crate) fn beside_journal_on(
        self,
        opener: impl Fn() -> Result<Database, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        let database = opener()?;
        let (journal, is_new) = Journal::opened(database, Box::new(opener))?;
        let store = Self { journal: Some(journal), ..self };
        if is_new {
            store.follow()?;
        }
        Ok(store)
    }

    /// What the store knows and the journal beside it does not yet.
    #[cfg(test)]
    pub(crate) fn journal_lacks(&self) -> Result<Vec<super::Revoked>, StoreError> {
        self.read(|rows| self.journal.as_ref().map_or(Ok(Vec::new()), |journal| journal.lacks(rows)))
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
        Ok(Self::of(Handle::of(None, database)))
    }

    pub(super) fn of(handle: Handle<Snapshot>) -> Self {
        Self {
            path: None,
            handle,
            ballast: None,
            whole: RwLock::default(),
            breaks_off: AtomicBool::new(false),
            journal: None,
        }
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

/// Makes a closed store what it was before there were journals.
#[cfg(test)]
pub(crate) fn make_schema_2(path: &Path) {
    let database = Builder::new().open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.delete_table(super::tables::REVOCATIONS).unwrap();
    {
        let mut meta = transaction.open_table(META).unwrap();
        meta.remove("lineage").unwrap();
        meta.insert("schema", 2).unwrap();
    }
    transaction.commit().unwrap();
}

#[cfg(test)]
mod tests {
    use super::super::tables::{SETTINGS, State, USAGE_DAYS};
    use super::super::{FILE_NAME, Following, Rows};
    use super::*;
    use std::fs;

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
    fn an_upgrade_that_is_broken_off_is_gone_on_with() {
        let following = |path: &Path| Store::open(path).unwrap().heritage().unwrap().following;
        for upgraded_before in [false, true] {
            let (_directory, path) = place();
            drop(Store::open(&path).unwrap());
            let journal = path.with_file_name(JOURNAL_NAME);
            fs::remove_file(&journal).unwrap();
            if !upgraded_before {
                make_schema_2(&path);
            }
            // As far as it came: the journal is there, and does not follow the store yet.
            drop(Journal::create(&journal, Beside::ItsFirst).unwrap());
            assert_eq!(following(&path), Following::Followed);
            // Later on, that it was the first one counts no more.
            let (_elsewhere, other) = place();
            drop(Store::open(&other).unwrap());
            fs::copy(&other, &path).unwrap();
            assert_eq!(following(&path), Following::Unknown);
        }
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
        store.handle.forget_trying();
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
        assert_eq!(
            state,
            State { revision: 41, storage_mode: true, newest_at: 7, usage_saves: 0, skipped: 0 }
        );
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
