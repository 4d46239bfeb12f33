//! Owns what is checked of the daemon itself. Must not ask it anything.

use std::path::Path;

use claviger_api::PROTOCOL;
use claviger_daemon::place::quoted;

use super::contact::{Answer, Contact};
use super::finding::{Check, Finding};
use crate::failure::{Failure, Report};

/// Judges what came of asking the daemon. `data_dir` is what is looked at as its store's place.
pub(super) fn judge(contact: &Contact, data_dir: Option<&Path>, claviger: &str) -> Finding {
    match contact {
        Contact::None => Finding::ok(Check::Daemon, "none is running; `claviger` starts one"),
        Contact::Refused(failure) => refused(Check::Daemon, failure, claviger),
        Contact::Answers(answer) => judge_answer(answer, data_dir, claviger),
    }
}

/// Tells a failure of ours as a finding.
pub(super) fn refused(check: Check, failure: &Failure, claviger: &str) -> Finding {
    let report = failure.report();
    let hint = report.and_then(Report::hint).map_or_else(|| format!("{claviger} status"), str::to_owned);
    Finding::wrong(check, report.map_or("it does not answer", Report::message), hint)
}

fn judge_answer(answer: &Answer, data_dir: Option<&Path>, claviger: &str) -> Finding {
    const OURS: &str = env!("CARGO_PKG_VERSION");
    let (check, status) = (Check::Daemon, &answer.status);
    let restart = || format!("{claviger} stop && {claviger}");
    if status.protocol != PROTOCOL {
        let detail =
            format!("it speaks protocol {}, and this executable protocol {PROTOCOL}", status.protocol);
        return Finding::wrong(check, detail, restart());
    }
    if data_dir.is_some_and(|data_dir| !leads_to(data_dir, Path::new(&status.data_dir))) {
        let theirs = Path::new(&status.data_dir);
        return Finding::warning(
            check,
            format!("its store is in {}, which is not what is looked at here", theirs.display()),
            format!("claviger doctor --data-dir {}", quoted(theirs)),
        );
    }
    if status.version != OURS {
        let detail = format!("version {} runs, and this executable is version {OURS}", status.version);
        return Finding::warning(check, detail, restart());
    }
    Finding::ok(
        check,
        format!("version {}, protocol {PROTOCOL}, process {}, since {}", OURS, status.pid, status.started_at),
    )
}

/// Whether two paths are one directory. A daemon in a container may name one that is not here: then the names decide.
pub(super) fn leads_to(ours: &Path, theirs: &Path) -> bool {
    ours == theirs
        || matches!((ours.canonicalize(), theirs.canonicalize()), (Ok(ours), Ok(theirs)) if ours == theirs)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_daemon_is_judged_by_its_protocol_its_store_and_its_version() {
        let sample = Answer::sample;
        let with = |change: fn(&mut Answer)| {
            let mut answer = sample();
            change(&mut answer);
            answer
        };
        let restart = "claviger stop && claviger";
        for (answer, data_dir, state, part, hint) in [
            (sample(), Some("/d"), State::Ok, "process 77", ""),
            (sample(), None, State::Ok, "process 77", ""),
            (sample(), Some("/e"), State::Warning, "its store is in /d", "claviger doctor --data-dir '/d'"),
            (with(|answer| answer.status.protocol += 1), Some("/e"), State::Wrong, "protocol 2", restart),
            (
                with(|answer| answer.status.version = "9.9.9".into()),
                Some("/d"),
                State::Warning,
                "9.9.9",
                restart,
            ),
        ] {
            let finding = judge_answer(&answer, data_dir.map(Path::new), "claviger");
            assert_eq!((finding.state, finding.hint.as_deref().unwrap_or_default()), (state, hint));
            assert!(finding.detail.contains(part), "{}", finding.detail);
        }
    }

    #[test]
    fn that_none_runs_is_fine_and_that_one_does_not_answer_is_not() {
        assert_eq!(judge(&Contact::None, None, "claviger").state, State::Ok);
        let finding = judge(&Contact::Refused(Failure::failed("no permission")), None, "claviger");
        assert_eq!((finding.state, &*finding.detail), (State::Wrong, "no permission"));
        assert_eq!(finding.hint.unwrap(), "claviger status");
    }
}
