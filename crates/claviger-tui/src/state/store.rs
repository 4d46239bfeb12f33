//! Owns what the daemon told of keys, accounts and settings. Must not change but by what the daemon tells.

use std::collections::HashMap;

use claviger_api::{Account, AccountId, Key, KeyId, Scope};

use super::ahead::Ahead;
use super::barred::Barred;
use super::catalog::{Catalog, Place};
use crate::message::Feed;

/// The daemon's state as last heard, and beside it what answers said before the news did.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// As the news told of them: what lists show.
    pub(crate) keys: Catalog<Key>,
    pub(crate) accounts: Catalog<Account>,
    /// Unknown until the daemon has spoken.
    pub(crate) storage_mode: Option<bool>,
    pub(crate) barred: Barred,
    grants: Grants,
    answered_keys: Ahead<Key>,
    answered_accounts: Ahead<Account>,
}

/// What news changed.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) keys: Touched,
    pub(crate) accounts: bool,
}

/// Which keys news touched.
#[derive(Debug)]
pub(crate) enum Touched {
    /// All of them may be others now.
    All,
    /// What lies or lay in these places.
    Places(Vec<Place>),
    /// These were only used.
    Used,
}

impl Default for Touched {
    fn default() -> Self {
        Self::Places(Vec::new())
    }
}

/// How many keys see an account, counted as they come and go: a frame must not ask every key.
#[derive(Debug, Default)]
struct Grants {
    /// Keys that see every account.
    all: usize,
    only: HashMap<AccountId, Holders>,
}

/// The restricted keys that see an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    pub(crate) keys: usize,
    /// Those of them that see no other.
    pub(crate) solely: usize,
}

impl Store {
    /// Takes what the daemon said of its own accord.
    pub(crate) fn apply(&mut self, feed: Feed) -> News {
        let news = self.take(feed);
        self.answered_keys.settle(&self.keys);
        self.answered_accounts.settle(&self.accounts);
        news
    }

    fn take(&mut self, feed: Feed) -> News {
        match feed {
            Feed::Snapshot { keys, accounts, storage_mode } => {
                (self.grants, self.barred) = Default::default();
                for key in &keys {
                    self.grants.add(&key.scope);
                    self.barred.add(key);
                }
                self.keys.replace(keys);
                self.accounts.replace(accounts);
                self.storage_mode = Some(storage_mode);
                News { keys: Touched::All, accounts: true }
            }
            Feed::Part { is_first, keys, accounts, storage_mode } => {
                if is_first {
                    *self = Self::default();
                }
                for key in &keys {
                    self.grants.add(&key.scope);
                    self.barred.add(key);
                }
                let touched = self.keys.edit(|edit| keys.into_iter().for_each(|key| drop(edit.put(key))));
                let touched_accounts = self
                    .accounts
                    .edit(|edit| accounts.into_iter().for_each(|account| drop(edit.put(account))));
                self.storage_mode = Some(storage_mode);
                let keys = if is_first { Touched::All } else { Touched::Places(touched) };
                News { keys, accounts: is_first || !touched_accounts.is_empty() }
            }
            Feed::Changed { keys, accounts, removed_keys, removed_accounts, storage_mode } => {
                self.storage_mode = storage_mode.or(self.storage_mode);
                let (grants, barred) = (&mut self.grants, &mut self.barred);
                let touched = self.keys.edit(|edit| {
                    let mut old = Vec::new();
                    for key in keys {
                        grants.add(&key.scope);
                        barred.add(&key);
                        old.extend(edit.put(key));
                    }
                    old.extend(removed_keys.iter().filter_map(|id| edit.remove(id)));
                    for key in old {
                        grants.remove(&key.scope);
                        barred.remove(&key);
                    }
                });
                let touched_accounts = self.accounts.edit(|edit| {
                    for account in accounts {
                        edit.put(account);
                    }
                    for id in removed_accounts {
                        edit.remove(&id);
                    }
                });
                News { keys: Touched::Places(touched), accounts: !touched_accounts.is_empty() }
            }
            Feed::Used(uses) => {
                let answered = &mut self.answered_keys;
                self.keys.edit(|edit| {
                    for used in uses {
                        let note = |key: &mut Key| {
                            key.last_used_at = used.last_used_at;
                            key.retired_secret_seen_at = used.retired_secret_seen_at;
                        };
                        edit.amend(&used.id, note);
                        answered.amend(&used.id, note);
                    }
                });
                News { keys: Touched::Used, accounts: false }
            }
        }
    }

    /// Takes what the answer to a change said of a key.
    pub(crate) fn learn_key(&mut self, key: Key) {
        self.answered_keys.learn(&self.keys, key);
    }

    /// Takes what the answer to a change said of an account.
    pub(crate) fn learn_account(&mut self, account: Account) {
        self.answered_accounts.learn(&self.accounts, account);
    }

    /// Forgets what answers said: they came over a connection that is gone, and its store may be another one by now.
    pub(crate) fn forget_answers(&mut self) {
        (self.answered_keys, self.answered_accounts) = Default::default();
    }

    /// A key as it is by the newer of news and answers: what a change of it begins from.
    pub(crate) fn key(&self, id: &KeyId) -> Option<&Key> {
        self.answered_keys.newest(&self.keys, id)
    }

    /// An account as it is by the newer of news and answers: what a change of it begins from.
    pub(crate) fn account(&self, id: &AccountId) -> Option<&Account> {
        self.answered_accounts.newest(&self.accounts, id)
    }

    /// How many keys see an account.
    pub(crate) fn seen_by(&self, account: &AccountId) -> usize {
        self.grants.all + self.holders(account).keys
    }

    /// How many restricted keys see an account.
    pub(crate) fn holders(&self, account: &AccountId) -> Holders {
        self.grants.only.get(account).copied().unwrap_or_default()
    }
}

impl Grants {
    fn add(&mut self, scope: &Scope) {
        match scope {
            Scope::All => self.all += 1,
            Scope::Only(accounts) => {
                for id in accounts {
                    // Not `entry`, which would want a copy of the id each time.
                    if !self.only.contains_key(id) {
                        self.only.insert(id.clone(), Holders::default());
                    }
                    if let Some(holders) = self.only.get_mut(id) {
                        holders.keys += 1;
                        holders.solely += usize::from(accounts.len() == 1);
                    }
                }
            }
        }
    }

    fn remove(&mut self, scope: &Scope) {
        match scope {
            Scope::All => self.all -= 1,
            Scope::Only(accounts) => {
                for id in accounts {
                    let Some(holders) = self.only.get_mut(id) else { continue };
                    holders.keys -= 1;
                    holders.solely -= usize::from(accounts.len() == 1);
                    if holders.keys == 0 {
                        self.only.remove(id);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::tests::sample::{self, account_id, key, key_id};

    /// What asking every key would say.
    fn asked(store: &Store, account: &AccountId) -> (usize, Holders) {
        let mut holders = Holders::default();
        for key in store.keys.values() {
            if let Scope::Only(accounts) = &key.scope
                && accounts.contains(account)
            {
                holders.keys += 1;
                holders.solely += usize::from(accounts.len() == 1);
            }
        }
        (store.keys.values().filter(|key| key.scope.allows(account)).count(), holders)
    }

    #[test]
    fn who_sees_an_account_and_what_is_barred_is_counted_as_keys_change() {
        let only = |ids: &[&str]| Scope::Only(ids.iter().map(|id| account_id(id)).collect());
        let changed = |keys, removed_keys| Feed::Changed {
            keys,
            accounts: vec![],
            removed_keys,
            removed_accounts: vec![],
            storage_mode: None,
        };
        let mut store = sample::store();
        for feed in [
            changed(vec![key('D', "four", only(&["acc_brk"]), 1, None)], vec![]),
            changed(vec![key('A', "one", only(&["acc_brk", "acc_save"]), 1, None)], vec![key_id('D')]),
            changed(
                vec![key('C', "CI", Scope::All, 1, None), key('B', "b", only(&["acc_save"]), 1, None)],
                vec![],
            ),
            sample::restored(),
            changed(vec![sample::suspended(key('D', "four", Scope::All, 1, None))], vec![key_id('C')]),
            changed(vec![sample::without_secret(key('B', "b", Scope::All, 1, None))], vec![]),
            changed(vec![key('D', "four", only(&["acc_save"]), 1, None)], vec![key_id('B')]),
            changed(vec![], vec![key_id('A'), key_id('C'), key_id('X')]),
            sample::snapshot(),
        ] {
            store.apply(feed);
            let barred = Barred {
                suspended: store.keys.values().filter(|key| key.suspended_at.is_some()).count(),
                needing_rotation: store.keys.values().filter(|key| key.needs_rotation).count(),
            };
            assert_eq!(store.barred, barred);
            for id in ["acc_chk", "acc_save", "acc_brk", "acc_none"].map(account_id) {
                assert_eq!((store.seen_by(&id), store.holders(&id)), asked(&store, &id), "{id}");
            }
        }
    }

    #[test]
    fn nothing_is_kept_of_answers_once_the_news_have_come() {
        let mut store = sample::store();
        let key = Key { version: 2, ..key('B', "b", Scope::All, 1, None) };
        let key = Key { created_at: store.keys[&key.id].created_at, ..key };
        let account = Account { version: 2, ..sample::account("acc_brk", "b", None, None) };
        store.learn_key(key.clone());
        store.learn_account(account.clone());
        assert_eq!((store.key(&key.id), store.account(&account.id)), (Some(&key), Some(&account)));
        store.apply(Feed::Changed {
            keys: vec![key],
            accounts: vec![account],
            removed_keys: vec![],
            removed_accounts: vec![],
            storage_mode: None,
        });
        assert!(store.answered_keys.is_empty() && store.answered_accounts.is_empty());
    }
}
