//! Owns the daemon's process as every measure starts it: the executable of a release, in a directory of its own. Must not ask
//! it anything.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use claviger_api::{ADMIN_SOCKET, VERIFY_SOCKET};

use super::STARTING;
use crate::Outcome;

/// A daemon that serves, until this is dropped.
pub struct Daemon {
    child: Child,
    runtime: PathBuf,
}

impl Daemon {
    /// Starts one alone, in a directory that has its store in `data`, and waits until it listens.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(directory: &Path, claviger: &Path) -> Outcome<Self> {
        let mut command = command(directory, claviger)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("cannot start {}: {error}", claviger.display()))?;
        let mut daemon = Self { child, runtime: runtime(directory) };
        let begun = Instant::now();
        while UnixStream::connect(daemon.admin()).is_err() {
            if let Some(status) = daemon.child.try_wait()? {
                return Err(format!("the daemon ended at once: {status}").into());
            }
            if begun.elapsed() > STARTING {
                return Err(format!("nobody listens at {}", daemon.admin().display()).into());
            }
            sleep(std::time::Duration::from_millis(1));
        }
        Ok(daemon)
    }

    /// Where every method is.
    #[must_use]
    pub fn admin(&self) -> PathBuf {
        self.runtime.join(ADMIN_SOCKET)
    }

    /// Where verifications are.
    #[must_use]
    pub fn verify(&self) -> PathBuf {
        self.runtime.join(VERIFY_SOCKET)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn runs(&mut self) -> Outcome<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a daemon that is started in a directory has its sockets.
pub(super) fn runtime(directory: &Path) -> PathBuf {
    directory.join("run")
}

/// The daemon with the settings that it has by itself, and a quiet log.
pub(super) fn command(directory: &Path, claviger: &Path) -> Outcome<Command> {
    let config = directory.join("config.toml");
    // Nothing of this store is to outlive it.
    fs::write(&config, "[digests]\nkeep = \"never\"\n")?;
    let mut daemon = Command::new(claviger);
    daemon.args(["daemon", "--log-level", "warn", "--data-dir"]).arg(directory.join("data"));
    daemon.arg("--runtime-dir").arg(runtime(directory)).arg("--config").arg(config).env("HOME", directory);
    Ok(daemon)
}
