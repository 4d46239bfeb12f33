//! Owns accounts as answers have them. Must not hold a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, KeyId};
use crate::name::Name;
use crate::page::Cursor;
use crate::time::Timestamp;

/// Something that a key may be allowed to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Chosen by whoever connected it, or made.
    pub id: AccountId,
    /// What people call it.
    #[schemars(with = "Name")]
    pub name: String,
    /// Who holds it.
    #[schemars(with = "Option<Name>")]
    pub institution: Option<String>,
    /// The last digits that people know it by.
    #[schemars(with = "Option<Name>")]
    pub mask: Option<String>,
    /// Checking, savings, credit and so on.
    #[schemars(with = "Option<Name>")]
    pub kind: Option<String>,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// Grows by one when it is updated.
    #[schemars(range(min = 1))]
    pub version: u64,
}

/// A page of accounts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccountPage {
    /// Ordered by name, ignoring case.
    #[schemars(length(max = 1000))]
    pub accounts: Vec<Account>,
    /// Where the next page begins; null after the last.
    #[schemars(with = "Option<Cursor>")]
    pub next_cursor: Option<String>,
    /// The revision that this page shows.
    pub revision: u64,
}

/// The accounts that a key may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VisibleAccounts {
    /// Ordered by name, ignoring case.
    pub accounts: Vec<Account>,
}

/// An account that was disconnected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisconnectedAccount {
    /// The account's id.
    pub id: AccountId,
    /// The keys whose scope lost it.
    pub keys: Vec<KeyId>,
}
