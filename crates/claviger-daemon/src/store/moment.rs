//! Owns a moment of a store that is read in parts, for as long as that takes: the store can take it back at any time. Must
//! not know what is read.

use std::sync::{Arc, Weak};

use super::StoreError;
use crate::sync::{Mutex, PoisonError};

/// A moment that is read in parts. It costs nothing before its first part. As long as it is held, the file keeps every page
/// of that moment, and grows with what is written meanwhile: whoever waits for somebody else lets it go.
pub struct Held<M>(Arc<Slot<M>>);

type Slot<M> = Mutex<Option<Arc<M>>>;

impl<M> Held<M> {
    /// Gives the moment back. Reading on holds another one.
    pub fn let_go(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Reads on in the moment that is held, or else in the newest.
    pub(super) fn read<T>(
        &self,
        newest: impl FnOnce() -> Result<Arc<M>, StoreError>,
        read: impl FnOnce(&M) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(moment) = &*held {
            return read(moment);
        }
        read(held.insert(newest()?))
    }
}

/// The moments of one file that somebody holds.
pub(super) struct Moments<M>(Mutex<Vec<Weak<Slot<M>>>>);

impl<M> Default for Moments<M> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<M> Moments<M> {
    /// Makes one more.
    pub(super) fn hold(&self) -> Held<M> {
        let held = Arc::new(Slot::default());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(&held));
        Held(held)
    }

    /// Takes all of them back. Nobody may be reading in one: whoever does holds the file's lock, which the caller has.
    pub(super) fn take_back(&self) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for held in all.iter().filter_map(Weak::upgrade) {
            Held(held).let_go();
        }
    }
}
