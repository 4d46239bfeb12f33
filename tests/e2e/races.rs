//! Owns the tests of what binds from the moment that a reply can be read, with verifications or other changes under way.
//! `just races` plays 2,000 rounds. Must not test a change by itself.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Minted, Socket, assert_code, effort, soon, tell};

/// Rounds of the two races that have a long form.
const ROUNDS: usize = 20;

/// A daemon that does not write down each of thousands of calls.
fn quiet() -> Daemon {
    let mut home = Home::new();
    home.log_level = "info";
    home.start()
}

/// One verification under way while something changed.
struct Attempt {
    began: Instant,
    granted: bool,
}

/// Presents `secret` from several threads while `change` runs, and gives what each was answered and the moment at which
/// the reply to the change could be read.
fn race(
    verify: &Socket,
    secret: &str,
    account: Option<&str>,
    refusal: &str,
    change: impl FnOnce() -> Value,
) -> (Vec<Attempt>, Instant, Value) {
    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let attempts = Mutex::new(Vec::new());
    let params =
        account.map_or_else(|| json!({"secret": secret}), |id| json!({"secret": secret, "account": id}));
    let (replied, result) = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Acquire) {
                    let began = Instant::now();
                    let outcome = verify.call("keys.verify", &params);
                    if let Err(error) = &outcome {
                        assert_code(error, refusal);
                    }
                    attempts.lock().unwrap().push(Attempt { began, granted: outcome.is_ok() });
                    made.fetch_add(1, Ordering::Release);
                }
            });
        }
        // Let it be granted at least once by each, so that the race is one.
        soon("verifications are under way", || made.load(Ordering::Acquire) >= 3);
        let result = change();
        let replied = Instant::now();
        let made_before = made.load(Ordering::Acquire);
        soon("verifications went on", || made.load(Ordering::Acquire) >= made_before + 12);
        stop.store(true, Ordering::Release);
        (replied, result)
    });
    (attempts.into_inner().unwrap(), replied, result)
}

fn assert_none_after(attempts: &[Attempt], replied: Instant, what: &str) {
    assert!(attempts.iter().any(|one| one.granted && one.began < replied), "none was granted before {what}");
    let late = attempts.iter().filter(|one| one.granted && one.began > replied).count();
    assert_eq!(late, 0, "granted although they began after the reply to {what}");
}

#[test]
fn the_old_secret_is_refused_from_the_moment_the_reply_of_rotate_can_be_read() {
    let rounds = effort("CLAVIGER_ROUNDS", ROUNDS);
    let daemon = quiet();
    let mut key = daemon.create_for_all("rotated under load");
    let mut late = 0;
    for _ in 0..rounds {
        let (attempts, replied, result) = race(&daemon.verify, &key.secret, None, "UNAUTHORIZED", || {
            daemon.admin.ok("keys.rotate", &json!({"id": key.id}))
        });
        assert_none_after(&attempts, replied, "keys.rotate");
        late += attempts.iter().filter(|one| one.began > replied).count();
        let fresh = Minted::of(&result);
        daemon.granted(&fresh.secret, None);
        daemon.denied(&key.secret, None, "UNAUTHORIZED");
        key = fresh;
    }
    tell(&format!("{rounds} rotations, {late} verifications of the old secret after the reply, 0 granted"));
}

/// Edits a key and verifies it, again and again until it is told to stop; says how many edits gave it the account.
fn edit(daemon: &Daemon, key: &Minted, stop: &AtomicBool) -> usize {
    let mut given = 0;
    while !stop.load(Ordering::Acquire) {
        for scope in [json!({"accounts": ["kept", "brief"]}), json!({"accounts": ["kept"]})] {
            match daemon.admin.call("keys.set_scope", &json!({"id": key.id, "scope": scope})) {
                Ok(key) => given += usize::from(key["scope"]["accounts"].as_array().unwrap().len() == 2),
                // The account may be gone by now.
                Err(error) => assert_eq!(error.data["status"].as_u64().map(|status| status / 100), Some(4)),
            }
        }
    }
    given
}

#[test]
fn an_account_that_is_disconnected_while_keys_are_edited_is_in_no_key_from_the_reply_on() {
    let rounds = effort("CLAVIGER_ROUNDS", ROUNDS);
    let daemon = quiet();
    daemon.connect("kept");
    let keys: Vec<Minted> = (0..2).map(|n| daemon.create_for(&format!("edited {n}"), &["kept"])).collect();
    let mut given = 0;
    for _ in 0..rounds {
        daemon.connect("brief");
        let stop = AtomicBool::new(false);
        given += thread::scope(|scope| {
            let editors: Vec<_> = keys.iter().map(|key| scope.spawn(|| edit(&daemon, key, &stop))).collect();
            soon("a key has the account", || daemon.visible(&keys[0].secret).len() == 2);
            daemon.admin.ok("accounts.disconnect", &json!({"id": "brief"}));
            for key in &keys {
                daemon.denied(&key.secret, Some("brief"), "NOT_FOUND");
                assert_eq!(daemon.key(&key.id)["scope"], json!({"accounts": ["kept"]}));
            }
            stop.store(true, Ordering::Release);
            editors.into_iter().map(|editor| editor.join().unwrap()).sum::<usize>()
        });
        // Connected again, it is still in none: an edit that came too late has left nothing behind.
        daemon.connect("brief");
        for key in &keys {
            daemon.denied(&key.secret, Some("brief"), "NOT_FOUND");
        }
        daemon.admin.ok("accounts.disconnect", &json!({"id": "brief"}));
    }
    tell(&format!(
        "{rounds} disconnections among {given} edits that gave the account, 0 granted after the reply"
    ));
}

#[test]
fn deletion_binds_every_verification_that_starts_after_the_reply() {
    let daemon = Daemon::start();
    for round in 0..10 {
        let key = daemon.create_for_all(&format!("doomed {round}"));
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, None, "UNAUTHORIZED", || {
            daemon.admin.ok("keys.delete", &json!({"id": key.id}))
        });
        assert_none_after(&attempts, replied, "keys.delete");
    }
}

#[test]
fn a_narrower_scope_binds_every_verification_that_starts_after_the_reply() {
    let daemon = Daemon::start();
    daemon.connect("kept");
    daemon.connect("lost");
    let key = daemon.create_for("narrowed", &["kept", "lost"]);
    for _ in 0..10 {
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, Some("lost"), "NOT_FOUND", || {
            daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": {"accounts": ["kept"]}}))
        });
        assert_none_after(&attempts, replied, "keys.set_scope");
        daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
        daemon.granted(&key.secret, Some("lost"));
    }
}

#[test]
fn disconnecting_and_turning_storage_mode_off_bind_every_verification_that_starts_after_the_reply() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("open");
    for _ in 0..5 {
        daemon.connect("brief");
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, Some("brief"), "NOT_FOUND", || {
            daemon.admin.ok("accounts.disconnect", &json!({"id": "brief"}))
        });
        assert_none_after(&attempts, replied, "accounts.disconnect");
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, None, "STORAGE_MODE_REQUIRED", || {
            daemon.set_storage_mode(false)
        });
        assert_none_after(&attempts, replied, "settings.set_storage_mode");
        daemon.set_storage_mode(true);
    }
}

#[test]
fn a_cold_key_that_is_rotated_while_its_old_secret_is_hashed_is_not_granted_afterwards() {
    let mut daemon = Home::with_costly_hashing().start();
    let mut key = daemon.create_for_all("cold");
    for _ in 0..3 {
        daemon.restart();
        let old = key.secret.clone();
        let fresh = thread::scope(|scope| {
            let verifiers: Vec<_> = (0..3)
                .map(|_| {
                    let (verify, old) = (&daemon.verify, &old);
                    scope.spawn(move || {
                        let began = Instant::now();
                        (began, verify.call("keys.verify", &json!({"secret": old})).is_ok())
                    })
                })
                .collect();
            let fresh = daemon.rotate(&key.id);
            let replied = Instant::now();
            for verifier in verifiers {
                let (began, granted) = verifier.join().unwrap();
                assert!(!granted || began < replied, "a cold verification that began late was granted");
            }
            fresh
        });
        daemon.denied(&old, None, "UNAUTHORIZED");
        daemon.granted(&fresh.secret, None);
        key = fresh;
    }
}

#[test]
fn many_callers_of_one_cold_key_are_all_granted() {
    let mut daemon = Home::with_costly_hashing().start();
    let key = daemon.create_for_all("cold");
    daemon.restart();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..16).map(|_| scope.spawn(|| daemon.granted(&key.secret, None))).collect();
        for caller in callers {
            assert_eq!(caller.join().unwrap()["key"]["id"], json!(key.id));
        }
    });
}
