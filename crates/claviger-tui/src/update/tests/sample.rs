//! Owns the keys and accounts that tests begin with. Must not test anything.

use claviger_api::object::DayUsage;
use claviger_api::{Account, AccountId, Day, Key, KeyId, Scope, Timestamp};

use crate::message::Feed;
use crate::state::Store;

/// What time it is in the tests: 2026-11-23T01:08:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_396_080_000);

pub(crate) fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - minutes * 60_000)
}

pub(crate) fn account_id(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

pub(crate) fn key_id(letter: char) -> KeyId {
    KeyId::from_body(&letter.to_string().repeat(12)).unwrap()
}

pub(crate) fn key(letter: char, name: &str, scope: Scope, created: i64, used: Option<i64>) -> Key {
    let id = key_id(letter);
    Key {
        id,
        name: name.to_owned(),
        hint: format!("clv_{}_…k3Qz", id.body()),
        scope,
        created_at: minutes_ago(created),
        rotated_at: None,
        last_used_at: used.map(minutes_ago),
        retired_secret_seen_at: None,
        suspended_at: None,
        needs_rotation: false,
        version: 1,
    }
}

/// The key as a restore without a journal leaves it.
pub(crate) fn suspended(key: Key) -> Key {
    Key { suspended_at: Some(minutes_ago(20)), version: key.version + 1, ..key }
}

/// The key as a restore leaves it that finds it rotated since.
pub(crate) fn without_secret(key: Key) -> Key {
    Key { needs_rotation: true, version: key.version + 1, ..key }
}

/// `backup` is suspended, `CI` too and without a living secret, `Production` only that.
pub(crate) fn restored() -> Feed {
    let Feed::Snapshot { keys, accounts, storage_mode } = snapshot() else { unreachable!() };
    let restored = |key: Key| match key.name.as_str() {
        "backup" => suspended(key),
        "CI" => suspended(without_secret(key)),
        _ => without_secret(key),
    };
    Feed::Snapshot { keys: keys.into_iter().map(restored).collect(), accounts, storage_mode }
}

pub(crate) fn account(id: &str, name: &str, institution: Option<&str>, mask: Option<&str>) -> Account {
    Account {
        id: account_id(id),
        name: name.to_owned(),
        institution: institution.map(str::to_owned),
        mask: mask.map(str::to_owned),
        kind: Some("checking".to_owned()),
        connected_at: minutes_ago(100_000),
        version: 1,
    }
}

/// How often a key was granted on the last days, the last number today's.
pub(crate) fn days(granted: &[u64]) -> Vec<DayUsage> {
    let today = Day::of(NOW);
    let ago = (0..).map(|days| today.before(days));
    let mut days: Vec<_> =
        granted.iter().rev().zip(ago).map(|(granted, day)| DayUsage { day, granted: *granted }).collect();
    days.reverse();
    days
}

pub(crate) fn snapshot() -> Feed {
    let only = |ids: &[&str]| ids.iter().map(|id| account_id(id)).collect();
    Feed::Snapshot {
        keys: vec![
            key('A', "Production", Scope::All, 50_000, Some(3)),
            key('B', "backup", only(&[]), 3_000, None),
            key('C', "CI", only(&["acc_save", "acc_chk"]), 70, Some(125)),
        ],
        accounts: vec![
            account("acc_chk", "Everyday Checking", Some("First Bank"), Some("1234")),
            account("acc_save", "Savings", Some("First Bank"), Some("9876")),
            account("acc_brk", "Brokerage", None, None),
        ],
        storage_mode: true,
    }
}

/// The keys and accounts of [`snapshot`] in two parts, as they come while nothing is known.
pub(crate) fn parts() -> [Feed; 2] {
    let Feed::Snapshot { mut keys, accounts, storage_mode } = snapshot() else { unreachable!() };
    let rest = keys.split_off(2);
    [
        Feed::Part { is_first: true, keys, accounts, storage_mode },
        Feed::Part { is_first: false, keys: rest, accounts: vec![], storage_mode },
    ]
}

pub(crate) fn store() -> Store {
    let mut store = Store::default();
    store.apply(snapshot());
    store
}
