//! Owns telling what was changed elsewhere. Must not tell of what was asked for here.

use claviger_api::{Account, AccountId, Key, KeyId};

use crate::dialog::{Dialog, Pending};
use crate::effects::Call;
use crate::message::Feed;
use crate::state::{Gone, State, Store, Tone};

/// How many changes are waited for at most: the news of one comes right before its answer, or right after.
const EXPECTED: usize = 8;

/// Tells what news the state is about to take, unless it was asked for here. Says what becomes of a selection that the
/// news take away.
pub(super) fn hear(state: &mut State, feed: &Feed) -> Gone {
    match feed {
        Feed::Snapshot { keys, accounts, .. } => {
            state.expected.clear();
            state.heard.clear();
            if state.was_live {
                meanwhile(state, keys, accounts);
            }
        }
        Feed::Changed { .. } if is_ours(state, feed) => return Gone::Falls,
        Feed::Changed { .. } => {
            if let Some(text) = told(&state.store, feed) {
                state.notify_elsewhere(&text);
            }
        }
        Feed::Part { .. } | Feed::Used(_) => {}
    }
    Gone::IsLost
}

/// Takes note that a change was asked for here, if it was not heard of yet.
pub(super) fn expect(state: &mut State, pending: &Pending) {
    let heard = state.heard.iter().position(|id| *id == pending.id);
    if heard.map(|at| state.heard.remove(at)).is_none() {
        state.expected.push(pending.call.clone());
        let over = state.expected.len().saturating_sub(EXPECTED);
        state.expected.drain(..over);
    }
}

/// Whether a change is one that a dialog waits for, or that was answered before it was heard of.
fn is_ours(state: &mut State, feed: &Feed) -> bool {
    let State { dialogs, expected, heard, store, .. } = state;
    for dialog in dialogs {
        if let Dialog::Form(form) = dialog
            && let Some(pending) = form.waiting()
            && makes(&pending.call, store, feed)
        {
            heard.push(pending.id);
            return true;
        }
    }
    let at = expected.iter().position(|call| makes(call, store, feed));
    at.map(|at| expected.remove(at)).is_some()
}

/// Whether a change is what a call makes of a store.
fn makes(call: &Call, store: &Store, feed: &Feed) -> bool {
    let Feed::Changed { keys, accounts, removed_keys, removed_accounts, storage_mode } = feed else {
        return false;
    };
    let has_key = |id: &KeyId| keys.iter().any(|key| key.id == *id);
    let has_account = |id: &AccountId| accounts.iter().any(|account| account.id == *id);
    match call {
        Call::CreateKey { name, .. } => {
            keys.iter().any(|key| key.name == name.as_str() && store.keys.get(&key.id).is_none())
        }
        Call::RenameKey { id, .. }
        | Call::SetScope { id, .. }
        | Call::RotateKey { id, .. }
        | Call::ReleaseKey { id, .. } => has_key(id),
        Call::DeleteKey { id, .. } => removed_keys.contains(id),
        Call::ConnectAccount { name, .. } => accounts
            .iter()
            .any(|account| account.name == name.as_str() && store.accounts.get(&account.id).is_none()),
        Call::UpdateAccount { id, .. } => has_account(id),
        Call::DisconnectAccount { id } => removed_accounts.contains(id),
        Call::SetStorageMode { .. } => storage_mode.is_some(),
    }
}

/// What a change is, in a few words that `elsewhere` can follow.
fn told(store: &Store, feed: &Feed) -> Option<String> {
    let Feed::Changed { keys, accounts, removed_keys, removed_accounts, .. } = feed else { return None };
    let gone = removed_accounts.iter().find_map(|id| store.accounts.get(id));
    if let Some(account) = gone {
        return Some(format!("{} was disconnected", account.name));
    }
    if let Some(account) = accounts.first() {
        let verb = if store.accounts.get(&account.id).is_some() { "edited" } else { "connected" };
        return Some(format!("{} was {verb}", account.name));
    }
    if let Some(key) = removed_keys.iter().find_map(|id| store.keys.get(id)) {
        return Some(format!("{} was deleted", key.name));
    }
    let key = keys.first()?;
    Some(match store.keys.get(&key.id) {
        None => format!("{} was created", key.name),
        Some(before) if before.rotated_at != key.rotated_at => format!("{} was rotated", key.name),
        Some(before) if before.suspended_at.is_some() && key.suspended_at.is_none() => {
            format!("{} was released", key.name)
        }
        Some(before) if before.name != key.name => format!("{} was renamed to {}", before.name, key.name),
        Some(before) if before.scope != key.scope => format!("{} was given another scope", key.name),
        Some(_) => format!("{} was changed", key.name),
    })
}

/// Tells how much changed while there was no connection.
fn meanwhile(state: &mut State, keys: &[Key], accounts: &[Account]) {
    let store = &state.store;
    let is_new_key = |key: &&Key| store.keys.get(&key.id).is_none_or(|before| before.version != key.version);
    let new_keys = keys.iter().filter(is_new_key).count();
    let kept_keys = keys.iter().filter(|key| store.keys.get(&key.id).is_some()).count();
    let is_new_account = |account: &&Account| {
        store.accounts.get(&account.id).is_none_or(|before| before.version != account.version)
    };
    let new_accounts = accounts.iter().filter(is_new_account).count();
    let kept_accounts = accounts.iter().filter(|account| store.accounts.get(&account.id).is_some()).count();
    let counted = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        count => Some(format!("{count} {noun}s")),
    };
    let changed = [
        counted(new_keys + store.keys.len() - kept_keys, "key"),
        counted(new_accounts + store.accounts.len() - kept_accounts, "account"),
    ];
    let changed: Vec<String> = changed.into_iter().flatten().collect();
    if !changed.is_empty() {
        state.notify(Tone::Info, format!("{} changed meanwhile", changed.join(" and ")));
    }
}
