//! Owns the test that a secret is nowhere but in the one answer that shows it. Must not print one when it fails.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Daemon, DigestKey, Home, Minted, SecretParts, WebSocket, soon};

/// What may be found nowhere: each secret whole, its body, and the body with its tag.
fn needles(secrets: &[String]) -> Vec<String> {
    secrets
        .iter()
        .flat_map(|secret| {
            let parts = SecretParts::of(secret);
            [
                secret.clone(),
                parts.body.clone(),
                format!("{}{}", parts.body, parts.tag),
                parts.body[..20].to_owned(),
            ]
        })
        .collect()
}

fn assert_holds_none(place: &str, bytes: &[u8], needles: &[String]) {
    for needle in needles {
        let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!found, "{place} holds a secret or a part of one");
    }
}

fn assert_directory_holds_none(directory: &Path, needles: &[String]) {
    each_file(directory, &mut |path, bytes| assert_holds_none(path, bytes, needles));
}

fn assert_directory_holds_no_key(directory: &Path, key: &[u8]) {
    each_file(directory, &mut |path, bytes| {
        assert!(!bytes.windows(key.len()).any(|window| window == key), "{path} holds the digests' key");
    });
}

/// Shows each file below a directory.
fn each_file(directory: &Path, show: &mut impl FnMut(&str, &[u8])) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, show);
        } else if path.is_file() {
            show(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

/// Sends a secret where a subscription's id belongs.
fn misplace(secret: &str, socket: &mut WebSocket) {
    for params in [json!({"secret": secret}), json!([[secret]]), json!({"subscription": {"is": secret}})] {
        let _ = socket.call("events.unsubscribe", &params);
        let _ = socket.call("revision.unsubscribe", &params);
    }
}

/// Presents a secret where it belongs and where it does not, on both sockets and both transports.
fn present_everywhere(daemon: &Daemon, socket: &mut WebSocket, secret: &str, id: &str) {
    misplace(secret, socket);
    for account in [None, Some("a"), Some("absent")] {
        let _ = daemon.present(secret, account);
    }
    let _ = daemon.verify.call("accounts.visible", &json!({"secret": secret}));
    let _ = socket.call("keys.verify", &json!({"secret": secret}));
    let _ = daemon.verify.call("keys.verify", &json!({"secret": format!("{secret} ")}));
    let _ = daemon.verify.call("keys.verify", &json!({"secrets": secret}));
    let _ = daemon.verify.call("keys.verify", &json!([secret]));
    let _ = daemon.admin.call("keys.get", &json!({"id": secret}));
    let _ = daemon.admin.call("keys.rename", &json!({"id": id, "name": secret}));
    let _ = daemon.admin.call(secret, &json!({}));
    // A call cut short, and one whose reader goes away.
    let _ = daemon.verify.try_post(&format!("{{\"secret\": \"{secret}\"").into_bytes());
}

#[test]
fn after_a_whole_session_at_trace_level_the_secret_is_nowhere() {
    a_whole_session("trace");
}

#[test]
fn after_a_whole_session_on_the_short_way_the_secret_is_nowhere() {
    a_whole_session("debug");
}

fn a_whole_session(log_level: &'static str) {
    let mut home = Home::that_keeps_digests();
    home.log_level = log_level;
    let mut daemon = home.start();
    let digest_key = DigestKey::of(&daemon);
    let mut events = WebSocket::open(&daemon.admin);
    events.subscribe("events.subscribe");
    daemon.connect("a");
    let mut secrets = Vec::new();
    let mut mint = |minted: Minted| -> Minted {
        secrets.push(minted.secret.clone());
        minted
    };

    // A life of each kind, with every call that knows the secret, on both sockets and both transports.
    let kept = mint(daemon.create_for("kept", &["a"]));
    let rotated = mint(daemon.create_for_all("rotated"));
    let fresh = mint(daemon.rotate(&rotated.id));
    let deleted = mint(daemon.create_for_all("deleted"));
    daemon.admin.ok("keys.delete", &json!({"id": deleted.id}));
    let asked = json!({"name": "asked", "request_id": "r"});
    let repeated = mint(Minted::of(&daemon.admin.ok("keys.create", &asked)));
    daemon.admin.ok("keys.create", &asked);
    let mut socket = WebSocket::open(&daemon.admin);
    let over_socket =
        mint(Minted::of(&socket.call("keys.create", &json!({"name": "over a websocket"})).unwrap()));
    let batch = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "keys.create", "params": {"name": "in a batch"}},
        {"jsonrpc": "2.0", "id": 2, "method": "keys.verify", "params": {"secret": kept.secret}},
    ]);
    let answers = daemon.admin.post_json(batch.to_string());
    mint(Minted::of(&answers.as_array().unwrap().iter().find(|answer| answer["id"] == 1).unwrap()["result"]));
    let made = daemon.home.run(&["keys", "create", "by command"]).success();
    let by_command = made.stdout.trim_end().to_owned();
    secrets.push(by_command.clone());

    for secret in [&kept, &rotated, &fresh, &deleted, &repeated, &over_socket].map(|minted| &minted.secret) {
        present_everywhere(&daemon, &mut socket, secret, &kept.id);
    }
    daemon.home.run_with_input(&["verify"], &format!("{by_command}\n")).success();
    let refused = daemon.home.run_with_input(&["verify"], &format!("{}\n", deleted.secret));
    daemon.set_storage_mode(false);
    let off = daemon.home.run_with_input(&["verify"], &format!("{by_command}\n"));
    daemon.set_storage_mode(true);
    soon("a use is noted", || daemon.key(&kept.id)["last_used_at"].is_string());

    let needles = needles(&secrets);
    for output in [refused, off] {
        assert_holds_none("what verify prints", format!("{output:?}").as_bytes(), &needles);
    }
    assert_holds_none("what create says besides", made.stderr.as_bytes(), &needles);
    for (method, params) in [
        ("keys.list", json!({"limit": 1000})),
        ("keys.get", json!({"id": kept.id})),
        ("accounts.list", json!({"limit": 1000})),
        ("activity.list", json!({"limit": 1000})),
        ("settings.get", json!({})),
        ("system.status", json!({})),
        ("rpc.discover", json!({})),
    ] {
        assert_holds_none(method, &daemon.admin.bytes(method, &params), &needles);
    }
    for command in [
        &["keys", "list"][..],
        &["keys", "list", "--json"],
        &["activity"],
        &["activity", "--json"],
        &["status"],
    ] {
        let output = daemon.home.run(command).success();
        assert_holds_none(&command.join(" "), format!("{output:?}").as_bytes(), &needles);
    }
    let end = daemon.revision();
    let mut told = Vec::<Value>::new();
    while told.last().and_then(|event| event["revision"].as_u64()) != Some(end) {
        told.push(events.event());
    }
    assert_holds_none("events", json!(told).to_string().as_bytes(), &needles);

    let process = Path::new("/proc").join(daemon.pid().to_string());
    for file in ["cmdline", "environ"] {
        // A process that is not dumpable may hide even from root in a container.
        assert_holds_none(file, &fs::read(process.join(file)).unwrap_or_default(), &needles);
    }
    // While it runs, after it ended, and after a start from what it left.
    assert_directory_holds_none(&daemon.home.path(""), &needles);
    assert_directory_holds_no_key(&daemon.home.path(""), &digest_key.bytes().unwrap());
    daemon.stop();
    assert_directory_holds_none(&daemon.home.path(""), &needles);
    daemon.start_again();
    daemon.granted(&kept.secret, Some("a"));
    daemon.kill9();
    assert_directory_holds_none(&daemon.home.path(""), &needles);
    assert!(
        !daemon.home.log_text().is_empty(),
        "at this level a daemon says something, else this test proves nothing"
    );
}

#[test]
fn a_listing_shows_no_more_of_a_secret_than_its_last_four_characters() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let parts = SecretParts::of(&key.secret);
    let shown = daemon.admin.bytes("keys.list", &json!({}));
    let shown = String::from_utf8_lossy(&shown);
    let end = format!("{}{}", parts.body, parts.tag);
    assert!(shown.contains(&end[end.len() - 4..]));
    assert!(!shown.contains(&end[end.len() - 5..]));
    assert!(!shown.contains(&parts.body[..5]));
}

#[test]
fn a_running_daemon_leaves_no_core() {
    let daemon = Daemon::start();
    let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let values: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(values[4..6], ["0", "0"], "{core}");
}
