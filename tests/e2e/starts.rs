//! Owns the tests of many daemons that start at once: one wins, and no loser takes anything of the winner's away. `just
//! starts` starts 100. Must not test a single start.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{Home, effort, soon, tell};
use crate::sockets::identity;

const STARTS: usize = 8;

/// Starts many at once, and holds them to one winner whose sockets stay where they are.
fn race(home: &Home, starts: usize) -> u32 {
    let mut seen = [BTreeSet::new(), BTreeSet::new()];
    // What stands there before is nobody's.
    let stale = [home.admin(), home.verify()].map(|socket| identity(socket.path()));
    let running = home.race(starts, || {
        for ((socket, seen), stale) in [home.admin(), home.verify()].iter().zip(&mut seen).zip(&stale) {
            seen.extend(identity(socket.path()).filter(|found| Some(found) != stale.as_ref()));
        }
    });
    assert_eq!(running.len(), 1, "no daemon won: {}", home.log_text());
    soon("the winner answers", || home.admin().answers() && home.verify().answers());
    let pid = running[0].id();
    assert_eq!(home.admin().ok("system.status", &json!({}))["pid"], pid);
    for (socket, mut seen) in [home.admin(), home.verify()].iter().zip(seen) {
        seen.extend(identity(socket.path()));
        assert_eq!(seen.len(), 1, "{} was bound more than once", socket.path().display());
    }
    pid
}

#[test]
fn of_many_daemons_started_at_once_one_wins_and_answers() {
    let starts = effort("CLAVIGER_STARTS", STARTS);
    let mut home = Home::new();
    home.log_level = "info";
    race(&home, starts);
    // The winner was killed and has left its sockets behind.
    assert!(!home.admin().answers() && home.admin().path().exists());
    race(&home, starts);
    tell(&format!("{starts} starts at once, without a store and on stale sockets: one winner each time"));
}

#[test]
fn those_who_come_late_leave_the_one_that_serves_alone() {
    let starts = effort("CLAVIGER_STARTS", STARTS);
    let mut home = Home::new();
    home.log_level = "info";
    let daemon = home.start();
    let sockets = || [&daemon.admin, &daemon.verify].map(|socket| identity(socket.path()));
    let before = sockets();
    let mut is_served = true;
    let late = daemon.home.race_in_vain(starts, || is_served &= daemon.admin.answers());
    assert_eq!(late, starts);
    assert!(is_served, "the daemon did not answer while others tried to start");
    assert_eq!(sockets(), before);
}
