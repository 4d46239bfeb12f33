//! Owns the tests of a daemon under a service manager: sockets that it is given, and what it says. Must not need systemd.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Home, ServiceManager};
use crate::sockets::{mode, set_mode};
use crate::users::{as_nobody, call};

fn managed() -> ServiceManager {
    ServiceManager::new(Home::new(), 0o600, 0o600)
}

fn inode(path: &Path) -> u64 {
    path.symlink_metadata().unwrap().ino()
}

#[test]
fn who_asks_before_the_daemon_runs_is_answered_when_it_does() {
    let manager = managed();
    let (admin, verify) = (manager.home.admin(), manager.home.verify());
    thread::scope(|scope| {
        let asked = [&admin, &verify].map(|socket| scope.spawn(|| socket.ok("system.health", &json!({}))));
        let _daemon = manager.start();
        for answer in asked {
            assert_eq!(answer.join().unwrap()["status"], "ok");
        }
        assert!(verify.call("keys.list", &json!({})).is_err(), "the sockets are not mixed up");
        assert_eq!(admin.ok("keys.list", &json!({}))["keys"], json!([]));
    });
}

#[test]
fn sockets_are_told_apart_by_name_not_by_order() {
    let manager = managed();
    let daemon = manager.start();
    manager.waits_for("READY=1");
    drop(daemon);
    // Under each other's names they are where the other should be.
    let said = manager.start_in_vain("verify:admin");
    assert!(said.contains("admin.sock") && said.contains("hint: write ListenStream="), "{said}");
}

#[test]
fn the_sockets_outlive_the_daemon_and_the_next_one_takes_them() {
    let manager = managed();
    let (admin, verify) = (manager.home.admin(), manager.home.verify());
    let before = [inode(admin.path()), inode(verify.path())];
    let mut daemon = manager.start();
    manager.waits_for("READY=1");
    admin.ok("accounts.connect", &json!({"name": "Checking", "id": "checking"}));
    admin.ok("system.stop", &json!({}));
    manager.waits_for("STOPPING=1");
    assert_eq!(daemon.wait("the daemon has stopped"), 0);
    assert_eq!(before, [inode(admin.path()), inode(verify.path())]);
    let _next = manager.start();
    assert_eq!(admin.ok("accounts.list", &json!({}))["accounts"][0]["id"], "checking");
    assert_eq!(before, [inode(admin.path()), inode(verify.path())]);
}

#[test]
fn it_says_that_it_is_ready_only_when_both_sockets_answer_and_then_that_it_lives() {
    let manager = managed();
    let _daemon = manager.start();
    let said = manager.hears();
    assert!(said.lines().any(|line| line == "READY=1"), "{said}");
    let status = format!("STATUS=listens in {}", manager.home.run.display());
    assert!(said.lines().any(|line| line == status), "{said}");
    for _ in 0..3 {
        manager.waits_for("WATCHDOG=1");
    }
}

#[test]
fn a_daemon_that_is_started_by_hand_leaves_the_managers_sockets_alone() {
    let manager = managed();
    let before = inode(manager.home.admin().path());
    // Nobody has taken a connection yet: the manager would start a daemon for the first.
    let refusal = manager.home.start_in_vain();
    assert!(refusal.said.contains("another daemon is already running"), "{}", refusal.said);
    assert_eq!(inode(manager.home.admin().path()), before);
    assert!(!manager.home.store().exists(), "it has not touched the store");
    let _daemon = manager.start();
    assert_eq!(manager.home.admin().ok("system.health", &json!({}))["status"], "ok");
}

#[test]
fn sockets_that_let_in_more_than_the_settings_say_are_refused_and_left_as_they_are() {
    for (admin_mode, verify_mode, socket, right) in
        [(0o660, 0o600, "admin.sock", "SocketMode=0600"), (0o600, 0o666, "verify.sock", "SocketMode=0600")]
    {
        let manager = ServiceManager::new(Home::new(), admin_mode, verify_mode);
        let said = manager.start_in_vain("admin:verify");
        assert!(said.contains(socket) && said.contains(right), "{said}");
        assert_eq!(mode(manager.home.admin().path()), admin_mode);
        assert_eq!(mode(manager.home.verify().path()), verify_mode);
    }
    let settings = "[sockets]\nverify_mode = \"0660\"\nverify_group = 4000000000";
    let manager = ServiceManager::new(Home::with_config(settings), 0o600, 0o660);
    let said = manager.start_in_vain("admin:verify");
    assert!(said.contains("verify.sock") && said.contains("SocketGroup="), "{said}");
}

#[test]
fn what_is_handed_over_under_other_names_is_refused() {
    let manager = managed();
    for names in ["admin", "admin:admin", "verify:verify", "unknown:unknown"] {
        let said = manager.start_in_vain(names);
        assert!(said.contains("hint: write FileDescriptorName=admin"), "{names}: {said}");
    }
}

#[test]
fn members_of_the_admin_group_administer_and_nobody_else() {
    let home = Home::with_config("[sockets]\nadmin_group = 65534");
    let daemon = home.start();
    assert_eq!(mode(daemon.admin.path()), 0o660);
    assert_eq!(mode(&daemon.home.run), 0o711);
    assert_eq!(mode(daemon.verify.path()), 0o600);
    let create = call("keys.create", &json!({"name": "theirs"}));
    let Some(answer) = as_nobody(&daemon.admin, &create) else { return };
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"]["key"]["name"], "theirs");
    assert_eq!(daemon.activity()[0]["uid"], 65534);

    let daemon = Home::with_config("[sockets]\nadmin_group = 4000000000").start();
    assert_eq!(as_nobody(&daemon.admin, &create).unwrap(), "", "the mode lets only the group in");
    // Also where the mode lets everybody in, it is the list of groups that counts.
    set_mode(daemon.admin.path(), 0o666);
    let answer = as_nobody(&daemon.admin, &create).unwrap();
    assert!(answer.contains("FORBIDDEN"), "{answer}");
    assert!(daemon.keys().is_empty());
}
