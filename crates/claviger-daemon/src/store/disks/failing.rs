//! Owns a disk that fails when it is told to: for a while, or in one call. Must not know what is on it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use redb::StorageBackend;
use rustix::io::Errno;

/// A disk in memory that fails from some sync on, until it is mended, or in one call only.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// How many syncs go well before it fails; `usize::MAX` while it is sound.
    left: Arc<AtomicUsize>,
    /// How many calls there were.
    calls: Arc<AtomicUsize>,
    /// The one call that fails, by its number, and how.
    once: Arc<Mutex<Option<(usize, Errno)>>>,
}

const SOUND: usize = usize::MAX;

impl Disk {
    /// An empty disk that works.
    pub(crate) fn new() -> Self {
        let left = Arc::new(AtomicUsize::new(SOUND));
        Self { bytes: Arc::default(), left, calls: Arc::default(), once: Arc::default() }
    }

    /// How many calls there were so far, of any kind.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    /// Lets so many more calls go well, fails the one after them, and no other.
    pub(crate) fn fail_once_after(&self, calls: usize, how: Errno) {
        *self.once.lock().unwrap() = Some((self.calls() + calls, how));
    }

    /// Whether the one call that was to fail has.
    pub(crate) fn has_failed(&self) -> bool {
        self.once.lock().unwrap().is_some_and(|(call, _)| call < self.calls())
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
        let call = self.calls.fetch_add(1, SeqCst);
        match *self.once.lock().unwrap() {
            Some((failing, how)) if failing == call => Err(how.into()),
            _ => self.is_sound(),
        }
    }

    fn is_sound(&self) -> io::Result<()> {
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
            self.is_sound()?;
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
