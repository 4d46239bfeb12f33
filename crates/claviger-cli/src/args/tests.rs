//! Owns the specification of the command line: what is taken, what is refused, and that nothing refused is repeated. Must not run a
//! command.

use clap::CommandFactory;

use super::*;
use crate::output::Format;

fn parsed(line: &str) -> Result<Parsed, Failure> {
    let argv = std::iter::once("claviger").chain(line.split_whitespace());
    parse(&argv.map(OsString::from).collect::<Vec<_>>())
}

fn refusal(argv: &[&str]) -> String {
    let argv = std::iter::once("claviger").chain(argv.iter().copied());
    match parse(&argv.map(OsString::from).collect::<Vec<_>>()) {
        Err(Failure::Told(report)) => {
            let report = format!("{report:?}");
            assert!(report.contains("exit: Usage"), "{report}");
            report
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_grammar_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn the_forms_of_the_contract_are_taken() {
    for line in [
        "",
        "--plain --mouse",
        "daemon",
        "daemon --detached --log-level debug",
        "demo --plain",
        "demo --keys 1000 --plain",
        "compact",
        "compact --json",
        "status --json",
        "stop",
        "doctor",
        "doctor --json --data-dir /a",
        "keys list --json",
        "keys create CI",
        "keys create CI --account acc_1 --account acc_2",
        "keys scope CI --all",
        "keys scope CI --account a --account b",
        "keys rename CI CD",
        "keys rotate CI --yes",
        "keys delete CI -y",
        "keys release CI --yes",
        "backup /a/b",
        "restore /a/b --yes",
        "accounts list",
        "accounts connect Checking --institution Bank --mask 1234 --kind checking --id acc_1",
        "accounts update acc_1 --name Savings --clear mask --clear kind",
        "accounts disconnect acc_1",
        "storage-mode",
        "storage-mode on",
        "storage-mode off",
        "verify",
        "verify --account acc_1",
        "verify --json",
        "verify --lines",
        "activity --key CI --limit 5",
        "activity --follow --json",
        "rpc system.health",
        "rpc keys.get {}",
        "rpc keys.verify -",
        "integrate nginx",
        "integrate caddy",
        "integrate envoy",
        "integrate haproxy",
        "integrate haproxy --lua",
        "integrate systemd",
        "integrate systemd --system",
        "service install",
        "service uninstall --system",
        "daemon --log-format json",
        "integrate nginx --listen [::1]:80 --application app.internal:3000",
        "completions bash",
        "man",
        "--data-dir /a --runtime-dir /b --config /c keys list",
        "keys list --data-dir /a --runtime-dir /b --config /c",
    ] {
        assert!(matches!(parsed(line), Ok(Parsed::Run(_))), "{line}");
    }
    for line in ["--help", "keys --help", "help verify", "--version"] {
        assert!(matches!(parsed(line), Ok(Parsed::Help(_))), "{line}");
    }
}

#[test]
fn what_is_refused_is_never_repeated() {
    const S: &str = "clv_4fX9aQ2LmN7b_S3cr3t";
    let flag = format!("--{S}");
    let joined = format!("--secret={S}");
    for argv in [
        &["verify", S] as &[&str],
        &["verify", "--secret", S],
        &["verify", &joined],
        &["verify", &flag],
        &["verify", "-s", S],
        &["verify", &format!("-s{S}")],
        &["verify", "--account", "acc_1", S],
        &["verify", S, "--account", "acc_1"],
        &["verify", "--account", S, "--account", S],
        &["verify", "--json", S],
        &["verify", &format!("--json={S}")],
        &["verify", "--", S],
        &["--data-dir", "/x", "verify", S],
        &[S],
        &[&flag],
        &[&joined, "verify"],
        &["keys", S],
        &["keys", "create", "X", "--secret", S],
        &["keys", "create", "X", S],
        &["keys", "create", "X", &joined],
        &["keys", "create", "X", &flag],
        &["keys", "list", S],
        &["storage-mode", S],
        &["activity", "--limit", S],
        &["completions", S],
        &["daemon", "--log-level", S],
        &["accounts", "update", "a", "--clear", S],
        &["rpc", "a", "{}", S],
        &["status", S],
        &["doctor", S],
        &["demo", "--keys", S],
        &["compact", S],
        &["backup", "a", S],
        &["restore", "a", S],
        &["keys", "release", "X", S],
        &["integrate", S],
        &["integrate", "nginx", S],
        &["service", S],
        &["service", "install", S],
        &["daemon", "--log-format", S],
        &["integrate", "nginx", "--listen", S],
        &["integrate", "nginx", "--application", S],
    ] {
        let report = refusal(argv);
        assert!(!report.contains("S3cr3t") && !report.contains("clv_"), "{argv:?}: {report}");
    }
    assert!(refusal(&["verify", S]).contains("standard input"));
}

#[test]
fn what_is_refused_is_explained() {
    for (argv, part) in [
        (&["keys", "scope", "CI"] as &[&str], "--all"),
        (&["keys", "scope", "CI", "--all", "--account", "a"], "--account <ID>"),
        (&["keys", "create"], "<NAME>"),
        (&["keys"], "create"),
        (&["keys", "lisst"], "`list`"),
        (&["keys", "list", "--jsn"], "`--json`"),
        (&["storage-mode", "onn"], "on, off"),
        (&["activity", "--limit", "0"], "1 or more"),
        (&["status", "--json", "extra"], "argument 3"),
        (&["integrate", "nginx", "--listen", "8080"], "IP:PORT"),
        (&["integrate", "nginx", "--application", "app;:80"], "HOST:PORT"),
    ] {
        let report = refusal(argv);
        assert!(report.contains(part), "{argv:?}: {report}");
    }
    assert_eq!(Format::wanted_by(&["claviger".into(), "--json".into()]), Format::Json);
}
