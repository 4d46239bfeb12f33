//! Owns the table: every method and subscription by name. Must not do anything.

use super::{
    Access, Acknowledge, ConnectAccount, CreateKey, DeleteKey, DisconnectAccount, GetKey, GetKeyUsage,
    ListAccounts, ListActivity, ListKeys, ListVisible, Method, NoParams, ReleaseKey, RenameKey, RotateKey,
    SetKeyScope, SetStorageMode, Subscription, UpdateAccount, VerifySecret, Visitor,
};
use crate::error::Code;
use crate::object::{
    Account, AccountPage, ActivityPage, BackupPart, Compaction, DeletedKey, DisconnectedAccount, Empty,
    Event, Health, Key, KeyPage, KeyUsage, KeyWithSecret, OpenRpc, Revision, Settings, Status, Verification,
    VisibleAccounts,
};

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
    KeysCreate = "keys.create", Admin, CreateKey => KeyWithSecret, [NotFound, Conflict, Busy, StorageFull, OutcomeUnknown],
        "Creates a key, shows its secret once, and turns Storage Mode on";
    KeysRename = "keys.rename", Admin, RenameKey => Key, [NotFound, Conflict, StorageFull, OutcomeUnknown], "Gives a key another name";
    KeysSetScope = "keys.set_scope", Admin, SetKeyScope => Key, [NotFound, Conflict, StorageFull, OutcomeUnknown],
        "Gives a key another scope; the next verification sees it";
    KeysRotate = "keys.rotate", Admin, RotateKey => KeyWithSecret, [NotFound, Conflict, Busy, StorageFull, OutcomeUnknown],
        "Gives a key another secret; the old one is dead before the reply is sent";
    KeysAcknowledge = "keys.acknowledge", Admin, Acknowledge => Empty, [],
        "Says that the secret of a request_id has arrived, so that it is forgotten";
    KeysDelete = "keys.delete", Admin, DeleteKey => DeletedKey, [NotFound, Conflict, StorageFull, OutcomeUnknown], "Deletes a key for good";
    KeysRelease = "keys.release", Admin, ReleaseKey => Key, [NotFound, Conflict, StorageFull, OutcomeUnknown],
        "Lets a key that was suspended by a restore open again what its scope allows";
    KeysUsage = "keys.usage", Admin, GetKeyUsage => KeyUsage, [NotFound],
        "Says how often a key was granted on each of the last 14 days";
    KeysVerify = "keys.verify", Verify, VerifySecret => Verification, [Unauthorized, StorageModeRequired, NotFound, Busy],
        "Says whose key a secret is, and whether it may see an account";
    AccountsList = "accounts.list", Admin, ListAccounts => AccountPage, [], "Lists accounts by name, ignoring case";
    AccountsVisible = "accounts.visible", Verify, ListVisible => VisibleAccounts, [Unauthorized, StorageModeRequired, Busy],
        "Lists the accounts that the key of a secret may see";
    AccountsConnect = "accounts.connect", Admin, ConnectAccount => Account, [Conflict, StorageFull, OutcomeUnknown],
        "Connects an account; keys with all accounts see it at once, restricted keys never by themselves";
    AccountsUpdate = "accounts.update", Admin, UpdateAccount => Account, [NotFound, Conflict, StorageFull, OutcomeUnknown],
        "Changes an account's facts";
    AccountsDisconnect = "accounts.disconnect", Admin, DisconnectAccount => DisconnectedAccount, [NotFound, StorageFull, OutcomeUnknown],
        "Disconnects an account and takes it out of every scope";
    SettingsGet = "settings.get", Admin, NoParams => Settings, [], "Gives the settings";
    SettingsSetStorageMode = "settings.set_storage_mode", Admin, SetStorageMode => Settings, [StorageFull, OutcomeUnknown],
        "Turns Storage Mode on or off";
    ActivityList = "activity.list", Admin, ListActivity => ActivityPage, [], "Lists the audit trail, newest first";
    SystemStatus = "system.status", Admin, NoParams => Status, [], "Says how the daemon is";
    SystemHealth = "system.health", Verify, NoParams => Health, [], "Says that the daemon answers";
    SystemStop = "system.stop", Admin, NoParams => Empty, [], "Lets the daemon finish what is running, then end";
    SystemCompact = "system.compact", Admin, NoParams => Compaction, [StorageFull],
        "Writes the store anew, without what it no longer needs; changes wait meanwhile, verifications do not";
    RpcDiscover = "rpc.discover", Verify, NoParams => OpenRpc, [], "Gives the OpenRPC document of this socket";
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
    const ERRORS: &'static [Code] = &[];
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
    const ERRORS: &'static [Code] = &[];
    type Item = Revision;
}

/// `backup.subscribe`: a copy of the store, in parts.
#[derive(Clone, Copy, Debug)]
pub enum Backups {}

impl Subscription for Backups {
    const NAME: &'static str = "backup.subscribe";
    const UNSUBSCRIBE: &'static str = "backup.unsubscribe";
    const NOTIFICATION: &'static str = "backup";
    const ACCESS: Access = Access::Admin;
    const SUMMARY: &'static str =
        "Sends a copy of the whole store as it is at one moment, in parts, then ends";
    const ERRORS: &'static [Code] = &[Code::StorageFull];
    type Item = BackupPart;
}

/// Walks the whole table.
pub fn visit(visitor: &mut impl Visitor) {
    visit_methods(visitor);
    visitor.subscription::<Events>();
    visitor.subscription::<Revisions>();
    visitor.subscription::<Backups>();
}
