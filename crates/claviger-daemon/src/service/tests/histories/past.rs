//! Owns what the plain model says of backups, of stores that take another one's place, and of what died meanwhile. Must not
//! use the rules that it is compared with.

use std::collections::{BTreeMap, BTreeSet};

use claviger_api::{Action, Scope};

use super::model::{Answer, Dead, Journal, KeyState, Model};
use super::step;

/// What revisions are rounded up to where nobody knows how far they had come.
const ROUND: u64 = 1_000_000;

impl KeyState {
    /// Takes something of a key. What it has not got is not taken.
    fn take(&mut self, change: impl FnOnce(&mut Self)) {
        let before = (self.generation, self.row.clone());
        change(self);
        if (self.generation, &self.row) != (before.0, &before.1) {
            self.row.version += 1;
        }
    }
}

impl Model {
    pub(super) fn back_up(&mut self) -> Answer {
        self.save();
        self.backups.push(self.store.clone());
        Answer::BackedUp { revision: self.store.revision }
    }

    /// An operator restores a backup, which sees the store that was there.
    pub(super) fn restore(&mut self, uid: u32, backup: usize, journal: step::Journal) -> Answer {
        self.finish();
        self.lose_journal(journal);
        let before = std::mem::replace(&mut self.store, self.backups[backup].clone());
        self.now = self.clock.max(self.store.stored_at).max(before.stored_at);
        let is_vouched_for = self.journal.lines.contains(&self.store.line);
        let newest = self.journal.newest.max(before.revision);
        let known: BTreeSet<_> = self.journal.dead.union(&before.dead).cloned().collect();
        self.backups.push(before);
        self.obey(uid, &known, newest, true);
        let revision = self.store.revision;
        self.start(uid);
        Answer::Restored { revision, is_vouched_for }
    }

    /// Somebody copies a backup over the store of a daemon that has ended.
    pub(super) fn copy_over(&mut self, uid: u32, backup: usize, journal: step::Journal) -> Answer {
        self.finish();
        self.lose_journal(journal);
        self.store = self.backups[backup].clone();
        self.start(uid);
        Answer::Done
    }

    /// A second daemon goes on from a copy of the files. What dies there nobody here knows until its store comes here.
    pub(super) fn fork(&mut self, uid: u32, act: &step::Act) -> Answer {
        let mut there = self.clone();
        there.crash(uid);
        let answer = there.act(uid, act);
        there.save();
        self.secrets = there.secrets;
        self.backups.push(there.store);
        Answer::Elsewhere(Box::new(answer))
    }

    /// A daemon ends in order: its journal knows how far it came.
    pub(super) fn finish(&mut self) {
        self.save();
        self.journal.newest = self.journal.newest.max(self.store.revision);
    }

    fn lose_journal(&mut self, journal: step::Journal) {
        if journal == step::Journal::Lost {
            self.journal = Journal::default();
        }
    }

    /// A daemon starts without the last one having finished.
    pub(super) fn crash(&mut self, uid: u32) {
        for key in self.store.keys.values_mut() {
            key.usage = key.saved.clone();
        }
        self.start(uid);
    }

    /// A daemon starts: what the journal says is dead is dead, and from here on it follows this store.
    pub(super) fn start(&mut self, uid: u32) {
        self.replays.clear();
        self.now = self.clock.max(self.store.stored_at);
        let known = self.journal.dead.clone();
        self.obey(uid, &known, self.journal.newest, false);
        self.journal.lines.insert(self.store.line);
        self.journal.dead.extend(self.store.dead.iter().cloned());
        self.journal.newest = self.journal.newest.max(self.store.revision);
    }

    /// Notes what the last change took away.
    pub(super) fn lose(&mut self, dead: Dead) {
        let revision = self.store.revision;
        self.journal.newest = self.journal.newest.max(revision);
        self.journal.dead.insert((revision, dead.clone()));
        self.store.dead.insert((revision, dead));
    }

    /// The store takes in what is known to have died, and it does not know. Where the journal does not know the store, it is
    /// one of its own from here on. `newest` is the newest revision that anybody knows of.
    fn obey(&mut self, uid: u32, known: &BTreeSet<(u64, Dead)>, newest: u64, is_told: bool) {
        let unheeded: Vec<(u64, Dead)> = known.difference(&self.store.dead).cloned().collect();
        let before = self.looks();
        for (_, dead) in &unheeded {
            self.bury(dead);
        }
        for (_, dead) in &unheeded {
            self.bury_account(dead);
        }
        if !self.journal.lines.contains(&self.store.line) {
            for key in self.store.keys.values_mut() {
                key.take(|key| key.row.suspended_at = key.row.suspended_at.or(Some(self.now)));
            }
            self.lines += 1;
            self.store.line = self.lines;
        }
        self.store.dead.extend(unheeded);
        let has_changed = self.looks() != before;
        if has_changed || is_told || newest > self.store.revision {
            self.store.revision = (newest.max(self.store.revision) / ROUND + 1) * ROUND - 1;
            self.commit(uid, Action::StoreRestored, None, None);
        }
    }

    /// What restoring can change: the version of each key, the accounts, Storage Mode.
    fn looks(&self) -> (BTreeMap<usize, u64>, BTreeSet<&'static str>, bool) {
        let versions = self.store.keys.iter().map(|(number, key)| (*number, key.row.version)).collect();
        (versions, self.store.accounts.keys().copied().collect(), self.store.storage_mode)
    }

    fn bury(&mut self, dead: &Dead) {
        match dead {
            Dead::Key(number) => {
                self.store.keys.remove(number);
            }
            Dead::Secrets(number, before) => {
                if let Some(key) = self.store.keys.get_mut(number).filter(|key| key.generation < *before) {
                    key.take(|key| {
                        key.generation = *before;
                        key.row.needs_rotation = true;
                    });
                }
            }
            Dead::Others(number, left) => {
                let Some(key) = self.store.keys.get_mut(number) else { return };
                let accounts = &self.store.accounts;
                key.take(|key| {
                    let sees = |id: &str| key.sees(id) && accounts.contains_key(id);
                    let left = left.iter().filter(|id| sees(id.as_str())).cloned().collect();
                    key.row.scope = Scope::Only(left);
                });
            }
            Dead::Account(_) => {}
            Dead::StorageMode => self.store.storage_mode = false,
        }
    }

    /// After all else, for what a key was limited to may have been disconnected too.
    fn bury_account(&mut self, dead: &Dead) {
        let Dead::Account(id) = dead else { return };
        if self.store.accounts.remove(id).is_none() {
            return;
        }
        for key in self.store.keys.values_mut() {
            key.take(|key| {
                if let Scope::Only(ids) = &mut key.row.scope {
                    ids.retain(|held| held.as_str() != *id);
                }
            });
        }
    }
}
