//! Owns whether systemd has units for an installation, and what is asked of it then. Must not ask it, or change a unit.
//!
//! Formats: systemd.unit(5), "Unit File Load Path"; systemd.socket(5), `ListenStream=`; `sd_booted`(3).

use std::fs;
use std::path::{Path, PathBuf};

use crate::settings::Settings;
use crate::systemd::{Manager, SERVICE, SOCKETS};

/// Where the system's units are; the first file of a name hides the others.
const OF_THE_SYSTEM: [&str; 4] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// Where there is this directory, systemd runs the machine.
const BOOTED: &str = "/run/systemd/system";

impl Manager {
    /// What says why the daemon does not run.
    pub(crate) fn status(self) -> String {
        format!("systemctl{} status claviger", self.flag())
    }

    /// What shows the daemon's log.
    pub(crate) fn log(self) -> String {
        format!("journalctl{} -u claviger", self.flag())
    }

    /// What has it listen again, whatever happened.
    pub(crate) fn restart(self, viewer: u32) -> String {
        let [admin, verify] = SOCKETS;
        let systemctl = self.as_who_may(viewer);
        format!("{systemctl} reset-failed {SERVICE} {admin} {verify}; {}", self.listen_anew(viewer))
    }

    /// What has it make both sockets anew, as its units say.
    pub(crate) fn listen_anew(self, viewer: u32) -> String {
        let [admin, verify] = SOCKETS;
        format!("{} restart {admin} {verify}", self.as_who_may(viewer))
    }

    /// What changes a unit.
    pub(crate) fn edit(self, viewer: u32, unit: &str) -> String {
        format!("{} edit {unit}", self.as_who_may(viewer))
    }

    fn as_who_may(self, viewer: u32) -> String {
        let sudo = if self == Self::System && viewer != 0 { "sudo " } else { "" };
        format!("{sudo}systemctl{}", self.flag())
    }
}

/// Whose units make systemd listen at this socket; `None` where none do, or systemd does not run here.
pub(crate) fn manager_of(socket: &Path) -> Option<Manager> {
    if !Path::new(BOOTED).is_dir() {
        return None;
    }
    let of_this_user = Settings::config_base().map(|base| base.join("systemd/user"));
    find(socket, of_this_user.as_deref(), &OF_THE_SYSTEM.map(Path::new))
}

fn find(socket: &Path, of_this_user: Option<&Path>, of_the_system: &[&Path]) -> Option<Manager> {
    let listens = |directories: &[&Path]| {
        SOCKETS.iter().filter_map(|name| first(directories, name)).any(|unit| is_listed(&unit, socket))
    };
    if of_this_user.is_some_and(|directory| listens(&[directory])) {
        Some(Manager::User)
    } else {
        listens(of_the_system).then_some(Manager::System)
    }
}

/// The text of the unit that holds. One that is masked is a link to nothing, and empty.
fn first(directories: &[&Path], name: &str) -> Option<String> {
    directories.iter().find_map(|directory| fs::read_to_string(directory.join(name)).ok())
}

fn is_listed(unit: &str, socket: &Path) -> bool {
    streams(unit).iter().any(|stream| is_one(stream, socket))
}

/// What a socket unit listens at, where no specifier is to be filled in.
fn streams(unit: &str) -> Vec<PathBuf> {
    let (mut inside, mut streams) = (false, Vec::new());
    for line in unit.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[Socket]";
            continue;
        }
        let Some((name, value)) = line.split_once('=').filter(|_| inside) else { continue };
        match (name.trim_end(), value.trim_start()) {
            // An empty one takes back those before it.
            ("ListenStream", "") => streams.clear(),
            ("ListenStream", value) => streams.extend(literal(value).map(PathBuf::from)),
            _ => {}
        }
    }
    streams
}

/// A text without specifiers, in which `%%` is `%`.
fn literal(text: &str) -> Option<String> {
    let mut literal = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '%' && rest.next() != Some('%') {
            return None;
        }
        literal.push(c);
    }
    Some(literal)
}

/// Whether two paths are one socket, which need not be there: a directory above it may be behind a link.
fn is_one(stream: &Path, socket: &Path) -> bool {
    let directory = |path: &Path| path.parent().and_then(|directory| directory.canonicalize().ok());
    stream == socket
        || (stream.file_name() == socket.file_name()
            && directory(stream).is_some_and(|stream| Some(stream) == directory(socket)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_socket_unit_listens_at_is_read() {
        for (unit, paths) in [
            ("[Socket]\nListenStream=/run/a.sock\n", &["/run/a.sock"] as &[&str]),
            ("[Socket]\n  ListenStream = /a b/a.sock  \nSocketMode=0600", &["/a b/a.sock"]),
            ("[Socket]\nListenStream=/100%%/%%%%.sock", &["/100%/%%.sock"]),
            ("[Socket]\nListenStream=%t/a.sock\nListenStream=/b%", &[]),
            ("[Socket]\nListenStream=/a\nListenStream=\nListenStream=/b\nListenStream=/c", &["/b", "/c"]),
            ("[Unit]\nListenStream=/a\n[Socket]\n# ListenStream=/b\n;ListenStream=/c\n[Install]", &[]),
            ("", &[]),
        ] {
            assert_eq!(streams(unit), paths.iter().map(PathBuf::from).collect::<Vec<_>>(), "{unit}");
        }
    }

    #[test]
    fn our_own_units_are_known_wherever_they_are_installed() {
        let place = tempfile::tempdir().unwrap();
        let directory = |name: &str| {
            let directory = place.path().join(name);
            fs::create_dir(&directory).unwrap();
            directory
        };
        let (user, etc, lib) = (directory("user"), directory("etc"), directory("lib"));
        let put = |directory: &Path, socket: &str| {
            fs::write(directory.join(SOCKETS[1]), format!("[Socket]\nListenStream={socket}\n")).unwrap();
        };
        put(&user, "/u/verify.sock");
        put(&lib, "/l/verify.sock");
        let found = |socket: &str| find(Path::new(socket), Some(&user), &[&etc, &lib]);
        for (socket, manager) in [
            ("/u/verify.sock", Some(Manager::User)),
            ("/l/verify.sock", Some(Manager::System)),
            ("/elsewhere/verify.sock", None),
        ] {
            assert_eq!(found(socket), manager, "{socket}");
        }
        put(&etc, "/e/verify.sock");
        assert_eq!(found("/l/verify.sock"), None, "the unit in /etc hides that of a package");
        assert_eq!(found("/e/verify.sock"), Some(Manager::System));
        let masked = etc.join(SOCKETS[1]);
        fs::remove_file(&masked).unwrap();
        std::os::unix::fs::symlink("/dev/null", &masked).unwrap();
        assert_eq!(found("/l/verify.sock"), None, "a masked unit listens nowhere");
        assert_eq!(find(Path::new("/u/verify.sock"), None, &[]), None);
    }

    #[test]
    fn one_socket_is_known_behind_a_link_too() {
        let place = tempfile::tempdir().unwrap();
        let (run, var) = (place.path().join("run"), place.path().join("var"));
        fs::create_dir(&run).unwrap();
        std::os::unix::fs::symlink(&run, &var).unwrap();
        assert!(is_one(&run.join("a.sock"), &var.join("a.sock")));
        assert!(!is_one(&run.join("a.sock"), &var.join("b.sock")));
    }

    #[test]
    fn each_systemd_is_asked_as_a_person_would() {
        assert_eq!(Manager::User.log(), "journalctl --user -u claviger");
        assert_eq!(Manager::System.status(), "systemctl status claviger");
        assert_eq!(Manager::System.edit(0, SOCKETS[1]), "systemctl edit claviger-verify.socket");
        assert_eq!(Manager::System.edit(7, SOCKETS[1]), "sudo systemctl edit claviger-verify.socket");
        assert_eq!(
            Manager::User.restart(7),
            "systemctl --user reset-failed claviger.service claviger-admin.socket claviger-verify.socket; \
             systemctl --user restart claviger-admin.socket claviger-verify.socket"
        );
    }
}
