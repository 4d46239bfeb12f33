//! Owns how points in time are told to people. Must not read a clock.

use claviger_api::{Day, Timestamp};
use jiff::tz::TimeZone;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// After this long a date says more than a count of days.
const COUNTED: i64 = 30 * DAY;

/// How long ago something was, such as `3 min ago`; a date after a month.
pub(crate) fn ago(then: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let age = now.as_millis() - then.as_millis();
    match age {
        ..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => format!("{} min ago", age / MINUTE),
        HOUR..DAY => format!("{} h ago", age / HOUR),
        DAY..COUNTED => format!("{} d ago", age / DAY),
        _ => date(then, zone),
    }
}

/// When [`ago`] will say something else.
pub(crate) fn changes_at(then: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let age = now.as_millis() - then.as_millis();
    let unit = match age {
        ..HOUR => MINUTE,
        HOUR..DAY => HOUR,
        DAY..COUNTED => DAY,
        _ => return None,
    };
    Some(Timestamp::from_millis(now.as_millis() + unit - age % unit))
}

/// The day in the reader's time zone.
pub(crate) fn date(then: Timestamp, zone: &TimeZone) -> String {
    formatted(then, zone, "%Y-%m-%d")
}

/// The minute in the reader's time zone.
pub(crate) fn minute(then: Timestamp, zone: &TimeZone) -> String {
    formatted(then, zone, "%Y-%m-%d %H:%M")
}

/// The second in the reader's time zone.
pub(crate) fn second(then: Timestamp, zone: &TimeZone) -> String {
    formatted(then, zone, "%Y-%m-%d %H:%M:%S")
}

/// The second of the day in the reader's time zone.
pub(crate) fn clock(then: Timestamp, zone: &TimeZone) -> String {
    formatted(then, zone, "%H:%M:%S")
}

fn formatted(then: Timestamp, zone: &TimeZone, format: &str) -> String {
    match jiff::Timestamp::from_millisecond(then.as_millis()) {
        Ok(time) => time.to_zoned(zone.clone()).strftime(format).to_string(),
        Err(_) => "out of range".to_owned(),
    }
}

/// A day in UTC, such as `21 Nov`.
pub(crate) fn day(day: Day) -> String {
    formatted(day.start(), &TimeZone::UTC, "%-d %b")
}

/// Whole seconds left until a point in time, the begun one counted.
pub(crate) fn seconds_until(until: Timestamp, now: Timestamp) -> i64 {
    (until.as_millis() - now.as_millis() + SECOND - 1).div_euclid(SECOND).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_and_changes_when_it_says() {
        let now = Timestamp::from_millis(1_795_396_080_000);
        for (age, told) in [
            (-5 * SECOND, "just now"),
            (59 * SECOND, "just now"),
            (MINUTE, "1 min ago"),
            (3 * HOUR + 5 * MINUTE, "3 h ago"),
            (29 * DAY, "29 d ago"),
            (31 * DAY, "2026-10-23"),
        ] {
            let then = Timestamp::from_millis(now.as_millis() - age);
            assert_eq!(ago(then, now, &TimeZone::UTC), told);
            if let Some(change) = changes_at(then, now) {
                let before = Timestamp::from_millis(change.as_millis() - 1);
                assert_ne!(ago(then, change, &TimeZone::UTC), told);
                assert_eq!(ago(then, before, &TimeZone::UTC), told);
            }
        }
    }

    #[test]
    fn a_day_is_told_without_its_year() {
        let today = Day::of(Timestamp::from_millis(1_795_396_080_000));
        assert_eq!([0, 2, 23].map(|days| day(today.before(days))), ["23 Nov", "21 Nov", "31 Oct"]);
    }

    #[test]
    fn a_countdown_ends_with_one() {
        let at = Timestamp::from_millis;
        assert_eq!(
            [10_000, 9_999, 1_000, 1, 0].map(|left| seconds_until(at(left), at(0))),
            [10, 10, 1, 1, 1]
        );
    }
}
