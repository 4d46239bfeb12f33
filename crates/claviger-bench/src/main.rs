//! The measures' executable: the driver, the bare servers that it is compared with, the seeding tool, and the count of
//! instructions.
//!
//! Owns the arguments. Must not measure anything itself.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures go to standard output, progress to standard error"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser};
use claviger_bench::instructions::{self, Then};
use claviger_bench::run::{Plan, run};
use claviger_bench::seed::{cheap, seed};
use claviger_bench::server::{echo, end_with_parent, http};
use claviger_bench::{Outcome, growth, table, writes};

/// Measures Claviger.
#[derive(Parser)]
enum Command {
    /// Ask the daemon over its socket, beside a bare echo and a bare hyper, and print one table
    Run(Run),
    /// Change keys over the daemon's socket, beside the disk alone and one slow hash, and print one table
    Writes(Writes),
    /// Ask with wide scopes, beside idle connections, subscribers and changes, and print how the cost grows
    Growth(Growth),
    /// Make a store of many keys, whose secrets nobody has
    Seed {
        /// The data directory, which must not be there yet
        directory: PathBuf,
        /// How many keys
        #[arg(long, default_value_t = 1_000)]
        keys: usize,
    },
    /// Count the instructions of a verification, and compare them with the file; needs valgrind
    Instructions {
        /// Write them into the file instead, with the explanation of what changed
        #[arg(long, value_name = "WHY")]
        bless: Option<String>,
    },
    /// Serve the bare echo
    #[command(hide = true)]
    Echo { socket: PathBuf },
    /// Serve the bare hyper
    #[command(hide = true)]
    Hyper { socket: PathBuf },
}

#[derive(Args)]
struct Run {
    /// How many keys the store has, besides the 72 that are presented
    #[arg(long, default_value_t = 1_000)]
    keys: usize,
    /// How often everything is measured in turn; the figures are the medians
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measure is taken in each round
    #[arg(long, default_value_t = 250)]
    milliseconds: u64,
    /// Only rows that have this in their name, such as "POST, valid", and bare hyper: for a profile
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
    /// The daemon's executable [default: `claviger` beside this one]
    #[arg(long)]
    claviger: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Writes {
    /// How many keys the store has, besides those that are changed
    #[arg(long, default_value_t = 1_000)]
    keys: usize,
    /// How many keys are made, changed in every way and deleted
    #[arg(long, default_value_t = 200)]
    lives: usize,
    /// How often callers are many, and how often subscribers come and go
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where to put the store: below a short path on the disk that is to be measured
    #[arg(long, default_value = "/tmp")]
    under: PathBuf,
    /// The daemon's executable [default: `claviger` beside this one]
    #[arg(long)]
    claviger: Option<PathBuf>,
}

#[derive(Args)]
struct Growth {
    /// How many keys the store has, besides those that are presented
    #[arg(long, default_value_t = 1_000)]
    keys: usize,
    /// How many accounts scopes have, besides those of one account
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_values_t = [100, 10_000])]
    accounts: Vec<usize>,
    /// How often everything is measured in turn; the figures are the medians
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measure is taken in each round
    #[arg(long, default_value_t = 250)]
    milliseconds: u64,
    /// The daemon's executable [default: `claviger` beside this one]
    #[arg(long)]
    claviger: Option<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Run(told) => measure(told),
        Command::Writes(told) => change(told),
        Command::Growth(told) => grow(told),
        Command::Seed { directory, keys } => make_store(&directory, keys),
        Command::Instructions { bless } => {
            let then = bless.map_or(Then::Compare, Then::Bless);
            instructions::count(&then, &mut |step| eprintln!("{step}")).map(|told| println!("{told}"))
        }
        Command::Echo { socket } => end_with_parent().and_then(|()| echo::serve(&socket)),
        Command::Hyper { socket } => end_with_parent().and_then(|()| http::serve(&socket)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(told: Run) -> Outcome<()> {
    let claviger = executable(told.claviger)?;
    let during = Duration::from_millis(told.milliseconds);
    let plan = Plan { keys: told.keys, rounds: told.rounds.max(1), during, only: told.only, claviger };
    let report = run(plan, &mut |step| eprintln!("{step}"))?;
    if told.json {
        println!("{:#}", report.json());
        return Ok(());
    }
    print!("{}", table::draw(&report));
    Ok(())
}

fn change(told: Writes) -> Outcome<()> {
    let claviger = executable(told.claviger)?;
    let plan =
        writes::Plan { keys: told.keys, lives: told.lives.max(1), rounds: told.rounds.max(1), claviger };
    let report = writes::run(plan, &told.under, &mut |step| eprintln!("{step}"))?;
    print!("{}", writes::table::draw(&report));
    Ok(())
}

fn grow(told: Growth) -> Outcome<()> {
    let claviger = executable(told.claviger)?;
    let during = Duration::from_millis(told.milliseconds);
    let wide = told.accounts;
    let plan = growth::Plan { keys: told.keys, wide, rounds: told.rounds.max(1), during, claviger };
    let report = growth::run(plan, &mut |step| eprintln!("{step}"))?;
    print!("{}", growth::table::draw(&report));
    Ok(())
}

fn executable(told: Option<PathBuf>) -> Outcome<PathBuf> {
    let claviger = match told {
        Some(claviger) => claviger,
        None => std::env::current_exe()?.with_file_name("claviger"),
    };
    if claviger.is_file() {
        return Ok(claviger);
    }
    let hint = "hint: cargo build --release -p claviger, or say where it is with --claviger";
    Err(format!("{} is not there\n{hint}", claviger.display()).into())
}

fn make_store(directory: &std::path::Path, keys: usize) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (service, _) = seed(directory, keys, cheap()?).await?;
        service.finish().await;
        Ok(())
    })
}
