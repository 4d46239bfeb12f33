//! Owns the tests of the command line for scripts: what it prints where, and how it ends; keys, secrets, listings and places have
//! files of their own. Must not test the interface.

mod keys;
mod listings;
mod places;
mod secrets;

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Output};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const UNAUTHORIZED: i32 = 3;
const NOT_FOUND: i32 = 4;
const STORAGE_MODE_REQUIRED: i32 = 5;
const CONFLICT: i32 = 6;
const UNREACHABLE: i32 = 7;

fn run(daemon: &Daemon, arguments: &[&str]) -> Output {
    daemon.home.run(arguments)
}

/// Runs a command that must end with this status, say why on standard error, and print nothing.
fn fails(daemon: &Daemon, arguments: &[&str], status: i32) -> Output {
    let output = run(daemon, arguments);
    assert_eq!(output.status, status, "{arguments:?}: {output:?}");
    assert_eq!(output.stdout, "", "{arguments:?}");
    assert!(!output.stderr.trim().is_empty(), "{arguments:?} says nothing");
    assert!(!output.stderr.contains("panicked"), "{output:?}");
    output
}

fn verify(daemon: &Daemon, secret: &str, more: &[&str]) -> Output {
    daemon.home.run_with_input(&[&["verify"], more].concat(), &format!("{secret}\n"))
}

#[test]
fn accounts_are_connected_updated_and_disconnected() {
    let daemon = Daemon::start();
    let facts = ["--institution", "First Bank", "--mask", "1234", "--kind", "checking", "--id", "everyday"];
    run(&daemon, &[&["accounts", "connect", "Everyday Account"][..], &facts].concat()).success();
    let listed = daemon.admin.ok("accounts.list", &json!({}))["accounts"][0].clone();
    assert_eq!(listed["id"], "everyday");
    assert_eq!(listed["institution"], "First Bank");
    assert_eq!(listed["mask"], "1234");
    assert_eq!(listed["kind"], "checking");
    fails(&daemon, &["accounts", "connect", "Other", "--id", "everyday"], CONFLICT);
    daemon.create_for("CI", &["everyday"]);
    fails(&daemon, &["accounts", "disconnect", "everyday account"], NOT_FOUND);
    fails(&daemon, &["accounts", "disconnect", "absent"], NOT_FOUND);
    run(&daemon, &["accounts", "update", "Everyday Account", "--mask", "9999"]).success();
    assert_eq!(daemon.admin.ok("accounts.list", &json!({}))["accounts"][0]["mask"], "9999");
}

#[test]
fn with_json_an_error_is_an_object_on_standard_error_with_the_code_of_the_wire() {
    let daemon = Daemon::start();
    let output = daemon.home.run_with_input(&["verify", "--json"], "wrong\n");
    assert_eq!(output.status, UNAUTHORIZED, "{output:?}");
    assert_eq!(output.stdout, "");
    let error: Value = serde_json::from_str(&output.stderr).unwrap_or_else(|_| panic!("{output:?}"));
    let code = error.get("code").or_else(|| error["error"].get("code")).cloned().unwrap_or_default();
    assert_eq!(code, "UNAUTHORIZED", "{error}");
    let home = Home::new();
    let output = home.run(&["keys", "list", "--json"]);
    assert_eq!(output.status, UNREACHABLE, "{output:?}");
    let error: Value = serde_json::from_str(&output.stderr).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(error.is_object());
}

#[test]
fn without_a_daemon_every_command_says_so_and_starts_none() {
    let home = Home::new();
    for arguments in [
        &["status"][..],
        &["stop"],
        &["keys", "list"],
        &["keys", "create", "CI"],
        &["accounts", "list"],
        &["storage-mode"],
        &["storage-mode", "on"],
        &["activity"],
        &["rpc", "keys.list"],
        &["verify"],
    ] {
        let output = home.run_with_input(arguments, "clv_x\n");
        assert_eq!(output.status, UNREACHABLE, "{arguments:?}: {output:?}");
        assert_eq!(output.stdout, "", "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    assert!(!home.run.exists() && !home.data.exists(), "a command made directories");
}

#[test]
fn what_is_no_command_is_a_usage_error() {
    let daemon = Daemon::start();
    for arguments in [
        &["no-such-command"][..],
        &["--no-such-flag"],
        &["keys"],
        &["keys", "no-such"],
        &["keys", "create"],
        &["keys", "create", "a", "b"],
        &["keys", "rename", "a"],
        &["storage-mode", "maybe"],
        &["rpc"],
    ] {
        let output = run(&daemon, arguments);
        assert_eq!(output.status, USAGE, "{arguments:?}: {output:?}");
    }
    assert_eq!(run(&daemon, &["--help"]).status, DONE);
    let version = run(&daemon, &["--version"]).success();
    let daemons = daemon.admin.ok("system.status", &json!({}))["version"].as_str().unwrap().to_owned();
    assert!(version.stdout.contains(&daemons), "{version:?}");
}

#[test]
fn storage_mode_is_shown_and_set() {
    let daemon = Daemon::start();
    let shown = || run(&daemon, &["storage-mode"]).success().stdout.to_lowercase();
    assert!(shown().contains("off"));
    run(&daemon, &["storage-mode", "on"]).success();
    assert!(daemon.storage_mode());
    assert!(shown().contains("on") && !shown().contains("off"));
    run(&daemon, &["storage-mode", "off"]).success();
    assert!(!daemon.storage_mode());
}

#[test]
fn rpc_makes_one_raw_call() {
    let daemon = Daemon::start();
    let read = |arguments: &[&str]| -> Value {
        let output = run(&daemon, arguments).success();
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("not JSON: {output:?}"))
    };
    assert_eq!(read(&["rpc", "system.health"])["status"], "ok");
    assert_eq!(read(&["rpc", "accounts.connect", r#"{"name": "n", "id": "a"}"#])["id"], "a");
    fails(&daemon, &["rpc", "keys.get", r#"{"id": "key_AAAAAAAAAAAA"}"#], NOT_FOUND);
    fails(&daemon, &["rpc", "accounts.connect", r#"{"name": "n", "id": "a"}"#], CONFLICT);
    fails(&daemon, &["rpc", "no.such"], FAILED);
    for params in ["[1]", "7", "{", "null"] {
        let output = run(&daemon, &["rpc", "keys.list", params]);
        assert!([USAGE, FAILED].contains(&output.status), "{params}: {output:?}");
    }
}

#[test]
fn stop_waits_until_the_daemon_has_ended() {
    let mut daemon = Daemon::start();
    run(&daemon, &["status"]).success();
    run(&daemon, &["stop"]).success();
    assert!(!daemon.admin.answers(), "stop returned while the daemon still answers");
    assert_eq!(run(&daemon, &["status"]).status, UNREACHABLE);
    daemon.kill9();
    daemon.start_again();
    run(&daemon, &["status"]).success();
}

#[test]
fn completions_are_printed_for_the_usual_shells() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let output = home.run(&["completions", shell]).success();
        assert!(output.stdout.contains("claviger"), "{shell}");
    }
    assert_eq!(home.run(&["completions", "no-such-shell"]).status, USAGE);
}

#[test]
fn without_a_terminal_the_interface_says_so_and_names_the_commands_for_scripts() {
    let daemon = Daemon::start();
    for arguments in [&[][..], &["demo"]] {
        let output = run(&daemon, arguments);
        assert_ne!(output.status, DONE, "{output:?}");
        assert!(output.stderr.contains("terminal"), "{output:?}");
        assert!(output.stderr.contains("claviger keys"), "{output:?}");
        assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
    }
    let home = Home::new();
    home.run(&[]);
    assert!(!home.admin().answers(), "a daemon was started for an interface that cannot be shown");
}
