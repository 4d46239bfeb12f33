//! Owns directories and files: their owners, modes and locks. Must not know what is in them.

use std::fs::{self, DirBuilder, File, Metadata, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why a place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Something else stands where a directory should.
    #[error("{path} is not a directory", path = .0.display())]
    NotADirectory(PathBuf),
    /// Something else stands where a file should.
    #[error("{path} is not a regular file", path = .0.display())]
    NotAFile(PathBuf),
    /// Something else stands where a socket should.
    #[error("{path} is not a socket", path = .0.display())]
    NotASocket(PathBuf),
    /// It belongs to somebody else.
    #[error("{path} belongs to uid {owner}, not to uid {ours}", path = .path.display())]
    ForeignOwner {
        /// The place.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Whose it should be.
        ours: u32,
    },
    /// It lets others in.
    #[error("{path} has mode {mode:04o}, which lets others in", path = .path.display())]
    LooseMode {
        /// The place.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// The loosest mode that is right.
        wanted: u32,
    },
    /// Another process holds its lock.
    #[error("another daemon uses {path}", path = .0.display())]
    Locked(PathBuf),
    /// The operating system refused.
    #[error("cannot use {path}: {error}", path = .path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl PlaceError {
    /// What a person is to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotADirectory(path) | Self::NotAFile(path) | Self::NotASocket(path) => {
                format!("move it away, or choose another directory: {}", quoted(path))
            }
            Self::ForeignOwner { path, .. } => {
                format!("do this as its owner, or choose another directory: {}", quoted(path))
            }
            Self::LooseMode { path, wanted, .. } => format!("chmod {wanted:04o} {}", quoted(path)),
            Self::Locked(_) => {
                "stop the other one with `claviger stop`, or choose other directories".to_owned()
            }
            Self::Io { .. } => return None,
        })
    }
}

/// A path as a shell takes it.
#[must_use]
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

fn fault(path: &Path) -> impl FnOnce(io::Error) -> PlaceError {
    |error| PlaceError::Io { path: path.into(), error }
}

/// A directory of ours, locked for as long as this lives.
pub struct LockedDirectory {
    path: PathBuf,
    lock: File,
}

impl LockedDirectory {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether another path leads to this directory.
    #[must_use]
    pub fn is_at(&self, path: &Path) -> bool {
        let same = |other: Metadata| {
            let ours = self.lock.metadata().map(|ours| (ours.dev(), ours.ino()));
            ours.is_ok_and(|ours| ours == (other.dev(), other.ino()))
        };
        path.metadata().is_ok_and(same)
    }
}

/// Makes a directory with this mode if it is missing, checks that it is ours and no looser than `loosest`, locks it, and
/// gives it the mode. `loosest` is `mode`, or what another configuration of ours may have left.
///
/// # Errors
/// See [`PlaceError`]; then nothing that was there is changed.
pub fn take_directory(path: &Path, mode: u32, loosest: u32) -> Result<LockedDirectory, PlaceError> {
    if let Err(error) = DirBuilder::new().recursive(true).mode(0o700).create(path) {
        return Err(match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => PlaceError::NotADirectory(path.into()),
            _ => PlaceError::Io { path: path.into(), error },
        });
    }
    let metadata = path.metadata().map_err(fault(path))?;
    if !metadata.is_dir() {
        return Err(PlaceError::NotADirectory(path.into()));
    }
    check_ours(path, &metadata, loosest)?;
    let directory = File::open(path).map_err(fault(path))?;
    match directory.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(PlaceError::Locked(path.into())),
        Err(TryLockError::Error(error)) => return Err(PlaceError::Io { path: path.into(), error }),
    }
    if metadata.mode() & 0o777 != mode {
        directory.set_permissions(Permissions::from_mode(mode)).map_err(fault(path))?;
    }
    Ok(LockedDirectory { path: path.into(), lock: directory })
}

/// Checks that a directory, if it is there, is ours and no looser than `loosest`.
///
/// # Errors
/// See [`PlaceError`]; it is left as it is.
pub fn check_directory(path: &Path, loosest: u32) -> Result<(), PlaceError> {
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => check_ours(path, &metadata, loosest),
        Ok(_) => Err(PlaceError::NotADirectory(path.into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(PlaceError::Io { path: path.into(), error }),
    }
}

/// Holds the lock of a directory for as long as the result lives, so that no daemon starts in it meanwhile. Several may
/// hold it so at once. Changes nothing and makes nothing.
///
/// # Errors
/// [`PlaceError::Locked`] where a daemon has it; else what the operating system said.
pub fn hold_directory(path: &Path) -> Result<LockedDirectory, PlaceError> {
    let directory = File::open(path).map_err(fault(path))?;
    match directory.try_lock_shared() {
        Ok(()) => Ok(LockedDirectory { path: path.into(), lock: directory }),
        Err(TryLockError::WouldBlock) => Err(PlaceError::Locked(path.into())),
        Err(TryLockError::Error(error)) => Err(PlaceError::Io { path: path.into(), error }),
    }
}

/// Checks that a file, if it is there, is a regular one of ours that nobody else may read.
///
/// # Errors
/// See [`PlaceError`]; the file is left as it is.
pub fn check_file(path: &Path) -> Result<(), PlaceError> {
    let Some(metadata) = look(path)? else { return Ok(()) };
    if !metadata.is_file() {
        return Err(PlaceError::NotAFile(path.into()));
    }
    check_ours(path, &metadata, 0o600)
}

/// Takes away a socket that a daemon left behind. Whoever calls this holds the directory's lock, so no living daemon of
/// ours listens there.
///
/// # Errors
/// See [`PlaceError`]; anything but a socket of ours is left as it is.
pub fn remove_stale_socket(path: &Path) -> Result<(), PlaceError> {
    let Some(metadata) = look(path)? else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(PlaceError::NotASocket(path.into()));
    }
    check_owner(path, &metadata)?;
    fs::remove_file(path).map_err(fault(path))
}

fn look(path: &Path) -> Result<Option<Metadata>, PlaceError> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PlaceError::Io { path: path.into(), error }),
    }
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), PlaceError> {
    let (owner, ours) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner == ours { Ok(()) } else { Err(PlaceError::ForeignOwner { path: path.into(), owner, ours }) }
}

fn check_ours(path: &Path, metadata: &Metadata, wanted: u32) -> Result<(), PlaceError> {
    check_owner(path, metadata)?;
    let mode = metadata.mode() & 0o7777;
    if is_loose(mode, wanted) {
        Err(PlaceError::LooseMode { path: path.into(), mode, wanted })
    } else {
        Ok(())
    }
}

/// Whether a mode lets others do what `wanted` does not.
#[must_use]
pub fn is_loose(mode: u32, wanted: u32) -> bool {
    mode & 0o077 & !wanted != 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn a_missing_directory_is_made_for_us_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let taken = take_directory(&path, 0o700, 0o700).unwrap();
        assert_eq!(mode(taken.path()), 0o700);
        assert_eq!(mode(&parent.path().join("a")), 0o700);
    }

    #[test]
    fn a_loose_directory_is_refused_and_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        fs::set_permissions(parent.path(), Permissions::from_mode(0o750)).unwrap();
        let error = take_directory(parent.path(), 0o700, 0o700).err().unwrap();
        assert!(matches!(error, PlaceError::LooseMode { mode: 0o750, .. }));
        assert!(error.hint().unwrap().starts_with("chmod 0700 "));
        assert_eq!(mode(parent.path()), 0o750);
    }

    #[test]
    fn a_directory_is_checked_without_being_made_or_changed() {
        let parent = tempfile::tempdir().unwrap();
        check_directory(&parent.path().join("d"), 0o700).unwrap();
        assert!(!parent.path().join("d").exists());
        fs::set_permissions(parent.path(), Permissions::from_mode(0o711)).unwrap();
        assert!(check_directory(parent.path(), 0o711).is_ok());
        assert!(matches!(check_directory(parent.path(), 0o700), Err(PlaceError::LooseMode { .. })));
        fs::write(parent.path().join("f"), "").unwrap();
        assert!(matches!(
            check_directory(&parent.path().join("f"), 0o700),
            Err(PlaceError::NotADirectory(_))
        ));
    }

    #[test]
    fn a_directory_of_ours_is_opened_and_closed_as_far_as_asked() {
        let parent = tempfile::tempdir().unwrap();
        fs::set_permissions(parent.path(), Permissions::from_mode(0o700)).unwrap();
        let taken = take_directory(parent.path(), 0o711, 0o711).unwrap();
        assert_eq!(mode(parent.path()), 0o711);
        drop(taken);
        let _again = take_directory(parent.path(), 0o700, 0o711).unwrap();
        assert_eq!(mode(parent.path()), 0o700);
    }

    #[test]
    fn a_directory_is_locked_once() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("d");
        let first = take_directory(&path, 0o700, 0o700).unwrap();
        assert!(matches!(take_directory(&path, 0o700, 0o700).err(), Some(PlaceError::Locked(_))));
        drop(first);
        assert!(take_directory(&path, 0o700, 0o700).is_ok());
    }

    #[test]
    fn a_directory_that_is_held_is_not_taken_and_can_be_held_again() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("d");
        assert!(matches!(hold_directory(&path).err(), Some(PlaceError::Io { .. })));
        assert!(!path.exists());
        let taken = take_directory(&path, 0o700, 0o700).unwrap();
        assert!(matches!(hold_directory(&path).err(), Some(PlaceError::Locked(_))));
        drop(taken);
        let held = (hold_directory(&path).unwrap(), hold_directory(&path).unwrap());
        assert!(matches!(take_directory(&path, 0o700, 0o700).err(), Some(PlaceError::Locked(_))));
        drop(held);
        assert!(take_directory(&path, 0o700, 0o700).is_ok());
    }

    #[test]
    fn only_a_socket_of_ours_is_taken_away() {
        let parent = tempfile::tempdir().unwrap();
        let socket = parent.path().join("s");
        remove_stale_socket(&socket).unwrap();
        drop(UnixListener::bind(&socket).unwrap());
        remove_stale_socket(&socket).unwrap();
        assert!(!socket.exists());
        let (file, directory, link) =
            (parent.path().join("f"), parent.path().join("d"), parent.path().join("l"));
        fs::write(&file, "x").unwrap();
        fs::create_dir(&directory).unwrap();
        symlink("/nowhere", &link).unwrap();
        for path in [file, directory, link] {
            assert!(matches!(remove_stale_socket(&path), Err(PlaceError::NotASocket(_))));
            assert!(path.symlink_metadata().is_ok());
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("f");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(check_file(&path), Err(PlaceError::LooseMode { mode: 0o640, .. })));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(check_file(&path).is_ok());
    }
}
