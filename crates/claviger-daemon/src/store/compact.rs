//! Owns compaction: a store is written anew into a file beside it, which then takes its place. Must not know what is in the
//! rows, nor when it pays for whom.
//!
//! redb's own compaction moves pages within the file, while nobody may read, and a file whose compaction is broken off needs
//! a full repair. A new file is packed more densely, is read meanwhile, and leaves the old one as it is until the moment in
//! which it takes its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use redb::{Key, ReadTransaction, ReadableTableMetadata, TableDefinition, Value};

use super::copy::{EachTable, copy_while, each_table};
use super::file::{open_checked, sync_directory_of};
use super::{OpenError, Snapshot, Store, StoreError};
use crate::sync::PoisonError;

/// A smaller file is not compacted by itself. Bytes.
pub const WORTHWHILE: u64 = 16 * 1024 * 1024;

/// How much room is left on the disk beside the new file. Bytes.
const SPARE: u64 = 16 * 1024 * 1024;

/// What a store's file took and takes of the disk. Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

/// What a store's file holds. Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What it takes of the disk.
    pub file: u64,
    /// What of that is taken up by rows and by what finds them.
    pub rows: u64,
    /// What the pages of those rows take, which are seldom full.
    pub pages: u64,
}

impl Fill {
    /// Whether a smaller file is worth the work: less than three fifths of a file of some size are in use. Pages that are
    /// filled in no order are two thirds full in the long run, so that what is in use again is left alone.
    #[must_use]
    pub fn pays(self) -> bool {
        self.file >= WORTHWHILE && self.rows < self.file / 5 * 3
    }
}

impl Store {
    /// Looks how full the file is. Reads all of it, so it takes as long as the store is large; only a compaction waits for it.
    ///
    /// # Errors
    /// The store failed.
    pub fn fill(&self) -> Result<Fill, StoreError> {
        let file = self.disk_bytes();
        self.read_whole(|rows| fill(rows, file))
    }

    /// What the store's file takes of the disk. redb lets the file grow in large steps, of which only what was written to
    /// takes room. Bytes; 0 for memory.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        let found = self.path.as_ref().and_then(|path| path.metadata().ok());
        found.map_or(0, |found| found.len().min(found.blocks() * 512))
    }

    /// Writes what the store holds into a new file and puts that in its place. Changes wait meanwhile; whoever reads goes on
    /// reading. A store in memory stays as it is.
    ///
    /// # Errors
    /// The disk has no room for the new file, or failed; the store is as it was.
    pub fn compact(&self) -> Result<Compacted, StoreError> {
        // Two of them would write the same new file. Before changes are held up: what is waited for can take long.
        let _alone = self.whole.write().unwrap_or_else(PoisonError::into_inner);
        let before = self.disk_bytes();
        let Some(path) = &self.path else { return Ok(Compacted { before, after: before }) };
        let unfinished = Unfinished::beside(path);
        self.handle.replace(
            |rows| {
                unfinished.clear().map_err(failed)?;
                check_room(path, fill(rows, before)?)?;
                let file = create(&unfinished.0).map_err(failed)?;
                copy_while(rows, file, || !self.breaks_off.load(Ordering::Relaxed))?;
                open_checked(&unfinished.0).map_err(StoreError::from)
            },
            || fs::rename(&unfinished.0, path).map_err(failed),
            || sync_directory_of(path).map_err(failed),
        )?;
        Ok(Compacted { before, after: self.disk_bytes() })
    }
}

/// Removes what a compaction left that was broken off.
pub(super) fn clear_unfinished(store: &Path) -> io::Result<()> {
    Unfinished::beside(store).clear()
}

/// A new file that is not in its place yet, and is gone when this is dropped before that.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(store: &Path) -> Self {
        let mut path = store.as_os_str().to_owned();
        path.push(".compacting");
        Self(path.into())
    }

    fn clear(&self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = self.clear();
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

fn failed(error: io::Error) -> StoreError {
    redb::Error::Io(error).into()
}

impl From<OpenError> for StoreError {
    /// Why a new file that was just written does not open.
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error,
            OpenError::Io { error, .. } => failed(error),
            _ => Self::Damaged("a compacted file does not open"),
        }
    }
}

/// Refuses where the new file would leave the disk full.
fn check_room(path: &Path, fill: Fill) -> Result<(), StoreError> {
    let disk =
        rustix::fs::statvfs(path.parent().unwrap_or(Path::new("."))).map_err(|error| failed(error.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < fill.pages.saturating_add(SPARE) { Err(StoreError::Full) } else { Ok(()) }
}

fn fill(store: &Snapshot, file: u64) -> Result<Fill, StoreError> {
    let mut measure = Measure { rows: store.transaction(), found: Fill { file, rows: 0, pages: 0 } };
    each_table(&mut measure)?;
    Ok(measure.found)
}

struct Measure<'a> {
    rows: &'a ReadTransaction,
    found: Fill,
}

impl EachTable for Measure<'_> {
    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<(), StoreError> {
        let stats = self.rows.open_table(table)?.stats()?;
        let rows = stats.stored_bytes() + stats.metadata_bytes();
        self.found.rows += rows;
        self.found.pages += rows + stats.fragmented_bytes();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use claviger_api::{KeyId, Scope, Timestamp};

    use super::super::{Author, FILE_NAME, Rows, check};
    use super::*;
    use crate::domain::{Edit, sample};
    use crate::seed;

    const AT: Timestamp = Timestamp::from_millis(7);
    const AUTHOR: Author = Author { uid: 1000, pid: None };

    fn id(n: u64) -> KeyId {
        seed::id(n).unwrap()
    }

    /// A store that has had 3,000 keys, of which 100 are left.
    fn sparse() -> (tempfile::TempDir, PathBuf, Store) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        let store = Store::open(&path).unwrap();
        let hash = sample::key('A', Scope::All).hash;
        let key = |n| seed::key(id(n), format!("key {n}"), Scope::All, hash.clone(), AT);
        seed::fill(&store, (0..3_000).map(key), AT, |_| true).unwrap();
        store
            .write(|writer| {
                for n in 100..3_000 {
                    let key = writer.key(&id(n))?.ok_or(StoreError::Damaged("no key"))?;
                    writer.apply(&Edit::delete(key), AUTHOR, AT)?;
                }
                Ok(())
            })
            .unwrap();
        (directory, path, store)
    }

    fn seen(store: &Store) -> (u64, u64, u64, Vec<u8>) {
        let seen = |rows: &Snapshot| {
            Ok((
                rows.key_count()?,
                rows.state()?.revision,
                rows.lineage()?,
                rows.tag_key()?.as_bytes().to_vec(),
            ))
        };
        store.read(seen).unwrap()
    }

    fn rename(store: &Store, n: u64, name: &str) {
        let change = |writer: &mut super::super::Writer| {
            let before = writer.key(&id(n))?.ok_or(StoreError::Damaged("no key"))?;
            let after = before.renamed(&claviger_api::Name::parse(name).unwrap()).unwrap();
            writer.apply(&Edit::rename(before, after), AUTHOR, AT)
        };
        store.write(change).unwrap();
    }

    #[test]
    fn a_compacted_store_is_smaller_and_the_same() {
        let (_directory, path, store) = sparse();
        let (before, fill) = (seen(&store), store.fill().unwrap());
        assert!(fill.rows < fill.pages && fill.pages < fill.file, "{fill:?}");
        let compacted = store.compact().unwrap();
        assert_eq!((compacted.before, compacted.after), (fill.file, store.disk_bytes()));
        assert!(compacted.after < compacted.before, "{compacted:?}");
        assert_eq!(seen(&store), before);
        store.read(check).unwrap();
        // What is written now is in the new file.
        rename(&store, 5, "renamed");
        drop(store);
        let again = Store::open(&path).unwrap();
        again.read(check).unwrap();
        assert_eq!(again.read(|rows| rows.key(&id(5))).unwrap().unwrap().name, "renamed");
        assert_eq!(again.heritage().unwrap().following, super::super::Following::Followed);
    }

    #[test]
    fn whoever_reads_the_whole_store_holds_up_a_compaction_and_nobody_else() {
        let (_directory, _path, store) = sparse();
        let ((reads, reading), (wants, wanted)) = (channel(), channel());
        let ((end, ended), (done, is_done)) = (channel(), channel::<()>());
        let store = &store;
        std::thread::scope(|scope| {
            let whole = scope.spawn(move || {
                store.read_whole(|_| {
                    reads.send(()).unwrap();
                    ended.recv().unwrap();
                    Ok(())
                })
            });
            reading.recv().unwrap();
            let compacting = scope.spawn(move || {
                wants.send(()).unwrap();
                store.compact()
            });
            wanted.recv().unwrap();
            scope.spawn(move || {
                for n in 5..50 {
                    rename(store, n, &format!("renamed {n}"));
                    store.read(|rows| rows.key(&id(n))).unwrap();
                }
                done.send(()).unwrap();
            });
            let held_up = is_done.recv_timeout(Duration::from_secs(10));
            end.send(()).unwrap();
            held_up.expect("changes and reads wait for who reads the whole store");
            whole.join().unwrap().unwrap();
            compacting.join().unwrap().unwrap();
        });
    }

    #[test]
    fn two_at_once_do_not_get_into_each_others_way() {
        let (_directory, path, store) = sparse();
        let before = seen(&store);
        std::thread::scope(|scope| {
            for compacting in [(); 3].map(|()| scope.spawn(|| store.compact())) {
                compacting.join().unwrap().unwrap();
            }
        });
        assert_eq!(seen(&store), before);
        drop(store);
        Store::open(&path).unwrap().read(check).unwrap();
    }

    #[test]
    fn a_file_of_some_size_of_which_less_than_three_fifths_are_in_use_pays() {
        let fill = |file, rows| Fill { file, rows, pages: rows };
        assert!(fill(5 * WORTHWHILE, 3 * WORTHWHILE - 1).pays());
        assert!(!fill(5 * WORTHWHILE, 3 * WORTHWHILE).pays());
        assert!(!fill(WORTHWHILE - 1, 0).pays());
    }

    #[test]
    fn a_moment_that_is_held_is_taken_back_and_read_on_in_the_new_file() {
        let (_directory, _path, store) = sparse();
        let moment = store.hold();
        let count = || store.read_on(&moment, Rows::key_count).unwrap();
        assert_eq!(count(), 100);
        store.compact().unwrap();
        assert_eq!(count(), 100);
    }

    #[test]
    fn one_that_is_broken_off_leaves_the_store_as_it_was() {
        let (directory, path, store) = sparse();
        let before = seen(&store);
        store.break_off();
        assert!(matches!(store.compact(), Err(StoreError::BrokenOff)));
        assert_eq!(seen(&store), before);
        rename(&store, 5, "renamed");
        drop(store);
        assert_eq!(Store::open(&path).unwrap().read(Rows::key_count).unwrap(), 100);
        let left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains("compacting")), "{left:?}");
    }

    #[test]
    fn a_new_file_that_cannot_take_the_place_leaves_the_store_as_it_was() {
        let (_directory, path, store) = sparse();
        let before = seen(&store);
        let result = store.handle.replace(
            |rows| {
                let unfinished = path.with_extension("other");
                copy_while(rows, create(&unfinished).map_err(failed)?, || true)?;
                Ok(open_checked(&unfinished)?)
            },
            || Err(StoreError::Full),
            || Ok(()),
        );
        assert!(matches!(result, Err(StoreError::Full)));
        assert_eq!(seen(&store), before);
        rename(&store, 5, "renamed");
        drop(store);
        let again = Store::open(&path).unwrap();
        assert_eq!(again.read(|rows| rows.key(&id(5))).unwrap().unwrap().name, "renamed");
    }

    #[test]
    fn where_it_is_not_sure_that_the_new_file_stays_nothing_is_written_before_that_is_known() {
        let (_directory, path, store) = sparse();
        let unfinished = Unfinished::beside(&path);
        let result = store.handle.replace(
            |rows| {
                copy_while(rows, create(&unfinished.0).map_err(failed)?, || true)?;
                Ok(open_checked(&unfinished.0)?)
            },
            || fs::rename(&unfinished.0, &path).map_err(failed),
            || Err(StoreError::Full),
        );
        assert!(matches!(result, Err(StoreError::Full)));
        // The next use syncs the directory and opens what is there.
        assert_eq!(store.read(Rows::key_count).unwrap(), 100);
        rename(&store, 5, "renamed");
    }

    #[test]
    fn what_a_broken_off_one_left_is_removed_by_the_next_start() {
        let (_directory, path, store) = sparse();
        drop(store);
        let left = Unfinished::beside(&path).0.clone();
        fs::write(&left, b"half").unwrap();
        drop(Store::open(&path).unwrap());
        assert!(!left.exists());
    }
}
