//! Owns what the state can be told: presses, what the daemon says, and how effects ended. Must not decide anything.

use std::path::PathBuf;

use claviger_api::object::{ActivityPage, KeyUsage, KeyWithSecret};
use claviger_api::{Account, AccountId, Error, Key, KeyId, KeyUse, Timestamp};

use crate::effects::{CallId, Copied, CopyOf, Trail};
use crate::press::Press;

/// One thing that happened.
#[derive(Debug)]
pub(crate) enum Msg {
    /// Time went on. It comes before every other message, for nothing else tells the time.
    Time(Timestamp),
    Press(Press),
    Paste(String),
    /// The wheel of the mouse turned by so many rows.
    Wheel(i16),
    /// The mouse's first button was pressed in a cell of the terminal.
    Click {
        column: u16,
        row: u16,
    },
    Resized {
        width: u16,
        height: u16,
    },
    /// Nobody was there who could have continued a stopped job.
    NotSuspended,
    /// What the state was is on the screen.
    Drawn,
    Link(Link),
    /// So many keys of the whole state have come so far.
    Loading(usize),
    /// The daemon's version.
    Daemon {
        version: String,
    },
    Feed(Feed),
    /// A call ended.
    Answered {
        call: CallId,
        outcome: Result<Answer, Failure>,
    },
    Activity {
        trail: Trail,
        outcome: Result<ActivityPage, Failure>,
    },
    Usage {
        key: KeyId,
        outcome: Result<KeyUsage, Failure>,
    },
    Copied {
        what: CopyOf,
        by: Result<Copied, String>,
    },
    Written(Result<PathBuf, String>),
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting,
    /// The whole state has arrived and changes follow. Each connection has a higher epoch than the one before.
    Live {
        epoch: u64,
    },
    /// The next attempt is at `until`.
    Retrying {
        until: Timestamp,
        why: Why,
    },
}

/// What brings interface and daemon to one version.
pub(crate) const RESTART: &str = "`claviger stop`, then `claviger`, starts the daemon of this version";

/// Why there is no connection, and what to do about it where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    pub(crate) what: String,
    pub(crate) remedy: Option<String>,
}

impl<T: Into<String>> From<T> for Why {
    fn from(what: T) -> Self {
        Self { what: what.into(), remedy: None }
    }
}

/// What the daemon says of its own accord, in order and without gaps.
#[derive(Clone, Debug)]
pub(crate) enum Feed {
    /// Replaces all that was known.
    Snapshot {
        keys: Vec<Key>,
        accounts: Vec<Account>,
        storage_mode: bool,
    },
    /// Some of what is there, while nothing else is known: the rest follows.
    Part {
        /// Whether it replaces what was known.
        is_first: bool,
        keys: Vec<Key>,
        accounts: Vec<Account>,
        storage_mode: bool,
    },
    Changed {
        keys: Vec<Key>,
        accounts: Vec<Account>,
        removed_keys: Vec<KeyId>,
        removed_accounts: Vec<AccountId>,
        storage_mode: Option<bool>,
    },
    Used(Vec<KeyUse>),
}

/// The result of a call.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Done,
    /// A key was changed, and this is what it is now.
    Key(Box<Key>),
    /// An account was connected or changed, and this is what it is now.
    Account(Box<Account>),
    Secret(Box<KeyWithSecret>),
}

impl From<Key> for Answer {
    fn from(key: Key) -> Self {
        Self::Key(Box::new(key))
    }
}

impl From<Account> for Answer {
    fn from(account: Account) -> Self {
        Self::Account(Box::new(account))
    }
}

impl From<KeyWithSecret> for Answer {
    fn from(made: KeyWithSecret) -> Self {
        Self::Secret(Box::new(made))
    }
}

/// Why a call has no result.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Refused(Error),
    /// The connection went away first: whether it was done is not known.
    Lost,
    /// No answer came in time: whether it was done is not known.
    TimedOut,
    /// An answer came that this version cannot read.
    Unreadable,
}
