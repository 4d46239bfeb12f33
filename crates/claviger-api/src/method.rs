//! Owns the table of methods: what each is called, who may call it, what it takes and gives. Must not do anything.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Code;
use crate::id::{AccountId, KeyId, PresentedAccountId, RequestId};
use crate::name::Name;
use crate::object::{
    Account, AccountPage, ActivityPage, DeletedKey, DisconnectedAccount, Empty, Event, Health, Key, KeyPage,
    KeyWithSecret, Revision, Settings, Status, Verification, VisibleAccounts,
};
use crate::page::{Cursor, Limit};
use crate::param::{Params, params};
use crate::scope::Scope;
use crate::secret::Secret;

/// Which sockets have a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `admin.sock` only.
    Admin,
    /// Both sockets.
    Verify,
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
    type Params: Params + Serialize + JsonSchema + Send;
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

macro_rules! methods {
    ($( $type:ident = $name:literal, $access:ident, $params:ty => $result:ty, [$($code:ident),*], $summary:literal; )*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $summary, ".")]
            #[derive(Clone, Copy, Debug)]
            pub enum $type {}

            impl Method for $type {
                const NAME: &'static str = $name;
                const ACCESS: Access = Access::$access;
                const SUMMARY: &'static str = $summary;
                const ERRORS: &'static [Code] = &[$(Code::$code),*];
                type Params = $params;
                type Result = $result;
            }
        )*

        fn visit_methods(visitor: &mut impl Visitor) {
            $( visitor.method::<$type>(); )*
        }
    };
}

methods! {
    KeysList = "keys.list", Admin, ListKeys => KeyPage, [], "Lists keys by name, ignoring case";
    KeysGet = "keys.get", Admin, GetKey => Key, [NotFound], "Gives one key";
    KeysCreate = "keys.create", Admin, CreateKey => KeyWithSecret, [NotFound, Conflict, Busy, StorageFull],
        "Creates a key, shows its secret once, and turns Storage Mode on";
    KeysRename = "keys.rename", Admin, RenameKey => Key, [NotFound, Conflict, StorageFull], "Gives a key another name";
    KeysSetScope = "keys.set_scope", Admin, SetKeyScope => Key, [NotFound, Conflict, StorageFull],
        "Gives a key another scope; the next verification sees it";
    KeysRotate = "keys.rotate", Admin, RotateKey => KeyWithSecret, [NotFound, Conflict, Busy, StorageFull],
        "Gives a key another secret; the old one is dead before the reply is sent";
    KeysAcknowledge = "keys.acknowledge", Admin, Acknowledge => Empty, [],
        "Says that the secret of a request_id has arrived, so that it is forgotten";
    KeysDelete = "keys.delete", Admin, DeleteKey => DeletedKey, [NotFound, Conflict, StorageFull], "Deletes a key for good";
    KeysVerify = "keys.verify", Verify, VerifySecret => Verification, [Unauthorized, StorageModeRequired, NotFound, Busy],
        "Says whose key a secret is, and whether it may see an account";
    AccountsList = "accounts.list", Admin, ListAccounts => AccountPage, [], "Lists accounts by name, ignoring case";
    AccountsVisible = "accounts.visible", Verify, ListVisible => VisibleAccounts, [Unauthorized, StorageModeRequired, Busy],
        "Lists the accounts that the key of a secret may see";
    AccountsConnect = "accounts.connect", Admin, ConnectAccount => Account, [Conflict, StorageFull],
        "Connects an account; keys with all accounts see it at once, restricted keys never by themselves";
    AccountsUpdate = "accounts.update", Admin, UpdateAccount => Account, [NotFound, Conflict, StorageFull],
        "Changes an account's facts";
    AccountsDisconnect = "accounts.disconnect", Admin, DisconnectAccount => DisconnectedAccount, [NotFound, StorageFull],
        "Disconnects an account and takes it out of every scope";
    SettingsGet = "settings.get", Admin, NoParams => Settings, [], "Gives the settings";
    SettingsSetStorageMode = "settings.set_storage_mode", Admin, SetStorageMode => Settings, [StorageFull],
        "Turns Storage Mode on or off";
    ActivityList = "activity.list", Admin, ListActivity => ActivityPage, [], "Lists the audit trail, newest first";
    SystemStatus = "system.status", Admin, NoParams => Status, [], "Says how the daemon is";
    SystemHealth = "system.health", Verify, NoParams => Health, [], "Says that the daemon answers";
    SystemStop = "system.stop", Admin, NoParams => Empty, [], "Lets the daemon finish what is running, then end";
    RpcDiscover = "rpc.discover", Verify, NoParams => serde_json::Value, [], "Gives the OpenRPC document of this socket";
}

/// `events.subscribe`: the whole state, then each change.
#[derive(Clone, Copy, Debug)]
pub enum Events {}

impl Subscription for Events {
    const NAME: &'static str = "events.subscribe";
    const UNSUBSCRIBE: &'static str = "events.unsubscribe";
    const NOTIFICATION: &'static str = "events";
    const ACCESS: Access = Access::Admin;
    const SUMMARY: &'static str = "Sends the whole state, then each change";
    type Item = Event;
}

/// `revision.subscribe`: the current revision, then each new one.
#[derive(Clone, Copy, Debug)]
pub enum Revisions {}

impl Subscription for Revisions {
    const NAME: &'static str = "revision.subscribe";
    const UNSUBSCRIBE: &'static str = "revision.unsubscribe";
    const NOTIFICATION: &'static str = "revision";
    const ACCESS: Access = Access::Verify;
    const SUMMARY: &'static str = "Sends the current revision, then each new one";
    type Item = Revision;
}

/// Walks the whole table.
pub fn visit(visitor: &mut impl Visitor) {
    visit_methods(visitor);
    visitor.subscription::<Events>();
    visitor.subscription::<Revisions>();
}

params! {
    /// No parameters.
    #[derive(Default)]
    pub struct NoParams {}
}

params! {
    /// Parameters of `keys.list`.
    #[derive(Default)]
    pub struct ListKeys {
        /// `next_cursor` of the page before.
        cursor: Optional<Cursor>,
        /// How many keys at most; 100 where it is left out.
        limit: Optional<Limit>,
    }
}

params! {
    /// Parameters of `keys.get`.
    pub struct GetKey {
        /// The key.
        id: Required<KeyId>,
    }
}

params! {
    /// Parameters of `keys.create`.
    pub struct CreateKey {
        /// Unique among keys, ignoring case.
        name: Required<Name>,
        /// Which accounts it may see; all where it is left out.
        scope: Optional<Scope>,
        /// Makes a lost reply harmless: asked again within two minutes it gives the same result.
        request_id: Optional<RequestId>,
    }
}

params! {
    /// Parameters of `keys.rename`.
    pub struct RenameKey {
        /// The key.
        id: Required<KeyId>,
        /// The new name.
        name: Required<Name>,
        /// Makes the edit conditional: another version is a conflict and nothing is changed.
        expected_version: Optional<u64>,
    }
}

params! {
    /// Parameters of `keys.set_scope`.
    pub struct SetKeyScope {
        /// The key.
        id: Required<KeyId>,
        /// The new scope.
        scope: Required<Scope>,
        /// Makes the edit conditional: another version is a conflict and nothing is changed.
        expected_version: Optional<u64>,
    }
}

params! {
    /// Parameters of `keys.rotate`.
    pub struct RotateKey {
        /// The key.
        id: Required<KeyId>,
        /// Makes the rotation conditional: another version is a conflict and nothing is changed.
        expected_version: Optional<u64>,
        /// Makes a lost reply harmless: asked again within two minutes it gives the same result.
        request_id: Optional<RequestId>,
    }
}

params! {
    /// Parameters of `keys.acknowledge`.
    pub struct Acknowledge {
        /// The request whose secret has arrived.
        request_id: Required<RequestId>,
    }
}

params! {
    /// Parameters of `keys.delete`.
    pub struct DeleteKey {
        /// The key.
        id: Required<KeyId>,
        /// Makes the deletion conditional: another version is a conflict and nothing is changed.
        expected_version: Optional<u64>,
    }
}

params! {
    /// Parameters of `keys.verify`.
    pub struct VerifySecret {
        /// The secret that a caller presented.
        secret: Required<Secret>,
        /// The account that it wants to see.
        account: Optional<PresentedAccountId>,
    }
}

params! {
    /// Parameters of `accounts.visible`.
    pub struct ListVisible {
        /// The secret that a caller presented.
        secret: Required<Secret>,
    }
}

params! {
    /// Parameters of `accounts.list`.
    #[derive(Default)]
    pub struct ListAccounts {
        /// `next_cursor` of the page before.
        cursor: Optional<Cursor>,
        /// How many accounts at most; 100 where it is left out.
        limit: Optional<Limit>,
    }
}

params! {
    /// Parameters of `accounts.connect`.
    pub struct ConnectAccount {
        /// What people call it.
        name: Required<Name>,
        /// Who holds it.
        institution: Nullable<Name>,
        /// The last digits that people know it by.
        mask: Nullable<Name>,
        /// Checking, savings, credit and so on.
        kind: Nullable<Name>,
        /// The id to connect it under; made where it is left out.
        id: Optional<AccountId>,
    }
}

params! {
    /// Parameters of `accounts.update`. What is left out stays; `null` clears.
    pub struct UpdateAccount {
        /// The account.
        id: Required<AccountId>,
        /// What people call it.
        name: Optional<Name>,
        /// Who holds it.
        institution: Nullable<Name>,
        /// The last digits that people know it by.
        mask: Nullable<Name>,
        /// Checking, savings, credit and so on.
        kind: Nullable<Name>,
        /// Makes the edit conditional: another version is a conflict and nothing is changed.
        expected_version: Optional<u64>,
    }
}

params! {
    /// Parameters of `accounts.disconnect`.
    pub struct DisconnectAccount {
        /// The account.
        id: Required<AccountId>,
    }
}

params! {
    /// Parameters of `settings.set_storage_mode`.
    pub struct SetStorageMode {
        /// On or off.
        enabled: Required<bool>,
    }
}

params! {
    /// Parameters of `activity.list`.
    #[derive(Default)]
    pub struct ListActivity {
        /// Only entries of this key, deleted ones included.
        key: Optional<KeyId>,
        /// `next_cursor` of the page before.
        cursor: Optional<Cursor>,
        /// How many entries at most; 100 where it is left out.
        limit: Optional<Limit>,
    }
}
