//! Owns the tests of where a command looks for the daemon: flags, the environment, defaults. Must not test the settings' file.

use std::fs;
use std::process::Command;

use super::UNREACHABLE;
use crate::harness::{Daemon, Home};

#[test]
fn a_flag_wins_over_the_environment() {
    let daemon = Daemon::start();
    let elsewhere = Home::new();
    let mut command = elsewhere.command();
    command.args(["status", "--runtime-dir"]).arg(&daemon.home.run);
    Home::finish(command, "").success();
    let mut command = daemon.home.command();
    command.args(["status", "--runtime-dir"]).arg(&elsewhere.run);
    assert_eq!(Home::finish(command, "").status, UNREACHABLE);
}

#[test]
fn the_environment_wins_over_the_defaults_and_the_defaults_follow_xdg() {
    let daemon = Daemon::start();
    let home = &daemon.home;
    let bare = |set: &[(&str, &str)]| -> Command {
        let mut command = home.command();
        for name in ["CLAVIGER_DATA_DIR", "CLAVIGER_RUNTIME_DIR", "CLAVIGER_CONFIG"] {
            command.env_remove(name);
        }
        command.envs(set.iter().copied());
        command.arg("status");
        command
    };
    assert_eq!(Home::finish(bare(&[]), "").status, UNREACHABLE);
    Home::finish(bare(&[("CLAVIGER_RUNTIME_DIR", home.run.to_str().unwrap())]), "").success();
    // $XDG_STATE_HOME/claviger/run, and ~/.local/state/claviger/run without it.
    let state = home.path("state");
    fs::create_dir_all(state.join("claviger")).unwrap();
    std::os::unix::fs::symlink(&home.run, state.join("claviger/run")).unwrap();
    Home::finish(bare(&[("XDG_STATE_HOME", state.to_str().unwrap())]), "").success();
    fs::create_dir_all(home.path("home/.local/state/claviger")).unwrap();
    std::os::unix::fs::symlink(&home.run, home.path("home/.local/state/claviger/run")).unwrap();
    Home::finish(bare(&[]), "").success();
}
