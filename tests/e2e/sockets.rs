//! Owns the tests of directories, modes, sockets, settings and the store's file, and of who may speak to the daemon.
//! Must not test what is said over a socket.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::{Daemon, Home};

pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn make_dir(path: &Path, mode: u32) {
    fs::create_dir(path).unwrap();
    set_mode(path, mode);
}

/// What tells one file from another that took its place; `None` where there is none.
pub(crate) fn identity(path: &Path) -> Option<(u64, u64, u32)> {
    let facts = fs::symlink_metadata(path).ok()?;
    Some((facts.dev(), facts.ino(), facts.mode()))
}

#[test]
fn what_a_daemon_makes_is_for_its_own_user_only() {
    let daemon = Daemon::start();
    daemon.create_for_all("key");
    let home = &daemon.home;
    assert_eq!(mode(&home.data), 0o700);
    assert_eq!(mode(&home.run), 0o700);
    for socket in [&daemon.admin, &daemon.verify] {
        assert_eq!(mode(socket.path()), 0o600, "{}", socket.path().display());
        assert!(fs::metadata(socket.path()).unwrap().file_type().is_socket());
    }
    assert_eq!(mode(&home.store()), 0o600);
    for entry in fs::read_dir(&home.data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{} is open to others", path.display());
    }
}

#[test]
fn a_verify_mode_for_others_opens_the_directory_for_passing_and_that_socket_only() {
    let daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    assert_eq!(mode(&daemon.home.run), 0o711);
    assert_eq!(mode(daemon.verify.path()), 0o666);
    assert_eq!(mode(daemon.admin.path()), 0o600);
    assert_eq!(mode(&daemon.home.data), 0o700);
}

#[test]
fn a_verify_mode_for_others_can_be_set_later() {
    let mut daemon = Daemon::start();
    daemon.stop();
    daemon.home.configure("[sockets]\nverify_mode = \"0660\"");
    daemon.start_again();
    assert_eq!(mode(&daemon.home.run), 0o711);
    assert_eq!(mode(daemon.verify.path()), 0o660);
    assert_eq!(mode(daemon.admin.path()), 0o600);
}

#[test]
fn a_second_daemon_is_refused_and_the_firsts_sockets_are_untouched() {
    let daemon = Daemon::start();
    let before = [&daemon.admin, &daemon.verify].map(|socket| identity(socket.path()));
    let failure = daemon.home.start_in_vain();
    assert!(failure.said.contains("already"), "{}", failure.said);
    assert_eq!([&daemon.admin, &daemon.verify].map(|socket| identity(socket.path())), before);
    assert!(daemon.admin.answers() && daemon.verify.answers());
    assert_eq!(daemon.admin.ok("system.status", &json!({}))["pid"], daemon.pid());
}

#[test]
fn a_second_daemon_on_the_same_store_with_other_sockets_is_refused() {
    let daemon = Daemon::start();
    let mut other = Home::new();
    other.data.clone_from(&daemon.home.data);
    other.start_in_vain();
    assert!(!other.run.join("admin.sock").exists(), "a daemon without a store has no socket");
    daemon.create_for_all("key");
    assert!(daemon.admin.answers());
}

#[test]
fn a_second_daemon_on_the_same_sockets_with_another_store_is_refused() {
    let daemon = Daemon::start();
    let before = identity(daemon.admin.path());
    let mut other = Home::new();
    other.run.clone_from(&daemon.home.run);
    other.start_in_vain();
    assert_eq!(identity(daemon.admin.path()), before);
    assert_eq!(daemon.admin.ok("system.status", &json!({}))["pid"], daemon.pid());
    // Forget the first one's directory, so that it is not ended from here.
    other.run = other.path("none");
}

#[test]
fn a_stale_socket_is_replaced() {
    let home = Home::new();
    make_dir(&home.run, 0o700);
    for socket in [home.admin(), home.verify()] {
        drop(UnixListener::bind(socket.path()).unwrap());
        assert!(socket.path().exists());
    }
    let daemon = home.start();
    assert_eq!(mode(daemon.admin.path()), 0o600);
    daemon.create_for_all("key");
}

#[test]
fn what_is_no_socket_in_a_sockets_place_is_refused_and_untouched() {
    for name in ["admin.sock", "verify.sock"] {
        let place = |put: &dyn Fn(&Path, &Path)| -> (Home, PathBuf) {
            let home = Home::new();
            make_dir(&home.run, 0o700);
            let path = home.run.join(name);
            put(&path, &home.path("elsewhere"));
            (home, path)
        };
        let refused = |home: &Home, path: &Path| {
            let before = identity(path);
            let failure = home.start_in_vain();
            assert!(failure.said.contains(name), "it does not say what is in the way: {}", failure.said);
            assert_eq!(identity(path), before, "{name} was touched");
        };

        let (home, path) = place(&|path, _| fs::write(path, "precious").unwrap());
        refused(&home, &path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

        let (home, path) = place(&|path, _| fs::create_dir(path).unwrap());
        refused(&home, &path);

        let (home, path) = place(&|path, elsewhere| symlink(elsewhere, path).unwrap());
        refused(&home, &path);
        assert!(!home.path("elsewhere").exists(), "the link was followed");

        let (home, path) = place(&|path, elsewhere| {
            fs::write(elsewhere, "precious").unwrap();
            symlink(elsewhere, path).unwrap();
        });
        refused(&home, &path);
        assert_eq!(fs::read_to_string(home.path("elsewhere")).unwrap(), "precious");

        let (home, path) = place(&|path, elsewhere| {
            drop(UnixListener::bind(elsewhere).unwrap());
            symlink(elsewhere, path).unwrap();
        });
        refused(&home, &path);
        assert!(home.path("elsewhere").exists(), "a stale socket behind a link was removed");
    }
}

#[test]
fn a_directory_that_is_open_to_others_is_refused_and_the_hint_mends_it() {
    for loose in [0o701, 0o710, 0o750, 0o755, 0o770, 0o777] {
        let home = Home::new();
        make_dir(&home.data, loose);
        let failure = home.start_in_vain();
        assert!(failure.said.contains("chmod"), "no hint for mode {loose:o}: {}", failure.said);
        assert!(failure.said.contains(home.data.to_str().unwrap()), "{}", failure.said);
        assert_eq!(mode(&home.data), loose, "a refusal mends nothing by itself");
        assert!(!home.store().exists(), "a store was made in a directory that is open to others");
        set_mode(&home.data, 0o700);
        home.start();
    }
}

#[test]
fn a_runtime_directory_that_others_can_write_to_is_refused() {
    for loose in [0o770, 0o777, 0o1777, 0o755] {
        let home = Home::new();
        make_dir(&home.run, loose);
        let failure = home.start_in_vain();
        assert!(failure.said.contains("chmod"), "no hint for mode {loose:o}: {}", failure.said);
        assert_eq!(mode(&home.run), loose);
        assert!(!home.admin().path().exists());
    }
}

#[test]
fn a_directory_or_store_of_another_owner_is_refused() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    let home = Home::new();
    make_dir(&home.data, 0o700);
    chown(&home.data, Some(65534), None).unwrap();
    let failure = home.start_in_vain();
    assert!(failure.said.contains(home.data.to_str().unwrap()), "{}", failure.said);
    assert!(!home.store().exists());

    let mut daemon = Daemon::start();
    daemon.stop();
    chown(daemon.home.store(), Some(65534), None).unwrap();
    daemon.home.start_in_vain();
    chown(daemon.home.store(), Some(0), None).unwrap();
    chown(&daemon.home.run, Some(65534), None).unwrap();
    daemon.home.start_in_vain();
}

#[test]
fn what_is_no_directory_in_a_directorys_place_is_refused_and_untouched() {
    let home = Home::new();
    fs::write(&home.data, "precious").unwrap();
    home.start_in_vain();
    assert_eq!(fs::read_to_string(&home.data).unwrap(), "precious");

    let home = Home::new();
    fs::write(&home.run, "precious").unwrap();
    home.start_in_vain();
    assert_eq!(fs::read_to_string(&home.run).unwrap(), "precious");
}

#[test]
fn a_path_too_long_for_a_socket_is_refused_clearly() {
    let mut home = Home::new();
    home.run = home.path(&"x".repeat(100));
    let failure = home.start_in_vain();
    assert!(failure.said.contains("107"), "it does not say how long a path can be: {}", failure.said);
    assert!(!failure.said.contains("panicked"), "{}", failure.said);
    let status = home.run(&["status"]);
    assert_ne!(status.status, 0);
    assert!(status.stderr.contains("107"), "{status:?}");
}

#[test]
fn the_longest_path_that_a_socket_can_have_works() {
    let mut home = Home::new();
    let fixed = home.path("").as_os_str().len() + "/verify.sock".len();
    home.run = home.path(&"x".repeat(107 - fixed));
    assert_eq!(home.verify().path().as_os_str().len(), 107);
    home.start().create_for_all("key");
}
