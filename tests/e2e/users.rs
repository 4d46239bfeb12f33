//! Owns the tests of other users: who reaches which socket, and who may do what there. Must not test modes by themselves.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Minted, Socket, assert_code};
use crate::sockets::set_mode;

/// Calls as another user, with the body on standard input; `None` where this machine or user cannot do that.
pub(crate) fn as_nobody(socket: &Socket, body: &Value) -> Option<String> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "curl",
        "--silent",
        "--max-time",
        "10",
    ]);
    command.args(["-H", "content-type: application/json", "--data-binary", "@-", "--unix-socket"]);
    command.arg(socket.path()).arg("http://localhost/");
    for needed in ["setpriv", "curl"] {
        Command::new(needed).arg("--version").output().ok()?;
    }
    Some(Home::finish(command, &body.to_string()).stdout)
}

pub(crate) fn call(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

#[test]
fn another_user_can_verify_where_the_mode_lets_him_and_nothing_more() {
    let daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    let key = daemon.create_for_all("key");
    let Some(answer) = as_nobody(&daemon.verify, &call("keys.verify", &json!({"secret": key.secret}))) else {
        return;
    };
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"]["key"]["id"], json!(key.id), "{answer}");
    let admin = as_nobody(&daemon.admin, &call("keys.list", &json!({}))).unwrap();
    assert_eq!(admin, "", "the mode of admin.sock lets another user in");
    let listed = as_nobody(&daemon.verify, &call("keys.list", &json!({}))).unwrap();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["error"]["code"], -32601, "{listed}");
}

#[test]
fn by_default_another_user_reaches_neither_socket() {
    let daemon = Daemon::start();
    for socket in [&daemon.admin, &daemon.verify] {
        let Some(answer) = as_nobody(socket, &call("system.health", &json!({}))) else { return };
        assert_eq!(answer, "");
    }
}

#[test]
fn admin_sock_looks_at_who_calls_also_where_the_modes_let_everybody_in() {
    let daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    set_mode(daemon.admin.path(), 0o666);
    let create = call("keys.create", &json!({"name": "intruder"}));
    let Some(answer) = as_nobody(&daemon.admin, &create) else { return };
    assert!(!answer.contains("clv_"), "another user made a key: {answer}");
    assert!(daemon.keys().is_empty());
    let health = as_nobody(&daemon.admin, &call("system.health", &json!({}))).unwrap();
    assert!(!health.contains("\"ok\""), "not even health is for another user: {health}");
}

#[test]
fn an_admin_uid_may_call_and_has_request_ids_of_its_own() {
    let settings = "[sockets]\nverify_mode = \"0666\"\nadmin_uids = [65534]";
    let daemon = Home::with_config(settings).start();
    set_mode(daemon.admin.path(), 0o666);
    let key = Minted::of(&daemon.admin.ok("keys.create", &json!({"name": "mine", "request_id": "r"})));
    let create = call("keys.create", &json!({"name": "mine", "request_id": "r"}));
    let Some(answer) = as_nobody(&daemon.admin, &create) else { return };
    assert!(!answer.contains(&key.secret), "another uid got the secret by the request_id");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_code(&crate::harness::RpcError::of(&answer).unwrap(), "CONFLICT");
    let other = call("keys.create", &json!({"name": "theirs", "request_id": "r"}));
    let theirs: Value = serde_json::from_str(&as_nobody(&daemon.admin, &other).unwrap()).unwrap();
    assert_eq!(theirs["result"]["key"]["name"], "theirs");
    let entry = &daemon.activity()[0];
    assert_eq!(entry["key_name"], "theirs");
    assert_eq!(entry["uid"], 65534);
    // Each still gets its own, and the other's acknowledgement forgets nothing of mine.
    as_nobody(&daemon.admin, &call("keys.acknowledge", &json!({"request_id": "r"}))).unwrap();
    let again = Minted::of(&daemon.admin.ok("keys.create", &json!({"name": "mine", "request_id": "r"})));
    assert_eq!(again.secret, key.secret);
}
