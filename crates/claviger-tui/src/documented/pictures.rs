//! Owns the pictures in the documentation: drawn from the interface itself, so that they are never stale. Must not show
//! anything that the interface does not.

use claviger_api::object::{ActivityPage, KeyUsage, KeyWithSecret};
use claviger_api::{Account, Action, Entry, Key, KeyId, Scope, Secret};

use super::svg::svg;
use crate::effects::{Copied, CopyOf, Trail};
use crate::message::{Answer, Feed, Link, Msg};
use crate::update::tests::Stage;
use crate::update::tests::sample::{account_id, days, minutes_ago};
use crate::view::tests::draw;

/// A secret of the right form that opens nothing, and says so.
const SECRET: &str = "clv_7hQ2mZx0RkVb_ThisSecretIsOnlyAPictureAndOpensNothingAtAll";

const ACCOUNTS: [[&str; 5]; 6] = [
    ["everyday", "Everyday Checking", "Harbour Bank", "4471", "checking"],
    ["rainy-day", "Rainy Day Savings", "Harbour Bank", "9920", "savings"],
    ["travel", "Travel Card", "Meridian Bank", "0038", "credit"],
    ["joint", "Joint Account", "Meridian Bank", "6604", "checking"],
    ["index", "Index Fund", "Northgate Invest", "1187", "investment"],
    ["pension", "Pension", "Northgate Invest", "7310", "pension"],
];

fn only(ids: &[&str]) -> Scope {
    Scope::Only(ids.iter().map(|id| account_id(id)).collect())
}

fn accounts() -> Vec<Account> {
    let account = |[id, name, institution, mask, kind]: [&str; 5]| Account {
        id: account_id(id),
        name: name.to_owned(),
        institution: Some(institution.to_owned()),
        mask: Some(mask.to_owned()),
        kind: Some(kind.to_owned()),
        connected_at: minutes_ago(60 * 24 * 90),
        version: 1,
    };
    ACCOUNTS.into_iter().map(account).collect()
}

fn key(id: &str, name: &str, scope: Scope, created: i64, used: Option<i64>) -> Key {
    let end: String = id.chars().rev().take(4).collect();
    Key {
        id: KeyId::from_body(id).unwrap(),
        name: name.to_owned(),
        hint: format!("clv_{id}_…{end}"),
        scope,
        created_at: minutes_ago(created),
        rotated_at: None,
        last_used_at: used.map(minutes_ago),
        retired_secret_seen_at: None,
        suspended_at: None,
        needs_rotation: false,
        version: 1,
    }
}

fn keys() -> Vec<Key> {
    let day = 60 * 24;
    let mut backup = key("pL3vWc9TqY5n", "Nightly backup", only(&["everyday", "travel"]), 40 * day, Some(4));
    backup.rotated_at = Some(minutes_ago(95));
    backup.retired_secret_seen_at = Some(minutes_ago(2));
    backup.version = 4;
    vec![
        key("kOZxG4t7Hs2a", "Budget app", only(&["everyday", "rainy-day", "travel"]), 21 * day, Some(1)),
        backup,
        key("u8Jd0EwKf6Rz", "CI", only(&["everyday"]), 9 * day, Some(130)),
        key("4fX9aQ2LmN7b", "Production", Scope::All, 88 * day, Some(0)),
        key("da9JhS1xUo3P", "Retirement planner", only(&["index", "pension"]), 5 * day, None),
        key("SOOqTb5iM8gC", "Savings bot", only(&[]), 61 * day, Some(33 * day)),
        key("Ozch0yN4vE7l", "Tax export", Scope::All, 12 * day, Some(26 * 60)),
    ]
}

fn snapshot() -> Feed {
    Feed::Snapshot { keys: keys(), accounts: accounts(), storage_mode: true }
}

fn entry(seq: u64, minutes: i64, action: Action, key: &Key, detail: Option<&str>) -> Entry {
    Entry {
        seq,
        at: minutes_ago(minutes),
        action,
        key_id: Some(key.id),
        key_name: Some(key.name.clone()),
        account_id: None,
        uid: 1000,
        pid: Some(2207),
        detail: detail.map(str::to_owned),
    }
}

/// The showcase, live, after these presses.
fn live(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = Stage::new(width, height);
    stage.tell(Msg::Feed(snapshot()));
    stage.tell(Msg::Link(Link::Live { epoch: 1 }));
    stage.effects.clear();
    stage.press(script);
    stage
}

/// What the daemon answers when the details of the selected key are asked for.
fn detailed(mut stage: Stage) -> Stage {
    let Some(key) = stage.state.selected_key().cloned() else { return stage };
    let entries = vec![
        entry(41, 95, Action::KeyRotated, &key, None),
        entry(23, 60 * 24 * 12, Action::KeyScopeChanged, &key, None),
        entry(4, 60 * 24 * 40, Action::KeyCreated, &key, None),
    ];
    // A job of every quarter of an hour: held up on one day, made up for on the next, switched off on another.
    let days = days(&[96, 96, 102, 99, 12, 204, 118, 118, 121, 0, 133, 133, 136, 8]);
    // The first question was about the first key.
    for id in keys().first().map(|first| first.id).into_iter().chain([key.id]) {
        let outcome = Ok(ActivityPage { entries: entries.clone(), next_cursor: None });
        stage.tell(Msg::Activity { trail: Trail::OfKey(id), outcome });
        stage.tell(Msg::Usage { key: id, outcome: Ok(KeyUsage { days: days.clone() }) });
    }
    stage
}

/// A key was created or rotated, and its secret shows.
fn secret(mut stage: Stage, made: Key) -> Stage {
    let made = KeyWithSecret { key: made, secret: Secret::new(SECRET) };
    stage.answer(Ok(Answer::Secret(Box::new(made))));
    stage
}

fn gateway() -> Key {
    key("7hQ2mZx0RkVb", "Gateway", only(&["everyday", "joint"]), 0, None)
}

/// Each picture: its file, what it shows in words, the screen.
fn gallery() -> Vec<(&'static str, &'static str, Stage)> {
    let mut copied = secret(live(100, 26, "nGateway<Tab> <Tab> <Down><Down> <C-s>"), gateway());
    copied.tell(Msg::Copied { what: CopyOf::Secret, by: Ok(Copied::Osc52) });
    vec![
        ("keys", "The keys, with the selected one's details beside them", detailed(live(120, 35, "jj"))),
        ("filter", "The keys filtered by /sav: a name and an account have it", live(120, 14, "/sav")),
        ("first-run", "An interface without any key yet", empty()),
        ("help", "The help overlay, searched for rotate", live(100, 26, "?rot")),
        ("create-name", "Create key, with a name typed", live(100, 26, "nGateway")),
        (
            "create-scope",
            "Create key, with two accounts checked",
            live(100, 26, "nGateway<Tab> <Tab> <Down><Down> "),
        ),
        ("create-secret", "The new key's secret, shown once", copied),
        ("scope", "Edit scope, saying what will change", live(100, 26, "js<Tab> <Down><Down> ")),
        ("rotate", "Rotate key, with the facts that help to decide", live(100, 26, "jjr")),
        ("rotate-secret", "The rotated key's new secret", rotated()),
        ("delete", "Delete key, which wants the name typed", live(100, 26, "jDC")),
        ("suspended", "The keys of a store that was restored without its journal", restored(120, 35, "j")),
        ("release", "Release key, with what the key gets back", restored(100, 26, "jR")),
        ("accounts", "The accounts", live(120, 20, "2jj")),
    ]
}

/// The showcase after a restore without the journal, when two keys have been released.
fn restored(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = live(width, height, "");
    let left = |key: Key| {
        let is_released = ["Production", "Savings bot"].contains(&&*key.name);
        Key {
            suspended_at: (!is_released).then(|| minutes_ago(6)),
            needs_rotation: key.name == "Production",
            retired_secret_seen_at: None,
            version: key.version + 1,
            ..key
        }
    };
    stage.changed(keys().into_iter().map(left).collect(), &[]);
    stage.state.notices.clear();
    let ids = [keys()[0].id, keys()[1].id, keys()[2].id];
    stage.press(script);
    for id in ids {
        let outcome = Ok(ActivityPage { entries: vec![], next_cursor: None });
        stage.tell(Msg::Activity { trail: Trail::OfKey(id), outcome });
        stage.tell(Msg::Usage {
            key: id,
            outcome: Ok(KeyUsage { days: days(&[0, 0, 0, 0, 0, 3, 0, 8, 11, 9, 0, 0, 14, 0]) }),
        });
    }
    stage
}

fn empty() -> Stage {
    let mut stage = Stage::new(100, 26);
    stage.tell(Msg::Feed(Feed::Snapshot { keys: vec![], accounts: vec![], storage_mode: false }));
    stage.tell(Msg::Link(Link::Live { epoch: 1 }));
    stage
}

fn rotated() -> Stage {
    let stage = live(100, 26, "jjry");
    let made = stage.state.selected_key().cloned();
    secret(stage, made.unwrap_or_else(gateway))
}

#[test]
fn the_committed_pictures_are_what_the_interface_draws() {
    for (name, title, stage) in gallery() {
        let drawn = svg(draw(&stage).backend(), title);
        super::check(&format!("docs/pictures/{name}.svg"), &drawn, "pictures");
    }
}
