//! Owns the tests of what commands list in a pipe, with tabs or as JSON. Must not test what a person sees in a terminal.

use serde_json::{Value, json};

use super::run;
use crate::harness::Daemon;

/// The object with this id, wherever it is in what was printed.
fn find<'a>(value: &'a Value, id: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) if members.get("id") == Some(&json!(id)) => Some(value),
        Value::Object(members) => members.values().find_map(|member| find(member, id)),
        Value::Array(items) => items.iter().find_map(|item| find(item, id)),
        _ => None,
    }
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
fn a_name_in_any_script_is_printed_as_it_is() {
    let daemon = Daemon::start();
    daemon.create_for_all("日本語の鍵 é \u{1f511}");
    let output = run(&daemon, &["keys", "list"]).success();
    assert!(output.stdout.contains("日本語の鍵 é \u{1f511}"), "{output:?}");
}
