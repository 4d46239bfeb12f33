//! Owns what the measures of whole processes start from: the tests' harness, stores of many keys, what becomes of many times.
//! Must not measure.
#![allow(dead_code, unused_imports, reason = "each measure takes of it what it needs")]

#[path = "../../../../tests/e2e/harness/mod.rs"]
pub(crate) mod harness;
mod seeded;
mod times;

pub(crate) use seeded::fill;
pub(crate) use times::Times;

/// KiB as MiB.
pub(crate) fn mib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap()) / 1024.0
}
