//! Owns the measures of `docs/performance.md` with a million keys: opening, memory, pages, the whole state, compaction.
//! `CLAVIGER_BENCH_KEYS` has other numbers of keys. Must not judge them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at the first surprise")]

mod measure;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use measure::harness::{Daemon, Home, Memory, Minted, WebSocket, processor_time};
use measure::{Times, fill, mib};
use serde_json::{Value, json};

const KEYS: usize = 1_000_000;
/// How often a start is measured in each way.
const STARTS: usize = 5;
/// How many subscribers sleep over the whole state.
const SLEEPERS: usize = 4;
/// How long the daemon must have done nothing to be at rest.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

fn main() {
    let keys = std::env::var("CLAVIGER_BENCH_KEYS").map_or(KEYS, |text| text.parse().unwrap());
    let mut home = Home::new();
    home.log_level = "info";
    let began = Instant::now();
    fill(&home, keys, |n| format!("service {n:07}"));
    tell("seeding", &format!("{:.0} s", began.elapsed().as_secs_f64()));
    let mut daemon = home.start();
    let probe = daemon.create_for_all("probe");
    let created = bytes(&daemon);
    tell("store, as its keys came", &format!("{} MiB, {} bytes a key", created >> 20, created / keys as u64));
    openings(&mut daemon, "as its keys came");
    compaction(&daemon, &probe);
    let compacted = bytes(&daemon);
    tell("store, compacted", &format!("{} MiB, {} bytes a key", compacted >> 20, compacted / keys as u64));
    openings(&mut daemon, "compacted");

    daemon.restart();
    tell("memory, started", &memory(&daemon));
    pages(&daemon, 100);
    pages(&daemon, 1000);
    tell("memory, after all pages", &memory(&daemon));
    whole_state(&daemon, &probe);
    tell("memory, after the whole state", &memory(&daemon));
    let sleepers: Vec<WebSocket> = (0..SLEEPERS)
        .map(|_| {
            let mut sleeper = WebSocket::open(&daemon.admin);
            sleeper.subscribe("events.subscribe");
            sleeper
        })
        .collect();
    rest(&daemon);
    tell(&format!("memory, {SLEEPERS} subscribers asleep"), &memory(&daemon));
    drop(sleepers);
}

fn tell(what: &str, found: &str) {
    println!("{what:<44} {found}");
}

fn bytes(daemon: &Daemon) -> u64 {
    let found = daemon.home.store().metadata().unwrap();
    found.len().min(found.blocks() * 512)
}

fn memory(daemon: &Daemon) -> String {
    let found = Memory::of(daemon.pid()).unwrap();
    format!(
        "{:.0} MiB resident, {:.0} MiB of it its own, {:.0} MiB at most",
        mib(found.resident),
        mib(found.own),
        mib(found.peak)
    )
}

/// Waits until the daemon does nothing. Then each subscriber who reads nothing has all that is kept for him: how much that is
/// cannot be seen from outside in another way. The daemon's own ticks take less of a processor than is counted between two looks.
fn rest(daemon: &Daemon) {
    let mut before = processor_time(daemon.pid());
    loop {
        thread::sleep(BETWEEN_LOOKS);
        let now = processor_time(daemon.pid());
        if now == before {
            return;
        }
        before = now;
    }
}

/// From starting the executable to its first answer; the median.
fn openings(daemon: &mut Daemon, which: &str) {
    for (after, killed) in [("a stop", false), ("a kill", true)] {
        for (cache, cold) in [("in the cache", false), ("on the disk", true)] {
            let mut times: Vec<f64> = Vec::new();
            for n in 0..STARTS {
                // So that there is something to repair.
                daemon.admin.ok("accounts.connect", &json!({"name": format!("{which} {after} {cache} {n}")}));
                if killed {
                    daemon.kill9();
                } else {
                    daemon.stop();
                }
                if cold && !forget_files() {
                    daemon.start_again();
                    continue;
                }
                let began = Instant::now();
                daemon.start_again();
                times.push(began.elapsed().as_secs_f64());
            }
            times.sort_by(f64::total_cmp);
            let found = times.get(times.len() / 2).map_or("not measured: not root".to_owned(), |median| {
                format!("{median:.2} s, {:.2} to {:.2}", times[0], times[times.len() - 1])
            });
            tell(&format!("open after {after}, {which}, {cache}"), &found);
        }
    }
}

/// Lets the system forget what it has in its cache of files, where we may.
fn forget_files() -> bool {
    Command::new("sync").status().unwrap();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn pages(daemon: &Daemon, limit: usize) {
    let (mut times, mut params) = (Vec::new(), json!({"limit": limit}));
    loop {
        let began = Instant::now();
        let page = daemon.admin.bytes("keys.list", &params);
        times.push(began.elapsed());
        let page: Value = serde_json::from_slice(&page).unwrap();
        match page["result"]["next_cursor"].as_str() {
            Some(next) => params["cursor"] = json!(next),
            None => break,
        }
    }
    tell(&format!("keys.list, a page of {limit}"), &spread(times));
}

fn spread(times: Vec<Duration>) -> String {
    let times = Times::from(times);
    format!(
        "{:.2} ms, 99 of 100 within {:.2} ms, {:.1} ms at most, of {}",
        times.within(50),
        times.within(99),
        times.within(100),
        times.count()
    )
}

/// Verifies again and again while something else goes on.
fn verify_while(daemon: &Daemon, probe: &Minted, what: &str, goes_on: impl FnOnce() + Send) {
    let times = thread::scope(|scope| {
        let other = scope.spawn(goes_on);
        let mut times = Vec::new();
        while !other.is_finished() {
            let began = Instant::now();
            daemon.granted(&probe.secret, None);
            times.push(began.elapsed());
            thread::sleep(Duration::from_millis(1));
        }
        times
    });
    tell(&format!("verification {what}"), &spread(times));
}

fn whole_state(daemon: &Daemon, probe: &Minted) {
    verify_while(daemon, probe, "while nothing else goes on", || thread::sleep(Duration::from_secs(3)));
    verify_while(daemon, probe, "while the whole state is sent", || {
        let mut socket = WebSocket::open(&daemon.admin);
        socket.subscribe("events.subscribe");
        let (began, mut first) = (Instant::now(), None);
        while socket.event()["more"] == true {
            first.get_or_insert(began.elapsed());
        }
        let first = first.unwrap_or_default().as_secs_f64() * 1000.0;
        let whole = began.elapsed().as_secs_f64();
        tell("the whole state", &format!("{first:.1} ms to the first part, {whole:.1} s to the last"));
    });
}

fn compaction(daemon: &Daemon, probe: &Minted) {
    verify_while(daemon, probe, "while the store is compacted", || {
        let began = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(100));
                let began = Instant::now();
                daemon.admin.ok("accounts.connect", &json!({"name": "waits"}));
                tell(
                    "a change that waits for a compaction",
                    &format!("{:.1} s", began.elapsed().as_secs_f64()),
                );
            });
            daemon.admin.ok("system.compact", &json!({}));
        });
        tell("compaction", &format!("{:.1} s", began.elapsed().as_secs_f64()));
    });
}
