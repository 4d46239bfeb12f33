//! Owns what a service manager such as systemd hands over and is told. Must not be told anything where none started us.
//!
//! Formats: `sd_listen_fds`(3), `sd_notify`(3), `sd_watchdog_enabled`(3).

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use claviger_daemon::{GivenSockets, Sockets, Supervisor};
use listenfd::ListenFd;
use sd_notify::NotifyState;

use crate::failure::Failure;

/// What the socket of every method is called by whoever hands it over.
const ADMIN: &str = "admin";
/// What the socket of verification is called.
const VERIFY: &str = "verify";

/// The sockets that were handed over with our start; where there are none, the daemon makes its own. Once in a process, and
/// before it has a second thread.
pub(crate) fn sockets() -> Result<Sockets, Failure> {
    let names: Vec<String> = sd_notify::listen_fds_with_names()
        .map_err(|error| Failure::failed(format!("cannot tell which sockets were handed over: {error}")))?
        .map(|(_, name)| name)
        .collect();
    if names.is_empty() {
        return Ok(Sockets::Own);
    }
    let (admin, verify) = places(&names).ok_or_else(|| {
        Failure::failed("of the sockets that were handed over, one must be named admin and one verify, and no other be there")
            .hint("write FileDescriptorName=admin and FileDescriptorName=verify in the socket units")
    })?;
    let mut handed = ListenFd::from_env();
    Ok(Sockets::Given(GivenSockets {
        admin: taken(&mut handed, admin, ADMIN)?,
        verify: taken(&mut handed, verify, VERIFY)?,
    }))
}

/// Where the two sockets are among these.
fn places(names: &[String]) -> Option<(usize, usize)> {
    let place = |wanted| names.iter().position(|name| name == wanted);
    if names.len() == 2 { place(ADMIN).zip(place(VERIFY)) } else { None }
}

fn taken(handed: &mut ListenFd, place: usize, name: &str) -> Result<UnixListener, Failure> {
    handed.take_unix_listener(place).ok().flatten().ok_or_else(|| {
        Failure::failed(format!("what was handed over as {name} is no Unix stream socket"))
            .hint("write ListenStream= with a path in its socket unit")
    })
}

/// The service manager that started us, where one did.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    status: String,
}

impl ServiceManager {
    /// Shows this directory once the daemon is ready.
    pub(crate) fn new(runtime_dir: &Path) -> Self {
        // One line is one message.
        Self { status: format!("listens in {}", runtime_dir.display()).replace(char::is_control, " ") }
    }
}

impl Supervisor for ServiceManager {
    fn ready(&self) {
        tell(&[NotifyState::Ready, NotifyState::Status(&self.status)]);
    }

    fn stopping(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("finishes what is running")]);
    }

    fn watches_every(&self) -> Option<Duration> {
        // Half of what it allows, as it asks for.
        sd_notify::watchdog_enabled().map(|allowed| allowed / 2)
    }

    fn alive(&self) {
        tell(&[NotifyState::Watchdog]);
    }
}

/// Where nobody listens, nobody is told.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sockets_are_told_apart_by_their_names_in_any_order() {
        let places = |names: &[&str]| places(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(places(&["admin", "verify"]), Some((0, 1)));
        assert_eq!(places(&["verify", "admin"]), Some((1, 0)));
        for names in [
            &["admin"] as &[&str],
            &["admin", "admin"],
            &["verify", "verify"],
            &["admin", "unknown"],
            &["admin", "verify", "admin"],
            &["admin", "verify", "other"],
        ] {
            assert_eq!(places(names), None, "{names:?}");
        }
    }
}
