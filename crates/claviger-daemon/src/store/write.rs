//! Owns writing: an edit with its indexes, its audit entry and its revision, in one transaction. Must not decide a rule.

use claviger_api::name::fold;
use claviger_api::{Account, Entry, KeyId, Scope, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use super::record::{encode, encode_account, encode_entry, encode_key};
use super::rows::row_key;
use super::tables::{
    ACCOUNT_NAMES, ACCOUNTS, ACTIVITY, GRANTS, KEY_ACTIVITY, KEY_NAMES, KEYS, SETTINGS, State, USAGE,
};
use super::{Rows, StoreError};
use crate::domain::{AccountEdit, Edit, KeyEdit, KeyRecord, Note, Usage};

/// One write transaction.
pub struct Writer(WriteTransaction);

/// Who asked for an edit, by the socket's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Author {
    /// The uid of the process.
    pub uid: u32,
    /// Its process id, where the system told it.
    pub pid: Option<i32>,
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
        Self(transaction)
    }

    pub(super) fn transaction(&self) -> &WriteTransaction {
        &self.0
    }

    pub(super) fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit()?)
    }

    /// Writes an edit: its rows, its audit entry, its revision.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn apply(&mut self, edit: &Edit, author: Author, at: Timestamp) -> Result<Applied, StoreError> {
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
        self.append_entry(&edit.note, author, at)?;
        let state = self.state()?;
        let state = State {
            revision: state.revision + 1,
            storage_mode: edit.storage_mode.unwrap_or(state.storage_mode),
            newest_at: state.newest_at.max(at.as_millis()),
        };
        self.put_state(state)?;
        Ok(Applied { revision: state.revision, storage_mode: state.storage_mode })
    }

    /// Writes notes of use. They have no audit entry and no revision. Keys that are gone are passed over.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn put_usage(&mut self, notes: &[(KeyId, Usage)], at: Timestamp) -> Result<(), StoreError> {
        let state = self.state()?;
        self.put_state(State { newest_at: state.newest_at.max(at.as_millis()), ..state })?;
        let keys = self.0.open_table(KEYS)?;
        let mut usage = self.0.open_table(USAGE)?;
        let ms = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        for (id, note) in notes {
            if keys.get(row_key(id))?.is_some() {
                usage.insert(row_key(id), (ms(note.last_used_at), ms(note.retired_secret_seen_at)))?;
            }
        }
        Ok(())
    }

    fn put_state(&mut self, state: State) -> Result<(), StoreError> {
        self.0.open_table(SETTINGS)?.insert("state", encode(&state).as_slice())?;
        Ok(())
    }

    fn put_key(&mut self, before: Option<&KeyRecord>, after: &KeyRecord) -> Result<(), StoreError> {
        let id = row_key(&after.id);
        self.0.open_table(KEYS)?.insert(id, encode_key(after).as_slice())?;
        let old_name = before.map(|key| fold(&key.name));
        let new_name = fold(&after.name);
        if old_name.as_deref() != Some(&new_name) {
            let mut names = self.0.open_table(KEY_NAMES)?;
            if let Some(old) = old_name {
                names.remove(old.as_str())?;
            }
            names.insert(new_name.as_str(), id)?;
        }
        self.put_grants(&after.id, before.map(|key| &key.scope), Some(&after.scope))
    }

    fn remove_key(&mut self, key: &KeyRecord) -> Result<(), StoreError> {
        let id = row_key(&key.id);
        self.0.open_table(KEYS)?.remove(id)?;
        self.0.open_table(KEY_NAMES)?.remove(fold(&key.name).as_str())?;
        self.0.open_table(USAGE)?.remove(id)?;
        self.put_grants(&key.id, Some(&key.scope), None)
    }

    fn put_grants(
        &mut self,
        key: &KeyId,
        before: Option<&Scope>,
        after: Option<&Scope>,
    ) -> Result<(), StoreError> {
        if before == after {
            return Ok(());
        }
        let mut grants = self.0.open_table(GRANTS)?;
        if let Some(Scope::Only(accounts)) = before {
            for account in accounts {
                grants.remove((account.as_str(), row_key(key)))?;
            }
        }
        if let Some(Scope::Only(accounts)) = after {
            for account in accounts {
                grants.insert((account.as_str(), row_key(key)), ())?;
            }
        }
        Ok(())
    }

    fn put_account(&mut self, before: Option<&Account>, after: &Account) -> Result<(), StoreError> {
        let id = after.id.as_str();
        self.0.open_table(ACCOUNTS)?.insert(id, encode_account(after).as_slice())?;
        let mut names = self.0.open_table(ACCOUNT_NAMES)?;
        if let Some(before) = before {
            names.remove((fold(&before.name).as_str(), id))?;
        }
        names.insert((fold(&after.name).as_str(), id), ())?;
        Ok(())
    }

    fn remove_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let id = account.id.as_str();
        self.0.open_table(ACCOUNTS)?.remove(id)?;
        self.0.open_table(ACCOUNT_NAMES)?.remove((fold(&account.name).as_str(), id))?;
        Ok(())
    }

    fn append_entry(&mut self, note: &Note, author: Author, at: Timestamp) -> Result<(), StoreError> {
        let mut activity = self.0.open_table(ACTIVITY)?;
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
            self.0.open_table(KEY_ACTIVITY)?.insert((row_key(&id), seq), ())?;
        }
        Ok(())
    }
}
