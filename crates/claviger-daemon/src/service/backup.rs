//! Owns a backup: a copy of the store as it is at one moment, to be read once. Must not know where it goes.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use super::error::FaultId;
use super::{Error, Service};
use crate::store::{StoreError, copy};
use crate::sync::task;

/// A copy of the store, in a file without a name that is gone when this is dropped.
pub struct Backup {
    file: File,
    /// The revision that it shows.
    pub revision: u64,
    /// How long it is. Bytes.
    pub total_bytes: u64,
}

impl Backup {
    /// Reads the next bytes, at most so many; none at its end.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn next_bytes(&mut self, most: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(most);
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        Read::by_ref(&mut self.file).take(most).read_to_end(&mut bytes).map_err(|error| fault(&error))?;
        Ok(bytes)
    }
}

impl Service {
    /// Writes what is only noted yet, then copies the store into an unnamed file in `directory`. Changes go on meanwhile.
    ///
    /// # Errors
    /// The disk has not twice the room that the store takes, so that changes could not go on beside the copy; a fault of
    /// the disk.
    pub async fn back_up(self: std::sync::Arc<Self>, directory: std::path::PathBuf) -> Result<Backup, Error> {
        // Use that is not written yet is not worth failing for.
        let _ = self.save_usage().await;
        let copied = task::spawn_blocking(move || self.copy_into(&directory)).await;
        copied.unwrap_or_else(|_| Err(Error::Fault(FaultId::log(&"copying the store broke off"))))
    }

    fn copy_into(&self, directory: &Path) -> Result<Backup, Error> {
        let disk = rustix::fs::statvfs(directory).map_err(|error| fault(&error))?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < self.store.bytes().saturating_mul(2) {
            return Err(Error::StorageFull);
        }
        let mut file = tempfile::tempfile_in(directory)
            .map_err(|error| Error::from(StoreError::from(redb::Error::Io(error))))?;
        let copied = file.try_clone().map_err(|error| fault(&error))?;
        // What the copy's file cannot take is no fault of the store, which would be opened again for it.
        let state = self.store.read_whole(|rows| Ok(copy(rows, copied)))??;
        file.rewind().map_err(|error| fault(&error))?;
        let total_bytes = file.metadata().map_err(|error| fault(&error))?.len();
        Ok(Backup { file, revision: state.revision, total_bytes })
    }
}

fn fault(error: &impl std::fmt::Display) -> Error {
    Error::Fault(FaultId::log(&error))
}
