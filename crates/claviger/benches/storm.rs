//! Owns the measures of a storm in `docs/performance.md`: a thousand connections at once, half of which hang up, beside one
//! caller whose key is warm. Must not judge them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at the first surprise")]

mod measure;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use measure::Times;
use measure::harness::{Daemon, Home, Memory, SecretParts, WebSocket, present_all, raise_own_limit};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const CALLERS: usize = 1000;
/// How many ask again and again while the queue is full, of whom about half have a place in it.
const PERSISTENT: usize = 128;
/// How often the thousand come.
const WAVES: usize = 10;
/// How often the warm caller asks, who has a millisecond between two answers: as a tool does, not as fast as it can.
const PAUSE: Duration = Duration::from_millis(1);

fn main() {
    raise_own_limit();
    println!("{:<26} {:>7} {:>9} {:>9} {:>9}", "measure", "count", "median ms", "p99 ms", "max ms");
    storm("wrong secrets", |secret, n| {
        let parts = SecretParts::of(secret);
        parts.with(|wrong| wrong.body = format!("{n:0>43}"))
    });
    // Right ones of a thousand keys that are cold: each needs the slow hash, at the product's own cost.
    storm("cold secrets", |secret, _| secret.to_owned());
    full_queue();
}

/// Which answer a caller got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Busy,
    /// No place: told so at the door.
    NoPlace,
    Refused,
    Granted,
    /// Hung up without an answer.
    None,
}

/// Callers who stay: each presents cold secrets one after the other, and again where there is no place for one.
fn full_queue() {
    let mut daemon = Home::with_costly_hashing().start();
    let secrets = secrets(&daemon);
    daemon.restart();
    let presented = present_all(&daemon.verify, &secrets, PERSISTENT);
    assert!(presented.iter().all(|one| one.key_id.is_some()), "a right secret was refused");
    println!("cold secrets: {PERSISTENT} connections that stay, 50 ms between `BUSY` and asking again");
    tell("told Busy", &presented.iter().flat_map(|one| one.busy.clone()).collect());
    tell("granted, with every wait", &presented.iter().map(|one| one.took).collect());
}

fn secrets(daemon: &Daemon) -> Vec<String> {
    (0..CALLERS).map(|n| daemon.create_for_all(&format!("key {n}")).secret).collect()
}

fn storm(name: &str, present: impl Fn(&str, usize) -> String) {
    let mut home = Home::with_costly_hashing();
    home.log_level = "info";
    let mut daemon = home.start();
    let secrets = secrets(&daemon);
    // In waves: each wave presents secrets that are cold.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut warm, mut floor, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    let mut peak = 0;
    for _ in 0..WAVES {
        daemon.restart();
        let mut caller = WebSocket::open(&daemon.verify);
        let mine = json!({"secret": secrets[0]});
        let mut ask = || {
            let began = Instant::now();
            caller.call("keys.verify", &mine).unwrap();
            let took = began.elapsed();
            thread::sleep(PAUSE);
            took
        };
        ask();
        floor.extend((0..100).map(|_| ask()));
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let mut took = Vec::new();
                while !is_over.load(Ordering::Acquire) {
                    took.push(ask());
                }
                took
            });
            answers.extend(runtime.block_on(wave(&daemon, &secrets, &present)));
            is_over.store(true, Ordering::Release);
            warm.extend(asking.join().unwrap());
        });
        peak = peak.max(Memory::of(daemon.pid()).unwrap().peak);
    }
    println!("{name}: {CALLERS} connections at once, {WAVES} times");
    let (quiet, meanwhile) = (tell("warm, before", &floor.into()), tell("warm, meanwhile", &warm.into()));
    println!("{:<26} {:>7} {:>19.2}", "p99, of that before", "", meanwhile / quiet);
    for kind in [Answer::Busy, Answer::NoPlace, Answer::Refused, Answer::Granted, Answer::None] {
        let of_kind = answers.iter().filter(|(answer, _)| *answer == kind).map(|(_, took)| *took);
        tell(&format!("told {kind:?}"), &of_kind.collect());
    }
    println!("{:<26} {:>7} MiB", "the most memory", peak / 1024);
}

/// All callers at once; those with an odd number hang up when they have asked.
async fn wave(
    daemon: &Daemon,
    secrets: &[String],
    present: &impl Fn(&str, usize) -> String,
) -> Vec<(Answer, Duration)> {
    let mut callers = Vec::new();
    for (n, secret) in secrets.iter().enumerate().skip(1) {
        let body = json!({"jsonrpc": "2.0", "id": n, "method": "keys.verify", "params": {"secret": present(secret, n)}});
        let body = body.to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let path = daemon.verify.path().to_owned();
        callers.push(tokio::spawn(async move {
            let began = Instant::now();
            let Ok(mut stream) = UnixStream::connect(path).await else {
                return (Answer::None, began.elapsed());
            };
            let _ = stream.write_all(request.as_bytes()).await;
            if n % 2 == 1 {
                return (Answer::None, began.elapsed());
            }
            // Answers are short: what comes first is the whole of one, and when the other side hangs up is its own affair.
            let mut said = vec![0; 4096];
            let len = stream.read(&mut said).await.unwrap_or_default();
            (answer(&said[..len]), began.elapsed())
        }));
    }
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.unwrap());
    }
    answers
}

fn answer(said: &[u8]) -> Answer {
    let said = String::from_utf8_lossy(said);
    let Some((_, body)) = said.split_once("\r\n\r\n") else { return Answer::None };
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    match body["error"]["data"]["code"].as_str().or(body["error"]["code"].as_str()) {
        Some("BUSY") if said.starts_with("HTTP/1.1 503") => Answer::NoPlace,
        Some("BUSY") => Answer::Busy,
        Some("UNAUTHORIZED") => Answer::Refused,
        None if body["result"].is_object() => Answer::Granted,
        other => panic!("{other:?}"),
    }
}

/// Tells a measure, and gives what 99 of 100 took at most. Milliseconds.
fn tell(what: &str, took: &Times) -> f64 {
    let p99 = took.within(99);
    if took.count() > 0 {
        let (count, median, longest) = (took.count(), took.within(50), took.within(100));
        println!("{what:<26} {count:>7} {median:>9.2} {p99:>9.2} {longest:>9.2}");
    }
    p99
}
