//! Owns the schema: every table with its key and its value. Must not know what reads or writes them.
//!
//! Rows are CBOR (RFC 8949) with numbered fields: a later version adds numbers, and an older row reads as one that
//! lacks them. A table whose key changes gets a new name.

use minicbor::{Decode, Encode};
use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};

/// The 12 characters of a key's id, as bytes.
pub(super) type KeyIdBytes = &'static [u8; 12];

/// Key id → [`super::record::StoredKey`].
pub(super) const KEYS: TableDefinition<'_, KeyIdBytes, &[u8]> = TableDefinition::new("keys_v1");

/// Folded name → key id. One row a key: what makes names unique, ignoring case.
pub(super) const KEY_NAMES: TableDefinition<'_, &str, KeyIdBytes> = TableDefinition::new("key_names_v1");

/// (account id, key id) → nothing. One row for each account that a restricted key names.
pub(super) const GRANTS: TableDefinition<'_, (&str, KeyIdBytes), ()> = TableDefinition::new("grants_v1");

/// Key id → (last used, retired secret last seen), each in milliseconds since 1970.
pub(super) const USAGE: TableDefinition<'_, KeyIdBytes, (Option<i64>, Option<i64>)> =
    TableDefinition::new("usage_v1");

/// (days since 1970, key id) → how often the key was granted on that day. No row for a day without use. Ordered by day,
/// so that what is too old stands together.
pub(super) const USAGE_DAYS: TableDefinition<'_, (i32, KeyIdBytes), u64> =
    TableDefinition::new("usage_days_v1");

/// Key id → [`super::record::StoredDigest`]. The digest of the secret that was proven last, under a key that is on no disk.
/// What is here only saves a slow hash: no row, a foreign one or a damaged one means that the slow hash decides.
pub(super) const DIGESTS: TableDefinition<'_, KeyIdBytes, &[u8]> = TableDefinition::new("digests_v1");

/// Account id → [`super::record::StoredAccount`].
pub(super) const ACCOUNTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("accounts_v1");

/// (folded name, account id) → nothing. One row an account: the order of lists.
pub(super) const ACCOUNT_NAMES: TableDefinition<'_, (&str, &str), ()> =
    TableDefinition::new("account_names_v1");

/// Sequence number → [`super::record::StoredEntry`].
pub(super) const ACTIVITY: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("activity_v1");

/// (key id, sequence number) → nothing. One row for each entry about a key.
pub(super) const KEY_ACTIVITY: TableDefinition<'_, (KeyIdBytes, u64), ()> =
    TableDefinition::new("key_activity_v1");

/// (revision, digest of the row) → [`super::revoked::StoredRevocation`]. What died, by the revision of the change. The store
/// has what it knows of, and the journal beside it all that it was ever told.
pub(super) const REVOCATIONS: TableDefinition<'_, (u64, &[u8; 16]), &[u8]> =
    TableDefinition::new("revocations_v1");

/// `state` → [`State`].
pub(super) const SETTINGS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("settings_v1");

/// `tag` → the 32 bytes of the tag key. What the store keeps to itself.
pub(super) const SECRETS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("secrets_v1");

/// `schema` → the number of the last migration that ran; `lineage` → the random number by which a journal knows the store
/// and its backups.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta_v1");

/// In the journal: `schema` → its form; `newest` → the revision at the last start or end in order; `awaits` → 1, where it was made for
/// the store beside it and does not follow it yet.
pub(super) const JOURNAL_META: TableDefinition<'_, &str, u64> = TableDefinition::new("journal_meta_v1");

/// In the journal: lineage → nothing. The stores all of whose revocations it has.
pub(super) const FOLLOWED: TableDefinition<'_, u64, ()> = TableDefinition::new("followed_v1");

/// What changes with every commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct State {
    /// Grows by one with every change of keys, accounts or settings.
    #[n(0)]
    pub revision: u64,
    /// Whether keys open anything at all.
    #[n(1)]
    pub storage_mode: bool,
    /// The newest time that the store has: time never runs behind it. Milliseconds since 1970.
    #[n(2)]
    pub newest_at: i64,
    /// How often notes of use were written; it tells which of the notes in memory are in the store.
    #[n(3)]
    #[cbor(default)]
    pub usage_saves: u64,
    /// How many revisions were passed over when older stores took this one's place. Every other one has its audit entry.
    #[n(4)]
    #[cbor(default)]
    pub skipped: u64,
}

/// Opens tables for reading, inside a read or a write transaction.
pub trait Tables {
    /// Opens one table. Inside a write transaction no table may be open twice.
    #[doc(hidden)]
    fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<impl ReadableTable<K, V>, TableError>;
}

impl Tables for ReadTransaction {
    fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<impl ReadableTable<K, V>, TableError> {
        self.open_table(definition)
    }
}

impl Tables for WriteTransaction {
    fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<impl ReadableTable<K, V>, TableError> {
        self.open_table(definition)
    }
}
