//! Owns the test of rot: whatever happens to the bytes of a store, nothing that is told of it is wrong. `just rot` damages
//! it 2,000 times. Must not test a store that is not ours.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Daemon, Minted, Process, RpcError, assert_code, effort, tell};

const DAMAGES: usize = 24;

/// Where redb keeps which of its two commits is the newer one, and whether it was closed in order: a single byte.
const STATE_BYTE: usize = 9;

/// Flipped bits, a sector of zeros, or a file that ends early. Says what was done.
fn damage(bytes: &mut Vec<u8>, number: usize) -> String {
    let at = rand::random_range(0..bytes.len());
    match number % 6 {
        0..2 => {
            bytes[at] ^= 1 << rand::random_range(0..8);
            format!("a bit of byte {at}")
        }
        2 => {
            // Where most happens.
            let at = if number < 48 { STATE_BYTE } else { rand::random_range(0..512) };
            let bit = number / 6 % 8;
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at}")
        }
        3 => {
            let from = at / 512 * 512;
            let to = (from + 512).min(bytes.len());
            bytes[from..to].fill(0);
            format!("zeros from {from} to {to}")
        }
        4 => {
            let from = at / 4096 * 4096;
            let to = (from + 4096).min(bytes.len());
            bytes[from..to].fill(rand::random());
            format!("another content from {from} to {to}")
        }
        _ => {
            bytes.truncate(at);
            format!("{at} bytes are left")
        }
    }
}

/// All that a daemon tells of its store, or why it cannot.
fn told(daemon: &Daemon, keys: &[Minted]) -> Vec<Result<Value, RpcError>> {
    let mut told: Vec<_> = ["keys.list", "accounts.list", "activity.list", "settings.get"]
        .into_iter()
        .map(|method| daemon.admin.call(method, &json!({})))
        .collect();
    // Notes of use are no part of it.
    told.extend(keys.iter().map(|key| {
        let verdict = daemon.admin.call("keys.verify", &json!({"secret": key.secret, "account": "a"}))?;
        Ok(verdict["scope"].clone())
    }));
    told
}

fn tell_without_use(mut told: Vec<Result<Value, RpcError>>) -> Vec<Result<Value, RpcError>> {
    if let Ok(list) = &mut told[0] {
        for key in list["keys"].as_array_mut().unwrap() {
            key["last_used_at"] = Value::Null;
        }
    }
    told
}

/// Starts a daemon on a file whose bytes were changed. One that refuses says so, names the file and leaves it as it is.
fn start_on(daemon: &Daemon, file: &Path, rotten: &[u8], what: &str) -> Option<Process> {
    fs::write(file, rotten).unwrap();
    let said = daemon.home.log_text().len();
    let process = daemon.home.start_if_it_can();
    let said = daemon.home.log_text()[said..].to_owned();
    assert!(!said.contains("panicked"), "{what}: {said}");
    if process.is_none() {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(said.contains(name), "{what}: it does not say which file: {said}");
        assert!(fs::read(file).unwrap() == rotten, "{what}: the file was changed");
    }
    process
}

/// What is granted, and nothing that depends on when it was asked.
fn verdicts(daemon: &Daemon, keys: &[Minted]) -> Vec<Value> {
    keys.iter()
        .map(|key| match daemon.present(&key.secret, None) {
            Ok(verdict) => verdict["scope"].clone(),
            Err(refused) => refused.data,
        })
        .collect()
}

#[test]
fn rot_anywhere_in_the_journal_revives_nothing() {
    let damages = effort("CLAVIGER_ROT", DAMAGES);
    let mut daemon = Daemon::start();
    daemon.home.log_level = "info";
    daemon.connect("a");
    let keys: Vec<Minted> = (0..20).map(|n| daemon.create_for_all(&format!("key {n}"))).collect();
    daemon.stop();
    let old = fs::read(daemon.home.store()).unwrap();
    daemon.start_again();
    for (n, key) in keys.iter().enumerate().filter(|(n, _)| n % 2 == 0) {
        match n % 3 {
            0 => daemon.admin.ok("keys.delete", &json!({"id": key.id})),
            1 => daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": {"accounts": ["a"]}})),
            _ => daemon.admin.ok("keys.rotate", &json!({"id": key.id})),
        };
    }
    let right = verdicts(&daemon, &keys);
    daemon.stop();
    let journal = daemon.home.journal();
    let whole = fs::read(&journal).unwrap();
    let (mut refused, mut unharmed) = (0, 0);
    for number in 0..damages {
        let mut rotten = whole.clone();
        let what = damage(&mut rotten, number);
        fs::write(daemon.home.store(), &old).unwrap();
        let process = start_on(&daemon, &journal, &rotten, &what);
        if process.is_none() {
            refused += 1;
            continue;
        }
        unharmed += 1;
        assert_eq!(verdicts(&daemon, &keys), right, "{what}");
    }
    tell(&format!(
        "{damages} damages of the journal: {refused} refused, {unharmed} without harm, 0 revived, 0 panics"
    ));
}

#[test]
fn rot_anywhere_in_the_store_is_never_silent() {
    let damages = effort("CLAVIGER_ROT", DAMAGES);
    let mut daemon = Daemon::start();
    daemon.home.log_level = "info";
    daemon.connect("a");
    daemon.connect("b");
    let keys: Vec<Minted> = (0..40).map(|n| daemon.create_for(&format!("key {n}"), &["a"])).collect();
    // The last change takes away: a store that falls back by one commit would give it again.
    daemon.admin.ok("keys.set_scope", &json!({"id": keys[0].id, "scope": {"accounts": ["b"]}}));
    let right = tell_without_use(told(&daemon, &keys));
    daemon.stop();
    let whole = fs::read(daemon.home.store()).unwrap();
    let (mut refused, mut unharmed) = (0, 0);
    for number in 0..damages {
        let mut rotten = whole.clone();
        let what = damage(&mut rotten, number);
        let process = start_on(&daemon, &daemon.home.store(), &rotten, &what);
        if process.is_none() {
            refused += 1;
            continue;
        }
        // Taken: then what was hit is not in use, or whatever cannot be read says so.
        unharmed += 1;
        for (told, right) in tell_without_use(told(&daemon, &keys)).iter().zip(&right) {
            match (told, right) {
                (Ok(told), Ok(right)) => assert_eq!(told, right, "{what}"),
                (Err(told), Err(right)) if told.data == right.data => {}
                (Err(told), _) => assert_code(told, "INTERNAL_ERROR"),
                (Ok(told), Err(right)) => panic!("{what}: {told} instead of {}", right.raw),
            }
        }
    }
    tell(&format!("{damages} damages: {refused} refused, {unharmed} without harm, 0 silent, 0 panics"));
}
