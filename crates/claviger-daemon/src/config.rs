//! Owns what a daemon can be told. Must not know where the settings came from.

use std::path::PathBuf;

use crate::token::{HashingCost, KeyPrefix};

/// What a daemon is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the store is; made with mode 0700 if it is missing.
    pub data_dir: PathBuf,
    /// Where the sockets are; made with mode 0700, or 0711 where others may use a socket.
    pub runtime_dir: PathBuf,
    /// What new secrets begin with.
    pub key_prefix: KeyPrefix,
    /// What hashing a new secret costs.
    pub hashing: HashingCost,
    /// Who may use the sockets.
    pub sockets: SocketConfig,
    /// What becomes of the digests of proven secrets.
    pub digests: DigestConfig,
}

impl Config {
    /// The settings of a fresh installation for these directories.
    #[must_use]
    pub fn new(data_dir: PathBuf, runtime_dir: PathBuf) -> Self {
        Self {
            data_dir,
            runtime_dir,
            key_prefix: KeyPrefix::default(),
            hashing: HashingCost::default(),
            sockets: SocketConfig::default(),
            digests: DigestConfig::default(),
        }
    }
}

/// What becomes of the digests of proven secrets when the daemon ends.
#[derive(Clone, Debug, Default)]
pub struct DigestConfig {
    /// Whether they are kept.
    pub keep: Keep,
    /// A directory of this user's session, where there is one: it often is in memory.
    pub session_dir: Option<PathBuf>,
}

/// Whether digests of proven secrets are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Where their key survives the process and not the machine.
    #[default]
    Auto,
    /// Never, and what was kept before is taken away.
    Never,
}

/// Who may use the sockets.
#[derive(Clone, Debug)]
pub struct SocketConfig {
    /// The mode of `verify.sock`, at most 0666.
    pub verify_mode: u32,
    /// The group that owns `verify.sock`, by name or number; the daemon's own where it is `None`.
    pub verify_group: Option<String>,
    /// Who may call every method on `admin.sock`, besides root and the daemon's own uid.
    pub admin_uids: Vec<u32>,
    /// The group whose members may do so as well, by name or number. It owns `admin.sock`, which then has mode 0660
    /// instead of 0600.
    pub admin_group: Option<String>,
}

impl SocketConfig {
    /// The mode of `admin.sock`.
    #[must_use]
    pub fn admin_mode(&self) -> u32 {
        if self.admin_group.is_some() { 0o660 } else { 0o600 }
    }

    /// Whether anybody but the daemon's own uid may connect to one of the sockets.
    #[must_use]
    pub fn lets_others_in(&self) -> bool {
        const OTHERS: u32 = 0o077;
        (self.verify_mode | self.admin_mode()) & OTHERS != 0
    }
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self { verify_mode: 0o600, verify_group: None, admin_uids: Vec::new(), admin_group: None }
    }
}
