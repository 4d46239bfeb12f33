//! Owns the thread of whatever waits for a time: notes of use, the look whether compacting pays, the watchdog's beats, the
//! ticks of idle connections. Must not answer anybody.
//!
//! A runtime that has a time to wait for arms a timer of the kernel whenever it waits for its sockets, which costs as much as a
//! verification (docs/performance.md). So the runtime of the connections is left without one, as long as nobody is late.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A thread with tasks of its own. It ends, and they with it, before this has been dropped: what they hold is let go of by then,
/// the store above all.
pub(crate) struct Background {
    handle: Handle,
    /// Both are there until this is dropped.
    thread: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system gave none.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("background".into()).spawn(move || {
            // It ends in an error: nobody sends anything.
            let _: Result<(), _> = runtime.block_on(ended);
        })?;
        Ok(Self { handle, thread: Some((end, thread)) })
    }

    /// Where its tasks run.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Runs a task there.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.handle.spawn(task)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.thread.take() {
            drop(end);
            // A task that panicked was told of by the runtime.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn its_tasks_run_and_end_with_it() {
        let background = Background::start().unwrap();
        let (done, is_done) = oneshot::channel();
        background.spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            done.send(()).unwrap();
        });
        is_done.await.unwrap();
        let held = Arc::new(());
        let kept = Arc::clone(&held);
        background.spawn(async move {
            std::future::pending::<()>().await;
            drop(kept);
        });
        drop(background);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
