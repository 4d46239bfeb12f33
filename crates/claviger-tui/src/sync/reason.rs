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

/// The socket, or a directory on the way to it, is somebody else's, or has a mode that shuts out its owner too.
fn not_ours(socket: &Path) -> Why {
    let found = socket.ancestors().find_map(|path| Some((path, fs::symlink_metadata(path).ok()?)));
    let Some((path, found)) = found else {
        return format!("no permission to use {}", socket.display()).into();
    };
    let uid = found.uid();
    if uid == Uid::effective().as_raw() {
        return Why {
            what: format!("no permission: {} has the mode {:04o}", path.display(), found.mode() & 0o7777),
            remedy: Some(format!(
                "`chmod {} {}` mends it",
                if found.is_dir() { "0700" } else { "0600" },
                path.display()
            )),
        };
    }
    belongs_to(path, uid)
}

fn belongs_to(path: &Path, uid: u32) -> Why {
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
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn what_is_not_ours_says_whose_it_is() {
        // Tests that run as root find nothing that is another user's, so that one is told by its words alone.
        let why = belongs_to(Path::new("/run/admin.sock"), 65_534);
        assert!(why.what.contains("/run/admin.sock belongs to "), "{}", why.what);
        assert!(why.what.contains("uid 65534"), "{}", why.what);
        assert!(why.remedy.unwrap().contains("--runtime-dir"));
    }

    #[test]
    fn what_is_ours_says_which_mode_shuts_us_out() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("admin.sock");
        let _listener = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, Permissions::from_mode(0o000)).unwrap();
        let why = of(&ConnectError::NoPermission(socket.clone()));
        assert!(why.what.ends_with("admin.sock has the mode 0000"), "{}", why.what);
        assert_eq!(why.remedy.unwrap(), format!("`chmod 0600 {}` mends it", socket.display()));
        fs::remove_file(&socket).unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o600)).unwrap();
        let why = of(&ConnectError::NoPermission(socket));
        assert_eq!(why.remedy.unwrap(), format!("`chmod 0700 {}` mends it", dir.path().display()));
    }
}
