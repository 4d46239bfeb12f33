//! Owns the tests of the log: its forms, and what each level says of one small story. Must not look for more secrets than
//! that story has.

use rustix::process::getuid;
use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Minted, SecretParts, WebSocket, exchange, soon};

fn with_format(format: &str) -> Home {
    let mut home = Home::new();
    home.under = vec!["env".to_owned(), format!("CLAVIGER_LOG_FORMAT={format}")];
    home
}

#[test]
fn each_line_of_a_json_log_is_an_object_with_its_facts_and_no_secret() {
    let mut daemon = with_format("json").start();
    let key = daemon.create_for_all("key");
    daemon.verify.ok("keys.verify", &json!({"secret": key.secret}));
    assert_eq!(daemon.stop(), 0);
    let log = daemon.home.log_text();
    assert!(!log.contains(&key.secret), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        for fact in ["timestamp", "level", "target", "message"] {
            assert!(line[fact].is_string(), "{line}");
        }
    }
    let said = |message| lines.iter().find(|line| line["message"] == message).unwrap();
    assert_eq!(said("ready")["runtime_dir"], daemon.home.run.to_str().unwrap());
    assert_eq!(said("asked to stop")["uid"], rustix::process::getuid().as_raw());
}

#[test]
fn the_journals_form_is_text_where_there_is_no_journal_to_take_it() {
    if std::path::Path::new("/run/systemd/journal/socket").exists() {
        return;
    }
    let mut daemon = with_format("journal").start();
    daemon.stop();
    assert!(
        daemon.home.log_text().contains("INFO claviger_daemon::run: ready"),
        "{}",
        daemon.home.log_text()
    );
}

#[test]
fn a_form_that_there_is_not_is_a_usage_error() {
    let failure = with_format("xml").start_in_vain();
    assert_eq!(failure.status, 2);
    assert!(failure.said.contains("CLAVIGER_LOG_FORMAT must be text, json or journal"), "{failure:?}");
    assert!(!failure.said.contains("xml"), "{failure:?}");
}

const NAME: &str = "Nightly Batch";
const MADE_UP: &str = "key_4fX9aQ2LmN7b";

/// A small story, and all that it logs at this level.
struct Told {
    key: Minted,
    rotated: Minted,
    log: String,
    lines: Vec<Value>,
}

impl Told {
    fn at(level: &'static str) -> Self {
        let mut home = with_format("json");
        home.log_level = level;
        let mut daemon = home.start();
        let mut events = WebSocket::open(&daemon.admin);
        events.subscribe("events.subscribe");
        events.event();
        daemon.admin.ok("accounts.connect", &json!({"name": "Household", "id": "main"}));
        let key = daemon.create(NAME, &json!({"accounts": ["main"]}));
        daemon.admin.refused("keys.create", &json!({"name": NAME}), "CONFLICT");
        daemon.admin.refused("keys.delete", &json!({"id": MADE_UP}), "NOT_FOUND");
        daemon.granted(&key.secret, Some("main"));
        daemon.denied(&key.secret, Some("elsewhere"), "NOT_FOUND");
        let rotated = daemon.rotate(&key.id);
        daemon.denied(&key.secret, None, "UNAUTHORIZED");
        daemon.denied(&forged(&rotated.secret), None, "UNAUTHORIZED");
        daemon.verify.refused("no.such", &json!({"raw": MADE_UP}), "METHOD_NOT_FOUND");
        authorized(&daemon, &rotated.secret);
        let copy = daemon.home.path("copy");
        daemon.home.run(&["backup", copy.to_str().unwrap()]).success();
        drop(events);
        assert_eq!(daemon.stop(), 0);
        let log = daemon.home.log_text();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Self { key, rotated, log, lines }
    }

    /// The lines with this message.
    fn said(&self, message: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["message"] == message).collect()
    }

    /// These facts of the lines with this message.
    fn facts(&self, message: &str, facts: &[&str]) -> Vec<Vec<Value>> {
        let of = |line: &&Value| facts.iter().map(|fact| line[*fact].clone()).collect();
        self.said(message).iter().map(of).collect()
    }

    fn messages(&self) -> Vec<&str> {
        self.lines.iter().map(|line| line["message"].as_str().unwrap()).collect()
    }
}

/// What names a key that there is, but was never its secret.
fn forged(secret: &str) -> String {
    SecretParts::of(secret).with(|parts| parts.tag = parts.tag.chars().rev().collect())
}

/// Asks as a gateway does.
fn authorized(daemon: &Daemon, secret: &str) {
    let request = format!(
        "GET /authorize?account=main HTTP/1.1\r\nHost: c\r\nX-API-Key: {secret}\r\nConnection: close\r\n\r\n"
    );
    let answer = exchange(daemon.verify.path(), request.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
}

#[test]
fn info_says_what_was_changed_and_nothing_of_what_was_refused() {
    let told = Told::at("info");
    let id = told.key.id.as_str();
    assert_eq!(
        told.facts("changed", &["action", "key_id", "account_id", "revision"]),
        [
            [json!("account.connected"), Value::Null, json!("main"), json!(1)],
            [json!("key.created"), json!(id), Value::Null, json!(2)],
            [json!("key.rotated"), json!(id), Value::Null, json!(3)],
        ]
    );
    for change in told.said("changed") {
        assert_eq!(change["uid"], getuid().as_raw(), "{change}");
        assert!(change["pid"].is_i64(), "{change}");
        assert_eq!(change["level"], "INFO");
    }
    let [backup] = told.said("backup taken")[..] else { panic!("{}", told.log) };
    assert_eq!((&backup["revision"], &backup["uid"]), (&json!(3), &json!(getuid().as_raw())));
    assert_eq!(
        told.messages(),
        ["ready", "changed", "changed", "changed", "backup taken", "asked to stop", "stopping", "stopped"]
    );
}

#[test]
fn debug_says_what_the_daemon_does_and_only_of_known_keys_which() {
    let told = Told::at("debug");
    let known = json!(told.key.id);
    assert_eq!(
        told.facts("verified", &["verdict", "reason", "key_id"]),
        [
            [json!("granted"), json!("proven"), known.clone()],
            [json!("refused"), json!("no_such_account"), known.clone()],
            [json!("refused"), json!("retired"), known.clone()],
            [json!("refused"), json!("unknown"), Value::Null],
            [json!("granted"), json!("proven"), known],
        ]
    );
    assert!(told.said("verified").iter().all(|line| line["uid"] == getuid().as_raw()));
    assert_eq!(told.facts("snapshot sent", &["revision", "parts"]), [[json!(0), json!(1)]]);
    assert_eq!(told.facts("notes of use saved", &["keys"])[0], [json!(1)]);
    for message in ["connection opened", "connection closed"] {
        for socket in ["admin", "verify"] {
            let of = told.said(message).into_iter().find(|line| line["socket"] == socket);
            assert_eq!(of.unwrap()["uid"], getuid().as_raw(), "{message} {socket}");
        }
    }
    assert_eq!(told.said("changed").len(), 3);
    assert!(told.said("answered").is_empty() && told.said("commit").is_empty(), "{}", told.log);
}

#[test]
fn debug_says_which_secret_had_to_be_hashed_and_how_long_that_took() {
    let mut home = with_format("json");
    home.log_level = "debug";
    let mut daemon = home.start();
    let key = daemon.create_for_all("key");
    daemon.granted(&key.secret, None);
    assert!(!daemon.home.log_text().contains("hashed"), "who has just made a secret knows its hash");
    daemon.restart();
    daemon.granted(&key.secret, None);
    daemon.granted(&key.secret, None);
    let log = daemon.home.log_text();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let hashed: Vec<Value> = lines.filter(|line| line["message"] == "hashed").collect();
    assert_eq!(hashed.len(), 1, "{log}");
    assert_eq!((&hashed[0]["key_id"], &hashed[0]["proven"]), (&json!(key.id), &json!(true)));
    assert!(hashed[0]["took_ms"].is_u64(), "{log}");
}

#[test]
fn trace_says_every_call_and_commit_and_no_secret_name_or_raw_text() {
    let told = Told::at("trace");
    let calls = told.facts("answered", &["method", "path", "socket", "code"]);
    for (what, socket, code) in [
        (("method", "keys.create"), "admin", "OK"),
        (("method", "keys.create"), "admin", "CONFLICT"),
        (("method", "keys.delete"), "admin", "NOT_FOUND"),
        (("method", "keys.verify"), "verify", "OK"),
        (("method", "keys.verify"), "verify", "UNAUTHORIZED"),
        (("method", "events.subscribe"), "admin", "OK"),
        (("method", "system.stop"), "admin", "OK"),
        (("path", "/authorize"), "verify", "OK"),
        (("", ""), "verify", "METHOD_NOT_FOUND"),
    ] {
        let named = |kind: &str| if what.0 == kind { json!(what.1) } else { Value::Null };
        let expected = vec![named("method"), named("path"), json!(socket), json!(code)];
        assert!(calls.contains(&expected), "{expected:?} is not among {calls:?}");
    }
    for call in told.said("answered") {
        assert_eq!(call["uid"], getuid().as_raw(), "{call}");
        assert!(call["took_us"].is_u64(), "{call}");
    }
    let commits = told.facts("commit", &["changes"]);
    assert_eq!(commits.iter().filter_map(|facts| facts[0].as_u64()).sum::<u64>(), 3);
    assert!(told.said("commit").iter().all(|line| line["took_us"].is_u64()), "{}", told.log);
    // What is said to be changed is on disk.
    let messages = told.messages();
    let written: Vec<&str> =
        messages.into_iter().filter(|said| ["commit", "changed"].contains(said)).collect();
    for (at, said) in written.iter().enumerate().filter(|(_, said)| **said == "changed") {
        assert!(at > 0 && written[at - 1] == "commit", "{said} before its commit: {}", told.log);
    }
    for hidden in [
        NAME,
        "Household",
        "elsewhere",
        MADE_UP,
        "4fX9aQ2LmN7b",
        "no.such",
        &told.key.secret,
        &told.rotated.secret,
    ] {
        assert!(!told.log.contains(hidden), "{hidden} is in the log");
    }
}

#[test]
fn a_log_that_takes_no_line_holds_up_nothing() {
    let mut home = Home::new();
    home.under = ["sh", "-c", r#"exec "$@" 2>/dev/full"#, "sh"].map(str::to_owned).into();
    let mut daemon = home.start();
    let key = daemon.create_for_all("key");
    daemon.granted(&key.secret, None);
    soon("changes are still taken", || daemon.admin.call("keys.delete", &json!({"id": key.id})).is_ok());
    assert_eq!(daemon.stop(), 0);
}
