//! Owns the start of a daemon: one that must answer, one that must refuse, several at once. Must not know what they are asked.

use std::fs::OpenOptions;
use std::process::{ExitStatus, Stdio};

use super::command::Process;
use super::daemon::Daemon;
use super::home::Home;
use super::wait::{eventually, soon};

/// How a daemon ended that could not start.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: i32,
    /// All that it said.
    pub(crate) said: String,
}

impl Home {
    fn spawn(&self) -> Process {
        let log = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = self.daemon_command();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Process::of(command.spawn().unwrap())
    }

    /// Starts a daemon here and waits until it answers.
    pub(crate) fn start(self) -> Daemon {
        let process = self.launch();
        Daemon { admin: self.admin(), verify: self.verify(), process: Some(process), home: self }
    }

    pub(super) fn launch(&self) -> Process {
        let mut process = self.spawn();
        let (admin, verify) = (self.admin(), self.verify());
        soon("the daemon answers", || {
            if let Some(status) = process.status() {
                panic!("the daemon ended at once with {status}: {}", self.log_text());
            }
            admin.answers() && verify.answers()
        });
        process
    }

    /// Starts a daemon that must refuse to run, and gives what it said.
    pub(crate) fn start_in_vain(&self) -> Failure {
        let before = self.log_text().len();
        let status = self.spawn().wait("the daemon refuses to start");
        let failure = Failure { status, said: self.log_text()[before..].to_owned() };
        assert_ne!(failure.status, 0, "a daemon that cannot start says so: {failure:?}");
        failure
    }

    /// Starts a daemon here that may refuse to run; `None` where it has ended by itself.
    pub(crate) fn start_if_it_can(&self) -> Option<Process> {
        let mut process = self.spawn();
        let runs = eventually("the daemon answers or ends", || match process.status() {
            Some(status) => {
                assert!(!status.success(), "a daemon that cannot start says so");
                assert!(status.code() != Some(101), "the daemon panicked: {}", self.log_text());
                Some(false)
            }
            None => (self.admin().answers() && self.verify().answers()).then_some(true),
        });
        runs.then_some(process)
    }

    /// Starts several daemons here at once and gives those that still run when the others have ended. Looks around all
    /// the while.
    pub(crate) fn race(&self, starters: usize, look: impl FnMut()) -> Vec<Process> {
        self.start_many(starters, 1, look)
    }

    /// Starts several where one runs already, and gives how many have refused to run.
    pub(crate) fn race_in_vain(&self, starters: usize, look: impl FnMut()) -> usize {
        starters - self.start_many(starters, 0, look).len()
    }

    fn start_many(&self, starters: usize, winners: usize, mut look: impl FnMut()) -> Vec<Process> {
        let mut running: Vec<Process> = (0..starters).map(|_| self.spawn()).collect();
        soon("all but the winner have ended", || {
            look();
            running.retain_mut(|process| {
                let ended = process.status();
                let is_refusal =
                    |status: ExitStatus| status.code().is_some_and(|code| code != 0 && code != 101);
                assert!(ended.is_none_or(is_refusal), "a loser ended with {ended:?}: {}", self.log_text());
                ended.is_none()
            });
            running.len() <= winners
        });
        running
    }
}
