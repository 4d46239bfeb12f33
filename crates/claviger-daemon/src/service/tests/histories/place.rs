//! Owns the files of the daemons that a history happens to: how each starts and ends, and what is put in the store's place
//! between two of them. Must not call what it starts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use tokio::runtime::Runtime;

use super::super::super::{Clock, Occasion, restore};
use super::super::World;
use super::step::Journal;
use crate::restore::{Restored, prepare};
use crate::store::{Author, FILE_NAME, Following, JOURNAL_NAME, Rows, Store, check};
use crate::token::DigestKey;

/// A data directory, which moves when its files are copied, with backups beside it.
pub(super) struct Place {
    directory: tempfile::TempDir,
    data: PathBuf,
    /// The stores that can be put in this one's place, by number.
    backups: Vec<PathBuf>,
    copies: u32,
    /// What digests are kept under, which is on no disk.
    digest_key: DigestKey,
}

impl Place {
    pub(super) fn new() -> Self {
        // As a daemon does before it makes anything: what is open to others is not restored.
        crate::run::harden();
        // A copy has what was written, synced or not: so the files may be where syncing costs nothing.
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let data = directory.path().join("0");
        fs::create_dir(&data).unwrap();
        let digest_key = DigestKey::random().unwrap();
        Self { directory, data, backups: Vec::new(), copies: 0, digest_key }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts as the daemon does.
    pub(super) fn start(&self, author: Author, clock_ms: i64) -> World {
        let store = Store::open(&self.file(FILE_NAME)).unwrap();
        let clock = Clock::new(move || clock_ms);
        clock.hold(store.read(Rows::state).unwrap().newest_at);
        restore(&store, &store.heritage().unwrap(), Occasion::Start, author, clock.now()).unwrap();
        store.follow().unwrap();
        store.read(check).unwrap();
        World::keeping(store, clock_ms, &self.digest_key)
    }

    /// From the next start on, every key is cold.
    pub(super) fn lose_digest_key(&mut self) {
        self.digest_key = DigestKey::random().unwrap();
    }

    /// Ends a daemon in order, and says what its clock says.
    pub(super) fn stop(runtime: &Runtime, world: World) -> i64 {
        runtime.block_on(world.service.finish());
        let clock_ms = world.time.load(Ordering::Relaxed);
        drop(world);
        clock_ms
    }

    /// Goes on from a copy of the files as they are now, without their daemon having closed them: what a killed one leaves.
    pub(super) fn crash(&mut self) {
        let before = self.fork();
        fs::remove_dir_all(before).unwrap();
    }

    /// The same, but the files stay where they were, which is told.
    pub(super) fn fork(&mut self) -> PathBuf {
        self.copies += 1;
        let copy = self.directory.path().join(self.copies.to_string());
        fs::create_dir(&copy).unwrap();
        for name in [FILE_NAME, JOURNAL_NAME] {
            fs::copy(self.file(name), copy.join(name)).unwrap();
        }
        std::mem::replace(&mut self.data, copy)
    }

    /// Goes back to the files that were left for a copy, whose store is kept.
    pub(super) fn join(&mut self, before: PathBuf) {
        let store = fs::read(self.file(FILE_NAME)).unwrap();
        self.keep(&store);
        let copy = std::mem::replace(&mut self.data, before);
        fs::remove_dir_all(copy).unwrap();
    }

    /// Keeps a store that can be put in this one's place.
    pub(super) fn keep(&mut self, store: &[u8]) {
        let path = self.directory.path().join(format!("backup-{}", self.backups.len()));
        fs::write(&path, store).unwrap();
        self.backups.push(path);
    }

    /// Restores a backup, and keeps the store that was there. Says whether a journal knew what had died since.
    pub(super) fn restore(
        &mut self,
        backup: usize,
        journal: Journal,
        author: Author,
        clock_ms: i64,
    ) -> (Restored, Following) {
        self.lose(journal);
        let clock = Clock::new(move || clock_ms);
        let restoration = prepare(&self.data, &self.backups[backup], author, &clock).unwrap();
        let following = restoration.following;
        let restored = restoration.carry_out().unwrap();
        let kept = fs::read(restored.kept.as_ref().unwrap()).unwrap();
        self.keep(&kept);
        (restored, following)
    }

    /// Copies a backup over the store by hand.
    pub(super) fn copy_over(&self, backup: usize, journal: Journal) {
        self.lose(journal);
        fs::copy(&self.backups[backup], self.file(FILE_NAME)).unwrap();
    }

    fn lose(&self, journal: Journal) {
        if journal == Journal::Lost {
            fs::remove_file(self.file(JOURNAL_NAME)).unwrap();
        }
    }
}
