//! Owns what can be seen of the daemon from outside: its memory, its descriptors, its files and what is in them. Must not ask
//! the daemon.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use redb::{ReadableDatabase, ReadableTableMetadata, TableHandle};

use crate::harness::{Daemon, Memory};

/// One look at a daemon that runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// What is resident, and what of it no file backs. KiB.
    pub(super) resident: u64,
    pub(super) anonymous: u64,
    /// `None` where the system does not let us look.
    pub(super) descriptors: Option<usize>,
    /// Bytes.
    pub(super) store: u64,
    pub(super) journal: u64,
}

impl Look {
    pub(super) fn at(daemon: &Daemon) -> Self {
        let process = format!("/proc/{}", daemon.pid());
        let memory = Memory::of(daemon.pid()).unwrap_or_default();
        let bytes = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
        Self {
            resident: memory.resident,
            anonymous: memory.own,
            descriptors: fs::read_dir(format!("{process}/fd")).ok().map(Iterator::count),
            store: bytes(&daemon.home.store()),
            journal: bytes(&daemon.home.journal()),
        }
    }
}

/// What is in a file, table by table.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    tables: BTreeMap<String, (u64, u64)>,
    /// What the tables need, with what their pages have left over. Bytes.
    pub(super) used: u64,
    /// The size of the file. Bytes.
    pub(super) file: u64,
}

impl Rows {
    /// Looks into a file that nobody has open.
    pub(super) fn of(path: &Path) -> Self {
        let mut rows = Self { file: path.metadata().unwrap().len(), ..Self::default() };
        let database = redb::Builder::new().open_read_only(path).unwrap();
        let transaction = database.begin_read().unwrap();
        for handle in transaction.list_tables().unwrap() {
            let name = handle.name().to_owned();
            let table = transaction.open_untyped_table(handle).unwrap();
            let stats = table.stats().unwrap();
            let used = stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
            rows.used += used;
            rows.tables.insert(name, (table.len().unwrap(), used));
        }
        rows
    }

    /// How many rows a table has.
    pub(super) fn table(&self, name: &str) -> (u64, u64) {
        self.tables.get(name).copied().unwrap_or_default()
    }

    /// The same without its bytes.
    pub(super) fn rows(&self, name: &str) -> u64 {
        self.table(name).0
    }
}
