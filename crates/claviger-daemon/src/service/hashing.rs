//! Owns the threads that hash: few, of low priority, behind a bounded queue that uids share. Must not know what is hashed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Error;
use super::fair_queue::{FairQueue, Placed};
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError, thread};
use crate::token::HashMemory;

/// How many jobs may wait.
pub const WAITING_JOBS: usize = 64;

/// How much nicer the threads are than those that answer (nice(2)).
const NICENESS: i32 = 10;

/// What a job is given when it ends its waiting: the memory to hash in, or [`Error::Busy`] where it has no place, or
/// gave it up to a uid that has fewer.
pub(super) type Turn<'a> = Result<&'a mut HashMemory, Error>;

type Job = Box<dyn FnOnce(Turn<'_>) + Send>;

/// Threads that hash: one fewer than there are cores, at least one, each with memory that it keeps.
pub(super) struct HashingPool(Arc<Jobs>);

/// What the threads take from.
struct Jobs {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

struct Waiting {
    queue: FairQueue<Job>,
    is_closed: bool,
}

impl HashingPool {
    /// Starts the threads. They end when the pool is dropped and its jobs are done.
    ///
    /// # Errors
    /// The operating system gave no thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let queue = FairQueue::new(WAITING_JOBS);
        let jobs = Jobs { waiting: Mutex::new(Waiting { queue, is_closed: false }), changed: Condvar::new() };
        let pool = Self(Arc::new(jobs));
        for n in 0..thread_count() {
            let jobs = Arc::clone(&pool.0);
            thread::Builder::new().name(format!("hashing-{n}")).spawn(move || work(&jobs))?;
        }
        Ok(pool)
    }

    /// Puts a uid's job into the queue. It is called once in any case: when its turn comes, also when nobody waits for
    /// its result any more, so that a caller who hangs up frees nothing early; or at once or later with
    /// [`Error::Busy`]. It must not call the pool.
    pub(super) fn submit(&self, uid: u32, job: impl FnOnce(Turn<'_>) + Send + 'static) {
        let placed = self.0.lock().queue.push(uid, Box::new(job));
        match placed {
            Placed::Waits => self.0.changed.notify_one(),
            Placed::InsteadOf(job) | Placed::TurnedAway(job) => job(Err(Error::Busy)),
        }
    }
}

impl Drop for HashingPool {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No job runs under the lock, so the queue is whole whatever a job did.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next job; `None` when there will be none.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if let Some(job) = waiting.queue.pop() {
                return Some(job);
            }
            if waiting.is_closed {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn thread_count() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

fn work(jobs: &Jobs) {
    // On Linux a priority is a thread's own. Without permission the threads are merely as nice as the rest.
    let _ = rustix::process::setpriority_process(None, NICENESS);
    let mut memory = HashMemory::default();
    while let Some(job) = jobs.next() {
        // A job that panics loses its own result only: whoever waits for it is told so.
        let _ = catch_unwind(AssertUnwindSafe(|| job(Ok(&mut memory))));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Jobs that keep every thread busy until this is dropped.
    pub(crate) struct Busy {
        _gates: Vec<Sender<()>>,
    }

    /// Keeps every thread of a pool busy. When this returns, all of them are, and nothing waits.
    pub(in super::super) fn occupy(pool: &HashingPool) -> Busy {
        let (started, all_started) = channel();
        let gates = (0..thread_count()).map(|_| {
            let (gate, closed) = channel::<()>();
            let started = started.clone();
            pool.submit(0, move |turn| {
                assert!(turn.is_ok());
                started.send(()).unwrap();
                closed.recv().unwrap_err();
            });
            gate
        });
        let busy = Busy { _gates: gates.collect() };
        for _ in 0..thread_count() {
            all_started.recv().unwrap();
        }
        busy
    }

    /// Hands in jobs of one uid that do nothing.
    pub(in super::super) fn queue_up(pool: &HashingPool, uid: u32, jobs: usize) {
        for _ in 0..jobs {
            pool.submit(uid, |_| ());
        }
    }

    struct Jobs {
        pool: HashingPool,
        done: Sender<(u32, usize, bool)>,
        outcomes: Receiver<(u32, usize, bool)>,
    }

    impl Jobs {
        fn new() -> Self {
            let (done, outcomes) = channel();
            Self { pool: HashingPool::start().unwrap(), done, outcomes }
        }

        /// Hands in a job that tells whose it is, its number, and whether its turn came.
        fn submit(&self, uid: u32, number: usize) {
            let done = self.done.clone();
            self.pool.submit(uid, move |turn| done.send((uid, number, turn.is_ok())).unwrap());
        }

        /// What has become of the jobs so far.
        fn so_far(&self) -> Vec<(u32, usize, bool)> {
            self.outcomes.try_iter().collect()
        }

        /// What becomes of the jobs that wait, when the pool ends.
        fn at_the_end(self) -> Vec<(u32, usize, bool)> {
            drop((self.pool, self.done));
            self.outcomes.iter().collect()
        }
    }

    #[test]
    fn a_full_queue_is_busy_and_what_waits_is_done() {
        let jobs = Jobs::new();
        let busy = occupy(&jobs.pool);
        for number in 0..WAITING_JOBS {
            jobs.submit(1, number);
        }
        assert_eq!(jobs.so_far(), []);
        jobs.submit(1, WAITING_JOBS);
        assert_eq!(jobs.so_far(), [(1, WAITING_JOBS, false)]);
        drop(busy);
        let mut done = jobs.at_the_end();
        done.sort_unstable();
        assert_eq!(done, (0..WAITING_JOBS).map(|number| (1, number, true)).collect::<Vec<_>>());
    }

    #[test]
    fn one_uid_that_fills_the_queue_takes_no_place_from_another() {
        let jobs = Jobs::new();
        let busy = occupy(&jobs.pool);
        queue_up(&jobs.pool, 1, WAITING_JOBS);
        let others = WAITING_JOBS / 2;
        for number in 0..others {
            jobs.submit(2, number);
        }
        assert_eq!(jobs.so_far(), [], "each has a place");
        jobs.submit(2, others);
        assert_eq!(jobs.so_far(), [(2, others, false)], "half of the places and no more");
        drop(busy);
        assert_eq!(jobs.at_the_end().len(), others);
    }

    #[test]
    fn a_job_that_panics_takes_no_thread_along() {
        let jobs = Jobs::new();
        for _ in 0..=thread_count() {
            jobs.pool.submit(1, |turn| drop(turn.map(|_| std::panic::resume_unwind(Box::new(())))));
        }
        jobs.submit(1, 7);
        assert_eq!(jobs.at_the_end(), [(1, 7, true)]);
    }
}
