//! Owns what can go wrong with the store.

use std::io;
use std::path::PathBuf;

/// A transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room on the disk.
    #[error("the disk is full")]
    Full,
    /// A row does not read as it was written.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// The file failed before and could not be opened again yet.
    #[error("the store is not available")]
    Unavailable,
    /// What takes long was told not to go on, for the store is to be closed.
    #[error("it was broken off, for the daemon stops")]
    BrokenOff,
    /// Another fault of redb or of the disk under it.
    #[error("the store failed: {0}")]
    Failed(redb::Error),
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error)
                if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                Self::Full
            }
            other => Self::Failed(other),
        }
    }
}

macro_rules! through_redb_error {
    ($($error:ty),*) => { $(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )* };
}
through_redb_error!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::SetDurabilityError,
    redb::DatabaseError
);

/// The store cannot be opened. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("another process has the store open")]
    AlreadyOpen,
    /// The file is empty: no store of ours ever is.
    #[error("the store {path} is empty", path = .0.display())]
    Empty(PathBuf),
    /// The file is no store.
    #[error("{path} is not a Claviger store", path = .0.display())]
    Foreign(PathBuf),
    /// The file is a store whose content does not check.
    #[error("the store {path} is damaged", path = .0.display())]
    Damaged(PathBuf),
    /// A later version wrote it.
    #[error("the store {path} was written by a later version (schema {found}, this version knows {known})", path = .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
        /// The newest schema that this version knows.
        known: u64,
    },
    /// The operating system refused.
    #[error("cannot open the store {path}: {error}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The journal cannot be used, for one of the other reasons.
    #[error("the journal of revocations cannot be used: {}", of_journal(.0))]
    Journal(Box<OpenError>),
    /// It opened, and then failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reason, with the journal's path.
fn of_journal(reason: &OpenError) -> String {
    match reason {
        OpenError::Empty(path)
        | OpenError::Foreign(path)
        | OpenError::Damaged(path)
        | OpenError::Newer { path, .. }
        | OpenError::Io { path, .. } => format!("{}: {}", path.display(), reason.reason()),
        _ => reason.reason(),
    }
}

impl OpenError {
    /// The same of the journal.
    pub(super) fn of_journal(self) -> Self {
        Self::Journal(Box::new(self))
    }

    /// What is wrong with the file, without its name.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::AlreadyOpen => "another process has it open".to_owned(),
            Self::Empty(_) => "it is empty".to_owned(),
            Self::Foreign(_) => "it is no file of Claviger's".to_owned(),
            Self::Damaged(_) => "it is damaged".to_owned(),
            Self::Newer { found, known, .. } => {
                format!("it was written by a later version (schema {found}, this version knows {known})")
            }
            Self::Io { error, .. } => error.to_string(),
            Self::Journal(_) | Self::Store(_) => self.to_string(),
        }
    }

    /// What a person is to do next, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::AlreadyOpen => "stop the other process, or choose another --data-dir",
            Self::Empty(_) | Self::Foreign(_) => {
                "nothing was changed: move the file away if it is not yours to keep, or choose another --data-dir"
            }
            Self::Damaged(_) => {
                "nothing can be trusted in it: keep it aside and put a good copy in its place"
            }
            Self::Newer { .. } => "start the version that wrote it, or a later one",
            Self::Journal(reason) => match **reason {
                Self::Empty(_) | Self::Foreign(_) | Self::Damaged(_) => {
                    "nothing was changed: put the right file in its place, or move it away; without it every key is \
                     suspended until you release it"
                }
                _ => return reason.hint(),
            },
            Self::Io { .. } | Self::Store(_) => return None,
        };
        Some(hint.to_owned())
    }
}
