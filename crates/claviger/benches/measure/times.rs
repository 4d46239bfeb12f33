//! Owns how long something took each time that it was done, and what that comes to. Must not take the time.

use std::time::Duration;

/// Times, shortest first.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The least that so many of 100 do not exceed; of 0 the shortest, of 100 the longest. Milliseconds; 0 where there are none.
    pub(crate) fn within(&self, of_100: usize) -> f64 {
        let rank = (self.0.len() * of_100).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }
}

impl From<Vec<Duration>> for Times {
    fn from(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        Self::from(Vec::from_iter(times))
    }
}
