//! Owns the journal: a file beside the store that names what died, and outlives the store. Must not decide what becomes of
//! a store that it knows more than.
//!
//! A row is written to the store in the transaction of its change, and to the journal right after that. So the journal
//! never knows of a change that was not made, and whatever it knows that a store does not was made elsewhere than in that
//! store: the store is an older one.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableError, WriteTransaction};

use super::file::{create, open_checked, refuse_foreign};
use super::handle::{Handle, Opener, TRY_AGAIN};
use super::revoked::{Revoked, lacking, put};
use super::tables::{FOLLOWED, JOURNAL_META, REVOCATIONS};
use super::{OpenError, Rows, Snapshot, StoreError};
use crate::sync::{Mutex, PoisonError};

/// The name of the journal's file inside the data directory.
pub const FILE_NAME: &str = "claviger.journal";

/// The form of the journal that this version knows.
const SCHEMA: u64 = 1;

/// What died beside this store and those that stood in its place before.
pub(super) struct Journal {
    handle: Handle,
    /// When it was last tried to write what it lacks; `None` where it lacks nothing that is known of.
    behind: Mutex<Option<Instant>>,
}

/// Whether a journal knows all that died in a store's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// It has been beside that line from the line's beginning.
    Followed,
    /// It has not: the store comes from elsewhere, or the journal is a new one.
    Unknown,
}

/// Beside which store a journal is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// A new one, or one from before there were journals: it will know all that dies in it.
    ItsFirst,
    /// One that had another journal.
    Another,
}

impl Journal {
    /// Opens the journal at `path`; `None` where there is none.
    ///
    /// # Errors
    /// See [`OpenError::Journal`]; the file is left as it is.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, OpenError> {
        match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OpenError::Io { path: path.into(), error }.of_journal()),
            Ok(_) => {}
        }
        let open = || {
            refuse_foreign(path)?;
            let database = open_checked(path)?;
            check_schema(path, &database)?;
            Ok(database)
        };
        let database = open().map_err(OpenError::of_journal)?;
        let again = path.to_owned();
        Ok(Some(Self::of(Some(Box::new(move || open_checked(&again))), database)))
    }

    /// Makes an empty journal beside the first store that it will follow: until it does, it knows that it waits for that one.
    ///
    /// # Errors
    /// See [`OpenError::Journal`].
    pub(super) fn create(path: &Path, beside: Beside) -> Result<Self, OpenError> {
        create(path, |database| Ok(begin(database, beside)?)).map_err(OpenError::of_journal)?;
        let gone = || std::io::Error::from(ErrorKind::NotFound);
        Self::open(path)?.ok_or_else(|| OpenError::Io { path: path.into(), error: gone() }.of_journal())
    }

    pub(super) fn of(opener: Option<Opener>, database: Database) -> Self {
        Self { handle: Handle::of(opener, database), behind: Mutex::default() }
    }

    /// Takes a database as a journal, begins it where it is empty, and says whether it was.
    #[cfg(test)]
    pub(super) fn opened(database: Database, opener: Opener) -> Result<(Self, bool), StoreError> {
        let is_new = schema_of(&database)?.is_none();
        if is_new {
            begin(&database, Beside::ItsFirst)?;
        }
        Ok((Self::of(Some(opener), database), is_new))
    }

    /// A journal that is looked into, and not opened again.
    pub(super) fn of_database(path: &Path, database: Database) -> Result<Self, OpenError> {
        check_schema(path, &database)?;
        Ok(Self::of(None, database))
    }

    /// How many things it knows that died.
    pub(super) fn revocations(&self) -> Result<u64, StoreError> {
        self.handle.read(|rows| Ok(rows.open_table(REVOCATIONS)?.len()?))
    }

    /// What a store knows and it does not.
    pub(super) fn lacks(&self, store: &Snapshot) -> Result<Vec<Revoked>, StoreError> {
        self.handle.read(|ours| lacking(ours, store.tables()))
    }

    /// Whether it was made beside its first store, and does not follow it yet: that was broken off.
    pub(super) fn awaits_its_first(&self) -> Result<bool, StoreError> {
        self.handle.read(|rows| Ok(rows.open_table(JOURNAL_META)?.get("awaits")?.is_some()))
    }

    /// Whether it knows all that died in a line.
    pub(super) fn follows(&self, lineage: u64) -> Result<Following, StoreError> {
        let followed = self.handle.read(|rows| Ok(rows.open_table(FOLLOWED)?.get(lineage)?.is_some()))?;
        Ok(if followed { Following::Followed } else { Following::Unknown })
    }

    /// The newest revision that it knows of.
    pub(super) fn newest(&self) -> Result<u64, StoreError> {
        self.handle.read(|rows| {
            let last = rows.open_table(REVOCATIONS)?.last()?.map_or(0, |(place, _)| place.value().0);
            Ok(newest(&rows.open_table(JOURNAL_META)?)?.max(last))
        })
    }

    /// What it knows that a store does not.
    pub(super) fn unknown_to(&self, store: &Snapshot) -> Result<Vec<Revoked>, StoreError> {
        self.handle.read(|ours| lacking(store.tables(), ours))
    }

    /// Takes in all that a store knows, whose line it follows from now on. Where it cannot, it takes in what it lacks later.
    pub(super) fn follow(&self, store: &Snapshot) -> Result<(), StoreError> {
        let (lineage, revision) = (store.lineage()?, store.state()?.revision);
        let followed = self.follow_line(store, lineage, revision);
        if followed.is_err() {
            self.doubt();
        }
        followed
    }

    fn follow_line(&self, store: &Snapshot, lineage: u64, revision: u64) -> Result<(), StoreError> {
        let rows = self.lacks(store)?;
        if rows.is_empty() && self.follows(lineage)? == Following::Followed && self.newest()? >= revision {
            return Ok(());
        }
        self.write(|journal| {
            journal.open_table(FOLLOWED)?.insert(lineage, ())?;
            journal.open_table(JOURNAL_META)?.remove("awaits")?;
            note_newest(journal, revision)?;
            put(journal, &rows)
        })
    }

    /// Takes in all that a store knows.
    pub(super) fn learn(&self, store: &Snapshot) -> Result<(), StoreError> {
        self.add(&self.lacks(store)?)
    }

    /// Takes in what a store just did, or all that it lacks where it could not before. What cannot be written now is
    /// written later: the store has it.
    pub(super) fn note(&self, rows: &[Revoked], store: &Handle<Snapshot>) {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = behind.is_some_and(|tried| tried.elapsed() >= TRY_AGAIN);
        if behind.is_some() && !is_due || behind.is_none() && rows.is_empty() {
            return;
        }
        let written = if is_due { store.read(|store| self.learn(store)) } else { self.add(rows) };
        // A file that failed once is opened anew, and mostly takes it then.
        match written.or_else(|_| store.read(|store| self.learn(store))) {
            Ok(()) if is_due => {
                tracing::info!("the journal of revocations has caught up");
                *behind = None;
            }
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, "the journal of revocations cannot be written: trying again later");
                *behind = Some(Instant::now());
            }
        }
    }

    /// Whether there is something that it could not take in yet.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Says that the store may know more, and that it is to be looked at with the next note.
    pub(super) fn doubt(&self) {
        let long_ago = Instant::now().checked_sub(TRY_AGAIN).unwrap_or_else(Instant::now);
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = Some(long_ago);
    }

    fn add(&self, rows: &[Revoked]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.write(|journal| put(journal, rows))
    }

    fn write(
        &self,
        write: impl FnOnce(&WriteTransaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let written = self.handle.write(|mut transaction| {
            // Two phases and a record of what is free make a file that was not closed open without being read whole. This one
            // is read whole at every start, so a revocation waits for the disk once for it, and not twice.
            transaction.set_quick_repair(false);
            write(&transaction)?;
            Ok(transaction.commit()?)
        });
        if written.is_err()
            && let Err(error) = self.handle.reopen()
        {
            tracing::warn!(%error, "the journal of revocations does not open");
        }
        written
    }
}

/// Makes an empty journal of an empty database.
fn begin(database: &Database, beside: Beside) -> Result<(), StoreError> {
    let transaction = database.begin_write()?;
    {
        let mut meta = transaction.open_table(JOURNAL_META)?;
        meta.insert("schema", SCHEMA)?;
        if beside == Beside::ItsFirst {
            meta.insert("awaits", 1)?;
        }
    }
    transaction.open_table(FOLLOWED)?;
    transaction.open_table(REVOCATIONS)?;
    Ok(transaction.commit()?)
}

fn schema_of(database: &Database) -> Result<Option<u64>, StoreError> {
    match database.begin_read()?.open_table(JOURNAL_META) {
        Ok(table) => Ok(table.get("schema")?.map(|row| row.value())),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn check_schema(path: &Path, database: &Database) -> Result<(), OpenError> {
    match schema_of(database)? {
        None => Err(OpenError::Foreign(path.into())),
        Some(found) if found > SCHEMA => Err(OpenError::Newer { path: path.into(), found, known: SCHEMA }),
        Some(_) => Ok(()),
    }
}

fn newest(meta: &impl ReadableTable<&'static str, u64>) -> Result<u64, StoreError> {
    Ok(meta.get("newest")?.map_or(0, |row| row.value()))
}

fn note_newest(journal: &WriteTransaction, revision: u64) -> Result<(), StoreError> {
    let mut meta = journal.open_table(JOURNAL_META)?;
    let known = newest(&meta)?;
    meta.insert("newest", known.max(revision))?;
    Ok(())
}
