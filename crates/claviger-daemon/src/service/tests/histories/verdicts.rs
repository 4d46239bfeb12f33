//! Owns what the plain model says of a presented secret, and the notes that this leaves. Must not use the rules that it is
//! compared with.

use super::super::super::Refusal;
use super::model::{Answer, DAY_MS, KeyRow, KeyState, Model};
use super::step::{ACCOUNTS, Presented};

impl KeyState {
    fn granted(&mut self, at: i64) {
        self.usage.last_used_at = Some(at);
        *self.usage.granted.entry(at.div_euclid(DAY_MS)).or_default() += 1;
    }
}

impl Model {
    /// Whether a secret is looked at as far as its slow hash.
    pub(super) fn is_cold(&self, key: usize, secret: usize) -> bool {
        let generation = self.secrets[key][secret];
        self.store.keys.get(&key).is_some_and(|key| {
            key.generation == generation && key.row.suspended_at.is_none() && !key.row.needs_rotation
        })
    }

    /// Whether a secret is the one that its key was given last.
    pub(super) fn is_right(&self, key: usize, secret: usize) -> bool {
        self.store.keys.get(&key).is_some_and(|key| key.secret == secret)
    }

    /// Whether a secret proves its key, or why not; with the note that this leaves.
    fn prove(&mut self, number: usize, secret: usize) -> Result<(), Refusal> {
        let is_proven = self.is_cold(number, secret) && self.is_right(number, secret);
        let key = self.store.keys.get_mut(&number).ok_or(Refusal::Unauthorized)?;
        if self.secrets[number][secret] < key.generation {
            key.usage.retired_secret_seen_at = Some(self.now);
        }
        if !is_proven {
            return Err(Refusal::Unauthorized);
        }
        if !self.store.storage_mode {
            key.usage.last_used_at = Some(self.now);
            return Err(Refusal::StorageModeOff);
        }
        Ok(())
    }

    pub(super) fn verify(&mut self, secret: Presented, account: Option<&'static str>) -> Answer {
        let Presented::Minted { key, age } = secret else { return Answer::Denied(Refusal::Unauthorized) };
        self.verify_secret(key, self.nth(key, age), account)
    }

    pub(super) fn verify_secret(
        &mut self,
        number: usize,
        secret: usize,
        account: Option<&'static str>,
    ) -> Answer {
        if let Err(refusal) = self.prove(number, secret) {
            return Answer::Denied(refusal);
        }
        let key = self.store.keys.get_mut(&number).unwrap();
        let found = account.map(|id| self.store.accounts.get(id).filter(|_| key.sees(id)));
        if found == Some(None) {
            key.usage.last_used_at = Some(self.now);
            return Answer::Denied(Refusal::NoSuchAccount);
        }
        key.granted(self.now);
        let KeyRow { name, scope, .. } = key.row.clone();
        let account = found.flatten().cloned();
        Answer::Granted { key: number, name, scope, account, revision: self.store.revision }
    }

    pub(super) fn visible(&mut self, secret: Presented) -> Answer {
        let Presented::Minted { key: number, age } = secret else {
            return Answer::Denied(Refusal::Unauthorized);
        };
        if let Err(refusal) = self.prove(number, self.nth(number, age)) {
            return Answer::Denied(refusal);
        }
        let key = self.store.keys.get_mut(&number).unwrap();
        key.granted(self.now);
        let seen = self.store.accounts.iter().filter(|(id, _)| key.sees(id)).map(|(_, account)| account);
        Answer::Visible(Self::in_order(seen))
    }

    /// What it leaves behind that after each step every secret was presented, and those of keys that are there for each
    /// account.
    pub(super) fn probe(&mut self) {
        for key in 0..self.made() {
            let accounts: &[&str] = if self.store.keys.contains_key(&key) { &ACCOUNTS } else { &[] };
            for secret in 0..self.secrets[key].len() {
                self.verify_secret(key, secret, None);
                for account in accounts {
                    self.verify_secret(key, secret, Some(account));
                }
            }
        }
    }
}
