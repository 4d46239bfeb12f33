//! Owns the grammar of `claviger accounts`. Must not do any of it.

use clap::{Args, Subcommand, ValueEnum};

use super::help::accounts as help;

/// `claviger accounts …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Accounts {
    /// List accounts by name
    #[command(after_help = help::LIST)]
    List,
    /// Connect an account and print its id on standard output
    #[command(after_help = help::CONNECT)]
    Connect {
        /// What people call it
        name: String,
        #[command(flatten)]
        facts: Facts,
        /// The id to connect it under; made where none is given
        #[arg(long)]
        id: Option<String>,
    },
    /// Change an account's facts; what is not given stays
    #[command(after_help = help::UPDATE)]
    Update {
        /// The account, by id or name
        account: String,
        /// What to call it from now on
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        #[command(flatten)]
        facts: Facts,
        /// A fact to forget; can be given again
        #[arg(long, value_name = "FACT")]
        clear: Vec<Fact>,
    },
    /// Disconnect an account and take it out of every scope
    #[command(after_help = help::DISCONNECT)]
    Disconnect {
        /// The account, by id or name
        account: String,
    },
}

/// What is known of an account beside its name.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Facts {
    /// Who holds it
    #[arg(long, value_name = "TEXT")]
    pub(crate) institution: Option<String>,
    /// The last digits that people know it by
    #[arg(long, value_name = "TEXT")]
    pub(crate) mask: Option<String>,
    /// Checking, savings, credit and so on
    #[arg(long, value_name = "TEXT")]
    pub(crate) kind: Option<String>,
}

/// A fact that can be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fact {
    /// Who holds it.
    Institution,
    /// The last digits.
    Mask,
    /// Checking, savings and so on.
    Kind,
}
