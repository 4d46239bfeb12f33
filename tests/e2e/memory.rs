//! Owns the tests of what is left of a secret in a process's memory: nothing. Must not need more than a look at the
//! process; where the system does not allow that (our processes are not dumpable, so only root may), nothing is tested.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use serde_json::json;

use crate::harness::{Daemon, Minted, Screen, SecretParts, WebSocket, soon};

/// How often a text is in the memory that a process can write to; `None` where we may not look.
fn copies(pid: u32, text: &str) -> Option<usize> {
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let regions = maps.lines().filter_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        rest.starts_with("rw").then_some((number(start)?, number(end)?))
    });
    let mut found = 0;
    for (start, end) in regions {
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        // Some regions cannot be read, such as the kernel's own.
        if memory.read_exact_at(&mut bytes, start).is_ok() {
            found += occurrences(&bytes, text.as_bytes());
        }
    }
    Some(found)
}

fn occurrences(bytes: &[u8], text: &[u8]) -> usize {
    let mut found = 0;
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == text[0]) {
        rest = &rest[at..];
        found += usize::from(rest.starts_with(text));
        rest = &rest[1..];
    }
    found
}

/// A part of a secret that nothing else has.
fn part(secret: &str) -> String {
    SecretParts::of(secret).body[10..34].to_owned()
}

#[test]
fn no_copy_of_a_secret_is_left_in_the_daemon() {
    let daemon = Daemon::start();
    let mut socket = WebSocket::open(&daemon.admin);
    let created = daemon.create_for_all("over HTTP");
    let rotated = daemon.rotate(&created.id);
    let live = Minted::of(&socket.call("keys.create", &json!({"name": "over a WebSocket"})).unwrap());
    daemon.granted(&rotated.secret, None);
    let kept = json!({"name": "kept for a while", "request_id": "kept"});
    let kept = Minted::of(&daemon.admin.ok("keys.create", &kept));
    let Some(found) = copies(daemon.pid(), &part(&kept.secret)) else { return };
    assert!(found > 0, "a look that finds nothing proves nothing");
    daemon.admin.ok("keys.acknowledge", &json!({"request_id": "kept"}));
    // The buffer of a WebSocket is freed, and so wiped, with its connection.
    drop(socket);
    for secret in [created.secret, rotated.secret, live.secret, kept.secret] {
        soon("no copy is left", || copies(daemon.pid(), &part(&secret)) == Some(0));
    }
}

#[test]
fn no_copy_of_a_secret_is_left_in_the_interface_once_its_dialog_is_closed() {
    let daemon = Daemon::start();
    let mut screen = Screen::open(&daemon.home, &[], 110, 30);
    screen.shows("live");
    screen.press("n");
    screen.shows("Create key");
    screen.press("watched\x13");
    screen.shows("Copy your secret");
    let secret = screen.shown_secret();
    let Some(found) = copies(screen.program(), &part(&secret)) else { return };
    assert!(found > 0, "a look that finds nothing proves nothing");
    screen.press_until_hidden("\t\r", "I have saved it");
    soon("no copy is left", || copies(screen.program(), &part(&secret)) == Some(0));
}
