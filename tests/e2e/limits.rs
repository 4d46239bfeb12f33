//! Owns the tests of the limits: sizes, numbers, depth, time, crowds. Must not test what a call does.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::envelope::{assert_untouched, create_call, refused_body};
use crate::harness::{Daemon, Home, RpcError, WebSocket, assert_code, eventually, exchange, soon};
use crate::users::{as_nobody, call};

#[test]
fn a_batch_holds_50_calls_and_of_51_none_is_carried_out() {
    let daemon = Daemon::start();
    let calls = |count: u64| json!((0..count).map(create_call).collect::<Vec<_>>()).to_string();
    refused_body(&daemon.admin, calls(51), "INVALID_REQUEST");
    refused_body(&daemon.admin, calls(300), "INVALID_REQUEST");
    assert_untouched(&daemon);
    let answers = daemon.admin.post_json(calls(50));
    assert_eq!(answers.as_array().unwrap().len(), 50);
    assert_eq!(daemon.keys().len(), 50);
}

#[test]
fn a_batch_over_a_websocket_obeys_the_same_limit() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    socket.send(&json!((0..51).map(create_call).collect::<Vec<_>>()).to_string());
    if let Some(answer) = socket.receive() {
        assert_code(&RpcError::of(&answer).unwrap_or_else(|| panic!("{answer}")), "INVALID_REQUEST");
    }
    assert_untouched(&daemon);
}

#[test]
fn a_body_over_64_kib_is_an_invalid_request_and_not_carried_out() {
    let daemon = Daemon::start();
    let call = create_call(1).to_string();
    let padded = |len: usize| format!("{}{call}", " ".repeat(len - call.len()));
    refused_body(&daemon.admin, padded(64 * 1024 + 1), "INVALID_REQUEST");
    refused_body(&daemon.verify, padded(64 * 1024 + 1), "INVALID_REQUEST");
    refused_body(&daemon.admin, padded(150_000), "INVALID_REQUEST");
    assert_untouched(&daemon);
    assert_eq!(daemon.admin.post_json(padded(64 * 1024))["result"]["key"]["name"], "key 1");
}

#[test]
fn a_websocket_message_over_64_kib_is_not_carried_out() {
    let daemon = Daemon::start();
    let call = create_call(1).to_string();
    let padded = |len: usize| format!("{}{call}", " ".repeat(len - call.len()));
    let mut socket = WebSocket::open(&daemon.admin);
    socket.send(&padded(64 * 1024 + 1));
    let answer = socket.receive().expect("an answer");
    // The library's own refusal, as docs/protocol.md says.
    assert_eq!(answer["error"]["code"], -32007, "{answer}");
    assert_untouched(&daemon);
    socket.send(&format!("{call}{}", " ".repeat(64 * 1024 - call.len())));
    assert_eq!(socket.receive().unwrap()["result"]["key"]["name"], "key 1");
}

#[test]
fn a_body_over_64_kib_that_does_not_say_so_is_refused_too() {
    let daemon = Daemon::start();
    let mut request = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let call = create_call(1).to_string();
    for chunk in [" ".repeat(40_000), " ".repeat(40_000), call] {
        request.extend(format!("{:x}\r\n{chunk}\r\n", chunk.len()).bytes());
    }
    request.extend(b"0\r\n\r\n");
    let answer = exchange(daemon.admin.path(), &request).unwrap();
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_code(&RpcError::of(&answer).unwrap(), "INVALID_REQUEST");
    assert_untouched(&daemon);
}

#[test]
fn json_nested_over_64_deep_is_refused_and_the_daemon_lives() {
    let daemon = Daemon::start();
    for depth in [66, 100, 127, 200, 10_000, 30_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = if open == "[" { String::new() } else { "1".to_owned() };
            let nested = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            if nested.len() > 60_000 {
                continue;
            }
            let body =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{{"name":{nested}}}}}"#);
            refused_body(&daemon.admin, body, "INVALID_REQUEST");
            // As a whole body it is a batch without a call, or an object that is none.
            let answer = daemon.admin.post_json(&nested);
            let refusal = answer.get(0).unwrap_or(&answer);
            assert_code(&RpcError::of(refusal).unwrap_or_else(|| panic!("{answer}")), "INVALID_REQUEST");
        }
    }
    // The call's own object and its params are two levels.
    for (levels, code) in [(62, "INVALID_PARAMS"), (63, "INVALID_REQUEST")] {
        let nested = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{{"name":{nested}}}}}"#);
        refused_body(&daemon.admin, body, code);
    }
    assert_untouched(&daemon);
}

#[test]
fn a_crowd_on_verify_sock_leaves_room_on_admin_sock() {
    let daemon = Daemon::start();
    // Whoever is not served is closed or waits; each that is accepted holds its place by half a request.
    let come = || {
        let stream = UnixStream::connect(daemon.verify.path()).unwrap();
        let _ = (&stream).write_all(b"POST / HTTP/1.1\r\n");
        stream
    };
    let mut crowd: Vec<UnixStream> = (0..600).map(|_| come()).collect();
    // A place that somebody had just left when the crowd came is taken by one more.
    let late = eventually("all places are taken", || {
        crowd.push(come());
        Some(daemon.verify.post("{}")).filter(|late| late.status != 200)
    });
    assert_eq!(late.status, 503, "{}", late.text());
    let late: Value = serde_json::from_slice(&late.body).unwrap();
    assert_eq!(late["error"]["code"], "BUSY", "{late}");
    assert!(crowd.len() < 700, "more than 512 were served");
    for _ in 0..8 {
        assert!(daemon.admin.answers(), "the operator cannot get in");
    }
    drop(crowd);
    soon("verify.sock answers again", || daemon.verify.answers());
}

/// Settings with which hashing takes so much longer than asking that a crowd fills the queue.
const SLOW: &str = "[argon2]\nmemory_kib = 65536\niterations = 3\nparallelism = 1\n[sockets]\nverify_mode = \"0666\"\n[digests]\nkeep = \"never\"\n";

/// How many more than 64 ask.
const TOO_MANY: u64 = 40;

/// Connections that each ask for a new key.
fn crowd(daemon: &Daemon) -> Vec<UnixStream> {
    let ask = |id: u64| {
        let body = create_call(id).to_string();
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length:";
        let mut stream = UnixStream::connect(daemon.admin.path()).unwrap();
        write!(stream, "{head} {}\r\n\r\n{body}", body.len()).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream
    };
    (0..64 + TOO_MANY).map(ask).collect()
}

/// Takes what has been answered on some of these connections, and those connections with it; gives the refusals.
fn take_refusals(crowd: &mut Vec<UnixStream>) -> Vec<RpcError> {
    let mut refusals = Vec::new();
    crowd.retain_mut(|stream| {
        let mut said = [0; 4096];
        let Ok(len) = stream.read(&mut said) else { return true };
        let said = String::from_utf8_lossy(&said[..len]).into_owned();
        let body = said.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {said}")).1;
        refusals.extend(RpcError::of(&serde_json::from_str(body).unwrap()));
        false
    });
    refusals
}

#[test]
fn of_more_than_64_secrets_that_wait_to_be_hashed_some_are_busy_at_once_and_64_are_not() {
    let home = Home::new();
    std::fs::write(home.config(), SLOW).unwrap();
    let daemon = home.start();
    let mut crowd = crowd(&daemon);
    let mut refused = Vec::new();
    soon("some are told that it is busy", || {
        refused.extend(take_refusals(&mut crowd));
        !refused.is_empty()
    });
    assert!(daemon.verify.answers() && daemon.admin.answers());
    refused.extend(take_refusals(&mut crowd));
    for error in &refused {
        assert_code(error, "BUSY");
        assert!(error.data["retry_after_ms"].is_u64(), "{}", error.raw);
    }
    assert!(refused.len() as u64 <= TOO_MANY, "only {} wait", 64 + TOO_MANY - refused.len() as u64);
}

#[test]
fn a_uid_that_fills_the_hashing_queue_holds_up_no_other() {
    let mut daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    let key = daemon.create_for_all("key");
    daemon.stop();
    std::fs::write(daemon.home.config(), SLOW).unwrap();
    // Started again, the key is cold: only the slow hash proves its secret.
    daemon.start_again();
    let mut crowd = crowd(&daemon);
    soon("the queue is full", || !take_refusals(&mut crowd).is_empty());
    let verify = call("keys.verify", &json!({"secret": key.secret}));
    let Some(answer) = as_nobody(&daemon.verify, &verify) else { return };
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"]["key"]["id"], json!(key.id), "{answer}");
    assert!(daemon.keys().len() < 32, "the other uid waited for half of the crowd");
}
