//! Owns the ticks by which a connection looks whether its time is over. Must not tick while there is none, nor know what is
//! late.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::sleep;

/// How far ticks are apart: as much later than its deadline a connection may end.
const TICK: Duration = Duration::from_secs(1);

/// Ticks for all connections, made elsewhere than where they are served: see `background`.
#[derive(Clone)]
pub struct Ticks(Arc<Pulse>);

#[derive(Default)]
struct Pulse {
    tick: Notify,
    listeners: AtomicUsize,
    /// Wakes whoever makes the ticks when the first listener comes.
    wanted: Notify,
}

impl Ticks {
    /// Begins to tick as soon as somebody listens.
    #[must_use]
    pub fn begin(on: &Handle) -> Self {
        let pulse = Arc::<Pulse>::default();
        on.spawn(beat(Arc::clone(&pulse)));
        Self(pulse)
    }

    /// Listens until that is dropped.
    pub(super) fn listen(&self) -> Listening {
        self.0.listeners.fetch_add(1, Ordering::Relaxed);
        self.0.wanted.notify_one();
        Listening(Arc::clone(&self.0))
    }
}

async fn beat(pulse: Arc<Pulse>) {
    loop {
        pulse.wanted.notified().await;
        while pulse.listeners.load(Ordering::Relaxed) > 0 {
            sleep(TICK).await;
            pulse.tick.notify_waiters();
        }
    }
}

/// Somebody who hears the ticks.
pub(super) struct Listening(Arc<Pulse>);

impl Listening {
    /// Waits for the next tick from now on.
    pub(super) fn tick(&self) -> Notified<'_> {
        self.0.tick.notified()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn there_are_ticks_while_somebody_listens_and_none_else() {
        let ticks = Ticks::begin(&Handle::current());
        for _ in 0..2 {
            let listening = ticks.listen();
            for _ in 0..3 {
                let before = Instant::now();
                listening.tick().await;
                assert_eq!(before.elapsed(), TICK);
            }
            let tick = ticks.0.tick.notified();
            drop(listening);
            // One that was under way may still come.
            let _ = timeout(TICK * 2, tick).await;
            assert!(timeout(TICK * 100, ticks.0.tick.notified()).await.is_err());
        }
    }
}
