//! Owns stopping this job until somebody continues it. Must not touch the terminal.

use std::fs;
use std::io;

use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};

/// Who stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopping {
    /// The whole group, as when the terminal itself stops it: whoever started this (cargo, a script) must stop too.
    WholeJob,
    /// Only this process, which alone was asked to.
    Alone,
}

/// Stops until continued.
pub(super) fn stop(stopping: Stopping) -> io::Result<()> {
    // Not TSTP: that one is caught, so that the terminal is given back first whoever sends it.
    match stopping {
        Stopping::WholeJob => kill_current_process_group(Signal::STOP)?,
        Stopping::Alone => kill_process(getpid(), Signal::STOP)?,
    }
    Ok(())
}

/// Whether a shell is there that could continue this job. A terminal window that was opened for this program alone has
/// none, and a job stopped there would never come back; so the kernel ignores TSTP there too (POSIX: orphaned process
/// group).
pub(super) fn has_shell() -> bool {
    let own = getpid().as_raw_nonzero().get();
    Place::of(own).is_none_or(|own| is_watched(own, Place::of))
}

/// Where a process stands among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    parent: i32,
    group: i32,
    session: i32,
}

impl Place {
    fn of(pid: i32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads a line of `/proc/PID/stat` (`proc_pid_stat(5)`). The name in brackets may hold anything, brackets too.
    fn read(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace().skip(1).map_while(|field| field.parse().ok());
        Some(Self { parent: fields.next()?, group: fields.next()?, session: fields.next()? })
    }
}

/// Whether the group's nearest ancestor outside of it is in the same session.
fn is_watched(own: Place, place: impl Fn(i32) -> Option<Place>) -> bool {
    let mut ancestor = own;
    while ancestor.group == own.group {
        match place(ancestor.parent) {
            Some(parent) => ancestor = parent,
            None => return false,
        }
    }
    ancestor.session == own.session
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let read = |name| Place::read(&format!("7 ({name}) S 3 7 2 34816 7 4194304"));
        let place = Some(Place { parent: 3, group: 7, session: 2 });
        for name in ["claviger", "a b", ") R 1 1 1 (", ""] {
            assert_eq!(read(name), place, "{name}");
        }
        assert_eq!(Place::read("7 (cut) S 3"), None);
        assert!(Place::of(getpid().as_raw_nonzero().get()).is_some());
    }

    #[test]
    fn a_job_is_watched_by_a_shell_of_its_session() {
        let watched = |processes: &[(i32, Place)]| {
            let place = |pid| processes.iter().find(|(other, _)| *other == pid).map(|(_, place)| *place);
            is_watched(place(9).unwrap(), place)
        };
        let process = |pid, parent, group, session| (pid, Place { parent, group, session });
        let shell = process(3, 1, 3, 3);
        let init = process(1, 0, 1, 1);
        assert!(watched(&[process(9, 3, 9, 3), shell, init]), "started by a shell");
        assert!(watched(&[process(9, 8, 8, 3), process(8, 3, 8, 3), shell, init]), "through cargo");
        assert!(!watched(&[process(9, 1, 9, 9), init]), "a window of its own");
        assert!(!watched(&[process(9, 8, 8, 8), process(8, 1, 8, 8), init]), "cargo in a window of its own");
        assert!(!watched(&[process(9, 0, 9, 9)]), "the first process of a container");
    }
}
