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
    /// The key that a secret proves, or why it proves none; with the note that this leaves.
    fn prove(&mut self, secret: Presented) -> Result<usize, Refusal> {
        let Presented::Minted { key: number, age } = secret else { return Err(Refusal::Unauthorized) };
        let key = self.keys.get_mut(&number).ok_or(Refusal::Unauthorized)?;
        if age.min(key.generation - 1) > 0 {
            key.usage.retired_secret_seen_at = Some(self.now);
            return Err(Refusal::Unauthorized);
        }
        if !self.storage_mode {
            key.usage.last_used_at = Some(self.now);
            return Err(Refusal::StorageModeOff);
        }
        Ok(number)
    }

    pub(super) fn verify(&mut self, secret: Presented, account: Option<&'static str>) -> Answer {
        let number = match self.prove(secret) {
            Ok(number) => number,
            Err(refusal) => return Answer::Denied(refusal),
        };
        let key = self.keys.get_mut(&number).unwrap();
        let found = account.map(|id| self.accounts.get(id).filter(|_| key.sees(id)));
        if found == Some(None) {
            key.usage.last_used_at = Some(self.now);
            return Answer::Denied(Refusal::NoSuchAccount);
        }
        key.granted(self.now);
        let KeyRow { name, scope, .. } = key.row.clone();
        let account = found.flatten().cloned();
        Answer::Granted { key: number, name, scope, account, revision: self.revision }
    }

    pub(super) fn visible(&mut self, secret: Presented) -> Answer {
        let number = match self.prove(secret) {
            Ok(number) => number,
            Err(refusal) => return Answer::Denied(refusal),
        };
        let key = self.keys.get_mut(&number).unwrap();
        key.granted(self.now);
        let seen = self.accounts.iter().filter(|(id, _)| key.sees(id)).map(|(_, account)| account);
        Answer::Visible(Self::in_order(seen))
    }

    /// What it leaves behind that after each step every secret was presented, and the living ones for each account.
    pub(super) fn probe(&mut self) {
        for key in 0..self.made() {
            for age in (0..self.generations[key]).rev() {
                self.verify(Presented::Minted { key, age }, None);
            }
            if self.keys.contains_key(&key) {
                for account in ACCOUNTS {
                    self.verify(Presented::Minted { key, age: 0 }, Some(account));
                }
            }
        }
    }
}
