//! Owns the tests of a full disk: nothing is lost, verifying goes on, and whatever only revokes goes through. Must not
//! fill a disk that anybody else uses: where the machine gives no disk of its own, nothing is tested.

use std::fs::File;
use std::io::Write;

use serde_json::json;

use crate::harness::{Daemon, Home, soon};

/// Takes all the room that is left on a daemon's disk.
fn fill(daemon: &Daemon) {
    let mut filler = File::create(daemon.home.data_seen().join("filler")).unwrap();
    for size in [64 * 1024, 4096, 1] {
        let part = vec![1; size];
        while filler.write_all(&part).is_ok() {}
    }
}

fn make_room(daemon: &Daemon) {
    std::fs::remove_file(daemon.home.data_seen().join("filler")).unwrap();
}

/// Creates keys until the disk is full, and says so.
fn use_up(daemon: &Daemon) {
    let full = (0..1000).find_map(|n| {
        daemon.admin.call("keys.create", &json!({"name": format!("more {n}"), "scope": "all"})).err()
    });
    crate::harness::assert_code(&full.expect("the disk has room for a thousand keys"), "STORAGE_FULL");
}

#[test]
fn on_a_full_disk_revoking_goes_through_and_verifying_goes_on() {
    for mebibytes in [4, 16] {
        let Some(home) = Home::new().on_a_disk_of(mebibytes * 1024 * 1024) else { return };
        fill_and_revoke(home.start());
    }
}

#[test]
fn on_a_full_disk_a_daemon_starts_and_verifies_and_revokes() {
    let Some(home) = Home::new().on_a_disk_of(16 * 1024 * 1024) else { return };
    let mut daemon = home.start();
    let (kept, doomed) = (daemon.create_for_all("kept"), daemon.create_for_all("doomed"));
    daemon.kill9();
    fill(&daemon);
    daemon.start_again();
    daemon.granted(&kept.secret, None);
    daemon.admin.ok("keys.delete", &json!({"id": doomed.id}));
    daemon.kill9();
    daemon.start_again();
    daemon.granted(&kept.secret, None);
    daemon.denied(&doomed.secret, None, "UNAUTHORIZED");
}

fn fill_and_revoke(mut daemon: Daemon) {
    for account in ["a", "b"] {
        daemon.connect(account);
    }
    let kept = daemon.create_for("kept", &["a", "b"]);
    let doomed: Vec<_> = (0..20).map(|n| daemon.create_for_all(&format!("doomed {n}"))).collect();
    fill(&daemon);
    use_up(&daemon);

    // What needs room is refused and changes nothing.
    let before = daemon.revision();
    daemon.admin.refused("keys.rotate", &json!({"id": kept.id}), "STORAGE_FULL");
    daemon.admin.refused("keys.rename", &json!({"id": kept.id, "name": "renamed"}), "STORAGE_FULL");
    daemon.admin.refused("accounts.connect", &json!({"name": "c"}), "STORAGE_FULL");
    assert_eq!(daemon.revision(), before);
    daemon.granted(&kept.secret, Some("b"));

    // What takes authority away is done.
    for key in &doomed {
        daemon.admin.ok("keys.delete", &json!({"id": key.id}));
        daemon.denied(&key.secret, None, "UNAUTHORIZED");
    }
    daemon.admin.ok("keys.set_scope", &json!({"id": kept.id, "scope": {"accounts": ["a"]}}));
    daemon.denied(&kept.secret, Some("b"), "NOT_FOUND");
    daemon.admin.ok("accounts.disconnect", &json!({"id": "a"}));
    daemon.denied(&kept.secret, Some("a"), "NOT_FOUND");
    daemon.granted(&kept.secret, None);
    daemon.admin.refused("keys.set_scope", &json!({"id": kept.id, "scope": "all"}), "STORAGE_FULL");
    daemon.set_storage_mode(false);
    daemon.denied(&kept.secret, None, "STORAGE_MODE_REQUIRED");

    // All of it holds after a restart.
    let revision = daemon.revision();
    daemon.kill9();
    daemon.start_again();
    assert_eq!(daemon.revision(), revision);
    for key in &doomed {
        daemon.denied(&key.secret, None, "UNAUTHORIZED");
    }
    daemon.denied(&kept.secret, None, "STORAGE_MODE_REQUIRED");
    assert_eq!(daemon.key(&kept.id)["scope"], json!({"accounts": []}));

    // With room again, so is everything else.
    make_room(&daemon);
    soon("a key can be created again", || {
        daemon.admin.call("keys.create", &json!({"name": "after"})).is_ok()
    });
    assert!(daemon.home.data_seen().join("claviger.ballast").exists(), "the ballast is back");
}
