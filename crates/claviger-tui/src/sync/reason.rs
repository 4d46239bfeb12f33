//! Owns why there is no connection, in words, and what to do about it. Must not connect.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use claviger_api::PROTOCOL;
use claviger_api::client::ConnectError;
use nix::unistd::{Uid, User};

use crate::message::{RESTART, Why};

/// Why no connection came about.
pub(super) fn of(error: &ConnectError) -> Why {
    match error {
        ConnectError::NoPermission(path) => not_ours(path),
        error => error.to_string().into(),
    }
}

/// The daemon speaks another protocol.
pub(super) fn skew(protocol: u32) -> Why {
    Why {
        what: format!(
            "the daemon speaks version {protocol} of the protocol, and this interface version {PROTOCOL}"
        ),
        remedy: Some(RESTART.to_owned()),
    }
}

/// The daemon says what this version cannot read.
pub(super) fn unreadable() -> Why {
    Why {
        what: "the daemon speaks in a form that this interface cannot read".to_owned(),
        remedy: Some(RESTART.to_owned()),
    }
}

/// The socket, or a directory on the way to it, is somebody else's.
fn not_ours(socket: &Path) -> Why {
    let found = socket.ancestors().find_map(|path| Some((path, fs::symlink_metadata(path).ok()?.uid())));
    let Some((path, uid)) = found else { return format!("no permission to use {}", socket.display()).into() };
    let name = User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name);
    let owner = name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"));
    Why {
        what: format!("no permission: {} belongs to {owner}", path.display()),
        remedy: Some(
            "run this as that user, or choose a place of your own with --runtime-dir and --data-dir"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_is_not_ours_says_whose_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("gone/admin.sock");
        let uid = fs::metadata(dir.path()).unwrap().uid();
        let why = of(&ConnectError::NoPermission(socket));
        assert!(why.what.contains(&format!("{} belongs to ", dir.path().display())), "{}", why.what);
        assert!(why.what.contains(&format!("uid {uid}")), "{}", why.what);
        assert!(why.remedy.unwrap().contains("--runtime-dir"));
    }
}
