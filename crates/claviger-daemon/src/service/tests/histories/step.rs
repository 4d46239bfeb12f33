//! Owns what can happen in a history. Must not know what it leads to.

use claviger_api::Scope;

/// The ids that accounts come and go under.
pub(super) const ACCOUNTS: [&str; 4] = ["a", "b", "c", "d"];

/// An id that no account ever has.
pub(super) const ABSENT: &str = "absent";

/// The names that keys come by, each with the one that it counts as.
pub(super) const NAMES: [(&str, &str); 8] = [
    ("CI", "ci"),
    ("ci", "ci"),
    ("Straße", "strasse"),
    ("STRASSE", "strasse"),
    ("Backup", "backup"),
    ("Production", "production"),
    ("gateway", "gateway"),
    ("Zoë", "zoë"),
];

/// One step of a history.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// How far the clock is set on, or back, before it.
    pub(super) clock_ms: i64,
    /// Who asks.
    pub(super) uid: u32,
    /// What is done.
    pub(super) act: Act,
}

/// What is done. Keys are named by their number: the first that was ever made is 0.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Create {
        name: &'static str,
        scope: Scope,
        request: Option<u8>,
    },
    Rename {
        key: usize,
        name: &'static str,
        expected: Expected,
    },
    SetScope {
        key: usize,
        scope: Scope,
        expected: Expected,
    },
    Rotate {
        key: usize,
        expected: Expected,
        request: Option<u8>,
    },
    Acknowledge {
        request: u8,
    },
    Release {
        key: usize,
        expected: Expected,
    },
    Delete {
        key: usize,
        expected: Expected,
    },
    Connect {
        account: &'static str,
        name: &'static str,
    },
    Update {
        account: &'static str,
        name: Option<&'static str>,
        mask: Mask,
        expected: Expected,
    },
    Disconnect {
        account: &'static str,
    },
    StorageMode {
        enabled: bool,
    },
    Verify {
        secret: Presented,
        account: Option<&'static str>,
    },
    Visible {
        secret: Presented,
    },
    /// Notes of use are written.
    SaveUse,
    /// The daemon finishes, and another one starts.
    Restart,
    /// The daemon ends without finishing, and another one starts from what is in the file.
    Crash,
    /// The store is backed up while the daemon runs.
    BackUp,
    /// The daemon finishes, a backup is restored, which keeps the store that was there as another one, and another daemon
    /// starts. Backups are named by their number.
    Restore {
        backup: usize,
        journal: Journal,
    },
    /// The same, but a backup is copied over the store by hand.
    CopyOver {
        backup: usize,
        journal: Journal,
    },
    /// A second daemon does something in a copy of the directory, and its store is kept as a backup.
    Elsewhere(Box<Act>),
    /// After a restart without the digests' key a key's secret is presented; while its slow hash runs, something else is done.
    Overtaken {
        key: usize,
        account: Option<&'static str>,
        by: Box<Act>,
    },
}

/// What becomes of an account's mask.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mask {
    Stays,
    Goes,
    Becomes(&'static str),
}

/// What becomes of the journal when another store takes the store's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Journal {
    Kept,
    Lost,
}

/// Which version an edit expects.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    Any,
    Right,
    Stale,
}

/// Which secret is presented.
#[derive(Clone, Copy, Debug)]
pub(super) enum Presented {
    /// A key's newest secret, or the one so many before it. The key may be deleted.
    Minted { key: usize, age: usize },
    /// A key's newest secret with another character at this place.
    Forged { key: usize, place: usize },
    /// What has not the form of a secret.
    Malformed,
}

impl Act {
    /// The greatest number of a key that this names.
    pub(super) fn key(&self) -> Option<usize> {
        match self {
            Self::Rename { key, .. }
            | Self::SetScope { key, .. }
            | Self::Rotate { key, .. }
            | Self::Release { key, .. }
            | Self::Delete { key, .. }
            | Self::Verify {
                secret: Presented::Minted { key, .. } | Presented::Forged { key, .. }, ..
            }
            | Self::Visible { secret: Presented::Minted { key, .. } | Presented::Forged { key, .. } } => {
                Some(*key)
            }
            Self::Overtaken { key, by, .. } => by.key().max(Some(*key)),
            Self::Elsewhere(act) => act.key(),
            _ => None,
        }
    }
    /// The number of the backup that this names.
    pub(super) fn backup(&self) -> Option<usize> {
        match self {
            Self::Restore { backup, .. } | Self::CopyOver { backup, .. } => Some(*backup),
            _ => None,
        }
    }
}
