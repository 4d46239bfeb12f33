//! Owns the tests of what the doctor says to somebody whose installation it is not. Must not test what it finds.

use std::path::Path;

use super::NOTHING_WRONG;
use crate::harness::{Home, Output};
use crate::sockets::set_mode;

/// What the doctor says to a user who is neither the owner nor root; `None` where this machine or user cannot ask so.
fn as_nobody(home: &Home, variables: &[(&str, &Path)]) -> Option<Output> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    // The executable may be where only root gets. Copied by another process: what is open for writing here is, for a moment, in
    // whatever another test starts too, and cannot be executed until that has let go of it.
    let copy = home.path("claviger");
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_claviger")).arg(&copy).status();
    assert!(copied.unwrap().success());
    set_mode(&copy, 0o755);
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(copy).arg("doctor");
    command.env_clear().env("HOME", "/").envs(variables.iter().copied());
    Some(Home::finish(command, ""))
}

#[test]
fn who_is_neither_its_owner_nor_root_is_told_whose_it_is_and_not_to_take_it() {
    // Settings that this user does not know of: by the defaults the socket would be loose.
    let mut daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    let home = &daemon.home;
    set_mode(&home.path(""), 0o711);
    let (data, run) = (home.data.clone(), home.run.clone());
    let places = [("CLAVIGER_DATA_DIR", &*data), ("CLAVIGER_RUNTIME_DIR", &*run)];
    let Some(running) = as_nobody(home, &places) else { return };
    daemon.stop();
    let stopped = as_nobody(&daemon.home, &places).unwrap();
    for output in [running, stopped] {
        assert_eq!(output.status, NOTHING_WRONG, "{output:?}");
        let again = format!(
            "hint: sudo -H -u '#0' claviger --data-dir '{}' --runtime-dir '{}' doctor\n",
            data.display(),
            run.display()
        );
        assert_eq!(output.stdout.matches("hint: sudo").count(), 1, "{output:?}");
        assert!(output.stdout.contains(&again), "{output:?}");
        assert!(output.stdout.contains("belongs to user root, uid 0, and you are uid 65534"), "{output:?}");
        assert!(!output.stdout.contains("chown") && !output.stdout.contains("chmod"), "{output:?}");
    }
}
