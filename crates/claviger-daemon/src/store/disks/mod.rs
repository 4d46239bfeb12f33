//! Owns disks for tests, and a store on each. Must not be part of the product.

pub(crate) mod failing;
pub(crate) mod recording;

use redb::{Builder, StorageBackend};

use super::{OpenError, Store};

/// Opens a store on a disk as the daemon does on a file, making it if there is none.
pub(crate) fn open_on(disk: &(impl StorageBackend + Clone)) -> Result<Store, OpenError> {
    let disk = disk.clone();
    Store::opened_by(move || {
        let mut builder = Builder::new();
        builder.set_cache_size(1 << 20).set_check_integrity_on_open(true);
        builder.create_with_backend(disk.clone()).map_err(|error| OpenError::Store(error.into()))
    })
}
