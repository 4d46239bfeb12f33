//! Owns the meeting of a store with what the journal beside it knows: before anything is answered, what had died is dead.
//! Must not hold a rule of what that means.

use std::collections::BTreeSet;

use claviger_api::{AccountId, KeyId, Timestamp};

use crate::domain::{Edit, Found, Revocation, Wanted, obey};
use crate::store::{Author, Following, Heritage, Room, Rows, Store, StoreError, Writer};

/// Revisions go on from the next multiple of this after a restore: nobody knows how far those had come that were lost.
const REVISIONS: u64 = 1_000_000;

/// When a store meets what the journal knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A daemon starts: mostly with the store that was there last, which has nothing to learn.
    Start,
    /// An operator puts a backup in the store's place, which the audit trail is to say in any case.
    Restore,
}

/// Lets a store obey its heritage, where it is an older store than the journal has seen or comes from elsewhere. In the
/// latter case no key opens anything until an operator releases it. One transaction, one audit entry, one revision. Gives the
/// edit that was made; none at a start where nothing has to change.
///
/// # Errors
/// The store failed; then nothing was changed.
pub fn restore(
    store: &Store,
    heritage: &Heritage,
    occasion: Occasion,
    author: Author,
    now: Timestamp,
) -> Result<Option<Edit>, StoreError> {
    let decide = |writer: &mut Writer| decide(writer, heritage, occasion, author, now);
    match store.write(decide) {
        // It only takes away: on a full disk there is room for that.
        Err(StoreError::Full) if store.room() == Room::Plenty && store.spend_ballast() => {
            store.reopen().map_err(|_| StoreError::Unavailable)?;
            store.write(decide)
        }
        outcome => outcome,
    }
}

fn decide(
    writer: &mut Writer,
    heritage: &Heritage,
    occasion: Occasion,
    author: Author,
    now: Timestamp,
) -> Result<Option<Edit>, StoreError> {
    let state = writer.state()?;
    let revocations: Vec<Revocation> = heritage.unheeded.iter().map(|row| row.what.clone()).collect();
    let suspended = (heritage.following == Following::Unknown).then_some(now);
    let edit = obey(find(writer, &revocations, suspended)?, &revocations, suspended);
    let is_older = heritage.newest > state.revision;
    if edit.is_empty() && !is_older && occasion == Occasion::Start {
        writer.heed(heritage)?;
        return Ok(None);
    }
    let newest = heritage.newest.max(state.revision);
    let revision = (newest / REVISIONS + 1) * REVISIONS;
    writer.restore(&edit, heritage, revision, author, now)?;
    Ok(Some(edit))
}

/// Finds what the revocations are about.
fn find(
    rows: &impl Rows,
    revocations: &[Revocation],
    suspended: Option<Timestamp>,
) -> Result<Found, StoreError> {
    let Wanted { mut keys, disconnected, limits } = Wanted::by(revocations);
    let mut accounts = Vec::new();
    for id in &disconnected {
        keys.extend(rows.holders(id)?);
        accounts.extend(rows.account(id)?);
    }
    if suspended.is_some() {
        keys.extend(rows.keys_after(None, usize::MAX)?.into_iter().map(|(_, id)| id));
    }
    let connected = limits.into_iter().map(|id| Ok(rows.has_account(&id)?.then_some(id)));
    let connected: Result<Vec<Option<AccountId>>, StoreError> = connected.collect();
    let found: Result<Vec<_>, StoreError> = keys.iter().map(|id: &KeyId| rows.key(id)).collect();
    Ok(Found {
        keys: found?.into_iter().flatten().collect(),
        accounts,
        connected: connected?.into_iter().flatten().collect::<BTreeSet<_>>(),
        storage_mode: rows.state()?.storage_mode,
    })
}
