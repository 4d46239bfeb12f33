//! Owns notes of use between the moment of use and the disk. Must not hold up a verification.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use claviger_api::{KeyId, Timestamp};
use tokio::sync::Notify;

use crate::domain::Usage;

/// Notes of use that are not on disk yet.
#[derive(Default)]
pub(super) struct UsageNotes {
    notes: Mutex<Notes>,
    /// Wakes whoever publishes and writes behind; nothing wakes while nothing is used.
    pub(super) changed: Notify,
}

#[derive(Default)]
struct Notes {
    unsaved: HashMap<KeyId, Usage>,
    unpublished: HashSet<KeyId>,
}

impl UsageNotes {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        // A note is whole or absent, whatever a thread that held the lock did.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a right secret was presented.
    pub(super) fn note_used(&self, id: KeyId, at: Timestamp) {
        self.note(id, Usage { last_used_at: Some(at), ..Usage::default() });
    }

    /// Notes that a secret was presented which rotation had killed.
    pub(super) fn note_retired_seen(&self, id: KeyId, at: Timestamp) {
        self.note(id, Usage { retired_secret_seen_at: Some(at), ..Usage::default() });
    }

    fn note(&self, id: KeyId, usage: Usage) {
        let mut notes = self.lock();
        let note = notes.unsaved.entry(id).or_default();
        *note = note.merged(usage);
        notes.unpublished.insert(id);
        drop(notes);
        self.changed.notify_one();
    }

    /// What is noted about a key beyond what the store has.
    pub(super) fn unsaved(&self, id: &KeyId) -> Usage {
        self.lock().unsaved.get(id).copied().unwrap_or_default()
    }

    /// Takes the keys whose use subscribers are to be told of.
    pub(crate) fn take_unpublished(&self) -> HashSet<KeyId> {
        std::mem::take(&mut self.lock().unpublished)
    }

    /// What is to be written.
    pub(super) fn to_save(&self) -> Vec<(KeyId, Usage)> {
        self.lock().unsaved.iter().map(|(id, usage)| (*id, *usage)).collect()
    }

    /// Forgets what was written, unless it changed meanwhile.
    pub(super) fn saved(&self, written: &[(KeyId, Usage)]) {
        let mut notes = self.lock();
        for (id, usage) in written {
            if notes.unsaved.get(id) == Some(usage) {
                notes.unsaved.remove(id);
            }
        }
    }

    /// Forgets a key that is gone.
    pub(super) fn forget(&self, id: &KeyId) {
        let mut notes = self.lock();
        notes.unsaved.remove(id);
        notes.unpublished.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> KeyId {
        KeyId::from_body("4fX9aQ2LmN7b").unwrap()
    }

    #[test]
    fn a_note_stays_until_just_that_note_is_written() {
        let notes = UsageNotes::default();
        notes.note_used(id(), Timestamp::from_millis(5));
        let written = notes.to_save();
        notes.note_retired_seen(id(), Timestamp::from_millis(6));
        notes.saved(&written);
        let unsaved = notes.unsaved(&id());
        assert_eq!(unsaved.last_used_at, Some(Timestamp::from_millis(5)));
        assert_eq!(unsaved.retired_secret_seen_at, Some(Timestamp::from_millis(6)));
        notes.saved(&notes.to_save());
        assert_eq!(notes.unsaved(&id()), Usage::default());
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let notes = UsageNotes::default();
        notes.note_used(id(), Timestamp::from_millis(5));
        assert_eq!(notes.take_unpublished().len(), 1);
        assert!(notes.take_unpublished().is_empty());
    }
}
