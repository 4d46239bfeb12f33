//! Owns the threads that hash: few, of low priority, behind a bounded queue. Must not know what is hashed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::oneshot;

use super::Error;
use super::error::FaultId;
use crate::token::HashMemory;

/// How many jobs may wait.
pub const WAITING_JOBS: usize = 64;

/// How much nicer the threads are than those that answer (nice(2)).
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce(&mut HashMemory) + Send>;

/// Threads that hash: one fewer than there are cores, at least one, each with memory that it keeps.
pub(super) struct HashingPool {
    jobs: SyncSender<Job>,
}

impl HashingPool {
    /// Starts the threads. They end when the pool is dropped and its jobs are done.
    ///
    /// # Errors
    /// The operating system gave no thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
        let (jobs, queue) = sync_channel(WAITING_JOBS);
        let queue = Arc::new(Mutex::new(queue));
        for n in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("hashing-{n}")).spawn(move || work(&queue))?;
        }
        Ok(Self { jobs })
    }

    /// Puts a job into the queue. It is done even when nobody waits for its result any more, so a caller that hangs up
    /// frees nothing early.
    ///
    /// # Errors
    /// [`Error::Busy`] when 64 jobs are waiting.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> Result<Hashed<T>, Error> {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            let _ = done.send(job(memory));
        });
        match self.jobs.try_send(job) {
            Ok(()) => Ok(Hashed(result)),
            Err(TrySendError::Full(_)) => Err(Error::Busy),
            Err(TrySendError::Disconnected(_)) => {
                Err(Error::Fault(FaultId::log(&"no hashing thread is left")))
            }
        }
    }
}

/// The result of a job, when it is done.
pub(super) struct Hashed<T>(oneshot::Receiver<T>);

impl<T> Hashed<T> {
    /// Waits for the result.
    ///
    /// # Errors
    /// The job panicked.
    pub(super) async fn wait(self) -> Result<T, Error> {
        self.0.await.map_err(|_| Error::Fault(FaultId::log(&"a hashing job broke off")))
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    // On Linux a priority is a thread's own. Without permission the threads are merely as nice as the rest.
    let _ = rustix::process::setpriority_process(None, NICENESS);
    let mut memory = HashMemory::default();
    loop {
        let job = match queue.lock() {
            Ok(queue) => queue.recv(),
            Err(_) => return,
        };
        let Ok(job) = job else { return };
        // A job that panics loses its own result only: whoever waits for it is told so.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_is_busy_and_what_waits_is_done() {
        let pool = HashingPool::start().unwrap();
        let threads = thread::available_parallelism().unwrap().get().saturating_sub(1).max(1);
        let (started, all_started) = channel();
        let mut gates = Vec::new();
        let mut running = Vec::new();
        for _ in 0..threads {
            let (gate, closed) = channel::<()>();
            let started = started.clone();
            gates.push(gate);
            running.push(
                pool.submit(move |_| {
                    started.send(()).unwrap();
                    closed.recv().unwrap_err();
                })
                .unwrap(),
            );
        }
        for _ in 0..threads {
            all_started.recv().unwrap();
        }
        let waiting: Vec<_> = (0..WAITING_JOBS).map(|n| pool.submit(move |_| n).unwrap()).collect();
        assert_eq!(pool.submit(|_| ()).err(), Some(Error::Busy));
        drop(gates);
        for (n, job) in waiting.into_iter().enumerate() {
            assert_eq!(job.wait().await, Ok(n));
        }
    }
}
