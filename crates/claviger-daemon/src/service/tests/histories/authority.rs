//! Owns the one rule above all others: no authority grows except by an explicit grant, and what was taken away stays away
//! whatever store takes the store's place. It looks at what was asked for, what was answered and what is granted, and must
//! not look at the model.

use std::collections::{BTreeMap, BTreeSet};

use claviger_api::Scope;

use super::model::Answer;
use super::step::{Act, Journal};
use super::subject::Granted;

/// What may be granted at most.
#[derive(Default)]
pub(super) struct Authority {
    most: Most,
    /// What the store of each backup may grant at most if it is put in the store's place.
    backups: Vec<Past>,
    /// How often another store was put in the store's place.
    replaced: usize,
    /// Every key that was ever created, so that an answer which is given again is not taken for a new grant.
    created: BTreeSet<usize>,
    /// What each key was granted when it was looked at last.
    seen: BTreeMap<usize, BTreeSet<&'static str>>,
}

/// What the keys of one store may be granted at most: what they were granted last, and what somebody gave them since.
#[derive(Clone, Default)]
struct Most {
    keys: BTreeMap<usize, Ceiling>,
    connected: BTreeSet<&'static str>,
    /// Whether somebody turned Storage Mode on, and nobody turned it off since.
    is_on: bool,
}

#[derive(Clone)]
struct Ceiling {
    /// Which of its secrets lives.
    secret: Option<usize>,
    accounts: BTreeSet<&'static str>,
    /// Whether whoever gave it its scope said "all", so that what is connected later is a grant too.
    is_all: bool,
    /// Whether it opens nothing until somebody releases it.
    is_held: bool,
}

/// What a backup may grant.
struct Past {
    /// What it could grant when it was made.
    made: Most,
    /// The same without what was taken away since, as far as the journal knows of it.
    left: Most,
    knowledge: Knowledge,
    /// How often another store had been put in the store's place when it was made.
    replaced: usize,
}

/// What the journal knows of what was taken away in a backup's line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    All,
    /// All but what a second daemon did.
    AllHere,
    /// Nothing that is from before the journal was lost.
    Nothing,
}

impl Authority {
    /// Learns from a step what it gave and what it took away.
    pub(super) fn learn(&mut self, act: &Act, answer: &Answer) {
        match (act, answer) {
            (Act::Create { scope, .. }, Answer::Minted { key, .. }) if self.created.insert(*key) => {
                self.most.is_on = true;
                self.most.keys.insert(*key, self.most.given(scope, Some(0), false));
            }
            (Act::SetScope { key, scope, .. }, Answer::Key { .. }) => {
                let Ceiling { secret, is_held, .. } = self.most.keys[key];
                self.most.keys.insert(*key, self.most.given(scope, secret, is_held));
                self.narrow(*key, scope);
            }
            (Act::Rotate { .. }, Answer::Minted { key, secret, .. }) => self.rotate(*key, *secret),
            (Act::Release { key, .. }, Answer::Key { .. }) => {
                self.most.keys.get_mut(key).unwrap().is_held = false;
            }
            (Act::Delete { key, .. }, Answer::Deleted { .. }) => {
                self.everywhere(|most| drop(most.keys.remove(key)));
            }
            (Act::Connect { account, .. }, Answer::Account(_)) => {
                self.most.connected.insert(account);
                for ceiling in self.most.keys.values_mut().filter(|ceiling| ceiling.is_all) {
                    ceiling.accounts.insert(account);
                }
            }
            (Act::Disconnect { account }, Answer::Disconnected { .. }) => {
                self.everywhere(|most| {
                    most.connected.remove(account);
                    for ceiling in most.keys.values_mut() {
                        ceiling.accounts.remove(account);
                    }
                });
            }
            (Act::StorageMode { enabled: true }, Answer::StorageMode { .. }) => self.most.is_on = true,
            (Act::StorageMode { enabled: false }, Answer::StorageMode { .. }) => {
                self.most.is_on = false;
                // Who turns off what is off takes nothing away.
                if !self.seen.is_empty() {
                    self.everywhere(|most| most.is_on = false);
                }
            }
            (Act::BackUp, Answer::BackedUp { .. }) => self.keep(),
            (Act::Elsewhere(act), Answer::Elsewhere(answer)) => {
                let (most, seen) = (self.most.clone(), self.seen.clone());
                let mut there = Self { most, seen, created: self.created.clone(), ..Self::default() };
                there.learn(act, answer);
                let (made, left) = (there.most.clone(), there.most);
                let knowledge = Knowledge::AllHere;
                self.backups.push(Past { made, left, knowledge, replaced: usize::MAX });
            }
            (Act::Restore { backup, journal }, Answer::Restored { .. }) => {
                self.keep();
                self.replace(*backup, *journal);
            }
            (Act::CopyOver { backup, journal }, Answer::Done) => self.replace(*backup, *journal),
            (Act::Overtaken { by, .. }, Answer::Overtaken { first, .. }) => self.learn(by, first),
            _ => {}
        }
    }

    /// What is taken away is taken from every backup too.
    fn everywhere(&mut self, take: impl Fn(&mut Most)) {
        take(&mut self.most);
        self.backups.iter_mut().for_each(|backup| take(&mut backup.left));
    }

    /// A key that is seen to have lost something gets no more than this scope from any backup.
    fn narrow(&mut self, key: usize, scope: &Scope) {
        let has_lost = |seen: &BTreeSet<&'static str>| seen.iter().any(|account| !names(scope, account));
        if !self.seen.get(&key).is_some_and(has_lost) {
            return;
        }
        for ceiling in self.backups.iter_mut().filter_map(|backup| backup.left.keys.get_mut(&key)) {
            ceiling.is_all = false;
            ceiling.accounts.retain(|account| names(scope, account));
        }
    }

    /// The secret that lived is dead everywhere. Where the journal knows all secrets that a key ever had, so are all that
    /// were not made just now.
    fn rotate(&mut self, key: usize, secret: usize) {
        let Some(ceiling) = self.most.keys.get_mut(&key).filter(|ceiling| ceiling.secret < Some(secret))
        else {
            return;
        };
        let dead = ceiling.secret.replace(secret);
        for Past { left, knowledge, .. } in &mut self.backups {
            if let Some(ceiling) = left.keys.get_mut(&key)
                && (*knowledge == Knowledge::All || ceiling.secret == dead)
            {
                ceiling.secret = None;
            }
        }
    }

    fn keep(&mut self) {
        let (made, left) = (self.most.clone(), self.most.clone());
        self.backups.push(Past { made, left, knowledge: Knowledge::All, replaced: self.replaced });
    }

    /// Another store stands in the store's place: what it may grant is what it could grant when it was made, without what
    /// was taken away since. Where no other store stood here meanwhile, it is no more than was granted right before, either.
    /// Without a journal that knows what was taken away, it is nothing until it is released.
    fn replace(&mut self, backup: usize, journal: Journal) {
        if journal == Journal::Lost {
            for past in &mut self.backups {
                past.left = past.made.clone();
                past.knowledge = Knowledge::Nothing;
            }
        }
        let Past { left, knowledge, replaced, .. } = &self.backups[backup];
        let mut most = left.clone();
        if *knowledge == Knowledge::Nothing {
            most.keys.values_mut().for_each(|ceiling| ceiling.is_held = true);
        } else if *replaced == self.replaced {
            most.limit(&self.most);
        }
        self.most = most;
        self.replaced += 1;
    }

    /// Fails where more is granted than may be; what is granted now is the most from here on. While Storage Mode is off
    /// nothing is granted, and what was granted before stays the most.
    pub(super) fn see(&mut self, granted: &Granted) {
        self.seen.clear();
        for ((key, secret), accounts) in granted {
            let Some(accounts) = accounts else { continue };
            assert!(self.most.is_on, "Storage Mode is off, and key {key} opens");
            let living = self.most.keys.get_mut(key).filter(|ceiling| ceiling.secret == Some(*secret));
            let ceiling = living.unwrap_or_else(|| panic!("secret {secret} of key {key} is dead, and opens"));
            assert!(!ceiling.is_held, "key {key} opens, and nobody released it");
            let more: Vec<_> = accounts.difference(&ceiling.accounts).collect();
            assert!(more.is_empty(), "key {key} is granted {more:?}, which nobody gave it");
            ceiling.accounts.clone_from(accounts);
            self.seen.insert(*key, accounts.clone());
        }
    }
}

impl Most {
    fn given(&self, scope: &Scope, secret: Option<usize>, is_held: bool) -> Ceiling {
        let accounts = self.connected.iter().filter(|account| names(scope, account));
        Ceiling { secret, accounts: accounts.copied().collect(), is_all: *scope == Scope::All, is_held }
    }

    /// Leaves no more than another store may grant.
    fn limit(&mut self, other: &Self) {
        self.is_on &= other.is_on;
        self.connected.retain(|account| other.connected.contains(account));
        self.keys.retain(|key, _| other.keys.contains_key(key));
        for (key, ceiling) in &mut self.keys {
            let other = &other.keys[key];
            ceiling.secret = ceiling.secret.filter(|secret| Some(*secret) == other.secret);
            ceiling.accounts.retain(|account| other.accounts.contains(account));
            ceiling.is_all &= other.is_all;
            ceiling.is_held |= other.is_held;
        }
    }
}

fn names(scope: &Scope, account: &str) -> bool {
    match scope {
        Scope::All => true,
        Scope::Only(ids) => ids.iter().any(|id| id.as_str() == account),
    }
}
