//! Owns the times of a verification in process, with few keys and with many: what the socket adds is another measure. Must
//! not judge them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use claviger_api::id::PresentedAccountId;
use claviger_bench::in_process::{change, verify_presented};
use claviger_bench::kind::Kind;
use claviger_bench::seed::{cheap, seed};
use claviger_daemon::service::Verdict;
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

/// How many keys, unless the environment says otherwise.
const KEYS: [usize; 2] = [1_000, 100_000];

/// Where the environment says it: numbers with commas between them.
const VARIABLE: &str = "CLAVIGER_BENCH_KEYS";

fn in_process(criterion: &mut Criterion) {
    let told = std::env::var(VARIABLE).ok();
    let sizes =
        told.map_or(KEYS.to_vec(), |told| told.split(',').map(|keys| keys.trim().parse().unwrap()).collect());
    for keys in sizes {
        let directory = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let data = directory.path().join("data");
        let (service, presentable) = runtime.block_on(seed(&data, keys, cheap().unwrap())).unwrap();
        let mut group = criterion.benchmark_group(format!("in_process/{keys}"));
        for kind in Kind::ALL {
            let (secrets, account) = presentable.of(kind);
            let account = PresentedAccountId::new(account);
            let mut secrets = secrets.iter().cycle();
            group.bench_function(kind.label().replace(' ', "_"), |bencher| {
                bencher.iter(|| {
                    let secret = black_box(secrets.next().unwrap());
                    let verdict = verify_presented(&service, secret, &account).unwrap();
                    assert_eq!(matches!(verdict, Verdict::Granted(_)), kind == Kind::Valid);
                    verdict
                });
            });
        }
        let (secrets, account) = presentable.of(Kind::Valid);
        let account = PresentedAccountId::new(account);
        group.bench_function("valid_first_since_a_change", |bencher| {
            bencher.iter_custom(|calls| {
                let mut took = Duration::ZERO;
                let mut left = usize::try_from(calls).unwrap();
                while left > 0 {
                    runtime.block_on(change(&service)).unwrap();
                    let some = left.min(secrets.len());
                    let begun = Instant::now();
                    for secret in &secrets[..some] {
                        black_box(verify_presented(&service, black_box(secret), &account).unwrap());
                    }
                    took += begun.elapsed();
                    left -= some;
                }
                took
            });
        });
        group.finish();
        runtime.block_on(service.finish());
    }
}

criterion_group!(benches, in_process);
criterion_main!(benches);
