//! Owns a few stories told at a real terminal, waiting on text. Must not test what a unit test of the screen can.

use serde_json::json;

use crate::harness::{Daemon, Home, LateNews, Screen, SecretParts, soon};

const ENTER: &str = "\r";
const ESC: &str = "\u{1b}";
const CTRL_C: &str = "\u{3}";
const CTRL_S: &str = "\u{13}";
const CTRL_R: &str = "\u{12}";

/// Closes the dialog that shows a secret, by the only way out there is.
fn say_that_it_is_saved(screen: &mut Screen, secret: &str) {
    screen.press(ESC);
    screen.press("q");
    // Copying says by what it was sent; by then the presses before it have been taken.
    screen.press("c");
    screen.until("it says by what the secret was copied", |text| {
        ["OSC 52", "tmux", "wl-copy", "xclip"].iter().any(|means| text.contains(means))
    });
    screen.shows(secret);
    // Tab brings the focus to the only button, if it is not there already.
    screen.press_until_hidden("\t\r", "I have saved it");
    screen.hides("Copy your secret");
    screen.hides(&SecretParts::of(secret).body[..10]);
}

#[test]
fn a_person_opens_the_interface_creates_a_key_saves_its_secret_and_it_opens_what_it_should() {
    let home = Home::new();
    // Nothing runs yet: the interface starts the daemon, and the daemon outlives the interface.
    let mut screen = Screen::open(&home, &[], 110, 30);
    screen.shows("live");
    assert!(screen.in_alternate_screen());
    let admin = home.admin();
    assert!(admin.answers(), "the daemon is ready before the first list is drawn");
    admin.ok("accounts.connect", &json!({"name": "Everyday", "id": "everyday"}));

    screen.press("n");
    screen.shows("Create key");
    screen.shows("Share all accounts");
    screen.press("Production n q");
    screen.shows("Production n q");
    screen.press(CTRL_S);
    screen.shows("Copy your secret");
    let secret = screen.shown_secret();
    let granted = home.verify().ok("keys.verify", &json!({"secret": secret, "account": "everyday"}));
    assert_eq!(granted["key"]["name"], "Production n q");
    say_that_it_is_saved(&mut screen, &secret);
    screen.shows("Production n q");
    screen.shows("All accounts");

    screen.press("q");
    assert_eq!(screen.ended(), 0);
    assert!(!screen.in_alternate_screen(), "the terminal is not as it was");
    assert!(!screen.hides_cursor(), "the cursor is still hidden");
    assert!(!screen.text().contains(&SecretParts::of(&secret).body), "the secret is left on the screen");
    assert!(admin.answers(), "the daemon ended with the interface");
    home.run(&["stop"]).success();
}

#[test]
fn what_happens_elsewhere_shows_at_once_and_a_lost_daemon_comes_back() {
    let mut daemon = Daemon::start();
    let screen = Screen::open(&daemon.home, &[], 110, 30);
    screen.shows("live");
    let key = daemon.create_for_all("before");
    screen.shows("before");
    daemon.admin.ok("keys.rename", &json!({"id": key.id, "name": "after"}));
    screen.until("the list has the new name", |text| lists(text, "after"));
    screen.until("the list has lost the old name", |text| !lists(text, "before"));
    daemon.kill9();
    screen.shows("reconnecting");
    screen.until("the list stays", |text| lists(text, "after"));
    daemon.start_again();
    screen.shows("live");
    daemon.admin.ok("keys.delete", &json!({"id": key.id}));
    screen.until("the key is gone from the list", |text| !lists(text, "after"));
}

#[test]
fn two_interfaces_side_by_side_agree_and_neither_overwrites_the_other() {
    let daemon = Daemon::start();
    daemon.connect("everyday");
    daemon.connect("travel");
    let (mut one, mut other) =
        (Screen::open(&daemon.home, &[], 110, 30), Screen::open(&daemon.home, &[], 110, 30));
    one.shows("live");
    other.shows("live");

    // Made here, for one account; there at once.
    one.press("n");
    one.shows("Create key");
    one.press("gateway\t \t ");
    one.shows("will see everyday");
    one.press(CTRL_S);
    one.shows("Copy your secret");
    let secret = one.shown_secret();
    other.until("the new key is there", |text| text.contains("gateway") && text.contains("1 account"));
    assert!(!other.text().contains(&SecretParts::of(&secret).body), "only one screen shows a secret");
    say_that_it_is_saved(&mut one, &secret);
    daemon.granted(&secret, Some("everyday"));
    daemon.denied(&secret, Some("travel"), "NOT_FOUND");

    // Both edit its scope: the second to save is refused, and begins again from what the first made of it.
    other.press("s");
    other.shows("Edit scope");
    one.press("s");
    one.shows("Edit scope");
    one.press("\t");
    one.press("\u{1b}[B ");
    one.shows("gains travel");
    one.press(CTRL_S);
    one.hides("Edit scope");
    daemon.granted(&secret, Some("travel"));
    other.shows("changed elsewhere");
    other.press("\t");
    other.press("\u{1b}[B ");
    other.shows("gains travel");
    other.press(CTRL_S);
    other.shows("CONFLICT");
    assert_eq!(daemon.keys()[0]["version"], 2, "nothing was overwritten");
    other.press(CTRL_R);
    other.shows("changes nothing");

    // Rotated here: the old secret is dead, and there the dialog knows that the key is another version again.
    one.press("r");
    one.shows("Rotate key");
    one.press("y");
    one.shows("Copy your secret");
    let rotated = one.shown_secret();
    daemon.denied(&secret, None, "UNAUTHORIZED");
    daemon.granted(&rotated, Some("travel"));
    other.shows("changed elsewhere");
    say_that_it_is_saved(&mut one, &rotated);

    // Deleted here: the dialog there closes by itself and says so.
    one.press("D");
    one.shows("Delete key");
    one.press("gateway");
    one.press_until_hidden(ENTER, "Delete key");
    other.shows("the key gateway is gone");
    other.hides("Save");
    daemon.denied(&rotated, None, "UNAUTHORIZED");
    one.press("q");
    other.press(CTRL_C);
    assert_eq!((one.ended(), other.ended()), (0, 0));
}

#[test]
fn whoever_changes_a_key_again_before_the_news_come_is_not_told_of_somebody_else() {
    let daemon = Daemon::start();
    daemon.connect("everyday");
    daemon.connect("travel");
    let key = daemon.create_for_all("gateway");
    let news = LateNews::of(&daemon.admin);
    let mut screen = Screen::open(&daemon.home, &["--runtime-dir", news.run().to_str().unwrap()], 110, 30);
    screen.shows("live");
    screen.until("the key is in the list", |text| lists(text, "gateway"));
    news.hold();

    // From all accounts to one of them.
    screen.press("s");
    screen.shows("Edit scope");
    screen.press(" \t ");
    screen.shows("loses every account but everyday");
    screen.press(CTRL_S);
    screen.hides("Edit scope");
    // What was saved is what the same dialog begins from.
    screen.press("s");
    screen.shows("changes nothing");
    screen.press("\t\u{1b}[B ");
    screen.shows("gains travel");
    screen.press(CTRL_S);
    screen.hides("Edit scope");
    screen.press("e");
    screen.shows("Rename key");
    screen.press("2");
    screen.press(CTRL_S);
    screen.shows("renamed to gateway2");
    screen.hides("Rename key");
    screen.press("r");
    screen.shows("Rotate key");
    screen.press("y");
    screen.shows("Copy your secret");
    let rotated = screen.shown_secret();
    say_that_it_is_saved(&mut screen, &rotated);
    assert_eq!(daemon.key(&key.id)["version"], 5);
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
    daemon.granted(&rotated, Some("travel"));
    assert!(
        lists(&screen.text(), "gateway"),
        "the list goes by the news, which nobody has heard:\n{}",
        screen.text()
    );

    // The news change nothing of what was known, and bring the list up to date.
    assert_eq!(news.let_go(), 4);
    screen.until("the list has heard of all of it", |text| {
        text.lines().any(|line| line.contains("gateway2") && line.contains("2 accounts"))
    });
    screen.press("D");
    screen.shows("Delete key");
    screen.press("gateway2");
    screen.press_until_hidden(ENTER, "Delete key");
    soon("the key is gone", || daemon.keys().is_empty());
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

/// Whether a row of the list of keys has this name; notices have it too.
fn lists(text: &str, name: &str) -> bool {
    text.lines().any(|line| line.contains(name) && line.contains("All accounts"))
}

#[test]
fn a_key_is_deleted_only_when_its_name_is_typed() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("doomed");
    let mut screen = Screen::open(&daemon.home, &[], 110, 30);
    screen.shows("doomed");
    screen.press("D");
    screen.shows("Delete key");
    screen.press("doo");
    screen.press(ENTER);
    screen.press(ESC);
    screen.hides("Delete key");
    daemon.granted(&key.secret, None);
    screen.press("D");
    screen.shows("Delete key");
    screen.press("doomed");
    for _ in 0..4 {
        screen.press(ENTER);
        if daemon.keys().is_empty() {
            break;
        }
    }
    soon("the key is gone", || daemon.keys().is_empty());
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
    screen.hides("Delete key");
}

#[test]
fn no_press_that_opens_rotate_also_confirms_it_and_cancel_has_the_focus() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("kept");
    let mut screen = Screen::open(&daemon.home, &[], 110, 30);
    screen.shows("kept");
    screen.press("rrrr");
    screen.shows("Rotate key");
    screen.press(ENTER);
    screen.hides("Rotate key");
    assert_eq!(daemon.key(&key.id)["version"], 1);
    screen.press("r");
    screen.shows("Rotate key");
    screen.press("y");
    screen.shows("Copy your secret");
    let secret = screen.shown_secret();
    assert_ne!(secret, key.secret);
    daemon.denied(&key.secret, None, "UNAUTHORIZED");
    daemon.granted(&secret, None);
    say_that_it_is_saved(&mut screen, &secret);
    // Its arrival was acknowledged: nothing of it is kept for a repeated request.
    assert!(!String::from_utf8_lossy(&daemon.admin.bytes("keys.list", &json!({}))).contains(&secret));
}

#[test]
fn a_key_that_a_restore_suspended_opens_nothing_until_a_person_releases_it() {
    let mut daemon = Daemon::start();
    let (one, other) = (daemon.create_for_all("one"), daemon.create_for_all("other"));
    daemon.stop();
    std::fs::remove_file(daemon.home.store().with_file_name("claviger.journal")).unwrap();
    daemon.start_again();
    daemon.denied(&one.secret, None, "UNAUTHORIZED");

    let mut screen = Screen::open(&daemon.home, &[], 80, 24);
    screen.shows("2 keys are suspended: they open nothing until you release them");
    // Held down, it asks and no more.
    screen.press("RR");
    screen.shows("Release key");
    screen.shows("› [ Cancel ]");
    assert!(daemon.key(&one.id)["suspended_at"].is_string());
    screen.press("y");
    screen.shows("released one");
    daemon.granted(&one.secret, None);
    daemon.denied(&other.secret, None, "UNAUTHORIZED");

    // Released at the command line meanwhile: the question closes.
    screen.press("j");
    screen.press("R");
    screen.shows("Release key");
    daemon.admin.ok("keys.release", &json!({"id": other.id}));
    screen.shows("Release key was closed");
    screen.hides("Suspended");
    daemon.granted(&other.secret, None);
}

#[test]
fn while_a_secret_shows_ctrl_c_asks_once_more() {
    let daemon = Daemon::start();
    let mut screen = Screen::open(&daemon.home, &[], 110, 30);
    screen.shows("live");
    screen.press("n");
    screen.shows("Create key");
    screen.press("shown");
    screen.press(CTRL_S);
    screen.shows("Copy your secret");
    let secret = screen.shown_secret();
    screen.press(CTRL_C);
    // It is still there for whoever pressed it by mistake.
    screen.shows("again");
    screen.press(CTRL_C);
    screen.ended();
    assert!(!screen.text().contains(&SecretParts::of(&secret).body), "the secret is left on the screen");
}

#[test]
fn a_terminal_too_small_says_so_and_recovers() {
    let daemon = Daemon::start();
    daemon.create_for_all("steady");
    let mut screen = Screen::open(&daemon.home, &[], 100, 30);
    screen.shows("steady");
    for (columns, rows) in [(39, 30), (100, 9), (30, 5)] {
        screen.resize(columns, rows);
        screen.shows("too small");
        screen.resize(100, 30);
        screen.shows("steady");
    }
    screen.resize(1, 1);
    screen.resize(40, 10);
    screen.shows("steady");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}
