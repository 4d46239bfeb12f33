//! Owns asking the daemon how it is. Must not start one, end one or change anything in it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use claviger_api::client::{Client, ConnectError, MAX_SOCKET_PATH};
use claviger_api::method::{ActivityList, ListActivity, NoParams, SystemHealth, SystemStatus};
use claviger_api::object::Status;
use claviger_api::page::Limit;
use claviger_api::{ADMIN_SOCKET, Timestamp, VERIFY_SOCKET};
use claviger_daemon::socket::user_name;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::connection::{PATIENCE, closest, explain, group_let_in};
use crate::failure::Failure;

/// What came of asking.
#[derive(Debug)]
pub(super) enum Contact {
    /// Nothing listens.
    None,
    /// The socket for every method is not for us.
    Closed(Box<Closed>),
    /// Something is there, but it does not answer us as a daemon does.
    Refused(Failure),
    /// It answers.
    Answers(Box<Answer>),
}

/// What the daemon and the system say of it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: Status,
    /// The uid that it runs as.
    pub(super) uid: u32,
    /// Its process as this process sees it: across a container's wall it has another number, or none.
    pub(super) seen_pid: Option<u32>,
    /// The newest time that it tells: its start, or the newest entry of the audit trail.
    pub(super) newest: Timestamp,
    /// Who listens for it.
    pub(super) listener: Listener,
    /// Whether it also answers where others may ask.
    pub(super) verify: Voice,
}

/// Who has made the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    /// The daemon itself.
    Daemon,
    /// Another process, as a service manager is, or one that is not seen.
    Another,
}

/// What is known of a daemon whose socket for every method is not for us.
#[derive(Debug)]
pub(super) struct Closed {
    /// Whom it is for.
    pub(super) admin: String,
    /// What the other socket says.
    pub(super) verify: Voice,
}

/// What came of asking where others may verify.
#[derive(Debug)]
pub(super) enum Voice {
    /// It answers.
    Answers,
    /// It is not for us, but for somebody else.
    NotForUs(String),
    /// It does not answer as it should.
    Refused(Failure),
}

impl Contact {
    /// What answers, where something does.
    pub(super) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answers(answer) => Some(answer),
            Self::None | Self::Closed(_) | Self::Refused(_) => None,
        }
    }
}

/// Asks at the sockets of a runtime directory.
pub(super) async fn ask(runtime_dir: &Path) -> Contact {
    let (admin, verify) = (runtime_dir.join(ADMIN_SOCKET), runtime_dir.join(VERIFY_SOCKET));
    // The longer of both names: a daemon refuses to start where one of them does not fit.
    let len = verify.as_os_str().len();
    if len > MAX_SOCKET_PATH {
        return Contact::Refused(explain(ConnectError::PathTooLong { len }));
    }
    let client = match Client::connect(&admin, PATIENCE).await {
        Ok(client) => client,
        Err(ConnectError::NotRunning(_)) => return Contact::None,
        Err(error) => {
            return match whose(&error) {
                Some(admin) => Contact::Closed(Box::new(Closed { admin, verify: health(&verify).await })),
                None => Contact::Refused(explain(error)),
            };
        }
    };
    match converse(&client, &admin, &verify).await {
        Ok(answer) => Contact::Answers(Box::new(answer)),
        Err(failure) => Contact::Refused(failure),
    }
}

async fn converse(client: &Client, admin: &Path, verify: &Path) -> Result<Answer, Failure> {
    let status = client.call::<SystemStatus>(NoParams {}).await?;
    let limit = Limit::new(1);
    let trail = client.call::<ActivityList>(ListActivity { limit, ..ListActivity::default() }).await?;
    let newest = trail.entries.first().map_or(status.started_at, |entry| entry.at.max(status.started_at));
    let (listener_uid, listening) = peer(admin).await.unwrap_or((rustix::process::geteuid().as_raw(), None));
    // Who listens is the daemon, or the service manager that has given it the socket.
    let listener = if listening.is_some_and(is_of_our_name) { Listener::Daemon } else { Listener::Another };
    let seen_pid = listening.into_iter().chain([status.pid]).find(|pid| is_of_our_name(*pid));
    let uid = seen_pid.and_then(uid_of).unwrap_or(listener_uid);
    Ok(Answer { uid, seen_pid, newest, listener, verify: health(verify).await, status })
}

/// Who listens, by the socket's credentials: uid and process.
async fn peer(socket: &Path) -> Option<(u32, Option<u32>)> {
    let stream = timeout(Duration::from_secs(1), UnixStream::connect(socket)).await.ok()?.ok()?;
    let credentials = stream.peer_cred().ok()?;
    // 0 is one that cannot be seen from here (unix(7)).
    let pid = credentials.pid().and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0);
    Some((credentials.uid(), pid))
}

/// Whether a process is seen here, and has the name that this one has.
fn is_of_our_name(pid: u32) -> bool {
    let name = |process: &str| fs::read(format!("/proc/{process}/comm")).ok();
    let ours = name("self");
    ours.is_some() && name(&pid.to_string()) == ours
}

/// The effective user of a process (`proc_pid_status`(5)): the files of one that is not dumpable are root's.
fn uid_of(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

async fn health(socket: &Path) -> Voice {
    let client = match Client::connect(socket, PATIENCE).await {
        Ok(client) => client,
        Err(error) => {
            return whose(&error).map_or_else(|| Voice::Refused(explain(error)), Voice::NotForUs);
        }
    };
    match client.call::<SystemHealth>(NoParams {}).await {
        Ok(_) => Voice::Answers,
        Err(error) => Voice::Refused(error.into()),
    }
}

/// Whom a socket is for that does not let us in, where that is somebody else.
fn whose(error: &ConnectError) -> Option<String> {
    let ConnectError::NoPermission(path) = error else { return None };
    let place = closest(path)?;
    // Its own user should get in, and root always does.
    if [place.uid(), 0].contains(&rustix::process::geteuid().as_raw()) {
        return None;
    }
    Some(match group_let_in(&place) {
        Some(group) => format!("for members of the group {group}, which you are not in"),
        None => match user_name(place.uid()) {
            Some(name) => format!("not yours to use: it belongs to user {name}"),
            None => format!("not yours to use: it belongs to uid {}", place.uid()),
        },
    })
}

#[cfg(test)]
impl Answer {
    /// What a daemon of this version says that is as it should be.
    pub(super) fn sample() -> Self {
        let status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: claviger_api::PROTOCOL,
            pid: 77,
            started_at: Timestamp::default(),
            revision: 0,
            keys: 0,
            accounts: 0,
            storage_mode: false,
            data_dir: "/d".to_owned(),
            runtime_dir: "/r".to_owned(),
            store_bytes: 0,
            verifications: claviger_api::object::VerificationCounts::default(),
        };
        Self {
            status,
            uid: 1000,
            seen_pid: Some(77),
            newest: Timestamp::default(),
            listener: Listener::Daemon,
            verify: Voice::Answers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_name_and_its_user_is_what_the_system_says() {
        let ours = std::process::id();
        assert!(is_of_our_name(ours));
        assert!(!is_of_our_name(u32::MAX));
        assert_eq!(uid_of(ours), Some(rustix::process::geteuid().as_raw()));
        assert_eq!(uid_of(u32::MAX), None);
    }
}
