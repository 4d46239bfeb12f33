//! Owns `claviger daemon`: whom it tells, the signals, and leaving the terminal. Must not serve anything itself.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use claviger_daemon::{Config, Sockets, Supervisor};
use rustix::fs::OFlags;
use rustix::process::{chdir, setsid};
use rustix::stdio::{dup2_stderr, dup2_stdout};
use tokio::runtime::Builder;

use crate::args::Daemon;
use crate::failure::Failure;
use crate::log::Log;
use crate::service_manager::{self, ServiceManager};
use crate::settings::Settings;
use crate::{output, signal};

/// What a detached daemon says on standard output once it serves.
pub(crate) const READY: &str = "ready";

/// The log of a detached daemon, inside the runtime directory.
pub(crate) const LOG_FILE: &str = "daemon.log";

/// A log that is larger than this is begun anew when a daemon starts.
const MAX_LOG_BYTES: u64 = 1024 * 1024;

/// Serves until a signal or a client ends it.
pub(crate) fn run(settings: &Settings, daemon: &Daemon) -> Result<(), Failure> {
    if !daemon.detached {
        Log::chosen(daemon)?.begin();
        let supervisor = ServiceManager::new(settings.runtime_dir());
        return serve(settings.daemon()?, service_manager::sockets()?, Arc::new(supervisor));
    }
    let outcome = Log::chosen(daemon).and_then(|log| {
        detach(log);
        let runtime_dir = settings.runtime_dir().to_owned();
        serve(settings.daemon()?, Sockets::Own, Arc::new(move || leave(&runtime_dir)))
    });
    if let Err(failure) = &outcome {
        // Nobody sees standard error, and whoever started us waits for this.
        let _ = failure.write_text(&mut io::stdout().lock());
    }
    outcome
}

fn serve(config: Config, sockets: Sockets, supervisor: Arc<dyn Supervisor>) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::failed(format!("cannot start the daemon: {error}"));
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(cannot)?;
    runtime.block_on(async {
        let shutdown = signal::termination().map_err(cannot)?;
        claviger_daemon::run(config, sockets, supervisor, shutdown).await.map_err(Failure::from)
    })
}

/// Starts a session of our own, so that no terminal and no shell can end us with it.
fn detach(log: Log) {
    // Fails where we lead a group already, which is as good.
    let _ = setsid();
    // The directory that we were started in may have to be unmounted some day. Every path of ours is absolute.
    let _ = chdir("/");
    log.begin();
}

/// Says that we serve and lets go of whoever started us. From here on standard error is the log; before, what goes
/// wrong is told on standard output.
fn leave(runtime_dir: &Path) {
    // Without a log, or with nobody listening, we serve all the same.
    if let Ok(file) = open_log(runtime_dir) {
        let _ = dup2_stderr(&file);
    }
    let _ = output::line(READY);
    if let Ok(null) = OpenOptions::new().write(true).open("/dev/null") {
        let _ = dup2_stdout(&null);
    }
}

fn open_log(runtime_dir: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(runtime_dir.join(LOG_FILE))?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.len() > MAX_LOG_BYTES {
        file.set_len(0)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_log_is_private_appended_to_and_begun_anew_when_large() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(LOG_FILE);
        let write = |bytes: &[u8]| io::Write::write_all(&mut open_log(dir.path()).unwrap(), bytes).unwrap();
        write(b"one\n");
        write(b"two\n");
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        write(&vec![b'x'; 1024 * 1024]);
        write(b"three\n");
        assert_eq!(std::fs::read(&path).unwrap(), b"three\n");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
        assert!(open_log(dir.path()).is_err());
    }
}
