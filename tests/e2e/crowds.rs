//! Owns the tests of more callers than there is room for, and of more bytes than anybody may send. `just crowd` brings a
//! thousand. Must not test a single call.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::envelope::{assert_untouched, create_call};
use crate::harness::{
    Daemon, Home, Memory, PATIENCE, Socket, WebSocket, effort, processor_time, raise_own_limit, soon, tell,
};

const CROWD: usize = 150;

/// How much of a second a daemon may work that has nothing to do but to be out of descriptors.
const IDLE: Duration = Duration::from_millis(200);

fn daemon_with_descriptors(count: usize) -> Daemon {
    let mut home = Home::new();
    home.log_level = "info";
    home.under =
        ["sh", "-c", &format!("ulimit -n {count} && exec \"$0\" \"$@\"")].map(str::to_owned).to_vec();
    home.start()
}

/// So many who each hold a connection by half a request.
fn come(socket: &Socket, count: usize) -> Vec<UnixStream> {
    let one = || {
        let mut stream = UnixStream::connect(socket.path()).unwrap();
        // Whoever is turned away may be gone already.
        let _ = stream.write_all(b"POST / HTTP/1.1\r\n");
        stream
    };
    (0..count).map(|_| one()).collect()
}

/// How long a daemon works in the second that comes.
fn work_of_a_second(daemon: &Daemon) -> Duration {
    let before = processor_time(daemon.pid());
    thread::sleep(Duration::from_secs(1));
    processor_time(daemon.pid()).saturating_sub(before)
}

#[test]
fn a_crowd_that_takes_all_descriptors_leaves_the_operators_places_and_those_who_are_served() {
    raise_own_limit();
    let daemon = daemon_with_descriptors(64);
    let key = daemon.create_for_all("key");
    let mut served = WebSocket::open(&daemon.verify);
    let crowd = come(&daemon.verify, effort("CLAVIGER_CROWD", CROWD));
    // Eight places are the operator's, all at once, however many come and go at the other door.
    let mut operators: Vec<WebSocket> = Vec::new();
    for _ in 0..8 {
        let more = come(&daemon.verify, 50);
        operators.push(WebSocket::open(&daemon.admin));
        drop(more);
    }
    for operator in &mut operators {
        operator.call("keys.get", &json!({"id": key.id})).unwrap();
    }
    let verdict = served.call("keys.verify", &json!({"secret": key.secret})).unwrap();
    assert_eq!(verdict["key"]["id"], json!(key.id));
    let work = work_of_a_second(&daemon);
    assert!(work < IDLE, "with all its places taken the daemon worked {work:?} in a second");
    assert!(!daemon.home.log_text().contains("cannot take a connection in"), "descriptors ran out");
    let count = crowd.len();
    drop((crowd, operators));
    soon("everybody is served again", || daemon.verify.answers() && daemon.admin.answers());
    tell(&format!(
        "a crowd of {count} and 64 descriptors: 8 operators served, {} ms of work in a second",
        work.as_millis()
    ));
}

#[test]
fn a_daemon_that_is_out_of_descriptors_serves_those_whom_it_serves_and_does_not_spin() {
    raise_own_limit();
    // Fewer than its least number of places needs.
    let daemon = daemon_with_descriptors(24);
    let key = daemon.create_for_all("key");
    let (mut operator, mut served) = (WebSocket::open(&daemon.admin), WebSocket::open(&daemon.verify));
    let crowd = come(&daemon.admin, effort("CLAVIGER_CROWD", CROWD));
    soon("the daemon is out of descriptors", || {
        daemon.home.log_text().contains("cannot take a connection in")
    });
    let work = work_of_a_second(&daemon);
    assert!(work < IDLE, "out of descriptors the daemon worked {work:?} in a second");
    let verdict = served.call("keys.verify", &json!({"secret": key.secret})).unwrap();
    assert_eq!(verdict["key"]["id"], json!(key.id));
    // A change needs no descriptor either.
    operator.call("keys.rename", &json!({"id": key.id, "name": "renamed"})).unwrap();
    drop(crowd);
    soon("everybody is served again", || daemon.verify.answers() && daemon.admin.answers());
    assert_eq!(daemon.key_names(), ["renamed"]);
    tell(&format!("24 descriptors: {} ms of work in a second", work.as_millis()));
}

/// Sends a head and then this many bytes, as far as they are taken; gives how many were, and the answer.
fn pour(socket: &Socket, head: &str, part: &[u8], bytes: usize) -> (usize, String) {
    let mut stream = UnixStream::connect(socket.path()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut sent = 0;
    while sent < bytes && stream.write_all(part).is_ok() {
        sent += part.len();
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    (sent, String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn of_a_body_of_100_mb_next_to_nothing_is_read_or_kept() {
    const BODY: usize = 100_000_000;
    let daemon = Daemon::start();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let told = format!("{head}Content-Length: {BODY}\r\n\r\n");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let peak = || Memory::of(daemon.pid()).unwrap().peak;
    let before = peak();
    let part = create_call(1).to_string() + &" ".repeat(60_000);
    let chunk = format!("{:x}\r\n{part}\r\n", part.len());
    for socket in [&daemon.admin, &daemon.verify] {
        for (head, part) in [(&told, &part), (&chunked, &chunk)] {
            let (sent, answer) = pour(socket, head, part.as_bytes(), BODY);
            assert!(sent < BODY / 50, "{sent} bytes were taken");
            assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("INVALID_REQUEST"), "{answer}");
        }
    }
    let grown = peak() - before;
    assert!(grown < 4 * 1024, "it took {grown} KiB");
    assert_untouched(&daemon);
}

#[test]
fn of_10_000_calls_in_a_batch_none_is_carried_out() {
    let daemon = Daemon::start();
    let calls = json!((0..10_000).map(create_call).collect::<Vec<_>>()).to_string();
    // As many as fit into a body, too.
    let short = format!("[{}1]", "1,".repeat(9_999));
    for (batch, status) in [(&calls, 413), (&short, 200)] {
        let answer = daemon.admin.post(batch);
        assert_eq!(answer.status, status);
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer["error"]["code"], -32600, "one refusal for all: {answer}");
        let mut socket = WebSocket::open(&daemon.admin);
        socket.send(batch);
        let answer = socket.receive().expect("an answer");
        assert!(answer["error"]["code"].is_i64(), "one refusal for all: {answer}");
    }
    assert_untouched(&daemon);
}
