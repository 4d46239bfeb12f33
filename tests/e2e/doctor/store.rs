//! Owns the tests of what the doctor says of a store and its journal by what is in them. Must not mend anything.

use std::fs;

use super::{NOTHING_WRONG, SOMETHING_WRONG, ask, ask_stopped, disk, stopped};
use crate::harness::Daemon;
use crate::sockets::set_mode;

#[test]
fn a_damaged_store_is_wrong_and_untouched() {
    let daemon = stopped();
    let home = &daemon.home;
    let whole = fs::read(home.store()).unwrap();
    let mut zeroed = whole.clone();
    zeroed[4096..].fill(0);
    let place = whole.windows(3).rposition(|window| window == b"key").unwrap();
    for (bytes, said) in [
        (&whole[..whole.len() / 4], "is damaged"),
        (&zeroed, "is damaged"),
        (b"not a store\n", "is not a Claviger store"),
        (b"", "is empty"),
    ] {
        fs::write(home.store(), bytes).unwrap();
        let told = ask_stopped(home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [("integrity", "wrong")], "{said}");
        assert!(told.detail("integrity").contains(said), "{told:?}");
        assert!(told.hint("integrity").starts_with("mv '"), "{told:?}");
    }
    // A single bit is found, or lies where nothing is kept any more: then all of it still agrees.
    let mut rotten = whole.clone();
    rotten[place] ^= 1;
    fs::write(home.store(), &rotten).unwrap();
    let before = disk(&home.path(""));
    let status = home.run(&["doctor"]).status;
    assert_eq!(status == SOMETHING_WRONG, home.start_if_it_can().is_none());
    assert!(before[&home.store()].4 == rotten);
    fs::write(home.store(), &whole).unwrap();
    ask(home, NOTHING_WRONG);
}

#[test]
fn a_store_that_was_not_closed_needs_repair_and_gets_none() {
    let mut daemon = Daemon::start();
    daemon.create_for_all("key");
    daemon.kill9();
    for _ in 0..2 {
        let told = ask_stopped(&daemon.home, NOTHING_WRONG);
        let stale = [("admin_socket", "warning"), ("integrity", "warning"), ("verify_socket", "warning")];
        assert_eq!(told.not_ok(), stale);
        assert!(told.detail("integrity").contains("needs repair"), "{told:?}");
        assert!(told.detail("admin_socket").contains("killed"), "{told:?}");
        assert!(told.text.ends_with("\nnothing is wrong, 3 warnings\n"), "{}", told.text);
    }
    daemon.start_again();
    assert_eq!(daemon.key_names(), ["key"]);
    daemon.stop();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn a_store_that_is_ahead_of_the_clock_is_a_warning() {
    let daemon = stopped();
    let home = &daemon.home;
    let database = redb::Database::open(home.store()).unwrap();
    let writing = database.begin_write().unwrap();
    {
        let settings = redb::TableDefinition::<&str, &[u8]>::new("settings_v1");
        // CBOR: revision 2, Storage Mode on, newest time 2100-01-01 in milliseconds, no notes of use written.
        let mut state = vec![0xa4, 0x00, 0x02, 0x01, 0xf5, 0x02, 0x1b];
        state.extend(4_102_444_800_000_u64.to_be_bytes());
        state.extend([0x03, 0x00]);
        writing.open_table(settings).unwrap().insert("state", state.as_slice()).unwrap();
    }
    writing.commit().unwrap();
    drop(database);
    let told = ask_stopped(home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), [("clock", "warning")]);
    let detail = told.detail("clock");
    assert!(detail.contains("2100-01-01T00:00:00Z") && detail.contains("years ahead"), "{detail}");
}

#[test]
fn what_the_journal_and_the_store_know_of_each_other_is_told() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    daemon.stop();
    let (store, journal) = (daemon.home.store(), daemon.home.journal());
    assert!(ask_stopped(&daemon.home, NOTHING_WRONG).detail("journal").contains("0 revocations"));
    let old = fs::read(&store).unwrap();
    daemon.start_again();
    daemon.admin.ok("keys.delete", &serde_json::json!({"id": key.id}));
    assert!(ask(&daemon.home, NOTHING_WRONG).detail("journal").contains("the daemon keeps it"));
    daemon.stop();
    fs::write(&store, old).unwrap();
    let told = ask_stopped(&daemon.home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), [("journal", "warning")]);
    assert!(told.detail("journal").contains("an older one"), "{told:?}");
    fs::write(&journal, "rot").unwrap();
    assert_eq!(ask_stopped(&daemon.home, SOMETHING_WRONG).not_ok(), [("journal", "wrong")]);
    fs::remove_file(&journal).unwrap();
    let told = ask_stopped(&daemon.home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("journal", "wrong")]);
    assert!(told.detail("journal").contains("suspends every key"), "{told:?}");
    assert!(told.hint("journal").contains("claviger keys release"), "{told:?}");
    fs::write(&journal, "").unwrap();
    set_mode(&journal, 0o644);
    let told = ask_stopped(&daemon.home, SOMETHING_WRONG);
    assert!(told.hint("journal").starts_with("chmod 0600"), "{told:?}");
}
