//! Owns the key of a daemon's digests as one sees it from outside: in the kernel's keyring or in a file in memory. Must not
//! leave one behind.

use std::fs;
use std::path::Path;

use linux_keyutils::{KeyRing, KeyRingIdentifier};
use serde_json::Value;

use super::daemon::Daemon;

/// Where the key of a store's digests lives. It is taken away when this is dropped.
#[derive(Debug)]
pub(crate) enum DigestKey {
    /// The kernel's keyring, under this name.
    Keyring(String),
    /// A file in memory.
    MemoryFile(String),
}

impl DigestKey {
    /// That of a daemon which keeps digests, as the doctor tells it.
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let told: Value = serde_json::from_str(&daemon.home.run(&["doctor", "--json"]).stdout).unwrap();
        let checks = told["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["name"] == "digests").unwrap();
        let detail = found["detail"].as_str().unwrap();
        match (detail.split_once("keyring, as "), detail.split_once("memory, in ")) {
            (Some((_, name)), _) => Self::Keyring(name.to_owned()),
            (_, Some((_, path))) => Self::MemoryFile(path.to_owned()),
            _ => panic!("no digests are kept: {detail}"),
        }
    }

    /// Its name in the keyring, or the path of its file.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Keyring(name) | Self::MemoryFile(name) => name,
        }
    }

    /// The key itself, where it is there.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Keyring(name) => of_user().search(name).ok().map(|key| key.read_to_vec().unwrap()),
            Self::MemoryFile(path) => fs::read(path).ok(),
        }
    }

    /// Takes it away, as a start of the machine does.
    pub(crate) fn forget(&self) {
        match self {
            Self::Keyring(name) => {
                if let Ok(key) = of_user().search(name) {
                    of_user().unlink_key(key).unwrap();
                }
            }
            Self::MemoryFile(path) => {
                let _ = fs::remove_file(path);
                // The directory of other stores' keys stays.
                let _ = Path::new(path).parent().map(fs::remove_dir);
            }
        }
    }
}

impl Drop for DigestKey {
    fn drop(&mut self) {
        self.forget();
    }
}

fn of_user() -> KeyRing {
    KeyRing::from_special_id(KeyRingIdentifier::User, false).unwrap()
}
