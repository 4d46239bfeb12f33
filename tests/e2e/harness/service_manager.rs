//! Owns a service manager of the tests' own: it binds the sockets, starts the daemon with them, and hears what that says.
//! Must not do what systemd does not.

use std::fs::{self, OpenOptions, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::command::Process;
use super::home::Home;
use super::wait::eventually;

/// How often the daemon must say that it is alive, half of which it should.
const WATCHDOG: Duration = Duration::from_millis(400);

/// What manages a daemon as systemd does.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    admin: UnixListener,
    verify: UnixListener,
    notices: UnixDatagram,
    // Dropped last.
    pub(crate) home: Home,
}

impl ServiceManager {
    /// Listens where the daemon of this home would, with these modes.
    pub(crate) fn new(home: Home, admin_mode: u32, verify_mode: u32) -> Self {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&home.run).unwrap();
        let bind = |name: &str, mode| {
            let path = home.run.join(name);
            let listener = UnixListener::bind(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            listener
        };
        let (admin, verify) = (bind("admin.sock", admin_mode), bind("verify.sock", verify_mode));
        let notices = UnixDatagram::bind(home.path("notify")).unwrap();
        notices.set_read_timeout(Some(super::PATIENCE)).unwrap();
        Self { admin, verify, notices, home }
    }

    /// Starts the daemon with its sockets under these names, the first for `admin.sock`.
    pub(crate) fn start_with_names(&self, names: &str) -> Process {
        let daemon = self.home.daemon_command();
        let log = OpenOptions::new().create(true).append(true).open(&self.home.log).unwrap();
        // A process learns its own number only once it is there, and its sockets stand behind the three usual descriptors.
        let mut command = Command::new("sh");
        command.args(["-c", "exec 3<&0 4<&1 </dev/null 1>&2; LISTEN_PID=$$ exec \"$@\"", "sh"]);
        command.arg(daemon.get_program()).args(daemon.get_args()).current_dir(self.home.path(""));
        command.env_clear().envs(daemon.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("LISTEN_FDS", names.split(':').count().to_string()).env("LISTEN_FDNAMES", names);
        command.env("NOTIFY_SOCKET", self.home.path("notify"));
        command.env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
        let handed = |listener: &UnixListener| Stdio::from(OwnedFd::from(listener.try_clone().unwrap()));
        command.stdin(handed(&self.admin)).stdout(handed(&self.verify)).stderr(log);
        Process::of(command.spawn().unwrap())
    }

    /// Starts the daemon.
    pub(crate) fn start(&self) -> Process {
        self.start_with_names("admin:verify")
    }

    /// Starts a daemon that must refuse to run, and gives what it said.
    pub(crate) fn start_in_vain(&self, names: &str) -> String {
        let before = self.home.log_text().len();
        let status = self.start_with_names(names).wait("the daemon refuses to start");
        assert_eq!(status, 1, "{}", self.home.log_text());
        self.home.log_text()[before..].to_owned()
    }

    /// The next thing that the daemon says: one or more lines.
    pub(crate) fn hears(&self) -> String {
        let mut notice = [0; 4096];
        let len = self.notices.recv(&mut notice).unwrap();
        String::from_utf8_lossy(&notice[..len]).into_owned()
    }

    /// Waits until the daemon says this line.
    pub(crate) fn waits_for(&self, line: &str) {
        eventually(line, || self.hears().lines().any(|heard| heard == line).then_some(()));
    }
}
