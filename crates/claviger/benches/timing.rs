//! Owns the measure of what refusals tell by the time that they take: nothing, as far as 2,000 interleaved samples of
//! each can show. Ends with 1 where two can be told apart.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark stops at the first surprise"
)]

mod measure;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Instant;

use measure::harness::{Daemon, Home, SecretParts};
use rand::seq::SliceRandom;
use serde_json::json;

/// Samples of each kind, after some that only warm things up.
const SAMPLES: usize = 2_000;
const WARM_UP: usize = 300;
/// Above this two means are told apart (Welch's t; the bound that leakage assessment by TVLA uses).
const TELLING: f64 = 4.5;

fn main() -> ExitCode {
    let mut home = Home::new();
    home.log_level = "info";
    let daemon = home.start();
    daemon.connect("mine");
    daemon.connect("other");
    let secrets: Vec<String> =
        (0..200).map(|n| daemon.create_for(&format!("key {n}"), &["mine"]).secret).collect();
    let right = &secrets[100];
    daemon.granted(right, Some("mine"));
    let parts = SecretParts::of(right);
    let turned = |text: &str| text.bytes().rev().map(char::from).collect::<String>();
    let before_proof = [
        ("unknown id", call(&parts.with(|parts| parts.id = turned(&parts.id)), None)),
        ("forged tag", call(&parts.with(|parts| parts.tag = turned(&parts.tag)), None)),
        ("wrong body", call(&parts.with(|parts| parts.body = turned(&parts.body)), None)),
    ];
    let after_proof = [("out of scope", call(right, Some("other"))), ("absent", call(right, Some("other2")))];
    let told = [compare(&daemon, &before_proof), compare(&daemon, &after_proof)];
    if told.contains(&true) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A call of `keys.verify`, padded so that all have one length.
fn call(secret: &str, account: Option<&str>) -> Vec<u8> {
    let mut params = json!({"secret": secret});
    if let Some(account) = account {
        params["account"] = account.into();
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "keys.verify", "params": params}).to_string();
    let body = format!("{body:<400}");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

/// Times the calls in an order that changes from round to round, and compares each two. Says whether any can be told
/// apart.
fn compare(daemon: &Daemon, calls: &[(&str, Vec<u8>)]) -> bool {
    let mut connection = UnixStream::connect(daemon.verify.path()).unwrap();
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); calls.len()];
    let mut order: Vec<usize> = (0..calls.len()).collect();
    let mut answers: Vec<Vec<u8>> = vec![Vec::new(); calls.len()];
    for round in 0..WARM_UP + SAMPLES {
        order.shuffle(&mut rand::rng());
        for kind in &order {
            let (micros, answer) = time(&mut connection, &calls[*kind].1);
            if round >= WARM_UP {
                times[*kind].push(micros);
            }
            answers[*kind] = answer;
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "the answers are not the same bytes");
    let mut is_told = false;
    for (at, (name, _)) in calls.iter().enumerate() {
        println!("{name:<14} mean {:>8.2} µs, median {:>8.2} µs", mean(&times[at]), median(&times[at]));
        for (other, (other_name, _)) in calls.iter().enumerate().skip(at + 1) {
            let t = welch(&times[at], &times[other]);
            println!("    against {other_name:<14} t = {t:>6.2}");
            is_told |= t.abs() >= TELLING;
        }
    }
    is_told
}

/// Microseconds from sending a call to the end of its answer, and the answer's body.
fn time(connection: &mut UnixStream, call: &[u8]) -> (f64, Vec<u8>) {
    let mut part = [0; 4096];
    let start = Instant::now();
    connection.write_all(call).unwrap();
    let len = connection.read(&mut part).unwrap();
    let micros = start.elapsed().as_secs_f64() * 1e6;
    let end = part.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (micros, part[end..len].to_vec())
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Welch's t of two samples.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let spread = |times: &[f64]| {
        let mean = mean(times);
        let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
        squares / (times.len() as f64 - 1.0) / times.len() as f64
    };
    (mean(one) - mean(other)) / (spread(one) + spread(other)).sqrt()
}
