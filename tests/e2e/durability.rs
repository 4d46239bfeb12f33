//! Owns the tests of what a restart and a kill leave: all that was answered, and nothing else. Must not damage a store, nor
//! kill while something is under way.

use serde_json::{Value, json};

use crate::harness::{Daemon, Minted, soon};

/// All that a daemon tells of its state.
fn state(daemon: &Daemon) -> Value {
    json!({
        "keys": daemon.keys(),
        "accounts": daemon.admin.ok("accounts.list", &json!({"limit": 1000}))["accounts"],
        "settings": daemon.admin.ok("settings.get", &json!({})),
        "activity": daemon.activity(),
    })
}

fn populate(daemon: &Daemon) -> (Minted, Minted) {
    daemon.connect("a");
    daemon.connect("b");
    let restricted = daemon.create_for("restricted", &["a"]);
    let open = daemon.create_for_all("open");
    let doomed = daemon.create_for_all("doomed");
    let rotated = daemon.rotate(&open.id);
    daemon.admin.ok("keys.delete", &json!({"id": doomed.id}));
    daemon.admin.ok("accounts.update", &json!({"id": "b", "mask": "1234"}));
    (restricted, rotated)
}

#[test]
fn a_restart_keeps_everything() {
    let mut daemon = Daemon::start();
    let (restricted, rotated) = populate(&daemon);
    let before = state(&daemon);
    daemon.restart();
    assert_eq!(state(&daemon), before);
    daemon.granted(&restricted.secret, Some("a"));
    daemon.denied(&restricted.secret, Some("b"), "NOT_FOUND");
    daemon.granted(&rotated.secret, Some("b"));
}

#[test]
fn a_kill_keeps_everything_that_was_answered() {
    let mut daemon = Daemon::start();
    let (restricted, rotated) = populate(&daemon);
    let before = state(&daemon);
    daemon.kill9();
    daemon.start_again();
    assert_eq!(state(&daemon), before);
    daemon.granted(&restricted.secret, Some("a"));
    daemon.denied(&restricted.secret, Some("b"), "NOT_FOUND");
    daemon.granted(&rotated.secret, Some("b"));
}

#[test]
fn each_kind_of_change_survives_a_kill_right_after_its_answer() {
    let mut daemon = Daemon::start();
    let mut again = |act: &dyn Fn(&Daemon)| {
        act(&daemon);
        daemon.kill9();
        daemon.start_again();
        daemon.keys()
    };
    again(&|daemon| drop(daemon.connect("a")));
    let keys = again(&|daemon| drop(daemon.create_for("key", &["a"])));
    let id = keys[0]["id"].clone();
    let keys = again(&|daemon| drop(daemon.admin.ok("keys.rename", &json!({"id": id, "name": "renamed"}))));
    assert_eq!(keys[0]["name"], "renamed");
    let keys = again(&|daemon| drop(daemon.admin.ok("keys.set_scope", &json!({"id": id, "scope": "all"}))));
    assert_eq!(keys[0]["scope"], "all");
    let keys = again(&|daemon| drop(daemon.admin.ok("keys.rotate", &json!({"id": id}))));
    assert!(keys[0]["rotated_at"].is_string());
    again(&|daemon| drop(daemon.set_storage_mode(false)));
    let keys = again(&|daemon| drop(daemon.admin.ok("keys.delete", &json!({"id": id}))));
    assert!(keys.is_empty());
    assert!(!daemon.storage_mode());
}

#[test]
fn a_secret_killed_before_a_crash_stays_dead() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let rotated = daemon.create_for_all("rotated");
    let deleted = daemon.create_for_all("deleted");
    let fresh = daemon.rotate(&rotated.id);
    daemon.admin.ok("keys.delete", &json!({"id": deleted.id}));
    let refusal = daemon.present_bytes("wrong", None);
    daemon.kill9();
    daemon.start_again();
    for secret in [&rotated.secret, &deleted.secret] {
        assert_eq!(daemon.present_bytes(secret, None), refusal);
        assert_eq!(daemon.present_bytes(secret, Some("a")), refusal);
    }
    daemon.granted(&fresh.secret, Some("a"));
    soon("the retired secret is noted after a restart too", || {
        daemon.key(&rotated.id)["retired_secret_seen_at"].is_string()
    });
}

#[test]
fn a_stopped_daemon_ends_with_0_and_leaves_no_socket_that_answers() {
    let mut daemon = Daemon::start();
    assert_eq!(daemon.stop(), 0);
    assert!(!daemon.admin.answers());
    daemon.start_again();
    assert_eq!(daemon.terminate(), 0);
    assert!(!daemon.admin.answers());
}

#[test]
fn a_revision_is_never_used_again_after_a_restart() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let before = daemon.revision();
    daemon.restart();
    assert_eq!(daemon.revision(), before);
    daemon.connect("b");
    daemon.kill9();
    daemon.start_again();
    assert_eq!(daemon.revision(), before + 1);
}
