//! Owns the count of what was asked, and how long warm verifications took. Must not judge it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A secret was presented.
    Verified,
    /// A change was made.
    Changed,
    /// Something was listed.
    Listed,
    /// A notification came.
    Heard,
    /// Bad input, or a connection that broke off.
    Bad,
}

/// What happened in a part.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    pub(super) of: BTreeMap<Kind, u64>,
    /// In ascending order.
    pub(super) warm: Vec<Duration>,
}

/// Counts for everybody.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<(Counted, BTreeMap<Kind, u64>)>);

impl Tally {
    pub(super) fn add(&self, kind: Kind) {
        let mut counted = self.0.lock().unwrap();
        *counted.0.of.entry(kind).or_default() += 1;
        *counted.1.entry(kind).or_default() += 1;
    }

    /// A verification of a warm key, that took so long.
    pub(super) fn warm(&self, took: Duration) {
        self.add(Kind::Verified);
        self.0.lock().unwrap().0.warm.push(took);
    }

    /// What happened since this was asked last.
    pub(super) fn take(&self) -> Counted {
        let mut counted = std::mem::take(&mut self.0.lock().unwrap().0);
        counted.warm.sort_unstable();
        counted
    }

    /// How many there were from the beginning.
    pub(super) fn of(&self, kind: Kind) -> u64 {
        self.0.lock().unwrap().1.get(&kind).copied().unwrap_or_default()
    }
}
