//! Owns what each method takes. Must not know what it does.

use crate::id::{AccountId, KeyId, PresentedAccountId, RequestId};
use crate::name::Name;
use crate::page::{Cursor, Limit};
use crate::param::params;
use crate::scope::Scope;
use crate::secret::Secret;

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
    /// Parameters of `keys.usage`.
    pub struct GetKeyUsage {
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
    /// Parameters of `keys.release`.
    pub struct ReleaseKey {
        /// The key.
        id: Required<KeyId>,
        /// Makes the release conditional: another version is a conflict and nothing is changed.
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
