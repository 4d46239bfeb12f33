//! Owns `claviger stop`. Must not end the daemon by force.

use std::fs;
use std::path::Path;
use std::time::Duration;

use claviger_api::client::{CallError, Client, ConnectError};
use claviger_api::method::{NoParams, SystemStatus, SystemStop};
use claviger_api::object::Empty;
use tokio::time::{Instant, sleep};

use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::{connection, progress};

/// How long a daemon may take to finish what is running.
const PATIENCE: Duration = Duration::from_secs(15);

/// Asks the daemon to finish, and waits until it has.
pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let pid = client.call::<SystemStatus>(NoParams {}).await?.pid;
    let is_seen = is_running(pid);
    match client.call::<SystemStop>(NoParams {}).await {
        // A daemon that ends may take its answer with it.
        Ok(Empty {}) | Err(CallError::Disconnected) => {}
        Err(error) => return Err(error.into()),
    }
    drop(client);
    let progress = progress::begin("waiting until the daemon has ended");
    let socket = context.settings.admin_socket();
    let deadline = Instant::now() + PATIENCE;
    // To ask at the socket would start the next one, where a service manager listens there.
    while if is_seen { is_running(pid) } else { answers(&socket).await } {
        if Instant::now() > deadline {
            return Err(Failure::failed(format!("the daemon has not ended within {} s", PATIENCE.as_secs()))
                .hint(format!("it is process {pid}; its log says what it waits for")));
        }
        sleep(Duration::from_millis(20)).await;
    }
    drop(progress);
    match context.format {
        Format::Json => output::json(&Empty {}),
        Format::Text => {
            output::note("the daemon has ended");
            if socket.exists() {
                output::note(
                    "its sockets are a service manager's, which starts it again for whoever asks next",
                );
            }
            Ok(())
        }
    }
}

async fn answers(socket: &Path) -> bool {
    let refused = Client::connect(socket, Duration::from_secs(1)).await;
    !matches!(refused, Err(ConnectError::NotRunning(_)))
}

/// Whether a process still runs: only then are its store and its sockets free for the next one. One that has ended
/// and waits for its parent to notice does not.
fn is_running(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The state follows the name, which stands in parentheses and may hold some (proc_pid_stat(5)).
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, Some('Z' | 'X'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_an_ended_child_does_not() {
        assert!(is_running(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        while is_running(child.id()) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!is_running(child.id()));
    }
}
