//! Owns what whoever started the daemon is told about it. Must not know who that is.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::interval;

use crate::service::Service;

/// Who started the daemon, and wants to know how it is.
pub trait Supervisor: Send + Sync + 'static {
    /// Both sockets answer. Told once.
    fn ready(&self) {}
    /// What is running is being finished. Told once.
    fn stopping(&self) {}
    /// How often it wants to hear that the daemon is alive; `None` where it does not watch.
    fn watches_every(&self) -> Option<Duration> {
        None
    }
    /// The daemon is alive.
    fn alive(&self) {}
}

/// A function is told once, when the daemon is ready.
impl<F: Fn() + Send + Sync + 'static> Supervisor for F {
    fn ready(&self) {
        self();
    }
}

/// Tells the supervisor that the daemon is alive, for as long as it is: tasks are run, and changes are taken. Ends only when
/// it is dropped.
///
/// A disk that is slow or fails is no reason to be silent: to be started anew mends neither, and a daemon that answers with
/// errors still verifies what it can.
pub(crate) async fn tell_alive(supervisor: Arc<dyn Supervisor>, service: Arc<Service>, serving: Handle) {
    let Some(period) = supervisor.watches_every().filter(|period| !period.is_zero()) else {
        return std::future::pending().await;
    };
    let mut beats = interval(period);
    loop {
        beats.tick().await;
        // Where connections are served, and not here, tasks have to be run.
        if serving.spawn(async {}).await.is_err() {
            return;
        }
        if service.takes_changes() {
            supervisor.alive();
        } else {
            tracing::error!("the writer has ended: changes are refused until the daemon is started anew");
        }
    }
}
