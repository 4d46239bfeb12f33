//! Owns the wiring of the daemon, top to bottom. Must not hold a rule.

mod digests;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claviger_api::{ADMIN_SOCKET, Access, VERIFY_SOCKET};
use jsonrpsee::server::{RegisterMethodError, ServerHandle, stop_channel};
use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getegid, geteuid, getrlimit, set_dumpable_behavior, setrlimit, umask,
};
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::background::Background;
use crate::config::{Config, SocketConfig};
use crate::keeping::Places;
use crate::place::{PlaceError, check_file, take_directory};
use crate::restore::clear;
use crate::rpc::{About, Context, Newsroom, module};
use crate::service::{Clock, Occasion, Service, StartFault, restore};
use crate::socket::{
    Admission, BindError, Connections, GivenError, GivenSockets, Listener, Server, Ticks, accept, bind,
    check_path, group_id, take,
};
use crate::store::{Author, FILE_NAME, Following, JOURNAL_NAME, OpenError, Rows, Store, StoreError};
use crate::supervisor::{Supervisor, tell_alive};

/// How long what is running may take to finish when the daemon ends.
const FINISHING: Duration = Duration::from_secs(5);

/// The mode of the runtime directory where others may use `verify.sock`: they can pass through, and see nothing.
pub const PASSABLE: u32 = 0o711;

/// Where a daemon's sockets come from.
#[derive(Debug, Default)]
pub enum Sockets {
    /// It binds them, and takes them away when it ends.
    #[default]
    Own,
    /// A service manager has bound them, and keeps them when it ends.
    Given(GivenSockets),
}

/// Why a daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another daemon has the store or the sockets.
    #[error("another daemon is already running")]
    AlreadyRunning,
    /// The sockets, which others may reach, are to be where the store is, which nobody may.
    #[error("the data directory cannot be the runtime directory while others may use a socket")]
    SharedDirectory,
    /// A directory or a file cannot be used.
    #[error(transparent)]
    Place(PlaceError),
    /// The store does not open.
    #[error(transparent)]
    Store(OpenError),
    /// A socket cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A socket that was given cannot be used.
    #[error(transparent)]
    Given(#[from] GivenError),
    /// The service does not start.
    #[error(transparent)]
    Service(#[from] StartFault),
    /// The table of methods names one twice.
    #[error(transparent)]
    Methods(#[from] RegisterMethodError),
}

impl StartError {
    /// What a person is to do next, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::AlreadyRunning => Some(
                "stop it with `claviger stop`, or choose another --data-dir and --runtime-dir".to_owned(),
            ),
            Self::SharedDirectory => Some("choose another --runtime-dir".to_owned()),
            Self::Place(error) | Self::Bind(BindError::Place(error)) => error.hint(),
            Self::Bind(BindError::PathTooLong { .. }) => {
                Some("choose a shorter --runtime-dir (or CLAVIGER_RUNTIME_DIR)".to_owned())
            }
            Self::Bind(BindError::NoSuchGroup(setting)) => {
                Some(format!("make the group, or change {setting} in config.toml"))
            }
            Self::Given(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Bind(BindError::Io { .. }) | Self::Service(_) | Self::Methods(_) => None,
        }
    }
}

impl From<PlaceError> for StartError {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Locked(_) => Self::AlreadyRunning,
            other => Self::Place(other),
        }
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::AlreadyOpen => Self::AlreadyRunning,
            other => Self::Store(other),
        }
    }
}

/// Runs a daemon until `shutdown` is over or a client asks it to stop.
///
/// The process's umask becomes 077, and it gives no core dump.
///
/// # Errors
/// Why it cannot start. Once it is ready it ends only as asked.
pub async fn run(
    config: Config,
    sockets: Sockets,
    supervisor: Arc<dyn Supervisor>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    harden();
    let (admin_path, verify_path) =
        (config.runtime_dir.join(ADMIN_SOCKET), config.runtime_dir.join(VERIFY_SOCKET));
    if matches!(sockets, Sockets::Own) && somebody_listens(&admin_path).await {
        return Err(StartError::AlreadyRunning);
    }
    let data = take_directory(&config.data_dir, 0o700, 0o700)?;
    let store_path = data.path().join(FILE_NAME);
    check_file(&store_path)?;
    check_file(&data.path().join(JOURNAL_NAME))?;
    let runtime_mode = if config.sockets.lets_others_in() { PASSABLE } else { 0o700 };
    let groups = Groups::of(&config.sockets)?;
    check_path(&verify_path)?;
    let runtime = match data.is_at(&config.runtime_dir) {
        true if config.sockets.lets_others_in() => return Err(StartError::SharedDirectory),
        true => None,
        false => Some(take_directory(&config.runtime_dir, runtime_mode, PASSABLE)?),
    };
    let runtime_dir = runtime.as_ref().unwrap_or(&data).path().to_owned();
    if let Err(error) = clear(data.path()) {
        tracing::warn!(%error, "a restore was broken off");
    }
    let store = Store::open(&store_path)?;

    let clock = Clock::system();
    obey_journal(&store, &clock).map_err(OpenError::from)?;
    let started_at = clock.now();
    let session = config.digests.session_dir.as_deref();
    let places = Places::of(data.path(), &runtime_dir, session)
        .map_err(|error| PlaceError::Io { path: data.path().into(), error })?;
    let digest_key = digests::keep(&store, &places, config.digests.keep).map_err(StartFault::from)?;
    let service = match digest_key {
        Some(key) => Service::start_keeping(store, clock, config.key_prefix, config.hashing, key)?,
        None => Service::start(store, clock, config.key_prefix, config.hashing)?,
    };
    let about = About { started_at, data_dir: data.path().to_owned(), runtime_dir: runtime_dir.clone() };
    let context = Arc::new(Context { service: Arc::clone(&service), news: Newsroom::of(&service), about });
    let (admin_mode, verify_mode) = (config.sockets.admin_mode(), config.sockets.verify_mode);
    let (admin, verify, own_paths) = match sockets {
        Sockets::Own => {
            let admin = bind(&admin_path, admin_mode, groups.admin)?;
            let verify = bind(&verify_path, verify_mode, groups.verify)?;
            (admin, verify, vec![admin_path, verify_path])
        }
        Sockets::Given(given) => {
            let group = |group: Option<u32>| group.unwrap_or(getegid().as_raw());
            let admin = take(given.admin, &admin_path, admin_mode, group(groups.admin))?;
            let verify = take(given.verify, &verify_path, verify_mode, group(groups.verify))?;
            (admin, verify, Vec::new())
        }
    };
    let operators = Admission::Operators { uids: admin_uids(&config.sockets), group: groups.admin };
    let admin = Listener { socket: admin, access: Access::Admin, admission: operators };
    let verify = Listener { socket: verify, access: Access::Verify, admission: Admission::Everybody };

    let background = Background::start().map_err(StartFault::from)?;
    let ticks = Ticks::begin(background.handle());
    let (stop_handle, rpc) = stop_channel();
    let (stop, stopping) = watch::channel(false);
    let (alive, last_gone) = mpsc::channel(1);
    let connections = Connections::fitting(getrlimit(Resource::Nofile).current);
    for listener in [admin, verify] {
        let methods = module(&context, listener.access)?;
        let (service, stop) = (Arc::clone(&service), stop_handle.clone());
        let server = Server::new(listener.access, methods, service, stop, ticks.clone());
        tokio::spawn(accept(listener, server, connections.clone(), stopping.clone(), alive.clone()));
    }
    drop((alive, stop_handle, stopping));
    let behind = background.spawn(Arc::clone(&service).run_behind());
    let compacting = background.spawn(Arc::clone(&service).compact_where_it_pays());
    tracing::info!(runtime_dir = %runtime_dir.display(), "ready");
    supervisor.ready();
    let beats = tell_alive(Arc::clone(&supervisor), Arc::clone(&service), Handle::current());
    let beats = background.spawn(beats);

    tokio::select! {
        () = shutdown => {}
        () = service.stop_requested() => {}
    }
    tracing::info!("stopping");
    supervisor.stopping();
    stop.send_replace(true);
    wait_for_connections(rpc, last_gone).await;
    behind.abort();
    compacting.abort();
    beats.abort();
    service.finish().await;
    // Its tasks hold the store, which is not closed in order before they have let go of it.
    drop(background);
    for path in own_paths {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(%error, path = %path.display(), "cannot take the socket away");
        }
    }
    tracing::info!("stopped");
    drop((data, runtime));
    Ok(())
}

/// Before anything is answered: a store that is older than the journal beside it, or comes from elsewhere, revives nothing.
fn obey_journal(store: &Store, clock: &Clock) -> Result<(), StoreError> {
    clock.hold(store.read(Rows::state)?.newest_at);
    let heritage = store.heritage()?;
    if let Some(edit) = restore(store, &heritage, Occasion::Start, Author::this_process(), clock.now())? {
        let what = edit.note.detail.unwrap_or_default();
        tracing::warn!(what, "this is not the store that was here last: it obeys the journal of revocations");
    }
    match (store.follow(), heritage.following) {
        // As on a full disk, where verification is to go on. What it lacks it takes later.
        (Err(error), Following::Followed) => {
            tracing::warn!(%error, "the journal of revocations cannot be written");
            Ok(())
        }
        (followed, _) => followed,
    }
}

/// What is made from here on is ours alone, and what is in memory reaches no file.
pub(crate) fn harden() {
    umask(Mode::from_raw_mode(0o077));
    // Neither can fail for a process's own sake; where the system lacks them, the rest still holds.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // Each connection is a descriptor.
    let files = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files });
}

/// Whether something takes connections there: another daemon, or a service manager that starts one for the first of them.
/// Its socket is not ours to take away.
async fn somebody_listens(path: &Path) -> bool {
    match UnixStream::connect(path).await {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

/// The groups of the two sockets, by number.
struct Groups {
    admin: Option<u32>,
    verify: Option<u32>,
}

impl Groups {
    fn of(sockets: &SocketConfig) -> Result<Self, BindError> {
        let number = |setting, group: &Option<String>| match group {
            Some(group) => group_id(group).map(Some).ok_or(BindError::NoSuchGroup(setting)),
            None => Ok(None),
        };
        Ok(Self {
            admin: number("sockets.admin_group", &sockets.admin_group)?,
            verify: number("sockets.verify_group", &sockets.verify_group)?,
        })
    }
}

fn admin_uids(sockets: &SocketConfig) -> Vec<u32> {
    let mut uids = vec![0, geteuid().as_raw()];
    uids.extend(&sockets.admin_uids);
    uids
}

/// Lets what is running finish, for a while.
async fn wait_for_connections(rpc: ServerHandle, mut last_gone: mpsc::Receiver<()>) {
    let _ = rpc.stop();
    let all = async {
        rpc.stopped().await;
        while last_gone.recv().await.is_some() {}
    };
    if timeout(FINISHING, all).await.is_err() {
        tracing::warn!("some connections did not finish in time");
    }
}
