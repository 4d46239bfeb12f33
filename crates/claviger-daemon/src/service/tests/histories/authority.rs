//! Owns the one rule above all others: no authority grows except by an explicit grant. It looks at what was asked for, what
//! was answered and what is granted, and must not look at the model.

use std::collections::{BTreeMap, BTreeSet};

use claviger_api::Scope;

use super::model::Answer;
use super::step::Act;
use super::subject::Granted;

/// What each key may be granted at most: what it was granted last, and what somebody gave it since.
#[derive(Default)]
pub(super) struct Authority {
    keys: BTreeMap<usize, Ceiling>,
    /// Every key that was ever created, so that an answer which is given again is not taken for a new grant.
    created: BTreeSet<usize>,
    connected: BTreeSet<&'static str>,
}

struct Ceiling {
    /// The generation of its one living secret.
    generation: usize,
    accounts: BTreeSet<&'static str>,
    /// Whether whoever gave it its scope said "all", so that what is connected later is a grant too.
    is_all: bool,
}

impl Authority {
    /// Learns from a step what it gave and what it took away.
    pub(super) fn learn(&mut self, act: &Act, answer: &Answer) {
        match (act, answer) {
            (Act::Create { scope, .. }, Answer::Minted { key, .. }) if self.created.insert(*key) => {
                self.keys.insert(*key, Ceiling { generation: 1, ..self.given(scope) });
            }
            (Act::SetScope { key, scope, .. }, Answer::Key { .. }) => {
                let generation = self.keys[key].generation;
                self.keys.insert(*key, Ceiling { generation, ..self.given(scope) });
            }
            (Act::Rotate { .. }, Answer::Minted { key, generation, .. }) => {
                if let Some(ceiling) = self.keys.get_mut(key) {
                    ceiling.generation = ceiling.generation.max(*generation);
                }
            }
            (Act::Delete { key, .. }, Answer::Deleted { .. }) => {
                self.keys.remove(key);
            }
            (Act::Connect { account, .. }, Answer::Account(_)) => {
                self.connected.insert(account);
                for ceiling in self.keys.values_mut().filter(|ceiling| ceiling.is_all) {
                    ceiling.accounts.insert(account);
                }
            }
            (Act::Disconnect { account }, Answer::Disconnected { .. }) => {
                self.connected.remove(account);
                for ceiling in self.keys.values_mut() {
                    ceiling.accounts.remove(account);
                }
            }
            (Act::Overtaken { by, .. }, Answer::Overtaken(first, _)) => self.learn(by, first),
            _ => {}
        }
    }

    fn given(&self, scope: &Scope) -> Ceiling {
        let accounts = self.connected.iter().filter(|account| match scope {
            Scope::All => true,
            Scope::Only(ids) => ids.iter().any(|id| id.as_str() == **account),
        });
        Ceiling { generation: 0, accounts: accounts.copied().collect(), is_all: *scope == Scope::All }
    }

    /// Fails where more is granted than may be; what is granted now is the most from here on. While Storage Mode is off
    /// nothing is granted, and what was granted before stays the most.
    pub(super) fn see(&mut self, granted: &Granted) {
        for ((key, generation), accounts) in granted {
            let Some(accounts) = accounts else { continue };
            let living = self.keys.get_mut(key).filter(|ceiling| ceiling.generation == *generation);
            let ceiling =
                living.unwrap_or_else(|| panic!("secret {generation} of key {key} is dead, and opens"));
            let more: Vec<_> = accounts.difference(&ceiling.accounts).collect();
            assert!(more.is_empty(), "key {key} is granted {more:?}, which nobody gave it");
            ceiling.accounts.clone_from(accounts);
        }
    }
}
