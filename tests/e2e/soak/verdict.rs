//! Owns what a long load comes to: a line for each part, and at the end whether memory and latency are flat. Must not look at
//! the daemon itself.

use std::time::Duration;

use super::look::{Look, Rows};
use super::tally::{Counted, Kind};

/// What stands above the lines.
pub(super) const HEAD: &str = "     s  verified  changed  listed  heard    bad  p50 µs  p99 µs   RSS KiB  anon KiB  fds   store KiB  journal KiB  entries";

/// How much anonymous memory may grow besides what the files have grown, whose pages are kept in memory up to the caches'
/// sizes. KiB.
const GROWTH: f64 = 4096.0;

/// How much longer half of the warm verifications may take towards the end than towards the beginning. On a machine that does
/// other work as well a factor says more of that.
const SLOWER: f64 = 1.5;

/// Which part of the time is passed over before anything is compared: one in so many.
const WARMING_UP: usize = 6;

/// A part of the load.
#[derive(Clone, Debug)]
pub(super) struct Part {
    at: Duration,
    counted: Counted,
    look: Look,
    entries: u64,
}

impl Part {
    pub(super) fn new(at: Duration, counted: Counted, look: Look, entries: u64) -> Self {
        Self { at, counted, look, entries }
    }

    /// The line of this part; rates are per second, since the part before.
    pub(super) fn line(&self, before: Option<&Self>) -> String {
        let seconds = self.at.saturating_sub(before.map_or(Duration::ZERO, |part| part.at)).as_secs_f64();
        let rate = |kind| {
            let count = self.counted.of.get(&kind).copied().unwrap_or_default();
            f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds
        };
        let Look { resident, anonymous, descriptors, store, journal } = &self.look;
        format!(
            "{:>6.0} {:>9.0} {:>8.0} {:>7.0} {:>6.0} {:>6.0} {:>7.0} {:>7.0} {resident:>9} {anonymous:>9} {:>4} {:>11} {:>12} {:>8}",
            self.at.as_secs_f64(),
            rate(Kind::Verified),
            rate(Kind::Changed),
            rate(Kind::Listed),
            rate(Kind::Heard),
            rate(Kind::Bad),
            self.warm(50),
            self.warm(99),
            descriptors.map_or_else(|| "?".to_owned(), |count| count.to_string()),
            store / 1024,
            journal / 1024,
            self.entries,
        )
    }

    /// So many of 100 warm verifications took no longer. Microseconds.
    fn warm(&self, of_100: usize) -> f64 {
        let rank = (self.counted.warm.len() * of_100).div_ceil(100).max(1);
        self.counted.warm.get(rank - 1).map_or(0.0, |took| took.as_secs_f64() * 1e6)
    }
}

/// What the files have, for how many rows.
pub(super) fn size(store: &Rows, journal: &Rows, entries: u64) -> String {
    let bytes_each = |name| {
        let (rows, bytes) = store.table(name);
        bytes.checked_div(rows).unwrap_or_default()
    };
    format!(
        "the store has {} KiB, {} of them in use: {entries} entries of the audit trail take {} bytes each and {} in the index \
         by key, {} revocations {} each; the journal has {} KiB, {} of them in use",
        store.file / 1024,
        store.used / 1024,
        bytes_each("activity_v1"),
        bytes_each("key_activity_v1"),
        store.rows("revocations_v1"),
        bytes_each("revocations_v1"),
        journal.file / 1024,
        journal.used / 1024,
    )
}

/// Whether what should be flat is.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) told: String,
    pub(super) wrong: Vec<String>,
}

/// Judges the parts of a long load, the first ones left out.
pub(super) fn judge(parts: &[Part]) -> Verdict {
    let parts = &parts[parts.len() / WARMING_UP..];
    let anonymous = points(parts, |part| part.look.anonymous);
    let files = points(parts, |part| (part.look.store + part.look.journal) / 1024);
    let (grown, files) = (growth(&anonymous), growth(&files).max(0.0));
    let third = parts.len().div_ceil(3);
    let typical = |parts: &[Part], of_100| median(parts.iter().map(|part| part.warm(of_100)).collect());
    let (early, late) = (typical(&parts[..third], 50), typical(&parts[parts.len() - third..], 50));
    let (early_99, late_99) = (typical(&parts[..third], 99), typical(&parts[parts.len() - third..], 99));
    let told = format!(
        "anonymous memory grew by {grown:.0} KiB while the files grew by {files:.0} KiB; half of the warm verifications took \
         {early:.0} µs at first and {late:.0} µs at last, 99 of 100 {early_99:.0} and {late_99:.0} µs"
    );
    let mut wrong = Vec::new();
    if grown > GROWTH + files {
        wrong.push(format!("memory grew by {grown:.0} KiB, the files by {files:.0}"));
    }
    if late > early * SLOWER {
        wrong.push(format!("warm verifications went from {early:.0} to {late:.0} µs"));
    }
    Verdict { told, wrong }
}

fn points(parts: &[Part], of: impl Fn(&Part) -> u64) -> Vec<(f64, f64)> {
    let number = |value: u64| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    parts.iter().map(|part| (part.at.as_secs_f64(), number(of(part)))).collect()
}

/// How much the line through the points (least squares) rises from the first to the last.
fn growth(points: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX));
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (mut together, mut alone) = (0.0, 0.0);
    for point in points {
        together += (point.0 - x) * (point.1 - y);
        alone += (point.0 - x).powi(2);
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return 0.0 };
    if alone == 0.0 { 0.0 } else { together / alone * (last.0 - first.0) }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Parts of a load in which memory and latency go as told, in steps.
#[cfg(test)]
fn parts(
    anonymous: impl Fn(u64) -> u64,
    store: impl Fn(u64) -> u64,
    micros: impl Fn(u64) -> u64,
) -> Vec<Part> {
    let part = |n: u64| {
        let look = Look { anonymous: anonymous(n), store: store(n) * 1024, ..Look::default() };
        let counted = Counted { warm: vec![Duration::from_micros(micros(n)); 100], ..Counted::default() };
        Part::new(Duration::from_secs(10 * (n + 1)), counted, look, n)
    };
    (0..30).map(part).collect()
}

#[test]
fn memory_that_grows_by_itself_is_found_and_that_of_pages_of_the_files_is_not() {
    let flat = |_| 100;
    assert_eq!(judge(&parts(|n| 20_000 + n % 3, flat, flat)).wrong.len(), 0);
    assert_eq!(judge(&parts(|n| 20_000 + 400 * n, flat, flat)).wrong.len(), 1);
    assert_eq!(judge(&parts(|n| 20_000 + 400 * n, |n| 400 * n, flat)).wrong.len(), 0);
    // What is reached while all gets warm is no growth.
    assert_eq!(judge(&parts(|n| 20_000 + 9_000 * n.min(4), flat, flat)).wrong.len(), 0);
}

#[test]
fn latency_that_grows_is_found() {
    let flat = |_| 100;
    assert_eq!(judge(&parts(flat, flat, |n| 100 + n)).wrong.len(), 0);
    assert_eq!(judge(&parts(flat, flat, |n| 100 + 5 * n)).wrong.len(), 1);
}
