//! Owns what a question found out about the whole store, so that no frame has to look through it. Must not word it.

use claviger_api::{Key, Scope, Timestamp};

use super::change::Names;
use super::{Form, Purpose};
use crate::message::Feed;
use crate::state::Store;

/// What a question found out when it opened, and again whenever the store changed.
#[derive(Debug, Default)]
pub(crate) enum Findings {
    /// It looked for nothing.
    #[default]
    None,
    /// The accounts that a restricted key gains when it gets all of them.
    Widening { gains: Names },
    /// The restricted keys that lose an account, and those of them that are left with none.
    Disconnecting { losing: Names, emptied: Names },
    /// How many keys there are, and which was used last.
    StorageModeOff { keys: usize, last: Option<(String, Timestamp)> },
}

impl Findings {
    fn of(purpose: &Purpose, store: &Store) -> Self {
        match purpose {
            Purpose::ShareAll(key) => {
                let scope = store.key(&key.id).map(|key| &key.scope);
                let is_new = |id| scope.is_some_and(|scope: &Scope| !scope.allows(id));
                let gains = store.accounts.values().filter(|account| is_new(&account.id));
                Self::Widening { gains: Names::unordered(gains.map(|account| account.name.as_str())) }
            }
            Purpose::DisconnectAccount(account) => {
                let losing: Vec<(&str, usize)> = store
                    .keys
                    .values()
                    .filter_map(|key| match &key.scope {
                        Scope::Only(ids) if ids.contains(&account.id) => Some((key.name.as_str(), ids.len())),
                        _ => None,
                    })
                    .collect();
                let emptied = losing.iter().filter(|(_, accounts)| *accounts == 1);
                Self::Disconnecting {
                    emptied: Names::unordered(emptied.map(|(name, _)| *name)),
                    losing: Names::unordered(losing.iter().map(|(name, _)| *name)),
                }
            }
            Purpose::StorageMode => {
                let used = store.keys.values().filter_map(|key| Some((key.last_used_at?, key)));
                let last = used.max_by_key(|(at, _)| *at).map(|(at, key)| (key.name.clone(), at));
                Self::StorageModeOff { keys: store.keys.len(), last }
            }
            _ => Self::None,
        }
    }
}

/// How much of the store changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// When keys were last used, and no more.
    Used,
    /// Keys or settings.
    Keys,
    /// Accounts too.
    Accounts,
}

impl Heard {
    pub(crate) fn of(feed: &Feed) -> Self {
        match feed {
            Feed::Used(_) => Self::Used,
            Feed::Changed { accounts, removed_accounts, .. }
                if accounts.is_empty() && removed_accounts.is_empty() =>
            {
                Self::Keys
            }
            Feed::Changed { .. } | Feed::Snapshot { .. } | Feed::Part { .. } => Self::Accounts,
        }
    }
}

impl Form {
    /// Takes what changed in the store.
    pub(crate) fn hear(&mut self, store: &Store, news: Heard) {
        if news == Heard::Accounts
            && let Some(boxes) = self.boxes_mut()
        {
            boxes.refresh(store);
        }
        if news != Heard::Used || self.purpose == Purpose::StorageMode {
            self.look_again(store);
        }
    }

    /// Looks through the store again.
    pub(crate) fn look_again(&mut self, store: &Store) {
        self.findings = Findings::of(&self.purpose, store);
    }

    /// The times that this form tells the age of.
    pub(crate) fn times(&self, store: &Store) -> Vec<Timestamp> {
        let found = match &self.findings {
            Findings::StorageModeOff { last, .. } => last.as_ref().map(|(_, at)| *at),
            _ => None,
        };
        let times_of = |key: &Key| {
            let others = [key.rotated_at, key.last_used_at, key.retired_secret_seen_at, key.suspended_at];
            std::iter::once(key.created_at).chain(others.into_iter().flatten())
        };
        let key = self.purpose.key().and_then(|key| store.key(&key.id)).map(times_of);
        key.into_iter().flatten().chain(found).collect()
    }
}
