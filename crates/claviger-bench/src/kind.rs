//! Owns which secrets are presented and what each is answered. Must not know by which way they are.

use claviger_api::Code;
use serde::Serialize;

/// What kind of secret is presented. A right tag needs the store's key, so whoever guesses gets no further than
/// [`Kind::Forged`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Right, proven before, and its key may see the account.
    Valid,
    /// Right, but its key may not see the account, which is there.
    OutOfScope,
    /// Its key had it once; it has been rotated since.
    Rotated,
    /// Of a living key, with a wrong tag.
    Forged,
    /// Of a key that never was.
    Unknown,
    /// Wrong in its form: one character short.
    Malformed,
}

impl Kind {
    /// All of them, the one that gets furthest first.
    pub const ALL: [Self; 6] =
        [Self::Valid, Self::OutOfScope, Self::Rotated, Self::Forged, Self::Unknown, Self::Malformed];

    /// What the table calls it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::OutOfScope => "out of scope",
            Self::Rotated => "rotated",
            Self::Forged => "forged",
            Self::Unknown => "unknown",
            Self::Malformed => "malformed",
        }
    }

    /// What it is refused with; `None` where it is granted.
    #[must_use]
    pub fn refusal(self) -> Option<Code> {
        match self {
            Self::Valid => None,
            Self::OutOfScope => Some(Code::NotFound),
            Self::Rotated | Self::Forged | Self::Unknown | Self::Malformed => Some(Code::Unauthorized),
        }
    }
}
