//! Owns the answer to a presented secret, and the reason for it that the log has and nobody else. Must not find it.

use claviger_api::KeyId;

use crate::domain::Denial;
use crate::store::Author;
use crate::token::Presented;

/// The answer to a presented secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// It is right, and this is what it opens.
    Granted(T),
    /// It opens nothing.
    Refused(Refusal),
}

impl<T> Verdict<T> {
    /// The same verdict, with what it opens turned into something else.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Verdict<U> {
        match self {
            Self::Granted(opened) => Verdict::Granted(turn(opened)),
            Self::Refused(refusal) => Verdict::Refused(refusal),
        }
    }
}

/// Why a presented secret opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no living key's secret: wrong, unknown, rotated, deleted and malformed are one answer.
    Unauthorized,
    /// It is right, but Storage Mode is off.
    StorageModeOff,
    /// It is right, but there is no such account, or none that it may see: the two are one answer.
    NoSuchAccount,
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::StorageModeOff => Self::StorageModeOff,
            Denial::NoSuchAccount => Self::NoSuchAccount,
        }
    }
}

/// Why a presented secret is not right: for the log, never for who presents it.
#[derive(Clone, Copy)]
pub(super) enum Wrong {
    /// It is none that this store has made.
    Unknown,
    /// The store made it, but the key has another one since.
    Retired,
    /// The key opens nothing until it is rotated or released.
    Barred,
    /// The slow hash says no: only who has the store's tag key comes that far.
    Forged,
}

impl Wrong {
    const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Retired => "retired",
            Self::Barred => "barred",
            Self::Forged => "forged",
        }
    }
}

/// A verdict with what the log says of it.
pub(super) struct Judged<T> {
    pub(super) verdict: Verdict<T>,
    reason: &'static str,
    /// Only of a key whose tag was right: what else is presented is nobody's id.
    key_id: Option<KeyId>,
}

impl<T> Judged<T> {
    pub(super) fn wrong(why: Wrong, presented: Option<&Presented<'_>>) -> Self {
        let key_id = match why {
            Wrong::Unknown => None,
            _ => presented.map(Presented::id),
        };
        Self { verdict: Verdict::Refused(Refusal::Unauthorized), reason: why.text(), key_id }
    }

    pub(super) fn proven(opened: Result<T, Denial>, presented: &Presented<'_>) -> Self {
        let (verdict, reason) = match opened {
            Ok(opened) => (Verdict::Granted(opened), "proven"),
            Err(denial @ Denial::StorageModeOff) => (Verdict::Refused(denial.into()), "storage_mode_off"),
            Err(denial @ Denial::NoSuchAccount) => (Verdict::Refused(denial.into()), "no_such_account"),
        };
        Self { verdict, reason, key_id: Some(presented.id()) }
    }

    /// Logs it, with who asked.
    pub(super) fn log(&self, peer: Author) {
        let verdict = match self.verdict {
            Verdict::Granted(_) => "granted",
            Verdict::Refused(_) => "refused",
        };
        tracing::debug!(
            %verdict,
            reason = %self.reason,
            key_id = self.key_id.map(display),
            uid = peer.uid,
            pid = peer.pid,
            "verified"
        );
    }
}
