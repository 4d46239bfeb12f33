//! Owns what becomes of a restored store: what had died since is dead in it too, and where nobody knows what died, nothing
//! opens anything. Must not know where a store comes from.

use std::collections::{BTreeMap, BTreeSet};

use claviger_api::{Account, AccountId, Action, KeyId, Timestamp};

use super::edit::{AccountEdit, Edit, KeyEdit, Note};
use super::key::KeyRecord;
use super::revocation::Revocation;

/// What is found in a restored store of that which its revocations are about.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The keys that are named, those whose scope names a disconnected account, and all where they are to be suspended.
    pub keys: Vec<KeyRecord>,
    /// The accounts to disconnect.
    pub accounts: Vec<Account>,
    /// Which of the accounts are connected that keys were limited to.
    pub connected: BTreeSet<AccountId>,
    /// Whether keys open anything at all.
    pub storage_mode: bool,
}

/// Makes of a restored store what it may be: its keys without what they lost since, and with `suspended` none opens
/// anything until an operator releases it. Nothing grows, in whatever order things died.
#[must_use]
pub fn obey(found: Found, revocations: &[Revocation], suspended: Option<Timestamp>) -> Edit {
    let Found { keys, accounts, connected, storage_mode } = found;
    let mut tally = Tally::default();
    let mut after: BTreeMap<KeyId, Option<KeyRecord>> =
        keys.iter().map(|key| (key.id, Some(key.clone()))).collect();
    for revocation in revocations {
        match revocation {
            Revocation::KeyDeleted(id) => {
                tally.deleted += u64::from(after.get_mut(id).is_some_and(|key| key.take().is_some()));
            }
            Revocation::SecretRetired { key, generation } => {
                change(&mut after, key, |key| key.without_secret(*generation));
            }
            Revocation::ScopeNarrowed { key, to } => {
                // One that is not connected would be granted by connecting it.
                let limit = to.intersection(&connected).cloned().collect();
                change(&mut after, key, |key| key.limited_to(&limit));
            }
            Revocation::AccountDisconnected(_) | Revocation::StorageModeOff => {}
        }
    }
    for key in after.values_mut().flatten() {
        for account in &accounts {
            if let Some(left) = key.without_account(&account.id) {
                *key = left;
            }
        }
        if let Some(suspended) = suspended.and_then(|at| key.suspended(at)) {
            *key = suspended;
            tally.suspended += 1;
        }
    }
    let keys: Vec<KeyEdit> = keys
        .into_iter()
        .filter_map(|before| match after.remove(&before.id).flatten() {
            None => Some(KeyEdit::Delete(before)),
            Some(after) if after == before => None,
            Some(after) => {
                tally.retired += u64::from(after.needs_rotation && !before.needs_rotation);
                tally.narrowed += u64::from(after.scope != before.scope);
                Some(KeyEdit::Change { before, after: Box::new(after) })
            }
        })
        .collect();
    tally.disconnected = accounts.len() as u64;
    tally.storage_mode_off = storage_mode && revocations.contains(&Revocation::StorageModeOff);
    let note = Note {
        action: Action::StoreRestored,
        key_id: None,
        key_name: None,
        account_id: None,
        detail: Some(tally.told()),
    };
    Edit {
        keys,
        accounts: accounts.into_iter().map(AccountEdit::Disconnect).collect(),
        storage_mode: tally.storage_mode_off.then_some(false),
        note,
        proven: None,
    }
}

impl Edit {
    /// Whether it changes nothing but the audit trail.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.accounts.is_empty() && self.storage_mode.is_none()
    }
}

/// Which of a restored store's rows have to be found for [`obey`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Keys that are named.
    pub keys: BTreeSet<KeyId>,
    /// Accounts that were disconnected, whose holders are wanted too.
    pub disconnected: BTreeSet<AccountId>,
    /// Accounts that keys were limited to.
    pub limits: BTreeSet<AccountId>,
}

impl Wanted {
    /// What these revocations are about.
    #[must_use]
    pub fn by(revocations: &[Revocation]) -> Self {
        let mut wanted = Self::default();
        for revocation in revocations {
            match revocation {
                Revocation::KeyDeleted(key) | Revocation::SecretRetired { key, .. } => {
                    wanted.keys.insert(*key);
                }
                Revocation::ScopeNarrowed { key, to } => {
                    wanted.keys.insert(*key);
                    wanted.limits.extend(to.iter().cloned());
                }
                Revocation::AccountDisconnected(account) => {
                    wanted.disconnected.insert(account.clone());
                }
                Revocation::StorageModeOff => {}
            }
        }
        wanted
    }
}

fn change(
    keys: &mut BTreeMap<KeyId, Option<KeyRecord>>,
    id: &KeyId,
    change: impl FnOnce(&KeyRecord) -> Option<KeyRecord>,
) {
    if let Some(Some(key)) = keys.get_mut(id)
        && let Some(changed) = change(key)
    {
        *key = changed;
    }
}

/// What the audit trail says of a restore.
#[derive(Default)]
struct Tally {
    deleted: u64,
    retired: u64,
    narrowed: u64,
    disconnected: u64,
    storage_mode_off: bool,
    suspended: u64,
}

impl Tally {
    fn told(&self) -> String {
        let count = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            more => Some(format!("{more} {many}")),
        };
        let parts = [
            count(self.deleted, "key deleted", "keys deleted"),
            count(self.retired, "key needs rotation", "keys need rotation"),
            count(self.narrowed, "scope narrowed", "scopes narrowed"),
            count(self.disconnected, "account disconnected", "accounts disconnected"),
            self.storage_mode_off.then(|| "Storage Mode off".to_owned()),
            count(self.suspended, "key suspended", "keys suspended"),
        ];
        let told: Vec<String> = parts.into_iter().flatten().collect();
        if told.is_empty() { "nothing had died since".to_owned() } else { told.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use claviger_api::Scope;
    use proptest::prelude::*;

    use super::super::sample::{self, account, account_id, only};
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(9);

    fn set(ids: &[&str]) -> BTreeSet<AccountId> {
        ids.iter().map(|id| account_id(id)).collect()
    }

    /// One that was rotated before.
    fn key(letter: char, scope: Scope) -> KeyRecord {
        KeyRecord { generation: 2, ..sample::key(letter, scope) }
    }

    /// A store with three keys, of which all is found.
    fn found() -> Found {
        Found {
            keys: vec![key('A', Scope::All), key('B', only(&["a", "b"])), key('C', only(&["c"]))],
            accounts: vec![],
            connected: set(&["a", "b", "c"]),
            storage_mode: true,
        }
    }

    /// What is left of each key, as `obey` makes it.
    fn left(found: &Found, edit: &Edit) -> BTreeMap<KeyId, KeyRecord> {
        let mut left: BTreeMap<KeyId, KeyRecord> =
            found.keys.iter().map(|key| (key.id, key.clone())).collect();
        for change in &edit.keys {
            match change {
                KeyEdit::Create(key) => panic!("a restore makes no key: {key:?}"),
                KeyEdit::Delete(key) => drop(left.remove(&key.id)),
                KeyEdit::Change { after, .. } => drop(left.insert(after.id, KeyRecord::clone(after))),
            }
        }
        left
    }

    fn told(edit: &Edit) -> &str {
        edit.note.detail.as_deref().unwrap_or_default()
    }

    #[test]
    fn what_died_since_is_dead_in_the_restored_store() {
        let (a, b) = (key('A', Scope::All), key('B', only(&["a", "b"])));
        let one = |revocation: Revocation| obey(found(), &[revocation], None);

        let edit = one(Revocation::KeyDeleted(a.id));
        assert!(!left(&found(), &edit).contains_key(&a.id));
        assert_eq!(told(&edit), "1 key deleted");

        let edit = one(Revocation::SecretRetired { key: a.id, generation: 4 });
        let after = &left(&found(), &edit)[&a.id];
        assert_eq!((after.generation, after.needs_rotation, after.opens()), (4, true, false));
        assert_eq!(told(&edit), "1 key needs rotation");

        let edit = one(Revocation::ScopeNarrowed { key: a.id, to: set(&["a", "gone"]) });
        assert_eq!(left(&found(), &edit)[&a.id].scope, only(&["a"]), "what is not connected is not granted");
        let edit = one(Revocation::ScopeNarrowed { key: b.id, to: set(&["b", "c"]) });
        assert_eq!(left(&found(), &edit)[&b.id].scope, only(&["b"]), "a limit gives nothing");
        assert_eq!(told(&edit), "1 scope narrowed");

        let with_account = Found { accounts: vec![account("a")], ..found() };
        let edit = obey(with_account, &[Revocation::AccountDisconnected(account_id("a"))], None);
        assert_eq!(left(&found(), &edit)[&b.id].scope, only(&["b"]));
        assert_eq!(edit.accounts.len(), 1);
        assert_eq!(told(&edit), "1 scope narrowed, 1 account disconnected");

        let edit = one(Revocation::StorageModeOff);
        assert_eq!((edit.storage_mode, told(&edit)), (Some(false), "Storage Mode off"));
    }

    #[test]
    fn a_limit_never_names_an_account_that_is_disconnected_with_it() {
        let a = key('A', Scope::All);
        let narrowed = Revocation::ScopeNarrowed { key: a.id, to: set(&["a", "b"]) };
        let gone = Revocation::AccountDisconnected(account_id("a"));
        for revocations in [[narrowed.clone(), gone.clone()], [gone, narrowed]] {
            let found = Found { accounts: vec![account("a")], ..found() };
            let edit = obey(found.clone(), &revocations, None);
            assert_eq!(left(&found, &edit)[&a.id].scope, only(&["b"]));
        }
    }

    #[test]
    fn what_the_store_knows_already_changes_nothing() {
        let known = [
            Revocation::KeyDeleted(key('Z', Scope::All).id),
            Revocation::SecretRetired { key: key('A', Scope::All).id, generation: 2 },
            Revocation::ScopeNarrowed { key: key('C', Scope::All).id, to: set(&["a", "c"]) },
            Revocation::AccountDisconnected(account_id("never")),
        ];
        let edit = obey(found(), &known, None);
        assert!(edit.is_empty(), "{edit:?}");
        let off = obey(Found { storage_mode: false, ..found() }, &[Revocation::StorageModeOff], None);
        assert!(off.is_empty(), "{off:?}");
    }

    #[test]
    fn where_nobody_knows_what_died_no_key_opens_anything() {
        let edit = obey(found(), &[], Some(NOW));
        let left = left(&found(), &edit);
        assert!(left.values().all(|key| key.suspended_at == Some(NOW) && !key.opens()));
        assert_eq!(told(&edit), "3 keys suspended");
        let again = Found { keys: left.into_values().collect(), ..found() };
        assert!(obey(again, &[], Some(NOW)).is_empty());
    }

    fn some_accounts() -> impl Strategy<Value = BTreeSet<AccountId>> {
        prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4).prop_map(|ids| set(&ids))
    }

    fn some_revocation() -> impl Strategy<Value = Revocation> {
        let id =
            || prop::sample::select(vec!['A', 'B', 'C', 'Z']).prop_map(|letter| key(letter, Scope::All).id);
        prop_oneof![
            id().prop_map(Revocation::KeyDeleted),
            (id(), 1..5_u64).prop_map(|(key, generation)| Revocation::SecretRetired { key, generation }),
            (id(), some_accounts()).prop_map(|(key, to)| Revocation::ScopeNarrowed { key, to }),
            prop::sample::select(vec!["a", "b", "c"])
                .prop_map(|id| Revocation::AccountDisconnected(account_id(id))),
            Just(Revocation::StorageModeOff),
        ]
    }

    proptest! {
        #[test]
        fn nothing_grows_and_what_died_is_dead_whatever_died_in_whatever_order(
            revocations in prop::collection::vec(some_revocation(), 0..8),
            suspended in prop::option::of(Just(NOW)),
        ) {
            let gone = Wanted::by(&revocations).disconnected;
            let accounts: Vec<Account> = gone.iter().map(|id| account(id.as_str())).collect();
            let found = Found { accounts, ..found() };
            let edit = obey(found.clone(), &revocations, suspended);
            let left = left(&found, &edit);
            for before in &found.keys {
                let Some(after) = left.get(&before.id) else { continue };
                let names = |scope: &Scope, id: &str| scope.allows(&account_id(id));
                for id in ["a", "b", "c", "d"] {
                    prop_assert!(names(&before.scope, id) || !names(&after.scope, id), "{id} was granted");
                }
                prop_assert!(after.generation >= before.generation);
                prop_assert_eq!(after.opens(), suspended.is_none() && after.generation == before.generation);
            }
            for revocation in &revocations {
                match revocation {
                    Revocation::KeyDeleted(id) => prop_assert!(!left.contains_key(id)),
                    Revocation::SecretRetired { key, generation } => {
                        prop_assert!(left.get(key).is_none_or(|key| key.generation >= *generation));
                    }
                    Revocation::ScopeNarrowed { key, to } => {
                        let scope = left.get(key).map(|key| &key.scope);
                        let is_within = |scope: &Scope| matches!(scope, Scope::Only(ids) if ids.is_subset(to));
                        prop_assert!(scope.is_none_or(is_within));
                    }
                    Revocation::AccountDisconnected(id) => {
                        let named = |key: &KeyRecord| matches!(&key.scope, Scope::Only(ids) if ids.contains(id));
                        prop_assert!(!left.values().any(named));
                    }
                    Revocation::StorageModeOff => prop_assert_eq!(edit.storage_mode, Some(false)),
                }
            }
        }
    }
}
