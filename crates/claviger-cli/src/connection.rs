//! Owns how a command gets to the daemon. Must not start one.

use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use claviger_api::client::{Client, ConnectError};
use claviger_daemon::socket::group_name;
use tokio::runtime::Builder;

use crate::failure::Failure;
use crate::installed::manager_of;
use crate::progress;
use crate::settings::Settings;

/// How long a daemon that is there may take to let us in.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What is told meanwhile.
const WAITING: &str = "waiting for the daemon";

/// Runs a command that talks to the daemon, to its end.
pub(crate) fn wait<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    runtime.block_on(command)
}

/// Connects to the socket for every method.
pub(crate) async fn admin(settings: &Settings) -> Result<Client, Failure> {
    connect(&settings.admin_socket()).await
}

/// Connects to the socket for verification.
pub(crate) async fn verify(settings: &Settings) -> Result<Client, Failure> {
    connect(&settings.verify_socket()).await
}

/// Connects to the socket for every method, or to that for verification where the other one lets us not in.
pub(crate) async fn either(settings: &Settings) -> Result<Client, Failure> {
    let _progress = progress::begin(WAITING);
    match Client::connect(&settings.admin_socket(), PATIENCE).await {
        Ok(client) => Ok(client),
        Err(ConnectError::NoPermission(path)) => {
            match Client::connect(&settings.verify_socket(), PATIENCE).await {
                Ok(client) => Ok(client),
                Err(_) => Err(explain(ConnectError::NoPermission(path))),
            }
        }
        Err(error) => Err(explain(error)),
    }
}

async fn connect(socket: &Path) -> Result<Client, Failure> {
    let _progress = progress::begin(WAITING);
    Client::connect(socket, PATIENCE).await.map_err(explain)
}

/// Says why the daemon cannot be reached: whose socket it is where that is the reason, and where systemd should listen, what
/// it says.
pub(crate) fn explain(error: ConnectError) -> Failure {
    let hint = match &error {
        ConnectError::NoPermission(path) => not_ours(path),
        ConnectError::NotRunning(path) => manager_of(path).map(|manager| {
            format!("systemd should listen there, and has stopped: `{}` says why", manager.status())
        }),
        ConnectError::TimedOut(path) => manager_of(path)
            .map(|manager| format!("it may be busy or stopped: `{}` shows its log", manager.log())),
        ConnectError::HungUp(path) => manager_of(path).map(|manager| {
            format!("the daemon cannot start, or has just ended: `{}` says why", manager.log())
        }),
        _ => None,
    };
    let failure = Failure::from(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Who may use a socket that does not let us in.
fn not_ours(path: &Path) -> Option<String> {
    let place = closest(path)?;
    Some(match group_let_in(&place) {
        Some(group) => format!(
            "it is for members of the group {group}: `usermod --append --groups {group} USER` makes one, who logs in anew"
        ),
        None => format!(
            "it belongs to user {}: run this as that user or as root; who else may use it is for [sockets] in its \
             config.toml to say",
            place.uid()
        ),
    })
}

/// The group that a socket is for, where it is for one.
pub(crate) fn group_let_in(place: &Metadata) -> Option<String> {
    let lets_group_in = place.file_type().is_socket() && place.mode() & 0o022 == 0o020;
    group_name(place.gid()).filter(|_| lets_group_in)
}

/// How a path stands, or else the closest directory above it that can be looked at.
pub(crate) fn closest(path: &Path) -> Option<Metadata> {
    path.ancestors().find_map(|path| fs::symlink_metadata(path).ok())
}
