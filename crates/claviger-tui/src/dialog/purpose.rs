//! Owns what dialogs are for: their subjects, titles and buttons. Must not know their fields.

use claviger_api::{AccountId, KeyId};

/// What a form is for, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    CreateKey,
    RenameKey(Subject<KeyId>),
    EditScope(Subject<KeyId>),
    /// Giving a restricted key every account: asked on top of `Edit scope`, which then waits for the answer.
    ShareAll(Subject<KeyId>),
    RotateKey(Subject<KeyId>),
    /// Letting a suspended key open again what its scope allows.
    ReleaseKey(Subject<KeyId>),
    DeleteKey(Subject<KeyId>),
    ConnectAccount,
    EditAccount(Subject<AccountId>),
    DisconnectAccount(Subject<AccountId>),
    /// Turning Storage Mode off.
    StorageMode,
}

/// What a form is about, as it was when the form was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject<Id> {
    pub(crate) id: Id,
    pub(crate) name: String,
    /// An edit is refused when this is no longer its version.
    pub(crate) version: u64,
}

impl Purpose {
    /// The title that the dialog bears.
    pub(crate) const fn title(&self) -> &'static str {
        match self {
            Self::CreateKey => "Create key",
            Self::RenameKey(_) => "Rename key",
            Self::EditScope(_) => "Edit scope",
            Self::ShareAll(_) => "Share all accounts",
            Self::RotateKey(_) => "Rotate key",
            Self::ReleaseKey(_) => "Release key",
            Self::DeleteKey(_) => "Delete key",
            Self::ConnectAccount => "Connect account",
            Self::EditAccount(_) => "Edit account",
            Self::DisconnectAccount(_) => "Disconnect account",
            Self::StorageMode => "Storage Mode",
        }
    }

    /// What the button that goes on says.
    pub(crate) const fn button(&self) -> &'static str {
        match self {
            Self::CreateKey => "Create Key",
            Self::RenameKey(_) | Self::EditScope(_) | Self::EditAccount(_) => "Save",
            Self::ShareAll(_) => "Share All",
            Self::RotateKey(_) => "Rotate",
            Self::ReleaseKey(_) => "Release",
            Self::DeleteKey(_) => "Delete",
            Self::ConnectAccount => "Connect Account",
            Self::DisconnectAccount(_) => "Disconnect",
            Self::StorageMode => "Turn Off",
        }
    }

    /// The key that it is about.
    pub(crate) fn key(&self) -> Option<&Subject<KeyId>> {
        match self {
            Self::RenameKey(key)
            | Self::EditScope(key)
            | Self::ShareAll(key)
            | Self::RotateKey(key)
            | Self::ReleaseKey(key)
            | Self::DeleteKey(key) => Some(key),
            _ => None,
        }
    }

    /// The account that it is about.
    pub(crate) fn account(&self) -> Option<&Subject<AccountId>> {
        match self {
            Self::EditAccount(account) | Self::DisconnectAccount(account) => Some(account),
            _ => None,
        }
    }

    /// Whether Ctrl-S saves it. What destroys is only ever done by its own button.
    pub(crate) const fn saves(&self) -> bool {
        matches!(
            self,
            Self::CreateKey
                | Self::RenameKey(_)
                | Self::EditScope(_)
                | Self::ConnectAccount
                | Self::EditAccount(_)
        )
    }
}
