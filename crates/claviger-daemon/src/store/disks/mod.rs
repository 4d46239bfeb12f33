//! Owns disks for tests, and a store on each. Must not be part of the product.

pub(crate) mod failing;
pub(crate) mod recording;

use redb::{Builder, StorageBackend};

use super::{OpenError, Store};

/// Opens a store on a disk as the daemon does on a file, making it if there is none.
pub(crate) fn open_on(disk: &(impl StorageBackend + Clone)) -> Result<Store, OpenError> {
    open_with_cache(disk, 1 << 20)
}

/// The same with a cache of so many bytes; with none, whatever is read is read from the disk.
pub(crate) fn open_with_cache(
    disk: &(impl StorageBackend + Clone),
    cache: usize,
) -> Result<Store, OpenError> {
    let disk = disk.clone();
    Store::opened_by(move || {
        let mut builder = Builder::new();
        builder.set_cache_size(cache).set_check_integrity_on_open(true);
        builder.create_with_backend(disk.clone()).map_err(|error| OpenError::Store(error.into()))
    })
}

/// Opens a store with the journal beside it, each in a file of a disk, making them if there are none.
pub(crate) fn open_beside_journal(
    [store, journal]: &[impl StorageBackend + Clone; 2],
) -> Result<Store, OpenError> {
    let journal = journal.clone();
    open_on(store)?.beside_journal_on(move || {
        let mut builder = Builder::new();
        builder.set_cache_size(1 << 20).set_check_integrity_on_open(true);
        builder.create_with_backend(journal.clone()).map_err(|error| OpenError::Store(error.into()))
    })
}
