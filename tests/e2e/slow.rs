//! Owns the tests of callers who are slow or silent: they are gone in about ten seconds, and hold up nobody. `just slow`
//! brings a hundred of each kind. Must not test what a call does.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Daemon, Socket, effort, tell};

const ONE_BY_ONE: Duration = Duration::from_secs(1);
const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n";
const HEAD: &str = "POST / HTTP/1.1\r\nHost: localhost\r\n";
/// A head with a value that can go on for ever.
const LONG_HEAD: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
const BODY: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"jsonrpc\"";

/// Sends something, and then nothing; gives how long it takes until the daemon hangs up.
fn stop(socket: &Socket, beginning: &str) -> Duration {
    let mut stream = UnixStream::connect(socket.path()).unwrap();
    stream.write_all(beginning.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let began = Instant::now();
    assert!(stream.read_to_end(&mut Vec::new()).is_ok(), "after {:?} it is still open", began.elapsed());
    began.elapsed()
}

/// Sends something, then a byte a second and reads what comes where `reads` says so; gives how long it takes until the
/// daemon hangs up.
fn trickle(socket: &Socket, beginning: &[u8], reads: bool) -> Duration {
    let mut stream = UnixStream::connect(socket.path()).unwrap();
    stream.write_all(beginning).unwrap();
    let began = Instant::now();
    stream.set_read_timeout(Some(ONE_BY_ONE)).unwrap();
    let mut part = [0; 4096];
    loop {
        assert!(began.elapsed() < Duration::from_secs(20), "it is still open");
        if !reads {
            thread::sleep(ONE_BY_ONE);
        } else if let Ok(0) = stream.read(&mut part) {
            return began.elapsed();
        }
        if stream.write_all(b" ").is_err() {
            return began.elapsed();
        }
    }
}

/// A key whose answer is long, and as many questions for it as fill every buffer on the way.
fn questions(daemon: &Daemon) -> Vec<u8> {
    let accounts: Vec<String> = (0..300).map(|n| format!("{n:x>60}")).collect();
    let params: Vec<_> = accounts.iter().map(|id| json!({"name": "n", "id": id})).collect();
    daemon.all("accounts.connect", &params);
    let key = daemon.create("wide", &json!({"accounts": accounts}));
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "keys.get", "params": {"id": key.id}}).to_string();
    let length = call.len();
    format!("{HEAD}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{call}")
        .repeat(100)
        .into_bytes()
}

#[test]
fn who_is_slow_or_silent_is_gone_in_about_ten_seconds_and_others_are_served_meanwhile() {
    let daemon = Daemon::start();
    let questions = questions(&daemon);
    // A WebSocket message that says that it has a thousand bytes.
    let message = [UPGRADE.as_bytes(), &[0x81, 0xfe, 0x03, 0xe8, 0, 0, 0, 0]].concat();
    let (daemon, questions, message) = (&daemon, &questions, &message);
    let of_each = effort("CLAVIGER_SLOW", 1);
    let mut slowest = Duration::ZERO;
    thread::scope(|scope| {
        let mut kinds: Vec<(&str, thread::ScopedJoinHandle<'_, Duration>)> = Vec::new();
        for _ in 0..of_each {
            kinds.push(("half a head", scope.spawn(|| stop(&daemon.admin, HEAD))));
            kinds.push(("half a body", scope.spawn(|| stop(&daemon.admin, BODY))));
            kinds.push((
                "a head byte by byte",
                scope.spawn(|| trickle(&daemon.verify, LONG_HEAD.as_bytes(), true)),
            ));
            kinds
                .push(("a body byte by byte", scope.spawn(|| trickle(&daemon.admin, BODY.as_bytes(), true))));
            kinds.push(("a message byte by byte", scope.spawn(|| trickle(&daemon.verify, message, true))));
            kinds.push(("no answer taken", scope.spawn(|| trickle(&daemon.admin, questions, false))));
        }
        assert!(daemon.admin.answers() && daemon.verify.answers());
        for (kind, caller) in kinds {
            let took = caller.join().unwrap_or_else(|_| panic!("{kind}"));
            let is_right = took > Duration::from_secs(5) && took < Duration::from_secs(14);
            assert!(is_right, "{kind}: gone after {took:?}");
            slowest = slowest.max(took);
        }
    });
    assert!(daemon.admin.answers() && daemon.verify.answers());
    tell(&format!("{of_each} of each of 6 kinds: the last was gone after {} ms", slowest.as_millis()));
}
