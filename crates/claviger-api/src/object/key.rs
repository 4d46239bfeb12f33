//! Owns keys as answers have them. Must not hold a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::Account;
use crate::id::KeyId;
use crate::name::Name;
use crate::page::Cursor;
use crate::scope::Scope;
use crate::secret::Secret;
use crate::time::Timestamp;

/// A named credential with a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Never changes and is never reused.
    pub id: KeyId,
    /// Unique among keys, ignoring case.
    #[schemars(with = "Name")]
    pub name: String,
    /// Prefix, id and the last four characters of the secret: enough to recognise it, too little to use it.
    #[schemars(regex(pattern = r"^[a-z0-9]{2,12}_[A-Za-z0-9]{12}_…[A-Za-z0-9]{4}$"))]
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
    /// Since when it opens nothing, because it was restored without a journal that says what died since. Not there
    /// where it is not suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub suspended_at: Option<Timestamp>,
    /// Whether it has no living secret, because it was rotated after the backup was made that it was restored from.
    /// Not there where it has one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("const" = true))]
    pub needs_rotation: bool,
    /// Grows by one when name, scope or secret changes.
    #[schemars(range(min = 1))]
    pub version: u64,
}

/// A key together with its secret: the one time that it is shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeyWithSecret {
    /// The key.
    pub key: Key,
    /// Its secret, which cannot be had again.
    #[schemars(extend("pattern" = "^[a-z0-9]{2,12}_[A-Za-z0-9]{12}_[A-Za-z0-9]{49}$"))]
    pub secret: Secret,
}

/// A page of keys.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KeyPage {
    /// Ordered by name, ignoring case.
    #[schemars(length(max = 1000))]
    pub keys: Vec<Key>,
    /// Where the next page begins; null after the last.
    #[schemars(with = "Option<Cursor>")]
    pub next_cursor: Option<String>,
    /// The revision that this page shows.
    pub revision: u64,
}

/// Whose key it is: all that a verifier learns of a key besides its scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyIdentity {
    /// The key's id.
    pub id: KeyId,
    /// The key's name.
    #[schemars(with = "Name")]
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

/// A key that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletedKey {
    /// The id, which is never used again.
    pub id: KeyId,
}
