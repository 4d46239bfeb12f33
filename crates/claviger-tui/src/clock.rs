//! Owns reading the time. Must not be used by the state, which is told the time.

use std::time::Duration;

use claviger_api::Timestamp;

/// What time it is.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// What time it will be after a pause.
pub(crate) fn after(pause: Duration) -> Timestamp {
    let ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now().as_millis().saturating_add(ms))
}
