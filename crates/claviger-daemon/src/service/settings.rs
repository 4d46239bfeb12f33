//! Owns Storage Mode, and the numbers that say how the service is.

use std::sync::atomic::Ordering;

use claviger_api::object::{Settings, VerificationCounts};

use super::{Error, Service};
use crate::domain::Edit;
use crate::store::{Author, Rows};

/// How the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// How many keys there are.
    pub keys: u64,
    /// How many accounts there are.
    pub accounts: u64,
    /// The settings, with the revision that all of this is of.
    pub settings: Settings,
    /// The size of the store's file. Bytes.
    pub store_bytes: u64,
    /// What was answered since the service began.
    pub verifications: VerificationCounts,
}

impl Service {
    /// Gives the settings.
    ///
    /// # Errors
    /// The store failed.
    pub fn settings(&self) -> Result<Settings, Error> {
        let state = self.store.read(Rows::state)?;
        Ok(Settings { storage_mode: state.storage_mode, revision: state.revision })
    }

    /// Turns Storage Mode on or off. Every verification that starts after this sees it.
    ///
    /// # Errors
    /// A full disk.
    pub async fn set_storage_mode(&self, author: Author, mode: StorageMode) -> Result<Settings, Error> {
        let enabled = mode == StorageMode::On;
        let ((), applied) = self
            .change(author, move |rows, _| {
                let changes = rows.state()?.storage_mode != enabled;
                Ok(Ok((changes.then(|| Edit::set_storage_mode(enabled)), ())))
            })
            .await?;
        Ok(Settings { storage_mode: applied.storage_mode, revision: applied.revision })
    }

    /// Counts what there is.
    ///
    /// # Errors
    /// The store failed.
    pub fn counts(&self) -> Result<Counts, Error> {
        let (keys, accounts, state) =
            self.store.read(|rows| Ok((rows.key_count()?, rows.account_count()?, rows.state()?)))?;
        Ok(Counts {
            keys,
            accounts,
            settings: Settings { storage_mode: state.storage_mode, revision: state.revision },
            store_bytes: self.store.bytes(),
            verifications: VerificationCounts {
                granted: self.granted.load(Ordering::Relaxed),
                refused: self.refused.load(Ordering::Relaxed),
            },
        })
    }
}

/// Whether keys open anything at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageMode {
    /// They do.
    On,
    /// They do not: a right secret is told so.
    Off,
}
