//! Owns the tests of `claviger verify --lines`: a verdict for each line, at once and in order, and never a grant that nobody
//! gave. Must not test what a verdict depends on.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::harness::{Daemon, Home};

/// A program that is asked line by line, as a map of Apache or Postfix is.
struct Map {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Map {
    fn of(home: &Home) -> Self {
        let mut command = home.command();
        command.args(["verify", "--lines"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (ask, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, ask, answers }
    }

    /// Waits for the answer to one line before anything else is written.
    fn ask(&mut self, line: &str) -> Value {
        self.ask.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn refused(code: &str, status: u16) -> Value {
    json!({"granted": false, "code": code, "status": status})
}

#[test]
fn each_line_has_its_verdict_before_the_next_is_asked() {
    let mut daemon = Daemon::start();
    daemon.connect("in");
    daemon.connect("out");
    let key = daemon.create_for("CI", &["in"]);
    let mut map = Map::of(&daemon.home);
    let granted = map.ask(&format!("{} in", key.secret));
    assert_eq!((&granted["granted"], &granted["key"]["id"]), (&json!(true), &json!(key.id)));
    assert_eq!(granted["account"]["id"], "in");
    assert_eq!(map.ask(&key.secret)["account"], Value::Null);
    assert_eq!(map.ask(&format!("{}\r", key.secret))["granted"], true);
    for account in ["out", "absent", "no.such.id", "né"] {
        assert_eq!(map.ask(&format!("{} {account}", key.secret)), refused("NOT_FOUND", 404));
    }
    for ill_formed in ["", " in", "in ", "in out", "in\tout"] {
        let line = format!("{} {ill_formed}", key.secret);
        assert_eq!(map.ask(&line), refused("INVALID_PARAMS", 400), "{ill_formed:?}");
    }
    for wrong in ["", "wrong", "wrong in", &"x".repeat(100_000)] {
        assert_eq!(map.ask(wrong), refused("UNAUTHORIZED", 401));
    }
    let rotated = daemon.rotate(&key.id);
    assert_eq!(map.ask(&key.secret), refused("UNAUTHORIZED", 401));
    daemon.stop();
    assert_eq!(map.ask(&rotated.secret), refused("UNREACHABLE", 503));
    daemon.start_again();
    assert_eq!(map.ask(&rotated.secret)["granted"], true);
}

#[test]
fn it_ends_with_its_input_whose_last_line_needs_no_end() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("CI");
    let lines = format!("{}\n\n{}", key.secret, key.secret);
    let output = daemon.home.run_with_input(&["verify", "--lines"], &lines).success();
    let granted: Vec<bool> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["granted"].as_bool().unwrap())
        .collect();
    assert_eq!(granted, [true, false, true]);
    assert_eq!(daemon.home.run_with_input(&["verify", "--lines"], "").success().stdout, "");
    assert_eq!(daemon.home.run(&["verify", "--lines", "--account", "a"]).status, 2);
}
