//! Owns whole days in UTC on the wire. Must not read a clock.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// A day in UTC: days since 1970-01-01 inside, `2026-11-23` on the wire.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// Takes days since 1970-01-01.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The day in UTC that a point in time is in.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let days = time.as_millis().div_euclid(DAY_MS);
        Self(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The midnight that it begins with.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        // No day's number is so large that this overflows.
        Timestamp::from_millis(self.0 as i64 * DAY_MS)
    }

    /// The day after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The day so many days before this one.
    #[must_use]
    pub const fn before(self, days: i32) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(i64::from(self.0) * (DAY_MS / 1000)) {
            Ok(time) => write!(f, "{}", time.to_zoned(jiff::tz::TimeZone::UTC).date()),
            Err(_) => f.write_str("out of range"),
        }
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || serde::de::Error::custom("not a day such as 2026-11-23");
        let text = Cow::<str>::deserialize(deserializer)?;
        let date: Date = text.parse().map_err(|_| wrong())?;
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
        Ok(Self::of(Timestamp::from_millis(midnight.timestamp().as_millisecond())))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "pattern": "^\\d{4}-\\d{2}-\\d{2}$", "description": "A day in UTC" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        // 2026-11-23T01:08:00Z and the midnights around it.
        let midnight = 1_795_392_000_000;
        for (ms, day) in [
            (1_795_396_080_000, "2026-11-23"),
            (midnight, "2026-11-23"),
            (midnight - 1, "2026-11-22"),
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
        ] {
            let (time, of) = (Timestamp::from_millis(ms), Day::of(Timestamp::from_millis(ms)));
            assert_eq!(of.to_string(), day);
            assert!(of.start() <= time && time < of.next().start());
            assert_eq!(of.next().before(1), of);
        }
    }

    #[test]
    fn a_day_is_text_on_the_wire() {
        let day = Day::of(Timestamp::from_millis(1_795_396_080_000));
        assert_eq!(serde_json::to_string(&day.before(23)).unwrap(), "\"2026-10-31\"");
        assert_eq!(serde_json::from_str::<Day>("\"2026-11-23\"").unwrap(), day);
        for wrong in ["\"2026-13-01\"", "\"\"", "5"] {
            assert!(serde_json::from_str::<Day>(wrong).is_err(), "{wrong}");
        }
    }
}
