//! Owns the tests of what the doctor says of directories and files: what they are, and whom their modes let in. Must not test what
//! is in them.

use std::fs;
use std::path::Path;

use super::{NOTHING_WRONG, SOMETHING_WRONG, ask, ask_stopped, mend, stopped};
use crate::harness::Daemon;
use crate::sockets::{mode, set_mode};

#[test]
fn a_mode_that_lets_others_in_is_wrong_and_the_hint_mends_it() {
    let daemon = stopped();
    let home = &daemon.home;
    for (path, check, loose) in [
        (home.data.clone(), "data_directory", 0o755),
        (home.run.clone(), "runtime_directory", 0o777),
        (home.store(), "store", 0o640),
    ] {
        let right = mode(&path);
        set_mode(&path, loose);
        let told = ask_stopped(home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [(check, "wrong")]);
        assert!(told.detail(check).contains(&format!("has mode {loose:04o}")), "{told:?}");
        assert_eq!(told.hint(check), format!("chmod {right:04o} '{}'", path.display()));
        mend(home, told.hint(check));
        assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), []);
    }
}

#[test]
fn what_is_no_directory_or_no_file_is_wrong_and_not_opened() {
    let daemon = stopped();
    let home = &daemon.home;
    let pipe = |path: &Path| {
        // Opening one without a writer would wait for ever.
        fs::rename(path, home.path("aside")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    for (path, check) in [
        (home.store(), "store"),
        (home.data.clone(), "data_directory"),
        (home.run.clone(), "runtime_directory"),
    ] {
        pipe(&path);
        let told = ask_stopped(home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [(check, "wrong")]);
        assert_eq!(told.hint(check), format!("mv '{path}' '{path}'.aside", path = path.display()));
        fs::remove_file(&path).unwrap();
        fs::rename(home.path("aside"), &path).unwrap();
    }
    assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn a_missing_ballast_is_wrong_while_a_daemon_counts_on_it() {
    let mut daemon = Daemon::start();
    let ballast = daemon.home.data.join("claviger.ballast");
    fs::remove_file(&ballast).unwrap();
    assert_eq!(ask(&daemon.home, SOMETHING_WRONG).not_ok(), [("ballast", "wrong")]);
    daemon.stop();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), [("ballast", "warning")]);
    // As long as it should be, but without the blocks.
    fs::File::create(&ballast).unwrap().set_len(4 * 1024 * 1024).unwrap();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), [("ballast", "warning")]);
    daemon.start_again();
    assert_eq!(ask(&daemon.home, NOTHING_WRONG).not_ok(), []);
}
