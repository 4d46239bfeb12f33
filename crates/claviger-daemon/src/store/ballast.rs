//! Owns the ballast: room on the disk that is kept for revoking. Must not decide who may use it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FallocateFlags, fallocate};

/// Some hundred revocations' worth: each writes a few dozen pages of 4 KiB, and the next one reuses what it frees.
const BYTES: u64 = 4 * 1024 * 1024;

/// Of a small file system it takes one part in so many, so that there is room for the store too.
const SHARE: u64 = 8;

/// The name of the ballast's file inside the data directory.
pub const FILE_NAME: &str = "claviger.ballast";

/// Whether what stands in the ballast's place (looked at without following a link) would make room: a file without
/// blocks makes none.
#[must_use]
pub fn holds_room(found: &Metadata) -> bool {
    found.is_file() && found.len() > 0 && found.blocks() * 512 >= found.len()
}

/// How often ballast that was spent is tried to be taken again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Who may write, by how much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Everybody.
    Plenty,
    /// Who takes authority away and gives none: the ballast was spent for that.
    OnlyToRevoke,
}

/// A file of some size beside the store. Deleting it makes room.
#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
    /// `None` while it is there, else when it was last tried to be taken again.
    spent: Mutex<Option<Instant>>,
}

impl Ballast {
    /// The ballast beside a store, taken if there is room for it.
    pub(super) fn beside(store: &Path) -> Self {
        let ballast = Self { path: store.with_file_name(FILE_NAME), spent: Mutex::new(None) };
        if let Err(error) = ballast.take() {
            tracing::warn!(%error, "no room for the ballast: nothing but revoking goes on until there is");
            *ballast.lock() = Some(Instant::now());
        }
        ballast
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much room there is. Ballast that was spent is taken again where that goes, at most once a second.
    pub(super) fn room(&self) -> Room {
        let mut spent = self.lock();
        let Some(tried) = *spent else { return Room::Plenty };
        if tried.elapsed() < TRY_AGAIN {
            return Room::OnlyToRevoke;
        }
        if self.take().is_err() {
            *spent = Some(Instant::now());
            return Room::OnlyToRevoke;
        }
        tracing::info!("there is room again: the ballast is back");
        *spent = None;
        Room::Plenty
    }

    /// Makes room; `false` where it was made before.
    pub(super) fn spend(&self) -> bool {
        let mut spent = self.lock();
        if spent.is_some() {
            return false;
        }
        *spent = Some(Instant::now());
        match fs::remove_file(&self.path) {
            Ok(()) => {
                tracing::warn!("the disk is full: the ballast is spent, and nothing but revoking goes on");
                true
            }
            Err(error) => {
                tracing::error!(%error, "the ballast cannot be spent");
                false
            }
        }
    }

    /// Whether the ballast is there.
    pub(super) fn is_there(&self) -> bool {
        self.lock().is_none()
    }

    fn take(&self) -> io::Result<()> {
        let bytes = self.bytes()?;
        let is_enough = |found: Metadata| holds_room(&found) && found.len() >= bytes;
        if fs::symlink_metadata(&self.path).is_ok_and(is_enough) {
            return Ok(());
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)?;
        let taken = fill(&file, bytes);
        if taken.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        taken
    }

    /// How large it is to be.
    fn bytes(&self) -> io::Result<u64> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let disk = rustix::fs::statvfs(directory)?;
        Ok(BYTES.min(disk.f_blocks.saturating_mul(disk.f_frsize) / SHARE))
    }
}

/// Takes blocks of the disk for a file; writes them where the file system cannot set them aside.
fn fill(mut file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(error) if error == rustix::io::Errno::OPNOTSUPP => {
            io::copy(&mut io::Read::take(io::repeat(1), bytes), &mut file)?;
            file.sync_all()
        }
        filled => Ok(filled?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_taken_again_when_there_is_room() {
        let directory = tempfile::tempdir().unwrap();
        let ballast = Ballast::beside(&directory.path().join("claviger.redb"));
        let file = directory.path().join("claviger.ballast");
        assert!(ballast.is_there() && file.metadata().unwrap().blocks() * 512 >= BYTES);
        assert_eq!(ballast.room(), Room::Plenty);
        assert!(ballast.spend() && !file.exists() && !ballast.is_there());
        assert!(!ballast.spend(), "it makes room once");
        assert_eq!(ballast.room(), Room::OnlyToRevoke);
        *ballast.lock() = Instant::now().checked_sub(TRY_AGAIN);
        assert_eq!(ballast.room(), Room::Plenty);
        assert!(ballast.is_there() && file.exists());
    }

    #[test]
    fn a_file_that_takes_no_room_is_no_ballast() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("claviger.ballast");
        File::create(&file).unwrap().set_len(BYTES).unwrap();
        Ballast::beside(&directory.path().join("claviger.redb"));
        assert!(file.metadata().unwrap().blocks() * 512 >= BYTES);
    }

    #[test]
    fn where_none_can_be_taken_only_revoking_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let ballast = Ballast::beside(&directory.path().join("gone/claviger.redb"));
        assert!(!ballast.is_there());
        assert_eq!(ballast.room(), Room::OnlyToRevoke);
    }
}
