//! Owns the measures of whole processes in `docs/performance.md`: commands that ask a daemon which runs, and a daemon from its
//! start to its first answer. Must not judge them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at the first surprise")]

mod measure;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use measure::harness::{Daemon, DigestKey, Home, PATIENCE};
use measure::{Times, fill};
use serde_json::json;

/// How often each is measured, in turn.
const RUNS: usize = 50;
/// How many keys there are where commands are measured.
const FEW: usize = 5;
/// How many there are where the daemon's start is.
const KEYS: usize = 1_000;
/// How long somebody waits who was not answered yet. Without it he would take a core from the daemon that he waits for.
const PAUSE: Duration = Duration::from_micros(100);

fn main() {
    println!("{:<34} {:>9} {:>9} {:>9}", "measure", "min ms", "median", "p99");
    commands();
    starts();
}

/// Commands from their start to their end, while a daemon runs that has everything in its caches.
fn commands() {
    let mut home = Home::with_costly_hashing();
    home.log_level = "info";
    let daemon = home.start();
    let secrets: Vec<String> = (0..FEW).map(|n| daemon.create_for_all(&format!("key {n}")).secret).collect();
    let secret = format!("{}\n", secrets[0]);
    // The first is the floor: a process that asks nobody.
    let measured: [(&str, &[&str], &str); 4] = [
        ("claviger --version", &["--version"], ""),
        ("claviger verify", &["verify"], &secret),
        ("claviger status", &["status"], ""),
        ("claviger keys list", &["keys", "list"], ""),
    ];
    let mut taken = measured.map(|_| Vec::new());
    for run in 0..=RUNS {
        for ((_, arguments, input), taken) in measured.iter().zip(&mut taken) {
            let took = whole(&daemon, arguments, input);
            // What the first ones read from the disk, all others have in memory.
            if run > 0 {
                taken.push(took);
            }
        }
    }
    for ((name, ..), taken) in measured.iter().zip(taken) {
        tell(name, taken);
    }
}

/// A command that must succeed, from its start to its end, without waiting for it in intervals.
fn whole(daemon: &Daemon, arguments: &[&str], input: &str) -> Duration {
    let mut command = daemon.home.command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    // One that never reads may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let status = child.wait().unwrap();
    let took = began.elapsed();
    assert!(status.success(), "{arguments:?} ended with {status}");
    took
}

/// The daemon from its start to its first answer, as its settings are by themselves, so that digests are kept.
fn starts() {
    let mut home = Home::with_costly_hashing();
    fs::write(home.config(), "").unwrap();
    home.log_level = "info";
    fill(&home, KEYS, |n| format!("service {n:04}"));
    let mut daemon = home.start();
    let _key = DigestKey::of(&daemon);
    daemon.stop();
    let (mut stopped, mut killed) = (Vec::new(), Vec::new());
    for n in 0..RUNS {
        let (took, mut running) = first_answer(&daemon.home);
        stopped.push(took);
        // So that there is something to repair.
        daemon.admin.ok("accounts.connect", &json!({"name": format!("before a kill {n}")}));
        running.0.kill().unwrap();
        drop(running);
        let (took, mut running) = first_answer(&daemon.home);
        killed.push(took);
        daemon.admin.ok("accounts.connect", &json!({"name": format!("before a stop {n}")}));
        daemon.admin.ok("system.stop", &json!({}));
        assert!(running.0.wait().unwrap().success());
    }
    tell("first answer, after a stop", stopped);
    tell("first answer, after kill -9", killed);
}

/// A daemon that does not outlive its measure.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// From starting the executable to the first answer, by somebody who tries again and again.
fn first_answer(home: &Home) -> (Duration, Running) {
    let log = OpenOptions::new().append(true).open(&home.log).unwrap();
    let mut command = home.daemon_command();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    let verify = home.verify();
    let began = Instant::now();
    let mut running = Running(command.spawn().unwrap());
    while !verify.answers() {
        let goes_on = began.elapsed() < PATIENCE && running.0.try_wait().unwrap().is_none();
        assert!(goes_on, "the daemon does not answer: {}", home.log_text());
        sleep(PAUSE);
    }
    (began.elapsed(), running)
}

/// Milliseconds. Of 50 the one that 99 of 100 do not exceed is the longest.
fn tell(what: &str, taken: Vec<Duration>) {
    let taken = Times::from(taken);
    println!("{what:<34} {:>9.2} {:>9.2} {:>9.2}", taken.within(0), taken.within(50), taken.within(99));
}
