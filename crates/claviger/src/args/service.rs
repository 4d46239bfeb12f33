//! Owns the grammar of `claviger service`. Must not install anything.

use clap::{Args, Subcommand};

/// `claviger service …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// Let systemd listen at the sockets and start the daemon when somebody asks
    Install(Scope),
    /// Undo that; the store, the settings and the users stay
    Uninstall(Scope),
}

/// For whom systemd runs the daemon.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Scope {
    /// For the whole system, with a user of its own; without it, for you alone
    #[arg(long)]
    pub(crate) system: bool,
}
