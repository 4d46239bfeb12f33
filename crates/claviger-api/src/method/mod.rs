//! Owns what a method is: its name, who may call it, what it takes and gives. Must not do anything.

mod params;
mod table;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Code;
use crate::param::Params;

pub use params::{
    Acknowledge, ConnectAccount, CreateKey, DeleteKey, DisconnectAccount, GetKey, GetKeyUsage, ListAccounts,
    ListActivity, ListKeys, ListVisible, NoParams, ReleaseKey, RenameKey, RotateKey, SetKeyScope,
    SetStorageMode, UpdateAccount, VerifySecret,
};
pub use table::{
    AccountsConnect, AccountsDisconnect, AccountsList, AccountsUpdate, AccountsVisible, ActivityList,
    Backups, Events, KeysAcknowledge, KeysCreate, KeysDelete, KeysGet, KeysList, KeysRelease, KeysRename,
    KeysRotate, KeysSetScope, KeysUsage, KeysVerify, Revisions, RpcDiscover, SettingsGet,
    SettingsSetStorageMode, SystemCompact, SystemHealth, SystemStatus, SystemStop, visit,
};

/// Which sockets have a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `admin.sock` only.
    Admin,
    /// Both sockets.
    Verify,
}

impl Access {
    /// The socket that this is the access of, in a word: `admin` or `verify`.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Verify => "verify",
        }
    }
}

/// A call that is answered once.
pub trait Method {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Which sockets have it.
    const ACCESS: Access;
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// The errors that it can answer beyond those of every call.
    const ERRORS: &'static [Code];
    /// What it takes.
    type Params: Params + Serialize + Send;
    /// What it gives.
    type Result: Serialize + DeserializeOwned + JsonSchema + Clone + Send + 'static;
}

/// A call that is answered with a stream of notifications.
pub trait Subscription {
    /// Its name on the wire.
    const NAME: &'static str;
    /// The method that ends it.
    const UNSUBSCRIBE: &'static str;
    /// What its notifications are called.
    const NOTIFICATION: &'static str;
    /// Which sockets have it.
    const ACCESS: Access;
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// The errors that the subscribing call can answer beyond those of every call.
    const ERRORS: &'static [Code];
    /// One notification.
    type Item: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
}

/// Does one thing for every method and subscription of the table.
pub trait Visitor {
    /// Is called for each method, in the table's order.
    fn method<M: Method>(&mut self);
    /// Is called for each subscription, after the methods.
    fn subscription<S: Subscription>(&mut self);
}
