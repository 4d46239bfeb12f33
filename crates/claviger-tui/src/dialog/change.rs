//! Owns what a choice of accounts comes to: what a key gains and loses by it. Must not word it.

use claviger_api::{AccountId, Scope};

use super::{Form, Listed};
use std::collections::BTreeSet;

/// The first few of many names, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) first: Vec<String>,
    pub(crate) count: usize,
}

/// What a choice comes to, kept so that no frame has to count thousands of accounts.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// What is checked.
    chosen: Names,
    /// What was seen before and is not checked.
    lost: Names,
    /// What is checked and was not seen before.
    gained: Names,
    /// What was not seen before, checked or not.
    unseen: Names,
}

/// What saving would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    Nothing,
    /// From some accounts to all: these, and what will be connected later.
    Widens(&'a Names),
    /// From all accounts to some.
    Narrows {
        kept: &'a Names,
        lost: &'a Names,
    },
    /// From some accounts to others.
    Moves {
        lost: &'a Names,
        gained: &'a Names,
    },
    /// A new key sees all accounts.
    BeginsWithAll,
    /// A new key sees some accounts.
    BeginsWith(&'a Names),
}

impl Names {
    /// How many are kept by name.
    pub(crate) const MOST: usize = 3;

    fn push(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < Self::MOST {
            self.first.push(name.to_owned());
        }
    }

    /// Names that come in no order: the first ones are found without sorting them all.
    pub(crate) fn unordered<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let key = |name: &'a str| (name.bytes().map(|byte| byte.to_ascii_lowercase()), name);
        let before = |one: &'a str, other: &'a str| {
            let ((one, one_name), (other, other_name)) = (key(one), key(other));
            one.cmp(other).then_with(|| one_name.cmp(other_name)).is_lt()
        };
        let (mut first, mut count) = (Vec::<&str>::with_capacity(Self::MOST + 1), 0);
        for name in names {
            count += 1;
            let place = first.iter().position(|other| before(name, other)).unwrap_or(first.len());
            if place < Self::MOST {
                first.insert(place, name);
                first.truncate(Self::MOST);
            }
        }
        Self { first: first.into_iter().map(str::to_owned).collect(), count }
    }
}

impl Choice {
    /// Compares what is checked with what was seen before.
    pub(super) fn of(accounts: &[Listed], checked: &BTreeSet<AccountId>, before: Option<&Scope>) -> Self {
        let mut choice = Self::default();
        for account in accounts {
            let is_checked = checked.contains(&account.id);
            let was_seen = before.is_some_and(|before| before.allows(&account.id));
            if is_checked {
                choice.chosen.push(&account.label);
            }
            if was_seen && !is_checked {
                choice.lost.push(&account.label);
            }
            if !was_seen && is_checked {
                choice.gained.push(&account.label);
            }
            if !was_seen {
                choice.unseen.push(&account.label);
            }
        }
        choice
    }
}

impl Form {
    /// What saving would change, in a form that chooses accounts.
    pub(crate) fn change(&self) -> Option<Change<'_>> {
        let boxes = self.boxes()?;
        let Choice { chosen, lost, gained, unseen } = &boxes.choice;
        Some(match (&boxes.before, self.shares_all()) {
            (None, true) => Change::BeginsWithAll,
            (None, false) => Change::BeginsWith(chosen),
            (Some(Scope::All), true) => Change::Nothing,
            (Some(Scope::Only(_)), true) => Change::Widens(unseen),
            (Some(Scope::All), false) => Change::Narrows { kept: chosen, lost },
            (Some(Scope::Only(_)), false) if lost.count + gained.count == 0 => Change::Nothing,
            (Some(Scope::Only(_)), false) => Change::Moves { lost, gained },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_names_are_found_whatever_the_order() {
        for (names, first) in [
            (&["d", "B", "a", "C", "e"][..], &["a", "B", "C"][..]),
            (&["b", "a"], &["a", "b"]),
            (&["a", "A", "a"], &["A", "a", "a"]),
            (&[], &[]),
        ] {
            let found = Names::unordered(names.iter().copied());
            assert_eq!(
                (found.first.as_slice(), found.count),
                (&*first.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), names.len())
            );
        }
    }
}
