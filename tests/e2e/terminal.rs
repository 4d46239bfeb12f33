//! Owns what becomes of the terminal: it is given back as it was, however the interface ends or stops.

use serde_json::json;

use crate::harness::{Daemon, OpenedFor, Screen, SecretParts, soon};

const ENTER: &str = "\r";
const CTRL_S: &str = "\x13";
const CTRL_Z: &str = "\x1a";

/// A shell that runs the interface as a job, and brings it back with Enter once it stopped.
fn in_shell(daemon: &Daemon) -> Screen {
    let script = "\"$0\"; while [ -n \"$(jobs -s)\" ]; do read -r; fg; done";
    let line = ["bash", "-mc", script, env!("CARGO_BIN_EXE_claviger")];
    Screen::run(&daemon.home, OpenedFor::Shell, &line, 110, 30)
}

/// A screen in a shell on which the secret of a new key shows, and the secret.
fn with_secret(daemon: &Daemon) -> (Screen, String) {
    let mut screen = in_shell(daemon);
    screen.shows("live");
    screen.press("n");
    screen.shows("Create key");
    screen.press("shown");
    screen.press(CTRL_S);
    screen.shows("Copy your secret");
    let secret = screen.shown_secret();
    (screen, secret)
}

#[test]
fn the_terminal_is_as_it_was_after_every_end() {
    let daemon = Daemon::start();
    for end in ["q", "TERM", "HUP", "INT"] {
        let mut screen = Screen::open(&daemon.home, &["--mouse"], 100, 30);
        screen.shows("live");
        assert!(screen.in_alternate_screen() && screen.has_modes());
        assert!(!screen.is_untouched(), "raw while it is open");
        match end {
            "q" => screen.press("q"),
            signal => screen.signal(signal),
        }
        assert_eq!(screen.ended(), 0, "{end}");
        assert!(!screen.in_alternate_screen() && !screen.hides_cursor() && !screen.has_modes(), "{end}");
        assert!(screen.is_untouched(), "{end}");
    }
}

#[test]
fn a_secret_is_not_to_be_seen_while_the_interface_is_stopped() {
    let daemon = Daemon::start();
    for stop in ["by a press", "by a signal"] {
        let (mut screen, secret) = with_secret(&daemon);
        match stop {
            "by a press" => screen.press(CTRL_Z),
            _ => screen.signal("TSTP"),
        }
        soon("the interface is stopped", || screen.is_stopped());
        screen.hides(&SecretParts::of(&secret).body[..10]);
        assert!(!screen.in_alternate_screen() && !screen.hides_cursor(), "{stop}");
        screen.press(ENTER);
        screen.shows(&secret);
        assert!(screen.in_alternate_screen(), "{stop}");
        screen.press_until_hidden("\t\r", "I have saved it");
        screen.press("q");
        assert_eq!(screen.ended(), 0);
        for key in daemon.keys() {
            daemon.admin.ok("keys.delete", &json!({"id": key["id"]}));
        }
    }
}

#[test]
fn without_a_shell_that_could_bring_it_back_it_is_not_stopped() {
    let daemon = Daemon::start();
    let mut screen = Screen::open(&daemon.home, &[], 100, 30);
    screen.shows("live");
    screen.press(CTRL_Z);
    screen.shows("not suspended");
    assert!(!screen.is_stopped());
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn a_paste_goes_only_into_a_text_field() {
    let daemon = Daemon::start();
    let key = daemon.create_for_all("kept");
    let mut screen = Screen::open(&daemon.home, &[], 110, 30);
    screen.shows("kept");
    let paste = |screen: &mut Screen, text: &str| screen.press(&format!("\x1b[200~{text}\x1b[201~"));
    paste(&mut screen, "D\nq");
    screen.press("r");
    screen.shows("Rotate key");
    paste(&mut screen, "y\n");
    screen.press(ENTER);
    screen.hides("Rotate key");
    assert_eq!(daemon.key(&key.id)["version"], 1);
    screen.press("n");
    screen.shows("Create key");
    paste(&mut screen, &format!("\x1b[31mGate\nway {}", "x\x1b[2J".repeat(200_000)));
    screen.shows("xxxxxxxxxx");
    screen.press(CTRL_S);
    screen.shows("Copy your secret");
    let keys = daemon.keys();
    let name = keys.iter().find_map(|key| key["name"].as_str().filter(|name| *name != "kept")).unwrap();
    assert!(name.starts_with("Gate way xxx") && name.len() == 64, "{name:?}");
}

#[test]
fn without_being_asked_the_mouse_stays_with_the_terminal() {
    let daemon = Daemon::start();
    let screen = Screen::open(&daemon.home, &["--plain"], 100, 30);
    screen.shows("live");
    assert!(!screen.has_mouse());
    assert!(!screen.text().contains('│'), "{}", screen.text());
}

/// The places of a text among bytes.
fn places(bytes: &[u8], text: &str) -> Vec<usize> {
    bytes
        .windows(text.len())
        .enumerate()
        .filter(|(_, part)| *part == text.as_bytes())
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn in_a_whole_session_the_secret_is_sent_only_to_the_alternate_screen() {
    let daemon = Daemon::start();
    let (mut screen, made) = with_secret(&daemon);
    screen.press(CTRL_Z);
    soon("the interface is stopped", || screen.is_stopped());
    screen.press(ENTER);
    screen.shows(&made);
    screen.press_until_hidden("\t\r", "I have saved it");
    screen.press("r");
    screen.shows("Rotate key");
    screen.press("y");
    screen.shows("Copy your secret");
    let rotated = screen.shown_secret();
    screen.press_until_hidden("\t\r", "I have saved it");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    let record = screen.record();
    let (enter, leave) = (places(&record, "\x1b[?1049h"), places(&record, "\x1b[?1049l"));
    assert_eq!((enter.len(), leave.len()), (2, 2), "entered and left twice");
    for secret in [made, rotated] {
        let body = SecretParts::of(&secret).body;
        assert!(!places(&record, &body).is_empty(), "a record without the secret proves nothing");
        for part in body.as_bytes().windows(8) {
            for place in places(&record, std::str::from_utf8(part).unwrap()) {
                let entered = enter.iter().filter(|at| **at < place).count();
                let left = leave.iter().filter(|at| **at < place).count();
                assert!(entered > left, "sent to the screen that stays");
            }
        }
    }
}
