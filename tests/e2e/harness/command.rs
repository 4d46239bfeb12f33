//! Owns a command from its start to its end, and a process that ends with its test. Must not know what the command does.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::home::Home;
use super::wait::eventually;

/// What a command printed and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The exit status, or 128 and the signal.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Fails unless the command ended with 0.
    pub(crate) fn success(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }
}

impl Home {
    /// Runs one command of the command line to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with_input(arguments, "")
    }

    /// The same with something on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command();
        command.args(arguments);
        Self::finish(command, input)
    }

    /// Runs any command to its end, with neither input nor output a terminal.
    pub(crate) fn finish(mut command: Command, input: &str) -> Output {
        let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        command.stdin(Stdio::piped()).stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let mut child = Process(command.spawn().unwrap());
        // A command that refuses its arguments never reads its input.
        let _ = child.0.stdin.take().unwrap().write_all(input.as_bytes());
        let status = child.wait("the command ends");
        Output { status, stdout: text_of(&mut stdout), stderr: text_of(&mut stderr) }
    }
}

fn text_of(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A process that never outlives its test.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(super) fn of(child: Child) -> Self {
        Self(child)
    }

    /// How it ended, where it has.
    pub(super) fn status(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self, what: &str) -> i32 {
        exit_code(eventually(what, || self.0.try_wait().unwrap()))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
