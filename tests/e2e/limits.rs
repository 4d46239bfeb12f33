//! Owns the tests of the limits: sizes, numbers, depth, time, crowds. Must not test what a call does.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::envelope::{assert_untouched, create_call, refused_body};
use crate::harness::{Daemon, RpcError, WebSocket, assert_code, exchange};

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
    let shallow = format!("{}{}", "[".repeat(60), "]".repeat(60));
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{{"name":{shallow}}}}}"#);
    refused_body(&daemon.admin, body, "INVALID_PARAMS");
    assert_untouched(&daemon);
}

#[test]
fn a_request_that_is_not_whole_in_about_ten_seconds_is_gone_and_others_are_served_meanwhile() {
    let daemon = Daemon::start();
    let halves = [
        "POST / HTTP/1.1\r\nHost: localhost\r\n".to_owned(),
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"jsonrpc\"".to_owned(),
    ];
    thread::scope(|scope| {
        let waiting: Vec<_> = halves
            .iter()
            .map(|half| {
                let path = daemon.admin.path();
                scope.spawn(move || {
                    let mut stream = UnixStream::connect(path).unwrap();
                    stream.write_all(half.as_bytes()).unwrap();
                    stream.set_read_timeout(Some(Duration::from_secs(14))).unwrap();
                    let began = Instant::now();
                    let mut said = Vec::new();
                    let closed = stream.read_to_end(&mut said).is_ok();
                    assert!(closed, "after {:?} the connection is still open", began.elapsed());
                    assert!(began.elapsed() > Duration::from_secs(5), "gone after {:?}", began.elapsed());
                })
            })
            .collect();
        assert!(daemon.admin.answers());
        for one in waiting {
            one.join().unwrap();
        }
    });
    assert!(daemon.admin.answers());
}

#[test]
fn a_crowd_on_verify_sock_leaves_room_on_admin_sock() {
    let daemon = Daemon::start();
    let crowd: Vec<UnixStream> = (0..600)
        .map_while(|_| {
            let stream = UnixStream::connect(daemon.verify.path()).ok()?;
            // Whoever is not served is closed or waits; each that is accepted holds its place by half a request.
            let _ = (&stream).write_all(b"POST / HTTP/1.1\r\n");
            Some(stream)
        })
        .collect();
    assert!(crowd.len() > 500, "only {} connected", crowd.len());
    for _ in 0..8 {
        assert!(daemon.admin.answers(), "the operator cannot get in");
    }
    drop(crowd);
    crate::harness::soon("verify.sock answers again", || daemon.verify.answers());
}
