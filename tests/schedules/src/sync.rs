//! Owns what takes the place of the daemon's `sync`: locks, channels, threads and tasks that stop wherever another thread
//! could come between. Must not be looser than those of the product.

use std::sync::PoisonError as Poisoned;
use std::time::Duration;

pub(crate) use shuttle::sync::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic, mpsc,
};
/// These wake tasks, and the checker decides when those run.
pub(crate) use tokio::sync::{Notify, OnceCell};

/// What a lock says that a panicking thread held.
pub(crate) type PoisonError<T> = Poisoned<T>;

/// Lets others come between. The checker does so by itself at its own locks and channels; at tokio's, this does.
fn pause() {
    shuttle::thread::sleep(Duration::ZERO);
}

/// Threads.
pub(crate) mod thread {
    use std::io;
    use std::num::NonZero;

    pub(crate) use shuttle::thread::{Builder, JoinHandle};

    /// The same on every machine, so that a seed means the same schedule: enough for two threads that hash.
    pub(crate) fn available_parallelism() -> io::Result<NonZero<usize>> {
        const { Ok(NonZero::new(3).expect("three is not zero")) }
    }
}

/// Tasks.
pub(crate) mod task {
    use shuttle::future::JoinHandle;
    pub(crate) use shuttle::future::{JoinError, spawn};

    /// What blocks is a task like any other: whoever waits for it is one too.
    pub(crate) fn spawn_blocking<T: Send + 'static>(
        run: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        spawn(async { run() })
    }
}

/// Time, which stands still.
pub(crate) mod time {
    use std::future::pending;
    use std::time::Duration;

    /// Never wakes: what is kept for a while is kept as long as a schedule lasts.
    pub(crate) async fn sleep(_: Duration) {
        pending::<()>().await;
    }
}

/// tokio's, with a pause before each sending.
pub(crate) mod oneshot {
    use tokio::sync::oneshot;
    pub(crate) use tokio::sync::oneshot::Receiver;

    pub(crate) struct Sender<T>(oneshot::Sender<T>);

    pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = oneshot::channel();
        (Sender(sender), receiver)
    }

    impl<T> Sender<T> {
        pub(crate) fn send(self, value: T) -> Result<(), T> {
            super::pause();
            self.0.send(value)
        }
    }
}

/// tokio's, with a pause before each sending.
pub(crate) mod watch {
    use tokio::sync::watch;
    pub(crate) use tokio::sync::watch::Receiver;

    #[derive(Default)]
    pub(crate) struct Sender<T>(watch::Sender<T>);

    pub(crate) fn channel<T>(first: T) -> (Sender<T>, Receiver<T>) {
        let (sender, receiver) = watch::channel(first);
        (Sender(sender), receiver)
    }

    impl<T> Sender<T> {
        pub(crate) fn send(&self, value: T) -> Result<(), watch::error::SendError<T>> {
            super::pause();
            self.0.send(value)
        }

        pub(crate) fn send_replace(&self, value: T) -> T {
            super::pause();
            self.0.send_replace(value)
        }

        pub(crate) fn subscribe(&self) -> Receiver<T> {
            super::pause();
            self.0.subscribe()
        }
    }
}

/// tokio's, with a pause before each sending.
pub(crate) mod broadcast {
    use tokio::sync::broadcast;
    pub(crate) use tokio::sync::broadcast::Receiver;

    pub(crate) struct Sender<T>(broadcast::Sender<T>);

    impl<T: Clone> Sender<T> {
        pub(crate) fn new(waiting: usize) -> Self {
            Self(broadcast::Sender::new(waiting))
        }

        pub(crate) fn send(&self, value: T) -> Result<usize, broadcast::error::SendError<T>> {
            super::pause();
            self.0.send(value)
        }

        pub(crate) fn subscribe(&self) -> Receiver<T> {
            super::pause();
            self.0.subscribe()
        }
    }
}
