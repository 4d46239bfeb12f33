//! Owns a file that has no name until it is whole, so that nothing is left of it where somebody is killed. Must not replace
//! anything.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use tempfile::NamedTempFile;

/// A file for its owner only.
pub(super) enum Unnamed {
    /// In a directory, without a name there (open(2), `O_TMPFILE`).
    Nameless(File),
    /// With a hidden one, on a file system that knows nothing else. It goes with this value.
    Hidden(NamedTempFile),
}

impl Unnamed {
    /// Makes an empty one.
    pub(super) fn in_directory(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match open(directory, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => Ok(Self::Nameless(File::from(file))),
            Err(_) => {
                tempfile::Builder::new().prefix(".claviger-backup-").tempfile_in(directory).map(Self::Hidden)
            }
        }
    }

    /// The file.
    pub(super) fn file(&self) -> &File {
        match self {
            Self::Nameless(file) => file,
            Self::Hidden(file) => file.as_file(),
        }
    }

    /// A path by which this process reaches it.
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Self::Nameless(file) => PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())),
            Self::Hidden(file) => file.path().to_owned(),
        }
    }

    /// Gives it this name, if nothing has it.
    pub(super) fn name(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Nameless(_) => Ok(linkat(CWD, self.path(), CWD, path, AtFlags::SYMLINK_FOLLOW)?),
            Self::Hidden(file) => file.persist_noclobber(path).map(drop).map_err(|fault| fault.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_has_its_name_when_it_is_given_one_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let names = || std::fs::read_dir(directory.path()).unwrap().count();
        let hidden =
            tempfile::Builder::new().prefix(".claviger-backup-").tempfile_in(directory.path()).unwrap();
        let nameless = Unnamed::in_directory(directory.path()).unwrap();
        for (place, file) in [("one", nameless), ("other", Unnamed::Hidden(hidden))] {
            file.file().write_all(b"whole").unwrap();
            assert_eq!(std::fs::read(file.path()).unwrap(), b"whole");
            let path = directory.path().join(place);
            file.name(&path).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"whole");
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            let late = Unnamed::in_directory(directory.path()).unwrap();
            assert_eq!(late.name(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(names(), 2);
    }
}
