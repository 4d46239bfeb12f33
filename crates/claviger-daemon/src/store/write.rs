//! Owns writing: an edit with its indexes, its audit entry and its revision, in one transaction. Must not decide a rule.

use std::collections::BTreeSet;

use claviger_api::name::fold;
use claviger_api::{Account, AccountId, Day, Entry, KeyId, Scope, Timestamp};
use redb::{ReadableTable, Table, WriteTransaction};

use super::journal::Following;
use super::migrate::new_lineage;
use super::record::{encode, encode_account, encode_entry, encode_key};
use super::revoked::{Revoked, put};
use super::rows::row_key;
use super::tables::{
    ACCOUNT_NAMES, ACCOUNTS, ACTIVITY, GRANTS, KEY_ACTIVITY, KEY_NAMES, KEYS, KeyIdBytes, SETTINGS, State,
    USAGE, USAGE_DAYS,
};
use super::{Heritage, Rows, StoreError};
use crate::domain::{AccountEdit, Edit, Grants, KeyEdit, KeyRecord, Note, Usage, oldest_kept};

/// How many counts of old days one writing of notes removes at most.
const PRUNED_AT_ONCE: usize = 1_000;

/// What a key without a list of accounts names in the index of grants.
static NO_ACCOUNTS: BTreeSet<AccountId> = BTreeSet::new();

/// One write transaction.
pub struct Writer {
    transaction: WriteTransaction,
    /// What was taken away in it: for the journal.
    revoked: Vec<Revoked>,
}

/// Who asked for an edit, by the socket's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Author {
    /// The uid of the process.
    pub uid: u32,
    /// Its process id, where the system told it.
    pub pid: Option<i32>,
}

impl Author {
    /// This process itself: what it does without being asked over a socket.
    #[must_use]
    pub fn this_process() -> Self {
        Self { uid: rustix::process::geteuid().as_raw(), pid: i32::try_from(std::process::id()).ok() }
    }
}

/// What an edit became.
#[derive(Clone, Copy, Debug)]
pub struct Applied {
    /// The revision that it made.
    pub revision: u64,
    /// Whether keys open anything at all, after it.
    pub storage_mode: bool,
}

impl Writer {
    pub(super) fn new(transaction: WriteTransaction) -> Self {
        Self { transaction, revoked: Vec::new() }
    }

    pub(super) fn transaction(&self) -> &WriteTransaction {
        &self.transaction
    }

    /// Commits, and gives what was taken away.
    pub(super) fn commit(self) -> Result<Vec<Revoked>, StoreError> {
        self.transaction.commit()?;
        Ok(self.revoked)
    }

    /// Writes an edit: its rows, its audit entry, its revision.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn apply(&mut self, edit: &Edit, author: Author, at: Timestamp) -> Result<Applied, StoreError> {
        let applied = self.put_edit(edit, author, at)?;
        let row = |what| Revoked { revision: applied.revision, what };
        let revoked: Vec<Revoked> = edit.revocations().into_iter().map(row).collect();
        put(&self.transaction, &revoked)?;
        self.revoked.extend(revoked);
        Ok(applied)
    }

    /// Writes what becomes of a restored store, which has heeded its heritage then. It gets this revision, which no store
    /// had in this place before.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn restore(
        &mut self,
        edit: &Edit,
        heritage: &Heritage,
        revision: u64,
        author: Author,
        at: Timestamp,
    ) -> Result<Applied, StoreError> {
        self.heed(heritage)?;
        let state = self.state()?;
        let skipped = revision.saturating_sub(state.revision + 1);
        self.put_state(State {
            revision: state.revision + skipped,
            skipped: state.skipped + skipped,
            ..state
        })?;
        self.put_edit(edit, author, at)
    }

    /// Notes that the store knows what its heritage told it. Where no journal knows its line, a new one begins, also where
    /// nothing has to change: a journal that followed the old one from here on would vouch for all that came from it before.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn heed(&mut self, heritage: &Heritage) -> Result<(), StoreError> {
        put(&self.transaction, &heritage.unheeded)?;
        match heritage.following {
            Following::Followed => Ok(()),
            Following::Unknown => new_lineage(&self.transaction),
        }
    }

    fn put_edit(&mut self, edit: &Edit, author: Author, at: Timestamp) -> Result<Applied, StoreError> {
        for change in &edit.keys {
            match change {
                KeyEdit::Create(key) => self.put_key(None, key)?,
                KeyEdit::Change { before, after } => self.put_key(Some(before), after)?,
                KeyEdit::Delete(key) => self.remove_key(key)?,
            }
        }
        for change in &edit.accounts {
            match change {
                AccountEdit::Connect(account) => self.put_account(None, account)?,
                AccountEdit::Change { before, after } => self.put_account(Some(before), after)?,
                AccountEdit::Disconnect(account) => self.remove_account(account)?,
            }
        }
        self.put_digests(edit.proven.as_slice())?;
        self.append_entry(&edit.note, author, at)?;
        let state = self.state()?;
        let state = State {
            revision: state.revision + 1,
            storage_mode: edit.storage_mode.unwrap_or(state.storage_mode),
            newest_at: state.newest_at.max(at.as_millis()),
            ..state
        };
        self.put_state(state)?;
        Ok(Applied { revision: state.revision, storage_mode: state.storage_mode })
    }

    /// Writes notes of use and adds to the counts of grants. They have no audit entry and no revision. Keys that are
    /// gone are passed over.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn put_usage(
        &mut self,
        notes: &[(KeyId, Usage)],
        grants: &Grants,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let state = self.state()?;
        let newest_at = state.newest_at.max(at.as_millis());
        self.put_state(State { newest_at, usage_saves: state.usage_saves + 1, ..state })?;
        let keys = self.transaction.open_table(KEYS)?;
        let mut usage = self.transaction.open_table(USAGE)?;
        let ms = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        for (id, note) in notes {
            if keys.get(row_key(id))?.is_some() {
                usage.insert(row_key(id), (ms(note.last_used_at), ms(note.retired_secret_seen_at)))?;
            }
        }
        let mut days = self.transaction.open_table(USAGE_DAYS)?;
        for ((id, day), more) in grants {
            if keys.get(row_key(id))?.is_some() {
                let place = (day.number(), row_key(id));
                let before = days.get(place)?.map_or(0, |row| row.value());
                days.insert(place, before.saturating_add(*more))?;
            }
        }
        prune(&mut days, oldest_kept(at))
    }

    fn put_state(&mut self, state: State) -> Result<(), StoreError> {
        self.transaction.open_table(SETTINGS)?.insert("state", encode(&state).as_slice())?;
        Ok(())
    }

    fn put_key(&mut self, before: Option<&KeyRecord>, after: &KeyRecord) -> Result<(), StoreError> {
        let id = row_key(&after.id);
        self.transaction.open_table(KEYS)?.insert(id, encode_key(after).as_slice())?;
        if before.is_some_and(|before| before.generation != after.generation) {
            self.remove_digest(after)?;
        }
        let old_name = before.map(|key| fold(&key.name));
        let new_name = fold(&after.name);
        if old_name.as_deref() != Some(&new_name) {
            let mut names = self.transaction.open_table(KEY_NAMES)?;
            if let Some(old) = old_name {
                names.remove(old.as_str())?;
            }
            names.insert(new_name.as_str(), id)?;
        }
        self.put_grants(&after.id, before.map(|key| &key.scope), Some(&after.scope))
    }

    fn remove_key(&mut self, key: &KeyRecord) -> Result<(), StoreError> {
        let id = row_key(&key.id);
        self.transaction.open_table(KEYS)?.remove(id)?;
        self.transaction.open_table(KEY_NAMES)?.remove(fold(&key.name).as_str())?;
        self.transaction.open_table(USAGE)?.remove(id)?;
        self.remove_digest(key)?;
        self.remove_days(id)?;
        self.put_grants(&key.id, Some(&key.scope), None)
    }

    /// Removes a key's counts of every day. Few days have rows, so going from day to day is short.
    fn remove_days(&mut self, id: &[u8; 12]) -> Result<(), StoreError> {
        let mut days = self.transaction.open_table(USAGE_DAYS)?;
        let mut from = i32::MIN;
        loop {
            let next = days.range((from, &[0; 12])..)?.next().transpose()?.map(|(place, _)| place.value().0);
            let Some(day) = next else { return Ok(()) };
            days.remove((day, id))?;
            let Some(after) = day.checked_add(1) else { return Ok(()) };
            from = after;
        }
    }

    fn put_grants<'a>(
        &mut self,
        key: &KeyId,
        before: Option<&'a Scope>,
        after: Option<&'a Scope>,
    ) -> Result<(), StoreError> {
        let named = |scope: Option<&'a Scope>| match scope {
            Some(Scope::Only(accounts)) => accounts,
            Some(Scope::All) | None => &NO_ACCOUNTS,
        };
        let (before, after) = (named(before), named(after));
        if before == after {
            return Ok(());
        }
        let mut grants = self.transaction.open_table(GRANTS)?;
        // What stays is not written anew: each page that a commit writes is one more that the disk is waited for.
        for account in before.difference(after) {
            grants.remove((account.as_str(), row_key(key)))?;
        }
        for account in after.difference(before) {
            grants.insert((account.as_str(), row_key(key)), ())?;
        }
        Ok(())
    }

    fn put_account(&mut self, before: Option<&Account>, after: &Account) -> Result<(), StoreError> {
        let id = after.id.as_str();
        self.transaction.open_table(ACCOUNTS)?.insert(id, encode_account(after).as_slice())?;
        let mut names = self.transaction.open_table(ACCOUNT_NAMES)?;
        if let Some(before) = before {
            names.remove((fold(&before.name).as_str(), id))?;
        }
        names.insert((fold(&after.name).as_str(), id), ())?;
        Ok(())
    }

    fn remove_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let id = account.id.as_str();
        self.transaction.open_table(ACCOUNTS)?.remove(id)?;
        self.transaction.open_table(ACCOUNT_NAMES)?.remove((fold(&account.name).as_str(), id))?;
        Ok(())
    }

    fn append_entry(&mut self, note: &Note, author: Author, at: Timestamp) -> Result<(), StoreError> {
        let mut activity = self.transaction.open_table(ACTIVITY)?;
        let seq = activity.last()?.map_or(0, |(seq, _)| seq.value()) + 1;
        let entry = Entry {
            seq,
            at,
            action: note.action,
            key_id: note.key_id,
            key_name: note.key_name.clone(),
            account_id: note.account_id.clone(),
            uid: author.uid,
            pid: author.pid,
            detail: note.detail.clone(),
        };
        activity.insert(seq, encode_entry(&entry).as_slice())?;
        if let Some(id) = note.key_id {
            self.transaction.open_table(KEY_ACTIVITY)?.insert((row_key(&id), seq), ())?;
        }
        Ok(())
    }
}

/// Removes counts of days before `first`, not so many at once that a change has to wait for it.
fn prune(days: &mut Table<'_, (i32, KeyIdBytes), u64>, first: Day) -> Result<(), StoreError> {
    let old = days.range(..(first.number(), &[0; 12]))?.take(PRUNED_AT_ONCE);
    let old: Vec<(i32, [u8; 12])> =
        old.map(|row| row.map(|(place, _)| (place.value().0, *place.value().1))).collect::<Result<_, _>>()?;
    for (day, id) in old {
        days.remove((day, &id))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use claviger_api::Action;
    use redb::ReadableTableMetadata;

    use super::super::tables::Tables;
    use super::super::{Rows, Store};
    use super::*;
    use crate::domain::sample::{self, only};

    const AUTHOR: Author = Author { uid: 1000, pid: None };
    const DAY_MS: i64 = 86_400_000;

    fn key(letter: char, accounts: &[&str]) -> KeyRecord {
        sample::key(letter, only(accounts))
    }

    fn edit(store: &Store, change: KeyEdit) {
        let note = Note {
            action: Action::KeyScopeChanged,
            key_id: None,
            key_name: None,
            account_id: None,
            detail: None,
        };
        let edit = Edit { keys: vec![change], accounts: vec![], storage_mode: None, note, proven: None };
        store.write(|writer| writer.apply(&edit, AUTHOR, Timestamp::default())).unwrap();
    }

    fn holders(store: &Store, account: &str) -> Vec<KeyId> {
        store.read(|rows| rows.holders(&AccountId::parse(account).unwrap())).unwrap()
    }

    fn count(store: &Store, day: i32, ids: &[KeyId]) {
        let at = Timestamp::from_millis(i64::from(day) * DAY_MS);
        let grants = ids.iter().map(|id| ((*id, Day::of(at)), 1)).collect();
        store.write(|writer| writer.put_usage(&[], &grants, at)).unwrap();
    }

    fn counted(store: &Store) -> u64 {
        store.read(|rows| Ok(rows.tables().table(USAGE_DAYS)?.len()?)).unwrap()
    }

    #[test]
    fn an_account_that_a_scope_no_longer_names_is_no_longer_held() {
        let store = Store::memory().unwrap();
        let (wide, narrow) = (key('A', &["a", "b"]), key('A', &["b"]));
        edit(&store, KeyEdit::Create(wide.clone()));
        assert_eq!((holders(&store, "a"), holders(&store, "b")), (vec![wide.id], vec![wide.id]));
        edit(&store, KeyEdit::Change { before: wide.clone(), after: Box::new(narrow.clone()) });
        assert_eq!((holders(&store, "a"), holders(&store, "b")), (vec![], vec![wide.id]));
        let all = KeyRecord { scope: Scope::All, ..narrow.clone() };
        edit(&store, KeyEdit::Change { before: narrow.clone(), after: Box::new(all.clone()) });
        assert_eq!(holders(&store, "b"), []);
        edit(&store, KeyEdit::Change { before: all, after: Box::new(narrow.clone()) });
        edit(&store, KeyEdit::Delete(narrow));
        assert_eq!(holders(&store, "b"), []);
    }

    #[test]
    fn counts_go_with_their_key_and_none_is_written_for_one_that_is_gone() {
        let store = Store::memory().unwrap();
        let (gone, stays) = (key('A', &[]), key('B', &[]));
        edit(&store, KeyEdit::Create(gone.clone()));
        edit(&store, KeyEdit::Create(stays.clone()));
        for day in [3, 4, 9] {
            count(&store, day, &[gone.id, stays.id]);
        }
        edit(&store, KeyEdit::Delete(gone.clone()));
        assert_eq!(counted(&store), 3);
        count(&store, 9, &[gone.id, stays.id]);
        assert_eq!(counted(&store), 3);
    }

    #[test]
    fn counts_of_old_days_go_when_newer_ones_come() {
        let store = Store::memory().unwrap();
        let key = key('A', &[]);
        edit(&store, KeyEdit::Create(key.clone()));
        for day in 1..=30 {
            count(&store, day, &[key.id]);
            assert_eq!(counted(&store), u64::try_from(day).unwrap().min(14), "day {day}");
        }
    }
}
