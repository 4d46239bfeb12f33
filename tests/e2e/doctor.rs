//! Owns the tests of `claviger doctor`: what it finds on a real installation, and that it leaves all as it was. Must not
//! test how each single fact is judged.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Daemon, Home, OpenedFor, Output, Screen};
use crate::sockets::{make_dir, mode, set_mode};

const NOTHING_WRONG: i32 = 0;
const SOMETHING_WRONG: i32 = 1;

/// The checks whose detail is a figure that moves between two questions, by itself or by what else runs here.
const MOVING: [&str; 2] = ["clock", "free_space"];

/// Everything below a directory: kind and mode, owner, time of the last change, content.
type Disk = BTreeMap<PathBuf, (u32, u32, i64, i64, Vec<u8>)>;

fn disk(directory: &Path) -> Disk {
    let (mut seen, mut waiting) = (Disk::new(), vec![directory.to_owned()]);
    while let Some(path) = waiting.pop() {
        let facts = fs::symlink_metadata(&path).unwrap();
        if facts.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let content = if facts.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        seen.insert(path, (facts.mode(), facts.uid(), facts.mtime(), facts.mtime_nsec(), content));
    }
    seen
}

/// What the doctor says, while no daemon runs.
#[derive(Debug)]
struct Told {
    checks: BTreeMap<String, Value>,
    text: String,
}

impl Told {
    fn state(&self, check: &str) -> &str {
        self.checks[check]["state"].as_str().unwrap()
    }

    fn detail(&self, check: &str) -> &str {
        self.checks[check]["detail"].as_str().unwrap()
    }

    fn hint(&self, check: &str) -> &str {
        self.checks[check]["hint"].as_str().unwrap_or_default()
    }

    /// The checks that are not ok, with how they are.
    fn not_ok(&self) -> Vec<(&str, &str)> {
        let states = self.checks.keys().map(|check| (check.as_str(), self.state(check)));
        states.filter(|(_, state)| *state != "ok").collect()
    }
}

/// Asks the doctor in both forms, which must agree with each other and with the exit status.
fn ask(home: &Home, status: i32) -> Told {
    let text = home.run(&["doctor"]);
    let json = home.run(&["doctor", "--json"]);
    for output in [&text, &json] {
        assert_eq!(output.status, status, "{output:?}");
        assert_eq!(output.stderr, "", "{output:?}");
        assert!(!output.stdout.contains('\u{1b}'), "there is no terminal: {output:?}");
    }
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["ok"], status == NOTHING_WRONG);
    let checks: BTreeMap<String, Value> = value["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["name"].as_str().unwrap().to_owned(), check.clone()))
        .collect();
    for check in checks.values() {
        let hint = check.get("hint").and_then(Value::as_str);
        assert_eq!(hint.is_some(), check["state"] != "ok", "{check}");
        let moving = MOVING.contains(&check["name"].as_str().unwrap());
        assert!(moving || text.stdout.contains(check["detail"].as_str().unwrap()), "{check}");
        if let Some(hint) = hint {
            let line = format!("hint: {hint}");
            assert!(text.stdout.lines().any(|told| told.trim_start() == line), "{hint}: {}", text.stdout);
        }
    }
    Told { checks, text: text.stdout }
}

/// The same while no daemon runs: nothing on the disk may change.
fn ask_stopped(home: &Home, status: i32) -> Told {
    let before = disk(&home.path(""));
    let told = ask(home, status);
    let after = disk(&home.path(""));
    let changed: Vec<_> =
        before.keys().chain(after.keys()).filter(|p| before.get(*p) != after.get(*p)).collect();
    assert!(changed.is_empty(), "looking changed {changed:?}");
    told
}

/// An installation with a key, whose daemon has stopped.
fn stopped() -> Daemon {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    daemon.create_for("key", &["a"]);
    daemon.stop();
    daemon
}

#[test]
fn where_a_daemon_was_never_started_nothing_is_wrong_and_nothing_is_made() {
    let home = Home::new();
    let told = ask_stopped(&home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), []);
    assert!(told.detail("data_directory").contains("not there yet"), "{told:?}");
    assert!(!home.data.exists() && !home.run.exists());
}

#[test]
fn without_a_home_nothing_is_wrong_and_it_is_said() {
    let home = Home::new();
    let mut command = home.command();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).arg("doctor");
    let output = Home::finish(command, "").success();
    assert!(output.stdout.contains("HOME is not set"), "{output:?}");
}

#[test]
fn a_healthy_installation_is_told_whether_its_daemon_runs_or_not() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    let told = ask(&daemon.home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), []);
    assert!(told.detail("daemon").contains(&format!("process {}", daemon.pid())), "{told:?}");
    assert!(told.detail("admin_socket").ends_with("mode 0600"), "{told:?}");
    assert!(told.detail("core_dumps").contains("the daemon"), "{told:?}");
    assert!(!told.text.contains(&key.secret));
    daemon.stop();
    let told = ask_stopped(&daemon.home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), []);
    assert!(told.detail("integrity").contains("checksums hold, tables agree"), "{told:?}");
    assert!(told.detail("daemon").contains("none is running"), "{told:?}");
    assert!(told.text.ends_with("\nnothing is wrong\n"), "{}", told.text);
    daemon.start_again();
    assert_eq!(daemon.key_names(), ["key"]);
}

#[test]
fn a_mode_that_lets_others_in_is_wrong_and_the_hint_mends_it() {
    let daemon = stopped();
    let home = &daemon.home;
    for (path, check, loose) in [
        (home.data.clone(), "data_directory", 0o755),
        (home.run.clone(), "runtime_directory", 0o777),
        (home.store(), "store", 0o640),
    ] {
        let right = mode(&path);
        set_mode(&path, loose);
        let told = ask_stopped(home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [(check, "wrong")]);
        assert!(told.detail(check).contains(&format!("has mode {loose:04o}")), "{told:?}");
        assert_eq!(told.hint(check), format!("chmod {right:04o} '{}'", path.display()));
        mend(home, told.hint(check));
        assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), []);
    }
}

/// Pastes a hint into a shell.
fn mend(home: &Home, hint: &str) {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-ec", hint]).current_dir(home.path(""));
    Home::finish(shell, "").success();
}

#[test]
fn a_socket_that_lets_others_in_is_wrong() {
    let daemon = Daemon::start();
    set_mode(daemon.admin.path(), 0o666);
    set_mode(daemon.verify.path(), 0o666);
    let told = ask(&daemon.home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("admin_socket", "wrong"), ("verify_socket", "wrong")]);
    assert!(told.hint("verify_socket").contains(" stop && claviger "), "{told:?}");
    mend(&daemon.home, told.hint("admin_socket"));
    assert_eq!(mode(daemon.admin.path()), 0o600);
    fs::remove_file(daemon.verify.path()).unwrap();
    let told = ask(&daemon.home, SOMETHING_WRONG);
    assert_eq!(told.detail("verify_socket"), "it is gone");
}

#[test]
fn settings_that_let_others_verify_are_right_as_the_daemon_makes_them() {
    let mut daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    assert_eq!(ask(&daemon.home, NOTHING_WRONG).not_ok(), []);
    daemon.stop();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn a_damaged_store_is_wrong_and_untouched() {
    let daemon = stopped();
    let home = &daemon.home;
    let whole = fs::read(home.store()).unwrap();
    let mut zeroed = whole.clone();
    zeroed[4096..].fill(0);
    let place = whole.windows(3).rposition(|window| window == b"key").unwrap();
    for (bytes, said) in [
        (&whole[..whole.len() / 4], "is damaged"),
        (&zeroed, "is damaged"),
        (b"not a store\n", "is not a Claviger store"),
        (b"", "is empty"),
    ] {
        fs::write(home.store(), bytes).unwrap();
        let told = ask_stopped(home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [("integrity", "wrong")], "{said}");
        assert!(told.detail("integrity").contains(said), "{told:?}");
        assert!(told.hint("integrity").starts_with("mv '"), "{told:?}");
    }
    // A single bit is found, or lies where nothing is kept any more: then all of it still agrees.
    let mut rotten = whole.clone();
    rotten[place] ^= 1;
    fs::write(home.store(), &rotten).unwrap();
    let before = disk(&home.path(""));
    let status = home.run(&["doctor"]).status;
    assert_eq!(status == SOMETHING_WRONG, home.start_if_it_can().is_none());
    assert!(before[&home.store()].4 == rotten);
    fs::write(home.store(), &whole).unwrap();
    ask(home, NOTHING_WRONG);
}

#[test]
fn a_store_that_was_not_closed_needs_repair_and_gets_none() {
    let mut daemon = Daemon::start();
    daemon.create_for_all("key");
    daemon.kill9();
    for _ in 0..2 {
        let told = ask_stopped(&daemon.home, NOTHING_WRONG);
        let stale = [("admin_socket", "warning"), ("integrity", "warning"), ("verify_socket", "warning")];
        assert_eq!(told.not_ok(), stale);
        assert!(told.detail("integrity").contains("needs repair"), "{told:?}");
        assert!(told.detail("admin_socket").contains("killed"), "{told:?}");
        assert!(told.text.ends_with("\nnothing is wrong, 3 warnings\n"), "{}", told.text);
    }
    daemon.start_again();
    assert_eq!(daemon.key_names(), ["key"]);
    daemon.stop();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn a_store_that_is_ahead_of_the_clock_is_a_warning() {
    let daemon = stopped();
    let home = &daemon.home;
    let database = redb::Database::open(home.store()).unwrap();
    let writing = database.begin_write().unwrap();
    {
        let settings = redb::TableDefinition::<&str, &[u8]>::new("settings_v1");
        // CBOR: revision 2, Storage Mode on, newest time 2100-01-01 in milliseconds, no notes of use written.
        let mut state = vec![0xa4, 0x00, 0x02, 0x01, 0xf5, 0x02, 0x1b];
        state.extend(4_102_444_800_000_u64.to_be_bytes());
        state.extend([0x03, 0x00]);
        writing.open_table(settings).unwrap().insert("state", state.as_slice()).unwrap();
    }
    writing.commit().unwrap();
    drop(database);
    let told = ask_stopped(home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), [("clock", "warning")]);
    let detail = told.detail("clock");
    assert!(detail.contains("2100-01-01T00:00:00Z") && detail.contains("years ahead"), "{detail}");
}

#[test]
fn a_stale_socket_is_a_warning_and_what_is_no_socket_is_wrong() {
    let daemon = stopped();
    let home = &daemon.home;
    drop(UnixListener::bind(daemon.admin.path()).unwrap());
    let told = ask_stopped(home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), [("admin_socket", "warning")]);
    mend(home, told.hint("admin_socket"));
    fs::write(daemon.verify.path(), "").unwrap();
    let told = ask_stopped(home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("verify_socket", "wrong")]);
    mend(home, told.hint("verify_socket"));
    assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn what_is_no_directory_or_no_file_is_wrong_and_not_opened() {
    let daemon = stopped();
    let home = &daemon.home;
    let pipe = |path: &Path| {
        // Opening one without a writer would wait for ever.
        fs::rename(path, home.path("aside")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    for (path, check) in [
        (home.store(), "store"),
        (home.data.clone(), "data_directory"),
        (home.run.clone(), "runtime_directory"),
    ] {
        pipe(&path);
        let told = ask_stopped(home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [(check, "wrong")]);
        assert_eq!(told.hint(check), format!("mv '{path}' '{path}'.aside", path = path.display()));
        fs::remove_file(&path).unwrap();
        fs::rename(home.path("aside"), &path).unwrap();
    }
    assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn what_listens_but_is_no_daemon_is_wrong_and_one_that_says_nothing_is_told_apart() {
    for (says, told_as) in
        [("", "hung up before it answered"), ("220 no daemon\r\n\r\n", "did not answer as a Claviger daemon")]
    {
        let home = Home::new();
        make_dir(&home.run, 0o700);
        let listener = UnixListener::bind(home.admin().path()).unwrap();
        set_mode(home.admin().path(), 0o600);
        let hangs_up = std::thread::spawn(move || {
            // The doctor is asked twice.
            for _ in 0..2 {
                let (mut caller, _) = listener.accept().unwrap();
                // Closing what was not read would be a reset, and what is said would be lost.
                let read = caller.read(&mut [0; 4096]).unwrap();
                assert!(read > 0);
                caller.write_all(says.as_bytes()).unwrap();
            }
        });
        let told = ask(&home, SOMETHING_WRONG);
        assert_eq!(told.not_ok(), [("daemon", "wrong")]);
        assert!(told.detail("daemon").ends_with(told_as), "{told:?}");
        hangs_up.join().unwrap();
    }
}

/// What the doctor says to a user who is neither the owner nor root; `None` where this machine or user cannot ask so.
fn as_nobody(home: &Home, variables: &[(&str, &Path)]) -> Option<Output> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    // The executable may be where only root gets. Copied by another process: what is open for writing here is, for a moment, in
    // whatever another test starts too, and cannot be executed until that has let go of it.
    let copy = home.path("claviger");
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_claviger")).arg(&copy).status();
    assert!(copied.unwrap().success());
    set_mode(&copy, 0o755);
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(copy).arg("doctor");
    command.env_clear().env("HOME", "/").envs(variables.iter().copied());
    Some(Home::finish(command, ""))
}

#[test]
fn who_is_neither_its_owner_nor_root_is_told_whose_it_is_and_not_to_take_it() {
    // Settings that this user does not know of: by the defaults the socket would be loose.
    let mut daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    let home = &daemon.home;
    set_mode(&home.path(""), 0o711);
    let (data, run) = (home.data.clone(), home.run.clone());
    let places = [("CLAVIGER_DATA_DIR", &*data), ("CLAVIGER_RUNTIME_DIR", &*run)];
    let Some(running) = as_nobody(home, &places) else { return };
    daemon.stop();
    let stopped = as_nobody(&daemon.home, &places).unwrap();
    for output in [running, stopped] {
        assert_eq!(output.status, NOTHING_WRONG, "{output:?}");
        let again = format!(
            "hint: sudo -H -u '#0' claviger --data-dir '{}' --runtime-dir '{}' doctor\n",
            data.display(),
            run.display()
        );
        assert_eq!(output.stdout.matches("hint: sudo").count(), 1, "{output:?}");
        assert!(output.stdout.contains(&again), "{output:?}");
        assert!(output.stdout.contains("belongs to user root, uid 0, and you are uid 65534"), "{output:?}");
        assert!(!output.stdout.contains("chown") && !output.stdout.contains("chmod"), "{output:?}");
    }
}

#[test]
fn what_the_journal_and_the_store_know_of_each_other_is_told() {
    let mut daemon = Daemon::start();
    let key = daemon.create_for_all("key");
    daemon.stop();
    let (store, journal) = (daemon.home.store(), daemon.home.journal());
    assert!(ask_stopped(&daemon.home, NOTHING_WRONG).detail("journal").contains("0 revocations"));
    let old = fs::read(&store).unwrap();
    daemon.start_again();
    daemon.admin.ok("keys.delete", &serde_json::json!({"id": key.id}));
    assert!(ask(&daemon.home, NOTHING_WRONG).detail("journal").contains("the daemon keeps it"));
    daemon.stop();
    fs::write(&store, old).unwrap();
    let told = ask_stopped(&daemon.home, NOTHING_WRONG);
    assert_eq!(told.not_ok(), [("journal", "warning")]);
    assert!(told.detail("journal").contains("an older one"), "{told:?}");
    fs::write(&journal, "rot").unwrap();
    assert_eq!(ask_stopped(&daemon.home, SOMETHING_WRONG).not_ok(), [("journal", "wrong")]);
    fs::remove_file(&journal).unwrap();
    let told = ask_stopped(&daemon.home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("journal", "wrong")]);
    assert!(told.detail("journal").contains("suspends every key"), "{told:?}");
    assert!(told.hint("journal").contains("claviger keys release"), "{told:?}");
    fs::write(&journal, "").unwrap();
    set_mode(&journal, 0o644);
    let told = ask_stopped(&daemon.home, SOMETHING_WRONG);
    assert!(told.hint("journal").starts_with("chmod 0600"), "{told:?}");
}

#[test]
fn a_missing_ballast_is_wrong_while_a_daemon_counts_on_it() {
    let mut daemon = Daemon::start();
    let ballast = daemon.home.data.join("claviger.ballast");
    fs::remove_file(&ballast).unwrap();
    assert_eq!(ask(&daemon.home, SOMETHING_WRONG).not_ok(), [("ballast", "wrong")]);
    daemon.stop();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), [("ballast", "warning")]);
    // As long as it should be, but without the blocks.
    fs::File::create(&ballast).unwrap().set_len(4 * 1024 * 1024).unwrap();
    assert_eq!(ask_stopped(&daemon.home, NOTHING_WRONG).not_ok(), [("ballast", "warning")]);
    daemon.start_again();
    assert_eq!(ask(&daemon.home, NOTHING_WRONG).not_ok(), []);
}

#[test]
fn an_unknown_setting_is_wrong_and_named_and_no_value_is_told() {
    let daemon = stopped();
    let home = &daemon.home;
    home.configure("colour = \"S3CR3T\"");
    let told = ask_stopped(home, SOMETHING_WRONG);
    assert_eq!(told.not_ok(), [("settings", "wrong")]);
    assert!(told.detail("settings").contains("unknown setting \"colour\""), "{told:?}");
    home.configure("[sockets]\nverify_group = \"S3CR3T\"");
    let told = ask_stopped(home, SOMETHING_WRONG);
    assert!(told.detail("settings").contains("sockets.verify_group"), "{told:?}");
    home.configure("key_prefix = \"S3CR3T");
    ask_stopped(home, SOMETHING_WRONG);
    for text in [told.text, ask_stopped(home, SOMETHING_WRONG).text] {
        assert!(!text.contains("S3CR3T"), "{text}");
    }
    home.configure("");
    set_mode(&home.config(), 0o666);
    assert_eq!(ask_stopped(home, NOTHING_WRONG).not_ok(), [("settings", "warning")]);
}

#[test]
fn a_daemon_for_another_store_is_told() {
    let daemon = Daemon::start();
    let other = daemon.home.path("other");
    let output = daemon.home.run(&["doctor", "--data-dir", other.to_str().unwrap()]).success();
    assert!(output.stdout.contains("its store is in"), "{output:?}");
    let run = daemon.home.path("other-run");
    let output = daemon.home.run(&["doctor", "--runtime-dir", run.to_str().unwrap()]);
    assert!(output.stdout.contains("no daemon answers here"), "{output:?}");
}

#[test]
fn a_mistake_on_the_command_line_is_one_and_not_a_finding() {
    let home = Home::new();
    let Output { status, stdout, .. } = home.run(&["doctor", "--runtime-dir", ""]);
    assert_eq!((status, &*stdout), (2, ""));
    assert_eq!(home.run(&["doctor", "now"]).status, 2);
}

#[test]
fn a_terminal_gets_colour_unless_it_minds_and_lines_that_fit() {
    let daemon = stopped();
    set_mode(&daemon.home.data, 0o755);
    for columns in [80, 40] {
        let mut screen = Screen::open(&daemon.home, &["doctor"], columns, 60);
        assert_eq!(screen.ended(), 1);
        assert!(screen.text().contains("hint: chmod 0700") && screen.has_colour(), "{}", screen.text());
        assert!(screen.text().ends_with("1 thing is wrong"), "{}", screen.text());
    }
    for setting in ["NO_COLOR=1", "TERM=dumb"] {
        let line = ["env", setting, env!("CARGO_BIN_EXE_claviger"), "doctor"];
        let mut screen = Screen::run(&daemon.home, OpenedFor::Program, &line, 80, 60);
        assert_eq!(screen.ended(), 1);
        assert!(screen.text().contains("wrong") && !screen.has_colour(), "{setting}: {}", screen.text());
    }
}
