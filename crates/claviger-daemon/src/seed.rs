//! Owns many keys at once, made without a slow hash for each: for the demo and for measures. Must not be used on a store that
//! anybody needs.

use claviger_api::{KeyId, Scope, Timestamp};

use crate::domain::{Edit, KeyRecord};
use crate::store::{Author, Rows, Store, StoreError};
use crate::token::SlowHash;

/// How many keys one transaction writes.
const AT_ONCE: usize = 5_000;

/// A key that was just created, whose secret nobody has where `hash` is of none.
#[must_use]
pub fn key(id: KeyId, name: String, scope: Scope, hash: SlowHash, at: Timestamp) -> KeyRecord {
    KeyRecord {
        hint: format!("clv_{}_…{}", id.body(), &id.body()[8..]),
        id,
        name,
        scope,
        created_at: at,
        rotated_at: None,
        generation: 1,
        version: 1,
        hash,
        suspended_at: None,
        needs_rotation: false,
    }
}

/// Writes keys as an operator's creations, each with its audit entry and its revision, some thousand in a transaction. Says
/// how many there are after each, and goes on as long as it is answered that it should.
///
/// # Errors
/// The store failed, or a key has the name or the id of another one.
pub fn fill(
    store: &Store,
    keys: impl Iterator<Item = KeyRecord>,
    at: Timestamp,
    mut goes_on: impl FnMut(usize) -> bool,
) -> Result<(), StoreError> {
    let (mut keys, mut done) = (keys.peekable(), 0);
    while keys.peek().is_some() && goes_on(done) {
        done += store.write(|writer| {
            let mut is_on = writer.state()?.storage_mode;
            let mut written = 0;
            for key in keys.by_ref().take(AT_ONCE) {
                writer.apply(&Edit::create(key, is_on), Author::this_process(), at)?;
                (is_on, written) = (true, written + 1);
            }
            Ok(written)
        })?;
    }
    goes_on(done);
    Ok(())
}

/// The `n`th of many ids: it looks random, and is the same in every run. No two of the first billions are alike.
#[must_use]
pub fn id(n: u64) -> Option<KeyId> {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let body = (0..12).map(|_| {
        // Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        char::from(DIGITS[((mixed ^ (mixed >> 31)) % 62) as usize])
    });
    KeyId::from_body(&body.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::store::check;
    use crate::token::{HashMemory, HashingCost};

    #[test]
    fn ids_are_all_different_and_the_same_in_every_run() {
        let ids: HashSet<String> = (0..100_000).map(|n| id(n).unwrap().to_string()).collect();
        assert_eq!(ids.len(), 100_000);
        assert_eq!(id(7).unwrap().to_string(), id(7).unwrap().to_string());
    }

    #[test]
    fn what_is_written_is_a_sound_store_and_it_is_told_how_far_it_is() {
        let store = Store::memory().unwrap();
        let cost = HashingCost::new(8, 1, 1).unwrap();
        let hash = SlowHash::make("nobody's", cost, &mut HashMemory::default()).unwrap();
        let at = Timestamp::from_millis(5);
        let one = |n| key(id(n).unwrap(), format!("{n}"), Scope::All, hash.clone(), at);
        let mut told = Vec::new();
        fill(&store, (0..6_000).map(one), at, |done| {
            told.push(done);
            true
        })
        .unwrap();
        assert_eq!(told, [0, 5_000, 6_000]);
        store.read(check).unwrap();
        let (count, state) = store.read(|rows| Ok((rows.key_count()?, rows.state()?))).unwrap();
        assert_eq!((count, state.revision, state.storage_mode), (6_000, 6_000, true));
        // Nobody has to wait for what is no longer wanted.
        fill(&store, (6_000..9_000).map(one), at, |_| false).unwrap();
        assert_eq!(store.read(Rows::key_count).unwrap(), 6_000);
    }
}
