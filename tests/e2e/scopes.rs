//! Owns the tests of scopes and accounts: that nothing but the operator widens what a key can see. Must not test the
//! form of refusals to verifiers.

use serde_json::{Value, json};

use crate::harness::{Daemon, assert_code};

/// Scopes that no request may have, with two accounts `a` and `b` connected.
fn refused_scopes() -> Vec<Value> {
    let mut scopes = vec![
        json!({"accounts": []}),
        json!(null),
        json!({}),
        json!({"accounts": null}),
        json!({"accounts": "all"}),
        json!({"accounts": "a"}),
        json!({"accounts": {"a": true}}),
        json!({"accounts": [null]}),
        json!({"accounts": [1]}),
        json!({"accounts": [["a"]]}),
        json!({"accounts": [""]}),
        json!({"accounts": ["*"]}),
        json!({"accounts": ["a", "*"]}),
        json!({"accounts": [" a"]}),
        json!({"accounts": ["a", "a"]}),
        json!({"accounts": ["a", "b", "a"]}),
        json!({"accounts": ["a"], "all": true}),
        json!({"all": true}),
        json!({"Accounts": ["a"]}),
        json!("*"),
        json!("ALL"),
        json!("all "),
        json!("none"),
        json!(""),
        json!([]),
        json!(["a"]),
        json!(["all"]),
        json!(true),
        json!(false),
        json!(0),
    ];
    scopes.push(json!({"accounts": ["x".repeat(65)]}));
    scopes.push(json!({"accounts": vec!["a"; 10_000]}));
    scopes
}

/// Scopes that are well-formed but name an account that is not there.
fn unknown_scopes() -> Vec<Value> {
    let crowd: Vec<String> = (0..5000).map(|n| format!("n{n}")).collect();
    vec![
        json!({"accounts": ["absent"]}),
        json!({"accounts": ["a", "absent"]}),
        json!({"accounts": ["A"]}),
        json!({"accounts": ["acc_AAAAAAAAAAAA"]}),
        json!({"accounts": crowd}),
    ]
}

/// Fails unless a scope is refused for an account that is not there: as an id that names nothing, or as a parameter
/// against a rule. Rule 4 asks for the refusal and leaves its code open.
fn refused_for_absent_account(daemon: &Daemon, method: &str, params: &Value) {
    let error = daemon.admin.call(method, params).expect_err("an account that is not connected");
    if error.number == -32004 {
        assert_code(&error, "NOT_FOUND");
    } else {
        assert_code(&error, "INVALID_PARAMS");
        assert_eq!(error.field(), Some("scope"), "{}", error.raw);
    }
    assert!(!error.raw.contains("absent") && !error.raw.contains("n4999"), "{}", error.raw);
}

#[test]
fn an_empty_unknown_or_repeated_account_is_refused_and_no_key_is_made() {
    let daemon = Daemon::start();
    daemon.connect("a");
    daemon.connect("b");
    let before = daemon.revision();
    for scope in refused_scopes() {
        let params = json!({"name": "refused", "scope": scope});
        let error = daemon.admin.refused("keys.create", &params, "INVALID_PARAMS");
        assert!(error.field().is_some_and(|field| field.starts_with("scope")), "{}", error.raw);
    }
    for scope in unknown_scopes() {
        refused_for_absent_account(&daemon, "keys.create", &json!({"name": "refused", "scope": scope}));
    }
    assert!(daemon.keys().is_empty());
    assert_eq!(daemon.revision(), before);
    assert!(!daemon.storage_mode(), "a refused key turns nothing on");
    assert_eq!(daemon.activity().len(), 2, "a refusal is no entry");
}

#[test]
fn an_empty_unknown_or_repeated_account_is_refused_and_the_scope_stays() {
    let daemon = Daemon::start();
    daemon.connect("a");
    daemon.connect("b");
    let key = daemon.create_for("key", &["a"]);
    let before = daemon.revision();
    for scope in refused_scopes() {
        daemon.admin.refused("keys.set_scope", &json!({"id": key.id, "scope": scope}), "INVALID_PARAMS");
    }
    for scope in unknown_scopes() {
        refused_for_absent_account(&daemon, "keys.set_scope", &json!({"id": key.id, "scope": scope}));
    }
    let missing = daemon.admin.refused("keys.set_scope", &json!({"id": key.id}), "INVALID_PARAMS");
    assert_eq!(missing.field(), Some("scope"));
    assert_eq!(daemon.key(&key.id), key.key);
    assert_eq!(daemon.revision(), before);
    assert_eq!(daemon.visible(&key.secret), ["a"]);
}

#[test]
fn a_scope_that_is_left_out_is_all() {
    let daemon = Daemon::start();
    let made = daemon.admin.ok("keys.create", &json!({"name": "default"}));
    assert_eq!(made["key"]["scope"], "all");
}

#[test]
fn all_accounts_means_those_connected_later_too_and_a_restricted_key_never_gains_them() {
    let daemon = Daemon::start();
    daemon.connect("early");
    let open = daemon.create_for_all("open");
    let restricted = daemon.create_for("restricted", &["early"]);
    daemon.connect("late");
    assert_eq!(daemon.visible(&open.secret), ["early", "late"]);
    assert_eq!(daemon.visible(&restricted.secret), ["early"]);
    daemon.granted(&open.secret, Some("late"));
    daemon.denied(&restricted.secret, Some("late"), "NOT_FOUND");
}

#[test]
fn disconnecting_the_last_account_leaves_a_key_restricted_to_nothing() {
    let daemon = Daemon::start();
    daemon.connect("last");
    daemon.connect("other");
    let key = daemon.create_for("key", &["last"]);
    daemon.admin.ok("accounts.disconnect", &json!({"id": "last"}));
    assert_eq!(daemon.key(&key.id)["scope"], json!({"accounts": []}));
    assert_eq!(daemon.keys()[0]["scope"], json!({"accounts": []}));
    assert!(daemon.visible(&key.secret).is_empty());
    for account in ["last", "other"] {
        daemon.denied(&key.secret, Some(account), "NOT_FOUND");
    }
}

#[test]
fn connecting_an_account_again_under_the_same_id_gives_it_back_to_no_restricted_key() {
    let mut daemon = Daemon::start();
    daemon.connect("again");
    daemon.connect("kept");
    let emptied = daemon.create_for("emptied", &["again"]);
    let narrowed = daemon.create_for("narrowed", &["again", "kept"]);
    let open = daemon.create_for_all("open");
    daemon.admin.ok("accounts.disconnect", &json!({"id": "again"}));
    daemon.connect("again");
    for _ in 0..2 {
        assert_eq!(daemon.key(&emptied.id)["scope"], json!({"accounts": []}));
        assert_eq!(daemon.key(&narrowed.id)["scope"], json!({"accounts": ["kept"]}));
        assert!(daemon.visible(&emptied.secret).is_empty());
        assert_eq!(daemon.visible(&narrowed.secret), ["kept"]);
        for secret in [&emptied.secret, &narrowed.secret] {
            daemon.denied(secret, Some("again"), "NOT_FOUND");
        }
        daemon.granted(&open.secret, Some("again"));
        daemon.restart();
    }
}

#[test]
fn a_restart_changes_nothing_of_an_emptied_scope() {
    let mut daemon = Daemon::start();
    daemon.connect("last");
    let key = daemon.create_for("key", &["last"]);
    daemon.admin.ok("accounts.disconnect", &json!({"id": "last"}));
    daemon.restart();
    assert_eq!(daemon.key(&key.id)["scope"], json!({"accounts": []}));
    daemon.connect("last");
    daemon.connect("new");
    daemon.kill9();
    daemon.start_again();
    assert_eq!(daemon.key(&key.id)["scope"], json!({"accounts": []}));
    assert!(daemon.visible(&key.secret).is_empty());
    for account in ["last", "new"] {
        daemon.denied(&key.secret, Some(account), "NOT_FOUND");
    }
}

#[test]
fn rotating_and_renaming_widen_nothing() {
    let daemon = Daemon::start();
    daemon.connect("last");
    daemon.connect("other");
    let key = daemon.create_for("key", &["last"]);
    daemon.admin.ok("accounts.disconnect", &json!({"id": "last"}));
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "renamed"}));
    let rotated = daemon.rotate(&key.id);
    assert_eq!(rotated.key["scope"], json!({"accounts": []}));
    assert!(daemon.visible(&rotated.secret).is_empty());
}

#[test]
fn only_the_operator_widens_a_scope_and_the_next_verification_sees_it() {
    let daemon = Daemon::start();
    daemon.connect("a");
    daemon.connect("b");
    let key = daemon.create_for("key", &["a"]);
    daemon.denied(&key.secret, Some("b"), "NOT_FOUND");
    let edited = daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": {"accounts": ["b"]}}));
    assert_eq!(edited["scope"], json!({"accounts": ["b"]}));
    assert_eq!(edited["version"], 2);
    daemon.granted(&key.secret, Some("b"));
    daemon.denied(&key.secret, Some("a"), "NOT_FOUND");
    daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
    assert_eq!(daemon.visible(&key.secret), ["a", "b"]);
    daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": {"accounts": ["a", "b"]}}));
    daemon.connect("c");
    assert_eq!(daemon.visible(&key.secret), ["a", "b"]);
}

#[test]
fn disconnecting_names_the_keys_whose_scope_lost_the_account() {
    let daemon = Daemon::start();
    daemon.connect("gone");
    daemon.connect("kept");
    let mut lost =
        vec![daemon.create_for("one", &["gone"]).id, daemon.create_for("two", &["gone", "kept"]).id];
    let untouched = [daemon.create_for("three", &["kept"]), daemon.create_for_all("four")];
    let result = daemon.admin.ok("accounts.disconnect", &json!({"id": "gone"}));
    assert_eq!(result.as_object().unwrap().len(), 2, "{result}");
    assert_eq!(result["id"], "gone");
    let mut named: Vec<String> = serde_json::from_value(result["keys"].clone()).unwrap();
    named.sort();
    lost.sort();
    assert_eq!(named, lost);
    for id in lost {
        assert_eq!(daemon.key(&id)["version"], 2, "its scope changed");
    }
    for key in untouched {
        assert_eq!(daemon.key(&key.id), key.key);
    }
    daemon.admin.refused("accounts.disconnect", &json!({"id": "gone"}), "NOT_FOUND");
    daemon.admin.refused("accounts.disconnect", &json!({"id": "never"}), "NOT_FOUND");
}

#[test]
fn an_account_has_exactly_these_members() {
    let daemon = Daemon::start();
    let facts = json!({"name": "Everyday", "institution": "First Bank", "mask": "1234", "kind": "checking"});
    let account = daemon.admin.ok("accounts.connect", &facts);
    for (member, value) in facts.as_object().unwrap() {
        assert_eq!(&account[member], value);
    }
    let members: Vec<&str> = account.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["connected_at", "id", "institution", "kind", "mask", "name", "version"]);
    assert_eq!(account["version"], 1);
    let id = account["id"].as_str().unwrap();
    let made = id.strip_prefix("acc_").expect("a made id begins with acc_");
    assert!(made.len() == 12 && made.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    let plain = daemon.admin.ok("accounts.connect", &json!({"name": "Everyday", "institution": null}));
    for member in ["institution", "mask", "kind"] {
        assert!(plain[member].is_null(), "{member}");
    }
    assert_ne!(plain["id"], account["id"], "two accounts can have one name");
}

#[test]
fn an_account_id_of_the_callers_choice_is_kept_or_refused_but_never_changed() {
    let daemon = Daemon::start();
    let long = "x".repeat(64);
    for id in ["a", "A", "my-bank_1", "0", long.as_str()] {
        assert_eq!(daemon.connect(id)["id"], id);
    }
    let too_long = "x".repeat(65);
    for id in ["", " ", "a b", "a/b", "é", "*", "a\n", " a", "a.", too_long.as_str()] {
        let error =
            daemon.admin.refused("accounts.connect", &json!({"name": "n", "id": id}), "INVALID_PARAMS");
        assert_eq!(error.field(), Some("id"), "{}", error.raw);
    }
    for id in [json!(null), json!(7), json!(["a"])] {
        daemon.admin.refused("accounts.connect", &json!({"name": "n", "id": id}), "INVALID_PARAMS");
    }
    daemon.admin.refused("accounts.connect", &json!({"name": "other", "id": "a"}), "CONFLICT");
    assert_eq!(daemon.admin.ok("accounts.list", &json!({}))["accounts"].as_array().unwrap().len(), 5);
}

#[test]
fn updating_an_account_changes_what_is_given_clears_what_is_null_and_keeps_the_rest() {
    let daemon = Daemon::start();
    let facts = json!({"id": "a", "name": "Old", "institution": "Bank", "mask": "1234", "kind": "savings"});
    let connected = daemon.admin.ok("accounts.connect", &facts);
    let key = daemon.create_for("key", &["a"]);
    let updated = daemon.admin.ok("accounts.update", &json!({"id": "a", "name": "New", "mask": null}));
    assert_eq!(updated["name"], "New");
    assert!(updated["mask"].is_null());
    for kept in ["id", "institution", "kind", "connected_at"] {
        assert_eq!(updated[kept], connected[kept], "{kept}");
    }
    assert_eq!(updated["version"], 2);
    assert_eq!(daemon.granted(&key.secret, Some("a"))["account"], updated);
    daemon.admin.refused("accounts.update", &json!({"id": "a", "name": null}), "INVALID_PARAMS");
    daemon.admin.refused("accounts.update", &json!({"id": "absent", "name": "n"}), "NOT_FOUND");
    let conditional = json!({"id": "a", "name": "Newer", "expected_version": 1});
    daemon.admin.refused("accounts.update", &conditional, "CONFLICT");
    assert_eq!(daemon.granted(&key.secret, Some("a"))["account"], updated, "a refusal changes nothing");
}
