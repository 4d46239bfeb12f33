//! Owns the plain model of the daemon: a few maps, and how they are looked at. Must not know what a step makes of them.

use std::collections::{BTreeMap, BTreeSet};

use claviger_api::{Account, AccountId, Action, Scope};

use super::super::super::{Error, Refusal};
use super::step::NAMES;

pub(super) const DAY_MS: i64 = 86_400_000;

/// How many days counts are shown for.
const SHOWN_DAYS: i64 = 14;

/// All that a daemon and its files are.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) store: Store,
    pub(super) journal: Journal,
    /// The stores that can be put in this one's place.
    pub(super) backups: Vec<Store>,
    /// For each key that was ever made, by number, the generation of each secret that it ever had, oldest first. After a
    /// restore a generation can come again.
    pub(super) secrets: Vec<Vec<u64>>,
    /// How many lines were begun after the first.
    pub(super) lines: usize,
    pub(super) replays: BTreeMap<(u32, &'static str, u8), Answer>,
    /// What the system's clock says.
    pub(super) clock: i64,
    /// The time, which never runs backwards while a daemon runs.
    pub(super) now: i64,
    /// What the last step was answered.
    pub(super) answer: Option<Answer>,
}

/// A store.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    /// The keys that there are, by number.
    pub(super) keys: BTreeMap<usize, KeyState>,
    pub(super) accounts: BTreeMap<&'static str, Account>,
    pub(super) storage_mode: bool,
    pub(super) revision: u64,
    /// The audit trail, oldest first.
    pub(super) activity: Vec<EntryRow>,
    /// The newest time that is in the file: what a new daemon begins at.
    pub(super) stored_at: i64,
    /// What it knows to have died, by revision.
    pub(super) dead: BTreeSet<(u64, Dead)>,
    /// By what a journal knows it and its backups.
    pub(super) line: usize,
}

/// What the file beside the store knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    pub(super) dead: BTreeSet<(u64, Dead)>,
    /// The lines in which nothing died that it does not know of.
    pub(super) lines: BTreeSet<usize>,
    /// The newest revision that it knows of.
    pub(super) newest: u64,
}

/// What died.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dead {
    Key(usize),
    /// All secrets of a key before this generation.
    Secrets(usize, u64),
    /// All that a key saw but these.
    Others(usize, BTreeSet<AccountId>),
    Account(&'static str),
    StorageMode,
}

/// A key.
#[derive(Clone, Debug)]
pub(super) struct KeyState {
    pub(super) row: KeyRow,
    pub(super) generation: u64,
    /// Which of its secrets it was given last. Where it needs rotation, that one is dead.
    pub(super) secret: usize,
    pub(super) usage: Use,
    /// As much of its use as is in the file.
    pub(super) saved: Use,
}

/// A key as it is shown, but for its id and hint.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyRow {
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) created_at: i64,
    pub(super) rotated_at: Option<i64>,
    pub(super) last_used_at: Option<i64>,
    pub(super) retired_secret_seen_at: Option<i64>,
    pub(super) suspended_at: Option<i64>,
    pub(super) needs_rotation: bool,
    pub(super) version: u64,
}

/// What is noted of a key's use.
#[derive(Clone, Debug, Default)]
pub(super) struct Use {
    pub(super) last_used_at: Option<i64>,
    pub(super) retired_secret_seen_at: Option<i64>,
    pub(super) granted: BTreeMap<i64, u64>,
}

/// An entry of the audit trail, but for its number and words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EntryRow {
    pub(super) at: i64,
    pub(super) action: Action,
    pub(super) key: Option<usize>,
    pub(super) key_name: Option<String>,
    pub(super) account: Option<String>,
    pub(super) uid: u32,
}

/// What a step is answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// A secret, by which of the key's it is.
    Minted {
        key: usize,
        secret: usize,
        row: KeyRow,
    },
    Key {
        key: usize,
        row: KeyRow,
    },
    Deleted {
        key: usize,
    },
    Account(Account),
    Disconnected {
        lost_by: BTreeSet<usize>,
    },
    StorageMode {
        enabled: bool,
        revision: u64,
    },
    Granted {
        key: usize,
        name: String,
        scope: Scope,
        account: Option<Account>,
        revision: u64,
    },
    Visible(Vec<Account>),
    Denied(Refusal),
    Refused(Error),
    Done,
    BackedUp {
        revision: u64,
    },
    Restored {
        revision: u64,
        /// Whether a journal knew what had died since.
        is_vouched_for: bool,
    },
    /// What was answered there.
    Elsewhere(Box<Answer>),
    /// Whether a verification waited for its slow hash; what overtook it was answered first, then the verification.
    Overtaken {
        has_waited: bool,
        first: Box<Answer>,
        verdict: Box<Answer>,
    },
}

impl KeyState {
    /// The key as it is shown.
    pub(super) fn shown(&self) -> KeyRow {
        let Use { last_used_at, retired_secret_seen_at, .. } = self.usage;
        KeyRow { last_used_at, retired_secret_seen_at, ..self.row.clone() }
    }

    /// Whether the scope has this account in it.
    pub(super) fn sees(&self, account: &str) -> bool {
        match &self.row.scope {
            Scope::All => true,
            Scope::Only(ids) => ids.iter().any(|id| id.as_str() == account),
        }
    }
}

/// A name as it counts where names must differ.
pub(super) fn counts_as(name: &str) -> &'static str {
    NAMES.iter().find(|(shown, _)| *shown == name).unwrap().1
}

impl Model {
    /// A daemon that has just made its files.
    pub(super) fn new() -> Self {
        let journal = Journal { lines: [0].into(), ..Journal::default() };
        Self { journal, ..Self::default() }
    }

    /// How many keys were ever made.
    pub(super) fn made(&self) -> usize {
        self.secrets.len()
    }

    /// Which of its secrets a key's one so many before the newest is.
    pub(super) fn nth(&self, key: usize, age: usize) -> usize {
        let newest = self.secrets[key].len() - 1;
        newest - age.min(newest)
    }

    /// How often a key was granted, on the days that are shown and have any.
    pub(super) fn granted_by_day(&self, key: usize) -> BTreeMap<i64, u64> {
        let oldest = self.now.div_euclid(DAY_MS) - SHOWN_DAYS;
        let granted = self.store.keys[&key].usage.granted.iter().filter(|(day, _)| **day > oldest);
        granted.map(|(day, count)| (*day, *count)).collect()
    }

    /// The keys whose scope names an account.
    pub(super) fn holders(&self, account: &str) -> BTreeSet<usize> {
        let names = |key: &KeyState| key.row.scope != Scope::All && key.sees(account);
        self.store.keys.iter().filter(|(_, key)| names(key)).map(|(number, _)| *number).collect()
    }

    /// Accounts in the order of lists.
    pub(super) fn in_order<'a>(accounts: impl Iterator<Item = &'a Account>) -> Vec<Account> {
        let mut accounts: Vec<Account> = accounts.cloned().collect();
        accounts.sort_by_key(|account| (account.name.to_lowercase(), account.id.as_str().to_owned()));
        accounts
    }
}
