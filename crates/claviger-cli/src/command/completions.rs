//! Owns `claviger completions`. Must not need a home directory or a daemon.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Args;
use crate::failure::Failure;
use crate::output;

/// Prints the completions for a shell.
pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(shell, &mut Args::command(), "claviger", &mut script);
    output::text(&String::from_utf8_lossy(&script))
}
