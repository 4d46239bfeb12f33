//! Owns the tests of what the doctor says of sockets, and of who answers there. Must not test how a daemon makes them.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;

use super::{NOTHING_WRONG, SOMETHING_WRONG, ask, ask_stopped, mend, stopped};
use crate::harness::{Daemon, Home};
use crate::sockets::{make_dir, mode, set_mode};

#[test]
fn a_socket_that_lets_others_in_is_wrong() {
    let daemon = Daemon::start();
    set_mode(daemon.admin.path(), 0o666);
    set_mode(daemon.verify.path(), 0o666);
    let told = ask(&daemon.home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("admin_socket", "wrong"), ("verify_socket", "wrong")]);
    assert!(told.hint("verify_socket").contains(" stop && claviger "), "{told:?}");
    mend(&daemon.home, told.hint("admin_socket"));
    assert_eq!(mode(daemon.admin.path()), 0o600);
    fs::remove_file(daemon.verify.path()).unwrap();
    let told = ask(&daemon.home, SOMETHING_WRONG);
    assert_eq!(told.detail("verify_socket"), "it is gone");
}

#[test]
fn settings_that_let_others_verify_are_right_as_the_daemon_makes_them() {
    let mut daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    assert_eq!(ask(&daemon.home, NOTHING_WRONG).not_ok(), []);
    daemon.stop();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn a_stale_socket_is_a_warning_and_what_is_no_socket_is_wrong() {
    let daemon = stopped();
    let home = &daemon.home;
    drop(UnixListener::bind(daemon.admin.path()).unwrap());
    let told = ask_stopped(home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), [("admin_socket", "warning")]);
    mend(home, told.hint("admin_socket"));
    fs::write(daemon.verify.path(), "").unwrap();
    let told = ask_stopped(home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("verify_socket", "wrong")]);
    mend(home, told.hint("verify_socket"));
    assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn what_listens_but_is_no_daemon_is_wrong_and_one_that_says_nothing_is_told_apart() {
    for (says, told_as) in
        [("", "hung up before it answered"), ("220 no daemon\r\n\r\n", "did not answer as a Claviger daemon")]
    {
        let home = Home::new();
        make_dir(&home.run, 0o700);
        let listener = UnixListener::bind(home.admin().path()).unwrap();
        set_mode(home.admin().path(), 0o600);
        let hangs_up = std::thread::spawn(move || {
            // The doctor is asked twice.
            for _ in 0..2 {
                let (mut caller, _) = listener.accept().unwrap();
                // Closing what was not read would be a reset, and what is said would be lost.
                let read = caller.read(&mut [0; 4096]).unwrap();
                assert!(read > 0);
                caller.write_all(says.as_bytes()).unwrap();
            }
        });
        let told = ask(&home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [("daemon", "wrong")]);
        assert!(told.detail("daemon").ends_with(told_as), "{told:?}");
        hangs_up.join().unwrap();
    }
}

#[test]
fn a_daemon_for_another_store_is_told() {
    let daemon = Daemon::start();
    let other = daemon.home.path("other");
    let output = daemon.home.run(&["doctor", "--data-dir", other.to_str().unwrap()]).success();
    assert!(output.stdout.contains("its store is in"), "{output:?}");
    let run = daemon.home.path("other-run");
    let output = daemon.home.run(&["doctor", "--runtime-dir", run.to_str().unwrap()]);
    assert!(output.stdout.contains("no daemon answers here"), "{output:?}");
}
