//! Owns how long something took, for a line of the log that is written. Must not read the clock for one that is not.

use std::time::{Duration, Instant};

/// Runs where its line will be written, and else does nothing.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Option<Instant>);

/// Starts a [`Stopwatch`] where this level is enabled at the place of the call.
macro_rules! stopwatch {
    ($level:ident) => {
        $crate::service::Stopwatch::started_if(tracing::enabled!(tracing::Level::$level))
    };
}
pub(crate) use stopwatch;

impl Stopwatch {
    /// Starts where somebody will read it.
    #[must_use]
    pub fn started_if(is_read: bool) -> Self {
        Self(is_read.then(Instant::now))
    }

    /// Milliseconds since it started.
    #[must_use]
    pub fn ms(self) -> Option<u64> {
        self.since(Duration::as_millis)
    }

    /// Microseconds since it started.
    #[must_use]
    pub fn us(self) -> Option<u64> {
        self.since(Duration::as_micros)
    }

    fn since(self, unit: impl FnOnce(&Duration) -> u128) -> Option<u64> {
        self.0.map(|start| u64::try_from(unit(&start.elapsed())).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_reads_is_not_measured() {
        assert_eq!(Stopwatch::started_if(false).us(), None);
        let running = Stopwatch::started_if(true);
        assert!(running.us() >= running.ms().map(|ms| ms * 1000));
    }
}
