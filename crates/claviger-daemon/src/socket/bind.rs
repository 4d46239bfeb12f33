//! Owns how a socket comes to its path: nothing of anybody else's is taken away, and nobody gets in meanwhile.

use std::fs::{Permissions, set_permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Group, Uid, User};
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::UnixListener;

use crate::place::{PlaceError, remove_stale_socket};

/// The longest path that a Unix socket can have, in bytes (`sun_path` without its final zero, unix(7)).
const MAX_PATH: usize = 107;

/// Why a socket cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The path does not fit into a socket's address.
    #[error("the socket's path {path} has {len} bytes, and {MAX_PATH} is the most a Unix socket can have", path = .path.display(), len = .path.as_os_str().len())]
    PathTooLong {
        /// The path.
        path: PathBuf,
    },
    /// Something stands there that is not ours to take away.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A setting names no group; which one it names is not told.
    #[error("{0} names no group of this machine")]
    NoSuchGroup(&'static str),
    /// The operating system refused.
    #[error("cannot bind {path}: {error}", path = .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

/// Refuses a path that no socket can have.
///
/// # Errors
/// [`BindError::PathTooLong`].
pub fn check_path(path: &Path) -> Result<(), BindError> {
    let fits = path.as_os_str().len() <= MAX_PATH;
    if fits { Ok(()) } else { Err(BindError::PathTooLong { path: path.into() }) }
}

/// Binds a socket with this mode and group. Whoever calls this holds the lock of the socket's directory.
///
/// # Errors
/// See [`BindError`].
pub fn bind(path: &Path, mode: u32, group: Option<u32>) -> Result<UnixListener, BindError> {
    check_path(path)?;
    remove_stale_socket(path)?;
    let fault = |error| BindError::Io { path: path.into(), error };
    // Nobody can connect between binding and the mode below.
    let before = umask(Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    umask(before);
    let listener = bound.map_err(fault)?;
    if let Some(group) = group {
        chown(path, None, Some(group)).map_err(fault)?;
    }
    set_permissions(path, Permissions::from_mode(mode)).map_err(fault)?;
    Ok(listener)
}

/// The name of a group; `None` where the system has none for this number.
#[must_use]
pub fn group_name(group: u32) -> Option<String> {
    Group::from_gid(Gid::from_raw(group)).ok().flatten().map(|group| group.name)
}

/// The name of a user; `None` where the system has none for this number.
#[must_use]
pub fn user_name(user: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(user)).ok().flatten().map(|user| user.name)
}

/// Finds a group by its number or its name; `None` where the system has none of this name.
#[must_use]
pub fn group_id(group: &str) -> Option<u32> {
    group.parse().ok().or_else(|| Some(Group::from_name(group).ok().flatten()?.gid.as_raw()))
}
