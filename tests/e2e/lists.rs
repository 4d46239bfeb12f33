//! Owns the tests of listings and of the audit trail. Must not test who may read them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::Daemon;

/// Reads a listing page by page, doing something between one page and the next.
fn pages(
    daemon: &Daemon,
    method: &str,
    member: &str,
    limit: u64,
    mut between: impl FnMut(usize),
) -> Vec<Value> {
    let (mut items, mut params, mut read) = (Vec::new(), json!({"limit": limit}), 0);
    loop {
        let page = daemon.admin.ok(method, &params);
        let part = page[member].as_array().unwrap();
        assert!(part.len() as u64 <= limit, "{} items on a page of {limit}", part.len());
        items.extend(part.iter().cloned());
        if page["next_cursor"].is_null() {
            return items;
        }
        assert!(!part.is_empty(), "an empty page is the last");
        params["cursor"] = page["next_cursor"].clone();
        read += 1;
        assert!(read < 200, "the pages never end");
        between(read);
    }
}

fn texts(items: &[Value], member: &str) -> Vec<String> {
    items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_and_accounts_are_listed_by_name_ignoring_case() {
    let daemon = Daemon::start();
    for name in ["banana", "Apple", "cherry", "apricot", "Banana split", "Ärger", "zebra"] {
        daemon.create_for_all(name);
        daemon.admin.ok("accounts.connect", &json!({"name": name}));
    }
    let expected = ["Apple", "apricot", "banana", "Banana split", "cherry", "zebra", "Ärger"];
    assert_eq!(daemon.key_names(), expected);
    let accounts = daemon.admin.ok("accounts.list", &json!({}));
    assert_eq!(texts(accounts["accounts"].as_array().unwrap(), "name"), expected);
    for (method, member) in [("keys.list", "keys"), ("accounts.list", "accounts")] {
        for limit in [1, 2, 3, 7, 8] {
            assert_eq!(
                texts(&pages(&daemon, method, member, limit, |_| ()), "name"),
                expected,
                "{limit} a page"
            );
        }
        let page = daemon.admin.ok(method, &json!({}));
        assert_eq!(page.as_object().unwrap().len(), 3, "{page}");
        assert_eq!(page["revision"], daemon.revision());
        assert!(page["next_cursor"].is_null());
    }
}

#[test]
fn an_empty_listing_is_one_empty_page() {
    let daemon = Daemon::start();
    assert_eq!(
        daemon.admin.ok("keys.list", &json!({})),
        json!({"keys": [], "next_cursor": null, "revision": daemon.revision()})
    );
    assert_eq!(daemon.admin.ok("accounts.list", &json!({}))["accounts"], json!([]));
    assert_eq!(daemon.admin.ok("activity.list", &json!({})), json!({"entries": [], "next_cursor": null}));
}

#[test]
fn pages_neither_repeat_nor_skip_while_keys_come_and_go() {
    let daemon = Daemon::start();
    let mut ids = BTreeMap::new();
    for n in 0..40 {
        let name = format!("{} {n:02}", if n % 3 == 0 { "KEY" } else { "key" });
        ids.insert(name.clone(), daemon.create_for_all(&name).id);
    }
    let names: Vec<String> = ids.keys().cloned().collect();
    let by_place = {
        let mut sorted = names.clone();
        sorted.sort_by_key(|name| name.to_lowercase());
        sorted
    };
    let mut gone = Vec::new();
    let listed = pages(&daemon, "keys.list", "keys", 4, |read| {
        // Delete the last key of the page just read, one before it and one far ahead; add some on both sides.
        let place = read * 4;
        for at in [place - 1, place - 3, 39 - read] {
            let name = &by_place[at];
            if let Some(id) = ids.get(name).filter(|_| !gone.contains(name)) {
                daemon.admin.ok("keys.delete", &json!({"id": id}));
                gone.push(name.clone());
            }
        }
        daemon.create_for_all(&format!("a new one {read}"));
        daemon.create_for_all(&format!("z new one {read}"));
    });
    let listed = texts(&listed, "name");
    let mut once = listed.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), listed.len(), "a key was listed twice: {listed:?}");
    for name in by_place.iter().filter(|name| !gone.contains(name)) {
        assert!(listed.contains(name), "{name} was there all the time but not listed");
    }
    let mut sorted = listed.clone();
    sorted.sort_by_key(|name| name.to_lowercase());
    assert_eq!(listed, sorted);
}

#[test]
fn accounts_of_one_name_are_each_listed_once() {
    let daemon = Daemon::start();
    for _ in 0..9 {
        daemon.admin.ok("accounts.connect", &json!({"name": "Checking"}));
    }
    let mut ids = texts(&pages(&daemon, "accounts.list", "accounts", 2, |_| ()), "id");
    assert_eq!(ids.len(), 9);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 9);
}

#[test]
fn a_page_has_100_items_where_nothing_else_is_asked_and_1000_at_most() {
    let daemon = Daemon::start();
    daemon.connect_many(150);
    let page = daemon.admin.ok("accounts.list", &json!({}));
    assert_eq!(page["accounts"].as_array().unwrap().len(), 100);
    assert!(page["next_cursor"].is_string());
    assert_eq!(daemon.admin.ok("activity.list", &json!({}))["entries"].as_array().unwrap().len(), 100);
    let whole = daemon.admin.ok("accounts.list", &json!({"limit": 1000}));
    assert_eq!(whole["accounts"].as_array().unwrap().len(), 150);
    for method in ["keys.list", "accounts.list", "activity.list"] {
        for limit in [json!(0), json!(1001), json!(-1), json!(1.5), json!("5"), json!(null), json!(65537)] {
            let error = daemon.admin.refused(method, &json!({"limit": limit}), "INVALID_PARAMS");
            assert_eq!(error.field(), Some("limit"), "{}", error.raw);
        }
    }
}

#[test]
fn a_cursor_that_is_none_is_refused() {
    let daemon = Daemon::start();
    for method in ["keys.list", "accounts.list", "activity.list"] {
        let long = "ab".repeat(20_000);
        for cursor in [json!(""), json!("zz"), json!("0"), json!(7), json!(null), json!(["a"]), json!(long)] {
            let error = daemon.admin.refused(method, &json!({"cursor": cursor}), "INVALID_PARAMS");
            assert_eq!(error.field(), Some("cursor"), "{method}: {}", error.raw);
        }
    }
}

#[test]
fn every_change_has_its_entry_newest_first() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("key", &["a"]);
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "renamed"}));
    daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
    daemon.rotate(&key.id);
    daemon.admin.ok("accounts.update", &json!({"id": "a", "kind": "savings"}));
    daemon.set_storage_mode(false);
    daemon.set_storage_mode(true);
    daemon.admin.ok("keys.delete", &json!({"id": key.id}));
    daemon.admin.ok("accounts.disconnect", &json!({"id": "a"}));

    let entries = daemon.activity();
    let actions: Vec<&str> = entries.iter().rev().map(|entry| entry["action"].as_str().unwrap()).collect();
    let told: Vec<&str> = actions
        .iter()
        .copied()
        // Whether the first key's turning on has an entry of its own is not said.
        .filter(|action| *action != "storage_mode.changed")
        .collect();
    assert_eq!(
        told,
        [
            "account.connected",
            "key.created",
            "key.renamed",
            "key.scope_changed",
            "key.rotated",
            "account.updated",
            "key.deleted",
            "account.disconnected"
        ]
    );
    assert!(actions.iter().filter(|action| **action == "storage_mode.changed").count() >= 2, "{actions:?}");
    for pair in entries.windows(2) {
        assert_eq!(
            pair[0]["seq"].as_u64(),
            pair[1]["seq"].as_u64().map(|seq| seq + 1),
            "newest first, none missing"
        );
    }
    for entry in &entries {
        let members: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            members,
            ["account_id", "action", "at", "detail", "key_id", "key_name", "pid", "seq", "uid"]
        );
        assert_eq!(entry["uid"], rustix::process::getuid().as_raw());
        assert_eq!(entry["pid"], std::process::id());
    }
    let of = |action: &str| entries.iter().find(|entry| entry["action"] == action).unwrap();
    assert_eq!(of("key.created")["key_id"], json!(key.id));
    assert_eq!(of("key.created")["key_name"], "key");
    assert_eq!(of("key.deleted")["key_name"], "renamed");
    assert_eq!(of("account.connected")["account_id"], "a");
    assert!(of("account.connected")["key_id"].is_null());
}

#[test]
fn the_trail_of_one_key_outlives_it() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("doomed");
    daemon.create_for_all("other");
    daemon.admin.ok("keys.delete", &json!({"id": key.id}));
    daemon.restart();
    let entries = daemon.admin.ok("activity.list", &json!({"key": key.id}))["entries"].clone();
    let actions = texts(entries.as_array().unwrap(), "action");
    assert_eq!(actions, ["key.deleted", "key.created"]);
    assert!(entries.as_array().unwrap().iter().all(|entry| entry["key_id"] == json!(key.id)));
    let none = daemon.admin.ok("activity.list", &json!({"key": "key_AAAAAAAAAAAA"}));
    assert_eq!(none["entries"], json!([]));
    let error = daemon.admin.refused("activity.list", &json!({"key": "doomed"}), "INVALID_PARAMS");
    assert_eq!(error.field(), Some("key"));
}

#[test]
fn pages_of_the_trail_neither_repeat_nor_skip_while_it_grows() {
    let daemon = Daemon::start();
    for n in 0..15 {
        daemon.connect(&format!("a{n}"));
    }
    let newest = daemon.activity()[0]["seq"].as_u64().unwrap();
    let entries = pages(&daemon, "activity.list", "entries", 4, |read| {
        daemon.connect(&format!("later{read}"));
    });
    let listed: Vec<u64> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    let expected: Vec<u64> = (newest - 14..=newest).rev().collect();
    assert_eq!(listed, expected);
}

#[test]
fn a_change_that_is_refused_has_no_entry() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let before = daemon.activity();
    daemon.admin.refused("keys.create", &json!({"name": "KEY"}), "CONFLICT");
    daemon.admin.refused("keys.rename", &json!({"id": key.id, "name": ""}), "INVALID_PARAMS");
    daemon.admin.refused("keys.delete", &json!({"id": key.id, "expected_version": 9}), "CONFLICT");
    daemon.admin.refused("keys.delete", &json!({"id": "key_AAAAAAAAAAAA"}), "NOT_FOUND");
    daemon.admin.refused("accounts.disconnect", &json!({"id": "absent"}), "NOT_FOUND");
    daemon.denied("wrong", None, "UNAUTHORIZED");
    daemon.granted(&key.secret, None);
    assert_eq!(daemon.activity(), before);
}

#[test]
fn status_tells_what_the_contract_lists() {
    let daemon = Daemon::start();
    daemon.connect("a");
    daemon.create_for_all("key");
    let status = daemon.admin.ok("system.status", &json!({}));
    let members: Vec<&str> = status.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "version",
        "protocol",
        "pid",
        "started_at",
        "revision",
        "keys",
        "accounts",
        "storage_mode",
        "data_dir",
        "runtime_dir",
        "store_bytes",
        "verifications",
    ];
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(status["pid"], daemon.pid());
    assert_eq!(status["keys"], 1);
    assert_eq!(status["accounts"], 1);
    assert_eq!(status["storage_mode"], true);
    assert_eq!(status["revision"], daemon.revision());
    assert_eq!(status["data_dir"], daemon.home.data.to_str().unwrap());
    assert_eq!(status["runtime_dir"], daemon.home.run.to_str().unwrap());
    assert_eq!(status["store_bytes"], std::fs::metadata(daemon.home.store()).unwrap().len());
    assert_eq!(status["protocol"], claviger_api::PROTOCOL);
    let health = daemon.verify.ok("system.health", &json!({}));
    assert_eq!(health, json!({"status": "ok", "version": status["version"]}));
}
