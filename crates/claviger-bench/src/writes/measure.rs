//! Owns what of changes is measured, what each is compared with, and the limit of that. Must not measure.

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// 4 KiB at the end of a file, and waiting until the disk has them.
    Floor,
    /// The same in place of others.
    Overwriting,
    /// One Argon2id hash, at the cost that keys have by themselves.
    Hash,
    /// `keys.rename`, by one caller.
    Rename,
    /// `keys.set_scope` to more accounts.
    Widen,
    /// `keys.set_scope` to fewer.
    Narrow,
    /// `keys.delete`.
    Delete,
    /// `keys.create`.
    Create,
    /// `keys.rotate`.
    Rotate,
    /// `keys.rename`, one after another.
    RateOfOne,
    /// The same by many callers.
    RateOfMany,
    /// `keys.rename` now and then, of which nobody hears.
    Unheard,
    /// The same where many hear of it.
    Heard,
    /// `keys.rename` one after another, of which nobody hears.
    UnheardAtOnce,
    /// The same where many hear of it.
    HeardAtOnce,
}

/// What is to be of a ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// How much longer half of the changes take than half of the others, at most.
    Latency(f64),
    /// How often the rate of the other it is, at least.
    Rate(f64),
    /// It is only told.
    None,
}

impl Measure {
    /// All of them, in the table's order.
    pub const ALL: [Self; 15] = [
        Self::Floor,
        Self::Overwriting,
        Self::Rename,
        Self::Widen,
        Self::Narrow,
        Self::Delete,
        Self::Hash,
        Self::Create,
        Self::Rotate,
        Self::RateOfOne,
        Self::RateOfMany,
        Self::Unheard,
        Self::Heard,
        Self::UnheardAtOnce,
        Self::HeardAtOnce,
    ];

    /// What the table calls it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Floor => "4 KiB and fdatasync",
            Self::Overwriting => "the same, overwriting",
            Self::Hash => "one Argon2id hash",
            Self::Rename => "rename",
            Self::Widen => "scope, widened",
            Self::Narrow => "scope, narrowed",
            Self::Delete => "delete",
            Self::Create => "create",
            Self::Rotate => "rotate",
            Self::RateOfOne => "rename, one caller",
            Self::RateOfMany => "rename, 32 callers",
            Self::Unheard => "now and then, unheard",
            Self::Heard => "now and then, heard",
            Self::UnheardAtOnce => "at once, unheard",
            Self::HeardAtOnce => "at once, heard",
        }
    }

    /// What it is compared with, and the limit of that; `None` for what others are compared with.
    #[must_use]
    pub fn beside(self) -> Option<(Self, Limit)> {
        match self {
            Self::Floor | Self::Hash | Self::RateOfOne | Self::Unheard | Self::UnheardAtOnce => None,
            Self::Overwriting => Some((Self::Floor, Limit::None)),
            Self::Rename | Self::Widen | Self::Narrow | Self::Delete => {
                Some((Self::Floor, Limit::Latency(4.0)))
            }
            Self::Create | Self::Rotate => Some((Self::Hash, Limit::Latency(1.15))),
            Self::RateOfMany => Some((Self::RateOfOne, Limit::Rate(5.0))),
            Self::Heard => Some((Self::Unheard, Limit::Latency(1.1))),
            Self::HeardAtOnce => Some((Self::UnheardAtOnce, Limit::None)),
        }
    }
}
