//! Owns how a command gets to the daemon. Must not start one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use claviger_api::client::{Client, ConnectError};
use tokio::runtime::Builder;

use crate::failure::Failure;
use crate::settings::Settings;

/// How long a daemon that is there may take to let us in.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

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
    Client::connect(socket, PATIENCE).await.map_err(explain)
}

/// Says why the daemon cannot be reached, and whose socket it is where that is the reason.
pub(crate) fn explain(error: ConnectError) -> Failure {
    let owner = match &error {
        ConnectError::NoPermission(path) => owner_of(path),
        _ => None,
    };
    let failure = Failure::from(error);
    match owner {
        Some(uid) => failure.hint(format!(
            "it belongs to user {uid}: run this as that user or as root; who else may verify is for \
             sockets.verify_mode and sockets.verify_group to say",
        )),
        None => failure,
    }
}

/// Who owns a path, or else the closest directory above it that can be looked at.
fn owner_of(path: &Path) -> Option<u32> {
    path.ancestors().find_map(|path| fs::symlink_metadata(path).ok()).map(|metadata| metadata.uid())
}
