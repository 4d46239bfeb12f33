//! Owns what of this machine a service needs: systemd's commands, and an executable that nobody else can change. Must not
//! write a file.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use claviger_daemon::place::quoted;
use rustix::process::geteuid;

use crate::args::Scope;
use crate::failure::Failure;
use crate::progress;
use crate::settings::Settings;
use crate::systemd::Manager;

/// Where the system's sockets are.
pub(super) const SYSTEM_RUNTIME_DIR: &str = "/run/claviger";

/// Where an executable is that everybody uses and no package brought.
pub(super) const FOR_ALL: &str = "/usr/local/bin/claviger";

/// What a package would have brought.
const PACKAGED_UNITS: [&str; 2] =
    ["/usr/lib/systemd/system/claviger.service", "/lib/systemd/system/claviger.service"];

/// What the system's service cannot see (systemd.exec(5), `ProtectHome=` and `PrivateTmp=`).
const HIDDEN: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

impl Manager {
    pub(super) fn of(scope: Scope) -> Self {
        if scope.system { Self::System } else { Self::User }
    }

    /// Whether whoever runs this is somebody for whom it can be done.
    pub(super) fn check_user(self) -> Result<(), Failure> {
        let is_root = geteuid().is_root();
        match self {
            Self::System if !is_root => Err(Failure::failed("only root can have the system run a service")
                .hint("put `sudo` before it, or leave out --system for one that is yours alone")),
            Self::User if is_root && std::env::var_os("SUDO_UID").is_some() => Err(Failure::usage(
                "this would be for root alone",
            )
            .hint(
                "leave out `sudo` for a service that is yours alone, or add --system for the whole system",
            )),
            _ => Ok(()),
        }
    }

    /// The same, and whether systemd can be asked at all: nothing is written where it cannot.
    pub(super) fn check(self) -> Result<(), Failure> {
        self.check_user()?;
        self.systemctl(&["--version"])?;
        self.systemctl(&["show", "--property=Version"]).map_err(|failure| match self {
            Self::System => failure.hint("systemd must run this system; `claviger integrate systemd --system` prints the units"),
            Self::User => failure.hint(
                "it needs a session of its user, as after a login; `claviger integrate systemd` prints the units",
            ),
        })
    }

    /// Asks systemd, and says why it refused.
    pub(super) fn systemctl(self, arguments: &[&str]) -> Result<(), Failure> {
        let output = {
            let _progress = progress::begin("waiting for systemd");
            self.command(arguments).output()
        };
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let reason =
                    said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it did not say why");
                let shown = self.shown(arguments);
                Err(Failure::failed(format!("`{shown}` failed: {reason}"))
                    .hint("once that is mended do this again; `claviger service uninstall` takes back what was done"))
            }
            Err(error) => Err(absent("systemctl", &error)),
        }
    }

    /// Whether a unit is active.
    pub(super) fn is_active(self, unit: &str) -> bool {
        let asked = self.command(&["is-active", "--quiet", unit]).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    }

    /// What whoever installed it does next.
    pub(super) fn advice(self) -> Vec<String> {
        match self {
            Self::System => vec![
                "let somebody administer it: usermod --append --groups claviger-admin USER".to_owned(),
                "let a gateway ask:          usermod --append --groups claviger-verify www-data".to_owned(),
                "the interface:              claviger --config /etc/claviger/config.toml".to_owned(),
            ],
            Self::User => {
                vec!["it ends when you log out, unless you say `loginctl enable-linger`".to_owned()]
            }
        }
    }

    fn command(self, arguments: &[&str]) -> Command {
        let mut command = Command::new("systemctl");
        if self == Self::User {
            command.arg("--user");
        }
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn shown(self, arguments: &[&str]) -> String {
        format!("systemctl{} {}", self.flag(), arguments.join(" "))
    }
}

/// Makes the users, groups and directories of the system's service.
pub(super) fn prepare() -> Result<(), Failure> {
    for (program, arguments) in [
        ("systemd-sysusers", &["/etc/sysusers.d/claviger.conf"] as &[&str]),
        ("systemd-tmpfiles", &["--create", "/etc/tmpfiles.d/claviger.conf"]),
    ] {
        let output =
            Command::new(program).args(arguments).output().map_err(|error| absent(program, &error))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Failure::failed(format!("`{program}` failed: {said}")));
        }
    }
    Ok(())
}

fn absent(program: &str, error: &io::Error) -> Failure {
    Failure::failed(format!("cannot run `{program}`: {error}"))
        .hint("a service needs systemd; without it `claviger daemon` runs under any other service manager")
}

/// The executable that runs now.
pub(super) fn executable() -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("cannot tell where the executable is: {error}")))?;
    if path.is_file() {
        Ok(path)
    } else {
        Err(Failure::failed("the executable that runs is no longer there")
            .hint("start the one that has replaced it"))
    }
}

/// Where this user's units are (systemd.unit(5), "User Unit Search Path").
pub(super) fn units_of_this_user() -> Result<PathBuf, Failure> {
    Settings::config_base()
        .map(|base| base.join("systemd/user"))
        .ok_or_else(|| Failure::failed("there is no directory for units: HOME is not set").hint("set HOME"))
}

/// What puts the executable where the system's service can use it.
pub(super) fn copied(executable: &Path) -> String {
    format!("install -o root -g root -m 0755 {} {FOR_ALL}", quoted(executable))
}

/// Whoever can change the executable could do in its place whatever the system's service may.
pub(super) fn check_executable(path: &Path) -> Result<(), Failure> {
    let mend = |reason: String| {
        let again = format!("{} && {FOR_ALL} service install --system", copied(path));
        Err(Failure::failed(reason).hint(again))
    };
    if HIDDEN.iter().any(|hidden| path.starts_with(hidden)) {
        return mend(format!("the system's service cannot see {}", path.display()));
    }
    for part in path.ancestors() {
        let metadata = part
            .metadata()
            .map_err(|error| Failure::failed(format!("cannot look at {}: {error}", part.display())))?;
        if metadata.uid() != 0 || metadata.mode() & 0o022 != 0 {
            return mend(format!("others than root can change {}", part.display()));
        }
    }
    Ok(())
}

/// A package's units would be hidden by ours.
pub(super) fn check_no_package() -> Result<(), Failure> {
    if PACKAGED_UNITS.iter().any(|unit| Path::new(unit).exists()) {
        return Err(Failure::failed("a package has installed the service already")
            .hint("systemctl enable --now claviger-admin.socket claviger-verify.socket"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executable_that_others_can_change_or_the_service_cannot_see_is_refused() {
        let refused = |path: &str| format!("{:?}", check_executable(Path::new(path)).unwrap_err());
        assert!(refused("/home/ada/.cargo/bin/claviger").contains("cannot see"));
        assert!(refused("/run/user/1000/claviger").contains("install -o root"));
        assert!(refused("/nowhere/claviger").contains("cannot look at"));
        assert!(check_executable(Path::new("/usr/bin/env")).is_ok());
        // Directories that everybody may write to.
        assert!(refused("/dev/shm").contains("others than root can change"));
    }

    #[test]
    fn what_is_asked_of_systemd_is_shown_as_a_person_would_type_it() {
        assert_eq!(Manager::User.shown(&["enable", "x"]), "systemctl --user enable x");
        assert_eq!(Manager::System.shown(&["daemon-reload"]), "systemctl daemon-reload");
    }
}
