//! Owns the tests of secrets that come by the command line: `claviger verify` reads one from its input, and none that stands in an
//! argument is repeated. Must not test what a verdict depends on.

use serde_json::json;

use super::{DONE, NOT_FOUND, STORAGE_MODE_REQUIRED, UNAUTHORIZED, USAGE, fails, run, verify};
use crate::harness::{Daemon, SecretParts};

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
