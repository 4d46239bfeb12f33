//! Owns the test of a mixed load that goes on: whatever is asked at the same time is answered rightly, and nothing grows that
//! has no reason to. `just soak` lets it go on for an hour. Must not ask anything itself.

mod callers;
mod life;
mod listeners;
mod look;
mod mischief;
mod tally;
mod verdict;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Daemon, Home, Minted, effort, soon};
use life::Operator;
use look::{Look, Rows};
use tally::{Kind, Tally};
use verdict::Part;

/// How long the load lasts in every test run. Seconds.
const USUAL: usize = 4;

/// How long a part is, of which a line tells, in a long form. Seconds.
const PART: usize = 10;

/// From how many seconds on times and memory are judged: before, they say nothing.
const JUDGED: usize = 60;

/// How many keys are verified all the time.
const STEADY: usize = 8;

/// How many operators change keys.
const OPERATORS: usize = 2;

/// Accounts that stay.
const ACCOUNTS: [&str; 2] = ["mine", "other"];

/// How many bytes an entry of the audit trail, a key or a death may need, with its indexes and with half-empty pages.
const BYTES_OF_A_ROW: u64 = 256;

/// What the tables need before anything much is in them, and what a file has that has never been needed. Bytes.
const TABLES: u64 = 64 << 10;
const FILE: u64 = 1 << 20;

/// What everybody shares who takes part.
struct World<'a> {
    daemon: &'a Daemon,
    /// Keys that nobody changes, restricted to the first account.
    steady: &'a [Minted],
    tally: &'a Tally,
    /// Set when it is time to end.
    is_over: AtomicBool,
}

impl World<'_> {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Does something again and again until it is time to end, with a pause as people and tools make.
    fn again(&self, pause: Duration, mut act: impl FnMut(usize)) {
        for n in 0.. {
            if !self.goes_on() {
                return;
            }
            act(n);
            sleep(pause);
        }
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "whoever runs the long form reads along")]
fn whatever_is_asked_at_the_same_time_is_answered_rightly_and_nothing_grows_without_a_reason() {
    let seconds = effort("CLAVIGER_SOAK", USUAL);
    let is_long = seconds >= JUDGED;
    let mut home = if is_long { Home::with_costly_hashing() } else { Home::new() };
    home.log_level = "warn";
    let mut daemon = home.start();
    for account in ACCOUNTS {
        daemon.connect(account);
    }
    let steady: Vec<Minted> =
        (0..STEADY).map(|n| daemon.create_for(&format!("steady {n}"), &ACCOUNTS[..1])).collect();
    let before = Look::at(&daemon);
    let tally = Tally::default();
    let mut operators: Vec<Operator> = (0..OPERATORS).map(Operator::new).collect();
    let part = Duration::from_secs(u64::try_from(if is_long { PART } else { 1 }).unwrap());
    println!("{}", verdict::HEAD);
    let parts = load(&daemon, &steady, &tally, &mut operators, seconds, part);

    let changes = u64::try_from(ACCOUNTS.len() + STEADY).unwrap() + tally.of(Kind::Changed);
    assert_eq!(daemon.revision(), changes, "no change without its answer");
    soon("the descriptors are as many as before", || {
        Look::at(&daemon).descriptors.is_none_or(|count| Some(count) <= before.descriptors)
    });
    let living = operators.iter().map(Operator::living).sum::<u64>() + u64::try_from(STEADY).unwrap();
    assert_eq!(daemon.admin.ok("system.status", &json!({}))["keys"], living);
    assert_eq!(daemon.stop(), 0);

    let [store, journal] = [daemon.home.store(), daemon.home.journal()].map(|path| Rows::of(&path));
    assert_eq!((store.rows("activity_v1"), store.rows("keys_v1")), (changes, living));
    assert_eq!(store.rows("revocations_v1"), journal.rows("revocations_v1"), "the journal knows what died");
    let rows = changes + living + store.rows("revocations_v1");
    println!("{}", verdict::size(&store, &journal, changes));
    for file in [&store, &journal] {
        assert!(
            file.used <= TABLES + rows * BYTES_OF_A_ROW,
            "{} bytes are in use for {rows} rows",
            file.used
        );
        // redb takes as much again as a file has when it needs more.
        assert!(file.file <= FILE + 3 * file.used, "{} bytes for {} in use", file.file, file.used);
    }
    if is_long {
        let verdict = verdict::judge(&parts);
        println!("{}", verdict.told);
        assert!(verdict.wrong.is_empty(), "{}", verdict.wrong.join("; "));
    }
}

/// Lets everybody ask for so long, and looks at the daemon after each part.
#[allow(clippy::print_stdout, reason = "whoever runs the long form reads along")]
fn load(
    daemon: &Daemon,
    steady: &[Minted],
    tally: &Tally,
    operators: &mut [Operator],
    seconds: usize,
    part: Duration,
) -> Vec<Part> {
    // Those who listen end first, while there still are changes to hear of.
    let world = || World { daemon, steady, tally, is_over: AtomicBool::new(false) };
    let (changing, asking) = (&world(), &world());
    let mut parts = Vec::new();
    scope(|scope| {
        for operator in operators {
            scope.spawn(move || operator.lead(changing));
        }
        let asks: [fn(&World<'_>); 6] = [
            callers::by_websocket,
            callers::by_post,
            callers::by_authorize,
            listeners::listen,
            listeners::read,
            mischief::make,
        ];
        let askers: Vec<_> = asks.map(|ask| scope.spawn(move || ask(asking))).into();
        let (begun, during) = (Instant::now(), Duration::from_secs(u64::try_from(seconds).unwrap()));
        // Whoever has ended by himself has found something wrong, which is told when he is joined.
        while begun.elapsed() < during && !askers.iter().any(std::thread::ScopedJoinHandle::is_finished) {
            sleep(part.min(during.saturating_sub(begun.elapsed())));
            let part = Part::new(begun.elapsed(), tally.take(), Look::at(daemon), daemon.revision());
            println!("{}", part.line(parts.last()));
            parts.push(part);
        }
        asking.is_over.store(true, Ordering::Relaxed);
        let ended: Vec<_> = askers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        changing.is_over.store(true, Ordering::Relaxed);
        for one in ended {
            if let Err(found) = one {
                std::panic::resume_unwind(found);
            }
        }
    });
    parts
}
