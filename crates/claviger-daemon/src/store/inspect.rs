//! Owns looking into a store from outside, as a daemon would open it, with the file left as it is. Must not mend
//! anything.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use redb::{Builder, DatabaseError};

use super::file::{CACHE_BYTES, open_checked_by, quietly, refuse_foreign};
use super::handle::Handle;
use super::journal::{Following, Journal};
use super::open::{bring_up_to_date, check_schema, schema_of};
use super::overlay::Overlay;
use super::tables::State;
use super::{OpenError, Rows, Store, StoreError, check};

/// How the file was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// By a daemon that ended in order.
    Clean,
    /// By one that was killed, or by a power cut: the next open repairs it, and loses nothing that was answered.
    NeedsRepair,
}

/// What is in a store whose checksums hold.
#[derive(Debug)]
pub struct Inspection {
    /// How the file was left.
    pub closing: Closing,
    /// The schema that it has on disk, which is not newer than [`super::SCHEMA`].
    pub schema: u64,
    /// Revision, Storage Mode, newest time.
    pub state: State,
    /// Whether the tables agree with each other; else the first disagreement.
    pub tables: Result<(), StoreError>,
}

/// Looks into the store at `path` and changes nothing: repair and migration are tried in memory, and so stays what is
/// written to the store that it gives. Reads all of it, so it takes as long as the store is large. Whoever calls this holds
/// the data directory's lock.
///
/// # Errors
/// Why a daemon would not open it; see [`OpenError`].
pub fn look_into(path: &Path) -> Result<(Inspection, Store), OpenError> {
    refuse_foreign(path)?;
    quietly(|| look(path)).unwrap_or_else(|| Err(OpenError::Damaged(path.into())))
}

fn look(path: &Path) -> Result<(Inspection, Store), OpenError> {
    let fault = |error| OpenError::Io { path: path.into(), error };
    let read_only = quietly(|| Builder::new().set_cache_size(CACHE_BYTES).open_read_only(path).err());
    let closing = match read_only {
        Some(Some(DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch)) => {
            return Err(OpenError::AlreadyOpen);
        }
        Some(Some(DatabaseError::RepairAborted)) => Closing::NeedsRepair,
        // Whatever else is wrong is found again below.
        _ => Closing::Clean,
    };
    let overlay = File::open(path).and_then(Overlay::new).map_err(fault)?;
    let database = open_checked_by(path, |builder| builder.create_with_backend(overlay))?;
    let schema = schema_of(&database)?;
    check_schema(path, schema)?;
    bring_up_to_date(&database)?;
    let store = Store::of(Handle::of(None, database));
    let state = store.read(Rows::state)?;
    let tables = store.read(check);
    Ok((Inspection { closing, schema, state, tables }, store))
}

/// What is in a journal whose checksums hold, beside a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalInspection {
    /// How many things it knows that died.
    pub revocations: u64,
    /// Whether it knows all that died in the store's line.
    pub following: Following,
    /// How many of them the store does not know: it is an older one than the journal has seen.
    pub unheeded: usize,
    /// How many things died that the store knows and the journal does not yet.
    pub lacking: usize,
}

/// Looks into the journal at `path` beside a store, and changes neither. `None` where there is no journal. Whoever calls
/// this holds the data directory's lock.
///
/// # Errors
/// Why a daemon would not open it: [`OpenError::Journal`].
pub fn inspect_journal(path: &Path, store: &Store) -> Result<Option<JournalInspection>, OpenError> {
    if matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let look = || {
        let fault = |error| OpenError::Io { path: path.into(), error };
        refuse_foreign(path)?;
        let overlay = File::open(path).and_then(Overlay::new).map_err(fault)?;
        let database = open_checked_by(path, |builder| builder.create_with_backend(overlay))?;
        let journal = Journal::of_database(path, database)?;
        let found = store.read(|rows| {
            Ok(JournalInspection {
                revocations: journal.revocations()?,
                following: journal.follows(rows.lineage()?)?,
                unheeded: journal.unknown_to(rows)?.len(),
                lacking: journal.lacks(rows)?.len(),
            })
        })?;
        Ok(Some(found))
    };
    quietly(look).unwrap_or_else(|| Err(OpenError::Damaged(path.into()))).map_err(OpenError::of_journal)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use claviger_api::Timestamp;

    use super::super::tables::{GRANTS, META, USAGE_DAYS};
    use super::super::{Author, FILE_NAME, SCHEMA};
    use super::*;
    use crate::domain::{Edit, sample};

    fn place() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        let store = Store::open(&path).unwrap();
        let account = sample::account("a");
        let author = Author { uid: 1000, pid: None };
        let at = Timestamp::from_millis(7);
        store.write(|writer| writer.apply(&Edit::connect(account), author, at)).unwrap();
        drop(store);
        (directory, path)
    }

    /// Looks, and fails where that changed the file.
    fn look_at(path: &Path) -> Result<Inspection, OpenError> {
        let before = fs::read(path).unwrap();
        let found = look_into(path).map(|(found, _)| found);
        assert!(fs::read(path).unwrap() == before, "looking changed the file");
        found
    }

    fn alter(path: &Path, alter: impl FnOnce(&redb::WriteTransaction)) {
        let database = Builder::new().open(path).unwrap();
        let transaction = database.begin_write().unwrap();
        alter(&transaction);
        transaction.commit().unwrap();
        database.close().unwrap();
    }

    #[test]
    fn a_sound_store_is_told_as_it_is() {
        let (_directory, path) = place();
        let found = look_at(&path).unwrap();
        assert_eq!((found.closing, found.schema), (Closing::Clean, SCHEMA));
        assert_eq!((found.state.revision, found.state.newest_at), (1, 7));
        found.tables.unwrap();
    }

    #[test]
    fn one_that_was_not_closed_needs_repair_and_is_not_repaired() {
        let (_directory, path) = place();
        let open = Store::open(&path).unwrap();
        open.write(|writer| {
            writer.put_usage(&[], &std::collections::HashMap::new(), Timestamp::from_millis(9))
        })
        .unwrap();
        // What a kill would leave.
        let bytes = fs::read(&path).unwrap();
        drop(open);
        fs::write(&path, bytes).unwrap();
        for _ in 0..2 {
            let found = look_at(&path).unwrap();
            assert_eq!((found.closing, found.state.newest_at), (Closing::NeedsRepair, 9));
            found.tables.unwrap();
        }
    }

    #[test]
    fn one_that_is_open_elsewhere_is_not_looked_into() {
        let (_directory, path) = place();
        let _open = Store::open(&path).unwrap();
        assert!(matches!(look_into(&path), Err(OpenError::AlreadyOpen)));
    }

    #[test]
    fn an_older_schema_is_told_and_checked_as_it_would_be_migrated() {
        let (_directory, path) = place();
        alter(&path, |transaction| {
            transaction.delete_table(USAGE_DAYS).unwrap();
            transaction.open_table(META).unwrap().insert("schema", 1).unwrap();
        });
        let found = look_at(&path).unwrap();
        assert_eq!(found.schema, 1);
        found.tables.unwrap();
    }

    #[test]
    fn a_newer_schema_and_damage_are_refused() {
        let (_directory, path) = place();
        let whole = fs::read(&path).unwrap();
        alter(&path, |transaction| {
            transaction.open_table(META).unwrap().insert("schema", SCHEMA + 1).unwrap();
        });
        assert!(matches!(look_at(&path), Err(OpenError::Newer { .. })));
        let mut zeroed = whole.clone();
        zeroed[whole.len() / 4..].fill(0);
        for bytes in [&whole[..whole.len() / 2], &zeroed] {
            fs::write(&path, bytes).unwrap();
            assert!(matches!(look_at(&path), Err(OpenError::Damaged(_))));
        }
        fs::write(&path, b"not a store").unwrap();
        assert!(matches!(look_at(&path), Err(OpenError::Foreign(_))));
    }

    #[test]
    fn tables_that_disagree_are_named() {
        let (_directory, path) = place();
        alter(&path, |transaction| {
            transaction.open_table(GRANTS).unwrap().insert(("a", b"AAAAAAAAAAAA"), ()).unwrap();
        });
        assert!(matches!(look_at(&path).unwrap().tables, Err(StoreError::Damaged("a grant is in no scope"))));
    }
}
