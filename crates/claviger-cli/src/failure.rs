//! Owns how a command that failed ends: its exit status and what is told. Must not repeat what was given to it.

use std::io::{self, Write};
use std::process::ExitCode;

use claviger_api::client::{CallError, ConnectError};
use claviger_api::{Code, drawable};
use claviger_daemon::StartError;
use claviger_daemon::restore::RestoreError;
use serde::Serialize;

use crate::output::{self, DIM, Format, Ink, RED};

/// The exit statuses other than 0, as the manual lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It failed in a way that has no number of its own.
    Failed = 1,
    /// The command line is not right.
    Usage = 2,
    /// The secret is no living key's secret.
    Unauthorized = 3,
    /// An id or name that names nothing, or an account that the key may not see.
    NotFound = 4,
    /// The secret is right, but Storage Mode is off.
    StorageModeRequired = 5,
    /// The name or account id is taken, or the version is another one.
    Conflict = 6,
    /// The daemon cannot be reached.
    Unreachable = 7,
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::Unauthorized => Self::Unauthorized,
            Code::NotFound => Self::NotFound,
            Code::StorageModeRequired => Self::StorageModeRequired,
            Code::Conflict => Self::Conflict,
            _ => Self::Failed,
        }
    }
}

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is something to tell.
    Told(Box<Report>),
    /// What was asked for was told on standard output, and it is bad news: only the exit status is left.
    AlreadyTold,
    /// Whoever read our output has had enough, as `head` has: there is nothing to tell and nobody to tell it to.
    ReaderGone,
}

/// What is told, and the exit status that goes with it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// As on the wire, or `USAGE`, `UNREACHABLE` or `FAILED` for what never reached it.
    code: &'static str,
    message: String,
    /// The HTTP status that means the same.
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

impl Failure {
    fn new(exit: Exit, code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self::Told(Box::new(Report {
            code,
            message: message.into(),
            status,
            field: None,
            retry_after_ms: None,
            hint: None,
            exit,
        }))
    }

    /// Something on this side failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "FAILED", 500, message)
    }

    /// The command line is not right.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "USAGE", 400, message)
    }

    /// A value on the command line breaks a rule that the daemon has as well.
    pub(crate) fn invalid(field: &'static str, rule: impl std::fmt::Display) -> Self {
        let code = Code::InvalidParams;
        let failure = Self::new(Exit::Usage, code.text(), code.status(), format!("`{field}` {rule}"));
        failure.with(|report| report.field = Some(field.to_owned()))
    }

    /// What an error of the wire would say, found out on this side.
    pub(crate) fn of(code: Code, message: impl Into<String>) -> Self {
        Self::new(code.into(), code.text(), code.status(), message)
    }

    /// The daemon cannot be reached.
    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Self::new(Exit::Unreachable, "UNREACHABLE", 503, message)
    }

    /// Says what a person is to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        self.with(|report| report.hint = Some(hint.into()))
    }

    fn with(mut self, change: impl FnOnce(&mut Report)) -> Self {
        if let Self::Told(report) = &mut self {
            change(report);
        }
        self
    }

    /// The code that is told, where something is.
    pub(crate) fn code(&self) -> Option<&'static str> {
        match self {
            Self::Told(report) => Some(report.code),
            Self::AlreadyTold | Self::ReaderGone => None,
        }
    }

    /// What went wrong, where it is for somebody else to tell.
    pub(crate) fn report(&self) -> Option<&Report> {
        match self {
            Self::Told(report) => Some(report),
            Self::AlreadyTold | Self::ReaderGone => None,
        }
    }

    /// Writes it as people read it.
    pub(crate) fn write_text(&self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Told(report) => report.write(Format::Text, Ink::Plain, to),
            Self::AlreadyTold | Self::ReaderGone => Ok(()),
        }
    }

    /// Tells it on standard error and gives the exit status.
    pub(crate) fn tell(&self, format: Format) -> ExitCode {
        let report = match self {
            Self::Told(report) => report,
            Self::AlreadyTold => return ExitCode::from(Exit::Failed as u8),
            Self::ReaderGone => return ExitCode::SUCCESS,
        };
        // Nobody is left to tell that standard error is gone.
        let _ = report.write(format, Ink::on(&io::stderr()), &mut io::stderr().lock());
        ExitCode::from(report.exit as u8)
    }
}

impl Report {
    /// What went wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What a person is to do next, where there is something.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    fn write(&self, format: Format, ink: Ink, to: &mut impl Write) -> io::Result<()> {
        if format == Format::Json {
            return writeln!(to, "{}", output::plain_json(self).unwrap_or_default());
        }
        writeln!(to, "{} {}", ink.paint(RED, "error:"), lines(&self.message))?;
        match &self.hint {
            Some(hint) => writeln!(to, "{} {}", ink.paint(DIM, "hint:"), lines(hint)),
            None => Ok(()),
        }
    }
}

/// Makes a text safe to print and keeps the line breaks that are ours.
fn lines(text: &str) -> String {
    text.lines().map(drawable).collect::<Vec<_>>().join("\n")
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        const UNKNOWN: &str =
            "whether it was carried out is not known: look at `claviger status` and `claviger activity`";
        match error {
            CallError::Refused(error) => {
                // The message may come from a daemon that repeats what it was sent with line breaks in it.
                let message = drawable(&error.message).into_owned();
                let failure = Self::of(error.code, message).with(|report| {
                    report.field = error.field;
                    report.retry_after_ms = error.retry_after_ms;
                });
                match (error.code, error.retry_after_ms) {
                    (Code::StorageModeRequired, _) => {
                        failure.hint("`claviger storage-mode on` lets keys open something again")
                    }
                    (Code::OutcomeUnknown, _) => failure.hint(UNKNOWN),
                    (_, Some(ms)) => failure.hint(format!("try again in {ms} ms")),
                    _ => failure,
                }
            }
            CallError::Disconnected | CallError::TimedOut => {
                Self::unreachable(error.to_string()).hint(UNKNOWN)
            }
            CallError::BadAnswer => Self::failed(error.to_string())
                .hint("the daemon may be of another version: `claviger stop`, then start it again"),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let failure = Self::unreachable(error.to_string());
        match error {
            ConnectError::NotRunning(_) => failure.hint(
                "`claviger daemon` starts one; `claviger` opens the interface and starts one by itself",
            ),
            ConnectError::PathTooLong { .. } => {
                failure.hint("choose a shorter directory with --runtime-dir or CLAVIGER_RUNTIME_DIR")
            }
            ConnectError::Busy(_) => failure.hint("nothing was done: try again shortly"),
            ConnectError::TimedOut(_) => failure.hint("it may be busy or stopped: look at its log"),
            ConnectError::HungUp(_) => failure.hint(
                "the daemon cannot start, or has just ended: its log says why, and `claviger doctor` what is there",
            ),
            ConnectError::NotADaemon(_) | ConnectError::Io(_) => {
                failure.hint("`claviger doctor` says what is there")
            }
            ConnectError::NoPermission(_) => failure,
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let failure = Self::failed(chain(&error));
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        let failure = Self::failed(chain(&error));
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// An error and what it came from, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.to_string();
        // Some errors already end with their cause.
        if !text.ends_with(&inner) {
            text = format!("{text}: {inner}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use claviger_api::Error;

    use super::*;

    fn told(failure: &Failure, format: Format) -> (u8, String) {
        let Failure::Told(report) = failure else { panic!("nothing is told") };
        let mut text = Vec::new();
        report.write(format, Ink::Plain, &mut text).unwrap();
        (report.exit as u8, String::from_utf8(text).unwrap())
    }

    #[test]
    fn every_code_has_its_exit_status() {
        for code in Code::ALL {
            let expected = match code {
                Code::Unauthorized => 3,
                Code::NotFound => 4,
                Code::StorageModeRequired => 5,
                Code::Conflict => 6,
                _ => 1,
            };
            let failure = Failure::from(CallError::Refused(Error::new(code, "no")));
            assert_eq!(told(&failure, Format::Text).0, expected, "{code:?}");
        }
        assert_eq!(told(&Failure::usage("no"), Format::Text).0, 2);
        assert_eq!(told(&Failure::from(CallError::Disconnected), Format::Text).0, 7);
        assert_eq!(told(&Failure::from(ConnectError::NotRunning("/x".into())), Format::Text).0, 7);
        assert_eq!(told(&Failure::failed("no"), Format::Text).0, 1);
    }

    #[test]
    fn json_has_the_code_of_the_wire() {
        let error = Error::new(Code::NotFound, "no such account").at("account");
        let (_, text) = told(&Failure::from(CallError::Refused(error)), Format::Json);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "code": "NOT_FOUND", "message": "no such account", "status": 404, "field": "account",
            })
        );
    }

    #[test]
    fn colour_only_repeats_what_the_words_say_and_json_has_none() {
        let Failure::Told(report) = Failure::failed("a").hint("b") else { panic!("nothing is told") };
        let written = |format| {
            let mut text = Vec::new();
            report.write(format, Ink::Coloured, &mut text).unwrap();
            String::from_utf8(text).unwrap()
        };
        assert_eq!(written(Format::Text), "\u{1b}[31merror:\u{1b}[0m a\n\u{1b}[2mhint:\u{1b}[0m b\n");
        assert!(!written(Format::Json).contains('\u{1b}'));
    }

    #[test]
    fn people_get_the_hint_on_a_line_of_its_own_and_no_escapes() {
        let failure = Failure::failed("a\u{1b}[31mb").hint("do\u{202e} this");
        assert_eq!(told(&failure, Format::Text).1, "error: a\u{fffd}[31mb\nhint: do\u{fffd} this\n");
    }
}
