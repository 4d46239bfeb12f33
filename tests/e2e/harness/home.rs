//! Owns a place of its own for each test: directories, settings, the executable in their environment. Must leave nothing behind.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::json;
use tempfile::TempDir;

use super::disk::SmallDisk;
use super::rpc::Socket;

/// Hashing that costs next to nothing, so that tests are quick.
const CHEAP: &str = "[argon2]\nmemory_kib = 64\niterations = 1\nparallelism = 1\n";

/// A store of a test is gone with it, and so should be all that the machine knows of it.
const FORGETFUL: &str = "[digests]\nkeep = \"never\"\n";

/// The directories and settings of one daemon.
#[derive(Debug)]
pub(crate) struct Home {
    dir: TempDir,
    pub(crate) data: PathBuf,
    pub(crate) run: PathBuf,
    pub(crate) log: PathBuf,
    /// How much is logged: much, for tests look for secrets there; a benchmark asks for less. With `trace` no call is answered on
    /// the daemon's short way, so that all tests can be run over the long one too.
    pub(crate) log_level: &'static str,
    /// What the daemon is run under, as a command and its first arguments; nothing where this is empty.
    pub(crate) under: Vec<String>,
    /// Where the data directory is a disk of its own, what holds it.
    disk: Option<SmallDisk>,
}

/// What sets how much the daemons of all tests log.
const LOG_LEVEL: &str = "CLAVIGER_E2E_LOG";

/// How much they log where it is not set.
const DEFAULT_LOG_LEVEL: &str = "debug";

fn log_level() -> &'static str {
    static LEVEL: OnceLock<String> = OnceLock::new();
    LEVEL.get_or_init(|| std::env::var(LOG_LEVEL).unwrap_or_else(|_| DEFAULT_LOG_LEVEL.to_owned()))
}

impl Home {
    /// Makes the directory with cheap hashing in the configuration, and no digests that outlive a daemon; the daemon's own
    /// directories are not made.
    pub(crate) fn new() -> Self {
        Self::with_config("")
    }

    /// The same with these settings before the cheap hashing.
    pub(crate) fn with_config(settings: &str) -> Self {
        let home = Self::bare();
        home.configure(settings);
        home
    }

    /// The same with hashing at the product's own cost.
    pub(crate) fn with_costly_hashing() -> Self {
        let home = Self::bare();
        fs::write(home.config(), FORGETFUL).unwrap();
        home
    }

    /// The same with digests that outlive a daemon. Whoever starts one takes their key away: see
    /// [`DigestKey`](super::DigestKey).
    pub(crate) fn that_keeps_digests() -> Self {
        let home = Self::bare();
        home.configure_keeping_digests();
        home
    }

    /// Writes the configuration anew, with cheap hashing and digests that outlive a daemon.
    pub(crate) fn configure_keeping_digests(&self) {
        fs::write(self.config(), CHEAP).unwrap();
    }

    fn bare() -> Self {
        // A short path leaves room for the sockets' names.
        let dir = tempfile::Builder::new().prefix("clv").tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| dir.path().join(name);
        let (data, run, log) = (at("data"), at("run"), at("log"));
        fs::create_dir(at("home")).unwrap();
        Self { dir, data, run, log, log_level: log_level(), under: Vec::new(), disk: None }
    }

    /// Writes the configuration anew.
    pub(crate) fn configure(&self, settings: &str) {
        fs::write(self.config(), format!("{settings}\n{CHEAP}{FORGETFUL}")).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("config.toml")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.data.join("claviger.redb")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.data.join("claviger.journal")
    }

    pub(crate) fn admin(&self) -> Socket {
        Socket::new(self.run.join("admin.sock"))
    }

    pub(crate) fn verify(&self) -> Socket {
        Socket::new(self.run.join("verify.sock"))
    }

    /// All that a daemon has written to its standard output and error so far.
    pub(crate) fn log_text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The environment in which every process of a test runs.
    pub(crate) fn environment(&self) -> BTreeMap<&'static str, String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        BTreeMap::from([
            ("HOME", text(&self.path("home"))),
            ("PATH", std::env::var("PATH").unwrap()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("CLAVIGER_DATA_DIR", text(&self.data)),
            ("CLAVIGER_RUNTIME_DIR", text(&self.run)),
            ("CLAVIGER_CONFIG", text(&self.config())),
            ("CLAVIGER_LOG", self.log_level.to_owned()),
            ("RUST_LOG", self.log_level.to_owned()),
            ("RUST_BACKTRACE", "0".to_owned()),
        ])
    }

    /// The executable in that environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
        command.env_clear().envs(self.environment()).current_dir(self.dir.path());
        command
    }

    /// Gives the data directory a disk of its own, of so many bytes; `None` where the machine gives none.
    pub(crate) fn on_a_disk_of(mut self, bytes: u64) -> Option<Self> {
        fs::create_dir(&self.data).unwrap();
        self.disk = Some(SmallDisk::mounted_at(&self.data, bytes)?);
        Some(self)
    }

    /// The data directory as the daemon sees it.
    pub(crate) fn data_seen(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.data.clone(), |disk| disk.seen(&self.data))
    }

    /// The daemon's start in that environment, as a command.
    pub(crate) fn daemon_command(&self) -> Command {
        let mut command = match &self.disk {
            Some(disk) => disk.command(&self.command()),
            None => self.command(),
        };
        for name in ["CLAVIGER_DATA_DIR", "CLAVIGER_RUNTIME_DIR", "CLAVIGER_CONFIG"] {
            command.env_remove(name);
        }
        command.arg("daemon").arg("--data-dir").arg(&self.data).arg("--runtime-dir").arg(&self.run);
        command.arg("--config").arg(self.config());
        let [program, first @ ..] = &self.under[..] else { return command };
        let mut over = Command::new(program);
        over.args(first).arg(command.get_program()).args(command.get_args()).current_dir(self.dir.path());
        over.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        over
    }
}

impl Drop for Home {
    /// Ends a daemon that a command started here by itself.
    fn drop(&mut self) {
        let Ok(Ok(status)) = self.admin().try_call("system.status", &json!({})) else { return };
        let Some(pid) = status["pid"].as_i64().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) else {
            return;
        };
        let _ = kill_process(pid, Signal::KILL);
        let deadline = Instant::now() + Duration::from_secs(5);
        while test_kill_process(pid).is_ok() && Instant::now() < deadline {
            std::thread::yield_now();
        }
    }
}
