//! Owns where the key of the digests lives: where it survives the process, and not the machine. Must not let it reach a disk,
//! or know what is digested.

mod keyring;
mod memory_file;

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::token::{DigestKey, NoRandomness};

/// Where everybody may have files in memory (`shm_overview`(7)).
const SHARED_MEMORY: &str = "/dev/shm";

/// Where the key of one store's digests may live, best first.
#[derive(Clone, Debug)]
pub struct Places {
    /// What the key is called there.
    name: String,
    candidates: Vec<Candidate>,
}

/// A place of which it is not known whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Candidate {
    /// The kernel's keyring of this user.
    Keyring,
    /// A directory of our own inside of this one, where this one is in memory.
    Directory(PathBuf),
}

/// Where a key lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The kernel's keyring of this user, under this name.
    Keyring(String),
    /// A file in memory.
    MemoryFile(PathBuf),
}

/// Whether a key was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A daemon before this one has left it: digests in the store may be under it.
    Found,
    /// It is new: no digest is under it.
    Made,
}

/// A key that outlives the process.
pub struct Kept {
    /// The key.
    pub key: DigestKey,
    /// Where it lives.
    pub place: Place,
    /// Whether it was there.
    pub origin: Origin,
}

/// Why a place is not used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    /// What is written there can reach a disk, or nothing is there.
    #[error("it is not in memory")]
    NotInMemory,
    /// Others made it, or may use it.
    #[error("it is not ours alone")]
    NotOursAlone,
    /// It did not give back what it was given.
    #[error("it does not keep what it is given")]
    Forgetful,
    /// The kernel has no keyring for us.
    #[error("the kernel refused: {0}")]
    Keyring(linux_keyutils::KeyError),
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Places {
    /// Where the key of the store in this directory may live, for a daemon with this runtime directory. `session` is a
    /// directory of this user's session, which often is in memory.
    ///
    /// The key is named after the directory, by device and inode: no two stores that are used at the same time share one, and
    /// it is found from outside of a store that somebody has open. Which store is in there makes no difference, for a digest
    /// is of one record.
    ///
    /// # Errors
    /// The data directory cannot be looked at.
    pub fn of(data_dir: &Path, runtime_dir: &Path, session: Option<&Path>) -> io::Result<Self> {
        let at = data_dir.metadata()?;
        let of_user = PathBuf::from(format!("/run/user/{}", geteuid().as_raw()));
        let directories = [Some(runtime_dir), session, Some(&of_user), Some(Path::new(SHARED_MEMORY))];
        let mut candidates = vec![Candidate::Keyring];
        for directory in directories.into_iter().flatten() {
            let candidate = Candidate::Directory(directory.to_owned());
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        Ok(Self { name: format!("claviger:{:x}-{:x}", at.dev(), at.ino()), candidates })
    }

    /// Takes the key that is there, else makes one. `None` where no place would keep it.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn take(&self) -> Result<Option<Kept>, NoRandomness> {
        if let Some((key, place)) = self.look() {
            return Ok(Some(Kept { key, place, origin: Origin::Found }));
        }
        let key = DigestKey::random()?;
        let keeps = |candidate: &&Candidate| match candidate.keep(&self.name, &key) {
            Ok(()) => true,
            Err(why) => {
                candidate.log(&why);
                false
            }
        };
        let place = self.candidates.iter().find(keeps).map(|candidate| candidate.place(&self.name));
        Ok(place.map(|place| Kept { key, place, origin: Origin::Made }))
    }

    /// Where the key is, where there is one. Makes and changes nothing.
    #[must_use]
    pub fn find(&self) -> Option<Place> {
        self.look().map(|(_, place)| place)
    }

    /// Takes the key away wherever it is.
    pub fn forget(&self) {
        for candidate in &self.candidates {
            candidate.forget(&self.name);
        }
    }

    fn look(&self) -> Option<(DigestKey, Place)> {
        self.candidates.iter().find_map(|candidate| match candidate.find(&self.name) {
            Ok(key) => Some((key?, candidate.place(&self.name))),
            // Whoever makes a key is told why.
            Err(_) => None,
        })
    }
}

impl Candidate {
    fn find(&self, name: &str) -> Result<Option<DigestKey>, Unusable> {
        match self {
            Self::Keyring => keyring::find(name),
            Self::Directory(directory) => memory_file::find(directory, name),
        }
    }

    /// Keeps a key so that [`Self::find`] finds it.
    fn keep(&self, name: &str, key: &DigestKey) -> Result<(), Unusable> {
        match self {
            Self::Keyring => keyring::keep(name, key)?,
            Self::Directory(directory) => memory_file::keep(directory, name, key)?,
        }
        match self.find(name) {
            Ok(Some(found)) if found.as_bytes() == key.as_bytes() => Ok(()),
            _ => {
                self.forget(name);
                Err(Unusable::Forgetful)
            }
        }
    }

    fn forget(&self, name: &str) {
        match self {
            Self::Keyring => keyring::forget(name),
            Self::Directory(directory) => memory_file::forget(directory, name),
        }
    }

    fn place(&self, name: &str) -> Place {
        match self {
            Self::Keyring => Place::Keyring(name.to_owned()),
            Self::Directory(directory) => Place::MemoryFile(memory_file::path(directory, name)),
        }
    }

    fn log(&self, why: &Unusable) {
        match (self, why) {
            (Self::Keyring, _) => tracing::info!(%why, "the kernel's keyring keeps no key of digests"),
            (Self::Directory(directory), Unusable::NotOursAlone | Unusable::Forgetful) => {
                tracing::warn!(%why, directory = %directory.display(), "no key of digests is kept there");
            }
            (Self::Directory(directory), _) => {
                tracing::debug!(%why, directory = %directory.display(), "no key of digests is kept there");
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring(name) => write!(f, "the kernel's keyring, as {name}"),
            Self::MemoryFile(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::random_number;

    /// Places of a store that nobody else has, none of which is the keyring.
    fn places(directories: &[&Path]) -> Places {
        let candidates =
            directories.iter().map(|directory| Candidate::Directory((*directory).to_owned())).collect();
        Places { name: format!("claviger:{:016x}", random_number().unwrap()), candidates }
    }

    fn taken(places: &Places) -> Option<([u8; DigestKey::LEN], Place, Origin)> {
        places.take().unwrap().map(|kept| (*kept.key.as_bytes(), kept.place, kept.origin))
    }

    #[test]
    fn the_first_place_that_keeps_it_has_the_key_and_it_is_found_there_again() {
        let Some(disk) = memory_file::tests::on_a_disk() else { return };
        let memory = memory_file::tests::directory();
        let places = places(&[disk.path(), &memory.path().join("none"), memory.path()]);
        assert_eq!(places.find(), None);
        let (key, place, origin) = taken(&places).unwrap();
        assert_eq!(origin, Origin::Made);
        assert_eq!(places.find(), Some(place.clone()));
        assert_eq!(taken(&places), Some((key, place, Origin::Found)));
        assert!(std::fs::read_dir(disk.path()).unwrap().next().is_none(), "nothing is left on a disk");
        places.forget();
        assert_eq!(places.find(), None);
        let (other, _, origin) = taken(&places).unwrap();
        assert!(origin == Origin::Made && other != key);
    }

    #[test]
    fn a_key_is_found_wherever_it_is_before_another_is_made() {
        let (first, second) = (memory_file::tests::directory(), memory_file::tests::directory());
        let later = places(&[second.path()]);
        let made = taken(&later).unwrap();
        let mut both = places(&[first.path(), second.path()]);
        both.name = later.name;
        assert_eq!(taken(&both), Some((made.0, made.1, Origin::Found)));
    }

    #[test]
    fn where_nothing_is_in_memory_no_key_is_kept() {
        assert_eq!(taken(&places(&[])), None);
        let Some(disk) = memory_file::tests::on_a_disk() else { return };
        assert_eq!(taken(&places(&[disk.path()])), None);
    }

    #[test]
    fn each_directory_is_tried_once_after_the_keyring() {
        let own = PathBuf::from(format!("/run/user/{}", geteuid().as_raw()));
        let data = tempfile::tempdir().unwrap();
        let of = |directory: &Path| Places::of(directory, Path::new("/run/claviger"), Some(&own));
        let places = of(data.path()).unwrap();
        let (at, other) = (data.path().metadata().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(places.name, format!("claviger:{:x}-{:x}", at.dev(), at.ino()));
        assert_ne!(places.name, of(other.path()).unwrap().name, "two stores share no key");
        assert!(of(&data.path().join("none")).is_err());
        let directory = |path: &Path| Candidate::Directory(path.to_owned());
        assert_eq!(
            places.candidates,
            [
                Candidate::Keyring,
                directory(Path::new("/run/claviger")),
                directory(&own),
                directory(Path::new(SHARED_MEMORY))
            ]
        );
    }
}
