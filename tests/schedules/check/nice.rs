//! Owns schedules in which the threads that hash hardly come to run, as threads of low priority may. Must not know what
//! else runs.

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

/// For how many steps at most they do not run where another can.
const STEPS: usize = 4_000;

/// By how many more in each schedule than in the one before. Prime to the above, so that each number comes up.
const STRIDE: usize = 1_237;

/// Another scheduler's choice among the other threads, for a number of steps that differs from schedule to schedule.
#[derive(Debug)]
pub(crate) struct Nice<S> {
    choice: S,
    /// For how many steps in this schedule.
    steps: usize,
    left: usize,
}

impl<S> Nice<S> {
    pub(crate) fn new(choice: S) -> Self {
        Self { choice, steps: 0, left: 0 }
    }
}

impl<S: Scheduler> Scheduler for Nice<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.steps = (self.steps + STRIDE) % STEPS;
        self.left = self.steps;
        self.choice.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        let hashes = |task: &Task| task.name().is_some_and(|name| name.starts_with("hashing-"));
        let others: Vec<&Task> = runnable.iter().filter(|task| !hashes(task)).copied().collect();
        if self.left > 0 && !others.is_empty() {
            self.left -= 1;
            return self.choice.next_task(&others, current, yields);
        }
        self.choice.next_task(runnable, current, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.choice.next_u64()
    }
}
