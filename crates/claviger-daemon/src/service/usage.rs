//! Owns notes of use between the moment of use and the disk. Must not hold up a verification.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use claviger_api::{Day, KeyId, Timestamp};

use crate::domain::{Grants, Usage};
use crate::sync::{Mutex, MutexGuard, Notify, PoisonError};

/// Notes of use that are not on disk yet.
#[derive(Default)]
pub(super) struct UsageNotes {
    notes: Mutex<Notes>,
    /// Wakes whoever publishes and writes behind; nothing wakes while nothing is used.
    pub(super) changed: Notify,
}

#[derive(Default)]
struct Notes {
    unsaved: HashMap<KeyId, Note>,
    /// Grants of a day that ended before they were handed to the writer.
    ended: Grants,
    saves: Vec<Save>,
    /// Keys whose use was written before subscribers were told of it.
    written_untold: HashSet<KeyId>,
}

/// What is noted about a key.
#[derive(Clone, Copy, Default)]
struct Note {
    usage: Usage,
    /// The day of `granted`.
    day: Day,
    granted: u64,
    /// Whether subscribers are to be told of it.
    is_untold: bool,
}

/// Grants that were handed to the writer, kept for a while after: which of them a reader's snapshot has is told by
/// the number of saves that it counts. So a grant is never counted twice nor left out, whatever is committed between a
/// look at the store and one at the notes, and whatever became of a commit that failed.
struct Save {
    number: u64,
    grants: Arc<Grants>,
}

impl Note {
    /// Adds grants of a day. Gives back those of the day before, when another one has begun.
    fn grant(&mut self, day: Day, granted: u64) -> Option<(Day, u64)> {
        let ended = (self.day != day && self.granted > 0).then_some((self.day, self.granted));
        if self.day != day {
            (self.day, self.granted) = (day, 0);
        }
        self.granted = self.granted.saturating_add(granted);
        ended
    }
}

impl UsageNotes {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        // A note is whole or absent, whatever a thread that held the lock did.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a right secret was presented, and opened what was asked for.
    pub(super) fn note_granted(&self, id: KeyId, at: Timestamp) {
        self.note(id, Usage { last_used_at: Some(at), ..Usage::default() }, Some(Day::of(at)));
    }

    /// Notes that a right secret was presented, but did not open what was asked for.
    pub(super) fn note_denied(&self, id: KeyId, at: Timestamp) {
        self.note(id, Usage { last_used_at: Some(at), ..Usage::default() }, None);
    }

    /// Notes that a secret was presented which rotation had killed.
    pub(super) fn note_retired_seen(&self, id: KeyId, at: Timestamp) {
        self.note(id, Usage { retired_secret_seen_at: Some(at), ..Usage::default() }, None);
    }

    fn note(&self, id: KeyId, usage: Usage, granted_on: Option<Day>) {
        let mut notes = self.lock();
        let note = notes.unsaved.entry(id).or_default();
        note.usage = note.usage.merged(usage);
        note.is_untold = true;
        if let Some(day) = granted_on
            && let Some((ended, granted)) = note.grant(day, 1)
        {
            add(&mut notes.ended, (id, ended), granted);
        }
        drop(notes);
        self.changed.notify_one();
    }

    /// When a key was used, as far as it is noted beyond what the store has.
    pub(super) fn unsaved(&self, id: &KeyId) -> Usage {
        self.lock().unsaved.get(id).map(|note| note.usage).unwrap_or_default()
    }

    /// How often a key was granted on each of these days, beyond what a store has after so many saves. `None` where
    /// so many came since that it is not known any more: look at the store again.
    pub(super) fn unwritten(
        &self,
        id: &KeyId,
        saves: u64,
        days: impl Iterator<Item = Day>,
    ) -> Option<Vec<u64>> {
        let notes = self.lock();
        if notes.saves.first().is_some_and(|oldest| oldest.number > saves + 1) {
            return None;
        }
        let note = notes.unsaved.get(id).copied().unwrap_or_default();
        let handed_over = notes.saves.iter().filter(|save| save.number > saves).map(|save| &*save.grants);
        let gathered: Vec<&Grants> = handed_over.chain([&notes.ended]).collect();
        let on = |day| {
            let today = if note.day == day { note.granted } else { 0 };
            gathered
                .iter()
                .filter_map(|grants| grants.get(&(*id, day)))
                .fold(today, |sum, granted| sum.saturating_add(*granted))
        };
        Some(days.map(on).collect())
    }

    /// Takes the keys whose use subscribers are to be told of.
    pub(crate) fn take_unpublished(&self) -> HashSet<KeyId> {
        let mut notes = self.lock();
        let mut untold = std::mem::take(&mut notes.written_untold);
        let unsaved = notes.unsaved.iter_mut();
        untold.extend(unsaved.filter_map(|(id, note)| std::mem::take(&mut note.is_untold).then_some(*id)));
        untold
    }

    /// What is to be written of when keys were used.
    pub(super) fn to_save(&self) -> Vec<(KeyId, Usage)> {
        self.lock().unsaved.iter().map(|(id, note)| (*id, note.usage)).collect()
    }

    /// Takes the grants that are to be written, into a store that says it was saved `saves` times. Those that were
    /// handed over before and are not in it are among them.
    pub(super) fn begin_save(&self, saves: u64) -> Arc<Grants> {
        let mut notes = self.lock();
        let mut grants = std::mem::take(&mut notes.ended);
        for (id, note) in &mut notes.unsaved {
            let granted = std::mem::take(&mut note.granted);
            if granted > 0 {
                add(&mut grants, (*id, note.day), granted);
            }
        }
        for save in notes.saves.extract_if(.., |save| save.number > saves) {
            for (place, granted) in save.grants.iter() {
                add(&mut grants, *place, *granted);
            }
        }
        // The newest one that was written stays: who reads may still have the snapshot before it.
        notes.saves.retain(|save| save.number == saves);
        let grants = Arc::new(grants);
        notes.saves.push(Save { number: saves + 1, grants: Arc::clone(&grants) });
        grants
    }

    /// Forgets what was written of when keys were used, unless it changed meanwhile or has grants that are not written.
    pub(super) fn saved(&self, written: &[(KeyId, Usage)]) {
        let mut notes = self.lock();
        for (id, usage) in written {
            if notes.unsaved.get(id).is_some_and(|note| note.usage == *usage && note.granted == 0)
                && notes.unsaved.remove(id).is_some_and(|note| note.is_untold)
            {
                notes.written_untold.insert(*id);
            }
        }
    }

    /// Forgets a key that is gone.
    pub(super) fn forget(&self, id: &KeyId) {
        let mut notes = self.lock();
        notes.unsaved.remove(id);
        notes.written_untold.remove(id);
        notes.ended.retain(|(noted, _), _| noted != id);
    }
}

fn add(grants: &mut Grants, place: (KeyId, Day), granted: u64) {
    let sum = grants.entry(place).or_default();
    *sum = sum.saturating_add(granted);
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn id() -> KeyId {
        KeyId::from_body("4fX9aQ2LmN7b").unwrap()
    }

    fn at(day: i32) -> Timestamp {
        Timestamp::from_millis(i64::from(day) * DAY_MS + 5)
    }

    /// What is not in a store after so many saves, of days 1 and 2.
    fn unwritten(notes: &UsageNotes, saves: u64) -> Vec<u64> {
        notes.unwritten(&id(), saves, [1, 2].map(Day::from_number).into_iter()).unwrap()
    }

    #[test]
    fn a_note_stays_until_just_that_note_is_written() {
        let notes = UsageNotes::default();
        notes.note_denied(id(), Timestamp::from_millis(5));
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
        notes.note_granted(id(), Timestamp::from_millis(5));
        assert_eq!(notes.take_unpublished().len(), 1);
        assert!(notes.take_unpublished().is_empty());
    }

    #[test]
    fn what_is_written_before_it_is_told_is_told_all_the_same() {
        let notes = UsageNotes::default();
        notes.note_denied(id(), Timestamp::from_millis(5));
        notes.saved(&notes.to_save());
        assert_eq!(notes.take_unpublished(), HashSet::from([id()]));
        assert!(notes.take_unpublished().is_empty());
    }

    #[test]
    fn grants_are_counted_on_their_day_and_nothing_else_is() {
        let notes = UsageNotes::default();
        for day in [1, 1, 2, 1] {
            notes.note_granted(id(), at(day));
        }
        notes.note_denied(id(), at(2));
        notes.note_retired_seen(id(), at(2));
        assert_eq!(unwritten(&notes, 0), [3, 1]);
        assert_eq!(
            *notes.begin_save(0),
            Grants::from([((id(), Day::from_number(1)), 3), ((id(), Day::from_number(2)), 1)])
        );
    }

    #[test]
    fn a_grant_is_counted_once_while_it_is_being_written() {
        let notes = UsageNotes::default();
        notes.note_granted(id(), at(1));
        let save = notes.begin_save(0);
        notes.note_granted(id(), at(1));
        assert_eq!((unwritten(&notes, 0), unwritten(&notes, 1)), (vec![2, 0], vec![1, 0]));
        assert_eq!(save.values().sum::<u64>(), 1);
        // Whoever reads the store as it was before still counts what came meanwhile.
        notes.begin_save(1);
        assert_eq!(
            (unwritten(&notes, 0), unwritten(&notes, 1), unwritten(&notes, 2)),
            (vec![2, 0], vec![1, 0], vec![0, 0])
        );
    }

    #[test]
    fn a_store_of_two_saves_ago_is_to_be_looked_at_again() {
        let notes = UsageNotes::default();
        let count = |saves| notes.unwritten(&id(), saves, [Day::from_number(1)].into_iter());
        notes.note_granted(id(), at(1));
        for saves in 0..3 {
            notes.begin_save(saves);
        }
        assert_eq!((count(0), count(1), count(2)), (None, Some(vec![0]), Some(vec![0])));
    }

    #[test]
    fn what_a_failed_commit_left_out_is_written_by_the_next() {
        let notes = UsageNotes::default();
        notes.note_granted(id(), at(1));
        notes.begin_save(0);
        notes.note_granted(id(), at(2));
        let again = notes.begin_save(0);
        assert_eq!(again.values().sum::<u64>(), 2);
        assert_eq!((unwritten(&notes, 0), unwritten(&notes, 1)), (vec![1, 1], vec![0, 0]));
    }

    #[test]
    fn a_note_with_grants_outlives_the_writing_of_the_one_before() {
        let notes = UsageNotes::default();
        notes.note_granted(id(), at(1));
        let written = notes.to_save();
        notes.begin_save(0);
        notes.note_granted(id(), at(1));
        notes.saved(&written);
        assert_eq!(unwritten(&notes, 1), [1, 0]);
    }
}
