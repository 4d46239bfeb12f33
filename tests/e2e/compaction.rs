//! Owns the tests of compaction: the store's file becomes smaller and nothing else changes, whatever comes in between. Must
//! not test when it pays.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Minted, effort, tell};

const KILLS: usize = 6;

/// A daemon whose store has had 950 keys, of which 50 are left and one can be presented.
fn sparse(mut home: Home) -> (Daemon, Minted) {
    home.log_level = "info";
    let daemon = home.start();
    let kept = daemon.create_for_all("kept");
    let params: Vec<Value> = (0..950).map(|n| json!({"name": format!("key {n:04}")})).collect();
    daemon.all("keys.create", &params);
    let doomed = daemon.keys().into_iter().filter(|key| key["name"].as_str() >= Some("key 0049"));
    let doomed = doomed.filter(|key| key["id"] != kept.id);
    daemon.all("keys.delete", &doomed.map(|key| json!({"id": key["id"]})).collect::<Vec<_>>());
    (daemon, kept)
}

/// What the store's file takes of the disk.
fn bytes(daemon: &Daemon) -> u64 {
    let found = daemon.home.store().metadata().unwrap();
    found.len().min(found.blocks() * 512)
}

/// All that must be the same before and after.
fn told(daemon: &Daemon) -> (Vec<Value>, Vec<Value>, u64) {
    let mut keys = daemon.keys();
    for key in &mut keys {
        key["last_used_at"] = Value::Null;
    }
    (keys, daemon.activity(), daemon.revision())
}

fn no_file_is_left(daemon: &Daemon) {
    let files = fs::read_dir(&daemon.home.data).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = files.filter(|name| name.to_string_lossy().contains("compacting")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_daemon_compacts_its_store_and_loses_nothing() {
    let (mut daemon, kept) = sparse(Home::new());
    let (before, large) = (told(&daemon), bytes(&daemon));
    let said = daemon.home.run(&["compact", "--json"]).success();
    let said: Value = serde_json::from_str(&said.stdout).unwrap();
    let small = bytes(&daemon);
    assert_eq!(said, json!({"before_bytes": large, "after_bytes": small}));
    assert!(small < large, "{large} became {small}");
    assert_eq!(told(&daemon), before);
    daemon.granted(&kept.secret, None);
    // What is answered from now on is in the new file.
    daemon.admin.ok("keys.rename", &json!({"id": kept.id, "name": "renamed"}));
    daemon.kill9();
    daemon.start_again();
    assert_eq!(daemon.key(&kept.id)["name"], "renamed");
    daemon.granted(&kept.secret, None);
    no_file_is_left(&daemon);
}

#[test]
fn without_a_daemon_the_command_does_it_and_says_what_it_came_to() {
    let (mut daemon, kept) = sparse(Home::new());
    let before = told(&daemon);
    daemon.stop();
    let large = bytes(&daemon);
    let said = daemon.home.run(&["compact"]).success().stderr;
    let small = bytes(&daemon);
    assert!(said.contains(" before, ") && said.contains(" after"), "{said}");
    assert!(small < large, "{large} became {small}");
    daemon.start_again();
    assert_eq!(told(&daemon), before);
    daemon.granted(&kept.secret, None);
}

#[test]
fn without_a_store_there_is_nothing_to_compact_and_none_is_made() {
    let home = Home::new();
    let said = home.run(&["compact"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.stderr.contains("no store yet"), "{said:?}");
    assert!(!home.store().exists());
}

#[test]
fn verifications_go_on_while_the_store_is_compacted_and_changes_wait_and_are_done() {
    let (daemon, kept) = sparse(Home::new());
    thread::scope(|scope| {
        let compacting = scope.spawn(|| daemon.admin.ok("system.compact", &json!({})));
        let renaming =
            scope.spawn(|| daemon.admin.ok("keys.rename", &json!({"id": kept.id, "name": "renamed"})));
        while !compacting.is_finished() || !renaming.is_finished() {
            daemon.granted(&kept.secret, None);
        }
        compacting.join().unwrap();
        renaming.join().unwrap();
    });
    assert_eq!(daemon.key(&kept.id)["name"], "renamed");
}

#[test]
fn nothing_is_lost_when_the_daemon_is_killed_in_the_middle() {
    let kills = effort("CLAVIGER_KILLS", KILLS);
    let (mut daemon, kept) = sparse(Home::new());
    let before = told(&daemon);
    let whole = fs::read(daemon.home.store()).unwrap();
    let began = Instant::now();
    daemon.admin.ok("system.compact", &json!({}));
    let took = began.elapsed();
    let (mut broken_off, mut done) = (0, 0);
    for kill in 0..kills {
        // Each time the large file again.
        daemon.stop();
        fs::write(daemon.home.store(), &whole).unwrap();
        daemon.start_again();
        let large = bytes(&daemon);
        thread::scope(|scope| {
            let admin = daemon.admin.clone();
            scope.spawn(move || {
                // Its answer may come, or not.
                drop(admin.try_call("system.compact", &json!({})));
            });
            // At every moment from its beginning to its end.
            let (kill, all) = (u32::try_from(kill).unwrap(), u32::try_from(kills).unwrap());
            let moment = took * (2 * kill + 1) / (2 * all);
            thread::sleep(moment.max(Duration::from_micros(100)));
            let pid = rustix::process::Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        });
        daemon.kill9();
        daemon.start_again();
        if bytes(&daemon) < large {
            done += 1;
        } else {
            broken_off += 1;
        }
        assert_eq!(told(&daemon), before);
        daemon.granted(&kept.secret, None);
        no_file_is_left(&daemon);
    }
    tell(&format!(
        "{kills} kills of a daemon that compacts: {broken_off} before it was done, {done} after, 0 lost"
    ));
}

#[test]
fn on_a_disk_without_room_for_the_new_file_nothing_is_done_and_all_goes_on() {
    let Some(home) = Home::new().on_a_disk_of(16 * 1024 * 1024) else { return };
    let daemon = home.start();
    let kept = daemon.create_for_all("kept");
    daemon.admin.refused("system.compact", &json!({}), "STORAGE_FULL");
    daemon.granted(&kept.secret, None);
    daemon.admin.ok("keys.rename", &json!({"id": kept.id, "name": "renamed"}));
    let left = fs::read_dir(daemon.home.data_seen()).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(left.filter(|name| name.to_string_lossy().contains("compacting")).count(), 0);
}
