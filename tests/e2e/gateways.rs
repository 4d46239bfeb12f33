//! Owns the tests of HTTP for gateways: a secret and an account in a request's head, a verdict in a status. Must not run a
//! gateway.

use serde_json::{Value, json};

use crate::harness::{Answer, Daemon, Minted, Socket, exchange};

/// Asks as a gateway does: `GET TARGET` with these headers, on a connection of its own.
fn ask(socket: &Socket, target: &str, headers: &[(&str, &str)]) -> Answer {
    ask_by("GET", socket, target, headers)
}

fn ask_by(method: &str, socket: &Socket, target: &str, headers: &[(&str, &str)]) -> Answer {
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let lines = lines.concat();
    let request =
        format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{lines}\r\n");
    exchange(socket.path(), request.as_bytes()).unwrap()
}

/// The same with a secret as a bearer token.
fn bear(daemon: &Daemon, secret: &str, target: &str) -> Answer {
    ask(&daemon.verify, target, &[("authorization", &format!("Bearer {secret}"))])
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// Everything of an answer but the time.
fn without_date(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    answer.headers.retain(|(name, _)| name != "date");
    answer
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, json_of(answer)["error"]["code"].as_str()),
        (status, Some(code)),
        "{answer:?}"
    );
    assert!(json_of(answer)["error"]["message"].is_string());
    assert_eq!(answer.header("x-claviger-status"), Some(status.to_string().as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for granted in ["x-claviger-key-id", "x-claviger-key-name", "x-claviger-account"] {
        assert_eq!(answer.header(granted), None, "{granted}");
    }
}

fn world() -> (Daemon, Minted, Minted) {
    let daemon = Daemon::start();
    daemon.connect("mine");
    daemon.connect("other");
    let (restricted, open) = (daemon.create_for("Budget: Zoë", &["mine"]), daemon.create_for_all("open"));
    (daemon, restricted, open)
}

#[test]
fn a_right_secret_is_200_with_the_verdict_in_body_and_headers_on_both_sockets() {
    let (daemon, restricted, _) = world();
    for socket in [&daemon.verify, &daemon.admin] {
        for headers in [
            [("authorization", format!("Bearer {}", restricted.secret))],
            [("X-API-Key", restricted.secret.clone())],
        ] {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = ask(socket, "/authorize?account=mine", &headers);
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(json_of(&answer), daemon.granted(&restricted.secret, Some("mine")));
            for (header, value) in [
                ("x-claviger-key-id", restricted.id.as_str()),
                ("x-claviger-key-name", "Budget%3A%20Zo%C3%AB"),
                ("x-claviger-account", "mine"),
                ("x-claviger-status", "200"),
                ("cache-control", "no-store"),
                ("content-type", "application/json; charset=utf-8"),
            ] {
                assert_eq!(answer.header(header), Some(value), "{header}");
            }
        }
    }
    let without = bear(&daemon, &restricted.secret, "/authorize");
    assert_eq!((without.status, without.header("x-claviger-account")), (200, Some("")));
    assert_eq!(json_of(&without)["account"], Value::Null);
}

#[test]
fn any_method_and_any_path_below_ask_the_same() {
    let (daemon, restricted, _) = world();
    let bearer = format!("Bearer {}", restricted.secret);
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"] {
        for target in ["/authorize?account=mine", "/authorize/v1/accounts/7?x=1&account=mine"] {
            let answer = ask_by(method, &daemon.verify, target, &[("authorization", &bearer)]);
            assert_eq!(answer.status, 200, "{method} {target}: {answer:?}");
        }
    }
    let upgrade = [("authorization", bearer.as_str()), ("connection", "upgrade"), ("upgrade", "websocket")];
    assert_eq!(ask(&daemon.verify, "/authorize", &upgrade).status, 200, "a client's own upgrade is not ours");
    let with_body =
        [("authorization", bearer.as_str()), ("content-type", "text/plain"), ("content-length", "0")];
    assert_eq!(ask_by("POST", &daemon.verify, "/authorize", &with_body).status, 200);
    assert_eq!(bear(&daemon, &restricted.secret, "/authorizer").status, 404);
}

#[test]
fn every_wrong_secret_is_the_same_401() {
    let (daemon, restricted, open) = world();
    let retired = open.secret.clone();
    daemon.rotate(&open.id);
    let doomed = daemon.create_for_all("doomed");
    daemon.admin.ok("keys.delete", &json!({"id": doomed.id}));
    let none = ask(&daemon.verify, "/authorize?account=mine", &[]);
    assert_refused(&none, 401, "UNAUTHORIZED");
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));
    for secret in [retired.as_str(), &doomed.secret, "wrong", "", &restricted.secret[1..]] {
        for account in ["mine", "other", "absent"] {
            let answer = bear(&daemon, secret, &format!("/authorize?account={account}"));
            assert_eq!(without_date(&answer), without_date(&none));
        }
    }
    let basic = ask(&daemon.verify, "/authorize?account=mine", &[("authorization", "Basic czpz")]);
    assert_eq!(without_date(&basic), without_date(&none));
}

#[test]
fn out_of_scope_and_absent_are_the_same_404() {
    let (daemon, restricted, _) = world();
    let absent = bear(&daemon, &restricted.secret, "/authorize?account=absent");
    assert_refused(&absent, 404, "NOT_FOUND");
    for account in ["other", "no%20such%20id", "%2e%2e", "MINE"] {
        let answer = bear(&daemon, &restricted.secret, &format!("/authorize?account={account}"));
        assert_eq!(without_date(&answer), without_date(&absent), "{account}");
    }
}

#[test]
fn a_question_that_is_ambiguous_or_empty_is_400_whatever_the_secret() {
    let (daemon, restricted, _) = world();
    let bearer = format!("Bearer {}", restricted.secret);
    let (by, key) = (("authorization", bearer.as_str()), ("x-api-key", restricted.secret.as_str()));
    let wrong = ("authorization", "Bearer wrong");
    for (target, headers) in [
        ("/authorize", vec![by, key]),
        ("/authorize", vec![by, by]),
        ("/authorize", vec![key, key]),
        ("/authorize?account=", vec![by]),
        ("/authorize?account", vec![by]),
        ("/authorize", vec![by, ("x-account-id", "")]),
        ("/authorize?account=mine", vec![by, ("x-account-id", "")]),
        ("/authorize?account=mine", vec![by, ("x-account-id", "other")]),
        ("/authorize?account=mine&account=other", vec![by]),
        ("/authorize?account=", vec![wrong]),
    ] {
        let answer = ask(&daemon.verify, target, &headers);
        assert_refused(&answer, 400, "INVALID_PARAMS");
        assert!(!answer.text().contains("clv_"), "{answer:?}");
    }
    let same = [by, ("x-account-id", "mine")];
    assert_eq!(ask(&daemon.verify, "/authorize?account=mine", &same).status, 200);
}

#[test]
fn storage_mode_off_is_403_to_a_right_secret_only() {
    let (daemon, restricted, _) = world();
    daemon.set_storage_mode(false);
    assert_refused(
        &bear(&daemon, &restricted.secret, "/authorize?account=other"),
        403,
        "STORAGE_MODE_REQUIRED",
    );
    assert_refused(&bear(&daemon, "wrong", "/authorize"), 401, "UNAUTHORIZED");
}

#[test]
fn for_nginx_what_it_would_turn_into_500_is_sent_as_403() {
    let (daemon, restricted, _) = world();
    for (target, status, code) in [
        ("/authorize?compat=nginx&account=absent", 404, "NOT_FOUND"),
        ("/authorize?account=&compat=nginx", 400, "INVALID_PARAMS"),
    ] {
        let answer = bear(&daemon, &restricted.secret, target);
        assert_eq!(
            (answer.status, json_of(&answer)["error"]["code"].as_str()),
            (403, Some(code)),
            "{answer:?}"
        );
        assert_eq!(answer.header("x-claviger-status"), Some(status.to_string().as_str()));
    }
    assert_eq!(bear(&daemon, "wrong", "/authorize?compat=nginx").status, 401);
    assert_eq!(bear(&daemon, &restricted.secret, "/authorize?compat=nginx").status, 200);
    assert_eq!(bear(&daemon, &restricted.secret, "/authorize?compat=other&account=absent").status, 404);
}

#[test]
fn a_change_binds_the_very_next_question() {
    let (daemon, restricted, open) = world();
    assert_eq!(bear(&daemon, &restricted.secret, "/authorize?account=other").status, 404);
    daemon.admin.ok("keys.set_scope", &json!({"id": restricted.id, "scope": {"accounts": ["other"]}}));
    assert_eq!(bear(&daemon, &restricted.secret, "/authorize?account=other").status, 200);
    assert_eq!(bear(&daemon, &restricted.secret, "/authorize?account=mine").status, 404);
    let rotated = daemon.rotate(&open.id);
    assert_eq!(bear(&daemon, &open.secret, "/authorize").status, 401);
    assert_eq!(bear(&daemon, &rotated.secret, "/authorize").status, 200);
    daemon.admin.ok("keys.delete", &json!({"id": open.id}));
    assert_eq!(bear(&daemon, &rotated.secret, "/authorize").status, 401);
}

#[test]
fn a_gateway_asks_again_and_again_over_one_connection() {
    use std::io::{Read, Write};
    let (daemon, restricted, _) = world();
    let mut stream = std::os::unix::net::UnixStream::connect(daemon.verify.path()).unwrap();
    for (account, status) in [("mine", "200 OK"), ("other", "404 Not Found"), ("mine", "200 OK")] {
        let request = format!(
            "GET /authorize?account={account} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n",
            restricted.secret
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 2048];
        let len = stream.read(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer[..len]).into_owned();
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{text}");
    }
}

#[test]
fn what_is_left_unread_of_a_question_is_never_taken_for_another() {
    let (daemon, restricted, _) = world();
    let bearer = format!("Bearer {}", restricted.secret);
    let smuggled = "GET /authorize HTTP/1.1\r\nhost: a\r\n\r\n";
    let length = smuggled.len();
    let request = format!(
        "POST /authorize HTTP/1.1\r\nhost: a\r\nauthorization: {bearer}\r\ncontent-length: {length}\r\n\r\n{smuggled}"
    );
    // It is read until the daemon closes, so one answer is all that comes.
    let answer = exchange(daemon.verify.path(), request.as_bytes()).unwrap();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
}

#[test]
fn healthz_says_ok() {
    let daemon = Daemon::start();
    for socket in [&daemon.verify, &daemon.admin] {
        let answer = ask(socket, "/healthz", &[]);
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
        assert_eq!(ask_by("POST", socket, "/healthz", &[]).status, 405);
    }
}
