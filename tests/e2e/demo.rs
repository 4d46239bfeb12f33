//! Owns the specification of `claviger demo`: samples at a real terminal, and nothing left behind. Must not test what the interface
//! does with them.

use crate::harness::{Home, Screen, soon};

#[test]
fn the_demo_shows_samples_and_leaves_nothing_behind() {
    let home = Home::new();
    let before: Vec<_> = entries(&home);
    let mut screen = Screen::open(&home, &["demo"], 110, 30);
    screen.shows("live");
    screen.shows("accounts");
    screen.press("2");
    screen.press("1");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    assert_eq!(entries(&home), before, "the demo left something behind");
    assert!(!home.run.exists() && !home.data.exists());
}

#[test]
fn the_demo_has_as_many_more_keys_as_asked_for() {
    let home = Home::new();
    let before: Vec<_> = entries(&home);
    let mut screen = Screen::open(&home, &["demo", "--keys", "1500"], 110, 30);
    screen.shows("live");
    screen.shows("Keys 1507");
    screen.press("/partner 00009");
    screen.shows("Partner");
    screen.press("\r");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    assert_eq!(entries(&home), before, "the demo left something behind");
}

#[test]
fn a_demo_that_is_interrupted_while_its_keys_are_made_ends() {
    let home = Home::new();
    let mut screen = Screen::open(&home, &["demo", "--keys", "1000000"], 110, 30);
    let pid = rustix::process::Pid::from_raw(i32::try_from(screen.program()).unwrap()).unwrap();
    let directory = made_by(screen.program());
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(screen.ended(), 0);
    assert!(directory.is_none_or(|directory| !directory.exists()), "the demo left something behind");
}

/// The directory of the demo in which a process has files open; `None` where only root may look.
fn made_by(pid: u32) -> Option<std::path::PathBuf> {
    let mut found = None;
    soon("the demo has a store", || {
        let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return true };
        let paths = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
        found = paths
            .filter_map(|path| Some(path.parent()?.parent()?.to_owned()))
            .find(|path| path.to_string_lossy().starts_with("/tmp/claviger-demo-"));
        found.is_some()
    });
    found
}

/// All paths below the home of a test.
fn entries(home: &Home) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![home.path("")];
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}
