//! Owns the tests of keys that a restore without the journal has suspended, until they are released. Must not test the restore.

use serde_json::json;

use super::{World, refusal};
use crate::harness::Minted;

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
