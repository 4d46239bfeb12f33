//! Owns how a socket comes to us that a service manager has bound: it is looked at, and left as it is. Must not make or
//! remove one.

use std::fs::canonicalize;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener as Bound;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use crate::place::is_loose;

/// The sockets that a service manager has bound, and listens at while no daemon runs.
#[derive(Debug)]
pub struct GivenSockets {
    /// For every method.
    pub admin: Bound,
    /// For verification.
    pub verify: Bound,
}

/// Why a socket that was given cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// It is bound elsewhere than clients look.
    #[error("the service manager listens elsewhere than at {path}, where clients look", path = .0.display())]
    Elsewhere(PathBuf),
    /// It lets in more than the settings do.
    #[error("the service manager made {path} with mode {mode:04o}, and the settings say {wanted:04o}", path = .path.display())]
    LooseMode {
        /// The socket.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// The loosest mode that is right.
        wanted: u32,
    },
    /// It lets in another group than the settings do.
    #[error("the service manager gave {path} to group {group}, and the settings say {wanted}", path = .path.display())]
    OtherGroup {
        /// The socket.
        path: PathBuf,
        /// Whose it is.
        group: u32,
        /// Whose it should be.
        wanted: u32,
    },
    /// The operating system refused.
    #[error("cannot use {path}: {error}", path = .path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl GivenError {
    /// What a person is to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Elsewhere(path) => {
                format!("write ListenStream={} in its socket unit, or choose its directory", path.display())
            }
            Self::LooseMode { wanted, .. } => {
                format!(
                    "write SocketMode={wanted:04o} in its socket unit, or change [sockets] in config.toml"
                )
            }
            Self::OtherGroup { .. } => {
                "write the same group as SocketGroup= in its socket unit and in config.toml".to_owned()
            }
            Self::Io { .. } => return None,
        })
    }
}

/// Takes a socket that should be at `path`, no looser than `mode`; a mode that lets its group in needs this group.
///
/// # Errors
/// See [`GivenError`].
pub fn take(socket: Bound, path: &Path, mode: u32, group: u32) -> Result<UnixListener, GivenError> {
    let fault = |error| GivenError::Io { path: path.into(), error };
    let address = socket.local_addr().map_err(fault)?;
    if !address.as_pathname().is_some_and(|bound| is_same(bound, path)) {
        return Err(GivenError::Elsewhere(path.into()));
    }
    let metadata = path.symlink_metadata().map_err(fault)?;
    if !metadata.file_type().is_socket() {
        return Err(GivenError::Elsewhere(path.into()));
    }
    let stands = metadata.mode() & 0o777;
    if is_loose(stands, mode) {
        return Err(GivenError::LooseMode { path: path.into(), mode: stands, wanted: mode });
    }
    if stands & 0o070 != 0 && metadata.gid() != group {
        return Err(GivenError::OtherGroup { path: path.into(), group: metadata.gid(), wanted: group });
    }
    socket.set_nonblocking(true).map_err(fault)?;
    UnixListener::from_std(socket).map_err(fault)
}

/// Whether two paths are one, though a directory has two names, as `/run` often has.
fn is_same(one: &Path, other: &Path) -> bool {
    let directory = |path: &Path| path.parent().and_then(|parent| canonicalize(parent).ok());
    one == other || (one.file_name() == other.file_name() && directory(one) == directory(other))
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, remove_file, set_permissions, write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn taken(bound_at: &Path, looked_for: &Path, stands: u32, mode: u32, group: u32) -> Result<(), String> {
        let _ = remove_file(bound_at);
        let socket = Bound::bind(bound_at).unwrap();
        set_permissions(bound_at, Permissions::from_mode(stands)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _inside = runtime.enter();
        take(socket, looked_for, mode, group)
            .map(drop)
            .map_err(|error| format!("{error} ({})", error.hint().unwrap_or_default()))
    }

    #[test]
    fn what_lets_in_no_more_than_the_settings_is_taken_as_it_stands() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.sock");
        let ours = rustix::process::getegid().as_raw();
        for (stands, mode, group) in [(0o600, 0o600, 99), (0o660, 0o660, ours), (0o600, 0o666, 99)] {
            assert_eq!(taken(&path, &path, stands, mode, group), Ok(()));
            assert_eq!(path.metadata().unwrap().mode() & 0o777, stands);
        }
    }

    #[test]
    fn what_lets_in_more_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.sock");
        let ours = rustix::process::getegid().as_raw();
        let refusal = taken(&path, &path, 0o660, 0o600, ours).unwrap_err();
        assert!(refusal.contains("0660") && refusal.contains("SocketMode=0600"), "{refusal}");
        assert!(taken(&path, &path, 0o666, 0o660, ours).unwrap_err().contains("SocketMode=0660"));
        let refusal = taken(&path, &path, 0o660, 0o660, ours + 1).unwrap_err();
        assert!(refusal.contains("SocketGroup="), "{refusal}");
    }

    #[test]
    fn what_is_bound_elsewhere_is_refused_unless_its_directory_has_two_names() {
        let dir = tempfile::tempdir().unwrap();
        let (here, there) = (dir.path().join("here"), dir.path().join("there"));
        std::fs::create_dir(&here).unwrap();
        symlink(&here, &there).unwrap();
        let ours = rustix::process::getegid().as_raw();
        let taken = |looked_for: &Path| taken(&here.join("a.sock"), looked_for, 0o600, 0o600, ours);
        assert_eq!(taken(&there.join("a.sock")), Ok(()));
        let refusal = taken(&here.join("b.sock")).unwrap_err();
        assert!(refusal.contains("ListenStream=") && refusal.contains("b.sock"), "{refusal}");
        let file = dir.path().join("a.sock");
        write(&file, "x").unwrap();
        assert!(taken(&file).is_err());
    }
}
