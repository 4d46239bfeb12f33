//! Owns what the daemon told of keys, accounts and settings. Must not change but by what the daemon tells.

use std::collections::BTreeMap;

use claviger_api::{Account, AccountId, Key, KeyId};

use crate::message::Feed;

/// The daemon's state as last heard.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) keys: BTreeMap<KeyId, Key>,
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    /// Unknown until the daemon has spoken.
    pub(crate) storage_mode: Option<bool>,
}

impl Store {
    /// Takes what the daemon said.
    pub(crate) fn apply(&mut self, feed: Feed) {
        match feed {
            Feed::Snapshot { keys, accounts, storage_mode } => {
                self.keys = keys.into_iter().map(|key| (key.id, key)).collect();
                self.accounts = accounts.into_iter().map(|account| (account.id.clone(), account)).collect();
                self.storage_mode = Some(storage_mode);
            }
            Feed::Changed { keys, accounts, removed_keys, removed_accounts, storage_mode } => {
                self.keys.extend(keys.into_iter().map(|key| (key.id, key)));
                self.accounts.extend(accounts.into_iter().map(|account| (account.id.clone(), account)));
                for id in removed_keys {
                    self.keys.remove(&id);
                }
                for id in removed_accounts {
                    self.accounts.remove(&id);
                }
                self.storage_mode = storage_mode.or(self.storage_mode);
            }
            Feed::Used(uses) => {
                for used in uses {
                    if let Some(key) = self.keys.get_mut(&used.id) {
                        key.last_used_at = used.last_used_at;
                        key.retired_secret_seen_at = used.retired_secret_seen_at;
                    }
                }
            }
        }
    }
}
