//! Owns a disk that fails when it is told to. Must not know what is on it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

/// A disk in memory that fails from some sync on, until it is mended.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// How many syncs go well before it fails; `usize::MAX` while it is sound.
    left: Arc<AtomicUsize>,
}

const SOUND: usize = usize::MAX;

impl Disk {
    /// An empty disk that works.
    pub(crate) fn new() -> Self {
        Self { bytes: Arc::default(), left: Arc::new(AtomicUsize::new(SOUND)) }
    }

    /// Lets so many syncs go well, and then nothing at all.
    pub(crate) fn fail_after(&self, syncs: usize) {
        self.left.store(syncs, SeqCst);
    }

    /// Lets it work again, with what was written to it.
    pub(crate) fn mend(&self) {
        self.left.store(SOUND, SeqCst);
    }

    fn works(&self) -> io::Result<()> {
        if self.left.load(SeqCst) == 0 { Err(io::Error::other("the disk is broken")) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.works()?;
        Ok(self.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.works()?;
        let at = usize::try_from(offset).unwrap();
        out.copy_from_slice(&self.bytes.lock().unwrap()[at..at + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.works()?;
        self.bytes.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.works()?;
        let left = self.left.load(SeqCst);
        if left != SOUND {
            self.left.store(left - 1, SeqCst);
            self.works()?;
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.works()?;
        let at = usize::try_from(offset).unwrap();
        self.bytes.lock().unwrap()[at..at + data.len()].copy_from_slice(data);
        Ok(())
    }
}
