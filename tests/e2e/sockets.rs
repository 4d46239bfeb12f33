//! Owns the tests of directories, modes, sockets, settings and the store's file, and of who may speak to the daemon.
//! Must not test what is said over a socket.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Daemon, Home, Minted, Socket, assert_code, soon};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn make_dir(path: &Path, mode: u32) {
    fs::create_dir(path).unwrap();
    set_mode(path, mode);
}

/// What tells one file from another that took its place.
fn identity(path: &Path) -> (u64, u64, u32) {
    let facts = fs::symlink_metadata(path).unwrap();
    (facts.dev(), facts.ino(), facts.mode())
}

#[test]
fn what_a_daemon_makes_is_for_its_own_user_only() {
    let daemon = Daemon::start();
    daemon.create_for_all("key");
    let home = &daemon.home;
    assert_eq!(mode(&home.data), 0o700);
    assert_eq!(mode(&home.run), 0o700);
    for socket in [&daemon.admin, &daemon.verify] {
        assert_eq!(mode(socket.path()), 0o600, "{}", socket.path().display());
        assert!(fs::metadata(socket.path()).unwrap().file_type().is_socket());
    }
    assert_eq!(mode(&home.store()), 0o600);
    for entry in fs::read_dir(&home.data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{} is open to others", path.display());
    }
}

#[test]
fn a_verify_mode_for_others_opens_the_directory_for_passing_and_that_socket_only() {
    let daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    assert_eq!(mode(&daemon.home.run), 0o711);
    assert_eq!(mode(daemon.verify.path()), 0o666);
    assert_eq!(mode(daemon.admin.path()), 0o600);
    assert_eq!(mode(&daemon.home.data), 0o700);
}

#[test]
fn a_verify_mode_for_others_can_be_set_later() {
    let mut daemon = Daemon::start();
    daemon.stop();
    daemon.home.configure("[sockets]\nverify_mode = \"0660\"");
    daemon.start_again();
    assert_eq!(mode(&daemon.home.run), 0o711);
    assert_eq!(mode(daemon.verify.path()), 0o660);
    assert_eq!(mode(daemon.admin.path()), 0o600);
}

#[test]
fn a_second_daemon_is_refused_and_the_firsts_sockets_are_untouched() {
    let daemon = Daemon::start();
    let before = [&daemon.admin, &daemon.verify].map(|socket| identity(socket.path()));
    let failure = daemon.home.start_in_vain();
    assert!(failure.said.contains("already"), "{}", failure.said);
    assert_eq!([&daemon.admin, &daemon.verify].map(|socket| identity(socket.path())), before);
    assert!(daemon.admin.answers() && daemon.verify.answers());
    assert_eq!(daemon.admin.ok("system.status", &json!({}))["pid"], daemon.pid());
}

#[test]
fn a_second_daemon_on_the_same_store_with_other_sockets_is_refused() {
    let daemon = Daemon::start();
    let mut other = Home::new();
    other.data.clone_from(&daemon.home.data);
    other.start_in_vain();
    assert!(!other.run.join("admin.sock").exists(), "a daemon without a store has no socket");
    daemon.create_for_all("key");
    assert!(daemon.admin.answers());
}

#[test]
fn a_second_daemon_on_the_same_sockets_with_another_store_is_refused() {
    let daemon = Daemon::start();
    let before = identity(daemon.admin.path());
    let mut other = Home::new();
    other.run.clone_from(&daemon.home.run);
    other.start_in_vain();
    assert_eq!(identity(daemon.admin.path()), before);
    assert_eq!(daemon.admin.ok("system.status", &json!({}))["pid"], daemon.pid());
    // Forget the first one's directory, so that it is not ended from here.
    other.run = other.path("none");
}

#[test]
fn of_many_daemons_started_at_once_one_wins_and_answers() {
    let home = Home::new();
    let running = home.race(8);
    assert_eq!(running.len(), 1, "no daemon won: {}", home.log_text());
    soon("the winner answers", || home.admin().answers() && home.verify().answers());
    assert_eq!(home.admin().ok("system.status", &json!({}))["pid"], running[0].id());
}

#[test]
fn a_stale_socket_is_replaced() {
    let home = Home::new();
    make_dir(&home.run, 0o700);
    for socket in [home.admin(), home.verify()] {
        drop(UnixListener::bind(socket.path()).unwrap());
        assert!(socket.path().exists());
    }
    let daemon = home.start();
    assert_eq!(mode(daemon.admin.path()), 0o600);
    daemon.create_for_all("key");
}

#[test]
fn what_is_no_socket_in_a_sockets_place_is_refused_and_untouched() {
    for name in ["admin.sock", "verify.sock"] {
        let place = |put: &dyn Fn(&Path, &Path)| -> (Home, PathBuf) {
            let home = Home::new();
            make_dir(&home.run, 0o700);
            let path = home.run.join(name);
            put(&path, &home.path("elsewhere"));
            (home, path)
        };
        let refused = |home: &Home, path: &Path| {
            let before = identity(path);
            let failure = home.start_in_vain();
            assert!(failure.said.contains(name), "it does not say what is in the way: {}", failure.said);
            assert_eq!(identity(path), before, "{name} was touched");
        };

        let (home, path) = place(&|path, _| fs::write(path, "precious").unwrap());
        refused(&home, &path);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

        let (home, path) = place(&|path, _| fs::create_dir(path).unwrap());
        refused(&home, &path);

        let (home, path) = place(&|path, elsewhere| symlink(elsewhere, path).unwrap());
        refused(&home, &path);
        assert!(!home.path("elsewhere").exists(), "the link was followed");

        let (home, path) = place(&|path, elsewhere| {
            fs::write(elsewhere, "precious").unwrap();
            symlink(elsewhere, path).unwrap();
        });
        refused(&home, &path);
        assert_eq!(fs::read_to_string(home.path("elsewhere")).unwrap(), "precious");

        let (home, path) = place(&|path, elsewhere| {
            drop(UnixListener::bind(elsewhere).unwrap());
            symlink(elsewhere, path).unwrap();
        });
        refused(&home, &path);
        assert!(home.path("elsewhere").exists(), "a stale socket behind a link was removed");
    }
}

#[test]
fn a_directory_that_is_open_to_others_is_refused_and_the_hint_mends_it() {
    for loose in [0o701, 0o710, 0o750, 0o755, 0o770, 0o777] {
        let home = Home::new();
        make_dir(&home.data, loose);
        let failure = home.start_in_vain();
        assert!(failure.said.contains("chmod"), "no hint for mode {loose:o}: {}", failure.said);
        assert!(failure.said.contains(home.data.to_str().unwrap()), "{}", failure.said);
        assert_eq!(mode(&home.data), loose, "a refusal mends nothing by itself");
        assert!(!home.store().exists(), "a store was made in a directory that is open to others");
        set_mode(&home.data, 0o700);
        home.start();
    }
}

#[test]
fn a_runtime_directory_that_others_can_write_to_is_refused() {
    for loose in [0o770, 0o777, 0o1777, 0o755] {
        let home = Home::new();
        make_dir(&home.run, loose);
        let failure = home.start_in_vain();
        assert!(failure.said.contains("chmod"), "no hint for mode {loose:o}: {}", failure.said);
        assert_eq!(mode(&home.run), loose);
        assert!(!home.admin().path().exists());
    }
}

#[test]
fn a_store_that_is_open_to_others_is_refused_and_the_hint_mends_it() {
    let mut daemon = Daemon::start();
    daemon.create_for_all("key");
    daemon.stop();
    for loose in [0o644, 0o660, 0o604] {
        set_mode(&daemon.home.store(), loose);
        let failure = daemon.home.start_in_vain();
        assert!(failure.said.contains("chmod"), "no hint for mode {loose:o}: {}", failure.said);
        assert_eq!(mode(&daemon.home.store()), loose);
    }
    set_mode(&daemon.home.store(), 0o600);
    daemon.start_again();
    assert_eq!(daemon.key_names(), ["key"]);
}

#[test]
fn a_directory_or_store_of_another_owner_is_refused() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    let home = Home::new();
    make_dir(&home.data, 0o700);
    chown(&home.data, Some(65534), None).unwrap();
    let failure = home.start_in_vain();
    assert!(failure.said.contains(home.data.to_str().unwrap()), "{}", failure.said);
    assert!(!home.store().exists());

    let mut daemon = Daemon::start();
    daemon.stop();
    chown(daemon.home.store(), Some(65534), None).unwrap();
    daemon.home.start_in_vain();
    chown(daemon.home.store(), Some(0), None).unwrap();
    chown(&daemon.home.run, Some(65534), None).unwrap();
    daemon.home.start_in_vain();
}

#[test]
fn what_is_no_directory_in_a_directorys_place_is_refused_and_untouched() {
    let home = Home::new();
    fs::write(&home.data, "precious").unwrap();
    home.start_in_vain();
    assert_eq!(fs::read_to_string(&home.data).unwrap(), "precious");

    let home = Home::new();
    fs::write(&home.run, "precious").unwrap();
    home.start_in_vain();
    assert_eq!(fs::read_to_string(&home.run).unwrap(), "precious");
}

#[test]
fn what_is_no_file_in_the_stores_place_is_refused_and_untouched() {
    let home = Home::new();
    make_dir(&home.data, 0o700);
    fs::create_dir(home.store()).unwrap();
    home.start_in_vain();
    assert!(home.store().is_dir());

    let home = Home::new();
    make_dir(&home.data, 0o700);
    symlink(home.path("elsewhere"), home.store()).unwrap();
    home.start_in_vain();
    assert!(!home.path("elsewhere").exists(), "a store was made through a link");
}

/// Puts these bytes into the store's place and fails unless the daemon refuses them and leaves them alone.
fn refuses_store(home: &Home, what: &str, bytes: &[u8]) {
    fs::write(home.store(), bytes).unwrap();
    set_mode(&home.store(), 0o600);
    let failure = home.start_in_vain();
    assert!(
        failure.said.contains("claviger.redb") || failure.said.contains(home.data.to_str().unwrap()),
        "{what}: it does not say which file: {}",
        failure.said
    );
    assert!(!failure.said.contains("panicked"), "{what}: {}", failure.said);
    assert!(fs::read(home.store()).unwrap() == bytes, "{what}: the file was changed");
    assert!(!home.admin().answers(), "{what}");
}

#[test]
fn a_foreign_or_empty_file_in_the_stores_place_is_refused_and_untouched() {
    let home = Home::new();
    make_dir(&home.data, 0o700);
    refuses_store(&home, "a text", b"not a store\n");
    refuses_store(&home, "zeros", &vec![0; 1 << 16]);
    refuses_store(&home, "SQLite", &[b"SQLite format 3\0".as_slice(), &[1; 8192]].concat());
    refuses_store(&home, "an empty file", b"");
}

#[test]
fn a_database_that_is_none_of_ours_is_refused_and_untouched() {
    let home = Home::new();
    make_dir(&home.data, 0o700);
    let database = redb::Database::create(home.store()).unwrap();
    let writing = database.begin_write().unwrap();
    let table = redb::TableDefinition::<&str, u64>::new("of_another_program");
    writing.open_table(table).unwrap().insert("precious", 7).unwrap();
    writing.commit().unwrap();
    drop(database);
    let bytes = fs::read(home.store()).unwrap();
    refuses_store(&home, "another program's database", &bytes);
}

#[test]
fn a_damaged_store_is_refused_and_untouched() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    for n in 0..10 {
        daemon.create_for(&format!("key {n}"), &["a"]);
    }
    daemon.stop();
    let whole = fs::read(daemon.home.store()).unwrap();
    refuses_store(&daemon.home, "cut to a quarter", &whole[..whole.len() / 4]);
    refuses_store(&daemon.home, "cut to its first page", &whole[..4096]);
    let mut scrambled = whole.clone();
    for byte in &mut scrambled[..512] {
        *byte ^= 0xff;
    }
    refuses_store(&daemon.home, "a scrambled beginning", &scrambled);
    let mut zeroed = whole.clone();
    zeroed[4096..].fill(0);
    refuses_store(&daemon.home, "zeroed after the first page", &zeroed);
    // The whole one is taken again: it was the damage that was refused.
    fs::write(daemon.home.store(), &whole).unwrap();
    daemon.start_again();
    assert_eq!(daemon.keys().len(), 10);
}

#[test]
fn rot_anywhere_in_the_store_is_never_silent() {
    let mut daemon = Daemon::start();
    daemon.connect("a");
    let keys: Vec<Minted> = (0..5).map(|n| daemon.create_for(&format!("key {n}"), &["a"])).collect();
    let listed = daemon.keys();
    daemon.stop();
    let whole = fs::read(daemon.home.store()).unwrap();
    // Pages that hold the records: those in which a key's name can be found.
    let places: Vec<usize> = ["key 0", "key 3"]
        .iter()
        .filter_map(|name| whole.windows(5).position(|window| window == name.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "names are in the store as text");
    for place in places {
        let mut rotten = whole.clone();
        rotten[place + 4] ^= 1;
        fs::write(daemon.home.store(), &rotten).unwrap();
        let process = daemon.home.start_if_it_can();
        if process.is_some() {
            // Taken: then it must have been an old page, and nothing is different.
            assert_eq!(daemon.keys(), listed, "a flipped bit changed what is read");
            daemon.granted(&keys[0].secret, Some("a"));
        } else {
            assert!(fs::read(daemon.home.store()).unwrap() == rotten, "the file was changed");
        }
    }
}

#[test]
fn a_path_too_long_for_a_socket_is_refused_clearly() {
    let mut home = Home::new();
    home.run = home.path(&"x".repeat(100));
    let failure = home.start_in_vain();
    assert!(failure.said.contains("107"), "it does not say how long a path can be: {}", failure.said);
    assert!(!failure.said.contains("panicked"), "{}", failure.said);
    let status = home.run(&["status"]);
    assert_ne!(status.status, 0);
    assert!(status.stderr.contains("107"), "{status:?}");
}

#[test]
fn the_longest_path_that_a_socket_can_have_works() {
    let mut home = Home::new();
    let fixed = home.path("").as_os_str().len() + "/verify.sock".len();
    home.run = home.path(&"x".repeat(107 - fixed));
    assert_eq!(home.verify().path().as_os_str().len(), 107);
    home.start().create_for_all("key");
}

#[test]
fn an_unknown_setting_is_an_error_that_names_it() {
    for (config, named) in [
        ("colour = 1\n", "colour"),
        ("[argon2]\nmemory = 64\n", "memory"),
        ("[sockets]\nadmin_mode = \"0666\"\n", "admin_mode"),
        ("[sokets]\nverify_mode = \"0600\"\n", "sokets"),
    ] {
        let home = Home::new();
        fs::write(home.config(), config).unwrap();
        let failure = home.start_in_vain();
        assert!(failure.said.contains(named), "{named} is not named: {}", failure.said);
        assert!(!home.admin().path().exists());
    }
}

#[test]
fn a_setting_out_of_its_bounds_is_an_error_that_names_it() {
    for (config, named) in [
        ("key_prefix = \"a\"\n", "key_prefix"),
        ("key_prefix = \"abcdefghijklm\"\n", "key_prefix"),
        ("key_prefix = \"CLV\"\n", "key_prefix"),
        ("key_prefix = \"a_b\"\n", "key_prefix"),
        ("key_prefix = 7\n", "key_prefix"),
        ("[argon2]\nmemory_kib = 131073\n", "memory_kib"),
        ("[argon2]\nmemory_kib = 0\n", "memory_kib"),
        ("[argon2]\niterations = 11\n", "iterations"),
        ("[argon2]\niterations = 0\n", "iterations"),
        ("[argon2]\nparallelism = 5\n", "parallelism"),
        ("[argon2]\nparallelism = 0\n", "parallelism"),
        ("[sockets]\nverify_mode = \"0777\"\n", "verify_mode"),
        ("[sockets]\nverify_mode = \"rw\"\n", "verify_mode"),
        ("[sockets]\nverify_group = \"no-such-group-here\"\n", "verify_group"),
        ("[sockets]\nadmin_uids = [\"root\"]\n", "admin_uids"),
        ("key_prefix = \n", "config.toml"),
    ] {
        let home = Home::new();
        fs::write(home.config(), config).unwrap();
        let failure = home.start_in_vain();
        assert!(failure.said.contains(named), "{config:?}: {named} is not named: {}", failure.said);
        assert!(!failure.said.contains("panicked"), "{}", failure.said);
    }
}

#[test]
fn a_configuration_that_was_asked_for_and_is_not_there_is_an_error_that_names_it() {
    let home = Home::new();
    fs::remove_file(home.config()).unwrap();
    let failure = home.start_in_vain();
    assert!(failure.said.contains("config.toml"), "{}", failure.said);
}

/// Calls as another user, with the body on standard input; `None` where this machine or user cannot do that.
fn as_nobody(socket: &Socket, body: &Value) -> Option<String> {
    if !rustix::process::getuid().is_root() {
        return None;
    }
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "curl",
        "--silent",
        "--max-time",
        "10",
    ]);
    command.args(["-H", "content-type: application/json", "--data-binary", "@-", "--unix-socket"]);
    command.arg(socket.path()).arg("http://localhost/");
    for needed in ["setpriv", "curl"] {
        Command::new(needed).arg("--version").output().ok()?;
    }
    Some(Home::finish(command, &body.to_string()).stdout)
}

fn call(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

#[test]
fn another_user_can_verify_where_the_mode_lets_him_and_nothing_more() {
    let daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    let key = daemon.create_for_all("key");
    let Some(answer) = as_nobody(&daemon.verify, &call("keys.verify", &json!({"secret": key.secret}))) else {
        return;
    };
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"]["key"]["id"], json!(key.id), "{answer}");
    let admin = as_nobody(&daemon.admin, &call("keys.list", &json!({}))).unwrap();
    assert_eq!(admin, "", "the mode of admin.sock lets another user in");
    let listed = as_nobody(&daemon.verify, &call("keys.list", &json!({}))).unwrap();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["error"]["code"], -32601, "{listed}");
}

#[test]
fn by_default_another_user_reaches_neither_socket() {
    let daemon = Daemon::start();
    for socket in [&daemon.admin, &daemon.verify] {
        let Some(answer) = as_nobody(socket, &call("system.health", &json!({}))) else { return };
        assert_eq!(answer, "");
    }
}

#[test]
fn admin_sock_looks_at_who_calls_also_where_the_modes_let_everybody_in() {
    let daemon = Home::with_config("[sockets]\nverify_mode = \"0666\"").start();
    set_mode(daemon.admin.path(), 0o666);
    let create = call("keys.create", &json!({"name": "intruder"}));
    let Some(answer) = as_nobody(&daemon.admin, &create) else { return };
    assert!(!answer.contains("clv_"), "another user made a key: {answer}");
    assert!(daemon.keys().is_empty());
    let health = as_nobody(&daemon.admin, &call("system.health", &json!({}))).unwrap();
    assert!(!health.contains("\"ok\""), "not even health is for another user: {health}");
}

#[test]
fn an_admin_uid_may_call_and_has_request_ids_of_its_own() {
    let settings = "[sockets]\nverify_mode = \"0666\"\nadmin_uids = [65534]";
    let daemon = Home::with_config(settings).start();
    set_mode(daemon.admin.path(), 0o666);
    let key = Minted::of(&daemon.admin.ok("keys.create", &json!({"name": "mine", "request_id": "r"})));
    let create = call("keys.create", &json!({"name": "mine", "request_id": "r"}));
    let Some(answer) = as_nobody(&daemon.admin, &create) else { return };
    assert!(!answer.contains(&key.secret), "another uid got the secret by the request_id");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_code(&crate::harness::RpcError::of(&answer).unwrap(), "CONFLICT");
    let other = call("keys.create", &json!({"name": "theirs", "request_id": "r"}));
    let theirs: Value = serde_json::from_str(&as_nobody(&daemon.admin, &other).unwrap()).unwrap();
    assert_eq!(theirs["result"]["key"]["name"], "theirs");
    let entry = &daemon.activity()[0];
    assert_eq!(entry["key_name"], "theirs");
    assert_eq!(entry["uid"], 65534);
    // Each still gets its own, and the other's acknowledgement forgets nothing of mine.
    as_nobody(&daemon.admin, &call("keys.acknowledge", &json!({"request_id": "r"}))).unwrap();
    let again = Minted::of(&daemon.admin.ok("keys.create", &json!({"name": "mine", "request_id": "r"})));
    assert_eq!(again.secret, key.secret);
}
