//! Owns the tests of backups and restores: what a backup holds, what it never overwrites, and that no restore revives what
//! died. Must not test how each single revocation is obeyed.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Daemon, Minted, Output, Screen};
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
fn without_the_journal_what_the_present_store_knows_is_dead_too() {
    let (mut world, [deleted, rotated]) =
        World::backed_up(|daemon| ["deleted", "rotated"].map(|name| daemon.create_for_all(name)));
    world.daemon.admin.ok("keys.delete", &json!({"id": deleted.id}));
    world.daemon.rotate(&rotated.id);
    world.daemon.stop();
    world.lose_journal();
    world.run(&["restore", world.file(), "--yes"]).success();
    world.daemon.start_again();
    world.daemon.admin.refused("keys.release", &json!({"id": deleted.id}), "NOT_FOUND");
    world.daemon.admin.ok("keys.release", &json!({"id": rotated.id}));
    assert_eq!(world.daemon.present_bytes(&rotated.secret, None), refusal(&world.daemon));
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
fn a_restore_revives_nothing_that_died_since() {
    let (mut world, keys) = World::backed_up(|daemon| {
        ["deleted", "rotated", "narrowed", "kept"].map(|name| daemon.create_for_all(name))
    });
    let [deleted, rotated, narrowed, kept] = keys;
    let daemon = &world.daemon;
    daemon.admin.ok("keys.delete", &json!({"id": deleted.id}));
    let newer = daemon.rotate(&rotated.id);
    daemon.admin.ok("keys.set_scope", &json!({"id": narrowed.id, "scope": {"accounts": ["b"]}}));
    daemon.admin.ok("accounts.disconnect", &json!({"id": "a"}));
    let revision = daemon.revision();

    world.restore();
    let daemon = &world.daemon;
    for secret in [&deleted.secret, &rotated.secret, &newer.secret] {
        assert_eq!(daemon.present_bytes(secret, None), refusal(daemon));
        assert_eq!(daemon.present_bytes(secret, Some("b")), refusal(daemon));
    }
    daemon.granted(&narrowed.secret, Some("b"));
    daemon.denied(&narrowed.secret, Some("a"), "NOT_FOUND");
    assert_eq!(daemon.visible(&kept.secret), ["b"]);
    assert!(daemon.revision() > revision, "a verdict that somebody keeps must not outlive the restore");
    assert_eq!(daemon.key(&rotated.id)["needs_rotation"], true);
    assert_eq!(daemon.activity()[0]["action"], "store.restored");
    let again = daemon.rotate(&rotated.id);
    daemon.granted(&again.secret, Some("b"));
}

#[test]
fn an_old_file_that_somebody_copies_into_place_revives_nothing_either() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    daemon.stop();
    let old = fs::read(daemon.home.store()).unwrap();
    daemon.start_again();
    daemon.admin.ok("keys.delete", &json!({"id": key.id}));
    daemon.stop();
    fs::write(daemon.home.store(), old).unwrap();
    daemon.start_again();
    assert_eq!(daemon.present_bytes(&key.secret, None), refusal(&daemon));
    assert!(daemon.keys().is_empty());
}

#[test]
fn what_was_revoked_right_before_a_kill_stays_dead_in_a_restored_store() {
    let (mut world, key) = World::backed_up(|daemon| daemon.create_for_all("CI"));
    world.daemon.admin.ok("keys.delete", &json!({"id": key.id}));
    world.daemon.kill9();
    // Even the store is gone: the journal alone knows.
    fs::remove_file(world.daemon.home.store()).unwrap();
    world.run(&["restore", world.file(), "--yes"]).success();
    world.daemon.start_again();
    assert_eq!(world.daemon.present_bytes(&key.secret, None), refusal(&world.daemon));
}

/// Two keys that were restored without a journal.
fn suspended() -> (World, [Minted; 2]) {
    let (mut world, keys) =
        World::backed_up(|daemon| ["one", "other"].map(|name| daemon.create_for_all(name)));
    world.daemon.stop();
    world.lose_journal();
    let restored = world.run(&["restore", world.file(), "--yes"]).success();
    assert!(restored.stderr.contains("every key is suspended"), "{restored:?}");
    world.daemon.start_again();
    (world, keys)
}

#[test]
fn without_the_journal_every_key_is_suspended_until_it_is_released() {
    let (world, [one, other]) = suspended();
    let daemon = &world.daemon;
    for secret in [&one.secret, &other.secret] {
        assert_eq!(daemon.present_bytes(secret, None), refusal(daemon));
        assert_eq!(daemon.present_bytes(secret, Some("a")), refusal(daemon));
        daemon.verify.refused("accounts.visible", &json!({"secret": secret}), "UNAUTHORIZED");
    }
    let shown = daemon.key(&one.id);
    assert!(shown["suspended_at"].is_string() && shown["last_used_at"].is_null());

    let released =
        daemon.admin.ok("keys.release", &json!({"id": one.id, "expected_version": shown["version"]}));
    assert!(released.get("suspended_at").is_none());
    daemon.granted(&one.secret, Some("a"));
    assert_eq!(daemon.present_bytes(&other.secret, None), refusal(daemon));
    let entry = &daemon.activity()[0];
    assert_eq!((&entry["action"], &entry["key_id"]), (&json!("key.released"), &json!(one.id)));

    world.run(&["keys", "release", "other", "--yes"]).success();
    daemon.granted(&other.secret, Some("a"));
    world.run(&["keys", "release", "other", "--yes"]).success();
}

#[test]
fn a_release_is_refused_as_other_edits_are() {
    let (world, [one, _]) = suspended();
    let admin = &world.daemon.admin;
    admin.refused("keys.release", &json!({"id": one.id, "expected_version": 99}), "CONFLICT");
    admin.refused("keys.release", &json!({"id": "key_000000000000"}), "NOT_FOUND");
    admin.refused("keys.release", &json!({"id": one.id, "scope": "all"}), "INVALID_PARAMS");
    world.daemon.verify.refused("keys.release", &json!({"id": one.id}), "METHOD_NOT_FOUND");
    assert_eq!(world.run(&["keys", "release", "one"]).status, 2, "nobody can be asked");
    assert!(world.daemon.key(&one.id)["suspended_at"].is_string());
}

#[test]
fn another_secret_does_not_release_a_suspended_key() {
    let (world, [one, _]) = suspended();
    let rotated = world.run(&["keys", "rotate", "one", "--yes"]).success();
    assert!(rotated.stderr.contains("suspended"), "{rotated:?}");
    assert_eq!(world.daemon.present_bytes(rotated.stdout.trim(), None), refusal(&world.daemon));
    world.daemon.admin.ok("keys.release", &json!({"id": one.id}));
    world.daemon.granted(rotated.stdout.trim(), None);
    assert_eq!(world.daemon.present_bytes(&one.secret, None), refusal(&world.daemon));
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
fn a_damaged_journal_is_refused_and_untouched_and_the_hint_says_what_then() {
    let (mut world, key) = World::backed_up(|daemon| daemon.create_for_all("CI"));
    world.daemon.stop();
    let journal = world.daemon.home.journal();
    fs::write(&journal, "rot").unwrap();
    let refused = world.daemon.home.start_in_vain();
    assert!(
        refused.said.contains("journal of revocations") && refused.said.contains("move it away"),
        "{refused:?}"
    );
    let refused = world.run(&["restore", world.file(), "--yes"]);
    assert!(refused.status == 1 && refused.stderr.contains("journal of revocations"), "{refused:?}");
    assert_eq!(fs::read(&journal).unwrap(), b"rot");
    fs::remove_file(&journal).unwrap();
    world.daemon.start_again();
    assert_eq!(world.daemon.present_bytes(&key.secret, None), refusal(&world.daemon));
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
