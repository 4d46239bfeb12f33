//! Owns the time: it never runs behind the newest time that the store has.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use claviger_api::Timestamp;

/// A clock that never goes back.
pub struct Clock {
    read: Box<dyn Fn() -> i64 + Send + Sync>,
    newest: AtomicI64,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// Any source of milliseconds since 1970.
    pub fn new(read: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), newest: AtomicI64::new(0) }
    }

    /// Never again answers an earlier time than this.
    pub fn hold(&self, newest: i64) {
        self.newest.fetch_max(newest, Ordering::Relaxed);
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = (self.read)();
        Timestamp::from_millis(now.max(self.newest.fetch_max(now, Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_clock_set_back_stands_still() {
        let time = Arc::new(AtomicI64::new(1000));
        let source = Arc::clone(&time);
        let clock = Clock::new(move || source.load(Ordering::Relaxed));
        assert_eq!(clock.now().as_millis(), 1000);
        time.store(400, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 1000);
        time.store(1001, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 1001);
    }

    #[test]
    fn time_never_runs_behind_what_is_stored() {
        let clock = Clock::new(|| 5);
        clock.hold(70);
        assert_eq!(clock.now().as_millis(), 70);
    }
}
