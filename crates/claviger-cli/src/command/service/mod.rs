//! Owns `claviger service`: for whom systemd is to run the daemon, and what is said of it. Must not start or stop the daemon by
//! itself: systemd does.

mod files;
mod host;
mod install;
mod uninstall;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::args::{Places, Scope, Service};
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::settings::Settings;
use crate::systemd::{self, UnitFile};

/// What was done.
#[derive(Default, Serialize)]
struct Done {
    written: Vec<PathBuf>,
    removed: Vec<PathBuf>,
    kept: Vec<PathBuf>,
}

/// Installs or uninstalls.
pub(crate) fn run(places: &Places, format: Format, service: &Service) -> Result<(), Failure> {
    let (Service::Install(scope) | Service::Uninstall(scope)) = service;
    check_places(places, *scope)?;
    match service {
        Service::Install(scope) => install::run(places, format, *scope),
        Service::Uninstall(scope) => uninstall::run(format, *scope),
    }
}

/// Prints all that would be installed, with what has to be done before, for whoever installs it by hand.
pub(crate) fn print(places: &Places, scope: Scope) -> Result<(), Failure> {
    check_places(places, scope)?;
    let executable = host::executable()?;
    if !scope.system {
        return output::text(&systemd::printed(&for_this_user(&Settings::find(places)?)?));
    }
    if host::check_executable(&executable).is_ok() {
        return output::text(&systemd::printed(&systemd::for_system(&executable)?));
    }
    let files = systemd::for_system(Path::new(host::FOR_ALL))?;
    let first = host::copied(&executable);
    output::text(&format!("# First, for it must be root's: {first}\n\n{}", systemd::printed(&files)))
}

/// The system's service is where it is, whatever else is asked for.
fn check_places(places: &Places, scope: Scope) -> Result<(), Failure> {
    let asked = [&places.data_dir, &places.runtime_dir, &places.config];
    if scope.system && asked.iter().any(|path| path.is_some()) {
        return Err(Failure::usage("--system has its own data directory, runtime directory and settings")
            .hint("leave out --data-dir, --runtime-dir and --config; /etc/claviger/config.toml has the settings"));
    }
    Ok(())
}

fn for_this_user(settings: &Settings) -> Result<Vec<UnitFile>, Failure> {
    systemd::for_user(&host::units_of_this_user()?, &host::executable()?, settings)
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
