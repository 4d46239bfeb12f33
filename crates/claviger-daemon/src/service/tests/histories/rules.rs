//! Owns the rules of the plain model: what each step makes of it and is answered. Must not use the rules that it is
//! compared with.

use std::collections::BTreeSet;

use claviger_api::{AccountId, Action, Scope};

use super::super::super::{Error, Refusal};
use super::model::{Answer, Dead, EntryRow, KeyRow, KeyState, Model, Use, counts_as};
use super::step::{Act, Expected, Step};

impl Model {
    /// Carries out a step, and keeps what it is answered.
    pub(super) fn take(&mut self, step: &Step) {
        self.clock += step.clock_ms;
        self.now = self.now.max(self.clock);
        self.answer = Some(self.act(step.uid, &step.act));
    }

    pub(super) fn act(&mut self, uid: u32, act: &Act) -> Answer {
        match act {
            Act::Create { name, scope, request } => {
                self.once(uid, "create", *request, |model| model.create(uid, name, scope))
            }
            Act::Rotate { key, expected, request } => {
                self.once(uid, "rotate", *request, |model| model.rotate(uid, *key, *expected))
            }
            Act::Acknowledge { request } => {
                self.replays.retain(|(asked_by, _, kept), _| (*asked_by, *kept) != (uid, *request));
                Answer::Done
            }
            Act::Rename { key, name, expected } => {
                self.edit(uid, *key, *expected, Action::KeyRenamed, |model, row| {
                    let holder = model
                        .store
                        .keys
                        .iter()
                        .find(|(_, held)| counts_as(&held.row.name) == counts_as(name));
                    if holder.is_some_and(|(holder, _)| holder != key) {
                        return Err(Error::NameTaken);
                    }
                    (*name).clone_into(&mut row.name);
                    Ok(())
                })
            }
            Act::SetScope { key, scope, expected } => {
                self.edit(uid, *key, *expected, Action::KeyScopeChanged, |model, row| {
                    row.scope = scope.clone();
                    model.knows(scope)
                })
            }
            Act::Release { key, expected } => {
                self.edit(uid, *key, *expected, Action::KeyReleased, |_, row| {
                    row.suspended_at = None;
                    Ok(())
                })
            }
            Act::Delete { key, expected } => self.delete(uid, *key, *expected),
            Act::Connect { account, name } => self.connect(uid, account, name),
            Act::Update { account, name, mask, expected } => {
                self.update(uid, account, *name, *mask, *expected)
            }
            Act::Disconnect { account } => self.disconnect(uid, account),
            Act::StorageMode { enabled } => {
                if self.store.storage_mode != *enabled {
                    self.store.storage_mode = *enabled;
                    self.commit(uid, Action::StorageModeChanged, None, None);
                    if !enabled {
                        self.lose(Dead::StorageMode);
                    }
                }
                Answer::StorageMode { enabled: *enabled, revision: self.store.revision }
            }
            Act::Verify { secret, account } => self.verify(*secret, *account),
            Act::Visible { secret } => self.visible(*secret),
            Act::SaveUse => {
                self.save();
                Answer::Done
            }
            Act::Restart => {
                self.finish();
                self.start(uid);
                Answer::Done
            }
            Act::Crash => {
                self.crash(uid);
                Answer::Done
            }
            Act::BackUp => self.back_up(),
            Act::Restore { backup, journal } => self.restore(uid, *backup, *journal),
            Act::CopyOver { backup, journal } => self.copy_over(uid, *backup, *journal),
            Act::Elsewhere(act) => self.fork(uid, act),
            Act::Overtaken { key, account, by } => {
                self.act(uid, &Act::Restart);
                let secret = self.nth(*key, 0);
                let (has_waited, is_right) = (self.is_cold(*key, secret), self.is_right(*key, secret));
                let early = (!has_waited).then(|| self.verify_secret(*key, secret, *account));
                let first = self.act(uid, by);
                let verdict = match early {
                    Some(verdict) => verdict,
                    // What the hash proves is looked at again: the verdict is of the moment after.
                    None if is_right => self.verify_secret(*key, secret, *account),
                    None => Answer::Denied(Refusal::Unauthorized),
                };
                Answer::Overtaken { has_waited, first: Box::new(first), verdict: Box::new(verdict) }
            }
        }
    }

    pub(super) fn save(&mut self) {
        self.store.stored_at = self.now;
        for key in self.store.keys.values_mut() {
            key.saved = key.usage.clone();
        }
    }

    pub(super) fn commit(
        &mut self,
        uid: u32,
        action: Action,
        key: Option<(usize, String)>,
        account: Option<&str>,
    ) {
        self.store.revision += 1;
        self.store.stored_at = self.now;
        let (key, key_name) = key.unzip();
        let account = account.map(str::to_owned);
        self.store.activity.push(EntryRow { at: self.now, action, key, key_name, account, uid });
    }

    fn once(
        &mut self,
        uid: u32,
        method: &'static str,
        request: Option<u8>,
        mint: impl FnOnce(&mut Self) -> Result<Answer, Error>,
    ) -> Answer {
        if let Some(kept) = request.and_then(|request| self.replays.get(&(uid, method, request))) {
            return kept.clone();
        }
        match mint(self) {
            Ok(answer) => {
                if let Some(request) = request {
                    self.replays.insert((uid, method, request), answer.clone());
                }
                answer
            }
            Err(error) => Answer::Refused(error),
        }
    }

    fn knows(&self, scope: &Scope) -> Result<(), Error> {
        match scope {
            Scope::Only(ids) if ids.iter().any(|id| !self.store.accounts.contains_key(id.as_str())) => {
                Err(Error::ScopeNamesNoAccount)
            }
            _ => Ok(()),
        }
    }

    /// The key that an edit is about, if there is one of the version that it expects.
    fn editable(&mut self, key: usize, expected: Expected) -> Result<&mut KeyState, Error> {
        let key = self.store.keys.get_mut(&key).ok_or(Error::NoSuchKey)?;
        if matches!(expected, Expected::Stale) { Err(Error::VersionConflict) } else { Ok(key) }
    }

    fn create(&mut self, uid: u32, name: &str, scope: &Scope) -> Result<Answer, Error> {
        if self.store.keys.values().any(|key| counts_as(&key.row.name) == counts_as(name)) {
            return Err(Error::NameTaken);
        }
        self.knows(scope)?;
        let row = KeyRow {
            name: name.to_owned(),
            scope: scope.clone(),
            created_at: self.now,
            rotated_at: None,
            last_used_at: None,
            retired_secret_seen_at: None,
            suspended_at: None,
            needs_rotation: false,
            version: 1,
        };
        let key = self.made();
        self.secrets.push(vec![1]);
        let (usage, saved) = (Use::default(), Use::default());
        self.store.keys.insert(key, KeyState { row: row.clone(), generation: 1, secret: 0, usage, saved });
        self.store.storage_mode = true;
        self.commit(uid, Action::KeyCreated, Some((key, name.to_owned())), None);
        Ok(Answer::Minted { key, secret: 0, row })
    }

    fn rotate(&mut self, uid: u32, key: usize, expected: Expected) -> Result<Answer, Error> {
        let now = self.now;
        let secret = self.secrets[key].len();
        let state = self.editable(key, expected)?;
        state.generation += 1;
        state.secret = secret;
        state.row.version += 1;
        state.row.rotated_at = Some(now);
        state.row.needs_rotation = false;
        let (generation, row) = (state.generation, state.shown());
        self.secrets[key].push(generation);
        self.commit(uid, Action::KeyRotated, Some((key, row.name.clone())), None);
        self.lose(Dead::Secrets(key, generation));
        Ok(Answer::Minted { key, secret, row })
    }

    fn edit(
        &mut self,
        uid: u32,
        key: usize,
        expected: Expected,
        action: Action,
        change: impl FnOnce(&Self, &mut KeyRow) -> Result<(), Error>,
    ) -> Answer {
        let mut row = match self.editable(key, expected) {
            Ok(state) => state.row.clone(),
            Err(error) => return Answer::Refused(error),
        };
        if let Err(error) = change(self, &mut row) {
            return Answer::Refused(error);
        }
        let state = self.store.keys.get_mut(&key).unwrap();
        if row != state.row {
            row.version += 1;
            let name = row.name.clone();
            let left = what_is_left(&state.row.scope, &row.scope);
            state.row = row;
            self.commit(uid, action, Some((key, name)), None);
            if let Some(left) = left {
                self.lose(Dead::Others(key, left));
            }
        }
        Answer::Key { key, row: self.store.keys[&key].shown() }
    }

    fn delete(&mut self, uid: u32, key: usize, expected: Expected) -> Answer {
        let name = match self.editable(key, expected) {
            Ok(state) => state.row.name.clone(),
            Err(error) => return Answer::Refused(error),
        };
        self.store.keys.remove(&key);
        self.commit(uid, Action::KeyDeleted, Some((key, name)), None);
        self.lose(Dead::Key(key));
        Answer::Deleted { key }
    }
}

/// What a scope has left, where another one lacks something of it.
fn what_is_left(before: &Scope, after: &Scope) -> Option<BTreeSet<AccountId>> {
    let Scope::Only(after) = after else { return None };
    match before {
        Scope::Only(before) if before.is_subset(after) => None,
        _ => Some(after.clone()),
    }
}
