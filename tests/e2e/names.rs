//! Owns the tests of names and of edits that depend on a version. Must not test what a name is shown as.

use serde_json::{Value, json};

use crate::harness::Daemon;

/// A text that must not come back in any answer, nor reach the log.
const MARK: &str = "zqzqmark";

/// Texts that are no name, with what is wrong with them. Each holds the mark, as far as it can.
fn refused_names() -> Vec<(&'static str, String)> {
    let mut names: Vec<(&str, String)> = [
        ("newline", "a\nb"),
        ("carriage return", "a\rb"),
        ("tab", "a\tb"),
        ("NUL", "a\0b"),
        ("escape sequence", "a\u{1b}[2Jb"),
        ("delete", "a\u{7f}b"),
        ("C1 control", "a\u{9b}31mb"),
        ("line separator", "a\u{2028}b"),
        ("paragraph separator", "a\u{2029}b"),
        ("right-to-left override", "a\u{202e}b"),
        ("left-to-right isolate", "a\u{2066}b"),
        ("right-to-left mark", "a\u{200f}b"),
        ("zero-width space", "a\u{200b}b"),
        ("zero-width joiner", "a\u{200d}b"),
        ("word joiner", "a\u{2060}b"),
        ("soft hyphen", "a\u{ad}b"),
        ("byte-order mark", "a\u{feff}b"),
        ("tag character", "a\u{e0041}b"),
        ("private use", "a\u{e000}b"),
        ("private use, plane 16", "a\u{10fffd}b"),
        ("unassigned", "a\u{378}b"),
        ("noncharacter", "a\u{ffff}b"),
        ("five combining marks", "a\u{316}\u{317}\u{318}\u{319}\u{31a}b"),
    ]
    .map(|(label, text)| (label, format!("{MARK}{text}")))
    .into();
    names.push(("empty", String::new()));
    names.push(("spaces", "   ".into()));
    names.push(("white space of all kinds", " \t\n\u{a0}\u{2003}\u{3000}".into()));
    names.push(("65 characters", format!("{MARK}{}", "x".repeat(57))));
    names.push(("65 wide characters", format!("{MARK}{}", "漢".repeat(57))));
    names.push(("a flood of combining marks", format!("{MARK}{}", "\u{300}".repeat(500))));
    names.push(("tens of KiB", format!("{MARK}{}", "x".repeat(50_000))));
    names
}

/// Every call that takes a name, with the field that holds it.
fn calls_with(id: &str, name: &Value) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("keys.create", "name", json!({"name": name})),
        ("keys.rename", "name", json!({"id": id, "name": name})),
        ("accounts.connect", "name", json!({"name": name})),
        ("accounts.connect", "institution", json!({"name": "n", "institution": name})),
        ("accounts.connect", "mask", json!({"name": "n", "mask": name})),
        ("accounts.connect", "kind", json!({"name": "n", "kind": name})),
        ("accounts.update", "name", json!({"id": "a", "name": name})),
        ("accounts.update", "institution", json!({"id": "a", "institution": name})),
    ]
}

#[test]
fn a_name_that_lies_on_a_screen_or_drives_a_terminal_is_refused_and_not_repeated() {
    let mut daemon = Daemon::start();
    let account = daemon.connect("a");
    let key = daemon.create_for_all("key");
    let before = daemon.revision();
    for (label, name) in refused_names() {
        for (method, field, params) in calls_with(&key.id, &json!(name)) {
            let error = daemon.admin.refused(method, &params, "INVALID_PARAMS");
            assert_eq!(error.field(), Some(field), "{label}, {method}: {}", error.raw);
            assert!(!error.raw.contains(MARK), "{label}, {method}: {}", error.raw);
        }
    }
    for name in [json!(null), json!(7), json!(["a"]), json!({"a": 1}), json!(true)] {
        for method in ["keys.create", "accounts.connect"] {
            let error = daemon.admin.refused(method, &json!({"name": name}), "INVALID_PARAMS");
            assert_eq!(error.field(), Some("name"));
        }
    }
    assert_eq!(daemon.revision(), before, "nothing was written");
    assert_eq!(daemon.keys(), vec![key.key]);
    assert_eq!(daemon.admin.ok("accounts.list", &json!({}))["accounts"], json!([account]));
    daemon.stop();
    assert!(!daemon.home.log_text().contains(MARK), "a refused name is in the log");
}

#[test]
fn a_lone_surrogate_is_no_name() {
    let daemon = Daemon::start();
    let answer = daemon
        .admin
        .post_json(r#"{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{"name":"a\ud800b"}}"#);
    assert!(answer["error"]["code"].is_i64(), "{answer}");
    assert!(daemon.keys().is_empty());
}

#[test]
fn names_are_trimmed_and_brought_to_nfc() {
    let daemon = Daemon::start();
    for (given, kept) in [
        ("  Production \u{a0}", "Production"),
        ("Cafe\u{301}", "Caf\u{e9}"),
        ("\u{1100}\u{1161}", "\u{ac00}"),
        ("\n  日本語の鍵\t", "日本語の鍵"),
        ("two  spaces inside", "two  spaces inside"),
        ("x\u{316}\u{317}\u{318}\u{319}", "x\u{316}\u{317}\u{318}\u{319}"),
        ("'; DROP TABLE keys; --", "'; DROP TABLE keys; --"),
        ("\u{1f511} key", "\u{1f511} key"),
    ] {
        let key = daemon.create_for_all(given);
        assert_eq!(key.key["name"], kept);
        assert_eq!(daemon.key(&key.id)["name"], kept);
        assert_eq!(daemon.granted(&key.secret, None)["key"]["name"], kept);
        let account = daemon.admin.ok("accounts.connect", &json!({"name": given, "institution": given}));
        assert_eq!(account["name"], kept);
        assert_eq!(account["institution"], kept);
        let renamed = daemon.admin.ok("accounts.update", &json!({"id": account["id"], "kind": given}));
        assert_eq!(renamed["kind"], kept);
    }
}

#[test]
fn a_name_has_up_to_64_characters_however_many_bytes() {
    let daemon = Daemon::start();
    for longest in ["x".repeat(64), "漢".repeat(64), "\u{1f511}".repeat(64), "e\u{301}".repeat(64)] {
        let key = daemon.create_for_all(&longest);
        assert_eq!(key.key["name"].as_str().unwrap().chars().count(), 64);
        let padded = format!("  {longest}  ");
        daemon.admin.refused("keys.create", &json!({"name": padded}), "CONFLICT");
    }
}

#[test]
fn two_keys_cannot_have_the_same_name_ignoring_case_and_normal_form() {
    let daemon = Daemon::start();
    for (taken, same) in [
        ("CI", "ci"),
        ("Production", "  PRODUCTION "),
        ("Caf\u{e9}", "CAFE\u{301}"),
        ("Straße", "STRASSE"),
        ("ΣΑΣ", "σας"),
        ("ДОСТУП", "доступ"),
    ] {
        let key = daemon.create_for_all(taken);
        let other = daemon.create_for_all(&format!("other than {taken}"));
        let before = daemon.revision();
        let error = daemon.admin.refused("keys.create", &json!({"name": same}), "CONFLICT");
        assert!(!error.message.contains(same.trim()), "{}", error.raw);
        daemon.admin.refused("keys.rename", &json!({"id": other.id, "name": same}), "CONFLICT");
        assert_eq!(daemon.revision(), before);
        assert_eq!(daemon.key(&other.id), other.key);
        daemon.granted(&key.secret, None);
    }
}

#[test]
fn a_key_can_change_the_case_of_its_own_name_and_frees_the_old_one() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("ci");
    let renamed = daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "CI"}));
    assert_eq!(renamed["name"], "CI");
    assert_eq!(renamed["version"], 2);
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "build"}));
    let next = daemon.create_for_all("ci");
    daemon.admin.ok("keys.delete", &json!({"id": next.id}));
    daemon.create_for_all("Ci");
    assert_eq!(daemon.key_names(), ["build", "Ci"]);
    daemon.granted(&key.secret, None);
}

#[test]
fn two_accounts_can_have_one_name() {
    let daemon = Daemon::start();
    let first = daemon.admin.ok("accounts.connect", &json!({"name": "Checking"}));
    let second = daemon.admin.ok("accounts.connect", &json!({"name": "checking"}));
    assert_ne!(first["id"], second["id"]);
}

#[test]
fn an_edit_with_another_version_is_a_conflict_and_changes_nothing() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for_all("key");
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "renamed", "expected_version": 1}));
    let now = daemon.key(&key.id);
    let before = daemon.revision();
    for version in [0_u64, 1, 3, u64::MAX] {
        for (method, params) in [
            ("keys.rename", json!({"id": key.id, "name": "again"})),
            ("keys.set_scope", json!({"id": key.id, "scope": {"accounts": ["a"]}})),
            ("keys.rotate", json!({"id": key.id})),
            ("keys.delete", json!({"id": key.id})),
        ] {
            let mut params = params;
            params["expected_version"] = json!(version);
            daemon.admin.refused(method, &params, "CONFLICT");
        }
    }
    assert_eq!(daemon.key(&key.id), now);
    assert_eq!(daemon.revision(), before);
    daemon.granted(&key.secret, None);
}

#[test]
fn an_edit_with_the_right_version_goes_through_and_the_version_grows_by_one() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for_all("key");
    let edit = |method: &str, mut params: Value, version: u64| {
        params["id"] = json!(key.id);
        params["expected_version"] = json!(version);
        daemon.admin.ok(method, &params)
    };
    assert_eq!(edit("keys.rename", json!({"name": "renamed"}), 1)["version"], 2);
    assert_eq!(edit("keys.set_scope", json!({"scope": {"accounts": ["a"]}}), 2)["version"], 3);
    assert_eq!(edit("keys.rotate", json!({}), 3)["key"]["version"], 4);
    assert_eq!(edit("keys.delete", json!({}), 4), json!({"id": key.id}));
    assert!(daemon.keys().is_empty());
}

#[test]
fn a_version_that_is_no_whole_number_is_refused() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    for version in [json!("1"), json!(1.5), json!(-1), json!(null), json!([1]), json!(true)] {
        let params = json!({"id": key.id, "name": "renamed", "expected_version": version});
        let error = daemon.admin.refused("keys.rename", &params, "INVALID_PARAMS");
        assert_eq!(error.field(), Some("expected_version"), "{}", error.raw);
    }
    assert_eq!(daemon.key_names(), ["key"]);
}

#[test]
fn of_two_edits_of_one_version_one_goes_through() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    for round in 0..10_u64 {
        let outcomes: Vec<bool> = std::thread::scope(|scope| {
            let editors: Vec<_> = (0..4)
                .map(|editor| {
                    let name = format!("round {round} by {editor}");
                    let params = json!({"id": key.id, "name": name, "expected_version": round + 1});
                    let admin = &daemon.admin;
                    scope.spawn(move || admin.call("keys.rename", &params).is_ok())
                })
                .collect();
            editors.into_iter().map(|editor| editor.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|won| **won).count(), 1, "{outcomes:?}");
    }
    assert_eq!(daemon.key(&key.id)["version"], 11);
}
