//! Owns the daemon's log: how much, in which form, and whose words. Must not let a library log what it sends and receives.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use clap::ValueEnum;
use rustix::fs::fstat;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Daemon, LogFormat, LogLevel};
use crate::failure::Failure;

/// What the daemon logs, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    level: LogLevel,
    format: LogFormat,
}

impl Log {
    /// What the flags say, else the environment, else `info`, in the form that suits whoever reads standard error.
    pub(crate) fn chosen(daemon: &Daemon) -> Result<Self, Failure> {
        let level = chosen(daemon.log_level, "CLAVIGER_LOG", "error, warn, info, debug or trace")?;
        let format = chosen(daemon.log_format, "CLAVIGER_LOG_FORMAT", "text, json or journal")?;
        Ok(Self { level: level.unwrap_or(LogLevel::Info), format: format.unwrap_or_else(suitable) })
    }

    /// Begins to log. Once in a process.
    pub(crate) fn begin(self) {
        tracing_subscriber::registry().with(self.layer()).with(targets(self.level)).init();
    }

    fn layer(self) -> Box<dyn Layer<Registry> + Send + Sync> {
        // What it would say of a line that is not taken, it would say on the same standard error, and panic there.
        let stderr = || tracing_subscriber::fmt::layer().with_writer(io::stderr).log_internal_errors(false);
        match self.format {
            LogFormat::Json => stderr().json().flatten_event(true).with_ansi(false).boxed(),
            LogFormat::Text => stderr().with_ansi(has_colours()).boxed(),
            LogFormat::Journal => match tracing_journald::layer() {
                Ok(layer) => layer.with_field_prefix(Some("CLAVIGER".to_owned())).boxed(),
                // Better in a form that was not asked for than nowhere.
                Err(_) => stderr().with_ansi(false).boxed(),
            },
        }
    }
}

/// A choice from a flag, else from a variable, where an empty one is none.
fn chosen<T: ValueEnum>(flag: Option<T>, variable: &str, choices: &str) -> Result<Option<T>, Failure> {
    let text = std::env::var_os(variable).filter(|text| !text.is_empty());
    match (flag, text) {
        (None, Some(text)) => T::from_str(&text.to_string_lossy(), true)
            .map(Some)
            .map_err(|_| Failure::usage(format!("{variable} must be {choices}"))),
        (flag, _) => Ok(flag),
    }
}

/// The journal takes more than text, where it is what reads standard error.
fn suitable() -> LogFormat {
    let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let stderr = fstat(io::stderr().as_fd()).ok().map(|stat| (stat.st_dev, stat.st_ino));
    if is_stream(&named, stderr) { LogFormat::Journal } else { LogFormat::Text }
}

/// Whether `JOURNAL_STREAM`, a device and an inode (systemd.exec(5)), names this file.
fn is_stream(named: &str, file: Option<(u64, u64)>) -> bool {
    let named =
        named.split_once(':').and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    named.is_some() && named == file
}

fn has_colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
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
    fn the_journal_is_what_its_variable_names_and_nothing_else() {
        assert!(is_stream("8:1234", Some((8, 1234))));
        for (named, file) in [
            ("", None),
            ("", Some((0, 0))),
            ("8:1234", None),
            ("8:1234", Some((8, 1235))),
            ("8:1234", Some((9, 1234))),
            ("8", Some((8, 8))),
            ("x:y", Some((8, 1234))),
        ] {
            assert!(!is_stream(named, file), "{named} {file:?}");
        }
    }
}
