//! Owns the tests of the command line for scripts: what it prints where, and how it ends. Must not test the interface.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Output, SecretParts};

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

/// The object with this id, wherever it is in what was printed.
fn find<'a>(value: &'a Value, id: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) if members.get("id") == Some(&json!(id)) => Some(value),
        Value::Object(members) => members.values().find_map(|member| find(member, id)),
        Value::Array(items) => items.iter().find_map(|item| find(item, id)),
        _ => None,
    }
}

fn verify(daemon: &Daemon, secret: &str, more: &[&str]) -> Output {
    daemon.home.run_with_input(&[&["verify"], more].concat(), &format!("{secret}\n"))
}

#[test]
fn create_prints_the_secret_alone_on_standard_output() {
    let daemon = Daemon::start();
    let made = run(&daemon, &["keys", "create", "CI"]).success();
    let secret = made.stdout.strip_suffix('\n').expect("one line");
    assert_eq!(SecretParts::of(secret).join(), secret);
    assert!(!made.stderr.contains(secret), "the secret is on standard error too");
    assert_eq!(daemon.granted(secret, None)["key"]["name"], "CI");
    assert_eq!(daemon.keys()[0]["scope"], "all");
    verify(&daemon, secret, &[]).success();
}

#[test]
fn create_restricts_to_the_accounts_that_are_named_by_id_or_by_exact_name() {
    let daemon = Daemon::start();
    daemon.connect("one");
    daemon.admin.ok("accounts.connect", &json!({"id": "two", "name": "Second Account"}));
    run(&daemon, &["keys", "create", "CI", "--account", "one", "--account", "Second Account"]).success();
    assert_eq!(daemon.keys()[0]["scope"], json!({"accounts": ["one", "two"]}));
    fails(&daemon, &["keys", "create", "other", "--account", "absent"], NOT_FOUND);
    fails(&daemon, &["keys", "create", "other", "--account", "second account"], NOT_FOUND);
    assert_eq!(daemon.key_names(), ["CI"]);
}

#[test]
fn rotate_prints_the_new_secret_alone_and_needs_yes_away_from_a_terminal() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    let refused = run(&daemon, &["keys", "rotate", "CI"]);
    assert!([FAILED, USAGE].contains(&refused.status), "{refused:?}");
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    daemon.granted(&key.secret, None);
    let rotated = run(&daemon, &["keys", "rotate", "CI", "--yes"]).success();
    let secret = rotated.stdout.strip_suffix('\n').expect("one line");
    assert_eq!(SecretParts::of(secret).join(), secret);
    daemon.granted(secret, None);
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
}

#[test]
fn delete_needs_yes_away_from_a_terminal() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    let refused = daemon.home.run_with_input(&["keys", "delete", "CI"], "y\nyes\nCI\n");
    assert!([FAILED, USAGE].contains(&refused.status), "{refused:?}");
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    daemon.granted(&key.secret, None);
    run(&daemon, &["keys", "delete", "CI", "--yes"]).success();
    assert!(daemon.keys().is_empty());
}

#[test]
fn keys_are_named_by_id_or_by_exact_name() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for_all("Production");
    run(&daemon, &["keys", "rename", "Production", "Staging"]).success();
    assert_eq!(daemon.key_names(), ["Staging"]);
    run(&daemon, &["keys", "rename", &key.id, "Testing"]).success();
    assert_eq!(daemon.key_names(), ["Testing"]);
    run(&daemon, &["keys", "scope", "Testing", "--account", "a"]).success();
    assert_eq!(daemon.key(&key.id)["scope"], json!({"accounts": ["a"]}));
    run(&daemon, &["keys", "scope", &key.id, "--all"]).success();
    assert_eq!(daemon.key(&key.id)["scope"], "all");
    for absent in ["Production", "testing", "Test", "key_AAAAAAAAAAAA", ""] {
        let output = run(&daemon, &["keys", "rename", absent, "Other"]);
        assert!([NOT_FOUND, USAGE].contains(&output.status), "{absent:?}: {output:?}");
    }
    fails(&daemon, &["keys", "rename", "key_AAAAAAAAAAAA", "Other"], NOT_FOUND);
    fails(&daemon, &["keys", "rename", "testing", "Other"], NOT_FOUND);
    assert_eq!(daemon.key_names(), ["Testing"]);
}

#[test]
fn a_name_that_reads_like_another_keys_id_does_not_stand_in_for_it() {
    let daemon = Daemon::start();
    let meant = daemon.create_for_all("meant");
    let lookalike = daemon.create_for_all(&meant.id);
    let output = run(&daemon, &["keys", "delete", &meant.id, "--yes"]);
    daemon.granted(&lookalike.secret, None);
    if output.status == DONE {
        daemon.denied(&meant.secret, None, "UNAUTHORIZED");
    }
}

#[test]
fn a_scope_needs_exactly_one_of_all_and_accounts() {
    let daemon = Daemon::start();
    daemon.connect("a");
    daemon.create_for("CI", &["a"]);
    fails(&daemon, &["keys", "scope", "CI"], USAGE);
    fails(&daemon, &["keys", "scope", "CI", "--all", "--account", "a"], USAGE);
    fails(&daemon, &["keys", "scope", "CI", "--account", "absent"], NOT_FOUND);
    let empty = run(&daemon, &["keys", "scope", "CI", "--account", ""]);
    assert_ne!(empty.status, DONE);
    assert_eq!(daemon.keys()[0]["scope"], json!({"accounts": ["a"]}));
}

#[test]
fn a_name_that_is_taken_or_refused_has_its_own_status() {
    let daemon = Daemon::start();
    daemon.create_for_all("CI");
    daemon.create_for_all("other");
    fails(&daemon, &["keys", "create", "ci"], CONFLICT);
    fails(&daemon, &["keys", "rename", "other", "Ci"], CONFLICT);
    let hostile = run(&daemon, &["keys", "create", "zqzq\u{1b}[2J"]);
    assert!([FAILED, USAGE].contains(&hostile.status), "{hostile:?}");
    assert!(!hostile.stderr.contains('\u{1b}') && !hostile.stderr.contains("zqzq"), "{hostile:?}");
    assert_eq!(daemon.key_names(), ["CI", "other"]);
}

#[test]
fn verify_reads_the_key_from_standard_input_and_tells_by_its_status() {
    let daemon = Daemon::start();
    daemon.connect("in");
    daemon.connect("out");
    let key = daemon.create_for("CI", &["in"]);
    verify(&daemon, &key.secret, &[]).success();
    verify(&daemon, &key.secret, &["--account", "in"]).success();
    daemon.home.run_with_input(&["verify"], &key.secret).success();
    daemon.home.run_with_input(&["verify"], &format!("{}\r\n", key.secret)).success();
    let out = verify(&daemon, &key.secret, &["--account", "out"]);
    let absent = verify(&daemon, &key.secret, &["--account", "absent"]);
    assert_eq!((out.status, &out.stdout, &out.stderr), (NOT_FOUND, &absent.stdout, &absent.stderr));
    assert_eq!(absent.status, NOT_FOUND);
    for wrong in ["wrong", "", "clv_", &format!("{}x", key.secret), &format!("{}\nmore", key.secret)] {
        let output = verify(&daemon, wrong, &[]);
        assert!([UNAUTHORIZED, USAGE].contains(&output.status), "{output:?}");
    }
    assert_eq!(verify(&daemon, "wrong", &[]).status, UNAUTHORIZED);
    daemon.set_storage_mode(false);
    assert_eq!(verify(&daemon, &key.secret, &["--account", "in"]).status, STORAGE_MODE_REQUIRED);
    assert_eq!(verify(&daemon, "wrong", &["--account", "in"]).status, UNAUTHORIZED);
}

#[test]
fn a_key_given_to_verify_as_an_argument_is_a_usage_error_that_does_not_repeat_it() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    let body = SecretParts::of(&key.secret).body;
    for arguments in [
        vec!["verify", &key.secret],
        vec!["verify", "--account", "a", &key.secret],
        vec!["verify", &key.secret, &key.secret],
        vec!["verify", "--", &key.secret],
        vec!["verify", "--json", &key.secret],
    ] {
        let output = fails(&daemon, &arguments, USAGE);
        assert!(!output.stderr.contains(&body), "it repeats the key");
        assert!(output.stderr.contains("standard input") || output.stderr.contains("stdin"), "{output:?}");
    }
    let flagged = format!("--key={}", key.secret);
    for arguments in
        [vec!["verify", flagged.as_str()], vec!["verify", "--secret", &key.secret], vec![&key.secret]]
    {
        let output = run(&daemon, &arguments);
        assert_eq!(output.status, USAGE, "{output:?}");
        assert!(!output.stderr.contains(&body) && !output.stdout.contains(&body), "it repeats the key");
    }
}

#[test]
fn a_key_in_any_other_argument_is_not_repeated() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    let body = SecretParts::of(&key.secret).body;
    let secret = key.secret.as_str();
    for arguments in [
        vec!["keys", "create", secret],
        vec!["keys", "rename", secret, "n"],
        vec!["keys", "rename", "CI", secret],
        vec!["keys", "rotate", secret, "--yes"],
        vec!["keys", "delete", secret, "--yes"],
        vec!["keys", "scope", secret, "--all"],
        vec!["keys", "scope", "CI", "--account", secret],
        vec!["keys", secret],
        vec!["accounts", "connect", secret],
        vec!["accounts", "disconnect", secret],
        vec!["storage-mode", secret],
        vec!["rpc", secret],
        vec!["rpc", "keys.list", secret],
        vec!["completions", secret],
        vec!["status", secret],
    ] {
        let output = run(&daemon, &arguments);
        assert_ne!(output.status, DONE, "{output:?}");
        assert!(
            !output.stderr.contains(&body) && !output.stdout.contains(&body),
            "{} {}",
            arguments[0],
            output.status
        );
    }
    assert_eq!(daemon.key_names(), ["CI"]);
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
fn listings_in_a_pipe_are_separated_by_tabs_and_hold_no_colour() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("a name with spaces", &["a"]);
    daemon.admin.ok("accounts.connect", &json!({"id": "b", "name": "Second Account"}));
    for (arguments, needle) in [
        (&["keys", "list"][..], "a name with spaces"),
        (&["accounts", "list"], "Second Account"),
        (&["activity"], "key.created"),
    ] {
        let output = run(&daemon, arguments).success();
        let line = output.stdout.lines().find(|line| line.contains(needle));
        let line = line.unwrap_or_else(|| panic!("{needle:?} is not listed: {output:?}"));
        assert!(line.split('\t').any(|column| column == needle), "{line:?}");
        assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
    }
    let keys = run(&daemon, &["keys", "list"]).success().stdout;
    assert!(keys.contains(&key.id), "{keys}");
}

#[test]
fn every_listing_takes_json() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("CI", &["a"]);
    let read = |arguments: &[&str]| -> Value {
        let output = run(&daemon, arguments).success();
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("not JSON: {output:?}"))
    };
    assert_eq!(find(&read(&["keys", "list", "--json"]), &key.id), Some(&key.key));
    assert_eq!(find(&read(&["accounts", "list", "--json"]), "a").unwrap()["name"], "a");
    assert!(read(&["activity", "--json"]).to_string().contains("account.connected"));
    let status = read(&["status", "--json"]);
    assert_eq!(status["keys"], 1, "{status}");
    assert_eq!(status["storage_mode"], true, "{status}");
}

#[test]
fn a_listing_is_whole_however_many_pages_it_takes() {
    let daemon = Daemon::start();
    daemon.connect_many(1050);
    let output = run(&daemon, &["accounts", "list"]).success();
    assert_eq!(output.stdout.lines().filter(|line| line.contains("account ")).count(), 1050);
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
fn rpc_takes_a_secret_from_an_argument_and_says_that_others_can_see_it() {
    const SEEN: &str = "warning: a secret in an argument can be seen by others: claviger rpc METHOD - reads PARAMS from standard input\n";

    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let params = json!({"secret": key.secret}).to_string();
    let seen = daemon.home.run(&["rpc", "keys.verify", &params]).success();
    assert!(seen.stdout.contains(&key.id) && seen.stderr == SEEN, "{seen:?}");
    for (arguments, input) in [
        (&["rpc", "keys.verify", &params, "--json"][..], ""),
        (&["rpc", "keys.verify", "-"], &params),
        (&["rpc", "keys.list", "{}"], ""),
    ] {
        let unseen = daemon.home.run_with_input(arguments, input).success();
        assert!(unseen.stdout.contains(&key.id) && unseen.stderr.is_empty(), "{unseen:?}");
    }
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

#[test]
fn a_name_in_any_script_is_printed_as_it_is() {
    let daemon = Daemon::start();
    daemon.create_for_all("日本語の鍵 é \u{1f511}");
    let output = run(&daemon, &["keys", "list"]).success();
    assert!(output.stdout.contains("日本語の鍵 é \u{1f511}"), "{output:?}");
}

#[test]
fn verify_takes_an_account_by_its_name_and_tells_nothing_of_those_out_of_scope() {
    let daemon = Daemon::start();
    for (id, name) in [("mine", "My savings"), ("other", "Other savings")] {
        daemon.home.admin().ok("accounts.connect", &json!({ "id": id, "name": name }));
    }
    let key = daemon.create_for("key", &["mine"]);
    let verify = |account: &str| daemon.home.run_with_input(&["verify", "--account", account], &key.secret);
    assert_eq!(verify("My savings").status, DONE);
    let (hidden, absent) = (verify("Other savings"), verify("No such name"));
    assert_eq!((hidden.status, &hidden.stderr), (NOT_FOUND, &absent.stderr));
}
