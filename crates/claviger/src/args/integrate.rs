//! Owns the grammar of `claviger integrate`. Must not print any of it.

use std::net::SocketAddr;

use clap::{Args, Subcommand};

use super::Scope;
use crate::usage;

/// `claviger integrate …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Integrate {
    #[command(flatten)]
    Gateway(Gateway),
    /// For systemd: the units, each below its path
    Systemd(Scope),
}

/// A gateway.
#[derive(Debug, Subcommand)]
pub(crate) enum Gateway {
    /// For nginx: a file for conf.d
    Nginx(Addresses),
    /// For Caddy: a Caddyfile
    Caddy(Addresses),
    /// For Envoy: an envoy.yaml
    Envoy(Addresses),
    /// For `HAProxy`: a haproxy.cfg, and with --lua the script beside it
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
