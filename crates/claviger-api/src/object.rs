//! Owns what answers and events are made of. Must not hold a rule.
//!
//! Names are plain text here, not [`crate::Name`]: they come from a daemon that may be older than its reader, or
//! hostile, and are made safe with [`crate::drawable`] where they are drawn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, KeyId};
use crate::scope::Scope;
use crate::secret::Secret;
use crate::time::Timestamp;

/// A named credential with a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Never changes and is never reused.
    pub id: KeyId,
    /// Unique among keys, ignoring case.
    pub name: String,
    /// Prefix, id and the last four characters of the secret: enough to recognise it, too little to use it.
    pub hint: String,
    /// Which accounts it may see.
    pub scope: Scope,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last rotated.
    pub rotated_at: Option<Timestamp>,
    /// When it was last verified with a right secret. Written behind.
    pub last_used_at: Option<Timestamp>,
    /// When a secret that rotation had killed was last presented.
    pub retired_secret_seen_at: Option<Timestamp>,
    /// Grows by one when name, scope or secret changes.
    pub version: u64,
}

/// Something that a key may be allowed to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Chosen by whoever connected it, or made.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// Who holds it.
    pub institution: Option<String>,
    /// The last digits that people know it by.
    pub mask: Option<String>,
    /// Checking, savings, credit and so on.
    pub kind: Option<String>,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// Grows by one when it is updated.
    pub version: u64,
}

/// A key together with its secret: the one time that it is shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeyWithSecret {
    /// The key.
    pub key: Key,
    /// Its secret, which cannot be had again.
    pub secret: Secret,
}

/// A page of keys.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeyPage {
    /// Ordered by name, ignoring case.
    pub keys: Vec<Key>,
    /// Where the next page begins; null after the last.
    pub next_cursor: Option<String>,
    /// The revision that this page shows.
    pub revision: u64,
}

/// A page of accounts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccountPage {
    /// Ordered by name, ignoring case.
    pub accounts: Vec<Account>,
    /// Where the next page begins; null after the last.
    pub next_cursor: Option<String>,
    /// The revision that this page shows.
    pub revision: u64,
}

/// A page of the audit trail.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ActivityPage {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins; null after the last.
    pub next_cursor: Option<String>,
}

/// One change, as the audit trail keeps it. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Its place in the trail; grows by one.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub action: Action,
    /// The key that it happened to.
    pub key_id: Option<KeyId>,
    /// That key's name at the time.
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
}

impl Action {
    /// Every action, in the order of the protocol's list.
    pub const ALL: [Self; 9] = [
        Self::KeyCreated,
        Self::KeyRenamed,
        Self::KeyScopeChanged,
        Self::KeyRotated,
        Self::KeyDeleted,
        Self::AccountConnected,
        Self::AccountUpdated,
        Self::AccountDisconnected,
        Self::StorageModeChanged,
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
        }
    }
}

/// Whose key it is: all that a verifier learns of a key besides its scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyIdentity {
    /// The key's id.
    pub id: KeyId,
    /// The key's name.
    pub name: String,
}

/// The answer to a right secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Whose key it is.
    pub key: KeyIdentity,
    /// Which accounts it may see.
    pub scope: Scope,
    /// The account that was asked for, where one was.
    pub account: Option<Account>,
    /// The revision that this verdict holds for.
    pub revision: u64,
}

/// The accounts that a key may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VisibleAccounts {
    /// Ordered by name, ignoring case.
    pub accounts: Vec<Account>,
}

/// A key that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletedKey {
    /// The id, which is never used again.
    pub id: KeyId,
}

/// An account that was disconnected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisconnectedAccount {
    /// The account's id.
    pub id: AccountId,
    /// The keys whose scope lost it.
    pub keys: Vec<KeyId>,
}

/// The settings, with the revision that they hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Whether keys open anything at all.
    pub storage_mode: bool,
    /// The revision that this answer shows.
    pub revision: u64,
}

/// An answer without content: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

/// How the daemon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// The protocol's version.
    pub protocol: u32,
    /// The daemon's process id.
    pub pid: u32,
    /// When it began to serve.
    pub started_at: Timestamp,
    /// The newest revision.
    pub revision: u64,
    /// How many keys there are.
    pub keys: u64,
    /// How many accounts there are.
    pub accounts: u64,
    /// Whether keys open anything at all.
    pub storage_mode: bool,
    /// Where the store is.
    pub data_dir: String,
    /// Where the sockets are.
    pub runtime_dir: String,
    /// The size of the store's file. Bytes.
    pub store_bytes: u64,
    /// What was answered since the daemon began.
    pub verifications: VerificationCounts,
}

/// How many verifications were answered since the daemon began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationCounts {
    /// Those that were granted.
    pub granted: u64,
    /// Those that were refused, for whatever reason.
    pub refused: u64,
}

/// That the daemon answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// The daemon's version.
    pub version: String,
}

/// A number that grows by one with every change of keys, accounts or settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// The newest revision.
    pub revision: u64,
}

/// The settings inside an event, which has a revision of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSettings {
    /// Whether keys open anything at all.
    pub storage_mode: bool,
}

/// One notification of `events.subscribe`: first the whole state, then each change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A part of the whole state, of at most 1000 keys and accounts. The first part of a snapshot replaces all
    /// that the reader knew.
    Snapshot {
        /// The revision that the snapshot shows; the same in all its parts.
        revision: u64,
        /// Keys of this part.
        keys: Vec<Key>,
        /// Accounts of this part.
        accounts: Vec<Account>,
        /// The settings; the same in all parts.
        settings: EventSettings,
        /// Whether another part follows.
        more: bool,
    },
    /// One change.
    Changed {
        /// One more than the event before.
        revision: u64,
        /// Keys that changed or are new.
        keys: Vec<Key>,
        /// Accounts that changed or are new.
        accounts: Vec<Account>,
        /// Keys that are gone.
        removed_keys: Vec<KeyId>,
        /// Accounts that are gone.
        removed_accounts: Vec<AccountId>,
        /// The settings, where they changed.
        settings: Option<EventSettings>,
    },
    /// Notes of use, at most once a second. They have no revision.
    Used {
        /// The keys that were used.
        keys: Vec<KeyUse>,
    },
}

/// When a key was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyUse {
    /// The key's id.
    pub id: KeyId,
    /// When it was last verified with a right secret.
    pub last_used_at: Option<Timestamp>,
    /// When a secret that rotation had killed was last presented.
    pub retired_secret_seen_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_as_the_contract_has_it() {
        let event = Event::Snapshot {
            revision: 41,
            keys: vec![],
            accounts: vec![],
            settings: EventSettings { storage_mode: true },
            more: false,
        };
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"type":"snapshot","revision":41,"keys":[],"accounts":[],"settings":{"storage_mode":true},"more":false}"#
        );
    }

    #[test]
    fn an_action_has_one_text() {
        for action in Action::ALL {
            assert_eq!(Action::from_text(action.text()), Some(action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.text());
        }
    }
}
