//! Owns the measures of the interface in `docs/performance.md`: what a frame, a press and the daemon's news cost with
//! 100, 100,000 and a million keys. Must not judge them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use claviger_tui::bench::{KeyCode, Rehearsal, Snapshot};
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};

/// How many keys, the few first.
const KEYS: [usize; 3] = [100, 100_000, 1_000_000];
const ACCOUNTS: usize = 50;
/// A screen with all panes.
const SCREEN: (u16, u16) = (160, 50);

fn live(keys: usize) -> Rehearsal {
    Rehearsal::live(Snapshot::of(keys, ACCOUNTS), SCREEN)
}

/// Measures the same with few and with many keys.
fn measure(criterion: &mut Criterion, name: &str, each: impl Fn(&mut BenchmarkGroup<'_, WallTime>, usize)) {
    let mut group = criterion.benchmark_group(name);
    brief(&mut group);
    for keys in KEYS {
        each(&mut group, keys);
    }
    group.finish();
}

/// All of it takes some minutes.
fn brief(group: &mut BenchmarkGroup<'_, WallTime>) {
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400));
}

/// What the state of an interface takes, by what the process has more once it is there.
fn memory(_: &mut Criterion) {
    for keys in KEYS {
        let before = resident_kib();
        let rehearsal = live(keys);
        println!("memory/{keys} {} KiB", resident_kib() - before);
        drop(rehearsal);
    }
}

/// Memory of this process that is in use, from `/proc/self/status`.
fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn frames(criterion: &mut Criterion) {
    measure(criterion, "frame", |group, keys| {
        let mut rehearsal = live(keys);
        group.bench_function(keys.to_string(), |bencher| bencher.iter(|| rehearsal.frame()));
    });
    measure(criterion, "frame_filtered", |group, keys| {
        let mut rehearsal = live(keys);
        rehearsal.type_in("/work sav");
        group.bench_function(keys.to_string(), |bencher| bencher.iter(|| rehearsal.frame()));
    });
    measure(criterion, "frame_accounts", |group, keys| {
        let mut rehearsal = live(keys);
        rehearsal.type_in("2");
        group.bench_function(keys.to_string(), |bencher| bencher.iter(|| rehearsal.frame()));
    });
}

fn presses(criterion: &mut Criterion) {
    measure(criterion, "press_down", |group, keys| {
        let mut rehearsal = live(keys);
        let mut down = true;
        group.bench_function(keys.to_string(), |bencher| {
            bencher.iter(|| {
                down = !down;
                rehearsal.press(if down { KeyCode::Down } else { KeyCode::End });
                black_box(rehearsal.changes_at())
            });
        });
    });
    measure(criterion, "press_order", |group, keys| {
        let mut rehearsal = live(keys);
        group.bench_function(keys.to_string(), |bencher| bencher.iter(|| rehearsal.type_in("o")));
    });
    // A letter of every name, one that only accounts have, and one that nothing has: what is asked of each key grows.
    for (name, before, typed) in [
        ("filter_first", "/", 'w'),
        ("filter_first_by_account", "/", 'v'),
        ("filter_first_without_a_match", "/", '#'),
        ("filter_next", "/w", 'o'),
    ] {
        measure(criterion, name, |group, keys| {
            let mut rehearsal = live(keys);
            group.bench_function(keys.to_string(), |bencher| {
                bencher.iter_custom(|times| {
                    let mut spent = Duration::ZERO;
                    for _ in 0..times {
                        rehearsal.press(KeyCode::Esc);
                        rehearsal.type_in(before);
                        let start = Instant::now();
                        rehearsal.press(KeyCode::Char(typed));
                        spent += start.elapsed();
                        assert_eq!(rehearsal.rows() > 0, typed != '#');
                    }
                    spent
                });
            });
        });
    }
}

/// A dialog that lists as many accounts as there are keys elsewhere: few, and far more than anybody has.
fn dialogs(criterion: &mut Criterion) {
    for (name, before, press) in [
        ("dialog_open", "", 'n'),
        ("dialog_filter_first", "nx\t \t/", 'c'),
        ("dialog_filter_next", "nx\t \t/c", 'h'),
    ] {
        let mut group = criterion.benchmark_group(name);
        brief(&mut group);
        for accounts in [50, 5_000] {
            let mut rehearsal = Rehearsal::live(Snapshot::of(100, accounts), SCREEN);
            group.bench_function(accounts.to_string(), |bencher| {
                bencher.iter_custom(|times| {
                    let mut spent = Duration::ZERO;
                    for _ in 0..times {
                        rehearsal.type_in(before);
                        let start = Instant::now();
                        rehearsal.press(KeyCode::Char(press));
                        rehearsal.frame();
                        spent += start.elapsed();
                        assert_eq!(rehearsal.dialogs(), 1);
                        while rehearsal.dialogs() > 0 {
                            rehearsal.press(KeyCode::Esc);
                        }
                    }
                    spent
                });
            });
        }
        group.finish();
    }
}

fn news(criterion: &mut Criterion) {
    for (name, before) in
        [("news_changed", ""), ("news_changed_filtered", "/work"), ("news_changed_by_use", "oo")]
    {
        measure(criterion, name, |group, keys| {
            let mut rehearsal = live(keys);
            rehearsal.type_in(before);
            group
                .bench_function(keys.to_string(), |bencher| bencher.iter(|| rehearsal.hear_change(keys / 3)));
        });
    }
    for (name, uses) in [("news_used_1", 1), ("news_used_all", usize::MAX)] {
        measure(criterion, name, |group, keys| {
            let mut rehearsal = live(keys);
            rehearsal.type_in("oo");
            group.bench_function(keys.to_string(), |bencher| {
                bencher.iter(|| rehearsal.hear_uses(uses.min(keys)));
            });
        });
    }
    measure(criterion, "news_snapshot", |group, keys| {
        let snapshot = Snapshot::of(keys, ACCOUNTS);
        let mut rehearsal = live(keys);
        group.sample_size(10);
        group.bench_function(keys.to_string(), |bencher| {
            bencher.iter_batched(
                || snapshot.clone(),
                |snapshot| rehearsal.hear(snapshot),
                BatchSize::PerIteration,
            );
        });
    });
}

criterion_group!(interface, memory, frames, presses, dialogs, news);
criterion_main!(interface);
