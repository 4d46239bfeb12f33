//! Owns the measures of the whole interface in `docs/performance.md`: the executable in a pseudo-terminal, with a real
//! daemon, as a person would wait for it. Must not judge them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at the first surprise")]

mod measure;

use std::fs;
use std::time::{Duration, Instant};

use measure::harness::{Daemon, Home, Memory, OpenedFor, Screen};
use measure::{Times, fill, mib};
use serde_json::json;

/// How many keys, the few first.
const KEYS: [usize; 3] = [100, 100_000, 1_000_000];
/// A screen with all panes.
const SCREEN: (u16, u16) = (160, 50);
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    println!("{:<34} {:>9} {:>9} {:>9}   ratio of the medians", "measure", "min ms", "median", "max");
    for keys in KEYS {
        let daemon = daemon(keys);
        first_paint(&daemon, keys);
        press(&daemon, keys);
        elsewhere(&daemon, keys);
        memory(&daemon, keys);
        if keys == KEYS[0] {
            idle(&daemon);
        }
    }
}

/// A daemon with this many keys, named `key-` and a number.
fn daemon(keys: usize) -> Daemon {
    let mut home = Home::new();
    home.log_level = "info";
    fill(&home, keys, |n| format!("key-{n:06}"));
    home.start()
}

fn open(daemon: &Daemon) -> Screen {
    let screen = Screen::open(&daemon.home, &[], SCREEN.0, SCREEN.1);
    screen.shows("● live");
    screen.shows("key-000000");
    screen
}

/// From starting the executable to its first frame, and to the list; beside a start that prints one line.
fn first_paint(daemon: &Daemon, keys: usize) {
    let runs = if keys > 1000 { 5 } else { 30 };
    let until = |arguments: &[&str], text: &str| {
        sample(runs, || {
            let start = Instant::now();
            let screen = Screen::open(&daemon.home, arguments, SCREEN.0, SCREEN.1);
            screen.shows(text);
            (start.elapsed(), screen)
        })
    };
    let floor = until(&["--version"], "claviger ");
    tell(&format!("first_paint/{keys}/version_floor"), &floor, None);
    tell(&format!("first_paint/{keys}/first_frame"), &until(&[], "1 Keys"), Some(&floor));
    tell(&format!("first_paint/{keys}/list"), &until(&[], "key-000000"), Some(&floor));
    tell(&format!("first_paint/{keys}/whole"), &until(&[], "● live"), Some(&floor));
}

/// From a press to the changed screen; beside a terminal that shows what is typed.
fn press(daemon: &Daemon, keys: usize) {
    let line = ["sh", "-c", "stty raw -echo; printf ready; exec cat"];
    let mut echo = Screen::run(&daemon.home, OpenedFor::Program, &line, SCREEN.0, SCREEN.1);
    echo.shows("ready");
    let mut shown = "ready".to_owned();
    let floor = sample(200, || {
        shown.push('x');
        let start = Instant::now();
        echo.press("x");
        echo.shows(&shown);
        (start.elapsed(), ())
    });
    tell(&format!("press/{keys}/echo_floor"), &floor, None);
    let mut screen = open(daemon);
    let mut below = false;
    let moved = sample(200, || {
        below = !below;
        let (press, row) = if below { ("j", "› key-000001") } else { ("k", "› key-000000") };
        let start = Instant::now();
        screen.press(press);
        screen.shows(row);
        (start.elapsed(), ())
    });
    tell(&format!("press/{keys}/down_and_up"), &moved, Some(&floor));
}

/// From asking for a change to two screens that show it; beside its answer.
fn elsewhere(daemon: &Daemon, keys: usize) {
    let (one, other) = (open(daemon), open(daemon));
    let id = daemon.admin.ok("keys.list", &json!({"limit": 1}))["keys"][0]["id"].clone();
    let mut turn = 0;
    let mut rename = |then: &dyn Fn(&str)| {
        sample(50, || {
            turn += 1;
            let name = format!("key-000000-{turn}");
            let start = Instant::now();
            daemon.admin.ok("keys.rename", &json!({"id": id, "name": name}));
            then(&format!("› {name} "));
            (start.elapsed(), ())
        })
    };
    let floor = rename(&|_| {});
    tell(&format!("elsewhere/{keys}/answered_floor"), &floor, None);
    let shown = rename(&|row| {
        one.shows(row);
        other.shows(row);
    });
    tell(&format!("elsewhere/{keys}/on_both_screens"), &shown, Some(&floor));
    daemon.admin.ok("keys.rename", &json!({"id": id, "name": "key-000000"}));
}

/// What the interface takes of memory: all that is resident, and what of it is its own.
fn memory(daemon: &Daemon, keys: usize) {
    let screen = open(daemon);
    let found = Memory::of(screen.program()).unwrap();
    println!(
        "{:<34} {:>9.1} MiB resident, {:.1} MiB of it its own",
        format!("memory/{keys}"),
        mib(found.resident),
        mib(found.own)
    );
}

/// What the interface does while nothing happens: time on a processor, and how often it woke up.
fn idle(daemon: &Daemon) {
    let screen = open(daemon);
    // What opening has begun, and the notices that go by themselves, are over when no more switches come.
    let mut before = activity(&screen);
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let now = activity(&screen);
        if now == before {
            break;
        }
        before = now;
    }
    std::thread::sleep(IDLE);
    let after = activity(&screen);
    println!(
        "{:<34} {:>9} µs on a processor, {} wake-ups in {} s",
        "idle",
        (after.0 - before.0) / 1000,
        after.1 - before.1,
        IDLE.as_secs()
    );
}

/// Nanoseconds on a processor (`schedstat`) and switches between threads, of all threads so far.
fn activity(screen: &Screen) -> (u64, u64) {
    let threads = fs::read_dir(format!("/proc/{}/task", screen.program())).unwrap();
    threads.fold((0, 0), |(time, switches), thread| {
        let path = thread.unwrap().path();
        let spent = fs::read_to_string(path.join("schedstat")).unwrap();
        let status = fs::read_to_string(path.join("status")).unwrap();
        let here: u64 = status
            .lines()
            .filter(|line| line.contains("ctxt_switches:"))
            .map(|line| line.rsplit('\t').next().unwrap().trim().parse::<u64>().unwrap())
            .sum();
        (time + spent.split(' ').next().unwrap().parse::<u64>().unwrap(), switches + here)
    })
}

/// Does the same several times. What a run leaves is dropped once its time was taken.
fn sample<T>(runs: usize, mut run: impl FnMut() -> (Duration, T)) -> Times {
    (0..runs).map(|_| run().0).collect()
}

fn tell(name: &str, times: &Times, floor: Option<&Times>) {
    let (least, median, most) = (times.within(0), times.within(50), times.within(100));
    let ratio = floor.map(|floor| format!("{:.1}", median / floor.within(50))).unwrap_or_default();
    println!("{name:<34} {least:>9.2} {median:>9.2} {most:>9.2}   {ratio}");
}
