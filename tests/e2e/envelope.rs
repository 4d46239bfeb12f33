//! Owns the tests of bad input around and inside a call: a clear error, a living daemon, nothing done, nothing echoed.
//! Must not test names and scopes, which have files of their own.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Daemon, RpcError, Socket, WebSocket, assert_code, exchange};

/// A text that must not come back in any answer, nor reach the log.
const MARK: &str = "zqzqmark";

/// Posts a body that is no good call and holds the error to the contract.
fn refused_body(socket: &Socket, body: impl AsRef<[u8]>, code: &str) -> Value {
    let answer = socket.post_json(body);
    let error = RpcError::of(&answer).unwrap_or_else(|| panic!("not refused: {answer}"));
    assert_code(&error, code);
    assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
    assert!(!answer.to_string().contains(MARK), "{answer}");
    answer
}

/// Nothing that a test sent has done anything.
fn assert_untouched(daemon: &Daemon) {
    assert!(daemon.keys().is_empty(), "a key was made");
    assert_eq!(daemon.activity(), Vec::<Value>::new());
    assert_eq!(daemon.admin.ok("system.health", &json!({}))["status"], "ok");
}

fn create_call(id: u64) -> Value {
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
fn a_parameter_that_comes_twice_is_refused() {
    let daemon = Daemon::start();
    let body =
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{"name":"zqzqmark","name":"other"}}"#;
    let answer = refused_body(&daemon.admin, body, "INVALID_PARAMS");
    assert_eq!(answer["error"]["data"]["field"], "name", "{answer}");
    let escaped =
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{"name":"zqzqmark","n\u0061me":"other"}}"#;
    refused_body(&daemon.admin, escaped, "INVALID_PARAMS");
    let scope = r#"{"jsonrpc":"2.0","id":1,"method":"keys.create","params":{"name":"a","scope":{"accounts":["a"],"accounts":["b"]}}}"#;
    refused_body(&daemon.admin, scope, "INVALID_PARAMS");
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
fn params_that_are_left_out_are_an_empty_object() {
    let daemon = Daemon::start();
    let answer = daemon.admin.post_json(r#"{"jsonrpc":"2.0","id":1,"method":"keys.list"}"#);
    assert_eq!(answer["result"]["keys"], json!([]), "{answer}");
}

/// Every method of `admin.sock` that takes parameters, with those it knows.
const KNOWN: [(&str, &[&str]); 17] = [
    ("keys.list", &["cursor", "limit"]),
    ("keys.get", &["id"]),
    ("keys.create", &["name", "scope", "request_id"]),
    ("keys.rename", &["id", "name", "expected_version"]),
    ("keys.set_scope", &["id", "scope", "expected_version"]),
    ("keys.rotate", &["id", "expected_version", "request_id"]),
    ("keys.acknowledge", &["request_id"]),
    ("keys.delete", &["id", "expected_version"]),
    ("keys.verify", &["secret", "account"]),
    ("accounts.list", &["cursor", "limit"]),
    ("accounts.visible", &["secret"]),
    ("accounts.connect", &["name", "institution", "mask", "kind", "id"]),
    ("accounts.update", &["id", "name", "institution", "mask", "kind", "expected_version"]),
    ("accounts.disconnect", &["id"]),
    ("settings.set_storage_mode", &["enabled"]),
    ("activity.list", &["key", "cursor", "limit"]),
    ("system.stop", &[]),
];

#[test]
fn an_unknown_parameter_is_refused_with_the_known_ones_and_without_an_echo() {
    let daemon = Daemon::start();
    for (method, known) in KNOWN {
        for params in [json!({(MARK): 1}), json!({"zqzqmark\u{202e}": "zqzqmark"})] {
            let error = daemon.admin.refused(method, &params, "INVALID_PARAMS");
            assert!(!error.raw.contains(MARK), "{}", error.raw);
            for name in known {
                assert!(error.message.contains(name), "{method} does not list {name}: {}", error.message);
            }
        }
    }
    // Not even where all that is needed is there.
    for params in
        [json!({"name": "a", "zqzqmark": 1}), json!({"name": "a", "Name": "b"}), json!({"name": "a", "": 1})]
    {
        daemon.admin.refused("keys.create", &params, "INVALID_PARAMS");
    }
    assert_untouched(&daemon);
}

#[test]
fn positional_parameters_are_refused() {
    let daemon = Daemon::start();
    for (method, _) in KNOWN {
        for params in [json!([]), json!([MARK]), json!(["a", "all", null]), json!([{"name": "a"}])] {
            let error = daemon.admin.refused(method, &params, "INVALID_PARAMS");
            assert!(!error.raw.contains(MARK), "{}", error.raw);
        }
    }
    assert_untouched(&daemon);
}

#[test]
fn params_that_are_no_object_are_refused() {
    let daemon = Daemon::start();
    for params in [json!(MARK), json!(7), json!(true), json!(null)] {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "keys.create", "params": params});
        let answer = daemon.admin.post_json(body.to_string());
        let error = RpcError::of(&answer).unwrap_or_else(|| panic!("not refused: {answer}"));
        let code = error.data["code"].as_str().unwrap_or_default().to_owned();
        assert!(["INVALID_PARAMS", "INVALID_REQUEST", "PARSE_ERROR"].contains(&code.as_str()), "{answer}");
        assert_code(&error, &code);
        assert!(!answer.to_string().contains(MARK), "{answer}");
    }
    assert_untouched(&daemon);
}

#[test]
fn a_missing_null_or_mistyped_parameter_is_named() {
    let daemon = Daemon::start();
    for (method, field) in [
        ("keys.get", "id"),
        ("keys.create", "name"),
        ("keys.rename", "id"),
        ("keys.set_scope", "id"),
        ("keys.rotate", "id"),
        ("keys.acknowledge", "request_id"),
        ("keys.delete", "id"),
        ("keys.verify", "secret"),
        ("accounts.visible", "secret"),
        ("accounts.connect", "name"),
        ("accounts.update", "id"),
        ("accounts.disconnect", "id"),
        ("settings.set_storage_mode", "enabled"),
    ] {
        for params in [json!({}), json!({(field): null}), json!({(field): 7}), json!({(field): [MARK]})] {
            let error = daemon.admin.refused(method, &params, "INVALID_PARAMS");
            assert_eq!(error.field(), Some(field), "{method} {params}: {}", error.raw);
            assert!(error.message.contains(field), "{}", error.raw);
            assert!(!error.raw.contains(MARK), "{}", error.raw);
        }
    }
    for enabled in [json!("true"), json!(1), json!(0), json!("on")] {
        daemon.admin.refused("settings.set_storage_mode", &json!({"enabled": enabled}), "INVALID_PARAMS");
    }
    assert!(!daemon.storage_mode());
    assert_untouched(&daemon);
}

#[test]
fn an_id_that_is_none_is_refused_and_one_that_names_nothing_is_not_found() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let padded = format!(" {}", key.id);
    for wrong in
        ["", "key", "key_", "KEY_AAAAAAAAAAAA", "key_AAAAAAAAAAA", "acc_AAAAAAAAAAAA", "*", padded.as_str()]
    {
        for method in ["keys.get", "keys.rotate", "keys.delete"] {
            let error = daemon.admin.refused(method, &json!({"id": wrong}), "INVALID_PARAMS");
            assert_eq!(error.field(), Some("id"), "{}", error.raw);
        }
    }
    let absent = json!("key_AAAAAAAAAAAA");
    for (method, params) in [
        ("keys.get", json!({"id": absent})),
        ("keys.rename", json!({"id": absent, "name": "n"})),
        ("keys.set_scope", json!({"id": absent, "scope": "all"})),
        ("keys.rotate", json!({"id": absent})),
        ("keys.delete", json!({"id": absent})),
    ] {
        daemon.admin.refused(method, &params, "NOT_FOUND");
    }
    assert_eq!(daemon.keys(), vec![key.key]);
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

/// Methods that only `admin.sock` has.
const ADMIN_ONLY: [&str; 18] = [
    "keys.list",
    "keys.get",
    "keys.create",
    "keys.rename",
    "keys.set_scope",
    "keys.rotate",
    "keys.acknowledge",
    "keys.delete",
    "accounts.list",
    "accounts.connect",
    "accounts.update",
    "accounts.disconnect",
    "settings.get",
    "settings.set_storage_mode",
    "activity.list",
    "system.status",
    "system.stop",
    "events.subscribe",
];

#[test]
fn on_verify_sock_an_admin_method_gets_the_bytes_of_one_that_does_not_exist() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let none = daemon.verify.bytes("no.such.method", &json!({}));
    let error = daemon.verify.refused("no.such.method", &json!({}), "METHOD_NOT_FOUND");
    assert!(!error.raw.contains("no.such"), "the name sent is echoed: {}", error.raw);
    for method in ADMIN_ONLY {
        for params in [json!({}), json!({"id": key.id, "name": "n"}), json!({"zqzqmark": 1}), json!([])] {
            let answer = daemon.verify.bytes(method, &params);
            assert_eq!(String::from_utf8_lossy(&answer), String::from_utf8_lossy(&none), "{method} {params}");
        }
    }
    assert_eq!(daemon.keys(), vec![key.key]);
}

#[test]
fn over_a_websocket_verify_sock_knows_no_admin_method_either() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.verify);
    let none = socket.call("no.such.method", &json!({})).unwrap_err();
    for method in ADMIN_ONLY.iter().chain(&["events.unsubscribe"]) {
        let error = socket.call(method, &json!({})).unwrap_err();
        assert_code(&error, "METHOD_NOT_FOUND");
        assert_eq!(error.message, none.message, "{method}");
        assert_eq!(error.data, none.data, "{method}");
    }
    assert_eq!(socket.call("system.health", &json!({})).unwrap()["status"], "ok");
}

#[test]
fn a_method_that_does_not_exist_is_not_echoed() {
    let daemon = Daemon::start();
    for method in [MARK, "", "keys", "keys.", "KEYS.LIST", "keys.list ", "keys.list\u{0}", "rpc.zqzqmark"] {
        let error = daemon.admin.refused(method, &json!({"zqzqmark": 1}), "METHOD_NOT_FOUND");
        assert!(!error.raw.contains(MARK), "{}", error.raw);
    }
}

#[test]
fn each_socket_describes_exactly_the_methods_that_it_has() {
    let daemon = Daemon::start();
    let methods = |socket: &Socket| -> Vec<String> {
        let document = socket.ok("rpc.discover", &json!({}));
        assert!(document["openrpc"].is_string());
        let listed = document["methods"].as_array().unwrap();
        listed.iter().map(|method| method["name"].as_str().unwrap().to_owned()).collect()
    };
    let (admin, verify) = (methods(&daemon.admin), methods(&daemon.verify));
    for name in ["keys.verify", "accounts.visible", "revision.subscribe", "system.health", "rpc.discover"] {
        assert!(verify.iter().any(|known| known == name), "verify.sock does not describe {name}");
        assert!(admin.iter().any(|known| known == name), "admin.sock does not describe {name}");
    }
    for name in ADMIN_ONLY {
        assert!(admin.iter().any(|known| known == name), "admin.sock does not describe {name}");
        assert!(!verify.iter().any(|known| known == name), "verify.sock describes {name}");
    }
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
