//! Owns what the operating system tells of a process, and what it lets this one have. Must not know what the process is.

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How much processor time a process has had so far.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // After the name, which is in brackets: state, then ten numbers, then the two wanted (proc(5)).
    let after = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 =
        after.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// The memory of a process, as proc(5) has it. KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// What is resident.
    pub(crate) resident: u64,
    /// What of it no file backs.
    pub(crate) own: u64,
    /// The most that was resident at any time.
    pub(crate) peak: u64,
}

impl Memory {
    /// Looks at a process; `None` where there is none.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let of = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self { resident: of("VmRSS:")?, own: of("RssAnon:")?, peak: of("VmHWM:")? })
    }
}

/// Lets this process have as many files and connections open as it may.
pub(crate) fn raise_own_limit() {
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).unwrap();
}
