//! Owns what is known of a key's use: when it was last used, and how often it was granted by day.

use std::collections::HashMap;

use claviger_api::{Day, KeyId, Timestamp};

/// When a key was used, as notes that are written behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// When it was last verified with a right secret.
    pub last_used_at: Option<Timestamp>,
    /// When a secret that rotation had killed was last presented.
    pub retired_secret_seen_at: Option<Timestamp>,
}

impl Usage {
    /// The later of both, field by field.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        Self {
            last_used_at: self.last_used_at.max(other.last_used_at),
            retired_secret_seen_at: self.retired_secret_seen_at.max(other.retired_secret_seen_at),
        }
    }
}

/// How often keys were granted, by day.
pub type Grants = HashMap<(KeyId, Day), u64>;

/// How many days counts are kept for, today's included.
const KEPT_DAYS: i32 = 14;

/// The days whose counts are kept, oldest first, today last.
pub fn kept_days(now: Timestamp) -> impl Iterator<Item = Day> {
    let today = Day::of(now);
    (0..KEPT_DAYS).rev().map(move |ago| today.before(ago))
}

/// The oldest day whose counts are kept.
#[must_use]
pub fn oldest_kept(now: Timestamp) -> Day {
    Day::of(now).before(KEPT_DAYS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_weeks_are_kept_today_last() {
        let days: Vec<String> =
            kept_days(Timestamp::from_millis(1_795_396_080_000)).map(|day| day.to_string()).collect();
        assert_eq!((days.len(), &*days[0], &*days[13]), (14, "2026-11-10", "2026-11-23"));
        let now = Timestamp::from_millis(1_795_396_080_000);
        assert_eq!(kept_days(now).next(), Some(oldest_kept(now)));
    }
}
