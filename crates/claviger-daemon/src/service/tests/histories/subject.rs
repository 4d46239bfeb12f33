//! Owns the daemon that a history happens to: it carries steps out on a service, and tells its answers in the words of
//! the model. Must not know what is right.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::atomic::Ordering;

use claviger_api::object::Verification;
use claviger_api::{Key, KeyId, KeyWithSecret, Secret};
use tokio::runtime::{Builder, Runtime};

use super::super::super::hashing::tests::occupy;
use super::super::super::{Backup, Error, Verdict};
use super::super::{World, ask};
use super::model::{Answer, KeyRow};
use super::place::Place;
use super::step::{ACCOUNTS, Act, Presented, Step};
use crate::store::{Author, Following};

/// A part of a copy of the store. Bytes.
const PART: usize = 1 << 20;

/// A service over a store in a file, with all that was ever minted.
pub(super) struct Subject {
    pub(super) runtime: Runtime,
    pub(super) place: Place,
    /// Absent only while one service has ended and the next has not started.
    world: Option<World>,
    /// The id of each key that was ever made, by number.
    pub(super) ids: Vec<KeyId>,
    /// The secrets that each of them ever had, oldest first.
    pub(super) secrets: Vec<Vec<Secret>>,
}

/// What presenting every secret showed: for each key by number and each of its secrets, oldest first, the accounts that
/// it was granted; `None` where the secret itself was refused.
pub(super) type Granted = BTreeMap<(usize, usize), Option<BTreeSet<&'static str>>>;

impl Subject {
    pub(super) fn new() -> Self {
        let place = Place::new();
        let world = Some(place.start(Author { uid: 0, pid: None }, 0));
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        Self { runtime, place, world, ids: Vec::new(), secrets: Vec::new() }
    }

    pub(super) fn world(&self) -> &World {
        self.world.as_ref().unwrap()
    }

    /// Carries out a step.
    pub(super) fn take(&mut self, step: &Step) -> Answer {
        self.world().time.fetch_add(step.clock_ms, Ordering::Relaxed);
        // Read at once, so that a time is seen also where the step itself does not look.
        let _ = self.world().service.clock.now();
        self.act(Author { uid: step.uid, pid: None }, &step.act)
    }

    fn act(&mut self, author: Author, act: &Act) -> Answer {
        match act {
            Act::Restart => self.replaced(author, |_, _| Answer::Done),
            Act::CopyOver { backup, journal } => self.replaced(author, |place, _| {
                place.copy_over(*backup, *journal);
                Answer::Done
            }),
            Act::Restore { backup, journal } => self.replaced(author, |place, clock_ms| {
                let (restored, following) = place.restore(*backup, *journal, author, clock_ms);
                let is_vouched_for = following == Following::Followed;
                Answer::Restored { revision: restored.revision, is_vouched_for }
            }),
            Act::Crash => self.crash(author),
            Act::Elsewhere(act) => self.elsewhere(author, act),
            Act::Overtaken { key, account, by } => self.overtaken(author, *key, *account, by),
            _ => self.ask(author, act),
        }
    }

    /// Ends the daemon in order, does something with its files, and starts another one.
    fn replaced(&mut self, author: Author, replace: impl FnOnce(&mut Place, i64) -> Answer) -> Answer {
        let clock_ms = Place::stop(&self.runtime, self.world.take().unwrap());
        let answer = replace(&mut self.place, clock_ms);
        self.world = Some(self.place.start(author, clock_ms));
        answer
    }

    fn crash(&mut self, author: Author) -> Answer {
        self.place.crash();
        let clock_ms = self.world.take().unwrap().time.load(Ordering::Relaxed);
        self.world = Some(self.place.start(author, clock_ms));
        Answer::Done
    }

    /// Lets a second daemon do something in a copy of the directory while this one runs.
    fn elsewhere(&mut self, author: Author, act: &Act) -> Answer {
        let before = self.place.fork();
        let there = self.place.start(author, self.world().time.load(Ordering::Relaxed));
        let here = self.world.replace(there);
        let answer = self.ask(author, act);
        let there = std::mem::replace(&mut self.world, here).unwrap();
        Place::stop(&self.runtime, there);
        self.place.join(before);
        Answer::Elsewhere(Box::new(answer))
    }

    pub(super) fn kept(&mut self, mut backup: Backup) -> Answer {
        let mut store = Vec::new();
        while store.len() as u64 != backup.total_bytes {
            let part = backup.next_bytes(PART).unwrap();
            assert!(!part.is_empty(), "a backup is shorter than it says");
            store.extend(part);
        }
        self.place.keep(&store);
        Answer::BackedUp { revision: backup.revision }
    }

    /// Presents a cold secret, and finishes only when something else was done meanwhile.
    fn overtaken(&mut self, author: Author, key: usize, account: Option<&'static str>, by: &Act) -> Answer {
        self.place.lose_digest_key();
        self.act(author, &Act::Restart);
        let service = std::sync::Arc::clone(&self.world().service);
        let secret = self.presented(Presented::Minted { key, age: 0 });
        let account = account.map(claviger_api::id::PresentedAccountId::new);
        let mut verdict = pin!(service.verify(author, &secret, account.as_ref()));
        let busy = occupy(&service.pool);
        let early = self.runtime.block_on(ask(&mut verdict));
        let has_waited = early.is_none();
        drop(busy);
        let first = self.ask(author, by);
        let verdict = early.unwrap_or_else(|| self.runtime.block_on(verdict));
        let verdict = judged(verdict, |grant| self.granted(grant.verification().clone()));
        Answer::Overtaken { has_waited, first: Box::new(first), verdict: Box::new(verdict) }
    }

    /// Presents every secret that was ever minted, and those of keys that are there for each account too.
    pub(super) fn probe(&self) -> Granted {
        let mut granted = Granted::new();
        for (key, secrets) in self.secrets.iter().enumerate() {
            let is_there = self.world().service.key(&self.ids[key]).is_ok();
            let accounts: &[&str] = if is_there { &ACCOUNTS } else { &[] };
            for (nth, secret) in secrets.iter().enumerate() {
                let opens = |account: Option<&'static str>| {
                    matches!(self.verify(secret, account), Answer::Granted { .. })
                };
                let is_right = opens(None);
                let seen: BTreeSet<_> =
                    accounts.iter().copied().filter(|account| opens(Some(account))).collect();
                assert!(is_right || seen.is_empty(), "an account is granted, but not the key");
                granted.insert((key, nth), is_right.then_some(seen));
            }
        }
        granted
    }

    pub(super) fn verify(&self, secret: &Secret, account: Option<&str>) -> Answer {
        let account = account.map(claviger_api::id::PresentedAccountId::new);
        let author = Author { uid: 1000, pid: None };
        let verdict = self.runtime.block_on(self.world().service.verify(author, secret, account.as_ref()));
        judged(verdict, |grant| self.granted(grant.verification().clone()))
    }

    pub(super) fn presented(&self, which: Presented) -> Secret {
        match which {
            Presented::Minted { key, age } => {
                let secrets = &self.secrets[key];
                secrets[secrets.len() - 1 - age.min(secrets.len() - 1)].clone()
            }
            Presented::Forged { key, place } => {
                let mut forged = self.secrets[key].last().unwrap().expose().to_owned();
                let other = if &forged[place..=place] == "a" { "b" } else { "a" };
                forged.replace_range(place..=place, other);
                Secret::new(forged)
            }
            Presented::Malformed => Secret::new("clv_no_secret"),
        }
    }

    /// The number of a key by its id.
    pub(super) fn number(&self, id: &KeyId) -> usize {
        self.ids.iter().position(|known| known == id).expect("an answer names a key that nobody made")
    }

    pub(super) fn key(&self, result: Result<Key, Error>) -> Answer {
        result
            .map_or_else(Answer::Refused, |key| Answer::Key { key: self.number(&key.id), row: row_of(&key) })
    }

    fn granted(&self, granted: Verification) -> Answer {
        let Verification { key, scope, account, revision } = granted;
        Answer::Granted { key: self.number(&key.id), name: key.name, scope, account, revision }
    }

    /// Keeps a secret that was not there yet, and says whose it is and which of its.
    pub(super) fn minted(&mut self, made: KeyWithSecret) -> Answer {
        let row = row_of(&made.key);
        let key = self.ids.iter().position(|id| *id == made.key.id).unwrap_or_else(|| {
            self.ids.push(made.key.id);
            self.secrets.push(Vec::new());
            self.ids.len() - 1
        });
        let known = self.secrets[key].iter().position(|secret| *secret == made.secret);
        let place = known.unwrap_or_else(|| {
            self.secrets[key].push(made.secret);
            self.secrets[key].len() - 1
        });
        Answer::Minted { key, secret: place, row }
    }
}

pub(super) fn judged<T>(verdict: Result<Verdict<T>, Error>, granted: impl FnOnce(T) -> Answer) -> Answer {
    match verdict {
        Ok(Verdict::Granted(opened)) => granted(opened),
        Ok(Verdict::Refused(refusal)) => Answer::Denied(refusal),
        Err(error) => Answer::Refused(error),
    }
}

/// A key in the words of the model.
pub(super) fn row_of(key: &Key) -> KeyRow {
    let ms = |time: Option<claviger_api::Timestamp>| time.map(claviger_api::Timestamp::as_millis);
    KeyRow {
        name: key.name.clone(),
        scope: key.scope.clone(),
        created_at: key.created_at.as_millis(),
        rotated_at: ms(key.rotated_at),
        last_used_at: ms(key.last_used_at),
        retired_secret_seen_at: ms(key.retired_secret_seen_at),
        suspended_at: ms(key.suspended_at),
        needs_rotation: key.needs_rotation,
        version: key.version,
    }
}
