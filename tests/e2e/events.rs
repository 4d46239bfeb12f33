//! Owns the tests of subscriptions: the whole state first, then each change, none skipped. Must not test the changes
//! themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use claviger_api::client::Client;
use claviger_api::method::{Events, Revisions};
use claviger_api::object::Event;
use serde_json::{Value, json};

use crate::harness::{Daemon, PATIENCE, WebSocket};

/// What a reader of events knows: it applies them as the contract says and fails when one is missing.
#[derive(Debug, Default, PartialEq)]
struct Replica {
    revision: u64,
    keys: BTreeMap<String, Value>,
    accounts: BTreeMap<String, Value>,
    storage_mode: bool,
    snapshots: usize,
    /// Whether a snapshot is under way.
    incomplete: bool,
}

impl Replica {
    fn apply(&mut self, event: &Value) {
        match event["type"].as_str().unwrap() {
            "snapshot" => {
                assert_members(event, &["type", "revision", "keys", "accounts", "settings", "more"]);
                let revision = event["revision"].as_u64().unwrap();
                if self.incomplete {
                    assert_eq!(revision, self.revision, "the parts of a snapshot show one revision");
                } else {
                    assert!(revision >= self.revision, "a snapshot goes back");
                    *self = Self { revision, snapshots: self.snapshots + 1, ..Self::default() };
                }
                let items =
                    event["keys"].as_array().unwrap().len() + event["accounts"].as_array().unwrap().len();
                assert!(items <= 1000, "{items} keys and accounts in one part");
                self.put(event);
                self.storage_mode = event["settings"]["storage_mode"].as_bool().unwrap();
                self.incomplete = event["more"].as_bool().unwrap();
            }
            "changed" => {
                let members =
                    ["type", "revision", "keys", "accounts", "removed_keys", "removed_accounts", "settings"];
                assert_members(event, &members);
                assert!(!self.incomplete, "a change inside a snapshot");
                self.revision += 1;
                assert_eq!(event["revision"], self.revision, "a revision was skipped or came twice");
                self.put(event);
                for id in event["removed_keys"].as_array().unwrap() {
                    assert!(self.keys.remove(id.as_str().unwrap()).is_some(), "an unknown key is gone");
                }
                for id in event["removed_accounts"].as_array().unwrap() {
                    assert!(
                        self.accounts.remove(id.as_str().unwrap()).is_some(),
                        "an unknown account is gone"
                    );
                }
                if let Some(mode) = event["settings"]["storage_mode"].as_bool() {
                    self.storage_mode = mode;
                } else {
                    assert!(event["settings"].is_null(), "{event}");
                }
            }
            "used" => {
                assert_members(event, &["type", "keys"]);
                for used in event["keys"].as_array().unwrap() {
                    assert_members(used, &["id", "last_used_at", "retired_secret_seen_at"]);
                    if let Some(key) = self.keys.get_mut(used["id"].as_str().unwrap()) {
                        key["last_used_at"] = used["last_used_at"].clone();
                        key["retired_secret_seen_at"] = used["retired_secret_seen_at"].clone();
                    }
                }
            }
            other => panic!("an event of type {other}"),
        }
    }

    fn put(&mut self, event: &Value) {
        let id_of = |item: &Value| item["id"].as_str().unwrap().to_owned();
        self.keys.extend(event["keys"].as_array().unwrap().iter().map(|key| (id_of(key), key.clone())));
        self.accounts
            .extend(event["accounts"].as_array().unwrap().iter().map(|one| (id_of(one), one.clone())));
    }

    /// Reads events until this revision is reached.
    fn follow(&mut self, socket: &mut WebSocket, revision: u64) {
        while self.revision < revision || self.incomplete {
            self.apply(&socket.notification("events"));
        }
    }

    /// Fails unless the listings say the same.
    fn assert_true_to(&self, daemon: &Daemon) {
        let listed = |method: &str, member: &str| -> BTreeMap<String, Value> {
            let page = daemon.admin.ok(method, &json!({"limit": 1000}));
            assert!(page["next_cursor"].is_null());
            let items = page[member].as_array().unwrap();
            items.iter().map(|item| (item["id"].as_str().unwrap().to_owned(), item.clone())).collect()
        };
        let without_use = |keys: &BTreeMap<String, Value>| -> Vec<Value> {
            let mut keys: Vec<Value> = keys.values().cloned().collect();
            for key in &mut keys {
                key["last_used_at"] = Value::Null;
                key["retired_secret_seen_at"] = Value::Null;
            }
            keys
        };
        assert_eq!(without_use(&self.keys), without_use(&listed("keys.list", "keys")));
        assert_eq!(self.accounts, listed("accounts.list", "accounts"));
        assert_eq!(self.storage_mode, daemon.storage_mode());
        assert_eq!(self.revision, daemon.revision());
    }
}

fn assert_members(value: &Value, expected: &[&str]) {
    let mut members: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    members.sort_unstable();
    expected.sort_unstable();
    assert_eq!(members, expected, "{value}");
}

/// Makes one change of every kind.
fn change_everything(daemon: &Daemon, round: usize) {
    let (a, b) = (format!("a{round}"), format!("b{round}"));
    daemon.connect(&a);
    daemon.connect(&b);
    let key = daemon.create_for(&format!("key {round}"), &[&a, &b]);
    let doomed = daemon.create_for_all(&format!("doomed {round}"));
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": format!("renamed {round}")}));
    daemon.rotate(&key.id);
    daemon.admin.ok("accounts.update", &json!({"id": b, "kind": "savings"}));
    daemon.admin.ok("accounts.disconnect", &json!({"id": a}));
    daemon.set_storage_mode(false);
    daemon.set_storage_mode(true);
    daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
    daemon.admin.ok("keys.delete", &json!({"id": doomed.id}));
}

#[test]
fn the_first_event_is_the_whole_state() {
    let daemon = Daemon::start();
    let account = daemon.connect("a");
    let key = daemon.create_for("key", &["a"]);
    let mut socket = WebSocket::open(&daemon.admin);
    socket.subscribe("events.subscribe");
    let expected = json!({
        "type": "snapshot",
        "revision": daemon.revision(),
        "keys": [key.key],
        "accounts": [account],
        "settings": {"storage_mode": true},
        "more": false,
    });
    assert_eq!(socket.event(), expected);
}

#[test]
fn each_change_is_one_event_and_no_revision_is_skipped() {
    let daemon = Daemon::start();
    change_everything(&daemon, 0);
    let mut socket = WebSocket::open(&daemon.admin);
    socket.subscribe("events.subscribe");
    let mut replica = Replica::default();
    replica.follow(&mut socket, daemon.revision());
    change_everything(&daemon, 1);
    replica.follow(&mut socket, daemon.revision());
    replica.assert_true_to(&daemon);
    assert_eq!(replica.snapshots, 1, "a reader that follows is not sent another snapshot");
}

#[test]
fn disconnecting_tells_the_account_and_the_keys_that_lost_it_in_one_event() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("key", &["a"]);
    let mut socket = WebSocket::open(&daemon.admin);
    socket.subscribe("events.subscribe");
    Replica::default().follow(&mut socket, daemon.revision());
    daemon.admin.ok("accounts.disconnect", &json!({"id": "a"}));
    let event = socket.event();
    assert_eq!(event["removed_accounts"], json!(["a"]));
    assert_eq!(event["keys"], json!([daemon.key(&key.id)]));
    assert_eq!(event["keys"][0]["scope"], json!({"accounts": []}));
}

#[test]
fn a_change_can_be_seen_by_its_caller_before_or_after_its_event_but_the_event_is_never_early() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    socket.subscribe("events.subscribe");
    assert_eq!(socket.event()["type"], "snapshot");
    for n in 0..20 {
        let connected = daemon.connect(&format!("a{n}"));
        let event = socket.event();
        assert_eq!(event["accounts"], json!([connected]));
        // What an event tells of can be read.
        let listed = daemon.admin.ok("accounts.list", &json!({"limit": 1000}));
        assert!(listed["revision"].as_u64() >= event["revision"].as_u64());
    }
}

#[test]
fn two_readers_agree_with_each_other_and_with_the_listings() {
    let daemon = Daemon::start();
    let mut early = WebSocket::open(&daemon.admin);
    early.subscribe("events.subscribe");
    let mut first = Replica::default();
    first.apply(&early.event());
    std::thread::scope(|scope| {
        let changes: Vec<_> = (0..4)
            .map(|n| {
                let daemon = &daemon;
                scope.spawn(move || change_everything(daemon, n))
            })
            .collect();
        // One that subscribes while changes are under way misses none either.
        let mut late = WebSocket::open(&daemon.admin);
        late.subscribe("events.subscribe");
        for change in changes {
            change.join().unwrap();
        }
        let revision = daemon.revision();
        let mut second = Replica::default();
        first.follow(&mut early, revision);
        second.follow(&mut late, revision);
        second.snapshots = first.snapshots;
        assert_eq!(first, second);
        first.assert_true_to(&daemon);
    });
}

#[test]
fn a_large_state_comes_in_parts() {
    let daemon = Daemon::start();
    daemon.connect_many(1200);
    daemon.create_for_all("key");
    let mut socket = WebSocket::open(&daemon.admin);
    socket.subscribe("events.subscribe");
    let first = socket.event();
    assert_eq!(first["more"], true);
    let mut replica = Replica::default();
    replica.apply(&first);
    replica.follow(&mut socket, daemon.revision());
    assert_eq!(replica.accounts.len(), 1200);
    assert_eq!(replica.keys.len(), 1);
}

#[test]
fn a_use_and_a_retired_secret_are_told_at_most_once_a_second() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let rotated = daemon.rotate(&key.id);
    let mut socket = WebSocket::open(&daemon.admin);
    socket.subscribe("events.subscribe");
    let mut replica = Replica::default();
    replica.apply(&socket.event());
    let began = std::time::Instant::now();
    let mut notes = 0;
    loop {
        daemon.granted(&rotated.secret, None);
        daemon.denied(&key.secret, None, "UNAUTHORIZED");
        let event = socket.notification("events");
        assert_eq!(event["type"], "used", "{event}");
        replica.apply(&event);
        notes += 1;
        let known = &replica.keys[&key.id];
        if known["last_used_at"].is_string() && known["retired_secret_seen_at"].is_string() && notes >= 2 {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{known}");
    }
    assert!(
        began.elapsed() > Duration::from_millis(900 * (notes - 1)),
        "{notes} notes in {:?}",
        began.elapsed()
    );
    assert_eq!(replica.revision, daemon.revision());
}

#[test]
fn a_reader_too_slow_to_follow_is_sent_a_new_snapshot() {
    let daemon = Daemon::start();
    let accounts: Vec<String> = (0..300).map(|n| format!("{n:x>60}")).collect();
    let params: Vec<Value> = accounts.iter().map(|id| json!({"name": "n", "id": id})).collect();
    daemon.all("accounts.connect", &params);
    let key = daemon.create("wide", &json!({"accounts": accounts}));
    let mut slow = WebSocket::open(&daemon.admin);
    slow.subscribe("events.subscribe");
    let mut replica = Replica::default();
    replica.follow(&mut slow, daemon.revision());
    // Each change is told in some 20 KB, which nobody reads.
    let renames: Vec<Value> = (0..2000).map(|n| json!({"id": key.id, "name": format!("name {n}")})).collect();
    daemon.all("keys.rename", &renames);
    replica.follow(&mut slow, daemon.revision());
    replica.assert_true_to(&daemon);
    assert!(replica.snapshots >= 2, "all 2000 changes were kept in memory for a reader that does not read");
    // From there on it follows again.
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "last"}));
    replica.follow(&mut slow, daemon.revision());
    replica.assert_true_to(&daemon);
}

#[test]
fn the_shared_client_reads_what_the_daemon_sends() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::connect(daemon.admin.path(), PATIENCE).await.unwrap();
        let mut events = client.subscribe::<Events>().await.unwrap();
        let mut revisions = client.subscribe::<Revisions>().await.unwrap();
        let Event::Snapshot { revision, keys, more: false, .. } = events.next().await.unwrap() else {
            panic!("the first event is no snapshot");
        };
        assert_eq!(keys[0].id.to_string(), key.id);
        assert_eq!(revisions.next().await.unwrap().revision, revision);
        let account: Value = client
            .raw("accounts.connect", Some(serde_json::value::to_raw_value(&json!({"name": "n"})).unwrap()))
            .await
            .unwrap();
        let Event::Changed { revision: next, accounts, .. } = events.next().await.unwrap() else {
            panic!("the second event is no change");
        };
        assert_eq!(next, revision + 1);
        assert_eq!(serde_json::to_value(&accounts[0]).unwrap(), account);
        assert_eq!(revisions.next().await.unwrap().revision, next);
    });
}
