//! Claviger's executable: reads the arguments and calls the daemon, the interface or one command.
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

use std::alloc::System;
use std::process::ExitCode;

use args::Parsed;
use output::{Format, Ink};
use zeroizing_alloc::ZeroAlloc;

/// Wipes memory as it is freed: libraries hold secrets too, such as the one that writes an answer, and free them as they
/// are.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    harden::process();
    let line: Vec<_> = std::env::args_os().collect();
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
