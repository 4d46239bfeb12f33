//! Owns the comparison of a whole store with the model: every list, index, note and number. Must not change either.

use std::collections::{BTreeMap, BTreeSet};

use claviger_api::page::Limit;
use claviger_api::{AccountId, Entry};

use super::super::super::{Error, Service};
use super::model::{EntryRow, Model, counts_as};
use super::step::{ABSENT, ACCOUNTS, NAMES};
use super::subject::{Subject, row_of};
use crate::store::{Following, Heritage, Rows, StoreError};

/// Fails where anything that the service tells, or that the store's indexes say, is not as in the model.
pub(super) fn assert_same(subject: &Subject, model: &Model) {
    let service = &subject.world().service;
    assert_eq!(service.clock.now().as_millis(), model.now, "the time");
    let settings = service.settings().unwrap();
    assert_eq!(
        (settings.storage_mode, settings.revision),
        (model.store.storage_mode, model.store.revision),
        "the settings"
    );
    assert_keys(subject, service, model);
    let accounts = service.list_accounts(None, Limit::new(1_000).unwrap()).unwrap().accounts;
    assert_eq!(accounts, Model::in_order(model.store.accounts.values()), "the accounts");
    assert_activity(subject, service, model);
    assert_indexes(subject, service, model).unwrap();
    let heritage =
        Heritage { following: Following::Followed, unheeded: vec![], newest: model.journal.newest };
    assert_eq!(service.store.heritage().unwrap(), heritage, "what the journal has to say");
    assert_eq!(service.store.journal_lacks().unwrap(), [], "what the journal does not know");
}

fn assert_keys(subject: &Subject, service: &Service, model: &Model) {
    let keys = service.list_keys(None, Limit::new(1_000).unwrap()).unwrap().keys;
    for key in &keys {
        let number = subject.number(&key.id);
        // A key that should not be there is found below.
        let Some(secret) = model.store.keys.get(&number).map(|key| key.secret) else { continue };
        let secret = subject.secrets[number][secret].expose();
        let hint = format!("clv_{}_…{}", key.id.body(), &secret[secret.len() - 4..]);
        assert_eq!(key.hint, hint);
    }
    let listed: Vec<_> = keys.iter().map(|key| (subject.number(&key.id), row_of(key))).collect();
    let mut expected: Vec<_> = model.store.keys.iter().map(|(number, key)| (*number, key.shown())).collect();
    expected.sort_by_key(|(_, row)| counts_as(&row.name));
    assert_eq!(listed, expected, "the keys");
    for (number, id) in subject.ids.iter().enumerate() {
        let usage = service.key_usage(id);
        if !model.store.keys.contains_key(&number) {
            assert_eq!(
                (service.key(id).err(), usage.err()),
                (Some(Error::NoSuchKey), Some(Error::NoSuchKey))
            );
            continue;
        }
        let days = usage.unwrap().days.into_iter().filter(|day| day.granted > 0);
        let granted: BTreeMap<i64, u64> = days.map(|day| (day.day.number().into(), day.granted)).collect();
        assert_eq!(granted, model.granted_by_day(number), "the use of key {number}");
    }
}

fn assert_activity(subject: &Subject, service: &Service, model: &Model) {
    let row = |entry: Entry| EntryRow {
        at: entry.at.as_millis(),
        action: entry.action,
        key: entry.key_id.map(|id| subject.number(&id)),
        key_name: entry.key_name,
        account: entry.account_id.map(|id| id.as_str().to_owned()),
        uid: entry.uid,
    };
    let entries = service.list_activity(None, None, Limit::new(1_000).unwrap()).unwrap().entries;
    let numbers: Vec<u64> = entries.iter().rev().map(|entry| entry.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "the numbers of the audit trail");
    let trail: Vec<EntryRow> = entries.into_iter().rev().map(row).collect();
    assert_eq!(trail, model.store.activity, "the audit trail");
    for (number, id) in subject.ids.iter().enumerate() {
        let entries = service.list_activity(Some(id), None, Limit::new(1_000).unwrap()).unwrap().entries;
        let trail: Vec<EntryRow> = entries.into_iter().rev().map(row).collect();
        let expected: Vec<_> =
            model.store.activity.iter().filter(|entry| entry.key == Some(number)).cloned().collect();
        assert_eq!(trail, expected, "the audit trail of key {number}");
    }
}

fn assert_indexes(subject: &Subject, service: &Service, model: &Model) -> Result<(), StoreError> {
    service.store.read(|rows| {
        let state = rows.state()?;
        assert_eq!(state.newest_at, model.store.stored_at, "the newest time in the file");
        let told = model.store.activity.len() as u64;
        assert_eq!(state.revision - state.skipped, told, "one entry for each revision that was not skipped");
        assert_eq!(rows.key_count()?, model.store.keys.len() as u64);
        assert_eq!(rows.account_count()?, model.store.accounts.len() as u64);
        for (number, id) in subject.ids.iter().enumerate() {
            let generation = model.store.keys.get(&number).map(|key| key.generation);
            assert_eq!(
                rows.key_row(id)?.map(|row| row.generation()).transpose()?,
                generation,
                "the generation of key {number}"
            );
        }
        for account in ACCOUNTS.into_iter().chain([ABSENT]) {
            let holders = rows.holders(&AccountId::parse(account).unwrap())?;
            let holders: BTreeSet<usize> = holders.iter().map(|id| subject.number(id)).collect();
            assert_eq!(holders, model.holders(account), "the keys whose scope names {account}");
        }
        for (_, folded) in NAMES {
            let holder = rows.key_named(folded)?.map(|id| subject.number(&id));
            let expected = model.store.keys.iter().find(|(_, key)| counts_as(&key.row.name) == folded);
            assert_eq!(holder, expected.map(|(number, _)| *number), "the key that is called {folded}");
        }
        Ok(())
    })
}
