//! Owns those who hear of every change: all but one read what they are told as soon as it comes. Must not change anything.

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use serde_json::{Value, json};

use super::operator::MASK;
use crate::Outcome;
use crate::wire::{Connection, Framing, websocket};

/// How long it may take until all have heard of the last change.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the reader sleeps at most, so that it sees that it is to end.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// How the last part of the whole state ends.
const LAST_PART: &[u8] = b"\"more\":false}}}";

/// Subscribers of `events`.
pub struct Audience {
    /// It never reads again.
    _asleep: Connection,
    leaving: Arc<AtomicBool>,
    reader: JoinHandle<Outcome<Vec<usize>>>,
}

impl Audience {
    /// Subscribes so many, one after another, and lets each read the whole state first. Then one falls asleep.
    ///
    /// # Errors
    /// A subscription is refused.
    pub fn gather(admin: &Path, count: usize) -> Outcome<Self> {
        let asleep = subscriber(admin)?;
        let mut awake = Vec::new();
        for _ in 1..count {
            awake.push(subscriber(admin)?);
        }
        let leaving = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&leaving);
        let reader = spawn(move || listen(awake, &told));
        Ok(Self { _asleep: asleep, leaving, reader })
    }

    /// Ends the subscriptions when everybody who is awake has heard of so many changes.
    ///
    /// # Errors
    /// Somebody has not, for a long time.
    pub fn leave_having_heard(self, changes: usize) -> Outcome<()> {
        self.leaving.store(true, Ordering::Relaxed);
        let heard = self.reader.join().map_err(|_| "the audience broke off")??;
        match heard.into_iter().min() {
            Some(least) if least >= changes => Ok(()),
            least => Err(format!("of {changes} changes a subscriber heard of {least:?}").into()),
        }
    }
}

fn subscriber(admin: &Path) -> Outcome<Connection> {
    let mut connection = Connection::open(admin, Framing::WebSocket)?;
    let call = json!({"jsonrpc": "2.0", "id": 0, "method": "events.subscribe", "params": {}}).to_string();
    connection.send(&websocket::frame(call.as_bytes(), MASK))?;
    let first = connection.receive()?.body;
    let answer: Value = serde_json::from_slice(first)?;
    if let Some(error) = answer.get("error") {
        return Err(format!("no subscription: {error}").into());
    }
    // A large state has hundreds of parts, of which nothing but the end is of interest.
    while !connection.receive()?.body.ends_with(LAST_PART) {}
    Ok(connection)
}

/// Reads what comes until it is to end and nothing comes any more, and counts the messages of each.
fn listen(mut awake: Vec<Connection>, leaving: &AtomicBool) -> Outcome<Vec<usize>> {
    let mut heard = vec![0; awake.len()];
    let begun = Instant::now();
    loop {
        let ready: Vec<bool> = {
            let mut wanted: Vec<PollFd<'_>> = awake
                .iter()
                .map(|connection| PollFd::from_borrowed_fd(connection.as_fd(), PollFlags::IN))
                .collect();
            poll(&mut wanted, Some(&LOOK))?;
            wanted.iter().map(|one| !one.revents().is_empty()).collect()
        };
        if leaving.load(Ordering::Relaxed) && (!ready.contains(&true) || begun.elapsed() > PATIENCE * 10) {
            return Ok(heard);
        }
        for (nth, _) in ready.into_iter().enumerate().filter(|(_, is_ready)| *is_ready) {
            loop {
                awake[nth].receive()?;
                heard[nth] += 1;
                if !awake[nth].has_next()? {
                    break;
                }
            }
        }
    }
}
