//! Owns what bars a key from opening anything since its store was restored, and how many keys are barred. Must not know
//! how it is drawn, nor lift a bar.

use claviger_api::Key;

/// What bars a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bar {
    /// Nobody knows what died after the backup was made: a person has to release the key.
    Suspended,
    /// It has no living secret.
    NeedsRotation,
}

impl Bar {
    /// What a list says of it.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Suspended => "Suspended",
            Self::NeedsRotation => "Needs rotation",
        }
    }

    /// What bars a key; a list has room for the first.
    pub(crate) fn of(key: &Key) -> impl Iterator<Item = Self> {
        let suspended = key.suspended_at.is_some().then_some(Self::Suspended);
        suspended.into_iter().chain(key.needs_rotation.then_some(Self::NeedsRotation))
    }
}

/// How many keys are barred, counted as they come and go: a frame must not ask every key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Barred {
    pub(crate) suspended: usize,
    pub(crate) needing_rotation: usize,
}

impl Barred {
    pub(super) fn add(&mut self, key: &Key) {
        for bar in Bar::of(key) {
            *self.number(bar) += 1;
        }
    }

    pub(super) fn remove(&mut self, key: &Key) {
        for bar in Bar::of(key) {
            *self.number(bar) -= 1;
        }
    }

    fn number(&mut self, bar: Bar) -> &mut usize {
        match bar {
            Bar::Suspended => &mut self.suspended,
            Bar::NeedsRotation => &mut self.needing_rotation,
        }
    }
}
