//! Owns redb files: making one whole, checking one, opening it without a panic. Must not know what is in them.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;

use redb::{Builder, Database, DatabaseError, StorageError};
use rustix::fs::Advice;

use super::{OpenError, StoreError};

/// redb's own default is 1 GiB.
pub(super) const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// A smaller file is checked before reading ahead could help. Bytes.
const WORTHWHILE: u64 = 8 * 1024 * 1024;

/// How much of a file is read ahead by one call: Linux reads no more than its `read_ahead_kb` for each. Bytes.
const AT_ONCE: usize = 128 * 1024;

/// What every redb file begins with (redb's file format, "magic number").
const MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// Makes a new file beside its place and moves it there whole, so that no half-made file ever stands there.
pub(super) fn create(
    path: &Path,
    fill: impl FnOnce(&Database) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let fault = |error: io::Error| OpenError::Io { path: path.into(), error };
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    match fs::remove_file(unfinished) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(fault(error)),
    }
    {
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create(unfinished)
            .map_err(|error| OpenError::Store(error.into()))?;
        fill(&database)?;
        database.close().map_err(|error| OpenError::Store(error.into()))?;
    }
    fs::rename(unfinished, path).map_err(fault)?;
    sync_directory_of(path).map_err(fault)
}

/// Makes sure that what a directory holds is on disk.
pub(super) fn sync_directory_of(path: &Path) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all())
}

/// Refuses what is no redb file, before redb sees it.
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

/// Opens a file with its integrity checked. redb can panic on a disk that lies; that is damage too.
pub(super) fn open_checked(path: &Path) -> Result<Database, OpenError> {
    thread::scope(|scope| {
        // The check reads every page, each on its own. From a disk that is several times slower than all of it at once.
        scope.spawn(|| read_ahead(path));
        open_checked_by(path, |builder| builder.open(path))
    })
}

/// Has the system read a file into its cache, without waiting for it. Where it does not, nothing is lost but time.
fn read_ahead(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    let len = file.metadata().map_or(0, |metadata| metadata.len());
    if len < WORTHWHILE {
        return;
    }
    for offset in (0..len).step_by(AT_ONCE) {
        if rustix::fs::fadvise(&file, offset, NonZero::new(AT_ONCE as u64), Advice::WillNeed).is_err() {
            return;
        }
    }
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
