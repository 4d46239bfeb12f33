//! Owns the test of kill -9 while several writers write: whatever was answered is there after it. `just kills` kills
//! 1,000 times. Must not damage a store in any other way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{Daemon, Home, effort, soon, tell};
use crate::writer::{Step, Writer};

const KILLS: usize = 8;
const WRITERS: usize = 4;

/// Lets the writers write and kills the daemon under them, at a moment that nobody knows. Gives how many changes were
/// answered.
fn kill_in_the_middle(daemon: &mut Daemon, writers: &mut [Writer]) -> usize {
    let answered = AtomicUsize::new(0);
    let goal = rand::random_range(0..24);
    let pause = Duration::from_micros(rand::random_range(0..4000));
    thread::scope(|scope| {
        for writer in writers {
            let (answered, admin) = (&answered, daemon.admin.clone());
            scope.spawn(move || {
                loop {
                    match writer.step(&admin) {
                        Step::Answered => answered.fetch_add(1, Ordering::Relaxed),
                        Step::Refused(error) => panic!("{}", error.raw),
                        Step::Lost => return,
                    };
                }
            });
        }
        soon("some changes are answered", || answered.load(Ordering::Relaxed) >= goal);
        thread::sleep(pause);
        kill_process(Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap(), Signal::KILL).unwrap();
    });
    daemon.kill9();
    answered.into_inner()
}

#[test]
fn nothing_that_was_answered_is_lost_when_writers_are_killed_in_the_middle() {
    let kills = effort("CLAVIGER_KILLS", KILLS);
    let mut home = Home::new();
    home.log_level = "info";
    let mut daemon = home.start();
    daemon.connect("a");
    daemon.connect("b");
    let mut writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
    let (mut all, mut unanswered, mut slowest) = (0, 0, Duration::ZERO);
    for _ in 0..kills {
        let before = daemon.revision();
        let answered = kill_in_the_middle(&mut daemon, &mut writers);
        let began = Instant::now();
        daemon.start_again();
        slowest = slowest.max(began.elapsed());
        let made = writers.iter_mut().filter(|writer| writer.is_in_doubt()).count();
        let more = writers.iter_mut().map(|writer| usize::from(writer.look(&daemon))).sum::<usize>();
        assert!(more <= made);
        // No change without its revision and its entry, and neither without a change.
        let revision = daemon.revision();
        assert_eq!(revision, before + u64::try_from(answered + more).unwrap());
        let newest = daemon.admin.ok("activity.list", &json!({"limit": 1}))["entries"][0]["seq"].clone();
        assert_eq!(newest, revision);
        (all, unanswered) = (all + answered, unanswered + more);
    }
    tell(&format!(
        "{kills} kills, {all} changes answered and none lost, {unanswered} made without an answer; the slowest restart \
         took {} ms to its first answer",
        slowest.as_millis()
    ));
}
