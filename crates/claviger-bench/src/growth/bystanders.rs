//! Owns those who are there while somebody asks: idle connections, subscribers, and a caller who changes something. Must not
//! measure what they cost.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use super::row::{Grown, SUBSCRIBERS};
use crate::Outcome;
use crate::driver::Questions;
use crate::wire::Connection;
use crate::writes::audience::Audience;
use crate::writes::operator::Operator;

/// How long the caller waits between two changes.
const PAUSE: Duration = Duration::from_millis(2);

/// Where the servers are.
#[derive(Clone, Debug)]
pub struct Places {
    /// Bare hyper.
    pub hyper: PathBuf,
    /// The daemon's socket for verifications.
    pub verify: PathBuf,
    /// Its socket for everything.
    pub admin: PathBuf,
}

/// Whoever is there besides those who are measured.
pub struct Bystanders {
    idle: Vec<Connection>,
    audience: Option<Audience>,
    renamer: Option<Renamer>,
}

impl Bystanders {
    /// Brings as many as are wanted, and returns when all of them are there. Idle connections ask this question, the caller
    /// renames this key.
    ///
    /// # Errors
    /// Somebody is not let in, or is answered wrongly.
    pub fn gather(grown: Grown, places: &Places, question: &Questions, key: &str) -> Outcome<Self> {
        let idle = if let Grown::Idle(connections) = grown { connections } else { 0 };
        let idle = (0..idle).map(|_| Ok(question.ask_once(&places.verify)?.0)).collect::<Outcome<_>>()?;
        let audience =
            grown.has_subscribers().then(|| Audience::gather(&places.admin, SUBSCRIBERS)).transpose()?;
        let renamer = grown.has_changes().then(|| Renamer::start(&places.admin, key)).transpose()?;
        Ok(Self { idle, audience, renamer })
    }

    /// Lets all of them go, and waits until idle connections have given their places back. Says how many changes were made in a
    /// second, where any were.
    ///
    /// # Errors
    /// A change was refused, or somebody has not heard of it.
    pub fn leave(self) -> Outcome<Option<f64>> {
        let renamed = self.renamer.map(Renamer::stop).transpose()?;
        if let Some(audience) = self.audience {
            audience.leave_having_heard(renamed.as_ref().map_or(0, |renamed| renamed.changes))?;
        }
        self.idle.into_iter().try_for_each(Connection::close)?;
        Ok(renamed.map(|renamed| renamed.rate()))
    }
}

/// A caller who renames a key some hundred times a second.
struct Renamer {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Outcome<Renamed>>,
}

/// What he did.
struct Renamed {
    changes: usize,
    took: Duration,
}

impl Renamer {
    fn start(admin: &Path, key: &str) -> Outcome<Self> {
        let mut operator = Operator::connect(admin)?;
        // One is made before anything is measured, and so there is one in each round.
        operator.rename(key, key)?;
        let (is_over, key) = (Arc::new(AtomicBool::new(false)), key.to_owned());
        let told = Arc::clone(&is_over);
        let thread = spawn(move || {
            let begun = Instant::now();
            let mut changes = 1;
            while !told.load(Ordering::Relaxed) {
                operator.rename(&key, &format!("{key} {changes}"))?;
                changes += 1;
                sleep(PAUSE);
            }
            Ok(Renamed { changes, took: begun.elapsed() })
        });
        Ok(Self { is_over, thread })
    }

    fn stop(self) -> Outcome<Renamed> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the caller who renames broke off")?
    }
}

impl Renamed {
    /// Changes in a second.
    fn rate(&self) -> f64 {
        u32::try_from(self.changes).map_or(f64::INFINITY, f64::from) / self.took.as_secs_f64()
    }
}
