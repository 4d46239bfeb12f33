//! Owns writing the digests of proven secrets, whose rows come and go with their keys. Must not take a row for more than it
//! is: one that is missing, late or too much makes no answer wrong.

use redb::ReadableTable;

use super::record::{decode_generation, encode_digest};
use super::rows::row_key;
use super::tables::{DIGESTS, KEYS};
use super::{StoreError, Writer};
use crate::domain::{KeyRecord, Proven};

impl Writer {
    /// Writes digests of proven secrets. They have no audit entry and no revision. One whose key is gone or has another secret
    /// by now is passed over.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn put_digests(&mut self, proven: &[Proven]) -> Result<(), StoreError> {
        if proven.is_empty() {
            return Ok(());
        }
        let keys = self.transaction().open_table(KEYS)?;
        let mut digests = self.transaction().open_table(DIGESTS)?;
        for proven in proven {
            let id = row_key(&proven.id);
            let generation = keys.get(id)?.and_then(|row| decode_generation(row.value()).ok());
            if generation == Some(proven.generation) {
                digests.insert(id, encode_digest(proven).as_slice())?;
            }
        }
        Ok(())
    }

    /// Removes every digest of a proven secret.
    ///
    /// # Errors
    /// The store failed; the transaction must not be committed.
    pub fn forget_digests(&mut self) -> Result<(), StoreError> {
        self.transaction().delete_table(DIGESTS)?;
        self.transaction().open_table(DIGESTS)?;
        Ok(())
    }

    /// Removes what was kept of a secret that its key has no more.
    pub(super) fn remove_digest(&self, key: &KeyRecord) -> Result<(), StoreError> {
        self.transaction().open_table(DIGESTS)?.remove(row_key(&key.id))?;
        Ok(())
    }
}

#[cfg(test)]
impl Writer {
    /// Puts any bytes in the place of a key's digest.
    pub(crate) fn put_digest_row(&mut self, id: &claviger_api::KeyId, row: &[u8]) {
        self.transaction().open_table(DIGESTS).unwrap().insert(row_key(id), row).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use claviger_api::Timestamp;

    use super::super::{Author, Rows, Store};
    use super::*;
    use crate::domain::Edit;
    use crate::domain::sample::{self, only};
    use crate::token::Digest;

    const AUTHOR: Author = Author { uid: 1000, pid: None };

    fn key(letter: char, accounts: &[&str]) -> KeyRecord {
        sample::key(letter, only(accounts))
    }

    fn create(store: &Store, key: &KeyRecord) {
        let edit = Edit::create(key.clone(), true);
        store.write(|writer| writer.apply(&edit, AUTHOR, Timestamp::default())).unwrap();
    }

    fn proven(key: &KeyRecord, digest: u8) -> Proven {
        Proven { id: key.id, generation: key.generation, digest: Digest::from_bytes([digest; 32]) }
    }

    #[test]
    fn a_digest_comes_with_its_secret_and_goes_with_it() {
        let store = Store::memory().unwrap();
        let kept = |key: &KeyRecord| store.read(|rows| rows.kept_digest(&key.id)).unwrap();
        let apply =
            |edit: Edit| store.write(|writer| writer.apply(&edit, AUTHOR, Timestamp::default())).unwrap();
        let first = key('A', &[]);
        apply(Edit::create(first.clone(), true).proving(Some(proven(&first, 1))));
        assert_eq!(kept(&first), Some(proven(&first, 1)));
        let renamed = KeyRecord { name: "Other".into(), ..first.clone() };
        apply(Edit::rename(first, renamed.clone()));
        assert_eq!(kept(&renamed), Some(proven(&renamed, 1)));
        let second = KeyRecord { generation: 2, ..renamed.clone() };
        apply(Edit::rotate(renamed, second.clone()).proving(Some(proven(&second, 2))));
        assert_eq!(kept(&second), Some(proven(&second, 2)));
        // One that nobody may have a digest of: what was kept of the old one goes all the same.
        let third = KeyRecord { generation: 3, ..second.clone() };
        apply(Edit::rotate(second, third.clone()));
        assert_eq!(kept(&third), None);
        store.write(|writer| writer.put_digests(&[proven(&third, 3)])).unwrap();
        apply(Edit::delete(third.clone()));
        assert_eq!(kept(&third), None);
    }

    #[test]
    fn no_digest_is_written_of_another_generation_or_of_a_key_that_is_gone() {
        let store = Store::memory().unwrap();
        let (there, gone) = (key('A', &[]), key('B', &[]));
        create(&store, &there);
        let late = KeyRecord { generation: there.generation + 1, ..there };
        store.write(|writer| writer.put_digests(&[proven(&late, 1), proven(&gone, 1)])).unwrap();
        assert!(store.read(Rows::keeps_no_digest).unwrap());
    }

    #[test]
    fn digests_are_forgotten_all_at_once() {
        let store = Store::memory().unwrap();
        let key = key('A', &[]);
        create(&store, &key);
        store.write(|writer| writer.put_digests(&[proven(&key, 1)])).unwrap();
        assert!(!store.read(Rows::keeps_no_digest).unwrap());
        store.write(Writer::forget_digests).unwrap();
        assert!(store.read(Rows::keeps_no_digest).unwrap());
    }
}
