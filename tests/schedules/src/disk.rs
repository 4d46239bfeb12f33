//! Owns a disk in memory, whose content can be taken and be begun with, and which can fail once. Must not let another thread
//! come between.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Builder, StorageBackend};

use crate::store::{OpenError, Store};

/// How much of it redb keeps in its cache. Bytes.
const CACHE: usize = 1 << 20;

/// A disk. Its lock is the standard library's: no thread stops while it holds it.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<Content>>);

#[derive(Debug)]
struct Content {
    bytes: Vec<u8>,
    /// How many calls go well before one fails; `None` where none is to.
    left: Option<usize>,
}

impl Disk {
    /// A disk with this on it.
    pub(crate) fn of(content: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Content { bytes: content, left: None })))
    }

    /// Lets so many more calls go well, fails the one after them, and no other.
    pub fn fail_once_after(&self, calls: usize) {
        self.lock().left = Some(calls);
    }

    /// Opens the store on it, making it if there is none.
    ///
    /// # Errors
    /// The store does not open.
    pub(crate) fn open(&self) -> Result<Store, OpenError> {
        let disk = self.clone();
        Store::opened_by(move || {
            Builder::new()
                .set_cache_size(CACHE)
                .create_with_backend(disk.clone())
                .map_err(|error| OpenError::Store(error.into()))
        })
    }

    /// What is on it.
    pub(crate) fn content(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its content, for one call.
    fn call(&self) -> io::Result<MutexGuard<'_, Content>> {
        let mut content = self.lock();
        content.left = match content.left {
            Some(0) => {
                content.left = None;
                return Err(io::Error::other("the disk fails once"));
            }
            left => left.map(|left| left - 1),
        };
        Ok(content)
    }
}

/// An offset as an index.
fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.call()?.bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (content, at) = (self.call()?, index(offset)?);
        let found = content.bytes.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.call()?.bytes.resize(index(len)?, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.call().map(drop)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let (mut content, at) = (self.call()?, index(offset)?);
        let place = content.bytes.get_mut(at..at + data.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        place.copy_from_slice(data);
        Ok(())
    }
}
