//! Owns the tests of `revision.subscribe`, and of what every subscription has in common. Must not test events.

use serde_json::json;

use crate::harness::{Daemon, WebSocket, assert_code};

#[test]
fn revisions_are_told_on_both_sockets_first_the_current_one_then_each() {
    let daemon = Daemon::start();
    daemon.connect("a");
    for socket in [&daemon.verify, &daemon.admin] {
        let mut reader = WebSocket::open(socket);
        reader.subscribe("revision.subscribe");
        let now = daemon.revision();
        assert_eq!(reader.notification("revision"), json!({"revision": now}));
        let key = daemon.create_for_all("key");
        daemon.granted(&key.secret, None);
        daemon.admin.ok("keys.delete", &json!({"id": key.id}));
        let end = daemon.revision();
        let mut last = now;
        while last < end {
            let told = reader.notification("revision")["revision"].as_u64().unwrap();
            assert!(told > last, "{told} after {last}");
            last = told;
        }
        assert_eq!(last, end);
    }
}

#[test]
fn revisions_grow_by_one_with_every_change_and_not_with_uses_or_refusals() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("key", &["a"]);
    let step = |what: &str, by: u64, act: &dyn Fn()| {
        let before = daemon.revision();
        act();
        assert_eq!(daemon.revision(), before + by, "{what}");
    };
    step("renaming", 1, &|| drop(daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "renamed"}))));
    step("scoping", 1, &|| drop(daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}))));
    step("connecting", 1, &|| drop(daemon.connect("b")));
    step("updating", 1, &|| drop(daemon.admin.ok("accounts.update", &json!({"id": "b", "kind": "k"}))));
    step("disconnecting", 1, &|| drop(daemon.admin.ok("accounts.disconnect", &json!({"id": "b"}))));
    step("turning off", 1, &|| drop(daemon.set_storage_mode(false)));
    step("turning on", 1, &|| drop(daemon.set_storage_mode(true)));
    step("creating", 1, &|| drop(daemon.create_for_all("another")));
    step("verifying", 0, &|| drop(daemon.granted(&key.secret, None)));
    step("refusing", 0, &|| drop(daemon.denied("wrong", None, "UNAUTHORIZED")));
    step("conflict", 0, &|| {
        drop(daemon.admin.refused("keys.create", &json!({"name": "another"}), "CONFLICT"));
    });
    step("deleting", 1, &|| drop(daemon.admin.ok("keys.delete", &json!({"id": key.id}))));
}

#[test]
fn an_ended_subscription_tells_nothing_more() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    let id = socket.subscribe("events.subscribe");
    assert_eq!(socket.event()["type"], "snapshot");
    let ended = socket.call("events.unsubscribe", &json!([id]));
    assert!(ended.is_ok(), "{ended:?}");
    daemon.connect("a");
    socket.subscribe("revision.subscribe");
    assert_eq!(socket.notification("revision"), json!({"revision": daemon.revision()}));
}

#[test]
fn a_connection_has_16_subscriptions_and_goes_on_when_it_asks_for_more() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.verify);
    for _ in 0..16 {
        socket.subscribe("revision.subscribe");
    }
    let error = socket.call("revision.subscribe", &json!({})).expect_err("a seventeenth");
    assert!(error.data["status"].is_u64(), "{}", error.raw);
    assert_eq!(socket.call("system.health", &json!({})).unwrap()["status"], "ok");
}

#[test]
fn a_subscription_by_post_is_refused() {
    let daemon = Daemon::start();
    let error = daemon.admin.call("events.subscribe", &json!({})).expect_err("nothing to notify");
    assert!(error.data["status"].is_u64(), "{}", error.raw);
}

#[test]
fn a_subscription_knows_no_parameters() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    for method in ["events.subscribe", "revision.subscribe"] {
        let error = socket.call(method, &json!({"zqzqmark": 1})).expect_err("an unknown parameter");
        assert_code(&error, "INVALID_PARAMS");
        assert!(!error.raw.contains("zqzqmark"), "{}", error.raw);
    }
}

#[test]
fn a_subscription_ends_when_the_daemon_does() {
    let mut daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    socket.subscribe("events.subscribe");
    assert_eq!(socket.event()["type"], "snapshot");
    assert_eq!(daemon.stop(), 0);
    while socket.receive().is_some() {}
}

#[test]
fn a_subscription_is_ended_by_its_id_named_or_alone() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    for by_name in [true, false] {
        let id = socket.subscribe("revision.subscribe");
        // The library answers a moment before it takes note; what follows the answer comes after both.
        socket.notification("revision");
        let params = if by_name { json!({ "subscription": id }) } else { json!([id]) };
        assert_eq!(socket.call("revision.unsubscribe", &params).unwrap(), json!(true));
        assert_eq!(socket.call("revision.unsubscribe", &params).unwrap(), json!(false));
    }
    for params in [json!({}), json!([]), json!({ "id": 7 }), json!([[7]])] {
        let error = socket.call("revision.unsubscribe", &params).unwrap_err();
        assert_code(&error, "INVALID_PARAMS");
    }
}

#[test]
fn a_batch_holds_no_subscription() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    socket.send(r#"[{"jsonrpc":"2.0","id":"one","method":"revision.subscribe"}]"#);
    let answer = socket.receive().unwrap();
    assert_eq!(answer[0]["error"]["code"], -32600, "{answer}");
    assert_eq!(socket.call("system.health", &json!({})).unwrap()["status"], "ok");
    // Nothing else came: neither a second answer nor a notification.
    daemon.set_storage_mode(true);
    assert_eq!(socket.call("revision.unsubscribe", &json!({ "subscription": 1 })).unwrap(), json!(false));
    assert_eq!(socket.kept(), 0);
}
