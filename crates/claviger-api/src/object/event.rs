//! Owns what subscribers are told. Must not hold a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::key::Key;
use crate::id::{AccountId, KeyId};
use crate::time::Timestamp;

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
        #[schemars(length(max = 1000))]
        keys: Vec<Key>,
        /// Accounts of this part.
        #[schemars(length(max = 1000))]
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
}
