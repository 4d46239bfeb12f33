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

/// Every option that takes a value, behind the words of its command; none of `verify`, which takes what comes from whoever asks.
fn options() -> Vec<(Vec<String>, clap::Arg)> {
    fn walk(command: &clap::Command, called: &[String], found: &mut Vec<(Vec<String>, clap::Arg)>) {
        let takes_value = |arg: &&clap::Arg| !arg.is_positional() && arg.get_action().takes_values();
        found.extend(command.get_arguments().filter(takes_value).map(|arg| (called.to_vec(), arg.clone())));
        for sub in command.get_subcommands().filter(|sub| !["help", "verify"].contains(&sub.get_name())) {
            walk(sub, &[called, &[sub.get_name().to_owned()]].concat(), found);
        }
    }
    let mut command = Args::command();
    command.build();
    let mut found = Vec::new();
    walk(&command, &[], &mut found);
    found
}

#[test]
fn an_option_before_what_looks_like_an_option_says_which_value_it_wants() {
    let all = options();
    assert!(all.len() > 20, "{}", all.len());
    for (called, arg) in all {
        let option = format!("--{}", arg.get_long().unwrap());
        let told = |next: &[&str]| {
            let mut line: Vec<&str> = called.iter().map(String::as_str).collect();
            line.push(&option);
            line.extend(next);
            refusal(&line)
        };
        for next in [
            &[] as &[&str],
            &["--help"],
            &["--"],
            &["-1"],
            &["-10"],
            &["-7S3cr3t"],
            &["--S3cr3t"],
            &["--S3cr3t=S3cr3t"],
        ] {
            let report = told(next);
            let name = format!("{option} <{}>", arg.get_value_names().unwrap()[0]);
            let says = |what: &str| report.contains(&format!("{name} {what}"));
            assert!(says("wants a") || says("must be one of"), "{called:?} {next:?}: {report}");
            assert!(!says("wants a value") && !report.contains("S3cr3t"), "{called:?} {next:?}: {report}");
        }
    }
}

#[test]
fn a_value_that_is_missing_is_told_by_what_it_would_be() {
    for (line, told) in [
        (&["demo", "--keys", "-1"] as &[&str], "--keys <N> wants a whole number, 1 or more"),
        (&["demo", "--keys"], "--keys <N> wants a whole number, 1 or more"),
        (&["demo", "--keys=-1"], "--keys <N> must be a whole number, 1 or more"),
        (&["keys", "scope", "CI", "--account", "--all"], "--account <ID> wants an account, by id or name"),
        (&["accounts", "update", "a", "--name", "-x"], "`--name=VALUE`"),
        (&["daemon", "--log-level", "-v"], "--log-level <LEVEL> must be one of error, warn"),
        (&["status", "--config", "-c"], "--config <FILE> wants a file"),
        // An option that has its value does not want another.
        (&["demo", "--keys", "5", "-1"], "argument 4 is not known here"),
        (&["demo", "--plain", "-1"], "argument 3 is not known here"),
    ] {
        let report = refusal(line);
        assert!(report.contains(told), "{line:?}: {report}");
    }
    // Where nothing stands behind it, nothing that begins with a dash was meant.
    assert!(!refusal(&["verify", "--account"]).contains("=VALUE"));
    for line in ["accounts update a --name=-x", "verify --account -x", "verify --account x --json"] {
        assert!(matches!(parsed(line), Ok(Parsed::Run(_))), "{line}");
    }
}
