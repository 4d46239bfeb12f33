//! Owns the tests of the clients in `docs/integrations/clients`, run as they are printed, and of the example for Rust: on a
//! daemon, and on something that answers as none would. Must not need a language that is not installed: its tests are left out.

mod asker;
mod command;
mod rust;
mod stand_in;

use std::fs;
use std::io::Write;

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Minted};
use asker::{Asker, Language, clients};
use command::{
    as_a_command_it_grants_nothing_on_what_is_no_verdict, as_a_command_it_tells_by_its_exit_status,
    while_it_asks_nobody_can_read_the_secret,
};
use stand_in::{Reply, StandIn};

/// How long a client waits where a test does not say.
const PATIENT: u32 = 10_000;

/// Where it is to wait in vain: long enough for an answer that does come, on a machine that has much to do.
const HURRIED: u32 = 1_500;

fn world() -> (Daemon, Minted, Minted) {
    world_in(Home::new())
}

fn world_in(home: Home) -> (Daemon, Minted, Minted) {
    let daemon = home.start();
    daemon.connect("mine");
    daemon.connect("other");
    let (restricted, open) = (daemon.create_for("Budget: Zoë", &["mine"]), daemon.create_for_all("open"));
    (daemon, restricted, open)
}

#[track_caller]
fn assert_refused(outcome: &Value, kind: &str, code: &str, status: u64) {
    assert_eq!(
        (&outcome["kind"], &outcome["code"], &outcome["status"]),
        (&json!(kind), &json!(code), &json!(status)),
        "{outcome}"
    );
    assert!(outcome.get("granted").is_none(), "{outcome}");
    assert!(!outcome.to_string().contains("clv_"), "{outcome}");
}

#[track_caller]
fn assert_granted(outcome: &Value, key: &Minted, account: Option<&str>) {
    assert_eq!(outcome["granted"]["key"]["id"], key.id.as_str(), "{outcome}");
    assert_eq!(outcome["granted"]["account"]["id"].as_str(), account, "{outcome}");
}

fn a_client_follows_what_the_daemon_says(language: Language) {
    let (mut daemon, restricted, open) = world();
    let Some(mut asker) = Asker::start(language, &daemon.home, &daemon.home.run, PATIENT) else { return };
    let unauthorized = ("Unauthorized", "UNAUTHORIZED", 401);
    for account in [None, Some("mine")] {
        let outcome = asker.verify(&restricted.secret, account);
        assert_eq!(outcome["granted"], daemon.granted(&restricted.secret, account));
    }
    assert_eq!(asker.visible(&restricted.secret)["granted"][0]["id"], "mine");
    assert_eq!(asker.visible(&open.secret)["granted"].as_array().unwrap().len(), 2);
    let absent = asker.verify(&restricted.secret, Some("absent"));
    assert_refused(&absent, "NotFound", "NOT_FOUND", 404);
    for account in ["other", "MINE", "no such id", "mine\"", "mine\n", "ä"] {
        assert_eq!(asker.verify(&restricted.secret, Some(account)).to_string(), absent.to_string());
    }
    let wrong = asker.verify("wrong", Some("mine"));
    assert_refused(&wrong, unauthorized.0, unauthorized.1, unauthorized.2);
    for secret in ["", "ä\"}\r\n", &restricted.secret[1..], &format!("{}\n", restricted.secret)] {
        for account in [None, Some("mine"), Some("absent")] {
            assert_eq!(asker.verify(secret, account).to_string(), wrong.to_string());
        }
        assert_eq!(asker.visible(secret).to_string(), wrong.to_string());
    }
    assert_refused(&asker.verify(&open.secret, Some("")), "Refused", "INVALID_PARAMS", 400);
    // An error that the clients have no type for.
    let large = asker.verify(&"x".repeat(70_000), None);
    assert!(large.get("granted").is_none(), "{large}");
    let retired = asker.verify(&open.secret, Some("other"));
    assert_granted(&retired, &open, Some("other"));
    let rotated = daemon.rotate(&open.id);
    assert_eq!(asker.verify(&open.secret, Some("other")), wrong);
    assert_granted(&asker.verify(&rotated.secret, Some("other")), &open, Some("other"));
    daemon.admin.ok("keys.set_scope", &json!({"id": restricted.id, "scope": {"accounts": ["other"]}}));
    assert_eq!(asker.verify(&restricted.secret, Some("mine")), absent);
    assert_granted(&asker.verify(&restricted.secret, Some("other")), &restricted, Some("other"));
    daemon.set_storage_mode(false);
    let off = asker.verify(&restricted.secret, Some("absent"));
    assert_refused(&off, "StorageModeRequired", "STORAGE_MODE_REQUIRED", 403);
    assert_eq!(asker.visible(&restricted.secret), off);
    assert_eq!(asker.verify("wrong", None), wrong);
    daemon.set_storage_mode(true);
    // The kept connection is closed by the daemon, as one that is idle is.
    daemon.restart();
    assert_granted(&asker.verify(&restricted.secret, None), &restricted, None);
    daemon.stop();
    for _ in 0..2 {
        assert_refused(&asker.verify(&restricted.secret, None), "Unreachable", "UNREACHABLE", 503);
        assert_refused(&asker.visible(&restricted.secret), "Unreachable", "UNREACHABLE", 503);
    }
    daemon.start_again();
    assert_granted(&asker.verify(&restricted.secret, None), &restricted, None);
    daemon.kill9();
    assert_refused(&asker.verify(&restricted.secret, None), "Unreachable", "UNREACHABLE", 503);
    daemon.start_again();
    assert_granted(&asker.verify(&restricted.secret, Some("other")), &restricted, Some("other"));
}

/// A verdict on the account `mine`.
fn verdict() -> Value {
    let account = json!({"id": "mine", "name": "mine", "institution": null, "mask": null, "kind": null,
        "connected_at": "2026-11-23T08:49:03Z", "version": 1});
    json!({"key": {"id": "key_000000000000", "name": "a"}, "scope": "all", "account": account, "revision": 3})
}

/// An answer to what was asked.
fn answer(result: &Value) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":{result}}}")
}

fn granting() -> Reply {
    Reply::Http(200, answer(&verdict()))
}

/// What is no verdict on the account `mine`, however it looks.
fn no_verdicts() -> Vec<Reply> {
    let with = |change: fn(&mut Value)| {
        let mut changed = verdict();
        change(&mut changed);
        answer(&changed)
    };
    let bodies = vec![
        String::new(),
        "granted".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"jsonrpc":"2.0","id":ID}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":ID,"error":null}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":ID,"error":true}"#.to_owned(),
        answer(&Value::Null),
        answer(&json!({})),
        answer(&json!([])),
        answer(&json!(true)),
        answer(&json!("granted")),
        answer(&json!({"granted": true})),
        answer(&verdict()).replace("ID", "8"),
        answer(&verdict()).replace("ID", "null"),
        format!("[{}]", answer(&verdict())),
        answer(&verdict()).replace("\"result\"", "\"results\""),
        with(|verdict| verdict["account"] = Value::Null),
        with(|verdict| verdict["account"] = json!("mine")),
        with(|verdict| verdict["account"]["id"] = json!("other")),
        with(|verdict| verdict["key"] = Value::Null),
        with(|verdict| verdict["key"]["id"] = Value::Null),
        with(|verdict| drop(verdict.as_object_mut().unwrap().remove("key"))),
        with(|verdict| drop(verdict.as_object_mut().unwrap().remove("account"))),
    ];
    let mut replies: Vec<Reply> = bodies.into_iter().map(|body| Reply::Http(200, body)).collect();
    replies.extend([201, 202, 403, 500, 503].map(|status| Reply::Http(status, answer(&verdict()))));
    replies.extend([
        Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"jsonrpc\":\"2.0\""),
        Reply::Raw("HTTP/1.1 200 OK\r\n"),
        Reply::Raw("no HTTP\r\n\r\n"),
    ]);
    replies
}

fn what_is_no_verdict_grants_nothing(language: Language) {
    let (home, stand_in) = (Home::new(), StandIn::start());
    let Some(mut asker) = Asker::start(language, &home, &stand_in.run(), PATIENT) else { return };
    for reply in no_verdicts() {
        // Where it is read as a connection that was closed meanwhile, it is asked once more.
        stand_in.next([reply.clone(), reply.clone()]);
        let outcome = asker.verify("secret", Some("mine"));
        assert!(outcome["kind"].is_string() && outcome.get("granted").is_none(), "{reply:?}: {outcome}");
        assert_eq!((&outcome["kind"], &outcome["status"]), (&json!("Unreachable"), &json!(503)), "{reply:?}");
        stand_in.forget();
    }
    for result in [json!(null), json!({}), json!([]), json!({"accounts": null}), json!({"accounts": "all"})] {
        stand_in.next([Reply::Http(200, answer(&result))]);
        assert_refused(&asker.visible("secret"), "Unreachable", "UNREACHABLE", 503);
    }
    stand_in.next([granting()]);
    // An account that was not asked about.
    assert_refused(&asker.verify("secret", None), "Unreachable", "UNREACHABLE", 503);
    stand_in.next([granting()]);
    assert_eq!(asker.verify("secret", Some("mine"))["granted"], verdict());
    let before = stand_in.counted().1;
    assert_refused(&asker.verify("secret", Some("")), "Refused", "INVALID_PARAMS", 400);
    if language != Language::Go {
        assert_refused(&asker.verify_null("secret"), "Refused", "INVALID_PARAMS", 400);
    }
    assert_eq!(stand_in.counted().1, before, "an empty account is not even sent");
}

fn errors_are_told_as_what_they_are(language: Language) {
    let (home, stand_in) = (Home::new(), StandIn::start());
    let Some(mut asker) = Asker::start(language, &home, &stand_in.run(), PATIENT) else { return };
    let error = |data: &Value| {
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":ID,\"error\":{{\"code\":-32029,\"message\":\"m\",\"data\":{data}}}}}"
        )
    };
    let busy = error(&json!({"code": "BUSY", "status": 503, "retry_after_ms": 500}));
    stand_in.next([Reply::Http(200, busy)]);
    let outcome = asker.verify("secret", None);
    assert_refused(&outcome, "Busy", "BUSY", 503);
    assert_eq!((&outcome["retry_after_ms"], &outcome["message"]), (&json!(500), &json!("m")));
    // As HTTP has it, where there are too many connections.
    stand_in.next([Reply::Http(503, r#"{"error":{"code":"BUSY","message":"m"}}"#.to_owned())]);
    let outcome = asker.verify("secret", None);
    assert_refused(&outcome, "Busy", "BUSY", 503);
    assert_eq!(outcome["retry_after_ms"], 1000);
    stand_in.next([Reply::Http(200, error(&json!({"code": "INTERNAL_ERROR", "status": 500})))]);
    assert_refused(&asker.verify("secret", None), "Refused", "INTERNAL_ERROR", 500);
    stand_in.next([Reply::Http(408, r#"{"error":{"code":"TIMEOUT","message":"m"}}"#.to_owned())]);
    assert_refused(&asker.visible("secret"), "Refused", "TIMEOUT", 408);
}

fn a_connection_is_kept_and_asks_once_more_where_it_was_closed(language: Language) {
    let (home, stand_in) = (Home::new(), StandIn::start());
    let Some(mut asker) = Asker::start(language, &home, &stand_in.run(), PATIENT) else { return };
    let mut ask = |replies: &[Reply]| {
        let before = stand_in.counted();
        stand_in.next(replies.iter().cloned());
        let outcome = asker.verify("secret", Some("mine"));
        let after = stand_in.counted();
        (outcome.get("granted").is_some(), after.0 - before.0, after.1 - before.1)
    };
    assert_eq!(ask(&[granting()]), (true, 1, 1));
    for _ in 0..20 {
        assert_eq!(ask(&[granting()]), (true, 0, 1), "the connection is kept");
    }
    assert_eq!(ask(&[Reply::HangUp, granting()]), (true, 1, 2), "asked once more");
    assert_eq!(ask(&[granting()]), (true, 0, 1));
    assert_eq!(ask(&[Reply::HangUp, Reply::HangUp]), (false, 1, 2), "and not again");
    assert_eq!(ask(&[Reply::HangUp]), (false, 1, 1), "what was never kept was not closed meanwhile");
    assert_eq!(ask(&[granting()]), (true, 1, 1));
}

fn nobody_is_waited_for_without_end(language: Language) {
    let (home, stand_in) = (Home::new(), StandIn::start());
    let Some(mut asker) = Asker::start(language, &home, &stand_in.run(), HURRIED) else { return };
    stand_in.next([granting(), Reply::Silence, granting()]);
    assert!(asker.verify("secret", Some("mine")).get("granted").is_some());
    assert_refused(&asker.verify("secret", Some("mine")), "Unreachable", "UNREACHABLE", 503);
    let late = stand_in.asked();
    // The answer that comes too late is for nobody.
    let body = answer(&verdict()).replace("ID", "0");
    let _ = (&late)
        .write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert!(asker.verify("secret", Some("mine")).get("granted").is_some());
    assert_eq!(stand_in.counted(), (2, 3));
}

fn the_socket_is_looked_for_where_the_daemon_makes_it(language: Language) {
    for (below, state) in
        [("home/.local/state", Some("relative")), ("home/.local/state", None), ("s t", Some("s t"))]
    {
        let mut home = Home::new();
        home.run = home.path(below).join("claviger/run");
        let state = state.map(|state| if state == "relative" { state.into() } else { home.path(state) });
        let (daemon, _, open) = world_in(home);
        if !language.is_here(&daemon.home) {
            return;
        }
        let mut command = language.command(&daemon.home, &["verify"]);
        command.env_remove("CLAVIGER_RUNTIME_DIR").envs(state.map(|state| ("XDG_STATE_HOME", state)));
        let output = Home::finish(command, &open.secret).success();
        assert!(output.stdout.contains(&open.id), "{output:?}");
    }
}

#[test]
fn each_client_is_one_small_file() {
    for entry in fs::read_dir(clients()).unwrap() {
        let path = entry.unwrap().path();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 200, "{} has {lines} lines", path.display());
    }
}

/// The same tests for each language, by what its client can do.
macro_rules! held_to_it {
    ($($module:ident: $language:expr => $($test:ident)*;)*) => {$(
        mod $module {
            use super::asker::Language;

            $(
                #[test]
                fn $test() {
                    super::$test($language);
                }
            )*
        }
    )*};
}

held_to_it! {
    python: Language::Python =>
        a_client_follows_what_the_daemon_says
        what_is_no_verdict_grants_nothing
        errors_are_told_as_what_they_are
        a_connection_is_kept_and_asks_once_more_where_it_was_closed
        nobody_is_waited_for_without_end
        the_socket_is_looked_for_where_the_daemon_makes_it
        as_a_command_it_tells_by_its_exit_status
        as_a_command_it_grants_nothing_on_what_is_no_verdict
        while_it_asks_nobody_can_read_the_secret;
    node: Language::Node =>
        a_client_follows_what_the_daemon_says
        what_is_no_verdict_grants_nothing
        errors_are_told_as_what_they_are
        a_connection_is_kept_and_asks_once_more_where_it_was_closed
        nobody_is_waited_for_without_end
        the_socket_is_looked_for_where_the_daemon_makes_it
        as_a_command_it_tells_by_its_exit_status
        as_a_command_it_grants_nothing_on_what_is_no_verdict
        while_it_asks_nobody_can_read_the_secret;
    go: Language::Go =>
        a_client_follows_what_the_daemon_says
        what_is_no_verdict_grants_nothing
        errors_are_told_as_what_they_are
        a_connection_is_kept_and_asks_once_more_where_it_was_closed
        nobody_is_waited_for_without_end;
    in_rust: Language::Rust =>
        the_socket_is_looked_for_where_the_daemon_makes_it
        as_a_command_it_tells_by_its_exit_status;
    shell: Language::Shell =>
        the_socket_is_looked_for_where_the_daemon_makes_it
        as_a_command_it_tells_by_its_exit_status
        as_a_command_it_grants_nothing_on_what_is_no_verdict
        while_it_asks_nobody_can_read_the_secret;
}
