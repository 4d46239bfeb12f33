//! Owns the tests of backups and restores: what a backup holds, what it never overwrites, and that no restore revives what
//! died. Must not test how each single revocation is obeyed.

mod revoked;
mod suspended;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Daemon, Output, Screen};
use crate::sockets::{mode, set_mode};

/// A daemon with a backup of it: `backup.file` in its home.
struct World {
    daemon: Daemon,
    backup: PathBuf,
}

impl World {
    /// A daemon that has two accounts and what `populate` makes, and a backup of it.
    fn backed_up<T>(populate: impl FnOnce(&Daemon) -> T) -> (Self, T) {
        let daemon = Daemon::start();
        daemon.connect("a");
        daemon.connect("b");
        let made = populate(&daemon);
        let backup = daemon.home.path("backup.file");
        let world = Self { daemon, backup };
        world.run(&["backup", world.file()]).success();
        (world, made)
    }

    fn file(&self) -> &str {
        self.backup.to_str().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.daemon.home.run(arguments)
    }

    /// Restores the backup and starts the daemon again.
    fn restore(&mut self) -> Output {
        self.daemon.stop();
        let restored = self.run(&["restore", self.file(), "--yes"]).success();
        self.daemon.start_again();
        restored
    }

    fn lose_journal(&self) {
        fs::remove_file(self.daemon.home.journal()).unwrap();
    }
}

/// The answer to a secret that nobody ever minted.
fn refusal(daemon: &Daemon) -> Vec<u8> {
    daemon.present_bytes("wrong", None)
}

fn json_of(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn a_backup_is_for_its_owner_only_and_replaces_nothing() {
    let (world, ()) = World::backed_up(|_| ());
    assert_eq!(mode(&world.backup), 0o600);
    assert_eq!(fs::metadata(&world.backup).unwrap().nlink(), 1);
    let before = fs::read(&world.backup).unwrap();
    let (link, target) = (world.daemon.home.path("link"), world.daemon.home.path("target"));
    symlink(&target, &link).unwrap();
    for taken in [world.file(), link.to_str().unwrap(), world.daemon.home.path("home").to_str().unwrap()] {
        let refused = world.run(&["backup", taken]);
        assert_eq!(refused.status, 1);
        assert!(refused.stderr.contains("nothing was written"), "{refused:?}");
    }
    assert_eq!(fs::read(&world.backup).unwrap(), before);
    assert!(!target.exists());
    let vain = world.run(&["backup", "/nowhere/S3CR3T"]);
    assert_eq!(vain.status, 1);
    assert!(!vain.stderr.contains("S3CR3T"), "{vain:?}");
    let left = fs::read_dir(world.daemon.home.path(".")).unwrap();
    let left = left.filter(|entry| entry.as_ref().unwrap().file_name().as_encoded_bytes().starts_with(b"."));
    assert_eq!(left.count(), 0, "what was begun is gone");
}

#[test]
fn a_backup_is_of_one_moment_while_everything_runs() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let stop = AtomicBool::new(false);
    let backups: Vec<String> = std::thread::scope(|scope| {
        for writer in 0..2 {
            let (daemon, stop) = (&daemon, &stop);
            scope.spawn(move || {
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let key = daemon.create_for(&format!("{writer} {round}"), &["a"]);
                    daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
                    daemon.admin.ok("keys.delete", &json!({"id": key.id}));
                }
            });
        }
        let backups = (0..5).map(|number| {
            let file = daemon.home.path(&format!("backup-{number}")).to_str().unwrap().to_owned();
            let told = json_of(&daemon.home.run(&["backup", &file, "--json"]).success());
            assert!(told["revision"].as_u64().unwrap() > 0);
            file
        });
        let backups = backups.collect();
        stop.store(true, Ordering::Relaxed);
        backups
    });
    daemon.stop();
    for file in backups {
        // It looks at every row of the backup, and refuses one whose tables do not agree.
        daemon.home.run(&["restore", &file, "--yes"]).success();
    }
}

#[test]
fn a_restore_brings_back_what_was_lost() {
    let (mut world, key) = World::backed_up(|daemon| daemon.create_for("CI", &["a"]));
    world.daemon.kill9();
    fs::write(world.daemon.home.store(), "a disk went bad").unwrap();
    world.daemon.home.start_in_vain();
    let restored = world.run(&["restore", world.file(), "--yes"]).success();
    assert!(restored.stderr.contains("cannot be compared"), "{restored:?}");
    assert_eq!(restored.stdout, "", "nothing is said of what cannot be seen");
    world.daemon.start_again();
    world.daemon.granted(&key.secret, Some("a"));
    world.daemon.denied(&key.secret, Some("b"), "NOT_FOUND");
}

#[test]
fn what_becomes_of_each_key_is_shown_and_asked_only_where_it_is_seen() {
    let (mut world, _) = World::backed_up(|daemon| {
        daemon.create_for("suspended", &["a"]);
        daemon.create_for("renamed", &["a"])
    });
    let named =
        |name: &str| json!({"id": world.daemon.keys().iter().find(|key| key["name"] == name).unwrap()["id"]});
    let mut renamed = named("renamed");
    renamed["name"] = json!("called otherwise");
    world.daemon.admin.ok("keys.rename", &renamed);
    renamed.as_object_mut().unwrap().remove("name");
    renamed["scope"] = json!({"accounts": ["a", "b"]});
    world.daemon.admin.ok("keys.set_scope", &renamed);
    let later = world.daemon.home.path("later").to_str().unwrap().to_owned();
    world.run(&["backup", &later]).success();
    world.daemon.stop();
    world.lose_journal();
    world.run(&["restore", world.file(), "--yes"]).success();
    // Suspended now, and not in the store that was replaced, which the new journal does not know.
    let told = json_of(&world.run(&["restore", &later, "--yes", "--json"]).success());
    let change = |name: &str| {
        let rows = told["differences"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).map(|row| row["change"].as_str().unwrap().to_owned())
    };
    assert_eq!(change("called otherwise").unwrap(), "today called renamed; sees a, b, today a");
    assert_eq!(world.run(&["restore", &later, "--json"]).status, 2, "what is asked must be seen before");
}

#[test]
fn a_backup_that_others_may_have_changed_is_restored_with_a_warning() {
    let (mut world, ()) = World::backed_up(|_| ());
    set_mode(&world.backup, 0o666);
    let restored = world.restore();
    assert!(restored.stderr.contains("others may have read or changed this backup"), "{restored:?}");
}

#[test]
fn a_restore_wants_a_stopped_daemon_and_a_good_backup_and_changes_nothing_else() {
    let (mut world, key) = World::backed_up(|daemon| daemon.create_for_all("CI"));
    let running = world.run(&["restore", world.file(), "--yes"]);
    assert_eq!(running.status, 1);
    assert!(running.stderr.contains("claviger stop"), "{running:?}");
    world.daemon.stop();
    let home = &world.daemon.home;
    let mut half = fs::read(&world.backup).unwrap();
    half.truncate(half.len() / 2);
    let bad = |name: &str, content: &[u8]| {
        fs::write(home.path(name), content).unwrap();
        home.path(name)
    };
    let before = fs::read(home.store()).unwrap();
    for (file, reason) in [
        (bad("half", &half), "damaged"),
        (bad("empty", b""), "empty"),
        (bad("S3CR3T", b"not a store at all"), "no file of Claviger's"),
        (home.path("absent"), "cannot read"),
        (home.path("home"), "not a regular file"),
        (home.store(), "the store itself"),
    ] {
        let refused = home.run(&["restore", file.to_str().unwrap(), "--yes"]);
        assert_eq!(refused.status, 1, "{refused:?}");
        assert!(refused.stderr.contains(reason) && !refused.stderr.contains("S3CR3T"), "{refused:?}");
    }
    assert_eq!(fs::read(home.store()).unwrap(), before);
    let files = fs::read_dir(&home.data).unwrap().count();
    assert_eq!(files, 3, "store, journal and ballast, and nothing that was begun");
    world.daemon.start_again();
    world.daemon.granted(&key.secret, None);
}

#[test]
fn the_store_that_is_replaced_is_kept_and_can_be_brought_back() {
    let (mut world, _) = World::backed_up(|daemon| daemon.create_for_all("old"));
    let later = world.daemon.create_for_all("made since");
    let before = world.daemon.revision();
    world.daemon.stop();
    let told = json_of(&world.run(&["restore", world.file(), "--yes", "--json"]).success());
    assert_eq!(told["suspended"], false);
    let gone = &told["differences"][0];
    assert_eq!(
        (&gone["kind"], &gone["name"], &gone["change"]),
        (&json!("key"), &json!("made since"), &json!("is gone"))
    );
    let kept = told["kept"].as_str().unwrap();
    assert_eq!(mode(kept.as_ref()), 0o600);
    world.run(&["restore", kept, "--yes"]).success();
    world.daemon.start_again();
    world.daemon.granted(&later.secret, None);
    assert!(world.daemon.revision() > before);
}

#[test]
fn on_a_terminal_a_restore_shows_what_differs_and_asks() {
    let (mut world, key) = World::backed_up(|daemon| daemon.create_for_all("CI"));
    world.daemon.admin.ok("keys.delete", &json!({"id": key.id}));
    let made = world.daemon.create_for_all("made since");
    world.daemon.stop();
    let before = fs::read(world.daemon.home.store()).unwrap();
    let mut screen = Screen::open(&world.daemon.home, &["restore", world.file()], 120, 30);
    screen.shows("Put the backup in the store's place?");
    screen.shows("made since");
    screen.shows("is gone");
    screen.press("n\r");
    assert_eq!(screen.ended(), 1);
    assert_eq!(fs::read(world.daemon.home.store()).unwrap(), before);
    world.daemon.start_again();
    world.daemon.granted(&made.secret, None);
}
