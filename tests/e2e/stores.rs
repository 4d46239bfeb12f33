//! Owns the tests of what stands in the store's place: foreign, damaged, open to others. Must not test sockets.

use std::fs::{self};
use std::os::unix::fs::symlink;

use crate::harness::{Daemon, Home};
use crate::sockets::{make_dir, mode, set_mode};

#[test]
fn a_store_that_is_open_to_others_is_refused_and_the_hint_mends_it() {
    let mut daemon = Daemon::start();
    daemon.create_for_all("key");
    daemon.stop();
    for loose in [0o644, 0o660, 0o604] {
        set_mode(&daemon.home.store(), loose);
        let failure = daemon.home.start_in_vain();
        assert!(failure.said.contains("chmod"), "no hint for mode {loose:o}: {}", failure.said);
        assert_eq!(mode(&daemon.home.store()), loose);
    }
    set_mode(&daemon.home.store(), 0o600);
    daemon.start_again();
    assert_eq!(daemon.key_names(), ["key"]);
}

#[test]
fn what_is_no_file_in_the_stores_place_is_refused_and_untouched() {
    let home = Home::new();
    make_dir(&home.data, 0o700);
    fs::create_dir(home.store()).unwrap();
    home.start_in_vain();
    assert!(home.store().is_dir());

    let home = Home::new();
    make_dir(&home.data, 0o700);
    symlink(home.path("elsewhere"), home.store()).unwrap();
    home.start_in_vain();
    assert!(!home.path("elsewhere").exists(), "a store was made through a link");
}

/// Puts these bytes into the store's place and fails unless the daemon refuses them and leaves them alone.
fn refuses_store(home: &Home, what: &str, bytes: &[u8]) {
    fs::write(home.store(), bytes).unwrap();
    set_mode(&home.store(), 0o600);
    let failure = home.start_in_vain();
    assert!(
        failure.said.contains("claviger.redb") || failure.said.contains(home.data.to_str().unwrap()),
        "{what}: it does not say which file: {}",
        failure.said
    );
    assert!(!failure.said.contains("panicked"), "{what}: {}", failure.said);
    assert!(fs::read(home.store()).unwrap() == bytes, "{what}: the file was changed");
    assert!(!home.admin().answers(), "{what}");
}

#[test]
fn a_foreign_or_empty_file_in_the_stores_place_is_refused_and_untouched() {
    let home = Home::new();
    make_dir(&home.data, 0o700);
    refuses_store(&home, "a text", b"not a store\n");
    refuses_store(&home, "zeros", &vec![0; 1 << 16]);
    refuses_store(&home, "SQLite", &[b"SQLite format 3\0".as_slice(), &[1; 8192]].concat());
    refuses_store(&home, "an empty file", b"");
}

#[test]
fn a_database_that_is_none_of_ours_is_refused_and_untouched() {
    let home = Home::new();
    make_dir(&home.data, 0o700);
    let database = redb::Database::create(home.store()).unwrap();
    let writing = database.begin_write().unwrap();
    let table = redb::TableDefinition::<&str, u64>::new("of_another_program");
    writing.open_table(table).unwrap().insert("precious", 7).unwrap();
    writing.commit().unwrap();
    drop(database);
    let bytes = fs::read(home.store()).unwrap();
    refuses_store(&home, "another program's database", &bytes);
}

#[test]
fn a_damaged_store_is_refused_and_untouched() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    for n in 0..10 {
        daemon.create_for(&format!("key {n}"), &["a"]);
    }
    daemon.stop();
    let whole = fs::read(daemon.home.store()).unwrap();
    refuses_store(&daemon.home, "cut to a quarter", &whole[..whole.len() / 4]);
    refuses_store(&daemon.home, "cut to its first page", &whole[..4096]);
    let mut scrambled = whole.clone();
    for byte in &mut scrambled[..512] {
        *byte ^= 0xff;
    }
    refuses_store(&daemon.home, "a scrambled beginning", &scrambled);
    let mut zeroed = whole.clone();
    zeroed[4096..].fill(0);
    refuses_store(&daemon.home, "zeroed after the first page", &zeroed);
    // The whole one is taken again: it was the damage that was refused.
    fs::write(daemon.home.store(), &whole).unwrap();
    daemon.start_again();
    assert_eq!(daemon.keys().len(), 10);
}
