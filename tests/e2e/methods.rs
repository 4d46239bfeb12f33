//! Owns the tests of which socket has which methods, and of the parameters that they know. Must not test what one does.

use serde_json::json;

use crate::envelope::{MARK, assert_untouched, refused_body};
use crate::harness::{Daemon, RpcError, Socket, WebSocket, assert_code};

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
fn params_that_are_left_out_are_an_empty_object() {
    let daemon = Daemon::start();
    let answer = daemon.admin.post_json(r#"{"jsonrpc":"2.0","id":1,"method":"keys.list"}"#);
    assert_eq!(answer["result"]["keys"], json!([]), "{answer}");
}

/// Every method of `admin.sock` that takes parameters, with those it knows.
pub(crate) const KNOWN: [(&str, &[&str]); 19] = [
    ("keys.list", &["cursor", "limit"]),
    ("keys.get", &["id"]),
    ("keys.usage", &["id"]),
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
    ("system.compact", &[]),
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
        ("keys.usage", "id"),
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
        for method in ["keys.get", "keys.usage", "keys.rotate", "keys.delete"] {
            let error = daemon.admin.refused(method, &json!({"id": wrong}), "INVALID_PARAMS");
            assert_eq!(error.field(), Some("id"), "{}", error.raw);
        }
    }
    let absent = json!("key_AAAAAAAAAAAA");
    for (method, params) in [
        ("keys.get", json!({"id": absent})),
        ("keys.usage", json!({"id": absent})),
        ("keys.rename", json!({"id": absent, "name": "n"})),
        ("keys.set_scope", json!({"id": absent, "scope": "all"})),
        ("keys.rotate", json!({"id": absent})),
        ("keys.delete", json!({"id": absent})),
    ] {
        daemon.admin.refused(method, &params, "NOT_FOUND");
    }
    assert_eq!(daemon.keys(), vec![key.key]);
}

/// Methods that only `admin.sock` has.
const ADMIN_ONLY: [&str; 20] = [
    "keys.list",
    "keys.get",
    "keys.usage",
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
    "system.compact",
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
