//! Owns the plain model's rules about accounts. Must not use the rules that it is compared with.

use claviger_api::{Account, AccountId, Action, Scope, Timestamp};

use super::super::super::Error;
use super::model::{Answer, Dead, Model};
use super::step::{Expected, Mask};

impl Model {
    pub(super) fn connect(&mut self, uid: u32, id: &'static str, name: &str) -> Answer {
        if self.store.accounts.contains_key(id) {
            return Answer::Refused(Error::AccountIdTaken);
        }
        let account = Account {
            id: AccountId::parse(id).unwrap(),
            name: name.to_owned(),
            institution: None,
            mask: None,
            kind: None,
            connected_at: Timestamp::from_millis(self.now),
            version: 1,
        };
        self.store.accounts.insert(id, account.clone());
        self.commit(uid, Action::AccountConnected, None, Some(id));
        Answer::Account(account)
    }

    pub(super) fn update(
        &mut self,
        uid: u32,
        id: &'static str,
        name: Option<&str>,
        mask: Mask,
        expected: Expected,
    ) -> Answer {
        let Some(account) = self.store.accounts.get_mut(id) else {
            return Answer::Refused(Error::NoSuchAccount);
        };
        if matches!(expected, Expected::Stale) {
            return Answer::Refused(Error::VersionConflict);
        }
        let before = account.clone();
        if let Some(name) = name {
            name.clone_into(&mut account.name);
        }
        match mask {
            Mask::Stays => {}
            Mask::Goes => account.mask = None,
            Mask::Becomes(mask) => account.mask = Some(mask.to_owned()),
        }
        let changed = *account != before;
        account.version += u64::from(changed);
        let after = account.clone();
        if changed {
            self.commit(uid, Action::AccountUpdated, None, Some(id));
        }
        Answer::Account(after)
    }

    pub(super) fn disconnect(&mut self, uid: u32, id: &'static str) -> Answer {
        if self.store.accounts.remove(id).is_none() {
            return Answer::Refused(Error::NoSuchAccount);
        }
        let lost_by = self.holders(id);
        for key in &lost_by {
            let row = &mut self.store.keys.get_mut(key).unwrap().row;
            if let Scope::Only(ids) = &mut row.scope {
                ids.retain(|held| held.as_str() != id);
            }
            row.version += 1;
        }
        self.commit(uid, Action::AccountDisconnected, None, Some(id));
        self.lose(Dead::Account(id));
        Answer::Disconnected { lost_by }
    }
}
