//! Owns the tests of what commands look like to a person: columns, colours, what is told while something takes its time, and
//! that a pipe gets none of it. Must not test what commands do.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{Daemon, OpenedFor, Screen};

const CLAVIGER: &str = env!("CARGO_BIN_EXE_claviger");

/// A command in a terminal of 80 columns, with these variables.
fn with(daemon: &Daemon, variables: &[&str], arguments: &[&str]) -> Screen {
    let line = [&["env"], variables, &[CLAVIGER], arguments].concat();
    Screen::run(&daemon.home, OpenedFor::Program, &line, 80, 40)
}

/// All that a command writes to a terminal.
fn written(daemon: &Daemon, variables: &[&str], arguments: &[&str]) -> String {
    let mut screen = with(daemon, variables, arguments);
    screen.ended();
    String::from_utf8(screen.record()).unwrap()
}

fn signal(daemon: &Daemon, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap(), signal).unwrap();
}

#[test]
fn listings_stand_in_columns_that_fit_the_terminal() {
    let daemon = Daemon::start();
    daemon.connect("everyday");
    let key = daemon.create_for("Budget app", &["everyday"]);
    daemon.rotate(&key.id);
    for (arguments, columns, left_out) in [
        (&["keys", "list"][..], &["ID", "NAME", "SCOPE", "CREATED"][..], "no room for ROTATED"),
        (&["accounts", "list"], &["ID", "NAME", "INSTITUTION", "MASK", "KIND", "CONNECTED"], ""),
        (
            &["activity"],
            &["AT", "ACTION", "KEY", "ACCOUNT ID", "DETAIL"],
            "no room for PID, UID, KEY ID, SEQ",
        ),
    ] {
        let mut screen = with(&daemon, &[], arguments);
        assert_eq!(screen.ended(), 0);
        let text = screen.text();
        let header = text.lines().next().unwrap();
        for column in columns {
            assert!(header.contains(column), "{arguments:?}: {text}");
        }
        assert!(text.contains(left_out), "{arguments:?}: {text}");
    }
    let wide = Screen::open(&daemon.home, &["keys", "list"], 200, 40);
    wide.shows("LAST USED");
    assert!(wide.text().contains("ROTATED") && !wide.text().contains("no room"), "{}", wide.text());
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_id_is_cut() {
    let daemon = Daemon::start();
    let (id, name) = ("i".repeat(64), "Zoë's household — all of it".repeat(2));
    daemon.admin.ok(
        "accounts.connect",
        &json!({"id": "everyday", "name": "Everyday Checking", "institution": name, "mask": "1234", "kind": "checking"}),
    );
    let key = daemon.create_for("Budget app of the household", &["everyday"]);
    let lists = [
        (&["keys", "list"][..], key.id.as_str()),
        (&["accounts", "list"], "everyday"),
        (&["activity"], "key.created"),
    ];
    let check = |width: u16, arguments: &[&str], whole: &str| {
        let mut screen = Screen::open(&daemon.home, arguments, width, 40);
        assert_eq!(screen.ended(), 0);
        let record = String::from_utf8(screen.record()).unwrap();
        let table: Vec<&str> = record.lines().take_while(|line| !line.starts_with("no room")).collect();
        for line in &table {
            let drawn = line.replace("\x1b[2m", "").replace("\x1b[0m", "").trim_end().chars().count();
            assert!(drawn <= width.into(), "{drawn} columns at {width}: {line}");
        }
        assert!(table.iter().any(|line| line.contains(whole)), "{width}: {record}");
    };
    for width in [200, 120, 80, 60, 40] {
        for (arguments, whole) in lists {
            check(width, arguments, whole);
        }
    }
    daemon.admin.ok("accounts.connect", &json!({"id": id, "name": name}));
    for width in [200, 120, 80] {
        check(width, &["accounts", "list"], &id);
    }
    let piped = daemon.home.run(&["accounts", "list"]).success();
    assert!(piped.stdout.contains(&format!("{id}\t{name}\t")), "{piped:?}");
}

#[test]
fn in_a_pipe_every_column_is_there_and_no_header() {
    let daemon = Daemon::start();
    daemon.connect("everyday");
    daemon.create_for("Budget app", &["everyday"]);
    for (arguments, columns) in [(&["keys", "list"][..], 7), (&["accounts", "list"], 6), (&["activity"], 9)] {
        let output = daemon.home.run(arguments).success();
        assert!(!output.stdout.contains("ID\t"), "{output:?}");
        for line in output.stdout.lines() {
            assert_eq!(line.split('\t').count(), columns, "{line:?}");
        }
    }
}

#[test]
fn colours_are_for_terminals_whose_owner_does_not_mind() {
    let daemon = Daemon::start();
    daemon.create_for_all("CI");
    let commands = [&["keys", "list"][..], &["keys", "rename", "absent", "b"], &["doctor"], &["--help"]];
    for arguments in commands {
        assert!(written(&daemon, &[], arguments).contains("\x1b["), "{arguments:?}");
        for variable in ["NO_COLOR=1", "TERM=dumb"] {
            let plain = written(&daemon, &[variable], arguments);
            assert!(!plain.contains('\x1b'), "{variable} {arguments:?}: {plain:?}");
        }
        let output = daemon.home.run(arguments);
        assert!(!output.stdout.contains('\x1b') && !output.stderr.contains('\x1b'), "{output:?}");
        if arguments != ["--help"] {
            let json = written(&daemon, &[], &[arguments, &["--json"]].concat());
            assert!(!json.contains('\x1b'), "{arguments:?}: {json:?}");
        }
    }
}

#[test]
fn what_takes_its_time_says_so_on_a_terminal_and_leaves_nothing_behind() {
    const WAITING: &str = "waiting for the daemon";

    let daemon = Daemon::start();
    signal(&daemon, Signal::STOP);
    let mut screen = with(&daemon, &[], &["status"]);
    screen.shows(WAITING);
    signal(&daemon, Signal::CONT);
    assert_eq!(screen.ended(), 0);
    let text = screen.text();
    assert!(text.starts_with("Daemon ") && !text.contains(WAITING), "{text}");
    // A terminal that takes no line back is told once, in a line that stays.
    signal(&daemon, Signal::STOP);
    let mut plain = with(&daemon, &["TERM=dumb"], &["status"]);
    plain.shows(WAITING);
    signal(&daemon, Signal::CONT);
    assert_eq!(plain.ended(), 0);
    let record = String::from_utf8(plain.record()).unwrap();
    assert!(record.starts_with(&format!("{WAITING}\r\nDaemon ")) && !record.contains('\x1b'), "{record:?}");
    assert_eq!(record.matches(WAITING).count(), 1, "{record:?}");
    // What is quick is not worth a word.
    assert!(!written(&daemon, &[], &["status"]).contains(WAITING));
    signal(&daemon, Signal::STOP);
    let piped = daemon.home.run(&["status"]);
    assert!(piped.status == 7 && piped.stderr.starts_with("error: "), "{piped:?}");
    assert!(!piped.stderr.contains(WAITING), "{piped:?}");
    let json = written(&daemon, &[], &["status", "--json"]);
    assert!(json.contains("UNREACHABLE") && !json.contains(WAITING), "{json:?}");
    signal(&daemon, Signal::CONT);
    daemon.admin.ok("system.health", &json!({}));
}
