//! Owns the wiring of the daemon, top to bottom. Must not hold a rule.

use crate::config::Config;

/// Why a daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another daemon has the store or the sockets.
    #[error("another daemon is already running")]
    AlreadyRunning,
}

impl StartError {
    /// What a person is to do next, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        None
    }
}

/// Runs a daemon until `shutdown` is over or a client asks it to stop.
///
/// `ready` is called once, when both sockets answer.
///
/// # Errors
/// Why it cannot start. Once it is ready it ends only as asked.
pub async fn run(
    config: Config,
    ready: impl FnOnce(),
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let _ = config;
    ready();
    shutdown.await;
    Ok(())
}
