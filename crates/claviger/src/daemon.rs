//! Owns `claviger daemon`: the log, the signals, and leaving the terminal. Must not serve anything itself.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use clap::ValueEnum;
use claviger_daemon::Config;
use rustix::fs::OFlags;
use rustix::process::{chdir, setsid};
use rustix::stdio::{dup2_stderr, dup2_stdout};
use tokio::runtime::Builder;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Daemon, LogLevel};
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;
use crate::signal;

/// What a detached daemon says on standard output once it serves.
pub(crate) const READY: &str = "ready";

/// The log of a detached daemon, inside the runtime directory.
pub(crate) const LOG_FILE: &str = "daemon.log";

/// A log that is larger than this is begun anew when a daemon starts.
const MAX_LOG_BYTES: u64 = 1024 * 1024;

/// Serves until a signal or a client ends it.
pub(crate) fn run(settings: &Settings, daemon: &Daemon) -> Result<(), Failure> {
    if !daemon.detached {
        log(level(daemon.log_level)?);
        return serve(settings.daemon()?, || {});
    }
    let outcome = level(daemon.log_level).and_then(|level| {
        detach(level);
        let runtime_dir = settings.runtime_dir().to_owned();
        serve(settings.daemon()?, move || leave(&runtime_dir))
    });
    if let Err(failure) = &outcome {
        // Nobody sees standard error, and whoever started us waits for this.
        let _ = failure.write_text(&mut io::stdout().lock());
    }
    outcome
}

fn serve(config: Config, ready: impl FnOnce()) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::failed(format!("cannot start the daemon: {error}"));
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(cannot)?;
    runtime.block_on(async {
        let shutdown = signal::termination().map_err(cannot)?;
        claviger_daemon::run(config, ready, shutdown).await.map_err(Failure::from)
    })
}

/// Starts a session of our own, so that no terminal and no shell can end us with it.
fn detach(level: LogLevel) {
    // Fails where we lead a group already, which is as good.
    let _ = setsid();
    // The directory that we were started in may have to be unmounted some day. Every path of ours is absolute.
    let _ = chdir("/");
    log(level);
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

/// The level from the flag, else from the environment.
fn level(flag: Option<LogLevel>) -> Result<LogLevel, Failure> {
    let variable = std::env::var_os("CLAVIGER_LOG").filter(|text| !text.is_empty());
    match (flag, variable) {
        (Some(level), _) => Ok(level),
        (None, Some(text)) => LogLevel::from_str(&text.to_string_lossy(), true)
            .map_err(|_| Failure::usage("CLAVIGER_LOG must be error, warn, info, debug or trace")),
        (None, None) => Ok(LogLevel::Info),
    }
}

fn log(level: LogLevel) {
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(
            io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        )
        .with_writer(io::stderr);
    tracing_subscriber::registry().with(layer).with(targets(level)).init();
}

/// What may be logged. Below `error`, libraries log what they send and receive, and that holds secrets: no level that
/// anybody can ask for lets them.
fn targets(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_default(level.min(LevelFilter::ERROR)).with_target("claviger", level)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tracing::Level;

    use super::*;

    #[test]
    fn only_our_own_targets_log_below_errors() {
        let trace = targets(LogLevel::Trace);
        assert!(trace.would_enable("claviger_daemon::service", &Level::TRACE));
        assert!(trace.would_enable("claviger", &Level::TRACE));
        for foreign in
            ["jsonrpsee-server", "jsonrpsee_core::client", "hyper::proto", "soketto", "mio", "tokio"]
        {
            assert!(trace.would_enable(foreign, &Level::ERROR), "{foreign}");
            assert!(!trace.would_enable(foreign, &Level::WARN), "{foreign}");
        }
        let error = targets(LogLevel::Error);
        assert!(!error.would_enable("claviger_daemon", &Level::WARN));
    }

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
