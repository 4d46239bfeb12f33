//! Owns what happens in the story, chapter by chapter, each with the revisions that it makes. Must not know how a
//! document shows it.

use std::collections::BTreeSet;

use serde_json::json;

use super::Story;
use super::cast::{Cast, at, hint, secret, updated};
use crate::day::Day;
use crate::id::PresentedAccountId;
use crate::method::{
    AccountsConnect, AccountsDisconnect, AccountsList, AccountsUpdate, AccountsVisible, Acknowledge,
    ActivityList, Backups, ConnectAccount, CreateKey, DeleteKey, DisconnectAccount, Events, GetKey,
    GetKeyUsage, KeysAcknowledge, KeysCreate, KeysDelete, KeysGet, KeysList, KeysRelease, KeysRename,
    KeysRotate, KeysSetScope, KeysUsage, KeysVerify, ListAccounts, ListActivity, ListKeys, ListVisible,
    NoParams, ReleaseKey, RenameKey, Revisions, RotateKey, RpcDiscover, SetKeyScope, SetStorageMode,
    SettingsGet, SettingsSetStorageMode, SystemCompact, SystemHealth, SystemStatus, SystemStop,
    UpdateAccount, VerifySecret,
};
use crate::name::Name;
use crate::object::{
    AccountPage, Action, ActivityPage, BackupPart, Compaction, DayUsage, DeletedKey, DisconnectedAccount,
    Empty, Entry, Event, EventSettings, Health, Key, KeyIdentity, KeyPage, KeyUsage, KeyUse, KeyWithSecret,
    OpenRpc, Revision, Settings, Status, Verification, VerificationCounts, VisibleAccounts,
};
use crate::page::{Cursor, Limit};
use crate::scope::Scope;

/// Tells all of it; `None` where an id or a name breaks its rule.
pub(super) fn tell(cast: &Cast) -> Option<Story> {
    let mut story = Story::default();
    set_up(&mut story, cast)?;
    verify(&mut story, cast)?;
    let key = edit(&mut story, cast)?;
    operate(&mut story, &key)?;
    let key = restore(&mut story, key)?;
    clear_up(&mut story, cast, &key)?;
    Some(story)
}

/// Revisions 1 to 3: two accounts, a key for one of them.
fn set_up(story: &mut Story, cast: &Cast) -> Option<()> {
    let Cast { key, everyday, travel, request } = cast;
    let connect = ConnectAccount {
        name: Name::parse("Everyday Checking").ok()?,
        institution: Some(Some(Name::parse("Harbor Credit Union").ok()?)),
        mask: Some(Some(Name::parse("4821").ok()?)),
        kind: Some(Some(Name::parse("checking").ok()?)),
        id: Some(everyday.id.clone()),
    };
    story.call::<AccountsConnect>("Under an id of one's own", connect, everyday.clone())?;
    let connect = ConnectAccount {
        name: Name::parse("Travel Card").ok()?,
        institution: None,
        mask: None,
        kind: None,
        id: None,
    };
    story.call::<AccountsConnect>("With a name only", connect, travel.clone())?;
    let create = CreateKey {
        name: Name::parse("Budget app").ok()?,
        scope: Some(key.scope.clone()),
        request_id: Some(request.clone()),
    };
    let made = KeyWithSecret { key: key.clone(), secret: secret(key.id, 1) };
    story.call::<KeysCreate>("For one account", create, made)?;
    let acknowledge = Acknowledge { request_id: request.clone() };
    story.call::<KeysAcknowledge>("The secret has arrived", acknowledge, Empty {})?;
    story.call::<KeysList>(
        "All keys",
        ListKeys::default(),
        KeyPage { keys: vec![key.clone()], next_cursor: None, revision: 3 },
    )?;
    story.call::<KeysGet>("One key", GetKey { id: key.id }, key.clone())?;
    story.call::<AccountsList>(
        "All accounts",
        ListAccounts::default(),
        AccountPage { accounts: vec![everyday.clone(), travel.clone()], next_cursor: None, revision: 3 },
    )
}

/// The key is used three times.
fn verify(story: &mut Story, cast: &Cast) -> Option<()> {
    let Cast { key, everyday, .. } = cast;
    let identity = KeyIdentity { id: key.id, name: key.name.clone() };
    let verdict = Verification { key: identity, scope: key.scope.clone(), account: None, revision: 3 };
    story.call::<KeysVerify>(
        "May it see this account?",
        VerifySecret {
            secret: secret(key.id, 1),
            account: Some(PresentedAccountId::new(everyday.id.as_str())),
        },
        Verification { account: Some(everyday.clone()), ..verdict.clone() },
    )?;
    let verify = VerifySecret { secret: secret(key.id, 1), account: None };
    story.call::<KeysVerify>("Whose is it?", verify, verdict)?;
    story.call::<AccountsVisible>(
        "The accounts of its scope",
        ListVisible { secret: secret(key.id, 1) },
        VisibleAccounts { accounts: vec![everyday.clone()] },
    )?;
    let today = Day::of(at(0, 0));
    let days = (0..14)
        .rev()
        .map(|back| DayUsage { day: today.before(back), granted: if back == 0 { 3 } else { 0 } });
    let usage = KeyUsage { days: days.collect() };
    story.call::<KeysUsage>("Three times today", GetKeyUsage { id: key.id }, usage)
}

/// Revisions 4 to 7: the key gets another name, another scope, another secret; an account another mask.
fn edit(story: &mut Story, cast: &Cast) -> Option<Key> {
    let Cast { key, everyday, travel, .. } = cast;
    let both = Scope::Only(BTreeSet::from([everyday.id.clone(), travel.id.clone()]));
    let used = Key { last_used_at: Some(at(8, 40)), ..key.clone() };
    let renamed = Key { name: "Household budget".to_owned(), version: 2, ..used };
    story.call::<KeysRename>(
        "Unless it has changed meanwhile",
        RenameKey { id: key.id, name: Name::parse(&renamed.name).ok()?, expected_version: Some(1) },
        renamed.clone(),
    )?;
    let rescoped = Key { scope: both.clone(), version: 3, ..renamed };
    story.call::<KeysSetScope>(
        "Two accounts",
        SetKeyScope { id: key.id, scope: both, expected_version: None },
        rescoped.clone(),
    )?;
    let rotated = Key { hint: hint(key.id, 2), rotated_at: Some(at(9, 2)), version: 4, ..rescoped };
    story.call::<KeysRotate>(
        "Another secret",
        RotateKey { id: key.id, expected_version: Some(3), request_id: None },
        KeyWithSecret { key: rotated.clone(), secret: secret(key.id, 2) },
    )?;
    let update = UpdateAccount {
        id: everyday.id.clone(),
        name: None,
        institution: None,
        mask: Some(None),
        kind: Some(Some(Name::parse("savings").ok()?)),
        expected_version: None,
    };
    story.call::<AccountsUpdate>("Clear the mask, change the kind", update, updated(everyday))?;
    Some(rotated)
}

/// Revisions 8 and 9: Storage Mode off and on; a look at everything, and a copy of it.
fn operate(story: &mut Story, key: &Key) -> Option<()> {
    let entry = |seq, minute, action, detail: &str| Entry {
        seq,
        at: at(9, minute),
        action,
        key_id: Some(key.id),
        key_name: Some(key.name.clone()),
        account_id: None,
        uid: 1000,
        pid: Some(26_545),
        detail: Some(detail.to_owned()),
    };
    story.call::<ActivityList>(
        "The last two changes of one key",
        ListActivity { key: Some(key.id), cursor: None, limit: Limit::new(2) },
        ActivityPage {
            entries: vec![
                entry(6, 2, Action::KeyRotated, "generation 2"),
                entry(5, 1, Action::KeyScopeChanged, "everyday → acc_EXAMPLEacc02, everyday"),
            ],
            next_cursor: Some(Cursor::new([b"e", 5_u64.to_be_bytes().as_slice()].concat()).encode()),
        },
    )?;
    let settings = |storage_mode, revision| Settings { storage_mode, revision };
    story.call::<SettingsGet>("Keys open what they may", NoParams {}, settings(true, 7))?;
    let set = |enabled| SetStorageMode { enabled };
    story.call::<SettingsSetStorageMode>("No key opens anything", set(false), settings(false, 8))?;
    story.call::<SettingsSetStorageMode>("Keys open again", set(true), settings(true, 9))?;
    let version = || env!("CARGO_PKG_VERSION").to_owned();
    let status = Status {
        version: version(),
        protocol: crate::PROTOCOL,
        pid: 20_647,
        started_at: at(8, 15),
        revision: 9,
        keys: 1,
        accounts: 2,
        storage_mode: true,
        data_dir: "/home/ada/.local/share/claviger".to_owned(),
        runtime_dir: "/home/ada/.local/state/claviger/run".to_owned(),
        store_bytes: 143_360,
        verifications: VerificationCounts { granted: 3, refused: 0 },
    };
    story.call::<SystemStatus>("How is it?", NoParams {}, status)?;
    story.call::<SystemHealth>(
        "Does it answer?",
        NoParams {},
        Health { status: "ok".to_owned(), version: version() },
    )?;
    story.call::<SystemCompact>(
        "A smaller file",
        NoParams {},
        Compaction { before_bytes: 143_360, after_bytes: 73_728 },
    )?;
    let document = json!({
        "openrpc": crate::openrpc::VERSION,
        "info": { "title": "Claviger, verify.sock", "version": version() },
        "methods": [],
    });
    story.call::<RpcDiscover>("Cut short: the methods are left out", NoParams {}, OpenRpc(document))?;
    let part = BackupPart { revision: 9, total_bytes: 143_360, data: "cmVkYhoKqQ0K".to_owned(), more: true };
    story.subscription::<Backups>(7_240_188_260_273_391, vec![part])
}

/// Revisions 1,000,000 and 1,000,001: a backup took the store's place without its journal, and the key is released.
fn restore(story: &mut Story, key: Key) -> Option<Key> {
    let released = Key { version: 6, ..key };
    story.call::<KeysRelease>(
        "After a restore",
        ReleaseKey { id: released.id, expected_version: Some(5) },
        released.clone(),
    )?;
    Some(released)
}

/// Revisions 1,000,002 and 1,000,003: an account and the key go, while somebody watches.
fn clear_up(story: &mut Story, cast: &Cast, key: &Key) -> Option<()> {
    let Cast { everyday, travel, .. } = cast;
    let narrowed = Key {
        scope: Scope::from_iter([travel.id.clone()]),
        last_used_at: Some(at(10, 30)),
        retired_secret_seen_at: Some(at(10, 31)),
        version: 7,
        ..key.clone()
    };
    story.call::<AccountsDisconnect>(
        "Out of every scope",
        DisconnectAccount { id: everyday.id.clone() },
        DisconnectedAccount { id: everyday.id.clone(), keys: vec![key.id] },
    )?;
    story.call::<KeysDelete>(
        "For good",
        DeleteKey { id: key.id, expected_version: Some(7) },
        DeletedKey { id: key.id },
    )?;
    let used = KeyUse {
        id: key.id,
        last_used_at: narrowed.last_used_at,
        retired_secret_seen_at: narrowed.retired_secret_seen_at,
    };
    let changed = |revision, keys, removed_keys, removed_accounts| Event::Changed {
        revision,
        keys,
        accounts: vec![],
        removed_keys,
        removed_accounts,
        settings: None,
    };
    let snapshot = Event::Snapshot {
        revision: 1_000_001,
        keys: vec![key.clone()],
        accounts: vec![updated(everyday), travel.clone()],
        settings: EventSettings { storage_mode: true },
        more: false,
    };
    let told = vec![
        snapshot,
        Event::Used { keys: vec![used] },
        changed(1_000_002, vec![narrowed], vec![], vec![everyday.id.clone()]),
        changed(1_000_003, vec![], vec![key.id], vec![]),
    ];
    story.subscription::<Events>(2_249_870_632_927_335, told)?;
    let revisions = [1_000_001, 1_000_002, 1_000_003].map(|revision| Revision { revision });
    story.subscription::<Revisions>(8_646_899_119_490_248, revisions.into())?;
    story.call::<SystemStop>("Let it end", NoParams {}, Empty {})
}
