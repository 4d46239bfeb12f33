//! Owns what grows, and by which way is asked meanwhile: the rows of the table. Must not measure.

use std::fmt;

use crate::kind::Kind;
use crate::plan::{self, Way};

/// How many connections are idle, where any are. The daemon takes 512 in all, 8 of which are never those that verify.
pub const IDLE: [usize; 2] = [100, 500];

/// How many subscribers there are, where there are any; one of them stops reading.
pub const SUBSCRIBERS: usize = 100;

/// How a secret is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// To bare hyper, which does not look at it.
    Bare,
    /// `GET /authorize`, for one account.
    Authorize,
    /// `keys.verify` by POST, for one account.
    Post,
    /// The same for no account.
    PostForNone,
}

/// What there is more of than there need be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grown {
    /// Accounts in the key's scope: so many.
    Scope(usize),
    /// Connections to `verify.sock` that have asked once and say nothing any more: so many.
    Idle(usize),
    /// [`SUBSCRIBERS`] of `events`, while nobody changes anything.
    Subscribers,
    /// Changes: a caller renames a key again and again.
    Changes,
    /// The same, and [`SUBSCRIBERS`] hear of it.
    ChangesHeard,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// How is asked.
    pub asked: Asked,
    /// What there is more of.
    pub grown: Grown,
}

impl Asked {
    /// To the daemon.
    const DAEMON: [Self; 3] = [Self::Authorize, Self::Post, Self::PostForNone];

    /// What the driver asks.
    #[must_use]
    pub fn question(self) -> plan::Row {
        let way = match self {
            Self::Bare => Way::Hyper,
            Self::Authorize => Way::Authorize,
            Self::Post | Self::PostForNone => Way::Post,
        };
        plan::Row { way, kind: Kind::Valid }
    }

    /// Whether the request names an account.
    #[must_use]
    pub fn names_an_account(self) -> bool {
        self != Self::PostForNone
    }
}

impl Grown {
    /// Nothing: keys see one account, and nobody else is there.
    pub const NOTHING: Self = Self::Scope(1);

    /// How many accounts the scopes of the keys have that are presented.
    #[must_use]
    pub fn accounts(self) -> usize {
        if let Self::Scope(accounts) = self { accounts } else { 1 }
    }

    /// Whether somebody changes something meanwhile.
    #[must_use]
    pub fn has_changes(self) -> bool {
        matches!(self, Self::Changes | Self::ChangesHeard)
    }

    /// Whether somebody hears of changes.
    #[must_use]
    pub fn has_subscribers(self) -> bool {
        matches!(self, Self::Subscribers | Self::ChangesHeard)
    }
}

impl Row {
    /// What all are compared with.
    pub const BARE: Self = Self { asked: Asked::Bare, grown: Grown::NOTHING };

    /// All of them, in the table's order, with scopes that are so wide besides those of one account.
    #[must_use]
    pub fn all(wide: &[usize]) -> Vec<Self> {
        let by = |ways: &'static [Asked], grown| ways.iter().map(move |asked| Self { asked: *asked, grown });
        let scopes = [Grown::NOTHING].into_iter().chain(wide.iter().copied().map(Grown::Scope));
        let others = [Grown::Idle(IDLE[0]), Grown::Idle(IDLE[1]), Grown::Subscribers];
        let others = others.into_iter().chain([Grown::Changes, Grown::ChangesHeard]);
        [Self::BARE]
            .into_iter()
            .chain(scopes.flat_map(|grown| by(&Asked::DAEMON, grown)))
            .chain(others.flat_map(|grown| by(&[Asked::Authorize, Asked::Post], grown)))
            .collect()
    }

    /// The same question where nothing has grown.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { grown: Grown::NOTHING, ..self }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.asked {
            Asked::Bare => return f.write_str("bare hyper"),
            Asked::Authorize => "/authorize",
            Asked::Post => "POST",
            Asked::PostForNone => "POST for none",
        })?;
        match self.grown {
            Grown::Scope(1) => f.write_str(", 1 account"),
            Grown::Scope(accounts) => write!(f, ", {accounts} accounts"),
            Grown::Idle(connections) => write!(f, ", {connections} idle"),
            Grown::Subscribers => write!(f, ", {SUBSCRIBERS} listen"),
            Grown::Changes => f.write_str(", renames"),
            Grown::ChangesHeard => write!(f, ", renames, {SUBSCRIBERS} listen"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_one_that_it_is_compared_with() {
        let rows = Row::all(&[100, 10_000]);
        let names: HashSet<String> = rows.iter().map(Row::to_string).collect();
        assert_eq!((rows.len(), names.len()), (1 + 3 * 3 + 2 * 5, rows.len()));
        assert!(rows.iter().all(|row| rows.contains(&row.quiet())));
        assert!(rows.contains(&Row::BARE));
    }

    #[test]
    fn only_a_scope_that_grows_has_more_than_one_account() {
        for row in Row::all(&[100, 10_000]) {
            assert_eq!(row.grown.accounts() > 1, row != row.quiet() && matches!(row.grown, Grown::Scope(_)));
        }
    }
}
