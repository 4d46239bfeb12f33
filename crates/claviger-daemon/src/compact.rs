//! Owns compacting a store while no daemon runs. Must not know how it is done.

use std::io::ErrorKind;
use std::path::Path;

use crate::place::{check_file, take_directory};
use crate::run::{StartError, harden};
use crate::store::{Compacted, FILE_NAME, JOURNAL_NAME, OpenError, Store};

/// Writes the store in a data directory anew, without what it no longer needs. As long as that takes no daemon starts there.
/// `None` where there is no store.
///
/// # Errors
/// Why a daemon could not start there, or the disk has no room for the new file beside the old one; the store is as it was.
pub fn compact(data_dir: &Path) -> Result<Option<Compacted>, StartError> {
    // A directory that is not there would be made.
    if matches!(data_dir.join(FILE_NAME).symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
    {
        return Ok(None);
    }
    harden();
    let data = take_directory(data_dir, 0o700, 0o700)?;
    let path = data.path().join(FILE_NAME);
    check_file(&path)?;
    check_file(&data.path().join(JOURNAL_NAME))?;
    let compacted = Store::open(&path)?.compact().map_err(OpenError::from)?;
    Ok(Some(compacted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_no_store_nothing_is_made() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        assert_eq!(compact(&data).unwrap(), None);
        assert!(!data.exists());
    }
}
