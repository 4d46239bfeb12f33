//! Owns the tests of what a restart costs: no slow hash as long as the machine has the key of the digests, and one for each
//! secret once it has not. Must not test what a verdict is.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Mutex;

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use serde_json::Value;

use crate::harness::{Daemon, DigestKey, Home, Minted, Presented, present_all, tell};

/// How many keys are busy.
const KEYS: usize = 1_000;
/// Over how many connections their secrets are presented at once.
const CONNECTIONS: usize = 50;

const DIGESTS: TableDefinition<'_, &[u8; 12], &[u8]> = TableDefinition::new("digests_v1");

/// A daemon that keeps digests, where their key lives, and so many keys, by their ids.
fn busy(keys: usize) -> (Daemon, DigestKey, Vec<Minted>) {
    let mut home = Home::that_keeps_digests();
    home.log_level = "debug";
    let daemon = home.start();
    let key = DigestKey::of(&daemon);
    let made = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for caller in 0..4 {
            let (made, daemon) = (&made, &daemon);
            scope.spawn(move || {
                for n in (caller..keys).step_by(4) {
                    let minted = daemon.create_for_all(&format!("key {n}"));
                    made.lock().unwrap().push(minted);
                }
            });
        }
    });
    (daemon, key, made.into_inner().unwrap())
}

fn secrets(keys: &[Minted]) -> Vec<String> {
    keys.iter().map(|key| key.secret.clone()).collect()
}

/// How many secrets were hashed so far, by the id of their key.
fn hashed(daemon: &Daemon) -> BTreeMap<String, usize> {
    let mut hashed = BTreeMap::new();
    for line in daemon.home.log_text().lines().filter(|line| line.contains(": hashed ")) {
        let (_, id) = line.split_once("key_id=").unwrap();
        *hashed.entry(id.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    hashed
}

/// Fails unless each secret was granted, and as its own key's.
fn assert_all_granted(presented: &[Presented], keys: &[Minted]) {
    for one in presented {
        assert_eq!(one.key_id.as_deref(), Some(&*keys[one.nth % keys.len()].id));
    }
}

/// Runs something on the rows of the digests of a store that nobody has open.
fn on_digests(daemon: &Daemon, change: impl FnOnce(&mut redb::Table<'_, &'static [u8; 12], &'static [u8]>)) {
    let database = Database::open(daemon.home.store()).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&mut transaction.open_table(DIGESTS).unwrap());
    transaction.commit().unwrap();
}

fn kept_rows(daemon: &Daemon) -> u64 {
    let database = Database::open(daemon.home.store()).unwrap();
    database.begin_read().unwrap().open_table(DIGESTS).unwrap().len().unwrap()
}

#[test]
fn after_a_restart_none_of_a_thousand_secrets_is_hashed_and_without_the_digests_key_each_is_once() {
    let (mut daemon, key, keys) = busy(KEYS);
    let secrets = secrets(&keys);
    // What was minted right before a kill is as warm as the rest.
    daemon.kill9();
    for _ in 0..2 {
        daemon.start_again();
        let presented = present_all(&daemon.verify, &secrets, CONNECTIONS);
        assert_all_granted(&presented, &keys);
        assert_eq!(presented.iter().map(|one| one.busy.len()).sum::<usize>(), 0);
        assert_eq!(hashed(&daemon), BTreeMap::new());
        let longest = presented.iter().map(|one| one.took).max().unwrap();
        tell(&format!("{KEYS} secrets after a restart: 0 hashed, the longest verification {longest:.1?}"));
        daemon.stop();
    }
    key.forget();
    daemon.start_again();
    // Everybody comes twice at the same time, and asks again where the answer is BUSY.
    let twice = [secrets.clone(), secrets.clone()].concat();
    assert_all_granted(&present_all(&daemon.verify, &twice, 2 * CONNECTIONS), &keys);
    let each_once: BTreeMap<String, usize> = keys.iter().map(|key| (key.id.clone(), 1)).collect();
    assert_eq!(hashed(&daemon), each_once);
    // What the slow hash has proven is kept under the new key.
    daemon.restart();
    assert_all_granted(&present_all(&daemon.verify, &secrets, CONNECTIONS), &keys);
    assert_eq!(hashed(&daemon), each_once);
}

#[test]
fn what_is_damaged_foreign_or_missing_among_kept_digests_means_a_slow_hash_and_nothing_else() {
    let (mut daemon, _key, keys) = busy(8);
    let old = keys[7].secret.clone();
    daemon.stop();
    let mut before = Vec::new();
    on_digests(&daemon, |table| {
        let row = |key: &Minted| <[u8; 12]>::try_from(&key.id.as_bytes()[4..]).unwrap();
        before = table.get(&row(&keys[7])).unwrap().unwrap().value().to_owned();
        let other = table.get(&row(&keys[0])).unwrap().unwrap().value().to_owned();
        let flipped: Vec<u8> = [&other[..other.len() - 1], &[other[other.len() - 1] ^ 1]].concat();
        table.insert(&row(&keys[0]), &*flipped).unwrap();
        table.insert(&row(&keys[1]), &*other).unwrap();
        table.insert(&row(&keys[2]), &b""[..]).unwrap();
        table.insert(&row(&keys[3]), &other[..20]).unwrap();
        table.insert(&row(&keys[4]), &*vec![0xff; 4096]).unwrap();
        table.remove(&row(&keys[5])).unwrap();
        // Of a key that is not there.
        table.insert(b"AAAAAAAAAAAA", &*other).unwrap();
    });
    daemon.start_again();
    assert_all_granted(&present_all(&daemon.verify, &secrets(&keys), 8), &keys);
    let cold: Vec<&String> = keys[..6].iter().map(|key| &key.id).collect();
    let mut found: Vec<String> = hashed(&daemon).into_keys().collect();
    found.sort_by_key(|id| cold.iter().position(|cold| *cold == id));
    assert_eq!(found.iter().collect::<Vec<_>>(), cold, "those whose digest was whole are warm");

    // A digest of an older generation, in the place of the newer one's.
    let rotated = daemon.rotate(&keys[7].id);
    daemon.stop();
    on_digests(&daemon, |table| {
        let id = <[u8; 12]>::try_from(&keys[7].id.as_bytes()[4..]).unwrap();
        assert_ne!(table.get(&id).unwrap().unwrap().value(), &*before);
        table.insert(&id, &*before).unwrap();
    });
    daemon.start_again();
    daemon.denied(&old, None, "UNAUTHORIZED");
    daemon.granted(&rotated.secret, None);
    assert_eq!(hashed(&daemon)[&keys[7].id], 1);
    let doctor = daemon.home.run(&["doctor"]);
    assert_eq!(doctor.status, 0, "{doctor:?}");
}

#[test]
fn what_the_settings_say_holds_from_the_next_start_and_takes_away_what_was_kept() {
    let (mut daemon, key, keys) = busy(3);
    let before = key.bytes().unwrap();
    daemon.stop();
    assert_eq!(kept_rows(&daemon), 3);
    daemon.home.configure("");
    daemon.start_again();
    assert_eq!(key.bytes(), None);
    assert_all_granted(&present_all(&daemon.verify, &secrets(&keys), 3), &keys);
    assert_eq!(hashed(&daemon).len(), 3);
    daemon.stop();
    assert_eq!(kept_rows(&daemon), 0);
    daemon.home.configure_keeping_digests();
    daemon.start_again();
    assert_ne!(key.bytes().unwrap(), before);
}

#[test]
fn where_the_kernel_refuses_its_keyring_the_key_is_in_memory_and_a_restart_costs_no_hashing_either() {
    if !Command::new("strace").arg("--version").output().is_ok_and(|done| done.status.success()) {
        return;
    }
    let mut home = Home::that_keeps_digests();
    home.log_level = "debug";
    let refusing = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=keyctl,add_key", "-e"];
    home.under =
        refusing.into_iter().chain(["inject=keyctl,add_key:error=EPERM"]).map(str::to_owned).collect();
    let mut daemon = home.start();
    let key = DigestKey::of(&daemon);
    assert!(matches!(key, DigestKey::MemoryFile(_)), "{key:?}");
    assert_eq!(key.bytes().unwrap().len(), 32);
    let minted = daemon.create_for_all("key");
    daemon.restart();
    daemon.granted(&minted.secret, None);
    assert_eq!(hashed(&daemon), BTreeMap::new());
    let refusals = daemon.home.log_text().matches("the kernel's keyring keeps no key of digests").count();
    assert_eq!(refusals, 1, "{}", daemon.home.log_text());
    fs::write(key.name(), "short").unwrap();
    daemon.restart();
    daemon.granted(&minted.secret, None);
    assert_eq!(hashed(&daemon).len(), 1);
}

#[test]
fn the_doctor_says_where_the_key_of_the_digests_lives_or_why_none_are_kept() {
    let detail = |daemon: &Daemon| {
        let told: Value = serde_json::from_str(&daemon.home.run(&["doctor", "--json"]).stdout).unwrap();
        let checks = told["checks"].as_array().unwrap().clone();
        let found = checks.iter().find(|check| check["name"] == "digests").unwrap().clone();
        assert_eq!(found["state"], "ok");
        found["detail"].as_str().unwrap().to_owned()
    };
    let (mut daemon, key, _) = busy(1);
    assert!(detail(&daemon).contains(key.name()));
    daemon.stop();
    assert!(detail(&daemon).contains(key.name()));
    key.forget();
    assert!(detail(&daemon).contains("their key is gone"));
    daemon.home.configure("");
    daemon.start_again();
    assert!(detail(&daemon).contains("digests.keep is \"never\""), "{}", detail(&daemon));
}
