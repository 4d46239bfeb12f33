//! Owns programs that use the clients in `docs/integrations/clients` as they are printed: one that keeps a client and is
//! asked line by line, and the clients' own commands. Must not change a letter of a client, nor know what is right.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::rust;
use crate::harness::{Home, PATIENCE};

/// In which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Node,
    Go,
    Shell,
    /// Whose client is a crate, and so has an example in the place of a file to copy.
    Rust,
}

/// The directory of the clients.
pub(super) fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/integrations/clients").canonicalize().unwrap()
}

impl Language {
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Python => "claviger.py",
            Self::Node => "claviger.mjs",
            Self::Go => "claviger.go",
            Self::Shell => "claviger.sh",
            Self::Rust => "gatekeeper.rs",
        }
    }

    fn program(self) -> &'static OsStr {
        OsStr::new(match self {
            Self::Python => "python3",
            Self::Node => "node",
            Self::Go => "go",
            Self::Shell => "sh",
            Self::Rust => return rust::example().as_os_str(),
        })
    }

    /// Whether what the client needs is installed, and new enough.
    pub(super) fn is_here(self, home: &Home) -> bool {
        let (program, arguments): (_, &[&str]) = match self {
            Self::Python => ("python3", &["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]),
            Self::Node => ("node", &["-e", "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)"]),
            Self::Go => ("go", &["list", "-f", "{{index context.ReleaseTags 17}}", "errors"]),
            Self::Shell => ("curl", &["--version"]),
            Self::Rust => return true,
        };
        let mut command = program_in(home, program, &home.run);
        command.env("GO111MODULE", "off").args(arguments);
        command.output().is_ok_and(|output| output.status.success())
    }

    /// The client as a command.
    pub(super) fn command(self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = program_in(home, self.program(), &home.run);
        if self != Self::Rust {
            command.arg(clients().join(self.file()));
        }
        command.args(arguments);
        command
    }
}

/// A program in the environment of a test, with the sockets in `run`.
fn program_in(home: &Home, program: impl AsRef<OsStr>, run: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(home.environment()).env("CLAVIGER_RUNTIME_DIR", run);
    // Nothing is left beside what is run.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Builds the program that drives the Go client. What has been compiled is kept with all else that cargo builds.
fn build(home: &Home, dir: &Path) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    fs::write(dir.join("go.mod"), "module driver\n\ngo 1.18\n").unwrap();
    fs::create_dir(dir.join("claviger")).unwrap();
    fs::rename(dir.join("claviger.go"), dir.join("claviger/claviger.go")).unwrap();
    let mut command = program_in(home, "go", &home.run);
    command.args(["build", "-o", "driver", "."]).current_dir(dir);
    command.env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"));
    command.env("GOPATH", dir.join("path")).env("GOPROXY", "off").env("GOTOOLCHAIN", "local");
    command.env("CGO_ENABLED", "0");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A program that keeps one client.
#[derive(Debug)]
pub(super) struct Asker {
    child: Child,
    ask: ChildStdin,
    answers: Receiver<String>,
    _dir: TempDir,
}

impl Asker {
    /// Starts one that asks the daemon whose sockets are in `run`, and waits so long for it; `None` where the language is
    /// not installed.
    pub(super) fn start(language: Language, home: &Home, run: &Path, milliseconds: u32) -> Option<Self> {
        if !language.is_here(home) {
            return None;
        }
        let dir = tempfile::Builder::new().prefix("clv").tempdir_in("/tmp").unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::copy(clients().join(language.file()), at(language.file())).unwrap();
        let mut command = match language {
            Language::Python | Language::Node => program_in(home, language.program(), run),
            Language::Go => program_in(home, at("driver"), run),
            Language::Shell | Language::Rust => unreachable!("it is a command"),
        };
        match language {
            Language::Python => {
                fs::write(at("driver.py"), include_str!("driver.py")).unwrap();
                command.arg(at("driver.py"));
            }
            Language::Node => {
                fs::write(at("driver.mjs"), include_str!("driver.mjs")).unwrap();
                command.arg(at("driver.mjs"));
            }
            Language::Go | Language::Shell | Language::Rust => {
                fs::write(at("main.go"), include_str!("driver.go")).unwrap();
                build(home, dir.path());
            }
        }
        command.arg(milliseconds.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (ask, said) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let (tell, answers) = channel();
        // It ends with the program.
        thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Some(Self { child, ask, answers, _dir: dir })
    }

    pub(super) fn verify(&mut self, secret: &str, account: Option<&str>) -> Value {
        let arguments: Vec<&str> = [secret].into_iter().chain(account).collect();
        self.send(&json!({"method": "verify", "arguments": arguments}))
    }

    pub(super) fn visible(&mut self, secret: &str) -> Value {
        self.send(&json!({"method": "visible", "arguments": [secret]}))
    }

    /// Asks with whatever a variable may hold that was not set.
    pub(super) fn verify_null(&mut self, secret: &str) -> Value {
        self.send(&json!({"method": "verify", "arguments": [secret, null]}))
    }

    fn send(&mut self, question: &Value) -> Value {
        self.ask.write_all(format!("{question}\n").as_bytes()).unwrap();
        let answer = self.answers.recv_timeout(PATIENCE).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("not JSON: {answer:?}"))
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
