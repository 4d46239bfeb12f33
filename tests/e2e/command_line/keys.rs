//! Owns the tests of `claviger keys`: which key is meant, what a secret is printed to, and what needs a yes. Must not test listings.

use serde_json::json;

use super::{CONFLICT, DONE, FAILED, NOT_FOUND, USAGE, fails, run, verify};
use crate::harness::{Daemon, SecretParts};

#[test]
fn create_prints_the_secret_alone_on_standard_output() {
    let daemon = Daemon::start();
    let made = run(&daemon, &["keys", "create", "CI"]).success();
    let secret = made.stdout.strip_suffix('\n').expect("one line");
    assert_eq!(SecretParts::of(secret).join(), secret);
    assert!(!made.stderr.contains(secret), "the secret is on standard error too");
    assert_eq!(daemon.granted(secret, None)["key"]["name"], "CI");
    assert_eq!(daemon.keys()[0]["scope"], "all");
    verify(&daemon, secret, &[]).success();
}

#[test]
fn create_restricts_to_the_accounts_that_are_named_by_id_or_by_exact_name() {
    let daemon = Daemon::start();
    daemon.connect("one");
    daemon.admin.ok("accounts.connect", &json!({"id": "two", "name": "Second Account"}));
    run(&daemon, &["keys", "create", "CI", "--account", "one", "--account", "Second Account"]).success();
    assert_eq!(daemon.keys()[0]["scope"], json!({"accounts": ["one", "two"]}));
    fails(&daemon, &["keys", "create", "other", "--account", "absent"], NOT_FOUND);
    fails(&daemon, &["keys", "create", "other", "--account", "second account"], NOT_FOUND);
    assert_eq!(daemon.key_names(), ["CI"]);
}

#[test]
fn rotate_prints_the_new_secret_alone_and_needs_yes_away_from_a_terminal() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    let refused = run(&daemon, &["keys", "rotate", "CI"]);
    assert!([FAILED, USAGE].contains(&refused.status), "{refused:?}");
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    daemon.granted(&key.secret, None);
    let rotated = run(&daemon, &["keys", "rotate", "CI", "--yes"]).success();
    let secret = rotated.stdout.strip_suffix('\n').expect("one line");
    assert_eq!(SecretParts::of(secret).join(), secret);
    daemon.granted(secret, None);
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
}

#[test]
fn delete_needs_yes_away_from_a_terminal() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    let refused = daemon.home.run_with_input(&["keys", "delete", "CI"], "y\nyes\nCI\n");
    assert!([FAILED, USAGE].contains(&refused.status), "{refused:?}");
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    daemon.granted(&key.secret, None);
    run(&daemon, &["keys", "delete", "CI", "--yes"]).success();
    assert!(daemon.keys().is_empty());
}

#[test]
fn keys_are_named_by_id_or_by_exact_name() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for_all("Production");
    run(&daemon, &["keys", "rename", "Production", "Staging"]).success();
    assert_eq!(daemon.key_names(), ["Staging"]);
    run(&daemon, &["keys", "rename", &key.id, "Testing"]).success();
    assert_eq!(daemon.key_names(), ["Testing"]);
    run(&daemon, &["keys", "scope", "Testing", "--account", "a"]).success();
    assert_eq!(daemon.key(&key.id)["scope"], json!({"accounts": ["a"]}));
    run(&daemon, &["keys", "scope", &key.id, "--all"]).success();
    assert_eq!(daemon.key(&key.id)["scope"], "all");
    for absent in ["Production", "testing", "Test", "key_AAAAAAAAAAAA", ""] {
        let output = run(&daemon, &["keys", "rename", absent, "Other"]);
        assert!([NOT_FOUND, USAGE].contains(&output.status), "{absent:?}: {output:?}");
    }
    fails(&daemon, &["keys", "rename", "key_AAAAAAAAAAAA", "Other"], NOT_FOUND);
    fails(&daemon, &["keys", "rename", "testing", "Other"], NOT_FOUND);
    assert_eq!(daemon.key_names(), ["Testing"]);
}

#[test]
fn a_name_that_reads_like_another_keys_id_does_not_stand_in_for_it() {
    let daemon = Daemon::start();
    let meant = daemon.create_for_all("meant");
    let lookalike = daemon.create_for_all(&meant.id);
    let output = run(&daemon, &["keys", "delete", &meant.id, "--yes"]);
    daemon.granted(&lookalike.secret, None);
    if output.status == DONE {
        daemon.denied(&meant.secret, None, "UNAUTHORIZED");
    }
}

#[test]
fn a_scope_needs_exactly_one_of_all_and_accounts() {
    let daemon = Daemon::start();
    daemon.connect("a");
    daemon.create_for("CI", &["a"]);
    fails(&daemon, &["keys", "scope", "CI"], USAGE);
    fails(&daemon, &["keys", "scope", "CI", "--all", "--account", "a"], USAGE);
    fails(&daemon, &["keys", "scope", "CI", "--account", "absent"], NOT_FOUND);
    let empty = run(&daemon, &["keys", "scope", "CI", "--account", ""]);
    assert_ne!(empty.status, DONE);
    assert_eq!(daemon.keys()[0]["scope"], json!({"accounts": ["a"]}));
}

#[test]
fn a_name_that_is_taken_or_refused_has_its_own_status() {
    let daemon = Daemon::start();
    daemon.create_for_all("CI");
    daemon.create_for_all("other");
    fails(&daemon, &["keys", "create", "ci"], CONFLICT);
    fails(&daemon, &["keys", "rename", "other", "Ci"], CONFLICT);
    let hostile = run(&daemon, &["keys", "create", "zqzq\u{1b}[2J"]);
    assert!([FAILED, USAGE].contains(&hostile.status), "{hostile:?}");
    assert!(!hostile.stderr.contains('\u{1b}') && !hostile.stderr.contains("zqzq"), "{hostile:?}");
    assert_eq!(daemon.key_names(), ["CI", "other"]);
}
