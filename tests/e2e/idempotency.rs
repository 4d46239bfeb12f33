//! Owns the tests of `request_id`, `keys.acknowledge` and calls without an id: no secret is made that nobody sees, and
//! none is shown twice to whom it is not for. Must not test other methods.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Daemon, Minted, WebSocket};

#[test]
fn the_same_request_id_gives_the_same_bytes_and_makes_nothing_twice() {
    let daemon = Daemon::start();
    let create = json!({"name": "once", "request_id": "r-1 ~"});
    let first = daemon.admin.bytes("keys.create", &create);
    assert_eq!(daemon.admin.bytes("keys.create", &create), first);
    assert_eq!(daemon.key_names(), ["once"]);
    let key = Minted::of(&daemon.admin.ok("keys.create", &create));
    daemon.granted(&key.secret, None);
    let rotate = json!({"id": key.id, "request_id": "r-2"});
    let rotated = daemon.admin.bytes("keys.rotate", &rotate);
    assert_eq!(daemon.admin.bytes("keys.rotate", &rotate), rotated);
    assert_eq!(daemon.key(&key.id)["version"], 2);
    assert_eq!(daemon.activity().iter().filter(|entry| entry["action"] == "key.rotated").count(), 1);
    assert_eq!(daemon.activity().iter().filter(|entry| entry["action"] == "key.created").count(), 1);
    daemon.granted(&Minted::of(&daemon.admin.ok("keys.rotate", &rotate)).secret, None);
}

#[test]
fn the_same_request_id_asked_at_the_same_time_makes_one_key() {
    let daemon = Daemon::start();
    let create = json!({"name": "once", "request_id": "together"});
    let secrets: BTreeSet<String> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Minted::of(&daemon.admin.ok("keys.create", &create)).secret))
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(secrets.len(), 1, "each caller got the one secret");
    assert_eq!(daemon.key_names(), ["once"]);
}

#[test]
fn another_method_with_the_same_request_id_is_another_request() {
    let daemon = Daemon::start();
    let created = Minted::of(&daemon.admin.ok("keys.create", &json!({"name": "key", "request_id": "r"})));
    let rotated = Minted::of(&daemon.admin.ok("keys.rotate", &json!({"id": created.id, "request_id": "r"})));
    assert_ne!(created.secret, rotated.secret);
    daemon.granted(&rotated.secret, None);
    daemon.denied(&created.secret, None, "UNAUTHORIZED");
}

#[test]
fn an_acknowledged_secret_is_forgotten() {
    let daemon = Daemon::start();
    let create = json!({"name": "key", "request_id": "r"});
    let created = Minted::of(&daemon.admin.ok("keys.create", &create));
    assert_eq!(daemon.admin.ok("keys.acknowledge", &json!({"request_id": "r"})), json!({}));
    let error = daemon.admin.refused("keys.create", &create, "CONFLICT");
    assert!(!error.raw.contains(&created.secret));
    let rotate = json!({"id": created.id, "request_id": "s"});
    let rotated = Minted::of(&daemon.admin.ok("keys.rotate", &rotate));
    daemon.admin.ok("keys.acknowledge", &json!({"request_id": "s"}));
    let again = Minted::of(&daemon.admin.ok("keys.rotate", &rotate));
    assert_ne!(again.secret, rotated.secret, "asked again it is a new rotation");
    assert_eq!(again.key["version"], 3);
    assert_eq!(daemon.admin.ok("keys.acknowledge", &json!({"request_id": "never"})), json!({}));
}

#[test]
fn without_a_request_id_nothing_is_kept() {
    let daemon = Daemon::start();
    daemon.create_for_all("key");
    daemon.admin.refused("keys.create", &json!({"name": "key"}), "CONFLICT");
    let id = daemon.keys()[0]["id"].as_str().unwrap().to_owned();
    assert_ne!(daemon.rotate(&id).secret, daemon.rotate(&id).secret);
}

#[test]
fn a_request_id_is_kept_in_memory_only() {
    let mut daemon = Daemon::start();
    let create = json!({"name": "key", "request_id": "r"});
    daemon.admin.ok("keys.create", &create);
    daemon.restart();
    daemon.admin.refused("keys.create", &create, "CONFLICT");
    assert_eq!(daemon.key_names(), ["key"]);
}

#[test]
fn a_request_id_is_1_to_64_printable_ascii_characters() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let too_long = "x".repeat(65);
    for wrong in
        [json!(""), json!("é"), json!("a\tb"), json!("a\u{7f}"), json!(too_long), json!(7), json!(null)]
    {
        for (method, params) in [
            ("keys.create", json!({"name": "refused", "request_id": wrong})),
            ("keys.rotate", json!({"id": key.id, "request_id": wrong})),
            ("keys.acknowledge", json!({"request_id": wrong})),
        ] {
            let error = daemon.admin.refused(method, &params, "INVALID_PARAMS");
            assert_eq!(error.field(), Some("request_id"), "{method} {}", error.raw);
        }
    }
    let longest = "~".repeat(64);
    daemon.admin.ok("keys.create", &json!({"name": "longest", "request_id": longest}));
    assert_eq!(daemon.key_names(), ["key", "longest"]);
    daemon.granted(&key.secret, None);
}

/// Calls without an id that would make a secret which nobody sees.
fn minting_notifications(id: &str) -> Vec<Value> {
    vec![
        json!({"jsonrpc": "2.0", "method": "keys.create", "params": {"name": "unseen"}}),
        json!({"jsonrpc": "2.0", "method": "keys.create", "params": {"name": "unseen", "request_id": "unseen"}}),
        json!({"jsonrpc": "2.0", "method": "keys.rotate", "params": {"id": id}}),
        json!({"jsonrpc": "2.0", "method": "keys.rotate", "params": {"id": id, "request_id": "unseen"}}),
    ]
}

#[test]
fn a_notification_never_creates_or_rotates() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    for call in minting_notifications(&key.id) {
        let answer = daemon.admin.post(call.to_string());
        assert!(!answer.text().contains("clv_"), "{call}: {}", answer.text());
    }
    // Changes are made in order: what was asked before this one has happened by now or never.
    daemon.create_for_all("later");
    assert_eq!(daemon.key_names(), ["key", "later"]);
    assert_eq!(daemon.key(&key.id)["version"], 1);
    daemon.granted(&key.secret, None);
}

#[test]
fn a_notification_inside_a_batch_never_creates_or_rotates() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let mut batch = minting_notifications(&key.id);
    batch.push(json!({"jsonrpc": "2.0", "id": 1, "method": "system.health"}));
    let answer = daemon.admin.post(json!(batch).to_string());
    assert!(!answer.text().contains("clv_"), "{}", answer.text());
    let only: Value = json!(minting_notifications(&key.id));
    assert!(!daemon.admin.post(only.to_string()).text().contains("clv_"));
    daemon.create_for_all("later");
    assert_eq!(daemon.key_names(), ["key", "later"]);
    assert_eq!(daemon.key(&key.id)["version"], 1);
    daemon.granted(&key.secret, None);
}

#[test]
fn a_notification_over_a_websocket_never_creates_or_rotates() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let mut socket = WebSocket::open(&daemon.admin);
    for call in minting_notifications(&key.id) {
        socket.send(&call.to_string());
    }
    socket.send(&json!(minting_notifications(&key.id)).to_string());
    socket.send(&json!({"jsonrpc": "2.0", "id": "last", "method": "system.health"}).to_string());
    // Either all before it was read by then, or the connection was closed for what it sent.
    while let Some(message) = socket.receive() {
        assert!(!message.to_string().contains("clv_"), "{message}");
        if message["id"] == "last" {
            break;
        }
    }
    daemon.create_for_all("later");
    assert_eq!(daemon.key_names(), ["key", "later"]);
    assert_eq!(daemon.key(&key.id)["version"], 1);
    daemon.granted(&key.secret, None);
}
