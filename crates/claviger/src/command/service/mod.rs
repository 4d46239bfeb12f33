//! Owns `claviger service`: what is done in which order. Must not start or stop the daemon by itself: systemd does.

mod files;
mod host;

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use claviger_api::ADMIN_SOCKET;
use serde::Serialize;

use self::host::Manager;
use crate::args::{Places, Scope, Service};
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::settings::Settings;
use crate::systemd::{self, SERVICE, SOCKETS, UnitFile};

/// What was done.
#[derive(Serialize)]
struct Done {
    written: Vec<PathBuf>,
    removed: Vec<PathBuf>,
    kept: Vec<PathBuf>,
}

/// What is to be installed.
struct Wanted {
    files: Vec<UnitFile>,
    /// Where operators will reach the daemon.
    socket: PathBuf,
}

/// Installs or uninstalls.
pub(crate) fn run(places: &Places, format: Format, service: &Service) -> Result<(), Failure> {
    let (Service::Install(scope) | Service::Uninstall(scope)) = service;
    let manager = Manager::of(*scope);
    manager.check()?;
    let wanted = wanted(places, *scope)?;
    match service {
        Service::Install(_) => install(format, manager, &wanted),
        Service::Uninstall(_) => uninstall(format, manager, &wanted.files),
    }
}

/// Prints all that would be installed, with what has to be done before, for whoever installs it by hand.
pub(crate) fn print(places: &Places, scope: Scope) -> Result<(), Failure> {
    let executable = host::executable()?;
    if !scope.system || host::check_executable(&executable).is_ok() {
        return output::text(&systemd::printed(&wanted(places, scope)?.files));
    }
    let files = systemd::for_system(Path::new(host::FOR_ALL))?;
    let first = host::copied(&executable);
    output::text(&format!("# First, for it must be root's: {first}\n\n{}", systemd::printed(&files)))
}

fn wanted(places: &Places, scope: Scope) -> Result<Wanted, Failure> {
    let executable = host::executable()?;
    if scope.system {
        let socket = Path::new(host::SYSTEM_RUNTIME_DIR).join(ADMIN_SOCKET);
        return Ok(Wanted { files: systemd::for_system(&executable)?, socket });
    }
    let settings = Settings::find(places)?;
    let files = systemd::for_user(&host::units_of_this_user()?, &executable, &settings)?;
    Ok(Wanted { files, socket: settings.admin_socket() })
}

fn install(format: Format, manager: Manager, wanted: &Wanted) -> Result<(), Failure> {
    if manager.is_of_the_system() {
        host::check_executable(&host::executable()?)?;
        host::check_no_package()?;
    }
    let is_listening = manager.is_active(SOCKETS[0]);
    if !is_listening && UnixStream::connect(&wanted.socket).is_ok() {
        return Err(Failure::failed("a daemon that systemd does not manage is running")
            .hint("stop it with `claviger stop`, then install"));
    }
    let written = files::write(&wanted.files)?;
    if manager.is_of_the_system() {
        host::prepare()?;
    }
    manager.systemctl(&["daemon-reload"])?;
    manager.systemctl(&["enable", SOCKETS[0], SOCKETS[1]])?;
    // Those that listen already do so anew, as the new units say; the daemon ends with them.
    manager.systemctl(&[if is_listening { "restart" } else { "start" }, SOCKETS[0], SOCKETS[1]])?;
    let paths = wanted.files.iter().map(|file| &file.path);
    let kept = paths.filter(|path| !written.contains(path)).cloned().collect();
    tell(format, &Done { written, removed: Vec::new(), kept })?;
    if format == Format::Json {
        return Ok(());
    }
    let socket = wanted.socket.display();
    output::line(&format!("systemd listens at {socket}, and starts the daemon for whoever asks first"))?;
    manager.advice().iter().try_for_each(|line| output::line(line))
}

fn uninstall(format: Format, manager: Manager, files: &[UnitFile]) -> Result<(), Failure> {
    let (ours, kept) = files::ours(files)?;
    if ours.iter().any(|path| path.ends_with(SERVICE)) {
        manager.systemctl(&["disable", "--now", SOCKETS[0], SOCKETS[1], SERVICE])?;
    }
    files::remove(&ours)?;
    manager.systemctl(&["daemon-reload"])?;
    let done = Done { written: Vec::new(), removed: ours, kept };
    tell(format, &done)?;
    match format {
        Format::Json => Ok(()),
        Format::Text if done.removed.is_empty() => output::line("there was nothing to uninstall"),
        Format::Text => output::line("systemd no longer runs the daemon; its store is left where it is"),
    }
}

fn tell(format: Format, done: &Done) -> Result<(), Failure> {
    if format == Format::Json {
        return output::json(done);
    }
    for (what, paths) in
        [("wrote", &done.written), ("removed", &done.removed), ("left as it is:", &done.kept)]
    {
        for path in paths {
            output::line(&format!("{what} {}", path.display()))?;
        }
    }
    Ok(())
}
