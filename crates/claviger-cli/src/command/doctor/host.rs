//! Owns what is checked of the machine around: the clock, core dumps, the clipboard. Must not set any of it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use claviger_api::Timestamp;
use claviger_tui::ClipboardRoute;

use super::finding::{Check, Finding};
use crate::harden::{Dumpable, Hardening};

/// 2024-01-01T00:00:00Z: no clock that was ever set is before it. Milliseconds since 1970.
const PLAUSIBLE: i64 = 1_704_067_200_000;

/// A store may be ahead by this much without meaning: times on the wire have whole seconds. Milliseconds.
const TOLERANCE: i64 = 2_000;

const SET_CLOCK: &str = "sudo timedatectl set-ntp true";

/// Compares the system's clock with the newest time that the store or its daemon tells.
pub(super) fn judge_clock(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    let check = Check::Clock;
    if now.as_millis() < PLAUSIBLE {
        return Finding::wrong(check, format!("it says {now}: it was never set"), SET_CLOCK);
    }
    let ahead = newest.map_or(0, |newest| newest.as_millis().saturating_sub(now.as_millis()));
    match newest {
        Some(newest) if ahead > TOLERANCE => Finding::warning(
            check,
            format!(
                "it says {now}, and the store's newest time, {newest}, is {} ahead: times stand still at that one \
                 until the clock is there. Where the clock is right, only waiting helps",
                span(ahead)
            ),
            SET_CLOCK,
        ),
        Some(_) => Finding::ok(check, format!("{now}, not behind the store")),
        None => Finding::ok(check, now.to_string()),
    }
}

/// A length of time in the largest unit that fits. Milliseconds.
fn span(ms: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(31_556_952, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let seconds = ms / 1000;
    let (size, unit) = UNITS.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// What the system tells of another process; `None` where it is not to be seen.
pub(super) fn hardening_of(pid: u32) -> Option<Hardening> {
    let path = format!("/proc/{pid}/limits");
    let core_limit = core_limit(&fs::read_to_string(&path).ok()?)?;
    // The files of a process that is not dumpable belong to root, whoever it runs as (proc(5)). One of root's tells
    // nothing by that.
    let runs_as = fs::metadata(format!("/proc/{pid}")).ok()?.uid();
    let dumpable = match (fs::metadata(&path).ok()?.uid(), runs_as) {
        (_, 0) => None,
        (0, _) => Some(Dumpable::No),
        _ => Some(Dumpable::Yes),
    };
    Some(Hardening { core_limit, dumpable })
}

/// Reads the soft limit out of `/proc/PID/limits`.
#[expect(clippy::option_option, reason = "`None` inside is a limit too: none at all")]
fn core_limit(limits: &str) -> Option<Option<u64>> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(None),
        bytes => bytes.parse().ok().map(Some),
    }
}

/// Whose memory is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Process {
    /// The running daemon's.
    Daemon(u32),
    /// Our own, which gives up the same when it starts.
    Ours,
}

/// Judges whether secrets in memory can reach a file.
pub(super) fn judge_core_dumps(of: Process, hardening: Option<Hardening>, claviger: &str) -> Finding {
    let check = Check::CoreDumps;
    let whose = match of {
        Process::Daemon(pid) => format!("the daemon, process {pid},"),
        Process::Ours => "this process, as a daemon would,".to_owned(),
    };
    let hint = || match of {
        Process::Daemon(_) => format!("{claviger} stop && {claviger}"),
        Process::Ours => "ulimit -c 0".to_owned(),
    };
    match hardening {
        None => Finding::ok(check, format!("not seen: {whose} is not visible from here")),
        Some(Hardening { dumpable: Some(Dumpable::Yes), .. }) => {
            Finding::wrong(check, format!("{whose} can be dumped and debugged by its own user"), hint())
        }
        Some(Hardening { core_limit: Some(0), dumpable: Some(Dumpable::No) }) => {
            Finding::ok(check, format!("{whose} writes none and cannot be debugged by its own user"))
        }
        Some(Hardening { core_limit: Some(0), dumpable: None }) => Finding::ok(
            check,
            format!("{whose} writes none; whether root's processes can be dumped is not seen from outside"),
        ),
        // Not dumpable is enough by itself; the limit is there for the day that it fails.
        Some(Hardening { dumpable: Some(Dumpable::No), .. }) => {
            Finding::warning(check, format!("{whose} has a limit for core dumps that is not 0"), hint())
        }
        Some(Hardening { dumpable: None, .. }) => {
            Finding::wrong(check, format!("{whose} may write core dumps, with secrets in them"), hint())
        }
    }
}

/// Judges by which way the interface would copy.
pub(super) fn judge_clipboard(route: &ClipboardRoute) -> Finding {
    let check = Check::Clipboard;
    let way = match route.program {
        Some("tmux") => "`c` copies to tmux's buffer".to_owned(),
        Some(program) => format!("`c` copies by {program}"),
        None => "`c` copies by OSC 52 to the terminal, which may refuse and never says so".to_owned(),
    };
    if route.missing.is_empty() {
        return Finding::ok(check, way);
    }
    let missing = route.missing.join(" and ");
    let packages = route.missing.iter().map(|program| match *program {
        // The program's package has another name.
        "wl-copy" => "wl-clipboard",
        program => program,
    });
    let packages = packages.collect::<Vec<_>>().join(" ");
    Finding::warning(
        check,
        format!("{way}; {missing} would be better here, and cannot be found"),
        format!("install {packages} with the package manager of this system"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn clocks_are_judged_by_the_newest_time_in_the_store() {
        let at = Timestamp::from_millis;
        let day = 86_400_000;
        for (now, newest, state, part) in [
            (PLAUSIBLE - 1, None, State::Wrong, "2023-12-31T23:59:59Z: it was never set"),
            (0, Some(PLAUSIBLE), State::Wrong, "never set"),
            (PLAUSIBLE, None, State::Ok, "2024-01-01T00:00:00Z"),
            (PLAUSIBLE, Some(PLAUSIBLE - day), State::Ok, "not behind"),
            (PLAUSIBLE, Some(PLAUSIBLE + TOLERANCE), State::Ok, "not behind"),
            (PLAUSIBLE, Some(PLAUSIBLE + 2 * day), State::Warning, "2024-01-03T00:00:00Z, is 2 days ahead"),
            (PLAUSIBLE, Some(PLAUSIBLE + 3653 * day), State::Warning, "10 years ahead"),
            (PLAUSIBLE, Some(i64::MAX), State::Warning, "ahead"),
        ] {
            let finding = judge_clock(at(now), newest.map(at));
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.detail.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn lengths_of_time_are_told_in_one_unit() {
        for (seconds, text) in [
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (7200, "2 hours"),
            (86_400, "1 day"),
            (315_569_520, "10 years"),
        ] {
            assert_eq!(span(seconds * 1000), text);
        }
    }

    #[test]
    fn the_soft_limit_of_core_dumps_is_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max stack size            8388608              unlimited            bytes     \n\
                      Max core file size        0                    unlimited            bytes     \n";
        assert_eq!(core_limit(limits), Some(Some(0)));
        assert_eq!(core_limit("Max core file size  unlimited  unlimited  bytes"), Some(None));
        assert_eq!(core_limit("Max core file size  4096  4096  bytes"), Some(Some(4096)));
        assert_eq!(core_limit("nothing of it"), None);
        assert!(hardening_of(std::process::id()).is_some());
    }

    #[test]
    fn a_process_that_can_be_dumped_is_wrong() {
        use Dumpable::{No, Yes};
        for (core_limit, dumpable, state) in [
            (Some(0), Some(No), State::Ok),
            (Some(0), None, State::Ok),
            (Some(0), Some(Yes), State::Wrong),
            (None, Some(No), State::Warning),
            (Some(4096), Some(No), State::Warning),
            (None, None, State::Wrong),
            (None, Some(Yes), State::Wrong),
        ] {
            let hardening = Some(Hardening { core_limit, dumpable });
            let finding = judge_core_dumps(Process::Daemon(7), hardening, "claviger");
            assert_eq!(finding.state, state, "{hardening:?}");
        }
        assert_eq!(judge_core_dumps(Process::Ours, None, "claviger").state, State::Ok);
    }

    #[test]
    fn a_nearer_clipboard_that_is_missing_is_named() {
        let route = |program, missing: &[&'static str]| ClipboardRoute { program, missing: missing.to_vec() };
        assert_eq!(judge_clipboard(&route(Some("tmux"), &[])).detail, "`c` copies to tmux's buffer");
        assert_eq!(judge_clipboard(&route(None, &[])).state, State::Ok);
        let finding = judge_clipboard(&route(None, &["wl-copy", "xclip"]));
        assert_eq!(finding.state, State::Warning);
        assert!(finding.detail.contains("wl-copy and xclip would be better"), "{}", finding.detail);
        assert!(finding.hint.unwrap().starts_with("install wl-clipboard xclip"));
    }
}
