//! Owns the daemon that a history happens to: it carries steps out on a service, and tells its answers in the words of
//! the model. Must not know what is right.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::atomic::Ordering;

use claviger_api::method::{ConnectAccount, UpdateAccount};
use claviger_api::object::Verification;
use claviger_api::{AccountId, Key, KeyId, KeyWithSecret, RequestId, Secret};
use tokio::runtime::{Builder, Runtime};

use super::super::super::hashing::tests::occupy;
use super::super::super::settings::StorageMode;
use super::super::super::{Backup, Error, Verdict};
use super::super::{World, ask, name};
use super::model::{Answer, KeyRow};
use super::place::Place;
use super::step::{ACCOUNTS, Act, Expected, Mask, Presented, Step};
use crate::store::{Author, Following};

/// A part of a copy of the store. Bytes.
const PART: usize = 1 << 20;

/// A service over a store in a file, with all that was ever minted.
pub(super) struct Subject {
    runtime: Runtime,
    place: Place,
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
            Act::Overtaken { key, account, by } => self.overtaken(author, *key, *account, by),
            _ => self.ask(author, act),
        }
    }

    /// Carries out what one call does.
    fn ask(&mut self, author: Author, act: &Act) -> Answer {
        let service = std::sync::Arc::clone(&self.world().service);
        let request_id = |number: u8| RequestId::parse(&number.to_string()).unwrap();
        let version = |key: usize, expected| self.expected_version(key, expected);
        let run = &self.runtime;
        match act {
            Act::Create { name: text, scope, request } => {
                let request = request.map(request_id);
                let made = run.block_on(service.create_key(author, name(text), scope.clone(), request));
                made.map_or_else(Answer::Refused, |made| self.minted(made))
            }
            Act::Rotate { key, expected, request } => {
                let (id, version) = (self.ids[*key], version(*key, *expected));
                let made = run.block_on(service.rotate_key(author, id, version, request.map(request_id)));
                made.map_or_else(Answer::Refused, |made| self.minted(made))
            }
            Act::Acknowledge { request } => {
                service.acknowledge(author, &request_id(*request));
                Answer::Done
            }
            Act::Rename { key, name: text, expected } => {
                let (id, version) = (self.ids[*key], version(*key, *expected));
                self.key(run.block_on(service.rename_key(author, id, name(text), version)))
            }
            Act::SetScope { key, scope, expected } => {
                let (id, version) = (self.ids[*key], version(*key, *expected));
                self.key(run.block_on(service.set_key_scope(author, id, scope.clone(), version)))
            }
            Act::Release { key, expected } => {
                let (id, version) = (self.ids[*key], version(*key, *expected));
                self.key(run.block_on(service.release_key(author, id, version)))
            }
            Act::Delete { key, expected } => {
                let (id, version) = (self.ids[*key], version(*key, *expected));
                let deleted = run.block_on(service.delete_key(author, id, version));
                deleted.map_or_else(Answer::Refused, |id| Answer::Deleted { key: self.number(&id) })
            }
            Act::Connect { account, name: text } => {
                let id = AccountId::parse(account);
                let account =
                    ConnectAccount { name: name(text), institution: None, mask: None, kind: None, id };
                run.block_on(service.connect_account(author, account))
                    .map_or_else(Answer::Refused, Answer::Account)
            }
            Act::Update { account, name: text, mask, expected } => {
                let update = UpdateAccount {
                    id: AccountId::parse(account).unwrap(),
                    name: text.map(name),
                    institution: None,
                    mask: match mask {
                        Mask::Stays => None,
                        Mask::Goes => Some(None),
                        Mask::Becomes(mask) => Some(Some(name(mask))),
                    },
                    kind: None,
                    expected_version: self.expected_account_version(account, *expected),
                };
                run.block_on(service.update_account(author, update))
                    .map_or_else(Answer::Refused, Answer::Account)
            }
            Act::Disconnect { account } => {
                let gone =
                    run.block_on(service.disconnect_account(author, AccountId::parse(account).unwrap()));
                let numbers = |keys: Vec<KeyId>| keys.iter().map(|id| self.number(id)).collect();
                gone.map_or_else(Answer::Refused, |gone| Answer::Disconnected { lost_by: numbers(gone.keys) })
            }
            Act::StorageMode { enabled } => {
                let mode = if *enabled { StorageMode::On } else { StorageMode::Off };
                let settings = run.block_on(service.set_storage_mode(author, mode));
                settings.map_or_else(Answer::Refused, |settings| Answer::StorageMode {
                    enabled: settings.storage_mode,
                    revision: settings.revision,
                })
            }
            Act::Verify { secret, account } => self.verify(&self.presented(*secret), *account),
            Act::Visible { secret } => {
                let verdict = run.block_on(service.visible_accounts(author, &self.presented(*secret)));
                judged(verdict, |visible| Answer::Visible(visible.accounts))
            }
            Act::SaveUse => {
                run.block_on(service.save_usage()).map_or_else(Answer::Refused, |()| Answer::Done)
            }
            Act::BackUp => {
                let backup = run.block_on(service.back_up(self.place.directory().into()));
                backup.map_or_else(Answer::Refused, |backup| self.kept(backup))
            }
            Act::Restart
            | Act::Crash
            | Act::Restore { .. }
            | Act::CopyOver { .. }
            | Act::Overtaken { .. } => unreachable!("no call does that"),
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

    fn kept(&mut self, mut backup: Backup) -> Answer {
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
        let verdict = judged(verdict, |granted| self.granted(granted));
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

    fn verify(&self, secret: &Secret, account: Option<&str>) -> Answer {
        let account = account.map(claviger_api::id::PresentedAccountId::new);
        let author = Author { uid: 1000, pid: None };
        let verdict = self.runtime.block_on(self.world().service.verify(author, secret, account.as_ref()));
        judged(verdict, |granted| self.granted(granted))
    }

    fn presented(&self, which: Presented) -> Secret {
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

    fn expected_version(&self, key: usize, expected: Expected) -> Option<u64> {
        let version = self.world().service.key(&self.ids[key]).map_or(1, |key| key.version);
        version_of(version, expected)
    }

    fn expected_account_version(&self, id: &str, expected: Expected) -> Option<u64> {
        let accounts =
            self.world().service.list_accounts(None, claviger_api::page::Limit::default()).unwrap();
        let account = accounts.accounts.into_iter().find(|account| account.id.as_str() == id);
        version_of(account.map_or(1, |account| account.version), expected)
    }

    /// The number of a key by its id.
    pub(super) fn number(&self, id: &KeyId) -> usize {
        self.ids.iter().position(|known| known == id).expect("an answer names a key that nobody made")
    }

    fn key(&self, result: Result<Key, Error>) -> Answer {
        result
            .map_or_else(Answer::Refused, |key| Answer::Key { key: self.number(&key.id), row: row_of(&key) })
    }

    fn granted(&self, granted: Verification) -> Answer {
        let Verification { key, scope, account, revision } = granted;
        Answer::Granted { key: self.number(&key.id), name: key.name, scope, account, revision }
    }

    /// Keeps a secret that was not there yet, and says whose it is and which of its.
    fn minted(&mut self, made: KeyWithSecret) -> Answer {
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

fn version_of(version: u64, expected: Expected) -> Option<u64> {
    match expected {
        Expected::Any => None,
        Expected::Right => Some(version),
        Expected::Stale => Some(version - 1),
    }
}

fn judged<T>(verdict: Result<Verdict<T>, Error>, granted: impl FnOnce(T) -> Answer) -> Answer {
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
