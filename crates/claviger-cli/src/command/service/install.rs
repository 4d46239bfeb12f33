//! Owns `claviger service install`: all that can be wrong is looked at before anything is written. Must not know what the units
//! say.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use claviger_api::ADMIN_SOCKET;
use claviger_daemon::StartError;
use claviger_daemon::place::check_directory;
use claviger_daemon::run::PASSABLE;
use claviger_daemon::socket::check_path;

use super::host;
use super::{Done, files, for_this_user, tell};
use crate::args::{Places, Scope};
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::settings::Settings;
use crate::systemd::{self, Manager, SOCKETS, UnitFile};

/// What is to be installed.
struct Wanted {
    files: Vec<UnitFile>,
    /// Where operators will reach the daemon.
    socket: PathBuf,
}

pub(super) fn run(places: &Places, format: Format, scope: Scope) -> Result<(), Failure> {
    let manager = Manager::of(scope);
    manager.check()?;
    let wanted = if scope.system { for_system()? } else { for_user(places)? };
    let is_listening = manager.is_active(SOCKETS[0]);
    if !is_listening && UnixStream::connect(&wanted.socket).is_ok() {
        return Err(Failure::failed("a daemon that systemd does not manage is running")
            .hint("stop it with `claviger stop`, then install"));
    }
    let written = files::write(&wanted.files)?;
    if scope.system {
        host::prepare()?;
    }
    manager.systemctl(&["daemon-reload"])?;
    manager.systemctl(&["enable", SOCKETS[0], SOCKETS[1]])?;
    // Those that listen already do so anew, as the new units say; the daemon ends with them.
    manager.systemctl(&[if is_listening { "restart" } else { "start" }, SOCKETS[0], SOCKETS[1]])?;
    let paths = wanted.files.iter().map(|file| &file.path);
    let kept = paths.filter(|path| !written.contains(path)).cloned().collect();
    tell(format, &Done { written, kept, ..Done::default() })?;
    if format == Format::Json {
        return Ok(());
    }
    let socket = wanted.socket.display();
    output::line(&format!("systemd listens at {socket}, and starts the daemon for whoever asks first"))?;
    manager.advice().iter().try_for_each(|line| output::line(line))
}

fn for_system() -> Result<Wanted, Failure> {
    let executable = host::executable()?;
    host::check_executable(&executable)?;
    host::check_no_package()?;
    let socket = Path::new(host::SYSTEM_RUNTIME_DIR).join(ADMIN_SOCKET);
    Ok(Wanted { files: systemd::for_system(&executable)?, socket })
}

/// What would keep the daemon from starting is told now, to whoever installs it, and not to who asks first.
fn for_user(places: &Places) -> Result<Wanted, Failure> {
    let settings = Settings::find(places)?;
    let files = for_this_user(&settings)?;
    check_path(&settings.verify_socket()).map_err(StartError::from)?;
    check_directory(settings.data_dir()?, 0o700).map_err(StartError::from)?;
    check_directory(settings.runtime_dir(), PASSABLE).map_err(StartError::from)?;
    Ok(Wanted { files, socket: settings.admin_socket() })
}
