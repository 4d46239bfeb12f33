//! Owns the tests of `keys.verify` and `accounts.visible`: who is let in, and that a refusal tells nothing. Must not
//! test how keys are managed.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Minted, SecretParts, Socket, assert_code, eventually, soon};

/// Fails unless all bodies are the same, and names the one that is not.
fn assert_same_bytes(answers: &[(String, Vec<u8>)]) {
    let (first_label, first) = &answers[0];
    for (label, body) in &answers[1..] {
        assert_eq!(
            String::from_utf8_lossy(body),
            String::from_utf8_lossy(first),
            "{label:?} is answered otherwise than {first_label:?}"
        );
    }
}

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
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
fn a_right_secret_is_answered_with_exactly_these_members() {
    let daemon = Daemon::start();
    let account = daemon.connect("checking");
    let key = daemon.create_for("CI", &["checking"]);
    for socket in [&daemon.verify, &daemon.admin] {
        let granted = socket.ok("keys.verify", &json!({"secret": key.secret, "account": "checking"}));
        let expected = json!({
            "key": {"id": key.id, "name": "CI"},
            "scope": {"accounts": ["checking"]},
            "account": account,
            "revision": daemon.revision(),
        });
        assert_eq!(granted, expected);
        let without = socket.ok("keys.verify", &json!({"secret": key.secret}));
        assert_eq!(members(&without), members(&expected));
        assert!(without["account"].is_null());
    }
}

#[test]
fn a_secret_has_the_form_that_the_contract_gives_it() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("form");
    let parts = SecretParts::of(&key.secret);
    assert_eq!(parts.prefix, "clv");
    assert_eq!(key.id, format!("key_{}", parts.id));
    let last = &key.secret[key.secret.len() - 4..];
    assert_eq!(key.key["hint"], format!("clv_{}_…{last}", parts.id));
    let again = daemon.rotate(&key.id);
    let fresh = SecretParts::of(&again.secret);
    assert_eq!(fresh.id, parts.id);
    assert_ne!(fresh.body, parts.body);
}

#[test]
fn a_key_as_every_method_returns_it_has_exactly_these_members() {
    let daemon = Daemon::start();
    let created = daemon.create_for_all("Production");
    let expected = BTreeSet::from([
        "id",
        "name",
        "hint",
        "scope",
        "created_at",
        "rotated_at",
        "last_used_at",
        "retired_secret_seen_at",
        "version",
    ]);
    assert_eq!(members(&created.key), expected);
    assert_eq!(created.key["version"], 1);
    assert_eq!(created.key["scope"], "all");
    for never in ["rotated_at", "last_used_at", "retired_secret_seen_at"] {
        assert!(created.key[never].is_null(), "{never}");
    }
    let time = created.key["created_at"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time} is not RFC 3339 in UTC");
    assert_eq!(daemon.key(&created.id), created.key);
    assert_eq!(daemon.keys(), vec![created.key.clone()]);
    let renamed = daemon.admin.ok("keys.rename", &json!({"id": created.id, "name": "Staging"}));
    assert_eq!(members(&renamed), expected);
    let rotated = daemon.rotate(&created.id);
    assert_eq!(members(&rotated.key), expected);
    assert!(rotated.key["rotated_at"].is_string());
}

#[test]
fn rotation_keeps_id_name_and_scope() {
    let daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("keeps", &["a"]);
    let rotated = daemon.rotate(&key.id);
    for kept in ["id", "name", "scope", "created_at"] {
        assert_eq!(rotated.key[kept], key.key[kept], "{kept}");
    }
    assert_eq!(rotated.key["version"], 2);
    assert_ne!(rotated.key["hint"], key.key["hint"]);
    assert_eq!(daemon.granted(&rotated.secret, Some("a"))["key"], json!({"id": key.id, "name": "keeps"}));
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
}

#[test]
fn creating_a_key_turns_storage_mode_on() {
    let daemon = Daemon::start();
    assert!(!daemon.storage_mode(), "a new store has it off");
    let key = daemon.create_for_all("first");
    assert!(daemon.storage_mode());
    daemon.granted(&key.secret, None);
}

#[test]
fn creating_a_key_turns_storage_mode_on_also_after_an_operator_turned_it_off() {
    let daemon = Daemon::start();
    let first = daemon.create_for_all("first");
    assert_eq!(daemon.set_storage_mode(false)["storage_mode"], false);
    daemon.denied(&first.secret, None, "STORAGE_MODE_REQUIRED");
    let second = daemon.create_for_all("second");
    assert!(daemon.storage_mode());
    daemon.granted(&first.secret, None);
    daemon.granted(&second.secret, None);
}

#[test]
fn nothing_but_creating_and_the_operator_turns_storage_mode_on() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let key = daemon.create_for("key", &["a"]);
    daemon.set_storage_mode(false);
    daemon.rotate(&key.id);
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "renamed"}));
    daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
    daemon.connect("b");
    daemon.admin.refused("keys.create", &json!({"name": "renamed"}), "CONFLICT");
    assert!(!daemon.storage_mode());
    daemon.restart();
    assert!(!daemon.storage_mode());
    assert_eq!(daemon.set_storage_mode(true)["storage_mode"], true);
    assert!(daemon.storage_mode());
}

#[test]
fn storage_mode_off_is_told_to_a_right_secret_only_and_before_the_account_is_looked_at() {
    let daemon = Daemon::start();
    daemon.connect("inside");
    daemon.connect("outside");
    let key = daemon.create_for("restricted", &["inside"]);
    let open = daemon.create_for_all("open");
    daemon.set_storage_mode(false);
    let mut answers = Vec::new();
    for secret in [&key.secret, &open.secret] {
        for account in [None, Some("inside"), Some("outside"), Some("absent"), Some(""), Some("*")] {
            daemon.denied(secret, account, "STORAGE_MODE_REQUIRED");
            answers.push((format!("{account:?}"), daemon.present_bytes(secret, account)));
        }
        let visible = json!({"secret": secret});
        daemon.verify.refused("accounts.visible", &visible, "STORAGE_MODE_REQUIRED");
    }
    assert_same_bytes(&answers);
    for account in [None, Some("inside"), Some("absent")] {
        daemon.denied(
            &SecretParts::of(&key.secret).with(|it| it.tag = "000000".into()),
            account,
            "UNAUTHORIZED",
        );
    }
    daemon.set_storage_mode(true);
    daemon.denied(&key.secret, Some("absent"), "NOT_FOUND");
    daemon.granted(&key.secret, Some("inside"));
}

#[test]
fn visible_accounts_are_those_of_the_scope_ordered_by_name_ignoring_case() {
    let daemon = Daemon::start();
    for (id, name) in [("1", "banana"), ("2", "Apple"), ("3", "cherry"), ("4", "avocado")] {
        daemon.admin.ok("accounts.connect", &json!({"id": id, "name": name}));
    }
    let open = daemon.create_for_all("open");
    let key = daemon.create_for("restricted", &["1", "4"]);
    assert_eq!(daemon.visible(&open.secret), ["2", "4", "1", "3"]);
    assert_eq!(daemon.visible(&key.secret), ["4", "1"]);
    let result = daemon.verify.ok("accounts.visible", &json!({"secret": key.secret}));
    assert_eq!(members(&result), BTreeSet::from(["accounts"]));
    daemon.verify.refused(
        "accounts.visible",
        &json!({"secret": key.secret, "account": "1"}),
        "INVALID_PARAMS",
    );
}

#[test]
fn a_use_is_noted_on_the_key() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("used");
    let idle = daemon.create_for_all("idle");
    daemon.granted(&key.secret, None);
    soon("the use is noted", || daemon.key(&key.id)["last_used_at"].is_string());
    assert!(daemon.key(&key.id)["retired_secret_seen_at"].is_null());
    assert!(daemon.key(&idle.id)["last_used_at"].is_null());
    assert_eq!(daemon.key(&key.id)["version"], 1, "a note of use is no change");
}

#[test]
fn a_retired_secret_that_is_presented_is_noted_on_its_key_and_a_forged_one_is_not() {
    let daemon = Daemon::start();
    let forged_at = daemon.create_for_all("forged at");
    let key = daemon.create_for_all("rotated");
    daemon.rotate(&key.id);
    let newest = daemon.rotate(&key.id);
    let before = daemon.revision();
    let forged = SecretParts::of(&forged_at.secret).with(|it| it.tag = "000000".into());
    daemon.denied(&forged, None, "UNAUTHORIZED");
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
    soon("the retired secret is noted", || daemon.key(&key.id)["retired_secret_seen_at"].is_string());
    assert!(daemon.key(&forged_at.id)["retired_secret_seen_at"].is_null());
    assert!(daemon.key(&key.id)["last_used_at"].is_null(), "a refused secret is no use");
    assert_eq!(daemon.revision(), before, "a note is no change");
    daemon.granted(&newest.secret, None);
}

#[test]
fn notes_of_use_survive_a_restart() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("used");
    daemon.granted(&key.secret, None);
    let noted =
        eventually("the use is noted", || daemon.key(&key.id)["last_used_at"].as_str().map(str::to_owned));
    daemon.restart();
    assert_eq!(daemon.key(&key.id)["last_used_at"], noted);
}

#[test]
fn a_verdict_carries_the_revision_it_holds_for() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let before = daemon.granted(&key.secret, None)["revision"].as_u64().unwrap();
    assert_eq!(before, daemon.revision());
    daemon.connect("a");
    assert_eq!(daemon.granted(&key.secret, None)["revision"], before + 1);
}

#[test]
fn a_changed_prefix_is_for_new_secrets_and_old_ones_go_on() {
    let mut daemon = Daemon::start();
    let old = daemon.create_for_all("old");
    daemon.stop();
    daemon.home.configure("key_prefix = \"acme9\"");
    daemon.start_again();
    let new = daemon.create_for_all("new");
    assert_eq!(SecretParts::of(&new.secret).prefix, "acme9");
    daemon.granted(&new.secret, None);
    daemon.granted(&old.secret, None);
    let swapped = SecretParts::of(&old.secret).with(|it| it.prefix = "acme9".into());
    daemon.denied(&swapped, None, "UNAUTHORIZED");
}

#[test]
fn verifications_are_counted() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let counts = || daemon.admin.ok("system.status", &json!({}))["verifications"].clone();
    assert_eq!(counts(), json!({"granted": 0, "refused": 0}));
    daemon.granted(&key.secret, None);
    daemon.granted(&key.secret, None);
    daemon.denied(&key.secret, Some("absent"), "NOT_FOUND");
    daemon.denied("wrong", None, "UNAUTHORIZED");
    daemon.set_storage_mode(false);
    daemon.denied(&key.secret, None, "STORAGE_MODE_REQUIRED");
    soon("all are counted", || counts() == json!({"granted": 2, "refused": 3}));
}

/// One verification under way while something changed.
struct Attempt {
    began: Instant,
    granted: bool,
}

/// Presents `secret` from several threads while `change` runs, and gives what each was answered and the moment at which
/// the reply to the change could be read.
fn race(
    verify: &Socket,
    secret: &str,
    account: Option<&str>,
    refusal: &str,
    change: impl FnOnce() -> Value,
) -> (Vec<Attempt>, Instant, Value) {
    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let attempts = Mutex::new(Vec::new());
    let params =
        account.map_or_else(|| json!({"secret": secret}), |id| json!({"secret": secret, "account": id}));
    let (replied, result) = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Acquire) {
                    let began = Instant::now();
                    let outcome = verify.call("keys.verify", &params);
                    if let Err(error) = &outcome {
                        assert_code(error, refusal);
                    }
                    attempts.lock().unwrap().push(Attempt { began, granted: outcome.is_ok() });
                    made.fetch_add(1, Ordering::Release);
                }
            });
        }
        // Let it be granted at least once by each, so that the race is one.
        soon("verifications are under way", || made.load(Ordering::Acquire) >= 3);
        let result = change();
        let replied = Instant::now();
        let made_before = made.load(Ordering::Acquire);
        soon("verifications went on", || made.load(Ordering::Acquire) >= made_before + 12);
        stop.store(true, Ordering::Release);
        (replied, result)
    });
    (attempts.into_inner().unwrap(), replied, result)
}

fn assert_none_after(attempts: &[Attempt], replied: Instant, what: &str) {
    assert!(attempts.iter().any(|one| one.granted && one.began < replied), "none was granted before {what}");
    let late = attempts.iter().filter(|one| one.granted && one.began > replied).count();
    assert_eq!(late, 0, "granted although they began after the reply to {what}");
}

#[test]
fn the_old_secret_is_refused_from_the_moment_the_reply_of_rotate_can_be_read() {
    let daemon = Daemon::start();
    let mut key = daemon.create_for_all("rotated under load");
    for _ in 0..20 {
        let (attempts, replied, result) = race(&daemon.verify, &key.secret, None, "UNAUTHORIZED", || {
            daemon.admin.ok("keys.rotate", &json!({"id": key.id}))
        });
        assert_none_after(&attempts, replied, "keys.rotate");
        let fresh = Minted::of(&result);
        daemon.granted(&fresh.secret, None);
        daemon.denied(&key.secret, None, "UNAUTHORIZED");
        key = fresh;
    }
}

#[test]
fn deletion_binds_every_verification_that_starts_after_the_reply() {
    let daemon = Daemon::start();
    for round in 0..10 {
        let key = daemon.create_for_all(&format!("doomed {round}"));
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, None, "UNAUTHORIZED", || {
            daemon.admin.ok("keys.delete", &json!({"id": key.id}))
        });
        assert_none_after(&attempts, replied, "keys.delete");
    }
}

#[test]
fn a_narrower_scope_binds_every_verification_that_starts_after_the_reply() {
    let daemon = Daemon::start();
    daemon.connect("kept");
    daemon.connect("lost");
    let key = daemon.create_for("narrowed", &["kept", "lost"]);
    for _ in 0..10 {
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, Some("lost"), "NOT_FOUND", || {
            daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": {"accounts": ["kept"]}}))
        });
        assert_none_after(&attempts, replied, "keys.set_scope");
        daemon.admin.ok("keys.set_scope", &json!({"id": key.id, "scope": "all"}));
        daemon.granted(&key.secret, Some("lost"));
    }
}

#[test]
fn disconnecting_and_turning_storage_mode_off_bind_every_verification_that_starts_after_the_reply() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("open");
    for _ in 0..5 {
        daemon.connect("brief");
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, Some("brief"), "NOT_FOUND", || {
            daemon.admin.ok("accounts.disconnect", &json!({"id": "brief"}))
        });
        assert_none_after(&attempts, replied, "accounts.disconnect");
        let (attempts, replied, _) = race(&daemon.verify, &key.secret, None, "STORAGE_MODE_REQUIRED", || {
            daemon.set_storage_mode(false)
        });
        assert_none_after(&attempts, replied, "settings.set_storage_mode");
        daemon.set_storage_mode(true);
    }
}

#[test]
fn a_cold_key_that_is_rotated_while_its_old_secret_is_hashed_is_not_granted_afterwards() {
    let mut daemon = Home::with_costly_hashing().start();
    let mut key = daemon.create_for_all("cold");
    for _ in 0..3 {
        daemon.restart();
        let old = key.secret.clone();
        let fresh = thread::scope(|scope| {
            let verifiers: Vec<_> = (0..3)
                .map(|_| {
                    let (verify, old) = (&daemon.verify, &old);
                    scope.spawn(move || {
                        let began = Instant::now();
                        (began, verify.call("keys.verify", &json!({"secret": old})).is_ok())
                    })
                })
                .collect();
            let fresh = daemon.rotate(&key.id);
            let replied = Instant::now();
            for verifier in verifiers {
                let (began, granted) = verifier.join().unwrap();
                assert!(!granted || began < replied, "a cold verification that began late was granted");
            }
            fresh
        });
        daemon.denied(&old, None, "UNAUTHORIZED");
        daemon.granted(&fresh.secret, None);
        key = fresh;
    }
}

#[test]
fn many_callers_of_one_cold_key_are_all_granted() {
    let mut daemon = Home::with_costly_hashing().start();
    let key = daemon.create_for_all("cold");
    daemon.restart();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..16).map(|_| scope.spawn(|| daemon.granted(&key.secret, None))).collect();
        for caller in callers {
            assert_eq!(caller.join().unwrap()["key"]["id"], json!(key.id));
        }
    });
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

#[test]
fn keys_of_one_name_after_another_never_share_an_id() {
    let daemon = Daemon::start();
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let Minted { id, secret, .. } = daemon.create_for_all("again");
        daemon.admin.ok("keys.delete", &json!({"id": id}));
        daemon.denied(&secret, None, "UNAUTHORIZED");
        daemon.admin.refused("keys.get", &json!({"id": id}), "NOT_FOUND");
        assert!(seen.insert(id), "an id was used again");
    }
}
