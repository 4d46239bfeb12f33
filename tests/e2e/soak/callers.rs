//! Owns those who present secrets, each by another protocol, and hold each answer to what is due. Must not change anything.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::tally::Kind;
use super::{ACCOUNTS, World};
use crate::harness::{SecretParts, WebSocket, assert_code, exchange};

/// How long a caller waits between two calls.
const PAUSE: Duration = Duration::from_millis(2);

/// What is presented, with the account that is asked for, and the code of the refusal that is due.
fn presented(world: &World<'_>, n: usize) -> (String, &'static str, Option<&'static str>) {
    let secret = &world.steady[n / 5 % world.steady.len()].secret;
    let parts = SecretParts::of(secret);
    let other = |tag: &str| if tag.ends_with('a') { "b" } else { "a" };
    match n % 5 {
        0 => (secret.clone(), ACCOUNTS[1], Some("NOT_FOUND")),
        1 => (
            parts.with(|forged| forged.tag.replace_range(5.., other(&parts.tag))),
            ACCOUNTS[0],
            Some("UNAUTHORIZED"),
        ),
        2 => (parts.with(|unknown| unknown.id = format!("{n:0>12}")), ACCOUNTS[0], Some("UNAUTHORIZED")),
        3 => (secret[..secret.len() - 1].to_owned(), ACCOUNTS[0], Some("UNAUTHORIZED")),
        _ => (secret.clone(), ACCOUNTS[0], None),
    }
}

fn params(secret: &str, account: &str) -> Value {
    json!({"secret": secret, "account": account})
}

/// On a connection that stays; every other secret is a right one, and timed.
pub(super) fn by_websocket(world: &World<'_>) {
    let mut socket = WebSocket::open(&world.daemon.verify);
    world.again(PAUSE, |n| {
        let steady = params(&world.steady[n % world.steady.len()].secret, ACCOUNTS[0]);
        let began = Instant::now();
        socket.call("keys.verify", &steady).unwrap();
        world.tally.warm(began.elapsed());
        let (secret, account, due) = presented(world, n);
        match (socket.call("keys.verify", &params(&secret, account)), due) {
            (Ok(_), None) => {}
            (Err(error), Some(code)) => assert_code(&error, code),
            (answer, due) => panic!("{due:?} is due, and {answer:?} came"),
        }
        world.tally.add(Kind::Verified);
    });
}

/// With a connection for each call.
pub(super) fn by_post(world: &World<'_>) {
    world.again(PAUSE, |n| {
        let (secret, account, due) = presented(world, n);
        match due {
            None => drop(world.daemon.granted(&secret, Some(account))),
            Some(code) => drop(world.daemon.denied(&secret, Some(account), code)),
        }
        world.tally.add(Kind::Verified);
    });
}

/// As a gateway asks.
pub(super) fn by_authorize(world: &World<'_>) {
    world.again(PAUSE, |n| {
        let (secret, account, due) = presented(world, n);
        let request = format!(
            "GET /authorize HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {secret}\r\n\
             x-account-id: {account}\r\n\r\n"
        );
        let answer = exchange(world.daemon.verify.path(), request.as_bytes()).unwrap();
        let status = match due {
            None => 200,
            Some("NOT_FOUND") => 404,
            Some(_) => 401,
        };
        assert_eq!(answer.status, status, "{}", answer.text());
        world.tally.add(Kind::Verified);
    });
}
