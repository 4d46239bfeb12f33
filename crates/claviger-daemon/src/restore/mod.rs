//! Owns putting a backup in a store's place while no daemon runs: first what would differ, then the exchange, in which
//! nothing is lost. Must not ask anybody.

mod difference;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use claviger_api::Timestamp;

pub use difference::{Change, Contents, Difference, compare};

use crate::place::{LockedDirectory, PlaceError, check_file, take_directory};
use crate::run::harden;
use crate::service::{Clock, Occasion, restore};
use crate::store::{
    Author, FILE_NAME, Following, JOURNAL_NAME, OpenError, Rows, State, Store, StoreError, check, look_into,
};

/// The name of a backup that is not in the store's place yet, inside the data directory.
const UNFINISHED: &str = "claviger.redb.restoring";

/// Why a backup cannot take the store's place. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A daemon has the data directory.
    #[error("a daemon is running, or another restore")]
    Running,
    /// The directory, the store or the journal cannot be used.
    #[error(transparent)]
    Place(PlaceError),
    /// The backup cannot be read.
    #[error("cannot read the backup: {0}")]
    Unreadable(io::Error),
    /// The backup is no store that this version opens.
    #[error("the backup cannot be used: {}", .0.reason())]
    Unusable(OpenError),
    /// The backup's tables do not agree with each other.
    #[error("the backup cannot be trusted: {0}")]
    Untrusted(StoreError),
    /// The backup is the store itself.
    #[error("the backup is the store itself")]
    Itself,
    /// The store or the journal does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The operating system refused.
    #[error("cannot write {path}: {error}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl From<PlaceError> for RestoreError {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Locked(_) => Self::Running,
            other => Self::Place(other),
        }
    }
}

impl From<StoreError> for RestoreError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

impl RestoreError {
    /// What a person is to do next, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Running => Some("`claviger stop` ends a daemon".to_owned()),
            Self::Place(error) => error.hint(),
            Self::Unusable(OpenError::AlreadyOpen) => {
                Some("it is a store in use: back that one up with `claviger backup`".to_owned())
            }
            Self::Unusable(OpenError::Io { error, .. })
                if error.kind() == io::ErrorKind::PermissionDenied =>
            {
                Some(
                    "nothing was changed: give this user a copy, with `install --owner USER --mode 0600`"
                        .to_owned(),
                )
            }
            Self::Unusable(error @ OpenError::Newer { .. }) | Self::Open(error) => error.hint(),
            Self::Unusable(_) | Self::Untrusted(_) | Self::Itself => {
                Some("nothing was changed: choose another backup".to_owned())
            }
            Self::Unreadable(_) | Self::Io { .. } => None,
        }
    }
}

/// A backup that is ready to take the store's place. What was made for it is gone when this is dropped.
pub struct Restoration {
    data: LockedDirectory,
    copy: Unfinished,
    store: Store,
    /// What the backup showed before it obeyed.
    pub backup: State,
    /// What the store holds that it is to take the place of: how new it is, or why that cannot be seen. `None` where there
    /// is none.
    pub present: Option<Result<State, OpenError>>,
    /// What will be otherwise than it is in the present store, as far as that can be seen.
    pub differences: Vec<Difference>,
    /// Whether a journal knows what died since the backup was made; where none does, all keys are suspended.
    pub following: Following,
    /// What the audit trail will say.
    pub told: String,
    /// Why others may have written the backup, or read it, where they may.
    pub doubt: Option<PlaceError>,
}

/// What came of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the store is kept that was replaced.
    pub kept: Option<PathBuf>,
    /// The revision of the restored store.
    pub revision: u64,
}

/// A copy of the backup beside the store, which is removed unless it came to the store's place.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Copies a backup beside the store, lets it obey the journal, and compares it with the present store, which stays as it is.
/// The audit trail will name `author`. The clock is held at the newest time of both.
///
/// # Errors
/// See [`RestoreError`].
pub fn prepare(
    data_dir: &Path,
    backup: &Path,
    author: Author,
    clock: &Clock,
) -> Result<Restoration, RestoreError> {
    harden();
    let data = take_directory(data_dir, 0o700, 0o700)?;
    let (store_path, journal_path) = (data.path().join(FILE_NAME), data.path().join(JOURNAL_NAME));
    check_file(&store_path)?;
    check_file(&journal_path)?;
    let found = check_backup(backup, &store_path)?;
    let copy = copy_beside(backup, data.path())?;
    let store = Store::open_apart(&copy.0, &journal_path)?;
    // The copy, for the file that it is of may be another one by now.
    store.read(check).map_err(RestoreError::Untrusted)?;

    let present = match store_path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        _ => Some(look_into(&store_path)),
    };
    if let Some(Err(error @ OpenError::AlreadyOpen)) = present {
        return Err(error.into());
    }
    clock.hold(found.newest_at);
    let mut heritage = store.heritage()?;
    if let Some(Ok((inspection, present))) = &present {
        clock.hold(inspection.state.newest_at);
        // What it knows it may not have told the journal yet; and where there is no journal, nobody else knows it.
        heritage.extend(store.unknown_of(present)?, inspection.state.revision);
    }
    let edit = restore(&store, &heritage, Occasion::Restore, author, clock.now())?;

    let differences = match &present {
        Some(Ok((_, present))) => compare(&contents(present)?, &contents(&store)?),
        Some(Err(_)) => Vec::new(),
        None => compare(&Contents::default(), &contents(&store)?),
    };
    Ok(Restoration {
        data,
        copy,
        store,
        backup: found,
        present: present.map(|present| present.map(|(found, _)| found.state)),
        differences,
        following: heritage.following,
        doubt: check_file(backup).err(),
        told: edit.and_then(|edit| edit.note.detail).unwrap_or_default(),
    })
}

impl Restoration {
    /// Puts the backup in the store's place, and keeps the store that was there under another name.
    ///
    /// # Errors
    /// A fault of the disk; then the store that was there is still in its place.
    pub fn carry_out(self) -> Result<Restored, RestoreError> {
        let Self { data, copy, store, .. } = self;
        let state = store.read(Rows::state)?;
        drop(store);
        let path = data.path().join(FILE_NAME);
        let fault = |error| RestoreError::Io { path: path.clone(), error };
        let kept = keep(&path, Timestamp::from_millis(state.newest_at)).map_err(fault)?;
        if let Err(error) = fs::rename(&copy.0, &path) {
            give_back(kept.as_deref(), &path);
            return Err(fault(error));
        }
        File::open(data.path()).and_then(|directory| directory.sync_all()).map_err(fault)?;
        // The next daemon does the same: that it fails here changes nothing of what the store holds.
        if let Err(error) = Store::open(&path).and_then(|store| Ok(store.follow()?)) {
            tracing::warn!(%error, "the journal of revocations follows the restored store from its next start");
        }
        Ok(Restored { kept, revision: state.revision })
    }
}

/// Whether the backup is a store that a daemon would open, and another one than the present.
fn check_backup(backup: &Path, store: &Path) -> Result<State, RestoreError> {
    let metadata = backup.metadata().map_err(RestoreError::Unreadable)?;
    if !metadata.is_file() {
        return Err(RestoreError::Unreadable(io::Error::other("it is not a regular file")));
    }
    let same = |store: fs::Metadata| (store.dev(), store.ino()) == (metadata.dev(), metadata.ino());
    if store.metadata().is_ok_and(same) {
        return Err(RestoreError::Itself);
    }
    let (found, _) = look_into(backup).map_err(RestoreError::Unusable)?;
    Ok(found.state)
}

/// Takes away what a restore left that was broken off. Whoever calls this holds the data directory's lock.
///
/// # Errors
/// It is there and cannot be removed.
pub fn clear(data_dir: &Path) -> Result<(), RestoreError> {
    let path = data_dir.join(UNFINISHED);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(RestoreError::Io { path, error }),
        _ => Ok(()),
    }
}

/// Copies a file beside the store, where it can come to the store's place in one step.
fn copy_beside(backup: &Path, data_dir: &Path) -> Result<Unfinished, RestoreError> {
    clear(data_dir)?;
    let path = data_dir.join(UNFINISHED);
    let fault = |error| RestoreError::Io { path: path.clone(), error };
    let mut from = File::open(backup).map_err(RestoreError::Unreadable)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(fault)?;
    let copy = Unfinished(path.clone());
    io::copy(&mut from, &mut file).and_then(|_| file.sync_all()).map_err(fault)?;
    Ok(copy)
}

/// Undoes [`keep`]: the store has its name again, and no other.
fn give_back(kept: Option<&Path>, store: &Path) {
    let Some(kept) = kept else { return };
    let undone = if store.exists() { fs::remove_file(kept) } else { fs::rename(kept, store) };
    if let Err(error) = undone {
        tracing::warn!(%error, kept = %kept.display(), "the store has still its other name");
    }
}

/// Gives the present store another name beside its own, so that there is a store at every moment.
fn keep(store: &Path, at: Timestamp) -> io::Result<Option<PathBuf>> {
    // No colons: they mean something in many lists of paths.
    let at = at.to_string().replace([':', '-'], "");
    for number in 1.. {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let kept = store.with_file_name(format!("{FILE_NAME}.replaced-{at}{more}"));
        match fs::hard_link(store, &kept) {
            Ok(()) => return Ok(Some(kept)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // A file system without links (link(2)).
            Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
                return fs::rename(store, &kept).map(|()| Some(kept));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn contents(store: &Store) -> Result<Contents, StoreError> {
    store.read(|rows| {
        let keys = rows.keys_after(None, usize::MAX)?.into_iter().map(|(_, id)| {
            let key =
                rows.key(&id)?.ok_or(StoreError::Damaged("a name belongs to a key that is not there"))?;
            Ok((id, key))
        });
        let accounts = rows.accounts_after(None, usize::MAX)?.into_iter();
        Ok(Contents {
            keys: keys.collect::<Result<_, StoreError>>()?,
            accounts: accounts.map(|(_, account)| (account.id.clone(), account)).collect(),
            storage_mode: rows.state()?.storage_mode,
        })
    })
}
