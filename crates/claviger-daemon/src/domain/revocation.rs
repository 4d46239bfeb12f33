//! Owns what a change takes away for good, so that a store can be told of it that is older than the change. Must not know
//! how it is told.

use std::collections::BTreeSet;

use claviger_api::{AccountId, KeyId, Scope};

use super::edit::{AccountEdit, Edit, KeyEdit};

/// Something that died. It names what it is about by ids, which are never reused, so that it can be told to any store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revocation {
    /// A key was deleted.
    KeyDeleted(KeyId),
    /// A key's secret was rotated away.
    SecretRetired {
        /// The key.
        key: KeyId,
        /// The generation of the secret that took its place: all before it are dead.
        generation: u64,
    },
    /// A key lost accounts.
    ScopeNarrowed {
        /// The key.
        key: KeyId,
        /// What it had left.
        to: BTreeSet<AccountId>,
    },
    /// An account was disconnected, and taken out of every scope.
    AccountDisconnected(AccountId),
    /// Storage Mode was turned off.
    StorageModeOff,
}

impl Edit {
    /// What it takes away: most changes take nothing.
    #[must_use]
    pub fn revocations(&self) -> Vec<Revocation> {
        let disconnected: BTreeSet<&AccountId> = self
            .accounts
            .iter()
            .filter_map(|change| match change {
                AccountEdit::Disconnect(account) => Some(&account.id),
                AccountEdit::Connect(_) | AccountEdit::Change { .. } => None,
            })
            .collect();
        let keys = self.keys.iter().flat_map(|change| of_key(change, &disconnected));
        let accounts = disconnected.iter().map(|id| Revocation::AccountDisconnected((*id).clone()));
        let storage_mode = (self.storage_mode == Some(false)).then_some(Revocation::StorageModeOff);
        keys.chain(accounts).chain(storage_mode).collect()
    }
}

/// What a key loses by itself: what goes with a disconnected account needs no words of its own.
fn of_key(change: &KeyEdit, disconnected: &BTreeSet<&AccountId>) -> Vec<Revocation> {
    let (before, after) = match change {
        KeyEdit::Create(_) => return Vec::new(),
        KeyEdit::Delete(key) => return vec![Revocation::KeyDeleted(key.id)],
        KeyEdit::Change { before, after } => (before, after),
    };
    let (key, generation) = (after.id, after.generation);
    let retired = (before.generation != generation).then_some(Revocation::SecretRetired { key, generation });
    let narrowed = match (&before.scope, &after.scope) {
        (_, Scope::All) => None,
        (Scope::All, Scope::Only(to)) => Some(to),
        (Scope::Only(from), Scope::Only(to)) => {
            from.iter().any(|id| !to.contains(id) && !disconnected.contains(id)).then_some(to)
        }
    };
    let narrowed = narrowed.map(|to| Revocation::ScopeNarrowed { key, to: to.clone() });
    retired.into_iter().chain(narrowed).collect()
}

#[cfg(test)]
mod tests {
    use super::super::KeyRecord;
    use super::super::sample::{account, key, only};
    use super::*;

    #[test]
    fn what_a_change_takes_away_is_named_and_nothing_else_is() {
        let (all, ab, a) = (key('A', Scope::All), key('A', only(&["a", "b"])), key('A', only(&["a"])));
        let id = all.id;
        let narrowed = |ids| match only(ids) {
            Scope::Only(to) => vec![Revocation::ScopeNarrowed { key: id, to }],
            Scope::All => vec![],
        };
        let retired = vec![Revocation::SecretRetired { key: id, generation: 2 }];
        let gone = vec![Revocation::AccountDisconnected(account("a").id)];
        for (edit, revocations) in [
            (Edit::delete(a.clone()), vec![Revocation::KeyDeleted(id)]),
            (Edit::rotate(a.clone(), KeyRecord { generation: 2, ..a.clone() }), retired),
            (Edit::rescope(all.clone(), a.clone()), narrowed(&["a"])),
            (Edit::rescope(ab.clone(), a.clone()), narrowed(&["a"])),
            (Edit::rescope(ab.clone(), key('A', only(&["b", "c"]))), narrowed(&["b", "c"])),
            (Edit::rescope(a.clone(), ab.clone()), vec![]),
            (Edit::rescope(a.clone(), all.clone()), vec![]),
            (Edit::disconnect(account("a"), vec![a.clone(), ab.clone()]), gone),
            (Edit::set_storage_mode(false), vec![Revocation::StorageModeOff]),
            (Edit::set_storage_mode(true), vec![]),
            (Edit::create(all.clone(), false), vec![]),
            (Edit::connect(account("a")), vec![]),
            (Edit::rename(a.clone(), KeyRecord { name: "Other".into(), ..a }), vec![]),
        ] {
            assert_eq!(edit.revocations(), revocations, "{:?}", edit.note);
        }
    }
}
