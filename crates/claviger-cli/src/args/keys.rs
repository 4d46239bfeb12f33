//! Owns the grammar of `claviger keys`. Must not do any of it.

use clap::{Args, Subcommand};

use super::help::keys as help;

/// `claviger keys …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List keys by name
    #[command(after_help = help::LIST)]
    List,
    /// Create a key and print its secret, once, on standard output
    #[command(after_help = help::CREATE)]
    Create {
        /// What people call it; unique, ignoring case
        name: String,
        /// An account that it may see, by id or name; can be given again. Every account where none is given
        #[arg(long = "account", value_name = "ID")]
        accounts: Vec<String>,
    },
    /// Give a key another name
    #[command(after_help = help::RENAME)]
    Rename {
        /// The key, by id or name
        key: String,
        /// What to call it from now on
        new_name: String,
    },
    /// Give a key another scope; the next verification sees it
    #[command(after_help = help::SCOPE)]
    Scope {
        /// The key, by id or name
        key: String,
        #[command(flatten)]
        scope: ScopeChoice,
    },
    /// Give a key another secret and print it, once; the old one is dead at once
    #[command(after_help = help::ROTATE)]
    Rotate {
        /// The key, by id or name
        key: String,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Let a key that a restore has suspended open again what its scope allows
    #[command(after_help = help::RELEASE)]
    Release {
        /// The key, by id or name
        key: String,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Delete a key for good
    #[command(after_help = help::DELETE)]
    Delete {
        /// The key, by id or name
        key: String,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Every account, or these and no others.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ScopeChoice {
    /// Every account, those connected later included
    #[arg(long)]
    pub(crate) all: bool,
    /// An account that it may see, by id or name; can be given again
    #[arg(long = "account", value_name = "ID")]
    pub(crate) accounts: Vec<String>,
}
