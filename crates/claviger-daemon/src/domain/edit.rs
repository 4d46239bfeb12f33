//! Owns what one change consists of: rows before and after, and the note for the audit trail. One edit is one revision.

use claviger_api::{Account, AccountId, Action, KeyId, Scope};

use super::key::KeyRecord;
use crate::token::Digest;

/// One change of keys, accounts or settings, with its audit entry: neither is ever written without the other.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What happens to keys.
    pub keys: Vec<KeyEdit>,
    /// What happens to accounts.
    pub accounts: Vec<AccountEdit>,
    /// What Storage Mode becomes.
    pub storage_mode: Option<bool>,
    /// What the audit trail says.
    pub note: Note,
    /// The digest of the secret that it gives a key, where digests are kept.
    pub proven: Option<Proven>,
}

/// That a secret was proven, which need not be done again: its digest, with the key and the generation that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Whose secret it is.
    pub id: KeyId,
    /// Which of that key's secrets.
    pub generation: u64,
    /// Its digest.
    pub digest: Digest,
}

/// What happens to one key.
#[derive(Clone, Debug)]
pub enum KeyEdit {
    /// It is new.
    Create(KeyRecord),
    /// It changes.
    Change {
        /// As it was.
        before: KeyRecord,
        /// As it becomes.
        after: Box<KeyRecord>,
    },
    /// It is deleted.
    Delete(KeyRecord),
}

/// What happens to one account.
#[derive(Clone, Debug)]
pub enum AccountEdit {
    /// It is new.
    Connect(Account),
    /// It changes.
    Change {
        /// As it was.
        before: Account,
        /// As it becomes.
        after: Account,
    },
    /// It is disconnected.
    Disconnect(Account),
}

/// What the audit trail says of an edit. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What happened.
    pub action: Action,
    /// The key that it happened to.
    pub key_id: Option<KeyId>,
    /// That key's name.
    pub key_name: Option<String>,
    /// The account that it happened to.
    pub account_id: Option<AccountId>,
    /// What changed, in a few words.
    pub detail: Option<String>,
}

impl Note {
    /// A note about a key.
    #[must_use]
    pub fn of_key(action: Action, key: &KeyRecord, detail: Option<String>) -> Self {
        Self { action, key_id: Some(key.id), key_name: Some(key.name.clone()), account_id: None, detail }
    }

    /// A note about an account.
    #[must_use]
    pub fn of_account(action: Action, account: &Account, detail: Option<String>) -> Self {
        Self { action, key_id: None, key_name: None, account_id: Some(account.id.clone()), detail }
    }
}

impl Edit {
    /// Whether it takes authority away and gives none: a deletion, a narrower scope, an account disconnected, Storage Mode
    /// off. Such a change must go through also when there is room for nothing else.
    #[must_use]
    pub fn only_revokes(&self) -> bool {
        let is_narrower = |before: &KeyRecord, after: &KeyRecord| {
            let is_within = match (&before.scope, &after.scope) {
                (Scope::All, _) => true,
                (Scope::Only(_), Scope::All) => false,
                (Scope::Only(before), Scope::Only(after)) => after.is_subset(before),
            };
            is_within
                && before.scope != after.scope
                && before.generation == after.generation
                && before.suspended_at == after.suspended_at
        };
        let keys = self.keys.iter().all(|change| match change {
            KeyEdit::Create(_) => false,
            KeyEdit::Change { before, after } => is_narrower(before, after),
            KeyEdit::Delete(_) => true,
        });
        let accounts = self.accounts.iter().all(|change| matches!(change, AccountEdit::Disconnect(_)));
        keys && accounts && self.storage_mode != Some(true)
    }

    /// A new key, which turns Storage Mode on.
    #[must_use]
    pub fn create(key: KeyRecord, storage_mode: bool) -> Self {
        let mut detail = said(&key.scope);
        if !storage_mode {
            detail.push_str("; Storage Mode on");
        }
        let note = Note::of_key(Action::KeyCreated, &key, Some(detail));
        Self {
            storage_mode: (!storage_mode).then_some(true),
            ..Self::of_keys(vec![KeyEdit::Create(key)], note)
        }
    }

    /// Another name.
    #[must_use]
    pub fn rename(before: KeyRecord, after: KeyRecord) -> Self {
        let note = Note::of_key(Action::KeyRenamed, &after, Some(format!("was {}", before.name)));
        Self::of_keys(vec![KeyEdit::Change { before, after: Box::new(after) }], note)
    }

    /// Another scope.
    #[must_use]
    pub fn rescope(before: KeyRecord, after: KeyRecord) -> Self {
        let detail = format!("{} → {}", said(&before.scope), said(&after.scope));
        let note = Note::of_key(Action::KeyScopeChanged, &after, Some(detail));
        Self::of_keys(vec![KeyEdit::Change { before, after: Box::new(after) }], note)
    }

    /// Another secret.
    #[must_use]
    pub fn rotate(before: KeyRecord, after: KeyRecord) -> Self {
        let note = Note::of_key(Action::KeyRotated, &after, Some(format!("generation {}", after.generation)));
        Self::of_keys(vec![KeyEdit::Change { before, after: Box::new(after) }], note)
    }

    /// A key that is no longer suspended.
    #[must_use]
    pub fn release(before: KeyRecord, after: KeyRecord) -> Self {
        let note = Note::of_key(Action::KeyReleased, &after, Some(said(&after.scope)));
        Self::of_keys(vec![KeyEdit::Change { before, after: Box::new(after) }], note)
    }

    /// The end of a key.
    #[must_use]
    pub fn delete(key: KeyRecord) -> Self {
        let note = Note::of_key(Action::KeyDeleted, &key, Some(said(&key.scope)));
        Self::of_keys(vec![KeyEdit::Delete(key)], note)
    }

    /// A new account.
    #[must_use]
    pub fn connect(account: Account) -> Self {
        let note = Note::of_account(Action::AccountConnected, &account, Some(account.name.clone()));
        Self::of_accounts(vec![AccountEdit::Connect(account)], note)
    }

    /// Other facts about an account.
    #[must_use]
    pub fn update(before: Account, after: Account) -> Self {
        let note = Note::of_account(Action::AccountUpdated, &after, Some(after.name.clone()));
        Self::of_accounts(vec![AccountEdit::Change { before, after }], note)
    }

    /// The end of an account, which every scope that named it loses.
    #[must_use]
    pub fn disconnect(account: Account, holders: Vec<KeyRecord>) -> Self {
        let keys: Vec<KeyEdit> = holders
            .into_iter()
            .filter_map(|before| {
                let after = before.without_account(&account.id)?;
                Some(KeyEdit::Change { before, after: Box::new(after) })
            })
            .collect();
        let lost = match keys.len() {
            0 => String::new(),
            1 => "; 1 key lost it".to_owned(),
            many => format!("; {many} keys lost it"),
        };
        let note =
            Note::of_account(Action::AccountDisconnected, &account, Some(format!("{}{lost}", account.name)));
        Self { keys, ..Self::of_accounts(vec![AccountEdit::Disconnect(account)], note) }
    }

    /// Storage Mode on or off.
    #[must_use]
    pub fn set_storage_mode(enabled: bool) -> Self {
        let detail = Some(if enabled { "on" } else { "off" }.to_owned());
        let note = Note {
            action: Action::StorageModeChanged,
            key_id: None,
            key_name: None,
            account_id: None,
            detail,
        };
        Self { storage_mode: Some(enabled), ..Self::of_keys(Vec::new(), note) }
    }

    /// The same, and the secret that it gives a key is proven by this.
    #[must_use]
    pub fn proving(self, proven: Option<Proven>) -> Self {
        Self { proven, ..self }
    }

    fn of_keys(keys: Vec<KeyEdit>, note: Note) -> Self {
        Self { keys, accounts: Vec::new(), storage_mode: None, note, proven: None }
    }

    fn of_accounts(accounts: Vec<AccountEdit>, note: Note) -> Self {
        Self { accounts, ..Self::of_keys(Vec::new(), note) }
    }
}

/// A scope in a few words, with the first few accounts by id.
fn said(scope: &Scope) -> String {
    const NAMED: usize = 5;
    let Scope::Only(accounts) = scope else { return "all accounts".to_owned() };
    if accounts.is_empty() {
        return "no accounts".to_owned();
    }
    let words = accounts.iter().take(NAMED).map(AccountId::as_str).collect::<Vec<_>>().join(", ");
    match accounts.len() - accounts.len().min(NAMED) {
        0 => words,
        more => format!("{words} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{account, key};
    use super::*;

    fn only(count: usize) -> Scope {
        (0..count).map(|n| AccountId::parse(&format!("a{n}")).unwrap()).collect()
    }

    #[test]
    fn what_only_revokes_takes_away_and_gives_nothing() {
        let (all, two, one, none) =
            (key('A', Scope::All), key('A', only(2)), key('A', only(1)), key('A', only(0)));
        let renamed = KeyRecord { name: "Other".into(), ..two.clone() };
        let rotated = KeyRecord { generation: 2, ..two.clone() };
        let suspended = KeyRecord { suspended_at: Some(claviger_api::Timestamp::default()), ..two.clone() };
        for (edit, only_revokes) in [
            (Edit::delete(two.clone()), true),
            (Edit::rescope(all.clone(), two.clone()), true),
            (Edit::rescope(two.clone(), one.clone()), true),
            (Edit::rescope(one.clone(), none), true),
            (Edit::disconnect(account("a0"), vec![one.clone(), two.clone()]), true),
            (Edit::set_storage_mode(false), true),
            (Edit::create(one.clone(), true), false),
            (Edit::rescope(one, two.clone()), false),
            (Edit::rescope(two.clone(), all), false),
            (Edit::rename(two.clone(), renamed), false),
            (Edit::rotate(two.clone(), rotated), false),
            (Edit::release(suspended, two), false),
            (Edit::connect(account("a0")), false),
            (Edit::update(account("a0"), Account { version: 2, ..account("a0") }), false),
            (Edit::set_storage_mode(true), false),
        ] {
            assert_eq!(edit.only_revokes(), only_revokes, "{:?}", edit.note);
        }
    }

    #[test]
    fn a_scope_is_said_in_a_few_words() {
        assert_eq!(said(&Scope::All), "all accounts");
        assert_eq!(said(&only(0)), "no accounts");
        assert_eq!(said(&only(2)), "a0, a1");
        assert_eq!(said(&only(7)), "a0, a1, a2, a3, a4 and 2 more");
    }
}
