//! Owns what a step asks of a service: one call each. Must not start or end one.

use claviger_api::method::{ConnectAccount, UpdateAccount};
use claviger_api::{AccountId, KeyId, RequestId};

use super::super::super::settings::StorageMode;
use super::super::name;
use super::model::Answer;
use super::step::{Act, Expected, Mask};
use super::subject::{Subject, judged};
use crate::store::Author;

impl Subject {
    /// Carries out what one call does.
    pub(super) fn ask(&mut self, author: Author, act: &Act) -> Answer {
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
            | Act::Elsewhere(_)
            | Act::Overtaken { .. } => unreachable!("no call does that"),
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
}

fn version_of(version: u64, expected: Expected) -> Option<u64> {
    match expected {
        Expected::Any => None,
        Expected::Right => Some(version),
        Expected::Stale => Some(version - 1),
    }
}
