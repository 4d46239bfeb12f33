//! Owns what subscribers are told: the whole state at one moment, then each change in commit order. Must not wait for a
//! subscriber.

use std::sync::Arc;

use claviger_api::object::EventSettings;
use claviger_api::{Account, Event, Key, Scope};

use super::{Error, Service};
use crate::domain::{AccountEdit, Edit, KeyEdit, KeyRecord};
use crate::store::{Applied, Rows, StoreError};
use crate::sync::broadcast;

/// How many changes wait for a slow subscriber before it is sent a new snapshot instead.
const WAITING_CHANGES: usize = 1024;

/// How many keys and accounts a part of a snapshot has at most.
pub(super) const PART: usize = 1000;

/// How many accounts the scopes of a part name at most, so that a part stays some hundred kilobytes.
const PART_GRANTS: usize = 20_000;

/// Where changes are published.
pub(super) struct Feed(broadcast::Sender<Arc<Event>>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING_CHANGES))
    }
}

impl Feed {
    /// Tells all subscribers. Costs the same whoever sleeps.
    pub(super) fn publish(&self, event: Event) {
        let _ = self.0.send(Arc::new(event));
    }

    /// Listens from now on. Take a snapshot after this, and nothing is missed.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.0.subscribe()
    }
}

impl Service {
    /// Listens to changes from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Event>> {
        self.feed.listen()
    }

    /// The whole state at one moment, in parts, with its revision.
    ///
    /// # Errors
    /// The store failed.
    pub fn snapshot(&self) -> Result<(u64, Vec<Event>), Error> {
        let (state, keys, accounts) = self.store.read(|rows| {
            let keys = rows.keys_after(None, usize::MAX)?;
            let keys = keys.iter().map(|(_, id)| self.shown_key(rows, id)).collect::<Result<Vec<_>, _>>()?;
            let accounts = rows.accounts_after(None, usize::MAX)?;
            Ok((rows.state()?, keys, accounts.into_iter().map(|(_, account)| account).collect::<Vec<_>>()))
        })?;
        let settings = EventSettings { storage_mode: state.storage_mode };
        Ok((state.revision, parts(state.revision, settings, keys, accounts)))
    }
}

fn parts(revision: u64, settings: EventSettings, keys: Vec<Key>, accounts: Vec<Account>) -> Vec<Event> {
    let mut parts = vec![Part::default()];
    for account in accounts {
        part_for(&mut parts, 0).accounts.push(account);
    }
    for key in keys {
        let named = if let Scope::Only(accounts) = &key.scope { accounts.len() } else { 0 };
        let part = part_for(&mut parts, named);
        part.grants += named;
        part.keys.push(key);
    }
    let last = parts.len() - 1;
    let event = |(n, Part { keys, accounts, .. }): (usize, Part)| Event::Snapshot {
        revision,
        keys,
        accounts,
        settings,
        more: n < last,
    };
    parts.into_iter().enumerate().map(event).collect()
}

#[derive(Default)]
struct Part {
    keys: Vec<Key>,
    accounts: Vec<Account>,
    grants: usize,
}

/// The part that one more item goes into: the last, or a new one where that is full.
fn part_for(parts: &mut Vec<Part>, grants: usize) -> &mut Part {
    let fits = |part: &Part| {
        let items = part.keys.len() + part.accounts.len();
        items < PART && (items == 0 || part.grants + grants <= PART_GRANTS)
    };
    if !parts.last().is_some_and(fits) {
        parts.push(Part::default());
    }
    let last = parts.len() - 1;
    &mut parts[last]
}

/// The event of an edit that was applied. `rows` is the transaction that holds it.
pub(super) fn event_of(
    service: &Service,
    rows: &impl Rows,
    edit: &Edit,
    applied: Applied,
) -> Result<Event, StoreError> {
    let (mut keys, mut removed_keys) = (Vec::new(), Vec::new());
    let shown = |key: &KeyRecord| service.usage_of(rows, &key.id).map(|usage| key.shown(usage));
    for change in &edit.keys {
        match change {
            KeyEdit::Create(key) => keys.push(shown(key)?),
            KeyEdit::Change { after, .. } => keys.push(shown(after)?),
            KeyEdit::Delete(key) => removed_keys.push(key.id),
        }
    }
    let (mut accounts, mut removed_accounts) = (Vec::new(), Vec::new());
    for change in &edit.accounts {
        match change {
            AccountEdit::Connect(account) | AccountEdit::Change { after: account, .. } => {
                accounts.push(account.clone());
            }
            AccountEdit::Disconnect(account) => removed_accounts.push(account.id.clone()),
        }
    }
    let settings = edit.storage_mode.map(|storage_mode| EventSettings { storage_mode });
    Ok(Event::Changed {
        revision: applied.revision,
        keys,
        accounts,
        removed_keys,
        removed_accounts,
        settings,
    })
}

#[cfg(test)]
mod tests {
    use claviger_api::{AccountId, KeyId, Timestamp};

    use super::*;

    fn key(scope: Scope) -> Key {
        Key {
            id: KeyId::from_body("4fX9aQ2LmN7b").unwrap(),
            name: "k".into(),
            hint: String::new(),
            scope,
            created_at: Timestamp::default(),
            rotated_at: None,
            last_used_at: None,
            retired_secret_seen_at: None,
            suspended_at: None,
            needs_rotation: false,
            version: 1,
        }
    }

    fn sizes(keys: Vec<Key>, accounts: Vec<Account>) -> Vec<(usize, usize, bool)> {
        parts(7, EventSettings { storage_mode: true }, keys, accounts)
            .into_iter()
            .map(|event| match event {
                Event::Snapshot { keys, accounts, more, .. } => (keys.len(), accounts.len(), more),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn account() -> Account {
        Account {
            id: AccountId::parse("a").unwrap(),
            name: "a".into(),
            institution: None,
            mask: None,
            kind: None,
            connected_at: Timestamp::default(),
            version: 1,
        }
    }

    #[test]
    fn a_small_snapshot_is_one_part() {
        assert_eq!(sizes(vec![], vec![]), [(0, 0, false)]);
        assert_eq!(sizes(vec![key(Scope::All)], vec![account()]), [(1, 1, false)]);
    }

    #[test]
    fn parts_are_bounded_by_items_and_by_what_their_scopes_name() {
        let (keys, accounts) = (vec![key(Scope::All); 1500], vec![account(); 1200]);
        assert_eq!(sizes(keys, accounts), [(0, 1000, true), (800, 200, true), (700, 0, false)]);
        let wide: Scope = (0..15_000).map(|n| AccountId::parse(&format!("a{n}")).unwrap()).collect();
        assert_eq!(sizes(vec![key(wide); 2], vec![]), [(1, 0, true), (1, 0, false)]);
    }
}
