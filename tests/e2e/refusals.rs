//! Owns the tests that refusals are one answer: whatever is wrong with a secret, and whatever keeps an account out of
//! sight. Must not test what is granted.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, SecretParts};

/// Fails unless all bodies are the same, and names the one that is not.
pub(crate) fn assert_same_bytes(answers: &[(String, Vec<u8>)]) {
    let (first_label, first) = &answers[0];
    for (label, body) in &answers[1..] {
        assert_eq!(
            String::from_utf8_lossy(body),
            String::from_utf8_lossy(first),
            "{label:?} is answered otherwise than {first_label:?}"
        );
    }
}

/// Account ids that name no account, of every kind.
fn absent_ids() -> Vec<String> {
    let mut ids: Vec<String> = [
        "never-existed",
        "acc_AAAAAAAAAAAA",
        "",
        " ",
        "*",
        "all",
        "null",
        " inside",
        "inside ",
        "INSIDE",
        "inside\n",
        "inside\u{0}",
        "../inside",
        "key_AAAAAAAAAAAA",
        "é",
        "日本",
        "\u{202e}",
        "\u{1b}[2J",
        "{\"accounts\":[]}",
    ]
    .map(str::to_owned)
    .into();
    ids.extend([64, 65, 1000, 40_000].map(|len| "x".repeat(len)));
    ids
}

#[test]
fn an_account_out_of_scope_and_one_that_is_absent_get_the_same_bytes() {
    let daemon = Daemon::start();
    for id in ["inside", "outside", "gone"] {
        daemon.connect(id);
    }
    let key = daemon.create_for("restricted", &["inside", "gone"]);
    let open = daemon.create_for_all("open");
    daemon.admin.ok("accounts.disconnect", &json!({"id": "gone"}));
    daemon.granted(&key.secret, Some("inside"));
    daemon.granted(&open.secret, Some("outside"));
    daemon.denied(&key.secret, Some("outside"), "NOT_FOUND");

    let mut answers = vec![("outside".to_owned(), daemon.present_bytes(&key.secret, Some("outside")))];
    for id in absent_ids().into_iter().chain(["gone".to_owned(), key.id.clone()]) {
        answers.push((format!("restricted, {id:.20}"), daemon.present_bytes(&key.secret, Some(&id))));
        answers.push((format!("open, {id:.20}"), daemon.present_bytes(&open.secret, Some(&id))));
        let call = json!({"secret": key.secret, "account": id});
        answers.push((format!("admin.sock, {id:.20}"), daemon.admin.bytes("keys.verify", &call)));
    }
    assert_same_bytes(&answers);
}

#[test]
fn a_key_restricted_to_nothing_gets_the_same_bytes_for_every_account() {
    let daemon = Daemon::start();
    daemon.connect("only");
    daemon.connect("other");
    let key = daemon.create_for("restricted", &["only"]);
    daemon.admin.ok("accounts.disconnect", &json!({"id": "only"}));
    let answers: Vec<_> = ["other", "only", "never"]
        .map(|id| (id.to_owned(), daemon.present_bytes(&key.secret, Some(id))))
        .into();
    assert_same_bytes(&answers);
    daemon.denied(&key.secret, Some("other"), "NOT_FOUND");
    let granted = daemon.granted(&key.secret, None);
    assert_eq!(granted["scope"], json!({"accounts": []}));
    assert!(daemon.visible(&key.secret).is_empty());
}

/// Secrets that open nothing, made of a living key's, each with what is wrong with it.
fn wrong_secrets(daemon: &Daemon) -> Vec<(String, String)> {
    let key = daemon.create_for_all("living");
    let other = daemon.create_for_all("other");
    let parts = SecretParts::of(&key.secret);
    let others = SecretParts::of(&other.secret);

    let rotated = daemon.create_for_all("rotated");
    daemon.rotate(&rotated.id);
    let rotated_twice = daemon.create_for_all("rotated twice");
    daemon.rotate(&rotated_twice.id);
    daemon.rotate(&rotated_twice.id);
    let deleted = daemon.create_for_all("deleted");
    daemon.admin.ok("keys.delete", &json!({"id": deleted.id}));
    let rotated_then_deleted = daemon.create_for_all("rotated, then deleted");
    daemon.rotate(&rotated_then_deleted.id);
    daemon.admin.ok("keys.delete", &json!({"id": rotated_then_deleted.id}));
    let foreign = Daemon::start().create_for_all("living").secret;

    // Each must be refused, so each must differ from what is granted.
    let other_digit = |text: &str, at: usize| {
        let digit = if text.as_bytes()[at] == b'a' { "b" } else { "a" };
        let mut text = text.to_owned();
        text.replace_range(at..=at, digit);
        text
    };
    let swap_case = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() })
            .collect()
    };
    let secret = key.secret.as_str();
    let mut wrong = vec![
        ("unknown id, right form", parts.with(|it| it.id = "AAAAAAAAAAAA".into())),
        ("rotated", rotated.secret),
        ("rotated twice", rotated_twice.secret),
        ("deleted", deleted.secret),
        ("rotated, then deleted", rotated_then_deleted.secret),
        ("another store's", foreign),
        ("other prefix", parts.with(|it| it.prefix = "sk".into())),
        ("prefix in capitals", parts.with(|it| it.prefix = "CLV".into())),
        ("no prefix", secret[4..].to_owned()),
        ("another key's id", parts.with(|it| it.id.clone_from(&others.id))),
        ("another key's body", parts.with(|it| it.body.clone_from(&others.body))),
        ("another key's tag", parts.with(|it| it.tag.clone_from(&others.tag))),
        ("another key's body and tag", SecretParts { id: parts.id.clone(), ..others }.join()),
        ("other first digit of the body", parts.with(|it| it.body = other_digit(&it.body, 0))),
        ("other last digit of the body", parts.with(|it| it.body = other_digit(&it.body, 42))),
        ("other first digit of the tag", parts.with(|it| it.tag = other_digit(&it.tag, 0))),
        ("other last digit of the tag", parts.with(|it| it.tag = other_digit(&it.tag, 5))),
        ("cut by one", secret[..secret.len() - 1].to_owned()),
        ("cut at the front", secret[1..].to_owned()),
        ("without its tag", secret[..secret.len() - 6].to_owned()),
        ("lengthened", format!("{secret}0")),
        ("twice", format!("{secret}{secret}")),
        ("space before", format!(" {secret}")),
        ("space after", format!("{secret} ")),
        ("newline after", format!("{secret}\n")),
        ("carriage return and newline after", format!("{secret}\r\n")),
        ("tab around", format!("\t{secret}\t")),
        ("NUL after", format!("{secret}\0")),
        ("byte-order mark before", format!("\u{feff}{secret}")),
        ("zero-width space inside", format!("{}\u{200b}{}", &secret[..20], &secret[20..])),
        ("Bearer before", format!("Bearer {secret}")),
        ("in quotes", format!("\"{secret}\"")),
        ("changed case", swap_case(secret)),
        ("changed case of the body", parts.with(|it| it.body = swap_case(&it.body))),
        (
            "changed case of the tag and one digit",
            parts.with(|it| it.tag = other_digit(&swap_case(&it.tag), 3)),
        ),
        ("all lower case", format!("{}_{}", parts.prefix, secret[4..].to_ascii_lowercase())),
        ("an underscore more", secret.replace('_', "__")),
        ("an underscore less", secret.replacen('_', "", 2)),
        ("the key's id", key.id.clone()),
        ("the hint", key.key["hint"].as_str().unwrap().to_owned()),
        ("empty", String::new()),
        ("a space", " ".into()),
        ("an underscore", "_".into()),
        ("three underscores", "___".into()),
        ("prefix only", "clv_".into()),
        ("star", "*".into()),
        ("null as a word", "null".into()),
        ("right length, no base62", format!("clv_{}_{}", "é".repeat(6), "-".repeat(49))),
        ("full-width digits", format!("clv_{}_{}", "０".repeat(12), "０".repeat(49))),
        ("tens of KiB", "x".repeat(60_000)),
        ("tens of KiB of digits after the prefix", format!("clv_{}_{}", parts.id, "a".repeat(60_000))),
        ("tens of KiB of underscores", "_".repeat(60_000)),
        ("the secret and tens of KiB", format!("{secret}{}", "0".repeat(60_000))),
    ];
    // A body or tag without letters would make a "changed" secret the right one.
    wrong.retain(|(_, text)| text != secret);
    assert!(wrong.len() > 50);
    wrong.into_iter().map(|(label, text)| (label.to_owned(), text)).collect()
}

#[test]
fn every_wrong_secret_gets_the_same_bytes_from_verify_and_visible_on_both_sockets() {
    let daemon = Daemon::start();
    daemon.connect("account");
    let wrong = wrong_secrets(&daemon);
    let (mut verified, mut visible) = (Vec::new(), Vec::new());
    for (label, secret) in &wrong {
        for (name, socket) in [("verify.sock", &daemon.verify), ("admin.sock", &daemon.admin)] {
            let label = format!("{label}, {name}");
            verified.push((label.clone(), socket.bytes("keys.verify", &json!({"secret": secret}))));
            let with_account = json!({"secret": secret, "account": "account"});
            verified.push((format!("{label}, an account"), socket.bytes("keys.verify", &with_account)));
            let with_absent = json!({"secret": secret, "account": "absent"});
            verified.push((format!("{label}, no account"), socket.bytes("keys.verify", &with_absent)));
            visible.push((label, socket.bytes("accounts.visible", &json!({"secret": secret}))));
        }
    }
    assert_same_bytes(&verified);
    assert_same_bytes(&visible);
    assert_same_bytes(&[verified.remove(0), visible.remove(0)]);
    daemon.denied(&wrong[0].1, None, "UNAUTHORIZED");
}

#[test]
fn every_wrong_secret_gets_the_same_bytes_while_storage_mode_is_off_too() {
    let daemon = Daemon::start();
    let wrong = wrong_secrets(&daemon);
    let on = daemon.present_bytes(&wrong[0].1, None);
    daemon.set_storage_mode(false);
    let mut answers = vec![("on".to_owned(), on)];
    for (label, secret) in &wrong {
        answers.push((label.clone(), daemon.present_bytes(secret, None)));
        answers.push((format!("{label}, absent account"), daemon.present_bytes(secret, Some("absent"))));
    }
    assert_same_bytes(&answers);
}

#[test]
fn a_wrong_secret_gets_the_same_bytes_from_an_empty_store() {
    let full = Daemon::start();
    let empty = Daemon::start();
    let secret = full.create_for_all("only").secret;
    let refused = SecretParts::of(&secret).with(|it| it.id = "AAAAAAAAAAAA".into());
    assert_same_bytes(&[
        ("full".to_owned(), full.present_bytes(&refused, None)),
        ("empty".to_owned(), empty.present_bytes(&refused, None)),
        ("empty, another store's".to_owned(), empty.present_bytes(&secret, None)),
    ]);
}

#[test]
fn an_account_that_is_no_text_is_refused_alike_for_right_and_wrong_secrets() {
    let daemon = Daemon::start();
    let right = daemon.create_for_all("right").secret;
    for account in [Value::Null, json!(7), json!(["a"]), json!({"id": "a"}), json!(true)] {
        let call = |secret: &str| {
            let params = json!({"secret": secret, "account": account});
            let error = daemon.verify.refused("keys.verify", &params, "INVALID_PARAMS");
            assert_eq!(error.field(), Some("account"), "{}", error.raw);
            daemon.verify.bytes("keys.verify", &params)
        };
        assert_same_bytes(&[("right".to_owned(), call(&right)), ("wrong".to_owned(), call("wrong"))]);
    }
}

#[test]
fn a_right_id_and_tag_form_with_a_wrong_body_is_refused_without_slow_hashing() {
    let daemon = Home::with_costly_hashing().start();
    let key = daemon.create_for_all("target");
    let forged = SecretParts::of(&key.secret).with(|it| it.body = "0".repeat(43));
    let began = Instant::now();
    for _ in 0..200 {
        daemon.denied(&forged, None, "UNAUTHORIZED");
    }
    // 200 slow hashes take 4 s and more on any machine; the tag takes microseconds and a connection under a millisecond.
    assert!(began.elapsed() < Duration::from_secs(3), "refusing 200 forgeries took {:?}", began.elapsed());
}
