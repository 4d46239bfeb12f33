//! Owns what is checked of the daemon itself. Must not ask it anything.

use std::path::Path;

use claviger_api::PROTOCOL;

use super::Site;
use super::contact::{Answer, Contact, Voice};
use super::finding::{Check, Finding};
use crate::failure::{Failure, Report};

/// Judges what came of asking the daemon. `data_dir` is what is looked at as its store's place.
pub(super) fn judge(site: &Site<'_>, data_dir: Option<&Path>) -> Finding {
    let check = Check::Daemon;
    match (site.contact, site.manager) {
        (Contact::None, Some(manager)) => Finding::wrong(
            check,
            format!(
                "systemd has units for it, and nobody listens: it failed too often, or was stopped. `{}` says why",
                manager.log()
            ),
            manager.restart(site.owner.viewer),
        ),
        (Contact::None, None) => Finding::ok(check, "none is running; `claviger` starts one"),
        (Contact::Closed(closed), _) => Finding::ok(
            check,
            match closed.verify {
                Voice::Answers => "one answers at verify.sock; the rest is for those who may use admin.sock",
                _ => "not seen from here: neither socket is for you",
            },
        ),
        (Contact::Refused(failure), _) => refused(check, failure, &site.claviger),
        (Contact::Answers(answer), _) => judge_answer(answer, data_dir, site),
    }
}

/// Tells a failure of ours as a finding.
pub(super) fn refused(check: Check, failure: &Failure, claviger: &str) -> Finding {
    let report = failure.report();
    let hint = report.and_then(Report::hint).map_or_else(|| format!("{claviger} status"), str::to_owned);
    Finding::wrong(check, report.map_or("it does not answer", Report::message), hint)
}

fn judge_answer(answer: &Answer, data_dir: Option<&Path>, site: &Site<'_>) -> Finding {
    const OURS: &str = env!("CARGO_PKG_VERSION");
    let (check, status) = (Check::Daemon, &answer.status);
    let restart = || site.restart();
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
            site.doctor_at(theirs),
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
    use super::super::contact::Closed;
    use super::super::finding::State;
    use super::super::owner::Owner;
    use super::*;
    use crate::args::Places;
    use crate::systemd::Manager;

    fn told(finding: Finding) -> (State, String, String) {
        (finding.state, finding.detail, finding.hint.unwrap_or_default())
    }

    #[test]
    fn a_daemon_is_judged_by_its_protocol_its_store_and_its_version() {
        let sample = Answer::sample;
        let with = |change: fn(&mut Answer)| {
            let mut answer = sample();
            change(&mut answer);
            answer
        };
        let places = Places { data_dir: Some("/x".into()), runtime_dir: Some("/r".into()), config: None };
        let contact = Contact::Answers(Box::new(sample()));
        let site = Site::sample(&contact, &places);
        let called = "claviger --data-dir '/x' --runtime-dir '/r'";
        let restart = format!("{called} stop && {called}");
        let elsewhere = "claviger --data-dir '/d' --runtime-dir '/r' doctor".to_owned();
        for (answer, data_dir, state, part, hint) in [
            (sample(), Some("/d"), State::Ok, "process 77", String::new()),
            (sample(), None, State::Ok, "process 77", String::new()),
            (sample(), Some("/e"), State::Warning, "its store is in /d", elsewhere),
            (
                with(|answer| answer.status.protocol += 1),
                Some("/e"),
                State::Wrong,
                "protocol 2",
                restart.clone(),
            ),
            (
                with(|answer| answer.status.version = "9.9.9".into()),
                Some("/d"),
                State::Warning,
                "9.9.9",
                restart,
            ),
        ] {
            let (found, detail, mends) = told(judge_answer(&answer, data_dir.map(Path::new), &site));
            assert_eq!((found, mends), (state, hint));
            assert!(detail.contains(part), "{detail}");
        }
    }

    #[test]
    fn that_none_runs_is_fine_and_that_one_does_not_answer_is_not() {
        let places = Places::default();
        let judged = |contact: &Contact| told(judge(&Site::sample(contact, &places), None));
        assert_eq!(judged(&Contact::None).0, State::Ok);
        let refused = judged(&Contact::Refused(Failure::failed("no permission")));
        assert_eq!(refused, (State::Wrong, "no permission".to_owned(), "claviger status".to_owned()));
    }

    #[test]
    fn a_daemon_that_is_for_others_is_not_wrong() {
        let places = Places::default();
        for (verify, part) in [
            (Voice::Answers, "one answers at verify.sock"),
            (Voice::NotForUs("for others".to_owned()), "neither socket is for you"),
        ] {
            let contact = Contact::Closed(Box::new(Closed { admin: "for others".to_owned(), verify }));
            let (state, detail, hint) = told(judge(&Site::sample(&contact, &places), None));
            assert_eq!((state, &*hint), (State::Ok, ""));
            assert!(detail.contains(part), "{detail}");
        }
    }

    #[test]
    fn that_systemd_has_stopped_listening_is_wrong() {
        let places = Places::default();
        for (manager, viewer, log, hint) in [
            (Manager::User, 1000, "`journalctl --user -u claviger`", "systemctl --user reset-failed "),
            (Manager::System, 0, "`journalctl -u claviger`", "systemctl reset-failed "),
            (Manager::System, 1000, "`journalctl -u claviger`", "sudo systemctl reset-failed "),
        ] {
            let mut site = Site::sample(&Contact::None, &places);
            (site.manager, site.owner) = (Some(manager), Owner::sample(viewer, 1000));
            let (state, detail, mends) = told(judge(&site, None));
            assert_eq!(state, State::Wrong);
            assert!(detail.contains(log) && mends.starts_with(hint), "{detail} {mends}");
        }
    }
}
