//! Claviger's command line: reads the arguments and calls the daemon, the interface or one command.
//!
//! Owns the order of those steps. Must not hold a rule of any of them.

mod args;
mod command;
mod config_file;
mod connection;
mod daemon;
mod demo;
mod failure;
mod harden;
mod input;
mod installed;
mod interface;
mod launch;
mod log;
mod lookup;
mod output;
mod phrase;
mod progress;
mod sample;
mod service_manager;
mod settings;
mod signal;
mod systemd;
mod table;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use args::Parsed;
use output::{Format, Ink};

/// Does what a command line says, the program's name first, and tells what came of it.
pub fn run(line: impl Iterator<Item = OsString>) -> ExitCode {
    harden::process();
    let line: Vec<_> = line.collect();
    let format = Format::wanted_by(&line);
    let outcome = args::parse(&line).and_then(|parsed| match parsed {
        Parsed::Help(text) => match output::ink() {
            Ink::Coloured => output::text(&text.ansi().to_string()),
            Ink::Plain => output::text(&text.to_string()),
        },
        Parsed::Run(args) => command::run(*args),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(format),
    }
}
