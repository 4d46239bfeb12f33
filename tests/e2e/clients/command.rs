//! Owns the tests of a client as a command: what it is told, what it says, and that nobody else can read the secret meanwhile.
//! Must not test what it says to a program.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::asker::Language;
use super::stand_in::{Reply, StandIn};
use super::{no_verdicts, world};
use crate::harness::{Daemon, Home, Output};

fn run(language: Language, home: &Home, arguments: &[&str], input: &str) -> Output {
    Home::finish(language.command(home, arguments), input)
}

/// Exit status and what was said.
fn said(output: &Output) -> (i32, &str, &str) {
    (output.status, output.stdout.as_str(), output.stderr.as_str())
}

pub(super) fn as_a_command_it_tells_by_its_exit_status(language: Language) {
    let (mut daemon, restricted, open) = world();
    if !language.is_here(&daemon.home) {
        return;
    }
    let secret = restricted.secret.as_str();
    let of = |daemon: &Daemon, arguments: &[&str], input: &str| {
        let output = run(language, &daemon.home, arguments, input);
        assert!(!format!("{output:?}").contains(secret), "{output:?}");
        assert_eq!(output.status == 0, !output.stdout.is_empty(), "{output:?}");
        output
    };
    let mine = ["verify", "--account", "mine"];
    for input in [secret.to_owned(), format!("{secret}\n"), format!("{secret}\r\n")] {
        let granted = of(&daemon, &mine, &input).success();
        let verdict: Value = serde_json::from_str(&granted.stdout).unwrap();
        assert_eq!(verdict, daemon.granted(secret, Some("mine")));
    }
    let verdict: Value = serde_json::from_str(&of(&daemon, &["verify"], secret).success().stdout).unwrap();
    assert_eq!(verdict, daemon.granted(secret, None));
    let visible: Value = serde_json::from_str(&of(&daemon, &["visible"], secret).success().stdout).unwrap();
    assert_eq!((&visible[0]["id"], visible.as_array().unwrap().len()), (&json!("mine"), 1));
    let absent = of(&daemon, &["verify", "--account", "absent"], secret);
    assert_eq!(said(&absent), (4, "", "NOT_FOUND: no such account\n"));
    for account in ["other", "no such id", "mine\",\"x\":\"", "mine ", "\\", "$(id)", "%s", "ä"] {
        let output = of(&daemon, &["verify", "--account", account], secret);
        assert_eq!(said(&output), said(&absent), "{account}");
    }
    let wrong = of(&daemon, &mine, "wrong");
    assert_eq!((wrong.status, wrong.stderr.split(':').next()), (3, Some("UNAUTHORIZED")));
    let quoted = format!("{secret}\",\"account\":\"mine");
    for input in ["", "\n", &format!("{secret}\n\n"), &format!("\n{secret}"), &format!("{secret} "), &quoted]
    {
        for arguments in [&mine[..], &["visible"]] {
            assert_eq!(said(&of(&daemon, arguments, input)), said(&wrong), "{input:?}");
        }
    }
    let broken = [&secret[..30], "\n", &secret[30..]].concat();
    assert_eq!(said(&of(&daemon, &["verify"], &broken)), said(&wrong));
    let empty = of(&daemon, &["verify", "--account", ""], &open.secret);
    assert_eq!((empty.status, empty.stderr.split(':').next()), (2, Some("INVALID_PARAMS")));
    for arguments in [
        &[][..],
        &[secret],
        &["verify", secret],
        &["verify", "--account"],
        &["verify", "--account", "mine", secret],
        &["visible", "--account", "mine"],
        &["--help"],
    ] {
        let output = of(&daemon, arguments, secret);
        assert!(output.status == 2 && output.stderr.starts_with("usage: "), "{arguments:?}: {output:?}");
    }
    daemon.set_storage_mode(false);
    let off = of(&daemon, &mine, secret);
    assert_eq!((off.status, off.stderr.split(':').next()), (5, Some("STORAGE_MODE_REQUIRED")));
    daemon.set_storage_mode(true);
    daemon.stop();
    let away = of(&daemon, &mine, secret);
    assert_eq!((away.status, away.stderr.split(':').next()), (7, Some("UNREACHABLE")));
    daemon.start_again();
    of(&daemon, &mine, secret).success();
}

pub(super) fn as_a_command_it_grants_nothing_on_what_is_no_verdict(language: Language) {
    let (mut home, stand_in) = (Home::new(), StandIn::start());
    home.run = stand_in.run();
    if !language.is_here(&home) {
        return;
    }
    for reply in no_verdicts() {
        // The shell looks at less: it keeps no connection, so that no answer can be one to something else.
        let Reply::Http(200, body) = &reply else { continue };
        if language == Language::Shell && body.contains("\"key\":{\"id\":\"") && body.contains("\"id\":ID") {
            continue;
        }
        stand_in.next([reply.clone()]);
        let output = run(language, &home, &["verify", "--account", "mine"], "secret");
        assert_eq!((output.status, output.stdout.as_str()), (7, ""), "{reply:?}: {output:?}");
    }
    for reply in [Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}"), Reply::HangUp] {
        stand_in.next([reply]);
        assert_eq!(run(language, &home, &["visible"], "secret").status, 7);
    }
    let busy = |wait: &str| {
        let data = format!("{{\"code\":\"BUSY\",\"status\":503{wait}}}");
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":ID,\"error\":{{\"code\":-32029,\"message\":\"m\",\"data\":{data}}}}}"
        )
    };
    for wait in [",\"retry_after_ms\":500", ""] {
        stand_in.next([Reply::Http(200, busy(wait))]);
        let output = run(language, &home, &["verify"], "secret");
        assert!(output.status == 8 && output.stderr.starts_with("BUSY: m"), "{output:?}");
    }
}

/// Everything that others can read of every process: arguments and environment.
fn seen_by_others() -> Vec<u8> {
    let mut seen = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            seen.extend(fs::read(process.path().join(file)).unwrap_or_default());
        }
    }
    seen
}

pub(super) fn while_it_asks_nobody_can_read_the_secret(language: Language) {
    let (mut home, stand_in) = (Home::new(), StandIn::start());
    home.run = stand_in.run();
    if !language.is_here(&home) {
        return;
    }
    let secret = "clv_nobodyReads_thisSecretWhileItIsBeingAskedAbout";
    for variables in [&[][..], &["secret", "answer", "key", "account", "method", "body", "state"]] {
        stand_in.next([Reply::Silence]);
        let mut command: Command = language.command(&home, &["verify", "--account", "whoseIsSeen"]);
        // What has come by the environment stays in it, whatever is put there.
        command.envs(variables.iter().map(|name| (name, "exported")));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
        let silence = stand_in.asked();
        let seen = seen_by_others();
        let reads = |text: &str| seen.windows(text.len()).any(|window| window == text.as_bytes());
        let (own, leaked) = (reads("whoseIsSeen"), reads(&secret[4..]));
        drop(silence);
        assert_eq!(child.wait().unwrap().code(), Some(7));
        assert!(own, "this test does not look where it should");
        assert!(!leaked, "the secret can be read by others");
    }
}
