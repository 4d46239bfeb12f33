//! Owns what a change cannot cost less than: waiting for the disk, and one slow hash. Must not know the store.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use claviger_daemon::token::{HashMemory, HashingCost, SlowHash};

use crate::Outcome;

/// As much as a file system writes at least.
const PAGE: [u8; 4096] = [0x5a; 4096];

/// Files on the disk that the store is on.
pub struct Disk {
    growing: File,
    fixed: File,
}

impl Disk {
    /// Makes them.
    ///
    /// # Errors
    /// The directory takes none.
    pub fn beside(directory: &Path) -> Outcome<Self> {
        let fixed = File::create(directory.join("fixed"))?;
        fixed.write_all_at(&PAGE, 0)?;
        fixed.sync_all()?;
        Ok(Self { growing: File::create(directory.join("growing"))?, fixed })
    }

    /// Adds a page to a file and waits until the disk has it.
    ///
    /// # Errors
    /// The disk failed.
    pub fn append(&mut self) -> Outcome<Duration> {
        let begun = Instant::now();
        self.growing.write_all(&PAGE)?;
        self.growing.sync_data()?;
        Ok(begun.elapsed())
    }

    /// Writes a page in another's place and waits until the disk has it.
    ///
    /// # Errors
    /// The disk failed.
    pub fn overwrite(&mut self) -> Outcome<Duration> {
        let begun = Instant::now();
        self.fixed.write_all_at(&PAGE, 0)?;
        self.fixed.sync_data()?;
        Ok(begun.elapsed())
    }
}

/// Slow hashes in memory that is kept.
pub struct Hash {
    cost: HashingCost,
    memory: HashMemory,
}

impl Hash {
    /// Hashes of this cost.
    #[must_use]
    pub fn new(cost: HashingCost) -> Self {
        Self { cost, memory: HashMemory::default() }
    }

    /// Makes one.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn make(&mut self) -> Outcome<Duration> {
        let begun = Instant::now();
        SlowHash::make("what is hashed takes as long as anything else", self.cost, &mut self.memory)?;
        Ok(begun.elapsed())
    }
}
