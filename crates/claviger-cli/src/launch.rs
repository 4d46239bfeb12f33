//! Owns how the interface comes by a daemon: the one that answers, or one that it starts. Must not end one.

use std::io::{self, BufRead, BufReader, ErrorKind};
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use claviger_daemon::StartError;
use rustix::process::geteuid;

use crate::daemon::{LOG_FILE, READY};
use crate::failure::Failure;
use crate::installed::manager_of;
use crate::progress;
use crate::settings::Settings;

/// How long a daemon may take until it serves. One that was killed looks through its whole store first.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes sure that a daemon listens.
pub(crate) fn ensure(settings: &Settings) -> Result<(), Failure> {
    if listens(settings) {
        return Ok(());
    }
    // A daemon of ours would be in the way of the one that systemd starts, and nobody would watch it.
    if let Some(manager) = manager_of(&settings.admin_socket()) {
        let restart = manager.restart(geteuid().as_raw());
        return Err(Failure::unreachable("systemd should listen for the daemon here, and has stopped")
            .hint(format!("`{}` says why; once that is mended: {restart}", manager.status())));
    }
    let _progress = progress::begin("starting the daemon");
    match start(settings)? {
        Start::Ready => Ok(()),
        // Two that start at once: one wins, and the other one uses it.
        Start::Lost => wait_for_other(settings),
        Start::Failed(failure) => Err(failure),
    }
}

/// Whether something listens where the daemon would. What it is, and whether it lets us in, the interface tells: it can
/// show that and go on, while here nothing can be seen yet.
fn listens(settings: &Settings) -> bool {
    match UnixStream::connect(settings.admin_socket()) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused),
    }
}

/// How starting a daemon ended.
enum Start {
    /// It serves.
    Ready,
    /// Another one has the store or the sockets.
    Lost,
    /// It cannot serve, and says why.
    Failed(Failure),
}

fn start(settings: &Settings) -> Result<Start, Failure> {
    let mut child = spawn(settings)?;
    let stdout = child.stdout.take();
    // Takes note of its end, so that none is left behind for as long as the interface is open.
    thread::spawn(move || child.wait());
    let (told, tells) = mpsc::channel();
    thread::spawn(move || told.send(stdout.map(first_words).unwrap_or_default()));
    tells.recv_timeout(PATIENCE).map(|words| understand(&words)).map_err(|_| {
        Failure::unreachable(format!("the daemon does not serve after {} s", PATIENCE.as_secs()))
            .hint("it may still be looking through a large store: try again, or see `claviger daemon` in the foreground")
    })
}

fn spawn(settings: &Settings) -> Result<Child, Failure> {
    let cannot = |error: io::Error| Failure::failed(format!("cannot start the daemon: {error}"));
    let mut command = Command::new(std::env::current_exe().map_err(cannot)?);
    command.args(["daemon", "--detached", "--data-dir"]).arg(settings.data_dir()?);
    command.arg("--runtime-dir").arg(settings.runtime_dir());
    if let Some(file) = settings.config_file() {
        command.arg("--config").arg(file);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(cannot)
}

/// What the daemon says: one line when it serves, else all until its end.
fn first_words(stdout: ChildStdout) -> Vec<String> {
    let mut words = Vec::new();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let ready = line == READY;
        words.push(line);
        if ready {
            break;
        }
    }
    words
}

fn understand(words: &[String]) -> Start {
    let said = |prefix| words.iter().find_map(|line| line.strip_prefix(prefix));
    if words.iter().any(|line| line == READY) {
        return Start::Ready;
    }
    let failure = match said("error: ") {
        Some(message) if message == StartError::AlreadyRunning.to_string() => return Start::Lost,
        Some(message) => Failure::failed(format!("the daemon cannot start: {message}")),
        None => Failure::failed("the daemon ended before it served").hint(format!(
            "`claviger daemon` in the foreground shows why, or {LOG_FILE} in the runtime directory"
        )),
    };
    Start::Failed(match said("hint: ") {
        Some(hint) => failure.hint(hint),
        None => failure,
    })
}

fn wait_for_other(settings: &Settings) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    while !listens(settings) {
        if Instant::now() > deadline {
            return Err(Failure::unreachable("another daemon has this store but does not answer")
                .hint("it may serve another runtime directory: compare --runtime-dir"));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(words: &[&str]) -> String {
        match understand(&words.iter().map(ToString::to_string).collect::<Vec<_>>()) {
            Start::Ready => "ready".to_owned(),
            Start::Lost => "lost".to_owned(),
            Start::Failed(failure) => format!("{failure:?}"),
        }
    }

    #[test]
    fn what_the_daemon_says_is_understood() {
        assert_eq!(understood(&["ready"]), "ready");
        assert_eq!(understood(&[&format!("error: {}", StartError::AlreadyRunning)]), "lost");
        let failed = understood(&["error: the directory is open to others", "hint: chmod 700 it"]);
        assert!(
            failed.contains("the directory is open to others") && failed.contains("chmod 700 it"),
            "{failed}"
        );
        assert!(understood(&[]).contains("ended before it served"));
    }
}
