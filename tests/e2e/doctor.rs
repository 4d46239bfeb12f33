//! Owns the tests of `claviger doctor`: how it tells what it finds on a real installation, and that it leaves all as it was; what
//! that is of files, sockets, stores and owners has a file each. Must not test how each single fact is judged.

mod files;
mod owner;
mod sockets;
mod store;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Daemon, Home, OpenedFor, Output, Screen};
use crate::sockets::set_mode;

const NOTHING_WRONG: i32 = 0;
const SOMETHING_WRONG: i32 = 1;

/// The checks whose detail is a figure that moves between two questions, by itself or by what else runs here.
const MOVING: [&str; 2] = ["clock", "free_space"];

/// Everything below a directory: kind and mode, owner, time of the last change, content.
type Disk = BTreeMap<PathBuf, (u32, u32, i64, i64, Vec<u8>)>;

fn disk(directory: &Path) -> Disk {
    let (mut seen, mut waiting) = (Disk::new(), vec![directory.to_owned()]);
    while let Some(path) = waiting.pop() {
        let facts = fs::symlink_metadata(&path).unwrap();
        if facts.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let content = if facts.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        seen.insert(path, (facts.mode(), facts.uid(), facts.mtime(), facts.mtime_nsec(), content));
    }
    seen
}

/// What the doctor says, while no daemon runs.
#[derive(Debug)]
struct Told {
    checks: BTreeMap<String, Value>,
    text: String,
}

impl Told {
    fn state(&self, check: &str) -> &str {
        self.checks[check]["state"].as_str().unwrap()
    }

    fn detail(&self, check: &str) -> &str {
        self.checks[check]["detail"].as_str().unwrap()
    }

    fn hint(&self, check: &str) -> &str {
        self.checks[check]["hint"].as_str().unwrap_or_default()
    }

    /// The checks that are not ok, with how they are.
    fn not_ok(&self) -> Vec<(&str, &str)> {
        let states = self.checks.keys().map(|check| (check.as_str(), self.state(check)));
        states.filter(|(_, state)| *state != "ok").collect()
    }
}

/// Asks the doctor in both forms, which must agree with each other and with the exit status.
fn ask(home: &Home, status: i32) -> Told {
    let text = home.run(&["doctor"]);
    let json = home.run(&["doctor", "--json"]);
    for output in [&text, &json] {
        assert_eq!(output.status, status, "{output:?}");
        assert_eq!(output.stderr, "", "{output:?}");
        assert!(!output.stdout.contains('\u{1b}'), "there is no terminal: {output:?}");
    }
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["ok"], status == NOTHING_WRONG);
    let checks: BTreeMap<String, Value> = value["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["name"].as_str().unwrap().to_owned(), check.clone()))
        .collect();
    for check in checks.values() {
        let hint = check.get("hint").and_then(Value::as_str);
        assert_eq!(hint.is_some(), check["state"] != "ok", "{check}");
        let moving = MOVING.contains(&check["name"].as_str().unwrap());
        assert!(moving || text.stdout.contains(check["detail"].as_str().unwrap()), "{check}");
        if let Some(hint) = hint {
            let line = format!("hint: {hint}");
            assert!(text.stdout.lines().any(|told| told.trim_start() == line), "{hint}: {}", text.stdout);
        }
    }
    Told { checks, text: text.stdout }
}

/// The same while no daemon runs: nothing on the disk may change.
fn ask_stopped(home: &Home, status: i32) -> Told {
    let before = disk(&home.path(""));
    let told = ask(home, status);
    let after = disk(&home.path(""));
    let changed: Vec<_> =
        before.keys().chain(after.keys()).filter(|p| before.get(*p) != after.get(*p)).collect();
    assert!(changed.is_empty(), "looking changed {changed:?}");
    told
}

/// An installation with a key, whose daemon has stopped.
fn stopped() -> Daemon {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    daemon.create_for("key", &["a"]);
    daemon.stop();
    daemon
}

#[test]
fn where_a_daemon_was_never_started_nothing_is_wrong_and_nothing_is_made() {
    let home = Home::new();
    let told = ask_stopped(&home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), []);
    assert!(told.detail("data_directory").contains("not there yet"), "{told:?}");
    assert!(!home.data.exists() && !home.run.exists());
}

#[test]
fn without_a_home_nothing_is_wrong_and_it_is_said() {
    let home = Home::new();
    let mut command = home.command();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).arg("doctor");
    let output = Home::finish(command, "").success();
    assert!(output.stdout.contains("HOME is not set"), "{output:?}");
}

#[test]
fn a_healthy_installation_is_told_whether_its_daemon_runs_or_not() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let told = ask(&daemon.home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), []);
    assert!(told.detail("daemon").contains(&format!("process {}", daemon.pid())), "{told:?}");
    assert!(told.detail("admin_socket").ends_with("mode 0600"), "{told:?}");
    assert!(told.detail("core_dumps").contains("the daemon"), "{told:?}");
    assert!(!told.text.contains(&key.secret));
    daemon.stop();
    let told = ask_stopped(&daemon.home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), []);
    assert!(told.detail("integrity").contains("checksums hold, tables agree"), "{told:?}");
    assert!(told.detail("daemon").contains("none is running"), "{told:?}");
    assert!(told.text.ends_with("\nnothing is wrong\n"), "{}", told.text);
    daemon.start_again();
    assert_eq!(daemon.key_names(), ["key"]);
}

/// Pastes a hint into a shell.
fn mend(home: &Home, hint: &str) {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-ec", hint]).current_dir(home.path(""));
    Home::finish(shell, "").success();
}

#[test]
fn an_unknown_setting_is_wrong_and_named_and_no_value_is_told() {
    let daemon = stopped();
    let home = &daemon.home;
    home.configure("colour = \"S3CR3T\"");
    let told = ask_stopped(home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("settings", "wrong")]);
    assert!(told.detail("settings").contains("unknown setting \"colour\""), "{told:?}");
    home.configure("[sockets]\nverify_group = \"S3CR3T\"");
    let told = ask_stopped(home, SOMETHING_WRONG);
    assert!(told.detail("settings").contains("sockets.verify_group"), "{told:?}");
    home.configure("key_prefix = \"S3CR3T");
    ask_stopped(home, SOMETHING_WRONG);
    for text in [told.text, ask_stopped(home, SOMETHING_WRONG).text] {
        assert!(!text.contains("S3CR3T"), "{text}");
    }
    home.configure("");
    set_mode(&home.config(), 0o666);
    assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), [("settings", "warning")]);
}

#[test]
fn a_mistake_on_the_command_line_is_one_and_not_a_finding() {
    let home = Home::new();
    let Output { status, stdout, .. } = home.run(&["doctor", "--runtime-dir", ""]);
    assert_eq!((status, &*stdout), (2, ""));
    assert_eq!(home.run(&["doctor", "now"]).status, 2);
}

#[test]
fn a_terminal_gets_colour_unless_it_minds_and_lines_that_fit() {
    let daemon = stopped();
    set_mode(&daemon.home.data, 0o755);
    for columns in [80, 40] {
        let mut screen = Screen::open(&daemon.home, &["doctor"], columns, 60);
        assert_eq!(screen.ended(), 1);
        assert!(screen.text().contains("hint: chmod 0700") && screen.has_colour(), "{}", screen.text());
        assert!(screen.text().ends_with("1 thing is wrong"), "{}", screen.text());
    }
    for setting in ["NO_COLOR=1", "TERM=dumb"] {
        let line = ["env", setting, env!("CARGO_BIN_EXE_claviger"), "doctor"];
        let mut screen = Screen::run(&daemon.home, OpenedFor::Program, &line, 80, 60);
        assert_eq!(screen.ended(), 1);
        assert!(screen.text().contains("wrong") && !screen.has_colour(), "{setting}: {}", screen.text());
    }
}
