//! Owns how a store comes to the schema of this version: numbered steps, each run once. Must not be edited after a
//! release; a change of the schema is a new step.

use redb::WriteTransaction;

use super::StoreError;
use super::record::encode;
use super::tables::{
    ACCOUNT_NAMES, ACCOUNTS, ACTIVITY, DIGESTS, GRANTS, KEY_ACTIVITY, KEY_NAMES, KEYS, META, REVOCATIONS,
    SECRETS, SETTINGS, State, USAGE, USAGE_DAYS,
};
use crate::token::{TagKey, random_number};

type Step = fn(&WriteTransaction) -> Result<(), StoreError>;

/// The steps in order: the first makes schema 1 of an empty file.
const STEPS: &[Step] = &[create, count_days, name_the_dead, keep_digests];

/// The schema of this version: the number that a store has once it was opened by it.
pub const SCHEMA: u64 = STEPS.len() as u64;

/// Runs the steps that a store of schema `from` lacks, and notes the new schema.
pub(super) fn migrate(transaction: &WriteTransaction, from: u64) -> Result<(), StoreError> {
    let done = usize::try_from(from).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(done) {
        step(transaction)?;
    }
    transaction.open_table(META)?.insert("schema", SCHEMA)?;
    Ok(())
}

fn create(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(KEYS)?;
    transaction.open_table(KEY_NAMES)?;
    transaction.open_table(GRANTS)?;
    transaction.open_table(USAGE)?;
    transaction.open_table(ACCOUNTS)?;
    transaction.open_table(ACCOUNT_NAMES)?;
    transaction.open_table(ACTIVITY)?;
    transaction.open_table(KEY_ACTIVITY)?;
    transaction.open_table(SETTINGS)?.insert("state", encode(&State::default()).as_slice())?;
    let tag_key = TagKey::random().map_err(|_| StoreError::Damaged("no randomness for the tag key"))?;
    transaction.open_table(SECRETS)?.insert("tag", tag_key.as_bytes().as_slice())?;
    Ok(())
}

/// Schema 2: how often keys were granted, by day.
fn count_days(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(USAGE_DAYS)?;
    Ok(())
}

/// Schema 3: what died, and the number by which a journal knows the store.
fn name_the_dead(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(REVOCATIONS)?;
    new_lineage(transaction)
}

/// Schema 4: digests of proven secrets.
fn keep_digests(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(DIGESTS)?;
    Ok(())
}

/// Begins a line of its own: no journal knows yet what dies in it.
pub(super) fn new_lineage(transaction: &WriteTransaction) -> Result<(), StoreError> {
    let lineage = random_number().map_err(|_| StoreError::Damaged("no randomness for the lineage"))?;
    transaction.open_table(META)?.insert("lineage", lineage)?;
    Ok(())
}
