//! Owns whether the tables agree with each other. Must not mend anything.

use std::collections::{BTreeMap, BTreeSet};

use claviger_api::name::fold;
use claviger_api::{AccountId, Action, KeyId, Scope};
use redb::{ReadableTable, ReadableTableMetadata};

use super::record::{decode_account, decode_entry, decode_key};
use super::revoked::decode_revocation;
use super::rows::{key_id, row_key};
use super::tables::{
    ACCOUNT_NAMES, ACCOUNTS, ACTIVITY, GRANTS, KEY_ACTIVITY, KEY_NAMES, KEYS, REVOCATIONS, Tables, USAGE,
    USAGE_DAYS,
};
use super::{Rows, StoreError};

/// What the audit trail says of one key.
#[derive(Default)]
struct Told {
    rotations: u64,
}

/// Reads every row of one moment and compares the tables: names, grants and notes belong to what is there, each change
/// has its audit entry and its revision, and no time is newer than the newest. Takes as long as the store is large.
///
/// # Errors
/// [`StoreError::Damaged`] names the first disagreement; the store may fail, too.
pub fn check(rows: &impl Rows) -> Result<(), StoreError> {
    rows.tag_key()?;
    let told = check_activity(rows)?;
    let accounts = check_accounts(rows)?;
    let keys = check_keys(rows, &accounts, &told)?;
    check_use(rows, &keys)?;
    check_revocations(rows)
}

fn agree(is_so: bool, disagreement: &'static str) -> Result<(), StoreError> {
    if is_so { Ok(()) } else { Err(StoreError::Damaged(disagreement)) }
}

/// Every change has made one entry and one revision.
fn check_activity(rows: &impl Rows) -> Result<BTreeMap<KeyId, Told>, StoreError> {
    let (tables, state) = (rows.tables(), rows.state()?);
    let (activity, index) = (tables.table(ACTIVITY)?, tables.table(KEY_ACTIVITY)?);
    let mut told: BTreeMap<KeyId, Told> = BTreeMap::new();
    let (mut expected, mut indexed) = (0, 0);
    for row in activity.iter()? {
        let (seq, entry) = row?;
        expected += 1;
        agree(seq.value() == expected, "an audit entry is missing")?;
        let entry = decode_entry(expected, entry.value())?;
        agree(entry.at.as_millis() <= state.newest_at, "an audit entry is newer than the newest time")?;
        if let Some(id) = entry.key_id {
            indexed += 1;
            agree(index.get((row_key(&id), expected))?.is_some(), "an audit entry is not in its key's list")?;
            let told = told.entry(id).or_default();
            told.rotations += u64::from(entry.action == Action::KeyRotated);
        }
    }
    agree(index.len()? == indexed, "a key's list names an audit entry that is not there")?;
    agree(
        state.revision == expected + state.skipped,
        "there are not as many audit entries as revisions that were not skipped",
    )?;
    Ok(told)
}

fn check_accounts(rows: &impl Rows) -> Result<BTreeSet<AccountId>, StoreError> {
    let tables = rows.tables();
    let (accounts, names) = (tables.table(ACCOUNTS)?, tables.table(ACCOUNT_NAMES)?);
    let mut found = BTreeSet::new();
    for row in accounts.iter()? {
        let (id, account) = row?;
        let account = decode_account(id.value(), account.value())?;
        let place = (&*fold(&account.name), id.value());
        agree(names.get(place)?.is_some(), "an account is not in the order of names")?;
        found.insert(account.id);
    }
    agree(names.len()? == accounts.len()?, "the order of names has an account that is not there")?;
    Ok(found)
}

fn check_keys(
    rows: &impl Rows,
    accounts: &BTreeSet<AccountId>,
    told: &BTreeMap<KeyId, Told>,
) -> Result<BTreeSet<KeyId>, StoreError> {
    let was_restored = rows.state()?.skipped > 0;
    let tables = rows.tables();
    let (keys, names, grants) = (tables.table(KEYS)?, tables.table(KEY_NAMES)?, tables.table(GRANTS)?);
    let (mut found, mut granted) = (BTreeSet::new(), 0);
    for row in keys.iter()? {
        let (id, record) = row?;
        let key = decode_key(key_id(id.value())?, record.value())?;
        let holder = names.get(&*fold(&key.name))?.map(|row| *row.value());
        agree(holder == Some(*id.value()), "a name belongs to another key")?;
        if let Scope::Only(scope) = &key.scope {
            for account in scope {
                granted += 1;
                agree(accounts.contains(account), "a scope names an account that is not there")?;
                let grant = grants.get((account.as_str(), id.value()))?;
                agree(grant.is_some(), "an account of a scope is not among the grants")?;
            }
        }
        let rotations = told.get(&key.id).map(|told| told.rotations);
        agree(rotations.is_some(), "a key has no audit entry")?;
        let generation = rotations.map(|rotations| rotations + 1);
        // A restored store has no entries of its own of the rotations that it lacks.
        let is_later = was_restored && generation < Some(key.generation);
        agree(
            generation == Some(key.generation) || is_later,
            "a key has another generation than its audit entries say",
        )?;
        found.insert(key.id);
    }
    agree(names.len()? == keys.len()?, "a name belongs to a key that is not there")?;
    agree(grants.len()? == granted, "a grant is in no scope")?;
    Ok(found)
}

fn check_use(rows: &impl Rows, keys: &BTreeSet<KeyId>) -> Result<(), StoreError> {
    let tables = rows.tables();
    for row in tables.table(USAGE)?.iter()? {
        agree(keys.contains(&key_id(row?.0.value())?), "a note of use belongs to no key")?;
    }
    for row in tables.table(USAGE_DAYS)?.iter()? {
        agree(keys.contains(&key_id(row?.0.value().1)?), "a count of use belongs to no key")?;
    }
    Ok(())
}

fn check_revocations(rows: &impl Rows) -> Result<(), StoreError> {
    let revision = rows.state()?.revision;
    for row in rows.tables().table(REVOCATIONS)?.iter()? {
        let (place, what) = row?;
        agree(place.value().0 <= revision, "something died with a revision that is still to come")?;
        decode_revocation(what.value())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use claviger_api::{Account, Timestamp};
    use redb::WriteTransaction;

    use super::super::tables::SETTINGS;
    use super::super::{Author, State, Store, record};
    use super::*;
    use crate::domain::{Edit, KeyRecord, sample};

    const ID: &[u8; 12] = b"AAAAAAAAAAAA";

    /// A store with an account, and a key that sees it.
    fn store() -> Store {
        let account = Account { name: "Account".into(), ..sample::account("a") };
        let key = KeyRecord { name: "Key".into(), ..sample::key('A', sample::only(&["a"])) };
        let store = Store::memory().unwrap();
        for edit in [Edit::connect(account), Edit::create(key, false)] {
            let author = Author { uid: 1000, pid: None };
            store.write(|writer| writer.apply(&edit, author, Timestamp::from_millis(5))).unwrap();
        }
        store
    }

    #[test]
    fn a_store_whose_tables_agree_is_sound() {
        store().read(check).unwrap();
        Store::memory().unwrap().read(check).unwrap();
    }

    #[test]
    fn each_disagreement_is_found() {
        /// Says whether something was there before.
        type Damage = fn(&WriteTransaction) -> Result<bool, redb::Error>;
        let state = |revision, newest_at| {
            record::encode(&State { revision, storage_mode: true, newest_at, usage_saves: 0, skipped: 0 })
        };
        let damages: [(&str, Damage); 12] = [
            ("a name", |t| Ok(t.open_table(KEY_NAMES)?.remove("key")?.is_some())),
            ("another name", |t| Ok(t.open_table(KEY_NAMES)?.insert("other", ID)?.is_some())),
            ("a grant", |t| Ok(t.open_table(GRANTS)?.remove(("a", ID))?.is_some())),
            ("another grant", |t| Ok(t.open_table(GRANTS)?.insert(("b", ID), ())?.is_some())),
            ("a key", |t| Ok(t.open_table(KEYS)?.remove(ID)?.is_some())),
            ("an account", |t| Ok(t.open_table(ACCOUNTS)?.remove("a")?.is_some())),
            ("an account's name", |t| Ok(t.open_table(ACCOUNT_NAMES)?.remove(("account", "a"))?.is_some())),
            ("an entry", |t| Ok(t.open_table(ACTIVITY)?.remove(2)?.is_some())),
            ("an entry of a key", |t| Ok(t.open_table(KEY_ACTIVITY)?.remove((ID, 2))?.is_some())),
            ("an entry of no key", |t| {
                Ok(t.open_table(KEY_ACTIVITY)?.insert((b"BBBBBBBBBBBB", 1), ())?.is_some())
            }),
            ("a note", |t| Ok(t.open_table(USAGE)?.insert(b"BBBBBBBBBBBB", (None, None))?.is_some())),
            ("a count", |t| Ok(t.open_table(USAGE_DAYS)?.insert((1, b"BBBBBBBBBBBB"), 1)?.is_some())),
        ];
        for (what, damage) in damages {
            let store = store();
            store.write(|writer| Ok(damage(writer.transaction())?)).unwrap();
            assert!(matches!(store.read(check), Err(StoreError::Damaged(_))), "{what}");
        }
        for (what, state) in [("the revision", state(3, 5)), ("the newest time", state(2, 4))] {
            let store = store();
            let put = |t: &WriteTransaction| {
                t.open_table(SETTINGS)?.insert("state", state.as_slice())?;
                Ok::<_, redb::Error>(())
            };
            store.write(|writer| Ok(put(writer.transaction())?)).unwrap();
            assert!(matches!(store.read(check), Err(StoreError::Damaged(_))), "{what}");
        }
    }
}
