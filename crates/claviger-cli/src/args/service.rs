//! Owns the grammar of `claviger service`. Must not install anything.

use clap::{Args, Subcommand};

use super::help::service as help;

/// `claviger service …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// Let systemd listen at the sockets and start the daemon when somebody asks
    #[command(after_help = help::INSTALL)]
    Install(Scope),
    /// Undo that; the store, the settings and the users stay
    #[command(after_help = help::UNINSTALL)]
    Uninstall(Scope),
}

/// For whom systemd runs the daemon.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Scope {
    /// For the whole system, with a user of its own; without it, for you alone
    #[arg(long)]
    pub(crate) system: bool,
}
