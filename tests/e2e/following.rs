//! Owns the tests of `claviger activity --follow`: each entry once and in order, also when the daemon was away. Must not test
//! what entries say.

use serde_json::{Value, json};

use crate::harness::{Daemon, Screen, soon};

#[test]
fn each_new_entry_is_shown_as_it_comes_also_after_a_restart() {
    let mut daemon = Daemon::start();
    for name in ["a", "b", "c"] {
        daemon.connect(name);
    }
    let mut screen = Screen::open(&daemon.home, &["activity", "--follow", "--limit", "2"], 100, 30);
    screen.shows("account.connected     c");
    let shown = screen.text();
    assert!(shown.find("connected     b") < shown.find("connected     c"), "oldest first: {shown}");
    assert!(!shown.contains("connected     a"), "two are enough: {shown}");
    let key = daemon.create_for_all("CI");
    screen.shows("key.created");
    daemon.kill9();
    screen.shows("the daemon went away");
    daemon.start_again();
    daemon.rotate(&key.id);
    screen.shows("key.rotated");
    daemon.admin.ok("keys.delete", &json!({"id": key.id}));
    screen.shows("key.deleted");
    let shown = screen.text();
    for action in ["key.created", "key.rotated", "key.deleted"] {
        assert_eq!(shown.matches(action).count(), 1, "{shown}");
    }
    screen.press("\x03");
    screen.ended();
}

#[test]
fn json_has_one_entry_a_line_and_a_key_has_its_own() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    daemon.create_for_all("other");
    let file = daemon.home.path("entries");
    let mut command = daemon.home.command();
    command.args(["activity", "--follow", "--json", "--key", "CI"]);
    let mut child = command.stdout(std::fs::File::create(&file).unwrap()).spawn().unwrap();
    let read = || std::fs::read_to_string(&file).unwrap();
    soon("the first entry is there", || read().lines().count() == 1);
    daemon.create_for_all("another");
    daemon.rotate(&key.id);
    soon("the second entry is there", || read().lines().count() == 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let actions: Vec<String> = read()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(actions, ["key.created", "key.rotated"]);
}
