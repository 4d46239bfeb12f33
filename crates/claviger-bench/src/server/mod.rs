//! Owns the processes that are asked: the two bare ones and the daemon. Must not ask them.

pub mod daemon;
pub mod echo;
pub mod http;

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use claviger_api::{ADMIN_SOCKET, VERIFY_SOCKET};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::Outcome;
use crate::plan::Way;

/// How long a server may take until it listens: a store of a million keys is checked before.
const STARTING: Duration = Duration::from_mins(2);

/// The three servers, until this is dropped.
pub struct Servers {
    children: Vec<Child>,
    echo: PathBuf,
    hyper: PathBuf,
    verify: PathBuf,
    admin: PathBuf,
}

impl Servers {
    /// Starts all three, in a directory that has the daemon's store in `data`.
    ///
    /// # Errors
    /// One does not start.
    pub fn start(directory: &Path, claviger: &Path) -> Outcome<Self> {
        let bench = std::env::current_exe()?;
        let at = |name: &str| directory.join(name);
        let (echo, hyper, run) = (at("echo.sock"), at("hyper.sock"), daemon::runtime(directory));
        let daemon = daemon::command(directory, claviger)?;
        let mut bare_echo = Command::new(&bench);
        bare_echo.arg("echo").arg(&echo);
        let mut bare_hyper = Command::new(&bench);
        bare_hyper.arg("hyper").arg(&hyper);
        let (verify, admin) = (run.join(VERIFY_SOCKET), run.join(ADMIN_SOCKET));
        let mut servers = Self { children: Vec::new(), echo, hyper, verify, admin };
        for mut command in [daemon, bare_echo, bare_hyper] {
            let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
            let name = command.get_program().display().to_string();
            servers.children.push(child.map_err(|error| format!("cannot start {name}: {error}"))?);
        }
        servers.wait()?;
        Ok(servers)
    }

    /// Where a way leads to.
    #[must_use]
    pub fn socket(&self, way: Way) -> &Path {
        match way {
            Way::Echo => &self.echo,
            Way::Hyper => &self.hyper,
            Way::Authorize | Way::Post | Way::WebSocket | Way::WebSockets => &self.verify,
        }
    }

    /// Where every method of the daemon is.
    #[must_use]
    pub fn admin(&self) -> &Path {
        &self.admin
    }

    /// Waits until all of them listen.
    fn wait(&mut self) -> Outcome<()> {
        let begun = Instant::now();
        for socket in [&self.verify, &self.admin, &self.echo, &self.hyper] {
            while UnixStream::connect(socket).is_err() {
                for child in &mut self.children {
                    if let Some(status) = child.try_wait()? {
                        return Err(format!("a server ended at once: {status}").into());
                    }
                }
                if begun.elapsed() > STARTING {
                    return Err(format!("nobody listens at {}", socket.display()).into());
                }
                sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            // One that has ended already is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Has this process end with the one that started it, whatever ends that.
///
/// # Errors
/// The system refuses.
pub fn end_with_parent() -> Outcome<()> {
    Ok(set_parent_process_death_signal(Some(Signal::TERM))?)
}
