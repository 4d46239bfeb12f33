//! Owns `claviger demo`: a daemon and its store that live no longer than the interface. Must not touch the user's own
//! settings, store or daemon.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use claviger_api::ADMIN_SOCKET;
use claviger_daemon::token::HashingCost;
use claviger_daemon::{Config, Keep, Sockets, StartError};
use claviger_tui::Keymap;
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::args::Look;
use crate::failure::Failure;
use crate::{interface, progress, sample, signal};

/// How long the daemon may take to start or to end, and the interface to give the terminal back.
const PATIENCE: Duration = Duration::from_secs(10);

/// Shows the interface on sample data and leaves nothing behind.
pub(crate) fn run(look: Look, keymap: Keymap, keys: Option<usize>) -> Result<(), Failure> {
    interface::need_terminal()?;
    // Dropped last, also on a panic: the store goes when nobody uses it any more.
    let home = home()?;
    let runtime = interface::runtime()?;
    let outcome = runtime.block_on(show(home.path(), look, keymap, keys));
    interface::end(runtime);
    let removed = home.close();
    outcome?;
    removed.map_err(|error| Failure::failed(format!("cannot remove the store of the demo: {error}")))
}

/// A private directory with a short path, since a socket's address has no room for a long one.
fn home() -> Result<TempDir, Failure> {
    let short = Path::new("/tmp");
    let base = if short.is_dir() { short.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new()
        .prefix("claviger-demo-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(&base)
        .map_err(|error| Failure::failed(format!("cannot make a directory in {}: {error}", base.display())))
}

async fn show(home: &Path, look: Look, keymap: Keymap, keys: Option<usize>) -> Result<(), Failure> {
    let signals = signal::termination().map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let mut signals = pin!(signals);
    if let Some(keys) = keys
        && seed(home.join("data"), keys, signals.as_mut()).await? == Seeding::BrokenOff
    {
        return Ok(());
    }
    let daemon = Daemon::start(home).await?;
    let socket = home.join("run").join(ADMIN_SOCKET);
    let shown = async {
        sample::fill(&socket).await?;
        let options = interface::options(socket, Some("demo".to_owned()), look, keymap);
        claviger_tui::run(options).await.map_err(interface::ended)
    };
    let outcome = until(signals, shown).await;
    daemon.stop().await;
    outcome
}

/// How making many keys ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seeding {
    Done,
    BrokenOff,
}

/// Makes a store with many keys, until a signal comes.
async fn seed(
    data: PathBuf,
    keys: usize,
    signals: Pin<&mut impl Future<Output = ()>>,
) -> Result<Seeding, Failure> {
    let progress = progress::begin_count("making keys");
    let breaks_off = Arc::new(AtomicBool::new(false));
    let goes_on = {
        let breaks_off = Arc::clone(&breaks_off);
        move |done: usize| {
            progress.of(keys as u64, done as u64);
            !breaks_off.load(Ordering::Relaxed)
        }
    };
    let mut made = spawn_blocking(move || sample::seed(&data, keys, goes_on));
    let (made, how) = tokio::select! {
        made = &mut made => (made, Seeding::Done),
        () = signals => {
            breaks_off.store(true, Ordering::Relaxed);
            (made.await, Seeding::BrokenOff)
        }
    };
    made.map_err(|_| Failure::failed("making keys broke off"))??;
    Ok(how)
}

/// Runs the interface to its end, or until a signal and then a little longer: it gives the terminal back by itself,
/// and is cut short only where it does not.
async fn until(
    signals: impl Future<Output = ()>,
    shown: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    tokio::pin!(shown);
    tokio::select! {
        outcome = &mut shown => outcome,
        () = signals => timeout(Duration::from_secs(2), shown).await.unwrap_or(Ok(())),
    }
}

/// The daemon of the demo, in this process.
struct Daemon {
    end: oneshot::Sender<()>,
    task: JoinHandle<Result<(), StartError>>,
}

impl Daemon {
    async fn start(home: &Path) -> Result<Self, Failure> {
        let mut config = Config::new(home.join("data"), home.join("run"));
        // Nothing here is worth a slow hash.
        config.hashing = HashingCost::new(8, 1, 1).unwrap_or_default();
        config.digests.keep = Keep::Never;
        let (end, ended) = oneshot::channel();
        let serves = Arc::new(Notify::new());
        let ready = Arc::clone(&serves);
        let mut task = tokio::spawn(claviger_daemon::run(
            config,
            Sockets::Own,
            Arc::new(move || ready.notify_one()),
            async move {
                drop(ended.await);
            },
        ));
        tokio::select! {
            () = serves.notified() => Ok(Self { end, task }),
            ended = &mut task => Err(match ended {
                Ok(Err(error)) => error.into(),
                _ => Failure::failed("the daemon of the demo ended before it served"),
            }),
            () = tokio::time::sleep(PATIENCE) => Err(Failure::failed("the daemon of the demo does not serve")),
        }
    }

    async fn stop(self) {
        drop(self.end);
        // Its store is removed in any case.
        let _ = timeout(PATIENCE, self.task).await;
    }
}
