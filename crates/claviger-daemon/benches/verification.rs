//! Owns the measures of `docs/performance.md`: what a verification costs in process and over the socket, beside a bare
//! echo in the same run. Must not judge them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Waker};

use claviger_api::method::ConnectAccount;
use claviger_api::{AccountId, KeyId, Name, Scope, Secret, Timestamp, VERIFY_SOCKET, id::PresentedAccountId};
use claviger_daemon::Config;
use claviger_daemon::domain::{Edit, KeyRecord};
use claviger_daemon::service::{Clock, Service, Verdict};
use claviger_daemon::store::{Author, FILE_NAME, JOURNAL_NAME, Store};
use claviger_daemon::token::{HashMemory, HashingCost, KeyPrefix, Minted, Presented, SlowHash, TagKey};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::Runtime;

/// How many keys the store has.
const KEYS: usize = 1_000;

const AUTHOR: Author = Author { uid: 0, pid: None };

fn cheap() -> HashingCost {
    HashingCost::new(8, 1, 1).unwrap()
}

/// Runs a future that needs to wait for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("a warm verification waits for nothing"),
    }
}

/// A store on disk with an account and many keys, and the secret of one of them, restricted to that account.
async fn service(directory: &Path, cost: HashingCost) -> (Arc<Service>, Secret) {
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
    let made = service.create_key(AUTHOR, Name::parse("one").unwrap(), scope, None).await.unwrap();
    (service, made.secret)
}

async fn fill(service: &Arc<Service>) {
    for n in 1..KEYS {
        let name = Name::parse(&format!("key {n}")).unwrap();
        service.create_key(AUTHOR, name, Scope::All, None).await.unwrap();
    }
}

fn forged(secret: &Secret) -> Secret {
    let mut text = secret.expose().to_owned();
    let last = text.pop().unwrap();
    text.push(if last == 'a' { 'b' } else { 'a' });
    Secret::new(text)
}

fn in_process(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (service, secret) = runtime.block_on(async {
        let (service, secret) = service(directory.path(), cheap()).await;
        fill(&service).await;
        (service, secret)
    });
    let account = PresentedAccountId::new("acc");
    let mut group = criterion.benchmark_group("in_process");

    let tags = TagKey::random().unwrap();
    let minted = Minted::random(&KeyPrefix::default(), None).unwrap().secret(&tags, 1);
    let presented = Presented::parse(minted.expose()).unwrap();
    group.bench_function("tag_check", |bencher| bencher.iter(|| tags.check(black_box(&presented), 1)));
    group.bench_function("warm_verification", |bencher| {
        bencher.iter(|| {
            let verdict = at_once(service.verify(AUTHOR, black_box(&secret), Some(&account))).unwrap();
            assert!(matches!(verdict, Verdict::Granted(_)));
            verdict
        });
    });
    let forged = forged(&secret);
    group.bench_function("forged_secret", |bencher| {
        bencher.iter(|| {
            let verdict = at_once(service.verify(AUTHOR, black_box(&forged), Some(&account))).unwrap();
            assert!(matches!(verdict, Verdict::Refused(_)));
            verdict
        });
    });
    group.finish();
    runtime.block_on(service.finish());
}

fn durable(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (service, _) = runtime.block_on(service(directory.path(), HashingCost::default()));
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

/// A connection that stays open, and one request that is sent again and again.
struct Caller {
    stream: UnixStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Caller {
    fn new(path: &Path, body: &str) -> Self {
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let stream = UnixStream::connect(path).unwrap();
        Self { stream, request: format!("{head}{body}").into_bytes(), answer: vec![0; 16 * 1024] }
    }

    /// Sends the request and reads the whole answer.
    fn call(&mut self) -> &[u8] {
        self.stream.write_all(&self.request).unwrap();
        let mut len = 0;
        loop {
            len += self.stream.read(&mut self.answer[len..]).unwrap();
            let text = &self.answer[..len];
            let Some(head) = text.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
            let headers = String::from_utf8_lossy(&text[..head]).to_lowercase();
            let body = headers.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            if len == head + 4 + body.parse::<usize>().unwrap() {
                return &self.answer[head + 4..len];
            }
        }
    }
}

fn over_the_socket(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (data, sockets) = (directory.path().join("d"), directory.path().join("r"));
    std::fs::create_dir(&data).unwrap();
    let secret = runtime.block_on(async {
        let (service, secret) = service(&data, cheap()).await;
        fill(&service).await;
        service.finish().await;
        secret
    });
    // The daemon refuses what others could read.
    for (path, mode) in
        [(data.clone(), 0o700), (data.join(FILE_NAME), 0o600), (data.join(JOURNAL_NAME), 0o600)]
    {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, is_ready) = channel();
    let mut config = Config { hashing: cheap(), ..Config::new(data, sockets.clone()) };
    config.digests.keep = claviger_daemon::Keep::Never;
    let daemon = runtime.spawn(claviger_daemon::run(
        config,
        claviger_daemon::Sockets::Own,
        Arc::new(move || ready.send(()).unwrap()),
        async move {
            stopped.await.unwrap_or(());
        },
    ));
    is_ready.recv().unwrap();
    let echo = directory.path().join("echo.sock");
    let listener = {
        let _inside = runtime.enter();
        tokio::net::UnixListener::bind(&echo).unwrap()
    };
    runtime.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                Ok::<_, Infallible>(http::Response::new(http_body_util::Full::new(body)))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });

    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":{{"secret":"{}","account":"acc"}}}}"#,
        secret.expose()
    );
    let mut group = criterion.benchmark_group("over_the_socket");
    let mut bare = Caller::new(&echo, &body);
    group.bench_function("bare_http_echo", |bencher| bencher.iter(|| bare.call().len()));
    let mut caller = Caller::new(&sockets.join(VERIFY_SOCKET), &body);
    assert!(String::from_utf8_lossy(caller.call()).contains("\"result\""));
    group.bench_function("warm_verification", |bencher| bencher.iter(|| caller.call().len()));
    group.finish();
    drop((bare, caller));
    stop.send(()).unwrap();
    runtime.block_on(daemon).unwrap().unwrap();
}

criterion_group!(benches, in_process, durable, start, over_the_socket);
criterion_main!(benches);
