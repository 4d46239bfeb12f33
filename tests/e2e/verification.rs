//! Owns the tests of `keys.verify` and `accounts.visible`: who is let in, and that a refusal tells nothing. Must not
//! test how keys are managed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Daemon, Minted, SecretParts, eventually, soon};
use crate::refusals::assert_same_bytes;

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_right_secret_is_answered_with_exactly_these_members() {
    let daemon = Daemon::start();
    let account = daemon.connect("checking");
    let key = daemon.create_for("CI", &["checking"]);
    for socket in [&daemon.verify, &daemon.admin] {
        let granted = socket.ok("keys.verify", &json!({"secret": key.secret, "account": "checking"}));
        let expected = json!({
            "key": {"id": key.id, "name": "CI"},
            "scope": {"accounts": ["checking"]},
            "account": account,
            "revision": daemon.revision(),
        });
        assert_eq!(granted, expected);
        let without = socket.ok("keys.verify", &json!({"secret": key.secret}));
        assert_eq!(members(&without), members(&expected));
        assert!(without["account"].is_null());
    }
}

#[test]
fn a_secret_has_the_form_that_the_contract_gives_it() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("form");
    let parts = SecretParts::of(&key.secret);
    assert_eq!(parts.prefix, "clv");
    assert_eq!(key.id, format!("key_{}", parts.id));
    let last = &key.secret[key.secret.len() - 4..];
    assert_eq!(key.key["hint"], format!("clv_{}_…{last}", parts.id));
    let again = daemon.rotate(&key.id);
    let fresh = SecretParts::of(&again.secret);
    assert_eq!(fresh.id, parts.id);
    assert_ne!(fresh.body, parts.body);
}

#[test]
fn a_key_as_every_method_returns_it_has_exactly_these_members() {
    let daemon = Daemon::start();
    let created = daemon.create_for_all("Production");
    let expected = BTreeSet::from([
        "id",
        "name",
        "hint",
        "scope",
        "created_at",
        "rotated_at",
        "last_used_at",
        "retired_secret_seen_at",
        "version",
    ]);
    assert_eq!(members(&created.key), expected);
    assert_eq!(created.key["version"], 1);
    assert_eq!(created.key["scope"], "all");
    for never in ["rotated_at", "last_used_at", "retired_secret_seen_at"] {
        assert!(created.key[never].is_null(), "{never}");
    }
    let time = created.key["created_at"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time} is not RFC 3339 in UTC");
    assert_eq!(daemon.key(&created.id), created.key);
    assert_eq!(daemon.keys(), vec![created.key.clone()]);
    let renamed = daemon.admin.ok("keys.rename", &json!({"id": created.id, "name": "Staging"}));
    assert_eq!(members(&renamed), expected);
    let rotated = daemon.rotate(&created.id);
    assert_eq!(members(&rotated.key), expected);
    assert!(rotated.key["rotated_at"].is_string());
}

#[test]
fn rotation_keeps_id_name_and_scope() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("keeps", &["a"]);
    let rotated = daemon.rotate(&key.id);
    for kept in ["id", "name", "scope", "created_at"] {
        assert_eq!(rotated.key[kept], key.key[kept], "{kept}");
    }
    assert_eq!(rotated.key["version"], 2);
    assert_ne!(rotated.key["hint"], key.key["hint"]);
    assert_eq!(daemon.granted(&rotated.secret, Some("a"))["key"], json!({"id": key.id, "name": "keeps"}));
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
}

#[test]
fn creating_a_key_turns_storage_mode_on() {
    let daemon = Daemon::start();
    assert!(!daemon.storage_mode(), "a new store has it off");
    let key = daemon.create_for_all("first");
    assert!(daemon.storage_mode());
    daemon.granted(&key.secret, None);
}

#[test]
fn creating_a_key_turns_storage_mode_on_also_after_an_operator_turned_it_off() {
    let daemon = Daemon::start();
    let first = daemon.create_for_all("first");
    assert_eq!(daemon.set_storage_mode(false)["storage_mode"], false);
    daemon.denied(&first.secret, None, "STORAGE_MODE_REQUIRED");
    let second = daemon.create_for_all("second");
    assert!(daemon.storage_mode());
    daemon.granted(&first.secret, None);
    daemon.granted(&second.secret, None);
}

#[test]
fn nothing_but_creating_and_the_operator_turns_storage_mode_on() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("key", &["a"]);
    daemon.set_storage_mode(false);
    daemon.rotate(&key.id);
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "renamed"}));
    daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
    daemon.connect("b");
    daemon.admin.refused("keys.create", &json!({"name": "renamed"}), "CONFLICT");
    assert!(!daemon.storage_mode());
    daemon.restart();
    assert!(!daemon.storage_mode());
    assert_eq!(daemon.set_storage_mode(true)["storage_mode"], true);
    assert!(daemon.storage_mode());
}

#[test]
fn storage_mode_off_is_told_to_a_right_secret_only_and_before_the_account_is_looked_at() {
    let daemon = Daemon::start();
    daemon.connect("inside");
    daemon.connect("outside");
    let key = daemon.create_for("restricted", &["inside"]);
    let open = daemon.create_for_all("open");
    daemon.set_storage_mode(false);
    let mut answers = Vec::new();
    for secret in [&key.secret, &open.secret] {
        for account in [None, Some("inside"), Some("outside"), Some("absent"), Some(""), Some("*")] {
            daemon.denied(secret, account, "STORAGE_MODE_REQUIRED");
            answers.push((format!("{account:?}"), daemon.present_bytes(secret, account)));
        }
        let visible = json!({"secret": secret});
        daemon.verify.refused("accounts.visible", &visible, "STORAGE_MODE_REQUIRED");
    }
    assert_same_bytes(&answers);
    for account in [None, Some("inside"), Some("absent")] {
        daemon.denied(
            &SecretParts::of(&key.secret).with(|it| it.tag = "000000".into()),
            account,
            "UNAUTHORIZED",
        );
    }
    daemon.set_storage_mode(true);
    daemon.denied(&key.secret, Some("absent"), "NOT_FOUND");
    daemon.granted(&key.secret, Some("inside"));
}

#[test]
fn visible_accounts_are_those_of_the_scope_ordered_by_name_ignoring_case() {
    let daemon = Daemon::start();
    for (id, name) in [("1", "banana"), ("2", "Apple"), ("3", "cherry"), ("4", "avocado")] {
        daemon.admin.ok("accounts.connect", &json!({"id": id, "name": name}));
    }
    let open = daemon.create_for_all("open");
    let key = daemon.create_for("restricted", &["1", "4"]);
    assert_eq!(daemon.visible(&open.secret), ["2", "4", "1", "3"]);
    assert_eq!(daemon.visible(&key.secret), ["4", "1"]);
    let result = daemon.verify.ok("accounts.visible", &json!({"secret": key.secret}));
    assert_eq!(members(&result), BTreeSet::from(["accounts"]));
    daemon.verify.refused(
        "accounts.visible",
        &json!({"secret": key.secret, "account": "1"}),
        "INVALID_PARAMS",
    );
}

#[test]
fn a_use_is_noted_on_the_key() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("used");
    let idle = daemon.create_for_all("idle");
    daemon.granted(&key.secret, None);
    soon("the use is noted", || daemon.key(&key.id)["last_used_at"].is_string());
    assert!(daemon.key(&key.id)["retired_secret_seen_at"].is_null());
    assert!(daemon.key(&idle.id)["last_used_at"].is_null());
    assert_eq!(daemon.key(&key.id)["version"], 1, "a note of use is no change");
}

#[test]
fn a_retired_secret_that_is_presented_is_noted_on_its_key_and_a_forged_one_is_not() {
    let daemon = Daemon::start();
    let forged_at = daemon.create_for_all("forged at");
    let key = daemon.create_for_all("rotated");
    daemon.rotate(&key.id);
    let newest = daemon.rotate(&key.id);
    let before = daemon.revision();
    let forged = SecretParts::of(&forged_at.secret).with(|it| it.tag = "000000".into());
    daemon.denied(&forged, None, "UNAUTHORIZED");
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
    soon("the retired secret is noted", || daemon.key(&key.id)["retired_secret_seen_at"].is_string());
    assert!(daemon.key(&forged_at.id)["retired_secret_seen_at"].is_null());
    assert!(daemon.key(&key.id)["last_used_at"].is_null(), "a refused secret is no use");
    assert_eq!(daemon.revision(), before, "a note is no change");
    daemon.granted(&newest.secret, None);
}

#[test]
fn notes_of_use_survive_a_restart() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("used");
    daemon.granted(&key.secret, None);
    let noted =
        eventually("the use is noted", || daemon.key(&key.id)["last_used_at"].as_str().map(str::to_owned));
    daemon.restart();
    assert_eq!(daemon.key(&key.id)["last_used_at"], noted);
}

/// How often a key was granted, by day, where it was.
fn days_of_use(daemon: &Daemon, id: &str) -> Vec<(String, u64)> {
    let usage = daemon.admin.ok("keys.usage", &json!({"id": id}));
    assert_eq!(members(&usage), BTreeSet::from(["days"]));
    let days = usage["days"].as_array().unwrap();
    assert_eq!(days.len(), 14, "{usage}");
    let read = |day: &Value| {
        assert_eq!(members(day), BTreeSet::from(["day", "granted"]));
        (day["day"].as_str().unwrap().to_owned(), day["granted"].as_u64().unwrap())
    };
    let days: Vec<_> = days.iter().map(read).collect();
    assert!(days.is_sorted_by(|one, next| one.0 < next.0), "oldest first: {usage}");
    days.into_iter().filter(|(_, granted)| *granted > 0).collect()
}

#[test]
fn what_was_granted_is_counted_by_day_also_after_a_restart() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let (used, idle) = (daemon.create_for("used", &["a"]), daemon.create_for_all("idle"));
    let total =
        |daemon: &Daemon| days_of_use(daemon, &used.id).iter().map(|(_, granted)| granted).sum::<u64>();
    let (revision, entries) = (daemon.revision(), daemon.activity().len());
    daemon.granted(&used.secret, None);
    daemon.granted(&used.secret, Some("a"));
    daemon.visible(&used.secret);
    daemon.denied(&used.secret, Some("b"), "NOT_FOUND");
    daemon.set_storage_mode(false);
    daemon.denied(&used.secret, None, "STORAGE_MODE_REQUIRED");
    daemon.set_storage_mode(true);
    assert_eq!(total(&daemon), 3);
    assert_eq!((daemon.revision(), daemon.activity().len()), (revision + 2, entries + 2), "the mode's alone");
    let day = daemon.key(&used.id)["last_used_at"].as_str().unwrap()[..10].to_owned();
    assert_eq!(days_of_use(&daemon, &used.id).last().unwrap().0, day);
    daemon.restart();
    daemon.granted(&used.secret, None);
    assert_eq!(total(&daemon), 4);
    assert_eq!(days_of_use(&daemon, &idle.id), []);
    daemon.admin.ok("keys.delete", &json!({"id": used.id}));
    daemon.admin.refused("keys.usage", &json!({"id": used.id}), "NOT_FOUND");
}

#[test]
fn a_verdict_carries_the_revision_it_holds_for() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let before = daemon.granted(&key.secret, None)["revision"].as_u64().unwrap();
    assert_eq!(before, daemon.revision());
    daemon.connect("a");
    assert_eq!(daemon.granted(&key.secret, None)["revision"], before + 1);
}

#[test]
fn a_changed_prefix_is_for_new_secrets_and_old_ones_go_on() {
    let mut daemon = Daemon::start();
    let old = daemon.create_for_all("old");
    daemon.stop();
    daemon.home.configure("key_prefix = \"acme9\"");
    daemon.start_again();
    let new = daemon.create_for_all("new");
    assert_eq!(SecretParts::of(&new.secret).prefix, "acme9");
    daemon.granted(&new.secret, None);
    daemon.granted(&old.secret, None);
    let swapped = SecretParts::of(&old.secret).with(|it| it.prefix = "acme9".into());
    daemon.denied(&swapped, None, "UNAUTHORIZED");
}

#[test]
fn verifications_are_counted() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let counts = || daemon.admin.ok("system.status", &json!({}))["verifications"].clone();
    assert_eq!(counts(), json!({"granted": 0, "refused": 0}));
    daemon.granted(&key.secret, None);
    daemon.granted(&key.secret, None);
    daemon.denied(&key.secret, Some("absent"), "NOT_FOUND");
    daemon.denied("wrong", None, "UNAUTHORIZED");
    daemon.set_storage_mode(false);
    daemon.denied(&key.secret, None, "STORAGE_MODE_REQUIRED");
    soon("all are counted", || counts() == json!({"granted": 2, "refused": 3}));
}

#[test]
fn keys_of_one_name_after_another_never_share_an_id() {
    let daemon = Daemon::start();
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let Minted { id, secret, .. } = daemon.create_for_all("again");
        daemon.admin.ok("keys.delete", &json!({"id": id}));
        daemon.denied(&secret, None, "UNAUTHORIZED");
        daemon.admin.refused("keys.get", &json!({"id": id}), "NOT_FOUND");
        assert!(seen.insert(id), "an id was used again");
    }
}
