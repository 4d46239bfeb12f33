//! Owns which core the driver and the servers run on. Must not start anything.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

use crate::Outcome;

/// Whether server and driver share a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cores {
    /// Both are on the same one.
    One,
    /// Each has one of its own.
    Two,
}

/// The cores that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinning {
    server: usize,
    elsewhere: Option<usize>,
}

impl Pinning {
    /// The first two cores that this process may use.
    ///
    /// # Errors
    /// The system does not tell, or does not let a process choose.
    pub fn find() -> Outcome<Self> {
        let allowed = sched_getaffinity(None)
            .map_err(|error| format!("which cores this process may use is not known: {error}"))?;
        let mut allowed = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = allowed.next().ok_or("this process may use no core")?;
        let pinning = Self { server, elsewhere: allowed.next() };
        pinning.as_server()?;
        Ok(pinning)
    }

    /// How servers and driver can stand to each other here.
    #[must_use]
    pub fn possible(self) -> &'static [Cores] {
        if self.elsewhere.is_some() { &[Cores::One, Cores::Two] } else { &[Cores::One] }
    }

    /// Moves this thread, and what it starts from now on, to the core of the servers.
    ///
    /// # Errors
    /// The system refuses.
    pub fn as_server(self) -> Outcome<()> {
        pin(self.server)
    }

    /// Moves this thread to where the driver is.
    ///
    /// # Errors
    /// The system refuses.
    pub fn as_driver(self, cores: Cores) -> Outcome<()> {
        match cores {
            Cores::One => pin(self.server),
            Cores::Two => pin(self.elsewhere.unwrap_or(self.server)),
        }
    }
}

fn pin(core: usize) -> Outcome<()> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).map_err(|error| {
        format!("this process cannot be pinned to core {core}: {error}: figures would not be comparable")
            .into()
    })
}
