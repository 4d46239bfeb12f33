//! Owns `claviger doctor`: what is looked at, and in which order. Must not change anything that it looks at.

mod config;
mod contact;
mod daemon;
mod digests;
mod finding;
mod host;
mod journal;
mod owner;
mod sockets;
mod standing;
mod store;
mod tell;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use claviger_api::{ADMIN_SOCKET, Timestamp};
use claviger_daemon::place::quoted;
use claviger_tui::clipboard_route;

use contact::{Contact, Listener, ask};
use finding::{Check, Finding, State};
use host::Process;
use owner::Owner;

use crate::args::Places;
use crate::failure::Failure;
use crate::installed::manager_of;
use crate::output::{self, Format};
use crate::settings::{Discovered, Settings};
use crate::systemd::Manager;
use crate::{harden, progress};

/// What every check goes by.
struct Site<'a> {
    /// Whose everything should be, and who looks.
    owner: Owner,
    /// The places that were chosen, which are named again.
    chosen: &'a Places,
    /// How `claviger` is called for this installation, as a shell takes it.
    claviger: String,
    /// What the daemon says.
    contact: &'a Contact,
    /// Where the sockets are.
    runtime_dir: Option<&'a Path>,
    /// The systemd that has units for it.
    manager: Option<Manager>,
}

/// Who makes the sockets.
enum Maker {
    Daemon,
    Systemd(Manager),
    Another,
}

impl Site<'_> {
    fn maker(&self) -> Maker {
        match (self.contact, self.manager) {
            (Contact::Answers(answer), _) if answer.listener == Listener::Daemon => Maker::Daemon,
            (_, Some(manager)) => Maker::Systemd(manager),
            (Contact::Answers(_), None) => Maker::Another,
            (_, None) => Maker::Daemon,
        }
    }

    /// What has the sockets made anew.
    fn restart(&self) -> String {
        match self.maker() {
            Maker::Systemd(manager) => manager.listen_anew(self.owner.viewer),
            Maker::Daemon | Maker::Another => {
                format!("{claviger} stop && {claviger}", claviger = self.claviger)
            }
        }
    }

    /// The doctor for the same sockets and another store.
    fn doctor_at(&self, data_dir: &Path) -> String {
        let places = Places { data_dir: Some(data_dir.to_owned()), ..self.chosen.clone() };
        format!("{} doctor", called(&places))
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
        examine(&found, &contact)
    };
    match format {
        Format::Json => output::json(&tell::report(&findings))?,
        Format::Text => output::text(&tell::list(&findings, output::ink(), output::columns()))?,
    }
    if tell::worst(&findings) == State::Wrong { Err(Failure::AlreadyTold) } else { Ok(()) }
}

fn examine(found: &Discovered, contact: &Contact) -> Vec<Finding> {
    let daemon = contact.answer().map(|answer| answer.uid);
    let site = Site {
        owner: Owner::find(found, daemon, called(&from_elsewhere(found))),
        chosen: &found.chosen,
        claviger: called(&found.chosen),
        contact,
        runtime_dir: found.runtime_dir.as_deref(),
        manager: found.runtime_dir.as_ref().and_then(|directory| manager_of(&directory.join(ADMIN_SOCKET))),
    };
    let mut findings = vec![config::examine(found, &site.owner)];
    findings.extend(site.owner.tell());
    let mut newest = contact.answer().map(|answer| answer.newest);
    match &found.data_dir {
        Some(data_dir) => {
            let store = store::examine(&site, data_dir, &found.digests);
            newest = newest.max(store.newest);
            findings.extend(store.findings);
        }
        None => findings.push(nowhere(Check::DataDirectory, "--data-dir or CLAVIGER_DATA_DIR")),
    }
    match &found.runtime_dir {
        Some(runtime_dir) => {
            // The defaults are the viewer's own, and say nothing of another user's sockets.
            let are_known = !site.owner.is_another() || matches!(found.config, Ok(Some(_)));
            findings.extend(sockets::examine(&site, runtime_dir, are_known.then_some(&found.sockets)));
        }
        None => findings.push(nowhere(Check::RuntimeDirectory, "--runtime-dir or CLAVIGER_RUNTIME_DIR")),
    }
    findings.push(daemon::judge(&site, found.data_dir.as_deref()));
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

/// The flags for another home. A default that is not there is no part of this installation.
fn from_elsewhere(found: &Discovered) -> Places {
    let missing = |path: &Option<PathBuf>| {
        path.as_ref()
            .is_some_and(|path| path.metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound))
    };
    let kept = |path: &Option<PathBuf>, chosen: &Option<PathBuf>| {
        path.clone().filter(|_| chosen.is_some() || !missing(path))
    };
    Places {
        data_dir: kept(&found.from_elsewhere.data_dir, &found.chosen.data_dir),
        runtime_dir: kept(&found.from_elsewhere.runtime_dir, &found.chosen.runtime_dir),
        config: found.from_elsewhere.config.clone(),
    }
}

/// How an installation is called, with these flags.
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
impl<'a> Site<'a> {
    /// An installation of uid 1000, looked at by its owner.
    fn sample(contact: &'a Contact, chosen: &'a Places) -> Self {
        let owner = Owner::sample(1000, 1000);
        Self { owner, chosen, claviger: called(chosen), contact, runtime_dir: None, manager: None }
    }
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
            digests: claviger_daemon::DigestConfig::default(),
            chosen: Places::default(),
            from_elsewhere: Places::default(),
        };
        let findings = examine(&found, &Contact::None);
        let state =
            |check| findings.iter().find(|finding| finding.check == check).map(|finding| finding.state);
        assert_eq!(state(Check::DataDirectory), Some(State::Ok));
        assert_eq!(state(Check::RuntimeDirectory), Some(State::Ok));
        assert_eq!(state(Check::Store), None);
    }
}
