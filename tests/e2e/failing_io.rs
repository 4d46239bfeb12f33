//! Owns the test in which each kind of call to the operating system fails once in each of a real daemon's threads, which
//! strace counts apart: `just failing-io`. Must not be what every test run holds the service to: that is among the daemon's
//! own tests.

use std::fs;
use std::process::Command;

use crate::harness::{Home, effort, tell};
use crate::writer::{Step, Writer};

const CALLS: [&str; 4] = ["pwrite64", "fdatasync", "ftruncate", "openat"];
const ERRORS: [&str; 2] = ["EIO", "ENOSPC"];
/// How often each kind of call is failed at most.
const TIMES: usize = 60;
/// How many changes are asked for each time.
const CHANGES: usize = 12;

/// What happened in one life of a daemon of which one call failed.
#[derive(Default)]
struct Life {
    has_failed: bool,
    has_started: bool,
    refused: usize,
}

fn live(call: &str, error: &str, when: usize) -> Life {
    let what = format!("{call} {when} fails with {error}");
    let mut home = Home::new();
    home.log_level = "info";
    let log = home.path("strace");
    let injected = format!("inject={call}:error={error}:when={when}");
    let strace = ["strace", "-D", "-f", "-qq", "-o", log.to_str().unwrap(), "-e"];
    let trace = format!("trace={call}");
    let under = strace.iter().copied().chain([trace.as_str(), "-e", &injected]).map(str::to_owned);
    home.under = under.collect();
    let mut life = Life::default();
    let mut writer = Writer::new(0);
    let mut are_connected = false;
    if let Some(process) = home.start_if_it_can() {
        life.has_started = true;
        are_connected = ["a", "b"].iter().all(|id| {
            let account = serde_json::json!({"name": id, "id": id});
            home.admin().call("accounts.connect", &account).is_ok()
        });
        for _ in 0..CHANGES {
            match writer.step(&home.admin()) {
                Step::Answered => {}
                Step::Refused(_) => life.refused += 1,
                Step::Lost => panic!("{what}: the daemon is gone: {}", home.log_text()),
            }
            if writer.is_in_doubt() {
                break;
            }
        }
        drop(process);
    }
    life.has_failed = fs::read_to_string(&log).unwrap_or_default().contains("(INJECTED)");
    assert!(!home.log_text().contains("panicked"), "{what}: {}", home.log_text());
    // Without it: what was answered is there, and everything works.
    home.under.clear();
    let daemon = home.start();
    if are_connected {
        writer.look(&daemon);
    }
    daemon.create_for_all("after");
    life
}

#[test]
#[ignore = "needs strace, and takes minutes: just failing-io"]
fn whichever_call_to_the_operating_system_fails_once_no_success_is_false() {
    let strace = Command::new("strace").arg("--version").output();
    assert!(strace.is_ok_and(|done| done.status.success()), "this needs strace");
    let times = effort("CLAVIGER_FAILURES", TIMES);
    let (mut failed, mut vain_starts, mut refused) = (0, 0, 0);
    for (call, error) in CALLS.iter().flat_map(|call| ERRORS.map(|error| (*call, error))) {
        let mut of_this_kind = 0;
        for when in 1..=times {
            let life = live(call, error, when);
            if !life.has_failed {
                break;
            }
            of_this_kind += 1;
            vain_starts += usize::from(!life.has_started);
            refused += life.refused;
        }
        assert!(of_this_kind > 0, "{call} was never called");
        failed += of_this_kind;
    }
    tell(&format!(
        "{failed} failed calls: {vain_starts} daemons that refused to start, {refused} changes refused, 0 false \
         successes, 0 panics"
    ));
}
