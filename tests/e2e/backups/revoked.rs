//! Owns the tests of what died since a backup was taken: no restore revives it, nor does an old file in the store's place. Must not
//! test what is brought back.

use std::fs;

use serde_json::json;

use super::{World, refusal};
use crate::harness::Daemon;

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
