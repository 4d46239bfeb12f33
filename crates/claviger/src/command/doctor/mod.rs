//! Owns `claviger doctor`: what is looked at, and in which order. Must not change anything that it looks at.

mod config;
mod contact;
mod daemon;
mod finding;
mod host;
mod journal;
mod sockets;
mod standing;
mod store;
mod tell;

use std::time::SystemTime;

use claviger_api::Timestamp;
use claviger_daemon::place::quoted;
use claviger_tui::clipboard_route;

use contact::{Contact, ask};
use finding::{Check, Finding, State};
use host::Process;
use standing::{Kind, Wanted};

use crate::args::Places;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::settings::{Discovered, Settings};
use crate::{harden, progress};

/// What every check goes by.
struct Site<'a> {
    /// Whose everything should be: the daemon's user where one runs, else ours.
    uid: u32,
    /// Who looks.
    viewer: u32,
    /// How `claviger` is called for this installation, as a shell takes it.
    claviger: String,
    /// What the daemon says.
    contact: &'a Contact,
}

impl Site<'_> {
    /// What is wanted of every path, with the rest to be filled in.
    fn wanted(&self) -> Wanted {
        Wanted { kind: Kind::Other, owner: self.uid, mode: 0, loosest: 0, viewer: self.viewer }
    }
}

/// Looks at everything, and tells what is found. Fails with nothing more to tell where something is wrong.
pub(crate) async fn run(places: &Places, format: Format) -> Result<(), Failure> {
    let found = Settings::discover(places)?;
    let contact = match &found.runtime_dir {
        Some(runtime_dir) => ask(runtime_dir).await,
        None => Contact::None,
    };
    let findings = {
        let _progress = progress::begin("looking at everything");
        examine(&found, &contact, called(places))
    };
    match format {
        Format::Json => output::json(&tell::report(&findings))?,
        Format::Text => output::text(&tell::list(&findings, output::ink(), output::columns()))?,
    }
    if tell::worst(&findings) == State::Wrong { Err(Failure::AlreadyTold) } else { Ok(()) }
}

fn examine(found: &Discovered, contact: &Contact, claviger: String) -> Vec<Finding> {
    let viewer = rustix::process::geteuid().as_raw();
    let uid = contact.answer().map_or(viewer, |answer| answer.uid);
    let site = Site { uid, viewer, claviger, contact };
    let mut findings = vec![config::examine(found, viewer)];
    let mut newest = contact.answer().map(|answer| answer.newest);
    match &found.data_dir {
        Some(data_dir) => {
            let store = store::examine(&site, data_dir);
            newest = newest.max(store.newest);
            findings.extend(store.findings);
        }
        None => findings.push(nowhere(Check::DataDirectory, "--data-dir or CLAVIGER_DATA_DIR")),
    }
    match &found.runtime_dir {
        Some(runtime_dir) => findings.extend(sockets::examine(&site, runtime_dir, &found.sockets)),
        None => findings.push(nowhere(Check::RuntimeDirectory, "--runtime-dir or CLAVIGER_RUNTIME_DIR")),
    }
    findings.push(daemon::judge(contact, found.data_dir.as_deref(), &site.claviger));
    findings.push(host::judge_clock(now(), newest));
    let (process, hardening) = match contact.answer() {
        Some(answer) => (Process::Daemon(answer.status.pid), answer.seen_pid.and_then(host::hardening_of)),
        None => (Process::Ours, Some(harden::holds())),
    };
    findings.push(host::judge_core_dumps(process, hardening, &site.claviger));
    findings.push(host::judge_clipboard(&clipboard_route()));
    findings
}

/// Without a home, a directory is nowhere until one is chosen. That is how a service account may be, and no fault.
fn nowhere(check: Check, choice: &str) -> Finding {
    Finding::ok(check, format!("none: HOME is not set, and neither is {choice}"))
}

/// How this installation is called again: with the flags that it was called with.
fn called(places: &Places) -> String {
    let flags = [
        ("--data-dir", &places.data_dir),
        ("--runtime-dir", &places.runtime_dir),
        ("--config", &places.config),
    ];
    let mut line = "claviger".to_owned();
    for (flag, path) in flags {
        if let Some(path) = path {
            line = format!("{line} {flag} {}", quoted(path));
        }
    }
    line
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(since).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_calls_the_same_installation_again() {
        assert_eq!(called(&Places::default()), "claviger");
        let places = Places { runtime_dir: Some("/it's".into()), data_dir: Some("/d".into()), config: None };
        assert_eq!(called(&places), r"claviger --data-dir '/d' --runtime-dir '/it'\''s'");
    }

    #[test]
    fn without_a_home_nothing_is_wrong() {
        let found = Discovered {
            data_dir: None,
            runtime_dir: None,
            config: Ok(None),
            sockets: claviger_daemon::SocketConfig::default(),
        };
        let findings = examine(&found, &Contact::None, "claviger".to_owned());
        let state =
            |check| findings.iter().find(|finding| finding.check == check).map(|finding| finding.state);
        assert_eq!(state(Check::DataDirectory), Some(State::Ok));
        assert_eq!(state(Check::RuntimeDirectory), Some(State::Ok));
        assert_eq!(state(Check::Store), None);
    }
}
