//! Owns the tests of bad input around and inside a call: a clear error, a living daemon, nothing done, nothing echoed.
//! Must not test names and scopes, which have files of their own.

use serde_json::{Value, json};

use crate::harness::{Daemon, RpcError, Socket, assert_code, exchange};
use crate::methods::KNOWN;

/// A text that must not come back in any answer, nor reach the log.
pub(crate) const MARK: &str = "zqzqmark";

/// Posts a body that is no good call and holds the error to the contract.
pub(crate) fn refused_body(socket: &Socket, body: impl AsRef<[u8]>, code: &str) -> Value {
    let answer = socket.post_json(body);
    let error = RpcError::of(&answer).unwrap_or_else(|| panic!("not refused: {answer}"));
    assert_code(&error, code);
    assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
    assert!(!answer.to_string().contains(MARK), "{answer}");
    answer
}

/// Nothing that a test sent has done anything.
pub(crate) fn assert_untouched(daemon: &Daemon) {
    assert!(daemon.keys().is_empty(), "a key was made");
    assert_eq!(daemon.activity(), Vec::<Value>::new());
    assert_eq!(daemon.admin.ok("system.health", &json!({}))["status"], "ok");
}

pub(crate) fn create_call(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "keys.create", "params": {"name": format!("key {id}")}})
}

#[test]
fn what_is_not_json_is_a_parse_error() {
    let daemon = Daemon::start();
    for body in [
        &b"{"[..],
        b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"keys.create\", \"params\": {\"name\": \"zqzqmark\"",
        b"zqzqmark",
        b"{'jsonrpc': '2.0'}",
        b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"keys.\xff\xfe\"}",
        b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"system.health\"}\0",
        b"\0\0\0\0",
        b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"keys.create\", \"params\": {\"name\": \"a\"}} trailing zqzqmark",
        b"[{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"keys.create\", \"params\": {\"name\": \"a\"}}",
        b"[1,]",
        b"",
        b"   ",
    ] {
        let answer = refused_body(&daemon.admin, body, "PARSE_ERROR");
        assert!(answer["id"].is_null(), "{answer}");
    }
    assert_untouched(&daemon);
}

#[test]
fn what_is_json_but_no_call_is_an_invalid_request() {
    let daemon = Daemon::start();
    for body in [
        json!(1),
        json!("zqzqmark"),
        json!(null),
        json!(true),
        json!({}),
        json!({"zqzqmark": 1}),
        json!({"jsonrpc": "2.0", "id": 1}),
        json!({"jsonrpc": "2.0", "id": 1, "method": null}),
        json!({"jsonrpc": "2.0", "id": 1, "method": 7}),
        json!({"jsonrpc": "2.0", "id": 1, "method": {"zqzqmark": 1}}),
        json!({"jsonrpc": "1.0", "id": 1, "method": "system.health"}),
        json!({"jsonrpc": 2.0, "id": 1, "method": "system.health"}),
        json!({"jsonrpc": "zqzqmark", "id": 1, "method": "system.health"}),
        json!({"id": 1, "method": "keys.create", "params": {"name": "a"}}),
        json!({"jsonrpc": "2.0", "id": {"zqzqmark": 1}, "method": "keys.create", "params": {"name": "a"}}),
        json!({"jsonrpc": "2.0", "id": [1], "method": "keys.create", "params": {"name": "a"}}),
        json!({"jsonrpc": "2.0", "id": true, "method": "keys.create", "params": {"name": "a"}}),
    ] {
        refused_body(&daemon.admin, body.to_string(), "INVALID_REQUEST");
    }
    assert_untouched(&daemon);
}

#[test]
fn a_member_of_a_call_that_comes_twice_does_nothing() {
    let daemon = Daemon::start();
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"keys.create","params":{"name":"a"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"system.health","method":"keys.create","params":{"name":"a"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{"name":"a"},"params":{"name":"b"}}"#,
    ] {
        let answer = daemon.admin.post_json(body);
        let error = RpcError::of(&answer).unwrap_or_else(|| panic!("{body} was carried out: {answer}"));
        assert!(
            ["PARSE_ERROR", "INVALID_REQUEST"].contains(&error.data["code"].as_str().unwrap_or_default()),
            "{answer}"
        );
    }
    assert_untouched(&daemon);
}

#[test]
fn an_id_comes_back_as_it_was_sent() {
    let daemon = Daemon::start();
    for id in
        [json!(0), json!(1), json!(9_007_199_254_740_993_u64), json!("text"), json!(""), json!("ü \" \\")]
    {
        let answer = daemon
            .admin
            .post_json(json!({"jsonrpc": "2.0", "id": id, "method": "system.health"}).to_string());
        assert_eq!(answer["id"], id, "{answer}");
        assert_eq!(answer["result"]["status"], "ok", "{answer}");
    }
}

#[test]
fn a_batch_is_answered_call_by_call() {
    let daemon = Daemon::start();
    let batch = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "keys.create", "params": {"name": "a"}},
        {"jsonrpc": "2.0", "id": 2, "method": "keys.get", "params": {"id": "key_AAAAAAAAAAAA"}},
        {"jsonrpc": "2.0", "id": 3, "method": "no.such"},
        {"jsonrpc": "2.0", "id": 4, "method": "system.health"},
    ]);
    let answers = daemon.admin.post_json(batch.to_string());
    let by_id = |id: u64| answers.as_array().unwrap().iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!(answers.as_array().unwrap().len(), 4);
    assert_eq!(by_id(1)["result"]["key"]["name"], "a");
    assert_code(&RpcError::of(by_id(2)).unwrap(), "NOT_FOUND");
    assert_code(&RpcError::of(by_id(3)).unwrap(), "METHOD_NOT_FOUND");
    assert_eq!(by_id(4)["result"]["status"], "ok");
}

#[test]
fn an_empty_batch_is_an_invalid_request() {
    let daemon = Daemon::start();
    for socket in [&daemon.admin, &daemon.verify] {
        refused_body(socket, "[]", "INVALID_REQUEST");
        refused_body(socket, " [ ] ", "INVALID_REQUEST");
    }
}

#[test]
fn a_batch_inside_a_batch_and_what_is_no_call_in_it_are_refused_one_by_one() {
    let daemon = Daemon::start();
    let answers =
        daemon.admin.post_json(json!([[create_call(1)], 7, "zqzqmark", {"zqzqmark": 1}]).to_string());
    let refusals: Vec<&Value> = answers.as_array().map_or_else(|| vec![&answers], |all| all.iter().collect());
    assert!(!refusals.is_empty());
    for refusal in refusals {
        assert_code(&RpcError::of(refusal).unwrap_or_else(|| panic!("{answers}")), "INVALID_REQUEST");
    }
    assert!(!answers.to_string().contains(MARK), "{answers}");
    assert_untouched(&daemon);
}

#[test]
fn a_secret_in_any_other_place_is_neither_echoed_nor_logged() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for_all("key");
    let secret = key.secret.clone();
    let mut answers = Vec::new();
    for (method, known) in KNOWN {
        for name in known.iter().filter(|name| **name != "secret") {
            let mut params = json!({(*name): secret});
            if method == "keys.verify" {
                params["secret"] = json!("wrong");
            }
            answers.push(
                daemon
                    .admin
                    .post(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()),
            );
        }
        answers.push(daemon.admin.post(
            json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {(&secret): 1}}).to_string(),
        ));
        answers.push(
            daemon
                .admin
                .post(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": [secret]}).to_string()),
        );
    }
    for body in [
        json!({"jsonrpc": "2.0", "id": 1, "method": secret}).to_string(),
        json!({"jsonrpc": secret, "id": 1, "method": "keys.list"}).to_string(),
        json!({"jsonrpc": "2.0", "id": 1, "method": "keys.create", "params": {"name": "n", "scope": {"accounts": [secret]}}}).to_string(),
        json!({"jsonrpc": "2.0", "id": 1, "method": "keys.create", "params": {"name": "n", "scope": {(&secret): []}}}).to_string(),
        json!({"jsonrpc": "2.0", "id": 1, "method": "keys.verify", "params": {"secret": secret, "account": secret}}).to_string(),
        json!({"jsonrpc": "2.0", "id": 1, "method": "keys.verify", "params": {"secret": [secret]}}).to_string(),
        json!({(&secret): 1}).to_string(),
        json!(secret).to_string(),
        json!([secret, {(&secret): 1}]).to_string(),
        secret.clone(),
        format!("{{\"secret\": {secret}}}"),
        format!("{{\"jsonrpc\": \"2.0\", \"method\": \"keys.verify\", \"params\": {{\"secret\": \"{secret}\""),
    ] {
        answers.push(daemon.admin.post(&body));
        answers.push(daemon.verify.post(&body));
    }
    for request in [
        format!("GET /{secret} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {secret}\r\nX-{secret}: {secret}\r\nConnection: close\r\n\r\n"),
        format!("{secret} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        format!(
            "PUT / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{secret}",
            secret.len()
        ),
    ] {
        answers.extend(exchange(daemon.verify.path(), request.as_bytes()));
        answers.extend(exchange(daemon.admin.path(), request.as_bytes()));
    }
    for answer in answers {
        assert!(!answer.text().contains(&secret), "{}", answer.text());
        assert!(!answer.headers.iter().any(|(_, value)| value.contains(&secret)), "{:?}", answer.headers);
    }
    assert_eq!(daemon.keys().len(), 1);
    daemon.stop();
    assert!(!daemon.home.log_text().contains(&secret), "the secret is in the log");
}

#[test]
fn what_is_no_post_of_json_is_refused_and_the_daemon_lives() {
    let daemon = Daemon::start();
    let call = create_call(1).to_string();
    for request in [
        format!(
            "POST / HTTP/1.1\r\nHost: l\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{call}",
            call.len()
        ),
        format!(
            "PUT / HTTP/1.1\r\nHost: l\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{call}",
            call.len()
        ),
        format!(
            "POST / HTTP/1.1\r\nHost: l\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{call}",
            call.len()
        ),
        "GET / HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /no/such/path HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n".to_owned(),
        "DELETE / HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n".to_owned(),
    ] {
        let answer = exchange(daemon.admin.path(), request.as_bytes()).unwrap();
        assert!((400..500).contains(&answer.status), "{} for {request:.40}", answer.status);
    }
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"hello\r\n\r\n", b"\0\0\0\0\r\n\r\n"]
    {
        if let Ok(answer) = exchange(daemon.admin.path(), garbage) {
            assert!((400..500).contains(&answer.status), "{}", answer.status);
        }
    }
    assert_untouched(&daemon);
}
