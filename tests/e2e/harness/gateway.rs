//! Owns real gateways, run on what `claviger integrate` prints, as it is printed. Must not change a letter of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;

use super::application::Application;
use super::command::Process;
use super::home::Home;
use super::wait::eventually;

/// Which gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Envoy,
    Haproxy,
}

/// What of nginx's own configuration is not ours, as Debian has it but for the places.
const NGINX: &str = "\
daemon off; master_process off; pid @/nginx.pid; error_log @/error.log;
events { worker_connections 64; }
http {
    access_log @/access.log; default_type application/octet-stream; sendfile on; gzip on;
    client_body_temp_path @/body; proxy_temp_path @/proxy; fastcgi_temp_path @/fastcgi;
    uwsgi_temp_path @/uwsgi; scgi_temp_path @/scgi;
    include @/conf.d/*.conf;
}
";

impl Kind {
    fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::Haproxy => "haproxy",
        }
    }

    /// Whether it can be run here. A CI must have nginx, or say that it can have none.
    fn is_here(self) -> bool {
        let is_here = Command::new(self.program()).arg("-v").output().is_ok();
        let is_set = |name| std::env::var_os(name).is_some();
        let must_be = self == Self::Nginx && is_set("CI") && !is_set("CLAVIGER_WITHOUT_NGINX");
        assert!(is_here || !must_be, "{} is not installed", self.program());
        // What is printed for HAProxy makes it another user.
        is_here && (self != Self::Haproxy || rustix::process::getuid().is_root())
    }

    /// The settings of a daemon that this gateway can ask.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::Nginx | Self::Caddy | Self::Envoy => "",
            Self::Haproxy => "[sockets]\nverify_mode = \"0666\"",
        }
    }

    /// What is printed beside the rest, by which option, and where it is looked for.
    fn beside(self) -> Option<(&'static str, &'static str)> {
        (self == Self::Haproxy).then_some(("--lua", "claviger.lua"))
    }

    /// Puts what was printed where the program finds it, and gives the command that runs it.
    fn command(self, printed: &str, dir: &Path) -> Command {
        let at = |name: &str| dir.join(name);
        let mut command = Command::new(self.program());
        command.env_clear().env("PATH", std::env::var("PATH").unwrap()).env("HOME", dir);
        match self {
            Self::Nginx => {
                fs::create_dir_all(at("conf.d")).unwrap();
                fs::write(at("conf.d/claviger.conf"), printed).unwrap();
                fs::write(at("nginx.conf"), NGINX.replace('@', dir.to_str().unwrap())).unwrap();
                command.arg("-p").arg(dir).arg("-c").arg(at("nginx.conf"));
            }
            Self::Caddy => {
                fs::write(at("Caddyfile"), printed).unwrap();
                command.env("CADDY_ADMIN", format!("unix/{}", at("admin.sock").display()));
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(at("Caddyfile"));
            }
            Self::Envoy => {
                fs::write(at("envoy.yaml"), printed).unwrap();
                // Several of them on one machine have nothing to hand over to each other.
                command.args(["--disable-hot-restart", "--concurrency", "2", "-l", "warn", "-c"]);
                command.arg(at("envoy.yaml"));
            }
            Self::Haproxy => {
                fs::write(at("haproxy.cfg"), printed).unwrap();
                command.arg("-db").arg("-f").arg(at("haproxy.cfg"));
            }
        }
        command
    }
}

/// A running gateway with an application behind it.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    // Dropped before its directory and its application.
    _process: Process,
    pub(crate) application: Application,
    dir: TempDir,
}

impl Gateway {
    /// Starts one for this installation; `None` where the program is not installed.
    pub(crate) fn start(kind: Kind, home: &Home) -> Option<Self> {
        kind.is_here().then(|| eventually("a gateway runs", || Self::try_start(kind, home)))
    }

    /// `None` where the program ended at once, as it does when somebody else took its port.
    fn try_start(kind: Kind, home: &Home) -> Option<Self> {
        let (address, application) = (free_address(), Application::start());
        let (listen, behind) = (address.to_string(), application.address().to_string());
        let arguments = ["integrate", kind.program(), "--listen", &listen, "--application", &behind];
        let printed = home.run(&arguments).success().stdout;
        let dir = tempfile::Builder::new().prefix("clv").tempdir_in("/tmp").unwrap();
        if let Some((option, name)) = kind.beside() {
            let text = home.run(&["integrate", kind.program(), option]).success().stdout;
            fs::write(dir.path().join(name), text).unwrap();
        }
        let said = File::create(dir.path().join("said")).unwrap();
        let mut command = kind.command(&printed, dir.path());
        command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
        let mut process = Process::of(command.spawn().unwrap());
        let runs = eventually("the gateway listens or ends", || match process.status() {
            Some(_) => Some(false),
            None => TcpStream::connect(address).is_ok().then_some(true),
        });
        let gateway = Self { address, _process: process, application, dir };
        assert!(runs || gateway.said().contains("ddress already in use"), "{}", gateway.said());
        runs.then_some(gateway)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// All that the program has written so far, to wherever it writes.
    pub(crate) fn said(&self) -> String {
        let files = ["said", "error.log", "access.log"].map(|name| self.dir.path().join(name));
        files.iter().map(|file: &PathBuf| fs::read_to_string(file).unwrap_or_default()).collect()
    }
}

/// An address that nobody listens at, given to nobody else of this process.
fn free_address() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    eventually("there is a free port", || {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        GIVEN.lock().unwrap().insert(address.port()).then_some(address)
    })
}
