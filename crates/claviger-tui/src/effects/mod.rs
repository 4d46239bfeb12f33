//! Owns what the state asks of the world, as plain data, and the rooms that carry it out. Must not change the state:
//! how an effect ended comes back as a message.

pub(crate) mod clipboard;
pub(crate) mod daemon;
pub(crate) mod file;
mod runner;

use claviger_api::page::Cursor;
use claviger_api::{AccountId, KeyId, Name, RequestId, Scope, Secret};

pub(crate) use runner::{Runner, Wired};

/// Names one call, so that its answer finds who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallId(pub(crate) u64);

/// One thing to be done outside the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Quit,
    Suspend,
    Redraw,
    /// Tries to connect before its time.
    Retry,
    Call {
        id: CallId,
        call: Call,
    },
    /// The same a little later, for what the daemon does not know yet.
    AskAgain {
        id: CallId,
        call: Call,
    },
    /// Lets the daemon forget the secret of a request.
    Acknowledge(RequestId),
    LoadActivity(Trail),
    /// Asks how much a key was used on the last days.
    LoadUsage(KeyId),
    /// Puts a text where it can be pasted from. It is held like a secret, for it may be one.
    Copy {
        what: CopyOf,
        text: Secret,
    },
    WriteSecret {
        key_name: String,
        key_id: KeyId,
        secret: Secret,
    },
}

/// A change that is asked of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    CreateKey { name: Name, scope: Scope, request_id: RequestId },
    RenameKey { id: KeyId, name: Name, expected_version: u64 },
    SetScope { id: KeyId, scope: Scope, expected_version: u64 },
    RotateKey { id: KeyId, expected_version: u64, request_id: RequestId },
    ReleaseKey { id: KeyId, expected_version: u64 },
    DeleteKey { id: KeyId, expected_version: u64 },
    ConnectAccount { name: Name, facts: Facts, id: Option<AccountId> },
    UpdateAccount { id: AccountId, name: Name, facts: Facts, expected_version: u64 },
    DisconnectAccount { id: AccountId },
    SetStorageMode { enabled: bool },
}

impl Call {
    /// The id under which the daemon keeps the answer, for the calls that make a secret.
    pub(crate) fn request_id(&self) -> Option<&RequestId> {
        match self {
            Self::CreateKey { request_id, .. } | Self::RotateKey { request_id, .. } => Some(request_id),
            _ => None,
        }
    }
}

/// What is known of an account besides its name. `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) institution: Option<Name>,
    pub(crate) mask: Option<Name>,
    pub(crate) kind: Option<Name>,
}

/// Which part of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trail {
    /// All of it, a page from the cursor on.
    Whole(Option<Cursor>),
    /// The newest entries of one key.
    OfKey(KeyId),
}

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyOf {
    Id,
    Secret,
}

/// By what a text was sent to a clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    Tmux,
    WlCopy,
    Xclip,
    /// An escape sequence to the terminal, which may ignore it and never says so.
    Osc52,
}
