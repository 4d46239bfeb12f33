//! Owns `claviger service uninstall`: what was installed goes, also where parts of it are gone already or systemd cannot be
//! asked. Must not need the settings: they may be what is wrong.

use std::path::{Path, PathBuf};

use super::host;
use super::{Done, files, tell};
use crate::args::Scope;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::systemd::{self, Kind, Manager, SERVICE, SOCKETS};

pub(super) fn run(format: Format, scope: Scope) -> Result<(), Failure> {
    let manager = Manager::of(scope);
    manager.check_user()?;
    let paths = if scope.system {
        systemd::for_system(Path::new(host::FOR_ALL))?
            .into_iter()
            .map(|file| (file.path, file.kind))
            .collect()
    } else {
        let directory = host::units_of_this_user()?;
        [SERVICE, SOCKETS[0], SOCKETS[1]].map(|name| (directory.join(name), Kind::Unit)).to_vec()
    };
    let (ours, mut kept) = files::ours(&paths)?;
    kept.extend(files::drop_ins(&paths));
    if ours.is_empty() {
        tell(format, &Done { kept, ..Done::default() })?;
        return if format == Format::Json { Ok(()) } else { output::line("there was nothing to uninstall") };
    }
    let mut refusal = stop(manager, &ours).err();
    files::remove(&ours)?;
    files::remove(&files::wanted_by(&paths))?;
    refusal = refusal.or(manager.systemctl(&["daemon-reload"]).err());
    tell(format, &Done { removed: ours, kept, ..Done::default() })?;
    match (refusal, format) {
        (Some(refusal), _) => Err(refusal.hint(
            "its files are gone all the same: what runs ends with `claviger stop`, and systemd forgets the rest when it is started anew",
        )),
        (None, Format::Json) => Ok(()),
        (None, Format::Text) => output::line("systemd no longer runs the daemon; its store is left where it is"),
    }
}

/// One after the other, since one that is gone would keep systemd from the rest: first what starts the daemon.
fn stop(manager: Manager, ours: &[PathBuf]) -> Result<(), Failure> {
    let mut refusal = Ok(());
    for unit in [SOCKETS[0], SOCKETS[1], SERVICE] {
        let stopped = if ours.iter().any(|path| path.ends_with(unit)) {
            manager.systemctl(&["disable", "--now", unit])
        } else if manager.is_active(unit) {
            manager.systemctl(&["stop", unit])
        } else {
            Ok(())
        };
        refusal = refusal.and(stopped);
    }
    refusal
}
