//! Owns what differs between two stores, as far as an operator asks before one takes the other's place. Must not read either.

use std::collections::BTreeMap;

use claviger_api::{Account, AccountId, KeyId, Scope};

use crate::domain::KeyRecord;

/// What a store holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Its keys.
    pub keys: BTreeMap<KeyId, KeyRecord>,
    /// Its accounts.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Whether keys open anything at all.
    pub storage_mode: bool,
}

/// One thing that is otherwise in the other store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// About a key.
    Key {
        /// Its id.
        id: KeyId,
        /// Its name in the other store, or here where it is not there.
        name: String,
        /// What becomes of it.
        changes: Vec<Change>,
    },
    /// About an account.
    Account {
        /// Its id.
        id: AccountId,
        /// Its name in the other store, or here where it is not there.
        name: String,
        /// What becomes of it.
        change: Change,
    },
    /// About Storage Mode.
    StorageMode {
        /// Whether keys open anything at all in the other store.
        enabled: bool,
    },
}

/// What becomes of a key or an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It comes back.
    Back,
    /// It is gone.
    Gone,
    /// It has another name; this is today's.
    Renamed(String),
    /// It has another scope.
    Rescoped {
        /// Today's.
        now: Scope,
        /// The one that it gets.
        then: Scope,
    },
    /// It opens nothing until it is released.
    Suspended,
    /// It is suspended today, and is not then: it opens what its scope allows.
    Released,
    /// It has no living secret until it is rotated.
    NeedsRotation,
    /// Its secret is another one.
    OtherSecret,
    /// Other facts about it change.
    OtherFacts,
}

/// What is otherwise in `then` than it is `now`: Storage Mode, then accounts by name, then keys by name.
#[must_use]
pub fn compare(now: &Contents, then: &Contents) -> Vec<Difference> {
    let mut keys: Vec<(KeyId, String, Vec<Change>)> = Vec::new();
    for (id, key) in &then.keys {
        let changes = match now.keys.get(id) {
            Some(now) => changes_of(now, key),
            None => [Some(Change::Back), suspension(key), rotation(key)].into_iter().flatten().collect(),
        };
        keys.push((*id, key.name.clone(), changes));
    }
    let gone = now.keys.iter().filter(|(id, _)| !then.keys.contains_key(id));
    keys.extend(gone.map(|(id, key)| (*id, key.name.clone(), vec![Change::Gone])));
    keys.sort_by(|one, other| (&one.1, one.0).cmp(&(&other.1, other.0)));

    let mut accounts: Vec<(AccountId, String, Change)> = Vec::new();
    for (id, account) in &then.accounts {
        let change = match now.accounts.get(id) {
            None => Change::Back,
            Some(now) if is_same(now, account) => continue,
            Some(now) if now.name != account.name => Change::Renamed(now.name.clone()),
            Some(_) => Change::OtherFacts,
        };
        accounts.push((id.clone(), account.name.clone(), change));
    }
    let gone = now.accounts.iter().filter(|(id, _)| !then.accounts.contains_key(id));
    accounts.extend(gone.map(|(id, account)| (id.clone(), account.name.clone(), Change::Gone)));
    accounts.sort_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));

    let keys = keys.into_iter().filter(|(_, _, changes)| !changes.is_empty());
    let keys = keys.map(|(id, name, changes)| Difference::Key { id, name, changes });
    let accounts = accounts.into_iter().map(|(id, name, change)| Difference::Account { id, name, change });
    let mode = (now.storage_mode != then.storage_mode)
        .then_some(Difference::StorageMode { enabled: then.storage_mode });
    mode.into_iter().chain(accounts).chain(keys).collect()
}

fn changes_of(now: &KeyRecord, then: &KeyRecord) -> Vec<Change> {
    let changes = [
        (now.name != then.name).then(|| Change::Renamed(now.name.clone())),
        (now.scope != then.scope)
            .then(|| Change::Rescoped { now: now.scope.clone(), then: then.scope.clone() }),
        suspension(then).filter(|_| now.suspended_at.is_none()),
        (now.suspended_at.is_some() && then.suspended_at.is_none()).then_some(Change::Released),
        rotation(then).filter(|_| !now.needs_rotation),
        ((now.hash != then.hash || now.needs_rotation) && !then.needs_rotation)
            .then_some(Change::OtherSecret),
    ];
    changes.into_iter().flatten().collect()
}

fn suspension(key: &KeyRecord) -> Option<Change> {
    key.suspended_at.map(|_| Change::Suspended)
}

fn rotation(key: &KeyRecord) -> Option<Change> {
    key.needs_rotation.then_some(Change::NeedsRotation)
}

fn is_same(one: &Account, other: &Account) -> bool {
    let facts = |account: &Account| Account { version: 0, connected_at: one.connected_at, ..account.clone() };
    facts(one) == facts(other)
}

#[cfg(test)]
mod tests {
    use claviger_api::Timestamp;

    use super::*;
    use crate::domain::sample;
    use crate::token::SlowHash;

    fn key(letter: char, name: &str) -> KeyRecord {
        KeyRecord { name: name.into(), ..sample::key(letter, Scope::All) }
    }

    fn account(id: &str, name: &str) -> Account {
        Account { name: name.into(), ..sample::account(id) }
    }

    fn contents(keys: Vec<KeyRecord>, accounts: Vec<Account>) -> Contents {
        Contents {
            keys: keys.into_iter().map(|key| (key.id, key)).collect(),
            accounts: accounts.into_iter().map(|account| (account.id.clone(), account)).collect(),
            storage_mode: true,
        }
    }

    #[test]
    fn stores_that_hold_the_same_do_not_differ() {
        let one = contents(vec![key('A', "CI")], vec![account("a", "Everyday")]);
        let newer = Account { version: 7, ..account("a", "Everyday") };
        let used = KeyRecord { version: 9, ..key('A', "CI") };
        assert_eq!(compare(&one, &contents(vec![used], vec![newer])), []);
    }

    #[test]
    fn each_change_of_a_key_is_told() {
        let now = key('A', "CI");
        let only = Scope::Only([AccountId::parse("a").unwrap()].into());
        let other_hash = SlowHash { hash: [1; 32], ..now.hash.clone() };
        let suspended_at = Some(Timestamp::default());
        for (then, changes) in [
            (KeyRecord { name: "Old".into(), ..now.clone() }, vec![Change::Renamed("CI".into())]),
            (
                KeyRecord { scope: only.clone(), ..now.clone() },
                vec![Change::Rescoped { now: Scope::All, then: only }],
            ),
            (KeyRecord { hash: other_hash.clone(), ..now.clone() }, vec![Change::OtherSecret]),
            (
                KeyRecord { needs_rotation: true, hash: other_hash, ..now.clone() },
                vec![Change::NeedsRotation],
            ),
            (KeyRecord { suspended_at, ..now.clone() }, vec![Change::Suspended]),
        ] {
            let told = compare(&contents(vec![now.clone()], vec![]), &contents(vec![then.clone()], vec![]));
            assert_eq!(told, [Difference::Key { id: now.id, name: then.name, changes }]);
        }
    }

    #[test]
    fn a_key_that_is_suspended_today_and_is_not_then_is_told() {
        let now = KeyRecord { suspended_at: Some(Timestamp::default()), ..key('A', "CI") };
        let told = compare(&contents(vec![now], vec![]), &contents(vec![key('A', "CI")], vec![]));
        let changes = vec![Change::Released];
        assert_eq!(told, [Difference::Key { id: key('A', "").id, name: "CI".into(), changes }]);
    }

    #[test]
    fn a_key_that_had_no_living_secret_and_gets_one_has_another() {
        let now = KeyRecord { needs_rotation: true, ..key('A', "CI") };
        let told = compare(&contents(vec![now], vec![]), &contents(vec![key('A', "CI")], vec![]));
        let changes = vec![Change::OtherSecret];
        assert_eq!(told, [Difference::Key { id: key('A', "").id, name: "CI".into(), changes }]);
    }

    #[test]
    fn what_comes_back_and_what_is_gone_is_told_by_name_and_what_concerns_all_first() {
        let now = contents(vec![key('A', "made since")], vec![account("new", "Connected since")]);
        let back = KeyRecord { suspended_at: Some(Timestamp::default()), ..key('B', "deleted since") };
        let then = Contents {
            storage_mode: false,
            ..contents(vec![back.clone()], vec![account("old", "Disconnected since")])
        };
        let account = |id: &str, name: &str, change| Difference::Account {
            id: AccountId::parse(id).unwrap(),
            name: name.into(),
            change,
        };
        assert_eq!(
            compare(&now, &then),
            [
                Difference::StorageMode { enabled: false },
                account("new", "Connected since", Change::Gone),
                account("old", "Disconnected since", Change::Back),
                Difference::Key {
                    id: back.id,
                    name: "deleted since".into(),
                    changes: vec![Change::Back, Change::Suspended],
                },
                Difference::Key {
                    id: key('A', "").id,
                    name: "made since".into(),
                    changes: vec![Change::Gone]
                },
            ]
        );
    }
}
