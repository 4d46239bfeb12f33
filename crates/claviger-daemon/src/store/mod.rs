//! Owns redb and nothing else: one closure is one transaction. Must not decide a rule.

mod ballast;
mod compact;
mod consistency;
mod copy;
mod digests;
#[cfg(test)]
pub(crate) mod disks;
mod error;
mod file;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod handle;
mod inspect;
mod journal;
mod migrate;
mod moment;
mod open;
mod overlay;
mod record;
mod revoked;
mod rows;
mod snapshot;
mod tables;
mod write;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use ballast::Ballast;
pub use ballast::{FILE_NAME as BALLAST_NAME, Room, holds_room};
pub use compact::{Compacted, Fill, WORTHWHILE as WORTH_COMPACTING};
pub use consistency::check;
pub use copy::copy;
pub use error::{OpenError, StoreError};
use handle::Handle;
pub use inspect::{Closing, Inspection, JournalInspection, inspect_journal, look_into};
use journal::Journal;
pub use journal::{FILE_NAME as JOURNAL_NAME, Following};
pub use migrate::SCHEMA;
pub use open::FIRST_WITH_JOURNAL;
#[cfg(test)]
pub(crate) use open::make_schema_2;
pub use revoked::Revoked;
use revoked::lacking;
pub use rows::Rows;
pub use snapshot::{KeyRow, Snapshot};
pub use tables::State;
pub use write::{Applied, Author, Writer};

use crate::sync::{PoisonError, RwLock};

/// The name of the store's file inside the data directory.
pub const FILE_NAME: &str = "claviger.redb";

/// The store: one redb file with a journal beside it, or memory for tests.
pub struct Store {
    /// Where the file is; `None` for memory.
    path: Option<PathBuf>,
    handle: Handle<Snapshot>,
    /// Room that is kept for revoking; `None` for memory, which is never full.
    ballast: Option<Ballast>,
    /// Shared by those who read the whole store at once, and had alone by who puts another file in its place: that waits for
    /// whoever reads, and all who verify would wait behind it.
    whole: RwLock<()>,
    /// Whether nothing that takes long is to go on.
    breaks_off: AtomicBool,
    /// What died in this place; `None` for memory, which nothing takes the place of, and where there is none.
    journal: Option<Journal>,
}

/// A moment of a store that is read in parts.
pub type Moment = moment::Held<Snapshot>;

/// What the journal has to say of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heritage {
    /// Whether the journal knows all that died in the store's line.
    pub following: Following,
    /// What died and the store does not know of: it is an older one than the journal has seen.
    pub unheeded: Vec<Revoked>,
    /// The newest revision that the journal knows of.
    pub newest: u64,
}

impl Heritage {
    /// Adds what a store knows that was there until now, and how far it had come.
    pub fn extend(&mut self, unheeded: Vec<Revoked>, newest: u64) {
        let more = unheeded.into_iter().filter(|row| !self.unheeded.contains(row));
        let more: Vec<Revoked> = more.collect();
        self.unheeded.extend(more);
        self.newest = self.newest.max(newest);
    }
}

impl Store {
    /// Lets `read` see the store as the last commit left it: all that it sees is of one moment.
    ///
    /// # Errors
    /// The store failed, or what `read` returns.
    pub fn read<T>(&self, read: impl FnOnce(&Snapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.handle.read(read)
    }

    /// The same for what takes as long as the store is large. A compaction waits until it is read.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_whole<T>(
        &self,
        read: impl FnOnce(&Snapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _shared = self.whole.read().unwrap_or_else(PoisonError::into_inner);
        self.read(read)
    }

    /// Holds a moment that is read in parts, by [`Store::read_on`].
    #[must_use]
    pub fn hold(&self) -> Moment {
        self.handle.hold()
    }

    /// Reads on in a moment. Where it was let go or taken back, in the newest: whoever reads in parts looks at the revision.
    ///
    /// # Errors
    /// The store failed, or what `read` returns.
    pub fn read_on<T>(
        &self,
        moment: &Moment,
        read: impl FnOnce(&Snapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.handle.read_on(moment, read)
    }

    /// Runs one write transaction. When this returns `Ok`, all of it is on disk; when it returns an error, whether it
    /// is on disk is not known until [`Store::reopen`] and a look. What it took away is then told to the journal.
    ///
    /// # Errors
    /// The store failed, or what `write` returns.
    pub fn write<T>(
        &self,
        write: impl FnOnce(&mut Writer) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (result, revoked) = self.handle.write(|transaction| {
            let mut writer = Writer::new(transaction);
            let result = write(&mut writer)?;
            Ok((result, writer.commit()?))
        })?;
        if let Some(journal) = &self.journal {
            journal.note(&revoked, &self.handle);
        }
        Ok(result)
    }

    /// Closes a failed file and opens it again, after which reading tells what is on disk.
    ///
    /// # Errors
    /// It does not open; the store stays unavailable until this succeeds.
    pub fn reopen(&self) -> Result<(), OpenError> {
        self.handle.reopen()?;
        if let Some(journal) = &self.journal {
            // A commit that seemed to fail may be there, and was not told.
            journal.doubt();
            journal.note(&[], &self.handle);
        }
        Ok(())
    }

    /// Whether something died that the journal could not take in yet.
    #[must_use]
    pub fn journal_is_behind(&self) -> bool {
        self.journal.as_ref().is_some_and(Journal::is_behind)
    }

    /// Lets the journal take in what it could not before, at most once a second.
    pub fn tell_journal(&self) {
        if let Some(journal) = &self.journal {
            journal.note(&[], &self.handle);
        }
    }

    /// What the journal has to say of this store. Without one, nobody knows what died; but in memory nothing else did.
    ///
    /// # Errors
    /// The store or the journal failed.
    pub fn heritage(&self) -> Result<Heritage, StoreError> {
        let Some(journal) = &self.journal else {
            let following = if self.path.is_some() { Following::Unknown } else { Following::Followed };
            return Ok(Heritage { following, unheeded: Vec::new(), newest: 0 });
        };
        self.read(|rows| {
            let following = journal.follows(rows.lineage()?)?;
            Ok(Heritage { following, unheeded: journal.unknown_to(rows)?, newest: journal.newest()? })
        })
    }

    /// What died and another store knows of, which this one does not.
    ///
    /// # Errors
    /// One of the two failed.
    pub fn unknown_of(&self, other: &Self) -> Result<Vec<Revoked>, StoreError> {
        self.read(|ours| other.read(|theirs| lacking(ours.tables(), theirs.tables())))
    }

    /// Lets the journal take in all that the store knows, and follow it from now on.
    ///
    /// # Errors
    /// The store or the journal failed.
    pub fn follow(&self) -> Result<(), StoreError> {
        let Some(journal) = &self.journal else { return Ok(()) };
        self.read(|rows| journal.follow(rows))
    }

    /// Removes the digests of proven secrets, where there are any.
    ///
    /// # Errors
    /// The store failed.
    pub fn forget_digests(&self) -> Result<(), StoreError> {
        if self.read(Rows::keeps_no_digest)? { Ok(()) } else { self.write(Writer::forget_digests) }
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

    /// Lets a compaction that goes on come to nothing, because the daemon ends.
    pub fn break_off(&self) {
        self.breaks_off.store(true, Ordering::Relaxed);
    }

    /// The size of the store's file. Bytes; 0 for memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.path.as_ref().and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len())
    }
}
