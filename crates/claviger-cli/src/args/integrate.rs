//! Owns the grammar of `claviger integrate`. Must not print any of it.

use std::net::SocketAddr;

use clap::{Args, Subcommand};

use super::Scope;
use super::help::integrate as help;
use crate::usage;

/// `claviger integrate …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Integrate {
    #[command(flatten)]
    Gateway(Gateway),
    /// For systemd: the units, each below its path
    #[command(after_help = help::SYSTEMD)]
    Systemd(Scope),
}

/// A gateway.
#[derive(Debug, Subcommand)]
pub(crate) enum Gateway {
    /// For nginx: a file for conf.d
    #[command(after_help = help::NGINX)]
    Nginx(Addresses),
    /// For Caddy: a Caddyfile
    #[command(after_help = help::CADDY)]
    Caddy(Addresses),
    /// For Envoy: an envoy.yaml
    #[command(after_help = help::ENVOY)]
    Envoy(Addresses),
    /// For `HAProxy`: a haproxy.cfg, and with --lua the script beside it
    #[command(about = help::FOR_HAPROXY, after_help = help::HAPROXY)]
    Haproxy {
        #[command(flatten)]
        addresses: Addresses,
        /// Print claviger.lua, which the haproxy.cfg loads
        #[arg(long)]
        lua: bool,
    },
}

/// Where a gateway stands.
#[derive(Clone, Debug, Args)]
pub(crate) struct Addresses {
    /// Where the gateway listens
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080", value_parser = usage::listener)]
    pub(crate) listen: SocketAddr,
    /// Where the application is
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3000", value_parser = usage::address)]
    pub(crate) application: String,
}
