//! Owns the measures of a restart in `docs/performance.md`: the secrets of a thousand busy keys, all presented at once, with the
//! digests' key and without it. Must not judge them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at the first surprise")]

mod measure;

use std::time::{Duration, Instant};

use measure::Times;
use measure::harness::{Daemon, DigestKey, Home, Presented, present_all, raise_own_limit};

/// How many keys are busy.
const KEYS: usize = 1_000;
/// Over how many connections their secrets are presented, each of which has one question under way.
const CONNECTIONS: [usize; 4] = [10, 50, 100, 500];
/// How often the daemon is killed and started again for each.
const ROUNDS: usize = 10;

const INFO: &str = "info";
const DEBUG: &str = "debug";

fn main() {
    raise_own_limit();
    let mut home = Home::with_costly_hashing();
    // The defaults: digests are kept.
    std::fs::write(home.config(), "").unwrap();
    home.log_level = INFO;
    let mut daemon = home.start();
    let key = DigestKey::of(&daemon);
    let secrets: Vec<String> = (0..KEYS).map(|n| daemon.create_for_all(&format!("key {n}")).secret).collect();

    println!("{KEYS} keys; after each restart every secret is presented once, all at the same time");
    println!(
        "{:<22} {:>11} {:>8} {:>7} {:>10} {:>8} {:>8} {:>8}",
        "restart", "connections", "verdicts", "hashes", "all after", "p50 ms", "p99 ms", "max ms"
    );
    for connections in CONNECTIONS {
        let (mut presented, mut longest) = (Vec::new(), Duration::ZERO);
        for _ in 0..ROUNDS {
            let round = restart(&mut daemon, INFO, &secrets, connections);
            presented.extend(round.0);
            longest = longest.max(round.1);
        }
        // Once more, with a log that says which secrets are hashed. It has a line for each verification.
        let (_, _, hashes) = restart(&mut daemon, DEBUG, &secrets, connections);
        tell("with the key", connections, hashes, longest, &presented);
    }
    for connections in CONNECTIONS {
        key.forget();
        let (presented, took, hashes) = restart(&mut daemon, DEBUG, &secrets, connections);
        tell("without the key", connections, hashes, took, &presented);
    }
}

/// Kills the daemon, starts it again and presents every secret: what came of each, how long all took, and how many were
/// hashed.
fn restart(
    daemon: &mut Daemon,
    log_level: &'static str,
    secrets: &[String],
    connections: usize,
) -> (Vec<Presented>, Duration, usize) {
    daemon.kill9();
    daemon.home.log_level = log_level;
    let before = daemon.home.log_text().len();
    daemon.start_again();
    let began = Instant::now();
    let presented = present_all(&daemon.verify, secrets, connections);
    let took = began.elapsed();
    assert!(presented.iter().all(|one| one.key_id.is_some()), "a right secret is refused");
    (presented, took, daemon.home.log_text()[before..].matches(": hashed ").count())
}

fn tell(what: &str, connections: usize, hashes: usize, longest: Duration, presented: &[Presented]) {
    let took: Times = presented.iter().map(|one| one.took).collect();
    println!(
        "{what:<22} {connections:>11} {:>8} {hashes:>7} {:>7.0} ms {:>8.2} {:>8.2} {:>8.2}",
        took.count(),
        longest.as_secs_f64() * 1000.0,
        took.within(50),
        took.within(99),
        took.within(100)
    );
}
