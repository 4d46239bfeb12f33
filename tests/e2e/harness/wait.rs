//! Owns waiting: on a condition, with a deadline. Must not be used to hope that a fixed time is enough.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a test waits for anything before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `probe` gives something.
pub(crate) fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {} s in vain until {what}", PATIENCE.as_secs());
        sleep(Duration::from_millis(4));
    }
}

/// Waits until `probe` is true.
pub(crate) fn soon(what: &str, mut probe: impl FnMut() -> bool) {
    eventually(what, || probe().then_some(()));
}
