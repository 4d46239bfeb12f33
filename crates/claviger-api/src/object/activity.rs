//! Owns the audit trail as answers have it. Must not hold a secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, KeyId};
use crate::name::Name;
use crate::page::Cursor;
use crate::time::Timestamp;

/// A page of the audit trail.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ActivityPage {
    /// Newest first.
    #[schemars(length(max = 1000))]
    pub entries: Vec<Entry>,
    /// Where the next page begins; null after the last.
    #[schemars(with = "Option<Cursor>")]
    pub next_cursor: Option<String>,
}

/// One change, as the audit trail keeps it. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its place in the trail; grows by one.
    #[schemars(range(min = 1))]
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub action: Action,
    /// The key that it happened to.
    pub key_id: Option<KeyId>,
    /// That key's name at the time.
    #[schemars(with = "Option<Name>")]
    pub key_name: Option<String>,
    /// The account that it happened to.
    pub account_id: Option<AccountId>,
    /// The uid of the process that asked, by the socket's credentials.
    pub uid: u32,
    /// Its process id. For the log only: ids are reused.
    pub pid: Option<i32>,
    /// What changed, in a few words.
    pub detail: Option<String>,
}

/// What an audit entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Action {
    /// A key was created.
    #[serde(rename = "key.created")]
    KeyCreated,
    /// A key has another name.
    #[serde(rename = "key.renamed")]
    KeyRenamed,
    /// A key has another scope.
    #[serde(rename = "key.scope_changed")]
    KeyScopeChanged,
    /// A key has another secret.
    #[serde(rename = "key.rotated")]
    KeyRotated,
    /// A key is gone for good.
    #[serde(rename = "key.deleted")]
    KeyDeleted,
    /// An account was connected.
    #[serde(rename = "account.connected")]
    AccountConnected,
    /// An account's facts changed.
    #[serde(rename = "account.updated")]
    AccountUpdated,
    /// An account was disconnected.
    #[serde(rename = "account.disconnected")]
    AccountDisconnected,
    /// Storage Mode was turned on or off.
    #[serde(rename = "storage_mode.changed")]
    StorageModeChanged,
    /// A suspended key opens again what its scope allows.
    #[serde(rename = "key.released")]
    KeyReleased,
    /// A backup took the place of the store, and what had died since is dead in it too.
    #[serde(rename = "store.restored")]
    StoreRestored,
}

impl Action {
    /// Every action, in the order of the protocol's list.
    pub const ALL: [Self; 11] = [
        Self::KeyCreated,
        Self::KeyRenamed,
        Self::KeyScopeChanged,
        Self::KeyRotated,
        Self::KeyDeleted,
        Self::AccountConnected,
        Self::AccountUpdated,
        Self::AccountDisconnected,
        Self::StorageModeChanged,
        Self::KeyReleased,
        Self::StoreRestored,
    ];

    /// Finds the action of a text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.text() == text)
    }

    /// The action as the wire has it, such as `key.created`.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::KeyCreated => "key.created",
            Self::KeyRenamed => "key.renamed",
            Self::KeyScopeChanged => "key.scope_changed",
            Self::KeyRotated => "key.rotated",
            Self::KeyDeleted => "key.deleted",
            Self::AccountConnected => "account.connected",
            Self::AccountUpdated => "account.updated",
            Self::AccountDisconnected => "account.disconnected",
            Self::StorageModeChanged => "storage_mode.changed",
            Self::KeyReleased => "key.released",
            Self::StoreRestored => "store.restored",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_one_text() {
        for action in Action::ALL {
            assert_eq!(Action::from_text(action.text()), Some(action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.text());
        }
    }
}
