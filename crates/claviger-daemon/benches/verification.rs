//! Owns the measures of the daemon's parts in `docs/performance.md`: the tag, a change on the disk, a start. Whole
//! verifications are measured by `claviger-bench`. Must not judge them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use claviger_api::method::ConnectAccount;
use claviger_api::{AccountId, KeyId, Name, Scope, Timestamp};
use claviger_daemon::domain::{Edit, KeyRecord};
use claviger_daemon::service::{Clock, Service};
use claviger_daemon::store::{Author, FILE_NAME, Store};
use claviger_daemon::token::{HashMemory, HashingCost, KeyPrefix, Minted, Presented, SlowHash, TagKey};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

const AUTHOR: Author = Author { uid: 0, pid: None };

fn cheap() -> HashingCost {
    HashingCost::new(8, 1, 1).unwrap()
}

/// A store on disk with an account and a key that is restricted to it.
async fn service(directory: &Path, cost: HashingCost) -> Arc<Service> {
    let store = Store::open(&directory.join(FILE_NAME)).unwrap();
    let service = Service::start(store, Clock::system(), KeyPrefix::default(), cost).unwrap();
    let id = AccountId::parse("acc").unwrap();
    let account = ConnectAccount {
        name: Name::parse("Checking").unwrap(),
        institution: None,
        mask: None,
        kind: None,
        id: Some(id.clone()),
    };
    service.connect_account(AUTHOR, account).await.unwrap();
    let scope: Scope = [id].into_iter().collect();
    service.create_key(AUTHOR, Name::parse("one").unwrap(), scope, None).await.unwrap();
    service
}

fn token(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("token");
    let tags = TagKey::random().unwrap();
    let minted = Minted::random(&KeyPrefix::default(), None).unwrap().secret(&tags, 1);
    let presented = Presented::parse(minted.expose()).unwrap();
    group.bench_function("tag_check", |bencher| bencher.iter(|| tags.check(black_box(&presented), 1)));
    group.finish();
}

fn durable(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let service = runtime.block_on(service(directory.path(), HashingCost::default()));
    let mut group = criterion.benchmark_group("durable");
    group.sample_size(30);
    let mut n = 0_u64;
    group.bench_function("create", |bencher| {
        bencher.iter(|| {
            n += 1;
            let name = Name::parse(&format!("new {n}")).unwrap();
            runtime.block_on(service.create_key(AUTHOR, name, Scope::All, None)).unwrap()
        });
    });
    group.bench_function("rename", |bencher| {
        let id = runtime.block_on(async { service.list_keys(None, claviger_api::page::Limit::default()) });
        let id = id.unwrap().keys[0].id;
        bencher.iter(|| {
            n += 1;
            let name = Name::parse(&format!("renamed {n}")).unwrap();
            runtime.block_on(service.rename_key(AUTHOR, id, name, None)).unwrap()
        });
    });
    group.bench_function("narrow", |bencher| {
        let id = service.list_keys(None, claviger_api::page::Limit::default()).unwrap().keys[0].id;
        let none_but: Scope = [AccountId::parse("acc").unwrap()].into_iter().collect();
        let widen = || runtime.block_on(service.set_key_scope(AUTHOR, id, Scope::All, None)).unwrap();
        let narrow = |_| {
            runtime.block_on(service.set_key_scope(AUTHOR, id, none_but.clone(), None)).unwrap();
        };
        bencher.iter_batched(widen, narrow, BatchSize::PerIteration);
    });
    let mut file = std::fs::File::create(directory.path().join("floor")).unwrap();
    group.bench_function("fdatasync_floor", |bencher| {
        bencher.iter(|| {
            file.write_all(&[0; 4096]).unwrap();
            file.sync_data().unwrap();
        });
    });
    group.finish();
    runtime.block_on(service.finish());
}

/// How many things have died in a store whose journal is compared with it.
const REVOCATIONS: usize = 100_000;

/// What every start waits for: whether the journal knows something that the store does not.
fn start(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join(FILE_NAME)).unwrap();
    let hash = SlowHash::make("none", cheap(), &mut HashMemory::default()).unwrap();
    for some in (0..REVOCATIONS).collect::<Vec<_>>().chunks(1_000) {
        let at = Timestamp::default();
        let delete = |n: &usize| {
            let id = KeyId::from_body(&format!("{n:012}")).unwrap();
            let (name, hint, scope, hash) = (n.to_string(), String::new(), Scope::All, hash.clone());
            let (rotated_at, suspended_at, needs_rotation) = (None, None, false);
            let (created_at, generation, version) = (at, 1, 1);
            Edit::delete(KeyRecord {
                id,
                name,
                hint,
                scope,
                created_at,
                rotated_at,
                generation,
                version,
                hash,
                suspended_at,
                needs_rotation,
            })
        };
        let edits: Vec<Edit> = some.iter().map(delete).collect();
        store
            .write(|writer| edits.iter().try_for_each(|edit| writer.apply(edit, AUTHOR, at).map(drop)))
            .unwrap();
    }
    let mut group = criterion.benchmark_group("start");
    group.sample_size(20);
    group.bench_function("journal_of_100_000", |bencher| {
        bencher.iter(|| {
            let heritage = store.heritage().unwrap();
            assert!(heritage.unheeded.is_empty() && heritage.newest == REVOCATIONS as u64);
        });
    });
    group.finish();
}

criterion_group!(benches, token, durable, start);
criterion_main!(benches);
