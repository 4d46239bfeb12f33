//! Owns the example of the client for Rust: how it is built, and what only it does, which is to keep verdicts. Must not look
//! into it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use super::asker::Language;
use super::world;
use crate::harness::{Home, Minted, soon};

/// The example, built as these tests are, once. Where all of the workspace was built for them it is there already.
pub(super) fn example() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let profile = Path::new(env!("CARGO_BIN_EXE_claviger")).parent().unwrap();
        let mut command = Command::new(env!("CARGO"));
        command.args([
            "build",
            "--quiet",
            "--workspace",
            "--example",
            "gatekeeper",
            "--offline",
            "--target-dir",
        ]);
        command.arg(profile.parent().unwrap());
        command.args(profile.ends_with("release").then_some("--release"));
        let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        profile.join("examples/gatekeeper")
    })
}

/// The example as a gatekeeper for one secret.
struct Gate {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Gate {
    fn of(home: &Home, key: &Minted) -> Self {
        let file = home.path("key");
        fs::write(&file, &key.secret).unwrap();
        let mut command = Language::Rust.command(home, &["serve", file.to_str().unwrap()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (ask, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, ask, answers }
    }

    fn opens(&mut self, account: &str) -> String {
        self.ask.write_all(format!("{account}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    /// Asks until a change that was answered has come to it.
    fn comes_to(&mut self, account: &str, expected: &str) {
        soon("the change has come", || self.opens(account) == expected);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ASKED: &str = "granted";
const KEPT: &str = "granted, as before";

#[test]
fn a_verdict_is_kept_until_something_changes() {
    let (daemon, restricted, _) = world();
    let mut gate = Gate::of(&daemon.home, &restricted);
    assert_eq!(gate.opens("mine"), ASKED);
    for _ in 0..10 {
        assert_eq!(gate.opens("mine"), KEPT);
    }
    let refused = daemon.admin.ok("system.status", &serde_json::json!({}))["verifications"].clone();
    assert_eq!(refused, serde_json::json!({"granted": 1, "refused": 0}), "what is kept is not asked");
    for account in ["other", "absent", "no such id"] {
        assert_eq!(gate.opens(account), "NOT_FOUND");
    }
    assert_eq!(gate.opens(""), "INVALID_PARAMS");
    daemon.connect("third");
    gate.comes_to("mine", ASKED);
    assert_eq!(gate.opens("mine"), KEPT);
    daemon
        .admin
        .ok("keys.set_scope", &serde_json::json!({"id": restricted.id, "scope": {"accounts": ["other"]}}));
    gate.comes_to("mine", "NOT_FOUND");
    assert_eq!(gate.opens("other"), ASKED);
    daemon.rotate(&restricted.id);
    gate.comes_to("other", "UNAUTHORIZED");
}

#[test]
fn no_verdict_outlives_the_daemon_that_gave_it() {
    let (mut daemon, restricted, _) = world();
    let mut gate = Gate::of(&daemon.home, &restricted);
    assert_eq!(gate.opens("mine"), ASKED);
    assert_eq!(gate.opens("mine"), KEPT);
    for end in ["killed", "stopped"] {
        match end {
            "killed" => daemon.kill9(),
            _ => drop(daemon.stop()),
        }
        gate.comes_to("mine", "UNREACHABLE");
        assert_eq!(gate.opens("other"), "UNREACHABLE");
        daemon.start_again();
        assert_eq!(gate.opens("mine"), ASKED, "{end}");
        assert_eq!(gate.opens("mine"), KEPT, "{end}");
    }
    daemon.kill9();
    daemon.start_again();
    let rotated = daemon.rotate(&restricted.id);
    gate.comes_to("mine", "UNAUTHORIZED");
    assert_eq!(Gate::of(&daemon.home, &rotated).opens("mine"), ASKED);
}
