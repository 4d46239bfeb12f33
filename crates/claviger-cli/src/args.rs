//! Owns the grammar of the command line. Must not look at the environment, a file or the daemon.

mod accounts;
mod help;
mod integrate;
mod keys;
mod service;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::error::{Error, ErrorKind};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use accounts::{Accounts, Fact, Facts};
pub(crate) use integrate::{Addresses, Gateway, Integrate};
pub(crate) use keys::Keys;
pub(crate) use service::{Scope, Service};

use crate::failure::Failure;
use crate::usage;

/// An API-key authority for one machine. Without a command it opens the full-screen interface.
#[derive(Debug, Parser)]
#[command(name = "claviger", version, after_help = help::EVERYTHING, max_term_width = help::COLUMNS)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) places: Places,
    /// Print JSON; errors too, on standard error
    #[arg(long, global = true, help_heading = help::EVERYWHERE)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) look: Look,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Where things are.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct Places {
    /// Where the store is.
    #[arg(long, value_name = "DIR", global = true, help_heading = help::EVERYWHERE, help = help::DATA_DIR)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Where the sockets are.
    #[arg(long, value_name = "DIR", global = true, help_heading = help::EVERYWHERE, help = help::RUNTIME_DIR)]
    pub(crate) runtime_dir: Option<PathBuf>,
    /// Where the settings are.
    #[arg(long, value_name = "FILE", global = true, help_heading = help::EVERYWHERE, help = help::CONFIG)]
    pub(crate) config: Option<PathBuf>,
}

/// How the interface looks.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
pub(crate) struct Look {
    /// Draw no borders: for screen readers and copying
    #[arg(long)]
    pub(crate) plain: bool,
    /// Let the interface have the mouse, which the terminal then no longer uses to select text
    #[arg(long)]
    pub(crate) mouse: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon in the foreground
    #[command(after_help = help::DAEMON)]
    Daemon(Daemon),
    /// Open the interface on a throw-away store with sample data; leaves nothing behind
    #[command(after_help = help::DEMO)]
    Demo(Demo),
    /// Say whether the daemon is up, and how it is
    #[command(after_help = help::STATUS)]
    Status,
    /// Ask the daemon to finish, and wait until it has
    #[command(after_help = help::STOP)]
    Stop,
    /// Write a copy of the store, as it is at one moment, to a new file
    #[command(after_help = help::BACKUP)]
    Backup {
        /// Where to; nothing may be there yet
        file: PathBuf,
    },
    /// Write the store anew, without what it no longer needs
    #[command(after_help = help::COMPACT)]
    Compact,
    /// Put a backup in the store's place, while the daemon is stopped
    #[command(after_help = help::RESTORE)]
    Restore {
        /// What `claviger backup` wrote
        file: PathBuf,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Check this installation, and say how to mend what is wrong
    #[command(after_help = help::DOCTOR)]
    Doctor,
    /// List, create and change keys
    #[command(subcommand, after_help = help::keys::ALL)]
    Keys(Keys),
    /// List, connect and change the accounts that keys can be scoped to
    #[command(subcommand, after_help = help::accounts::ALL)]
    Accounts(Accounts),
    /// Show or set whether keys open anything at all
    #[command(after_help = help::STORAGE_MODE)]
    StorageMode {
        /// What to set it to; shows it where nothing is given
        state: Option<Switch>,
    },
    /// Read a secret from standard input and say whose it is
    #[command(after_help = help::VERIFY)]
    Verify(Verify),
    /// Show the audit trail, newest first
    #[command(after_help = help::ACTIVITY)]
    Activity(Activity),
    /// Make one raw JSON-RPC call
    #[command(after_help = help::RPC)]
    Rpc(Rpc),
    /// Print the configuration of a gateway that asks Claviger, or systemd's units
    #[command(subcommand, after_help = help::integrate::ALL)]
    Integrate(Integrate),
    /// Have systemd run the daemon
    #[command(subcommand, after_help = help::service::ALL)]
    Service(Service),
    /// Print the manual page
    #[command(after_help = help::MAN)]
    Man,
    /// Print shell completions
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell to print them for
        shell: Shell,
    },
}

/// `claviger daemon`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Daemon {
    /// How much to log [default: `CLAVIGER_LOG`, else info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<LogLevel>,
    /// In which form [default: `CLAVIGER_LOG_FORMAT`, else journal where the journal reads standard error, else text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Start a session of its own, say `ready` on standard output, and log to a file
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
}

/// How much the daemon logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// What went wrong.
    Error,
    /// And what may be going wrong.
    Warn,
    /// And what the operator did.
    Info,
    /// And what the daemon does.
    Debug,
    /// And every step of it.
    Trace,
}

/// In which form the daemon logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people.
    Text,
    /// A line of JSON.
    Json,
    /// The journal's own form, with a field for each fact.
    Journal,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Keys open what their scope allows.
    On,
    /// Keys open nothing.
    Off,
}

/// `claviger demo`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// How many keys there are to be, besides the few of the sample
    #[arg(long, value_name = "N", value_parser = usage::count)]
    pub(crate) keys: Option<usize>,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `claviger verify`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    // It comes from whoever asks, and an id can begin with a dash: there is a verdict on each.
    /// The account that the caller wants to see
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) account: Option<String>,
    /// Read a secret and, behind a space, an account's id from each line, and write a JSON verdict on each, until the end
    #[arg(long, conflicts_with = "account")]
    pub(crate) lines: bool,
    // Takes whatever else is there, so that a secret in the wrong place is refused by us, not told by clap.
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) misplaced: Vec<OsString>,
}

/// `claviger activity`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Activity {
    /// Only what happened to this key, by id (deleted ones too) or name
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// How many entries at most [default: 100 on a terminal, else all; 10 with --follow]
    #[arg(long, value_name = "N", value_parser = usage::count)]
    pub(crate) limit: Option<usize>,
    /// Show the latest, oldest first, and then each new one as it comes; JSON has one a line
    #[arg(long)]
    pub(crate) follow: bool,
}

/// `claviger rpc`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Rpc {
    /// Such as `keys.list`
    pub(crate) method: String,
    /// A JSON object; `-` reads it from standard input, where a secret belongs
    pub(crate) params: Option<String>,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// To be told how to ask.
    Help(StyledStr),
    /// To do something.
    Run(Box<Args>),
}

/// Reads the command line. An error never repeats an argument: it may be a secret.
pub(crate) fn parse(line: &[OsString]) -> Result<Parsed, Failure> {
    match Args::try_parse_from(line) {
        Ok(args) => match &args.command {
            Some(Command::Verify(verify)) if !verify.misplaced.is_empty() => Err(usage::misplaced_secret()),
            _ => Ok(Parsed::Run(Box::new(args))),
        },
        Err(error) if error.use_stderr() => {
            let is_of_a_word = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidValue);
            let error = is_of_a_word.then(|| without_value(line)).flatten().unwrap_or(error);
            Err(usage::failure(&error, line))
        }
        Err(help) => Ok(Parsed::Help(help.render())),
    }
}

/// What clap says of an option without its value, where something that looks like an option stands in the value's place. Of the
/// line with that it says only that it does not know it.
fn without_value(line: &[OsString]) -> Option<Error> {
    let is_dashed = |arg: &OsString| arg.as_encoded_bytes().starts_with(b"-");
    (2..line.len())
        .filter(|at| is_dashed(&line[at - 1]) && is_dashed(&line[*at]))
        .filter_map(|at| Args::try_parse_from(&line[..at]).err())
        .find(|error| error.kind() == ErrorKind::InvalidValue)
}

#[cfg(test)]
mod tests;
