//! Owns what subscribers are told of changes, in commit order. Must not wait for a subscriber.

use std::sync::Arc;

use claviger_api::Event;
use claviger_api::object::EventSettings;

use super::Service;
use crate::domain::{AccountEdit, Edit, KeyEdit, KeyRecord};
use crate::store::{Applied, Rows, StoreError};
use crate::sync::broadcast;

/// How many changes wait for a slow subscriber before it is sent a new snapshot instead.
const WAITING_CHANGES: usize = 1024;

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
}

/// The event of an edit that was applied. `rows` is the transaction that holds it.
pub(super) fn event_of(
    service: &Service,
    rows: &impl Rows,
    edit: &Edit,
    applied: Applied,
) -> Result<Event, StoreError> {
    let (mut keys, mut removed_keys) = (Vec::new(), Vec::new());
    let shown = |key: &KeyRecord| service.usage_of(rows, &key.id).map(|usage| key.clone().shown(usage));
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
